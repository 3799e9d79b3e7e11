//! A function shim for the Fn contract (`http-stream`): serves calls on a Unix socket with an async handler.
//!
//! The platform starts the container, waits for a socket, and sends each call as `POST /call`. This module opens the
//! socket, reads the call, runs the handler, and returns a response that the platform accepts. It imports nothing of the
//! program it serves; [`Options`] has its name and version.
//!
//! # Layout
//!
//! In the order of a call. The pure files take times and names as arguments.
//!
//! | file | content |
//! | --- | --- |
//! | `run` | the process: signals, runtime, exit code |
//! | `handler` | the trait that a function implements (pure) |
//! | `options` | options of a function, and what tests replace |
//! | `environment` | `FN_*` variables, parsed from a lookup function (pure) |
//! | `socket` | bind, set the mode, announce, remove |
//! | `serve` | the accept loop, connections, shutdown |
//! | `status_rewriter` | replaces statuses for which the platform would kill the container |
//! | `invoke` | one call: body, log frame, handler, panic, deadline |
//! | `context` | the call's context, parsed from headers (pure) |
//! | `deadline` | `Fn-Deadline` and the two earlier times (pure) |
//! | `frame` | the line by which the log service assigns output to calls |
//! | `response` | converts the handler's result into a response (pure) |
//!
//! # Contract
//!
//! Documented in `fn-format.md` of fnproject/docs. Open points were clarified by the source of the agent in fnproject/fn and
//! by a test with the open-source server. The rules that shape this code:
//!
//! - The socket must exist within 5 seconds, so it opens first. A function fetches everything else during a call.
//! - The platform connects as soon as the name appears. So bind, `chmod 0666`, accept, and only then create the name.
//! - Any status but 200, 502 and 504, and any broken connection, kills the container.
//! - After a call the container is frozen: work that is not finished with the response may never finish.
//!
//! # Example
//!
//! ```no_run
//! use bytes::Bytes;
//! use credential_audit::fdk::{self, Options, RequestExt};
//!
//! fn main() -> std::process::ExitCode {
//!     # #[allow(clippy::disallowed_methods)]
//!     let lookup = |name: &str| std::env::var(name).ok();
//!     let options = Options::new("hello", "1.0.0", chrono::Utc::now);
//!     fdk::run(lookup, options, |request: http::Request<Bytes>| async move {
//!         let call = request.call_context();
//!         if request.body().is_empty() {
//!             return Err(format!("call {} has no body", call.call_id));
//!         }
//!         Ok(http::Response::new(request.into_body()))
//!     })
//! }
//! ```

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
