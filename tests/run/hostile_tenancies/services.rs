//! The services of a case: the simulator, and between it and the program what the attacks do.
//!
//! No connection is used, so the clock of the program can be paused: pauses, timeouts and deadlines cost no time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use credential_audit::http::transport::{
    Body, OutgoingRequest, Response, ResponseFuture, Transport, TransportError, TransportErrorKind,
};
use fastrand::Rng;
use http::{HeaderMap, StatusCode};
use serde_json::Value as Json;
use tenancy_sim::{Previous, ResourceType, Service};
use tokio::time::{Instant, sleep};

use super::attack::{Attack, FalsePublish, FalsePut, Form, List};
use super::case::Case;
use super::echo::{Echo, echo};
use super::evidence::{Evidence, ListRequest};
use super::rewrite::rewrite_list;
use crate::common::served_tenancy::ServedTenancy;

/// The transport of the program gives up after so long without a byte.
const STALLED: Duration = Duration::from_secs(30);

/// The hostile services of one case.
pub(super) struct HostileServices {
    tenancy: Arc<ServedTenancy>,
    case: Case,
    state: Mutex<State>,
    started: Instant,
}

struct State {
    random: Rng,
    attacking: bool,
    /// Requests that each attack matched.
    counts: BTreeMap<usize, u64>,
    publish_from: Option<Instant>,
    evidence: Evidence,
}

impl fmt::Debug for HostileServices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostileServices").finish_non_exhaustive()
    }
}

/// A request as received.
pub(super) struct Received {
    pub(super) service: Service,
    pub(super) path: String,
    pub(super) method: String,
    pub(super) authorization: String,
    pub(super) list: Option<ListRequest>,
}

/// An answer on its way.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &'static str, body: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", http::HeaderValue::from_static(content_type));
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    fn refusal(status: u16) -> Self {
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "detail": "The request was refused.",
            "status": status.to_string(),
            "code": "Refused",
            "message": "The request was refused.",
        });
        Self::new(status, "application/json", body.to_string())
    }
}

/// What happens to a request before the simulator sees it.
enum Before {
    Pass,
    Answer(Answer),
    Fail(TransportErrorKind),
    /// No byte, or never the last one.
    Wait(Duration),
    /// The simulator answers, and the answer is lost.
    Lose,
    /// The simulator stores other bytes.
    Corrupt,
}

