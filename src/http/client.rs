//! Sends requests that are signed anew at every attempt: a signature carries its date, and is refused once that is five
//! minutes old.
//!
//! A 401 has the credentials read again, once, and the request repeated if they changed: a container outlives its token.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::time::Instant;

use crate::auth::signature::{SignableBody, SignableRequest, SigningError, sign};
use crate::auth::{CredentialError, CredentialSource, Identity};
use crate::clock::Clock;

use super::deadline::Deadline;
use super::endpoint::Endpoint;
use super::pace::Pace;
use super::retry::{AttemptOutcome, RetryRules, delay, parse_retry_after};
use super::transport::{
    Body, ChunkSource, OutgoingRequest, Response, Transport, TransportError, TransportErrorKind,
};

/// The longest that one attempt may take, from connecting to the last byte: a body that drips must not use up the run.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
/// Retries of a run beyond one for each request that was sent: a service that is down is not asked for ever.
const SPARE_RETRIES: u64 = 50;
/// Where the service asks for a longer skew than this to be told, the clocks differ.
const TOLERATED_SKEW_SECONDS: i64 = 300;

/// What a request carries.
#[derive(Clone, Debug)]
pub enum Content {
    /// No body.
    None,
    /// JSON, with its digest in the signature.
    Json(Bytes),
    /// An object, streamed; its headers are not signed, as in Oracle's SDK.
    Object {
        /// Its exact length in bytes.
        length: u64,
        /// Its media type.
        content_type: &'static str,
        /// Where it comes from.
        chunks: DebuggableChunks,
    },
}

/// A [`ChunkSource`] that can stand in a type that derives `Debug`.
#[derive(Clone)]
pub struct DebuggableChunks(pub ChunkSource);

impl fmt::Debug for DebuggableChunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("chunks")
    }
}

/// A request, before it is signed.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Where it goes.
    pub endpoint: Endpoint,
    /// Path and query below the endpoint's base path, percent-encoded.
    pub path_and_query: String,
    /// Further headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Body.
    pub content: Content,
}

impl Request {
    /// A GET without further headers.
    pub const fn get(endpoint: Endpoint, path_and_query: String) -> Self {
        Self {
            method: Method::GET,
            endpoint,
            path_and_query,
            headers: Vec::new(),
            content: Content::None,
        }
    }
}

/// By which rules a request is sent.
#[derive(Clone, Copy, Debug)]
pub struct CallRules<'a> {
    /// No attempt goes on past this.
    pub deadline: Deadline,
    /// When it is tried again.
    pub retry: RetryRules,
    /// The pace of the identity domain it goes to.
    pub pace: Option<&'a Pace>,
}

