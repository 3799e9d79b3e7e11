//! A response and how it was obtained.

use std::time::Duration;

use super::rejection::Rejection;
use super::transport::Response;

/// A response and how it was obtained.
#[derive(Debug)]
pub struct CallResponse {
    /// The response, of any status, without this program's credentials.
    pub response: Response,
    /// The host that the request was for, and its port unless it is the default one.
    pub host: String,
    /// Number of attempts.
    pub attempts: u32,
    /// From the first attempt to the last byte.
    pub elapsed: Duration,
    /// What is known about the signature, if the status is 401.
    pub rejection: Option<Box<Rejection>>,
}
