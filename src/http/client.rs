//! Sends requests that are signed anew at every attempt: a signature carries its date, and is refused once that is five
//! minutes old.
//!
//! A 401 has the credentials read again, once, and the request repeated if they changed: a container outlives its token.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::StatusCode;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::auth::signature::SigningError;
use crate::auth::{CredentialError, CredentialSource, Identity};
use crate::clock::Clock;

use super::deadline::Deadline;
use super::rate_limiter::{Permit, RateLimiter};
use super::request::outgoing;
use super::retry::{AttemptOutcome, FailureCounts, RetryRules, delay, parse_retry_after};
use super::retry_budget::RetryBudgets;
use super::transport::{Response, Transport, TransportError};

pub use super::request::{Content, DebuggableChunks, Request};

/// Where the service asks for a longer skew than this to be told, the clocks differ.
const MAX_CLOCK_SKEW_SECONDS: i64 = 300;

/// By which rules a request is sent.
#[derive(Clone, Copy, Debug)]
pub struct CallRules<'a> {
    /// No attempt goes on past this.
    pub deadline: Deadline,
    /// When it is tried again.
    pub retry: RetryRules,
    /// The pace of the identity domain it goes to.
    pub rate_limiter: Option<&'a RateLimiter>,
    /// Bounds the attempts under way. Neither the pace nor the pause before a retry is waited for with a slot in hand: a
    /// domain that is slow on purpose must not keep others waiting.
    pub slots: Option<&'a Semaphore>,
}

/// A response, and what it took.
#[derive(Debug)]
pub struct CallResponse {
    /// The response, of any status.
    pub response: Response,
    /// How many attempts it took.
    pub attempts: u32,
    /// From the first attempt to the last byte.
    pub elapsed: Duration,
    /// Of a 401: what may be the matter, as far as can be told from here.
    pub hint: Option<String>,
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There are no credentials to sign with.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The request could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// No attempt got a response.
    #[error("{error} ({attempts} {}, {} s)", plural(*attempts), elapsed.as_secs())]
    Transport {
        /// What the last attempt came to.
        error: TransportError,
        /// How many there were.
        attempts: u32,
        /// From the first to the end of the last.
        elapsed: Duration,
    },
    /// The time of the run, or of this step, was used up.
    #[error("the time was used up after {attempts} {} in {} s{}", plural(*attempts), elapsed.as_secs(), last.as_ref().map(|last| format!("; the last came to: {last}")).unwrap_or_default())]
    OutOfTime {
        /// How many attempts there were.
        attempts: u32,
        /// From the call on, time in which it waited for its turn included.
        elapsed: Duration,
        /// What the last one came to.
        last: Option<String>,
    },
}

const fn plural(attempts: u32) -> &'static str {
    if attempts == 1 { "attempt" } else { "attempts" }
}

/// Signs and sends. One for each run.
#[derive(Debug)]
pub struct SignedClient {
    transport: Arc<dyn Transport>,
    credentials: Arc<dyn CredentialSource>,
    clock: Arc<dyn Clock>,
    sent: AtomicU64,
    retry_budgets: RetryBudgets,
}