impl HostileServices {
    pub(super) fn new(tenancy: &Arc<ServedTenancy>, case: &Case) -> Arc<Self> {
        for attack in &case.attacks {
            misbehave(tenancy, case, attack);
        }
        Arc::new(Self {
            tenancy: Arc::clone(tenancy),
            case: case.clone(),
            state: Mutex::new(State {
                random: Rng::with_seed(case.seed),
                attacking: false,
                counts: BTreeMap::new(),
                publish_from: None,
                evidence: Evidence::default(),
            }),
            started: Instant::now(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the services are hostile. Forgets what was received before, except secrets.
    pub(super) fn attack(&self) {
        let mut state = self.state();
        state.attacking = true;
        let secrets = std::mem::take(&mut state.evidence.secrets);
        state.evidence = Evidence {
            secrets,
            ..Evidence::default()
        };
    }

    pub(super) fn take_evidence(&self) -> Evidence {
        std::mem::take(&mut self.state().evidence)
    }

    async fn exchange(&self, outgoing: OutgoingRequest) -> Result<Response, TransportError> {
        let latency = {
            let mut state = self.state();
            state.evidence.secrets.extend(secrets_of(&outgoing));
            Duration::from_millis(state.random.u64(1..30))
        };
        sleep(latency).await;
        let timeout = outgoing.timeout;
        let fail = |kind| TransportError {
            kind,
            detail: "an injected fault".to_owned(),
        };
        // A text of a server in a URL may make it unusable.
        let uri = outgoing.url.parse::<http::Uri>();
        let uri = uri.map_err(|_| fail(TransportErrorKind::Request))?;
        let (received, request) = self.receive(outgoing, uri);
        let before = self.before(&received, timeout);
        let answer = match before {
            Before::Answer(answer) => answer,
            Before::Fail(kind) => {
                self.record(&received, 0, &[]);
                return Err(fail(kind));
            }
            Before::Wait(time) => {
                self.record(&received, 0, &[]);
                sleep(time.min(timeout)).await;
                return Err(fail(TransportErrorKind::Timeout));
            }
            Before::Lose => {
                drop(self.tenancy.sim.answer(request));
                return Err(fail(TransportErrorKind::Interrupted));
            }
            Before::Corrupt => self.ask(corrupted(request)),
            Before::Pass => self.ask(request),
        };
        let answer = self.after(&received, answer);
        self.record(&received, answer.status, &answer.body);
        Ok(Response {
            status: StatusCode::from_u16(answer.status).expect("a status"),
            headers: answer.headers,
            body: answer.body,
        })
    }

    fn receive(
        &self,
        outgoing: OutgoingRequest,
        uri: http::Uri,
    ) -> (Received, http::Request<Bytes>) {
        let body: Bytes = match outgoing.body {
            Body::Empty => Bytes::new(),
            Body::Whole(bytes) => bytes,
            Body::Streamed { chunks, .. } => chunks()
                .fold(Vec::new(), |mut all, chunk| {
                    all.extend_from_slice(&chunk);
                    all
                })
                .into(),
        };
        let sim = &self.tenancy.sim;
        let (service, domain) = sim.service_of(&outgoing.url).expect("a known host");
        let url = url::Url::parse(&outgoing.url).expect("a URL");
        let list = domain.and_then(|name| {
            let domain = self
                .case
                .domains
                .iter()
                .position(|plan| plan.name == name)?;
            list_request(domain, &url, &body)
        });
        let authorization = outgoing.headers.get("authorization");
        let authorization = authorization.and_then(|value| value.to_str().ok());
        let received = Received {
            service,
            path: url.path().to_owned(),
            method: outgoing.method.to_string(),
            authorization: authorization.unwrap_or_default().to_owned(),
            list,
        };
        let mut request = http::Request::new(body);
        *request.method_mut() = outgoing.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = outgoing.headers;
        (received, request)
    }

    fn ask(&self, request: http::Request<Bytes>) -> Answer {
        let (parts, body) = self
            .tenancy
            .sim
            .answer(request)
            .expect("a known host")
            .into_parts();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    fn before(&self, received: &Received, timeout: Duration) -> Before {
        let mut state = self.state();
        if received.service == Service::Notifications {
            let at = self.started.elapsed().as_secs_f64();
            state.evidence.published_at.get_or_insert(at);
        }
        if !state.attacking {
            return Before::Pass;
        }
        for (number, attack) in self.case.attacks.iter().enumerate() {
            let count = |state: &mut State| {
                let count = state.counts.entry(number).or_default();
                *count += 1;
                *count - 1
            };
            let before = match attack {
                Attack::Refuse {
                    at,
                    forms,
                    status,
                    times,
                } => match &received.list {
                    Some(list)
                        if list.at == *at
                            && forms.contains(&list.form)
                            && times.hit(count(&mut state)) =>
                    {
                        Before::Answer(Answer::refusal(*status))
                    }
                    _ => continue,
                },
                Attack::Move { at, request, .. } => {
                    if received.list.as_ref().is_some_and(|list| list.at == *at)
                        && count(&mut state) == *request
                    {
                        self.move_rows(*at);
                    }
                    continue;
                }
                Attack::Namespace { status, first }
                    if is_namespace(received) && count(&mut state) < *first =>
                {
                    Before::Answer(Answer::refusal(*status))
                }
                Attack::Put { object, how } if is_put(received, object) => match how {
                    FalsePut::Hang => Before::Wait(STALLED),
                    FalsePut::Drip => Before::Wait(timeout),
                    FalsePut::Status(status) => Before::Answer(Answer::refusal(*status)),
                    FalsePut::Corrupt => Before::Corrupt,
                    FalsePut::LostAnswer if count(&mut state) == 0 => Before::Lose,
                    FalsePut::LostAnswer => continue,
                },
                Attack::Publish { how, milliseconds }
                    if received.service == Service::Notifications =>
                {
                    match self.publish(&mut state, *how, Duration::from_millis(*milliseconds)) {
                        Some(before) => before,
                        None => continue,
                    }
                }
                Attack::Iam { path, status }
                    if received.service == Service::Identity && received.path.contains(path) =>
                {
                    Before::Answer(Answer::refusal(*status))
                }
                _ => continue,
            };
            return before;
        }
        Before::Pass
    }

    /// What happens to a message, if anything does.
    fn publish(&self, state: &mut State, how: FalsePublish, time: Duration) -> Option<Before> {
        let is_first = state.publish_from.is_none();
        let from = *state.publish_from.get_or_insert_with(Instant::now);
        if how == FalsePublish::LostAnswer {
            return is_first.then_some(Before::Lose);
        }
        if how == FalsePublish::TokenReplaced && is_first {
            self.tenancy.sim.revoke_resource_principal();
            let tenancy = Arc::clone(&self.tenancy);
            tokio::spawn(async move {
                sleep(time).await;
                let lifetime = Duration::from_secs(3600);
                let renewed = tenancy
                    .sim
                    .renew_resource_principal(lifetime, Previous::Revoked);
                renewed.expect("a new token");
            });
        }
        if from.elapsed() >= time {
            return None;
        }
        match how {
            FalsePublish::Status(status) => Some(Before::Answer(Answer::refusal(status))),
            FalsePublish::RetryAfter(status) => {
                let mut answer = Answer::refusal(status);
                answer
                    .headers
                    .insert("retry-after", http::HeaderValue::from_static("1"));
                Some(Before::Answer(answer))
            }
            FalsePublish::Reset => Some(Before::Fail(TransportErrorKind::Interrupted)),
            // The simulator refuses the old token by itself.
            FalsePublish::TokenReplaced | FalsePublish::LostAnswer => None,
        }
    }

    /// Deletes the first row of a list and adds one behind its end.
    fn move_rows(&self, at: List) {
        let domain = self.case.domains[at.domain].name;
        self.tenancy.sim.change(domain, |directory| {
            let first = directory
                .credentials(at.of)
                .iter()
                .min_by_key(|row| row.ocid());
            if let Some(first) = first.cloned() {
                directory.remove_credential(&first.id);
                directory.add_credential(first.with_id("00000000000000000000000000zzzzzz"));
            }
        });
    }

    /// What the attacks make of an answer.
    fn after(&self, received: &Received, mut answer: Answer) -> Answer {
        let mut state = self.state();
        if !state.attacking {
            return answer;
        }
        if let Some(list) = &received.list
            && answer.status == 200
            && let Ok(mut json) = serde_json::from_slice::<Json>(&answer.body)
        {
            let domain = self.case.domains[list.at.domain].name;
            let directory = self.tenancy.sim.directory(domain);
            let mut count = |number| {
                let count = state.counts.entry(number).or_default();
                *count += 1;
                *count - 1
            };
            let replaced = rewrite_list(&self.case, list, &directory, &mut json, &mut count);
            answer.body = replaced.unwrap_or_else(|| json.to_string()).into();
        }
        if received.path.ends_with("/domains") && answer.status == 200 {
            super::rewrite::rewrite_domains(&self.case, &mut answer);
        }
        for (number, attack) in self.case.attacks.iter().enumerate() {
            if let Attack::Echo {
                place,
                part,
                times,
                padded,
            } = attack
            {
                let count = state.counts.get(&number).copied().unwrap_or_default();
                let given = Echo {
                    place: *place,
                    part: *part,
                    padded: *padded,
                };
                if let Some(changed) = echo(received, &answer, given) {
                    state.counts.insert(number, count + 1);
                    if times.hit(count) {
                        answer = changed;
                    }
                }
            }
        }
        answer
    }

    fn record(&self, received: &Received, status: u16, body: &[u8]) {
        let mut state = self.state();
        if let Some(list) = &received.list {
            state.evidence.add(list.clone(), status, body);
        }
        if received.path.ends_with("/domains") && status == 200 {
            let text = String::from_utf8_lossy(body);
            for (position, plan) in self.case.domains.iter().enumerate() {
                if text.contains(plan.name) {
                    let rows = state.evidence.domain_rows.entry(position).or_default();
                    rows.insert(text.to_string());
                }
            }
        }
    }
}

impl Transport for HostileServices {
    fn send(&self, request: OutgoingRequest) -> ResponseFuture<'_> {
        Box::pin(self.exchange(request))
    }
}

fn is_namespace(received: &Received) -> bool {
    received.service == Service::ObjectStorage && received.path.trim_end_matches('/') == "/n"
}

fn is_put(received: &Received, object: &str) -> bool {
    received.service == Service::ObjectStorage
        && received.method == "PUT"
        && percent_encoding::percent_decode_str(&received.path)
            .decode_utf8_lossy()
            .contains(object)
}

/// Another object, with the digest of its own bytes.
fn corrupted(request: http::Request<Bytes>) -> http::Request<Bytes> {
    let (mut parts, body) = request.into_parts();
    let mut bytes = body.to_vec();
    match bytes.last_mut() {
        Some(last) => *last ^= 1,
        None => bytes.push(b'x'),
    }
    parts.headers.remove("content-md5");
    parts.headers.insert("content-length", bytes.len().into());
    http::Request::from_parts(parts, bytes.into())
}

/// The token and the signature in the header of a request.
fn secrets_of(request: &OutgoingRequest) -> Vec<String> {
    let header = request.headers.get("authorization");
    let header = header
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    ["keyId=\"ST$", "signature=\""]
        .into_iter()
        .filter_map(|name| {
            let (_, value) = header.split_once(name)?;
            Some(value.split('"').next()?.to_owned())
        })
        .collect()
}

fn misbehave(tenancy: &ServedTenancy, case: &Case, attack: &Attack) {
    use tenancy_sim::Misbehavior::ClampPages;
    let (at, how) = match attack {
        Attack::Misbehave { at, how } => (at, how.clone()),
        Attack::TotalOfPage { at, rows, .. } | Attack::Move { at, rows, .. } => {
            (at, ClampPages(*rows))
        }
        _ => return,
    };
    tenancy
        .sim
        .misbehave(case.domains[at.domain].name, at.of, how);
}

/// The request for a page, if it is one.
fn list_request(domain: usize, url: &url::Url, body: &[u8]) -> Option<ListRequest> {
    let path = url.path().strip_prefix("/admin/v1/")?;
    let (segment, is_search) = match path.strip_suffix("/.search") {
        Some(segment) => (segment, true),
        None => (path, false),
    };
    let of = ResourceType::from_segment(segment)?;
    let search: Json = serde_json::from_slice(body).unwrap_or_default();
    let parameter = |name: &str| {
        if is_search {
            let value = &search[name];
            return value
                .as_str()
                .map(str::to_owned)
                .or_else(|| value.as_u64().map(|number| number.to_string()));
        }
        let mut pairs = url.query_pairs();
        pairs
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.into_owned())
    };
    let filter = parameter("filter").unwrap_or_default();
    let form = match (
        is_search,
        filter.contains("user.value"),
        filter.contains("meta.created"),
        parameter("sortBy").is_some(),
    ) {
        (true, ..) => Form::Search,
        (_, true, ..) => Form::Users,
        (_, _, true, true) => Form::SortedByDate,
        (_, _, true, false) => Form::UnsortedByDate,
        (_, _, false, true) => Form::Sorted,
        (_, _, false, false) => Form::Unsorted,
    };
    let users = filter.split("user.value eq \"").skip(1);
    let users = users.filter_map(|rest| Some(rest.split('"').next()?.to_owned()));
    let number = |name| parameter(name).and_then(|text| text.parse().ok());
    Some(ListRequest {
        at: List { domain, of },
        form,
        users: users.collect(),
        filter: filter.clone(),
        start: number("startIndex").unwrap_or(1),
        count: number("count").unwrap_or(50),
    })
}
