//! Requests to OCI's services.
//!
//! [`transport::Transport`] is the interface to the network, and [`reqwest_transport`] implements it (the only file that uses
//! `reqwest`). [`client::SignedClient`] signs each attempt, limits the rate, retries, and stops at the deadline.
//! [`echo`] removes this program's own credentials from each response.

mod ascii_url;
mod call_error;
mod call_response;
pub mod client;
mod connect_attempts;
mod connect_failure;
pub mod deadline;
mod decoding;
pub mod domain_url;
pub mod echo;
pub mod endpoint;
mod identities;
pub mod network_settings;
pub mod proxy;
pub mod rate_limiter;
pub mod rejection;
mod request;
pub mod reqwest_transport;
mod resolver;
pub mod retry;
mod retry_budget;
mod sent_signatures;
mod shared_runs;
mod transfer;
pub mod transport;
