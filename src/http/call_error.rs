//! Why a call has no response.

use std::fmt;
use std::time::Duration;

use crate::auth::CredentialError;
use crate::auth::signature::SigningError;

use super::call_response::CallResponse;
use super::transport::TransportError;

/// Why a call has no response.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No credentials are usable.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The request could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// No attempt got a response.
    #[error("{error} ({attempts} {}, {} s)", plural(*attempts), elapsed.as_secs())]
    Transport {
        /// Error of the last attempt.
        error: TransportError,
        /// Number of attempts.
        attempts: u32,
        /// From the first attempt to the end of the last.
        elapsed: Duration,
    },
    /// The deadline of the run passed.
    #[error("out of time after {0}")]
    OutOfTime(Unfinished),
    /// The total of this request's retries passed; the run had time left.
    #[error("the request used up its {:.0} s after {unfinished}", total.as_secs_f64())]
    StepOutOfTime {
        /// [`RetryRules::total`](super::retry::RetryRules::total).
        total: Duration,
        /// Whether the last attempt got a 429.
        throttled: bool,
        /// The attempts.
        unfinished: Unfinished,
    },
    /// The body of a response with a status of success quotes this program's credentials, so it is not data.
    #[error("the response quotes the credentials of this program")]
    QuotesCredentials(Box<CallResponse>),
}

impl CallError {
    /// The response to a request whose effect is known by its status alone.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn into_response(self) -> Result<CallResponse, Self> {
        match self {
            Self::QuotesCredentials(call) => Ok(*call),
            error => Err(error),
        }
    }
}

/// The attempts of a call that ran out of time. Displayed as `2 attempts in 3 s`, with the result of the last.
#[derive(Debug)]
pub struct Unfinished {
    /// Number of attempts.
    pub attempts: u32,
    /// From the call on, including the wait for the rate limiter.
    pub elapsed: Duration,
    /// Result of the last attempt.
    pub last: Option<String>,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (attempts, seconds) = (self.attempts, self.elapsed.as_secs());
        write!(f, "{attempts} {} in {seconds} s", plural(attempts))?;
        match &self.last {
            Some(last) => write!(f, "; result of the last: {last}"),
            None => Ok(()),
        }
    }
}

const fn plural(attempts: u32) -> &'static str {
    if attempts == 1 { "attempt" } else { "attempts" }
}
