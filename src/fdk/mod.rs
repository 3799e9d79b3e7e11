//! A function shim for the Fn contract (`http-stream`): serves calls on a Unix socket with an async handler.
//!
//! [`run()`] is the process of a function: it takes a [`Handler`] and [`Options`], and serves until SIGTERM. [`serve()`] is the part
//! of it that tests drive. [`RequestExt`] reads the context of a call.
//!
//! Documentation builds include `docs/fdk.md` below. The image is built from `src` alone, so other builds do not.
#![cfg_attr(doc, doc = "")]
#![cfg_attr(doc, doc = include_str!("../../docs/fdk.md"))]

mod context;
mod deadline;
mod environment;
mod frame;
mod handler;
mod invoke;
mod options;
mod response;
mod run;
mod serve;
mod socket;
mod status_rewriter;

pub use context::{CallContext, Gateway, RequestExt};
pub use deadline::{CallDeadline, DEFAULT_BUDGET};
pub use environment::{Environment, EnvironmentError, FunctionIdentity, ListenerPath};
pub use frame::LogFrame;
pub use handler::Handler;
pub use invoke::MAX_REQUEST_BYTES;
pub use options::{Options, Stream};
pub use response::MAX_RESPONSE_BYTES;
pub use run::run;
pub use serve::serve;
pub use socket::{Socket, SocketError};
