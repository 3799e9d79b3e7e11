//! Finds OCI credentials that need rotation, and reports anything that could not be read: a function and a command.
//!
//! [`run::run`] is a run of the function, and [`cli::run`] is the command. [`fdk`] turns any async handler into a function,
//! and does not depend on the rest.
//!
//! Documentation builds include `docs/design.md` below. The image is built from `src` alone, so other builds do not.
#![cfg_attr(doc, doc = "")]
#![cfg_attr(doc, doc = include_str!("../docs/design.md"))]
#![cfg_attr(not(test), warn(clippy::too_many_lines))]

pub mod auth;
mod blocking;
pub mod check;
mod chunks;
pub mod cli;
pub mod clock;
pub mod config;
pub mod credential_type;
mod display;
pub mod env;
pub mod event;
pub mod fdk;
pub mod fleet;
pub mod function;
mod hex;
pub mod http;
pub mod iam_statement;
pub mod inventory;
mod json;
pub mod judge;
pub mod logging;
pub mod message;
pub mod metrics;
pub mod model;
pub mod oci;
mod percent;
pub mod place;
pub mod remedy;
pub mod report;
pub mod run;
pub mod server_text;
pub mod shard;
pub mod shares;
pub mod summary;
pub mod text_store;
pub mod timestamp;