/// A response, and what it took.
#[derive(Debug)]
pub struct Answer {
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
    #[error("the time was used up after {attempts} {}{}", plural(*attempts), last.as_ref().map(|last| format!("; the last came to: {last}")).unwrap_or_default())]
    OutOfTime {
        /// How many attempts there were.
        attempts: u32,
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
    retries: AtomicU64,
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
            retries: AtomicU64::new(0),
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
    pub async fn send(&self, request: &Request, rules: CallRules<'_>) -> Result<Answer, CallError> {
        let started = Instant::now();
        let deadline = rules.deadline.within(rules.retry.total);
        let mut identity = self.identity()?;
        let (mut attempts, mut renewed, mut last) = (0_u32, false, None);
        loop {
            if let Some(pace) = rules.pace
                && !pace.wait(deadline.instant()).await
            {
                return Err(CallError::OutOfTime { attempts, last });
            }
            if deadline.has_passed() {
                return Err(CallError::OutOfTime { attempts, last });
            }
            attempts += 1;
            self.sent.fetch_add(1, Ordering::Relaxed);
            let now = self.clock.now();
            let outgoing = outgoing(
                request,
                &identity,
                now,
                deadline.remaining().min(ATTEMPT_TIMEOUT),
            )?;
            let result = self.transport.send(outgoing).await;
            log_attempt(request, attempts, &result);
            let outcome = match &result {
                Ok(response) if response.status == StatusCode::UNAUTHORIZED && !renewed => {
                    renewed = true;
                    let renewal = self.credentials.renew(self.clock.now())?;
                    if renewal.replaces(&identity) {
                        identity = renewal.identity;
                        continue;
                    }
                    outcome(response)
                }
                Ok(response) => outcome(response),
                Err(error) => AttemptOutcome::Unanswered(error.kind),
            };
            if let (
                Some(pace),
                AttemptOutcome::Answered {
                    status: StatusCode::TOO_MANY_REQUESTS,
                    retry_after,
                },
            ) = (rules.pace, outcome)
            {
                pace.slow_down(retry_after);
            }
            let wait = delay(attempts, outcome, rules.retry.repeatable, fastrand::f64());
            let elapsed = started.elapsed();
            match wait {
                Some(wait) if wait < deadline.remaining() && self.may_retry() => {
                    last = Some(describe(&result));
                    tokio::time::sleep(wait).await;
                }
                _ => {
                    return match result {
                        Ok(response) => {
                            let hint = hint(&response, &identity, self.clock.now());
                            Ok(Answer {
                                response,
                                attempts,
                                elapsed,
                                hint,
                            })
                        }
                        Err(error) => Err(CallError::Transport {
                            error,
                            attempts,
                            elapsed,
                        }),
                    };
                }
            }
            // The token may have run out while we waited.
            identity = self.identity()?;
        }
    }

    /// Takes one retry from the run's budget: as many as requests were sent, and a few more.
    fn may_retry(&self) -> bool {
        let used = self.retries.fetch_add(1, Ordering::Relaxed);
        let first_attempts = self.requests().saturating_sub(used);
        used < first_attempts + SPARE_RETRIES
    }
}

fn outcome(response: &Response) -> AttemptOutcome {
    AttemptOutcome::Answered {
        status: response.status,
        retry_after: response.header("retry-after").and_then(parse_retry_after),
    }
}

fn outgoing(
    request: &Request,
    identity: &Identity,
    now: DateTime<Utc>,
    timeout: Duration,
) -> Result<OutgoingRequest, CallError> {
    let target = request.endpoint.target(&request.path_and_query);
    let mut headers = HeaderMap::new();
    headers.insert(
        "accept",
        HeaderValue::from_static("application/json, application/scim+json"),
    );
    headers.insert(
        "user-agent",
        HeaderValue::from_static(concat!("credential-audit/", env!("CARGO_PKG_VERSION"))),
    );
    for (name, value) in &request.headers {
        headers.insert(name, value.clone());
    }
    let (signable, body) = match &request.content {
        Content::None => (SignableBody::Unsigned, Body::Empty),
        Content::Json(bytes) => (
            SignableBody::Signed {
                content_type: "application/json",
                bytes,
            },
            Body::Whole(bytes.clone()),
        ),
        Content::Object {
            length,
            content_type,
            chunks,
        } => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(*length));
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            (
                SignableBody::Unsigned,
                Body::Streamed {
                    length: *length,
                    chunks: Arc::clone(&chunks.0),
                },
            )
        }
    };
    let signable = SignableRequest {
        method: &request.method,
        target: &target,
        host: request.endpoint.authority(),
        body: signable,
    };
    let signed = sign(&signable, identity, now)?;
    for (name, value) in signed.headers() {
        // The signer lets nothing through that is no header text.
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| SigningError::NotSendable { part: "header" })?;
        value.set_sensitive(name == "authorization");
        headers.insert(name, value);
    }
    Ok(OutgoingRequest {
        method: request.method.clone(),
        url: request.endpoint.url(&target),
        headers,
        body,
        timeout,
    })
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
    if let Some(skew) = skew.filter(|skew| skew.abs() > TOLERATED_SKEW_SECONDS) {
        return Some(format!(
            "this clock is {} s {} the service's; more than 300 s are refused, so set the clock",
            skew.abs(),
            if skew > 0 { "ahead of" } else { "behind" }
        ));
    }
    None
}

/// Whether a transport error leaves open that the request was carried out.
pub const fn may_have_been_done(kind: TransportErrorKind) -> bool {
    matches!(
        kind,
        TransportErrorKind::Timeout
            | TransportErrorKind::Interrupted
            | TransportErrorKind::TooLarge
    )
}
