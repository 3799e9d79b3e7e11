//! Requests to OCI's services: one seam to the network, and what surrounds it.
//!
//! [`transport::Transport`] is the seam; [`reqwest_transport`] is its one implementation (and the only file that names
//! `reqwest`). [`client::SignedClient`] signs anew at every attempt, paces, retries and gives up in time.

pub mod client;
pub mod deadline;
pub mod endpoint;
pub mod percent;
pub mod rate_limiter;
mod request;
pub mod reqwest_transport;
pub mod retry;
mod retry_budget;
pub mod transport;
