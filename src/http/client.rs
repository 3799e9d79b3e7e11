//! Sends signed requests, with retries.
//!
//! Signs each attempt again, because the service rejects a signature that is older than five minutes. On 401, reloads the
//! credentials and retries if they changed: a container outlives its token.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, sleep_until};

use crate::auth::{CredentialError, CredentialSource, Identity};
use crate::clock::Clock;
use crate::server_text::ServerText;
use crate::shares::{Held, Share};

use super::deadline::Deadline;
use super::echo::{Echo, KnownSecrets};
use super::identities::Identities;
use super::rate_limiter::{Permit, RateLimiter};
use super::rejection::Rejection;
use super::request::outgoing;
use super::retry::{
    AttemptOutcome, FailureCounts, Idempotency, RetryRules, delay, fitting_delay, parse_retry_after,
};
use super::retry_budget::RetryBudgets;
use super::transport::{Response, Transport, TransportError};

pub use super::call_error::{CallError, Unfinished};
pub use super::call_response::CallResponse;
pub use super::request::{Content, DebuggableChunks, Request};

/// An attempt to upload has more time than other attempts, by the size of the object at this speed.
const MIN_UPLOAD_BYTES_PER_SECOND: u64 = 64 * 1024;

/// Limits of a call.
#[derive(Clone, Copy, Debug)]
pub struct CallRules<'a> {
    /// No attempt runs past this.
    pub deadline: Deadline,
    /// Retries.
    pub retry: RetryRules,
    /// The rate limiter of the identity domain.
    pub rate_limiter: Option<&'a RateLimiter>,
    /// Limits concurrent attempts. No slot is held while waiting for the rate limiter or for a retry, so that a throttled
    /// domain does not block others.
    pub slots: Option<&'a Arc<Share>>,
}

/// Signs and sends requests. One per run.
#[derive(Debug)]
pub struct SignedClient {
    transport: Arc<dyn Transport>,
    identities: Identities,
    clock: Arc<dyn Clock>,
    requests: AtomicU64,
    retry_budgets: RetryBudgets,
    known_secrets: Arc<KnownSecrets>,
}

impl SignedClient {
    /// Creates a client from its three dependencies, and what earlier runs of this process sent.
    pub fn new(
        transport: Arc<dyn Transport>,
        credentials: Arc<dyn CredentialSource>,
        clock: Arc<dyn Clock>,
        known_secrets: Arc<KnownSecrets>,
    ) -> Self {
        Self {
            transport,
            identities: Identities::new(credentials, Arc::clone(&clock)),
            clock,
            requests: AtomicU64::new(0),
            retry_budgets: RetryBudgets::default(),
            known_secrets,
        }
    }

    /// Number of requests sent, including retries.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Returns the current identity.
    ///
    /// # Errors
    ///
    /// If no credentials are usable.
    pub fn identity(&self) -> Result<Arc<Identity>, CredentialError> {
        self.identities.current()
    }

    /// Sends a request and retries until a final response, of any status.
    ///
    /// # Errors
    ///
    /// If no attempt got a response, or the deadline passed. If a response with a status of success quotes this program's
    /// credentials: it is not data, and without them it is in the error.
    pub async fn send(
        &self,
        request: &Request,
        rules: CallRules<'_>,
    ) -> Result<CallResponse, CallError> {
        let host = request.endpoint.authority();
        let mut attempts = Attempts::new();
        let Some(permits) = acquire_permits(rules, rules.deadline).await else {
            return Err(CallError::OutOfTime(attempts.unfinished()));
        };
        let mut permits = Some(permits);
        // The time limit of retries starts at the first attempt, after the wait for the rate limiter.
        attempts.started = Instant::now();
        let mut deadline = rules.deadline.within(rules.retry.total);
        let renewal = rules.retry.renewal;
        let mut identity = self.identities.readable(renewal, deadline).await?;
        loop {
            if deadline.has_passed() {
                return Err(attempts.out_of_time(rules, deadline));
            }
            self.count_attempt(host, &mut attempts);
            let now = self.clock.now();
            let signed = outgoing(request, &identity, now, attempt_timeout(request, rules))?;
            let sent_at = Instant::now();
            let filter = self.known_secrets.filter(&identity, &signed.signature);
            let result = self.transport.send(signed.request).await;
            drop(permits.take());
            let (result, echo) = filter.screen(result);
            log_attempt(request, attempts.count, &result);
            let renewed = match &result {
                Ok(response) if response.status == StatusCode::UNAUTHORIZED => {
                    let rejected = &identity;
                    let renewals = attempts.renewals;
                    let replacing =
                        self.identities
                            .replacing(rejected, renewals, renewal, rules.deadline);
                    replacing.await?
                }
                _ => None,
            };
            if let Some(renewed) = renewed {
                attempts.renewals += 1;
                attempts.last = Some(describe(&result));
                attempts.throttled = false;
                identity = renewed;
                // The wait for credentials does not count.
                deadline = rules.deadline.within(rules.retry.total);
            } else {
                let outcome = attempt_outcome(&result);
                throttle(rules.rate_limiter, outcome, sent_at);
                attempts.throttled = outcome.is_throttled();
                let failed = attempts.failures.record(outcome);
                let idempotency = rules.retry.idempotency;
                let wait = delay(failed, outcome, idempotency, fastrand::f64());
                let wait =
                    wait.and_then(|wait| fitting_delay(wait, idempotency, deadline.remaining()));
                let is_granted =
                    idempotency == Idempotency::NonIdempotent || self.retry_budgets.try_take(host);
                let Some(wait) = wait.filter(|_| is_granted) else {
                    return self.final_result(
                        host,
                        (result, echo),
                        &identity,
                        rules.deadline,
                        attempts,
                    );
                };
                attempts.last = Some(describe(&result));
                tokio::time::sleep(wait).await;
                // The token may have expired during the wait.
                identity = self.identities.readable(renewal, deadline).await?;
            }
            permits = acquire_permits(rules, deadline).await;
            if permits.is_none() {
                return Err(attempts.out_of_time(rules, deadline));
            }
        }
    }

