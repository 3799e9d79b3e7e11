//! A cloud on the paused clock of tokio: long calls and outages pass at once. Only the transport is replaced.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use credential_audit::auth::{CredentialError, CredentialSource, Identity, Renewal};
use credential_audit::clock::SystemClock;
use credential_audit::event::AuditRequest;
use credential_audit::http::deadline::Deadline;
use credential_audit::http::transport::{
    Body, OutgoingRequest, Response, ResponseFuture, Transport, TransportError, TransportErrorKind,
};
use credential_audit::run::{Dependencies, RunError, run};
use credential_audit::summary::Summary;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use tenancy_sim::Tenancy;
use tokio::time::{Instant, sleep, timeout};

use crate::common::served_tenancy::ServedTenancy;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Users,
    Credentials,
    Namespace,
    List,
    Read,
    Store,
    Publish,
    Other,
}

/// A request as the cloud sees it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) step: Step,
    /// Since the start of the run.
    pub(super) at: Duration,
    /// Number of requests of this step before it.
    pub(super) before: usize,
    /// Whether it is signed with the replaced token.
    pub(super) old_token: bool,
    /// Path and query.
    pub(super) target: String,
    /// The body, if it is JSON.
    pub(super) body: Value,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Usual,
    /// A page of a list of users without end, after 700 ms.
    EndlessUsers,
    Status(u16),
    /// With `Retry-After` in seconds.
    RetryAfter(u16, u64),
    /// No response, or a response that never ends.
    Hangs,
    Reset,
    NoConnection,
}

type Rule = Box<dyn Fn(&Seen) -> Fate + Send + Sync>;

/// The cloud, and what it saw.
pub(super) struct Cloud {
    started: Instant,
    rule: Rule,
    seen: Mutex<Vec<Seen>>,
    accepted: Mutex<Vec<(Duration, String)>>,
    stored: Mutex<Vec<String>>,
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud").finish_non_exhaustive()
    }
}

impl Cloud {
    pub(super) fn new(rule: impl Fn(&Seen) -> Fate + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            rule: Box::new(rule),
            seen: Mutex::default(),
            accepted: Mutex::default(),
            stored: Mutex::default(),
        })
    }

    /// The requests of a step.
    pub(super) fn seen(&self, step: Step) -> Vec<Seen> {
        let seen = self.seen.lock().expect("a lock");
        seen.iter()
            .filter(|seen| seen.step == step)
            .cloned()
            .collect()
    }

    /// Time and title of each published message.
    pub(super) fn published(&self) -> Vec<(Duration, String)> {
        self.accepted.lock().expect("a lock").clone()
    }

    /// The names of the stored objects, without their folder.
    pub(super) fn stored(&self) -> Vec<String> {
        self.stored.lock().expect("a lock").clone()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Audits with a deadline, a `token` that is replaced at that time, and further settings.
    pub(super) async fn run(
        self: &Arc<Self>,
        time: Duration,
        replaced_at: Option<Duration>,
        settings: &[(&str, &str)],
    ) -> Result<Summary, RunError> {
        let tenancy = ServedTenancy::start(Tenancy::empty())
            .set("AUDIT_NOTIFY", "always")
            .set("AUDIT_DOMAIN_URLS", "http://127.0.0.1:9")
            .set_all(settings);
        let principal = tenancy.principal();
        let read = principal.current(chrono::DateTime::UNIX_EPOCH);
        let read = read.expect("a resource principal");
        let identity = |token: &str| {
            Arc::new(Identity {
                key_id: format!("ST${token}"),
                key: Arc::clone(&read.key),
                expires_at: None,
                tenancy: None,
                compartment: None,
                delegation_token: None,
            })
        };
        let credentials = Replaced {
            old: identity("old"),
            new: identity("new"),
            at: replaced_at.map(|at| self.started + at),
        };
        let dependencies = Dependencies {
            transport: Arc::clone(self) as _,
            credentials: Arc::new(credentials),
            clock: Arc::new(SystemClock),
            known_secrets: Arc::default(),
        };
        let deadline = Deadline::after(time);
        run(
            AuditRequest::default(),
            &tenancy.config(),
            dependencies,
            deadline,
        )
        .await
    }

    fn usual(&self, seen: &Seen, request: &OutgoingRequest) -> Response {
        let body = match seen.step {
            Step::Users => json!({"totalResults": 1, "Resources": [user(1)]}),
            Step::Credentials => json!({"totalResults": 0, "Resources": []}),
            Step::Namespace => json!("namespace"),
            Step::List => json!({"objects": [], "prefixes": []}),
            Step::Read => json!({"exceptions": [], "gaps": []}),
            Step::Store => {
                let name = seen.target.rsplit("%2F").next().unwrap_or_default();
                self.stored.lock().expect("a lock").push(name.to_owned());
                let md5 = request.headers.get("content-md5").expect("a digest");
                let mut response = answer(200, &Value::Null);
                response.headers.insert("opc-content-md5", md5.clone());
                response
                    .headers
                    .insert("etag", HeaderValue::from_static("5f1c"));
                return response;
            }
            Step::Publish => {
                let title = seen.body["title"].as_str().unwrap_or_default().to_owned();
                let accepted = (self.elapsed(), title);
                self.accepted.lock().expect("a lock").push(accepted);
                json!({"messageId": "message"})
            }
            Step::Other => return answer(404, &json!({"code": "NotFound", "message": "none"})),
        };
        answer(200, &body)
    }

    async fn exchange(&self, request: &OutgoingRequest) -> Result<Response, TransportError> {
        let failed = |kind| {
            Err(TransportError {
                kind,
                detail: "a fault was injected".to_owned(),
            })
        };
        let seen = self.record(request);
        match (self.rule)(&seen) {
            Fate::Usual => Ok(self.usual(&seen, request)),
            Fate::EndlessUsers => {
                sleep(Duration::from_millis(700)).await;
                let start = seen.target.rsplit("startIndex=").next();
                let start = start.and_then(|rest| rest.split('&').next());
                let start = start.and_then(|number| number.parse().ok());
                let row = user(start.unwrap_or_default());
                let page = json!({"totalResults": 1_000_000_000, "Resources": [row]});
                Ok(answer(200, &page))
            }
            Fate::Status(status) => Ok(answer(status, &json!({"code": "X", "message": "x"}))),
            Fate::RetryAfter(status, seconds) => {
                let mut response = answer(status, &Value::Null);
                let seconds = HeaderValue::from(seconds);
                response.headers.insert("retry-after", seconds);
                Ok(response)
            }
            Fate::Hangs => std::future::pending().await,
            Fate::Reset => failed(TransportErrorKind::Interrupted),
            Fate::NoConnection => failed(TransportErrorKind::Connect),
        }
    }

    fn record(&self, request: &OutgoingRequest) -> Seen {
        let after_host = request.url.split('/').skip(3).collect::<Vec<_>>().join("/");
        let target = format!("/{after_host}");
        let step = step_of(&request.method, &target);
        let signature = request.headers["authorization"].to_str();
        let body = match &request.body {
            Body::Whole(body) => serde_json::from_slice(body).unwrap_or_default(),
            Body::Empty | Body::Streamed { .. } => Value::Null,
        };
        let mut all = self.seen.lock().expect("a lock");
        let seen = Seen {
            step,
            at: self.elapsed(),
            before: all.iter().filter(|seen| seen.step == step).count(),
            old_token: signature.is_ok_and(|signature| signature.contains("ST$old")),
            target,
            body,
        };
        all.push(seen.clone());
        seen
    }
}

