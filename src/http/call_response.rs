//! A response and how it was obtained.

use std::time::Duration;

use super::transport::Response;

/// A response and how it was obtained.
#[derive(Debug)]
pub struct CallResponse {
    /// The response, of any status, without this program's credentials.
    pub response: Response,
    /// Number of attempts.
    pub attempts: u32,
    /// From the first attempt to the last byte.
    pub elapsed: Duration,
    /// The likely cause of a 401, if known.
    pub hint: Option<String>,
}
