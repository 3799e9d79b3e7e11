//! Audits the age and use of IAM credentials in OCI identity domains, as an OCI Function.
//!
//! # Data flow
//!
//! One direction, no way back:
//!
//! ```text
//! event (fdk) ─► AuditRequest ─► run::read   ─► inventory ─► judge ─►  Audit ─► deliver ─► summary ─► answer
//!                     │               │           (join)     (ages,   (whole    (reports,
//!                   config      auth, http, oci              marks)    result)  bucket, topic)
//! ```
//!
//! [`judge::Audit`] is the whole result of a run, immutable; every report is a pure function over it and a stream of chunks.
//!
//! # Layout
//!
//! | module | what it owns | touches |
//! | --- | --- | --- |
//! | [`credential_type`] | one table row for each credential type | |
//! | [`mod@env`] | the name of every environment variable | environment |
//! | [`config`], [`event`] | settings and invocation, parsed | |
//! | [`clock`] | the only caller of "now" | clock |
//! | [`fdk`] | the Fn contract; knows nothing of this product | socket |
//! | [`function`], [`logging`] | one invocation; log lines | the CA file, stderr |
//! | [`cli`] | the command line | terminal, files |
//! | [`auth`] | signatures, keys, resource principal, config file | credential files |
//! | [`http`] | transport seam, signed client, retry, pace, deadline | network |
//! | [`oci`] | the services: SCIM lists, IAM, Object Storage, Notifications | |
//! | [`model`], [`timestamp`], [`text_store`] | what was read, compactly | |
//! | `display`, `hex` | text from outside, made safe to show; bytes as digits | |
//! | `json` | JSON that people write, as it stands there | |
//! | [`inventory`] | users and credentials, joined | |
//! | [`judge`] | judgement | |
//! | [`report`], [`summary`] | everything people and programs read | |
//! | [`run`] | the order of steps | |
//! | [`check`] | what works, and which right is missing | |
//!
//! `model` to `report` are pure: no clock, environment, file or network. `clippy.toml` holds that fence. There are three seams
//! and no more: [`http::transport::Transport`], [`auth::CredentialSource`] and [`clock::Clock`].

pub mod auth;
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
pub mod function;
mod hex;
pub mod http;
pub mod iam_statement;
pub mod inventory;
mod json;
pub mod judge;
pub mod logging;
pub mod model;
pub mod oci;
pub mod remedy;
pub mod report;
pub mod run;
pub mod summary;
pub mod text_store;
pub mod timestamp;