    fn count_attempt(&self, host: &str, attempts: &mut Attempts) {
        attempts.count += 1;
        self.requests.fetch_add(1, Ordering::Relaxed);
        if attempts.count == 1 {
            self.retry_budgets.record_first_attempt(host);
        }
    }

    /// The result of a call to `host` whose last attempt returned `result`. `deadline` is that of the run.
    fn final_result(
        &self,
        host: &str,
        (result, echo): (Result<Response, TransportError>, Echo),
        identity: &Identity,
        deadline: Deadline,
        mut attempts: Attempts,
    ) -> Result<CallResponse, CallError> {
        match result {
            Ok(response) => {
                let rejection = Rejection::of(&response, identity, self.clock.now()).map(Box::new);
                let call = CallResponse {
                    response,
                    host: host.to_owned(),
                    attempts: attempts.count,
                    elapsed: attempts.started.elapsed(),
                    rejection,
                };
                match echo {
                    Echo::InBody if call.response.status.is_success() => {
                        Err(CallError::QuotesCredentials(Box::new(call)))
                    }
                    _ => Ok(call),
                }
            }
            // The deadline of the run ended the attempt, not its own timeout.
            Err(error) if deadline.has_passed() => {
                attempts.last = Some(error.to_string());
                Err(CallError::OutOfTime(attempts.unfinished()))
            }
            Err(error) => Err(CallError::Transport {
                error,
                attempts: attempts.count,
                elapsed: attempts.started.elapsed(),
            }),
        }
    }
}

/// The attempts of one call so far.
#[derive(Debug)]
struct Attempts {
    count: u32,
    failures: FailureCounts,
    /// How often the credentials were replaced after a 401.
    renewals: u32,
    /// Result of the last attempt.
    last: Option<String>,
    /// Whether the last attempt got a 429.
    throttled: bool,
    /// Start of the call.
    called: Instant,
    /// Start of the first attempt.
    started: Instant,
}

impl Attempts {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            count: 0,
            failures: FailureCounts::default(),
            renewals: 0,
            last: None,
            throttled: false,
            called: now,
            started: now,
        }
    }

    fn unfinished(self) -> Unfinished {
        Unfinished {
            attempts: self.count,
            elapsed: self.called.elapsed(),
            last: self.last,
        }
    }

    /// The error of a call whose `deadline` passed: the run's, or an earlier one that the retry rules set.
    fn out_of_time(self, rules: CallRules<'_>, deadline: Deadline) -> CallError {
        if deadline < rules.deadline {
            CallError::StepOutOfTime {
                total: rules.retry.total,
                throttled: self.throttled,
                unfinished: self.unfinished(),
            }
        } else {
            CallError::OutOfTime(self.unfinished())
        }
    }
}

/// Reports a 429 to the rate limiter.
fn throttle(rate_limiter: Option<&RateLimiter>, outcome: AttemptOutcome, sent_at: Instant) {
    if let (
        Some(rate_limiter),
        AttemptOutcome::Answered {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after,
        },
    ) = (rate_limiter, outcome)
    {
        rate_limiter.on_throttled(sent_at, retry_after);
    }
}

/// Permits of an attempt in flight: the slot and the rate limiter's.
type AttemptPermits<'a> = (Option<Held>, Option<Permit<'a>>);

/// Waits for a slot and the rate limiter, and returns both permits; `None` if `deadline` comes first. Releases the slot while
/// it waits for the rate limiter.
async fn acquire_permits(rules: CallRules<'_>, deadline: Deadline) -> Option<AttemptPermits<'_>> {
    loop {
        let slot = match rules.slots {
            Some(slots) => Some(slots.acquire(1, deadline.instant()).await?),
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

fn attempt_timeout(request: &Request, rules: CallRules<'_>) -> Duration {
    let remaining = rules.deadline.remaining();
    match request.content {
        Content::Object { length, .. } => {
            let transfer = Duration::from_secs(length / MIN_UPLOAD_BYTES_PER_SECOND);
            remaining.min(rules.retry.attempt.saturating_add(transfer))
        }
        Content::None | Content::Json(_) => remaining.min(rules.retry.attempt),
    }
}

fn attempt_outcome(result: &Result<Response, TransportError>) -> AttemptOutcome {
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
            opc_request_id = %ServerText::new(response.header("opc-request-id").unwrap_or_default()),
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