impl Transport for Cloud {
    fn send(&self, request: OutgoingRequest) -> ResponseFuture<'_> {
        Box::pin(async move {
            let in_time = timeout(request.timeout, self.exchange(&request)).await;
            in_time.unwrap_or_else(|_| {
                Err(TransportError {
                    kind: TransportErrorKind::Timeout,
                    detail: "operation timed out".to_owned(),
                })
            })
        })
    }
}

fn user(number: usize) -> Value {
    let name = format!("user-{number}");
    json!({"id": name, "ocid": name, "userName": name, "active": true})
}

fn step_of(method: &Method, target: &str) -> Step {
    if target.starts_with("/admin/v1/Users") {
        Step::Users
    } else if target.starts_with("/admin/v1/") {
        Step::Credentials
    } else if target.contains("/topics/") {
        Step::Publish
    } else if target == "/n" {
        Step::Namespace
    } else if target.contains("/o?") {
        Step::List
    } else if method == Method::PUT {
        Step::Store
    } else if target.contains("/o/") && method == Method::GET {
        Step::Read
    } else {
        Step::Other
    }
}

fn answer(status: u16, body: &Value) -> Response {
    Response {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: HeaderMap::new(),
        body: Bytes::from(body.to_string()),
    }
}

/// Credentials that their issuer replaces once.
#[derive(Debug)]
struct Replaced {
    old: Arc<Identity>,
    new: Arc<Identity>,
    at: Option<Instant>,
}

impl CredentialSource for Replaced {
    fn current(&self, _: DateTime<Utc>) -> Result<Arc<Identity>, CredentialError> {
        Ok(Arc::clone(&self.old))
    }

    fn renew(&self, _: DateTime<Utc>) -> Result<Renewal, CredentialError> {
        let replaced = self.at.is_some_and(|at| Instant::now() >= at);
        let identity = if replaced { &self.new } else { &self.old };
        Ok(Renewal {
            identity: Arc::clone(identity),
        })
    }
}
