//! The Fn contract (`http-stream`) on a Unix socket: everything between the platform and an async handler.
//!
//! The platform starts the container, waits for a socket, and then sends every call as `POST /call` on it. This module
//! opens the socket, reads the call, hands it to the handler, and answers in the few words the platform understands.
//! It knows nothing of the product it serves; name and version come in as [`Options`].
//!
//! # Layout
//!
//! In the order of a call's life; the pure files take every instant and every name as an argument.
//!
//! | file | owns |
//! | --- | --- |
//! | `run` | the process: signals, runtime, exit code |
//! | `handler` | the trait of the async function that answers calls (pure) |
//! | `options` | what a function may choose, and what tests replace |
//! | `environment` | `FN_*` variables, parsed from a lookup function (pure) |
//! | `socket` | bind, permit, announce, remove |
//! | `serve` | the accept loop, connections, the end of the process's life |
//! | `status_rewriter` | statuses: none leaves that the platform would kill the container for |
//! | `invoke` | one call: body, log frame, handler, panic, hard stop |
//! | `context` | what the head of a request says, as types (pure) |
//! | `deadline` | `Fn-Deadline` and the two margins before it (pure) |
//! | `frame` | the line that tells the log service which call the next lines belong to |
//! | `response` | the handler's result as a response (pure) |
//!
//! # Contract
//!
//! Written in the `fn-format.md` of fnproject/docs; what it leaves open was read from the agent of fnproject/fn and
//! seen with a stock server. The rules that shape this code:
//!
//! - The socket must be there within 5 seconds, so it opens first; whatever else a function needs, it fetches in a call.
//! - The platform looks once, at the moment the name appears. Bind, `chmod 0666`, accept, and only then the name.
//! - Any status but 200, 502 and 504, and any broken connection, kills the container.
//! - After a call the container is frozen: what is not finished with the answer may never be.
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
//!     fdk::run(lookup, Options::new("hello", "1.0.0"), |request: http::Request<Bytes>| async move {
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
pub use options::{ClockFn, Options, Stream};
pub use response::MAX_RESPONSE_BYTES;
pub use run::run;
pub use serve::serve;
pub use socket::{Socket, SocketError};