impl SignedClient {
    /// A client over the three seams.
    pub fn new(
        transport: Arc<dyn Transport>,
        credentials: Arc<dyn CredentialSource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            transport,
            credentials,
            clock,
            sent: AtomicU64::new(0),
            retry_budgets: RetryBudgets::default(),
        }
    }

    /// How many requests went out, retries included.
    pub fn requests(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// The identity that signs now.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub fn identity(&self) -> Result<Arc<Identity>, CredentialError> {
        self.credentials.current(self.clock.now())
    }

    /// Sends a request until it gets a response that is final, of whatever status.
    ///
    /// # Errors
    ///
    /// Where no attempt got a response, or the time was used up.
    pub async fn send(
        &self,
        request: &Request,
        rules: CallRules<'_>,
    ) -> Result<CallResponse, CallError> {
        let called = Instant::now();
        let host = request.endpoint.authority();
        let (mut attempts, mut renewed, mut last) = (0_u32, false, None);
        let mut failures = FailureCounts::default();
        let out_of_time = |attempts, last| CallError::OutOfTime {
            attempts,
            elapsed: called.elapsed(),
            last,
        };
        let Some(permits) = acquire_permits(rules, rules.deadline).await else {
            return Err(out_of_time(attempts, last));
        };
        let mut permits = Some(permits);
        // Retries have their time from the first attempt on: a queue before it is the pace's doing.
        let started = Instant::now();
        let deadline = rules.deadline.within(rules.retry.total);
        let mut identity = self.identity()?;
        loop {
            if deadline.has_passed() {
                return Err(out_of_time(attempts, last));
            }
            attempts += 1;
            self.sent.fetch_add(1, Ordering::Relaxed);
            if attempts == 1 {
                self.retry_budgets.record_first_attempt(host);
            }
            let now = self.clock.now();
            let timeout = match request.content {
                // As long as it goes on: how long a large object takes depends on the network alone, and the transport
                // notices one that is stuck. The limit on retries says when the last may begin, not when it must be done.
                Content::Object { .. } => rules.deadline.remaining(),
                Content::None | Content::Json(_) => {
                    rules.deadline.remaining().min(rules.retry.attempt)
                }
            };
            let outgoing = outgoing(request, &identity, now, timeout)?;
            let sent = Instant::now();
            let result = self.transport.send(outgoing).await;
            drop(permits.take());
            log_attempt(request, attempts, &result);
            let renewal = match &result {
                Ok(response) if response.status == StatusCode::UNAUTHORIZED && !renewed => {
                    renewed = true;
                    let renewal = self.credentials.renew(self.clock.now())?;
                    renewal.replaces(&identity).then_some(renewal.identity)
                }
                _ => None,
            };
            if let Some(renewal) = renewal {
                last = Some(describe(&result));
                identity = renewal;
            } else {
                let outcome = outcome(&result);
                if let (
                    Some(rate_limiter),
                    AttemptOutcome::Answered {
                        status: StatusCode::TOO_MANY_REQUESTS,
                        retry_after,
                    },
                ) = (rules.rate_limiter, outcome)
                {
                    rate_limiter.on_throttled(sent, retry_after);
                }
                let alike = failures.record(outcome);
                let wait = delay(alike, outcome, rules.retry.idempotency, fastrand::f64());
                match wait {
                    Some(wait)
                        if wait < deadline.remaining() && self.retry_budgets.try_take(host) =>
                    {
                        last = Some(describe(&result));
                        tokio::time::sleep(wait).await;
                    }
                    _ => {
                        return match result {
                            Ok(response) => {
                                let hint = hint(&response, &identity, self.clock.now());
                                Ok(CallResponse {
                                    response,
                                    attempts,
                                    elapsed: started.elapsed(),
                                    hint,
                                })
                            }
                            // The attempt was cut short by the end of the run and not by a limit of its own.
                            Err(error) if rules.deadline.has_passed() => {
                                Err(out_of_time(attempts, Some(error.to_string())))
                            }
                            Err(error) => Err(CallError::Transport {
                                error,
                                attempts,
                                elapsed: started.elapsed(),
                            }),
                        };
                    }
                }
                // The token may have run out while we waited.
                identity = self.identity()?;
            }
            permits = acquire_permits(rules, deadline).await;
            if permits.is_none() {
                return Err(out_of_time(attempts, last));
            }
        }
    }
}

/// What an attempt holds while it is under way.
type AttemptPermits<'a> = (Option<SemaphorePermit<'a>>, Option<Permit<'a>>);

/// Waits for a slot and for the pace, and has both at the same time; `None` if that is not before `deadline`. Where the
/// pace says later, the slot is given back for so long.
async fn acquire_permits(rules: CallRules<'_>, deadline: Deadline) -> Option<AttemptPermits<'_>> {
    loop {
        let slot = match rules.slots {
            Some(slots) => timeout_at(deadline.instant(), slots.acquire())
                .await
                .ok()?
                .ok(),
            None => None,
        };
        let later = match rules.rate_limiter.map(RateLimiter::try_acquire).transpose() {
            Ok(permit) => return Some((slot, permit)),
            Err(later) => later,
        };
        drop(slot);
        if later >= deadline.instant() {
            return None;
        }
        sleep_until(later).await;
    }
}

fn outcome(result: &Result<Response, TransportError>) -> AttemptOutcome {
    match result {
        Ok(response) => AttemptOutcome::Answered {
            status: response.status,
            retry_after: response.header("retry-after").and_then(parse_retry_after),
        },
        Err(error) => AttemptOutcome::NoResponse(error.kind),
    }
}

fn describe(result: &Result<Response, TransportError>) -> String {
    match result {
        Ok(response) => format!("status {}", response.status.as_u16()),
        Err(error) => error.to_string(),
    }
}

fn log_attempt(request: &Request, attempt: u32, result: &Result<Response, TransportError>) {
    let path = request.path_and_query.split('?').next().unwrap_or_default();
    match result {
        Ok(response) => tracing::debug!(
            method = %request.method,
            host = request.endpoint.authority(),
            path,
            attempt,
            status = response.status.as_u16(),
            bytes = response.body.len(),
            opc_request_id = response.header("opc-request-id").unwrap_or_default(),
            "request"
        ),
        Err(error) => tracing::debug!(
            method = %request.method,
            host = request.endpoint.authority(),
            path,
            attempt,
            error = %error,
            "request"
        ),
    }
}

/// What a 401 may come from.
fn hint(response: &Response, identity: &Identity, now: DateTime<Utc>) -> Option<String> {
    if response.status != StatusCode::UNAUTHORIZED {
        return None;
    }
    if let Some(expired) = identity.expires_at.filter(|expires| *expires <= now) {
        return Some(format!(
            "the session token expired at {}; the platform renews its file, so check that the container's clock is right and start the function anew",
            expired.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        ));
    }
    let theirs = response
        .header("date")
        .and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let skew = theirs.map(|theirs| (now - theirs.with_timezone(&Utc)).num_seconds());
    if let Some(skew) = skew.filter(|skew| skew.abs() > MAX_CLOCK_SKEW_SECONDS) {
        return Some(format!(
            "this clock is {} s {} the service's; more than 300 s are refused, so set the clock",
            skew.abs(),
            if skew > 0 { "ahead of" } else { "behind" }
        ));
    }
    None
}
