//! The listeners: bytes in, bytes out.
//!
//! A request passes signature, delay, faults, rate limit and service, in this order. The signature is verified even if a
//! fault strikes, so that no injected error hides an invalid signature.

use crate::clock::http_date;
use crate::faults::{Delivery, Outcome, ReplyBody, RequestInfo, deliver};
use crate::journal::RequestRecord;
use crate::reply::Reply;
use crate::scim;
use crate::signature::{Expectation, Rejection, Rule, verify};
use crate::state::State;
use crate::wire::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use md5::{Digest as _, Md5};
use std::io;
use std::net::TcpListener as StdListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};

/// A service of the tenancy. Every identity domain is an [`IdentityDomain`](Self::IdentityDomain).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// The SCIM service of an identity domain.
    IdentityDomain,
    /// IAM.
    Identity,
    /// Object Storage.
    ObjectStorage,
    /// Notifications.
    Notifications,
    /// Monitoring.
    Monitoring,
    /// Email Delivery.
    Email,
    /// Logging Search.
    LoggingSearch,
    /// The metadata service of a compute instance, and the auth service that issues its tokens.
    Instance,
}

/// A port and its service.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) service: Service,
    /// Position of the domain, if it is one.
    pub(crate) domain: usize,
    hosts: Vec<String>,
    pub(crate) socket: StdListener,
}

impl Listener {
    /// Binds a free port of the loopback interface.
    pub(crate) fn bind(service: Service, domain: usize) -> io::Result<Self> {
        let socket = StdListener::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        let port = socket.local_addr()?.port();
        let hosts = vec![format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        Ok(Self {
            service,
            domain,
            hosts,
            socket,
        })
    }

    /// Also answers requests to these hosts, which something in front of the listener forwards.
    pub(crate) fn known_as(mut self, hosts: &[String]) -> Self {
        self.hosts.extend_from_slice(hosts);
        self
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.hosts[0])
    }
}

/// Accepts connections forever.
pub(crate) async fn serve(listener: Listener, state: Arc<State>) -> io::Result<()> {
    let Listener {
        service,
        domain,
        hosts,
        socket,
    } = listener;
    let socket = TcpListener::from_std(socket)?;
    let port = Arc::new(Port {
        service,
        domain,
        hosts,
    });
    static CONNECTIONS: AtomicU64 = AtomicU64::new(0);
    loop {
        let Ok((stream, _)) = socket.accept().await else {
            continue;
        };
        // Sends small responses at once.
        let _ = stream.set_nodelay(true);
        let reset = Arc::new(AtomicBool::new(false));
        let io = ResettableIo {
            io: TokioIo::new(stream),
            reset: Arc::clone(&reset),
        };
        let connection = CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        let (state, port) = (Arc::clone(&state), Arc::clone(&port));
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let (state, port, reset) =
                    (Arc::clone(&state), Arc::clone(&port), Arc::clone(&reset));
                async move { port.answer(request, connection, &state, &reset).await }
            });
            // An error means that the client or a fault broke the connection.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(io, answer)
                .await;
        });
    }
}

/// Answers a request that came without a connection, and records it.
pub(crate) fn answer_directly(
    service: Service,
    domain: usize,
    authority: &str,
    request: &Request,
    state: &State,
) -> Reply {
    let at = state.started.elapsed();
    let port = Port {
        service,
        domain,
        hosts: vec![authority.to_owned()],
    };
    let checked = port.verify(request, state);
    let reply = match checked {
        Err(rejection) => refuse_signature(rejection),
        Ok(()) => port.serve(request, state),
    };
    let reply = state.add_request_ids(reply, request, service);
    let reply = reply.header("date", &http_date(state.clock.now()));
    state
        .journal
        .request(port.record(request, reply.status, at, checked.err(), 0, state));
    reply
}

fn refuse_signature(rejection: Rejection) -> Reply {
    let message = format!(
        "The required information to complete authentication was not provided or was incorrect. ({rejection:?})"
    );
    Reply::oci_error(401, "NotAuthenticated", &message)
}

/// The properties of all requests to one port.
struct Port {
    service: Service,
    domain: usize,
    hosts: Vec<String>,
}

impl Port {
    async fn answer(
        &self,
        request: http::Request<Incoming>,
        connection: u64,
        state: &State,
        reset: &AtomicBool,
    ) -> Result<Response<ReplyBody>, io::Error> {
        let at = state.started.elapsed();
        let (parts, body) = request.into_parts();
        let target = parts
            .uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string);
        let (body, body_md5) = receive(body, &parts.headers).await?;
        let request = Request {
            method: parts.method,
            target,
            headers: parts.headers,
            body,
            body_md5,
        };

        let checked = self.verify(&request, state);
        let domain = (self.service == Service::IdentityDomain).then(|| &state.domains[self.domain]);
        let plan = state.faults.plan(RequestInfo {
            service: self.service,
            domain: domain.map(|domain| domain.name.as_str()),
            method: request.method.as_str(),
            target: &request.target,
            resource_type: domain
                .and_then(|_| scim::route(request.path()))
                .map(|(resource_type, _)| resource_type),
        });
        if !plan.delay.is_zero() {
            tokio::time::sleep(plan.delay).await;
        }
        if let Some(domain) = domain {
            for change in &plan.changes {
                domain.change(|directory| change(directory));
            }
        }
        let (outcome, keeps_effect) = plan
            .outcome
            .map_or((None, true), |(outcome, keeps)| (Some(outcome), keeps));
        // A fault that only changes the response needs it.
        let replaces = matches!(
            outcome,
            Some(Outcome::Answer(_) | Outcome::ResetBeforeAnswer | Outcome::Hang)
        );
        if self.service == Service::LoggingSearch && checked.is_ok() {
            tokio::time::sleep(state.logging_search.delay(&request)).await;
        }
        let reply = match checked {
            _ if replaces && !keeps_effect => Reply::new(500),
            Err(rejection) => refuse_signature(rejection),
            Ok(()) => self.serve(&request, state),
        };
        let reply = state.add_request_ids(reply, &request, self.service);
        let reply = plan.edits.iter().fold(reply, Reply::edit);

        let authorization = request.header("authorization").unwrap_or_default();
        let delivery = deliver(reply, outcome.clone(), authorization);
        let status = match &delivery {
            Delivery::Answer(reply, _) => reply.status,
            Delivery::Reset | Delivery::Hang => 0,
        };
        let rejection = checked.err();
        let record = self.record(&request, status, at, rejection, connection, state);
        state.journal.request(record);
        match delivery {
            Delivery::Answer(reply, body) => {
                if matches!(outcome, Some(Outcome::ResetInBody(_))) {
                    reset.store(true, Ordering::Relaxed);
                }
                Ok(response(reply, body, state))
            }
            Delivery::Reset => {
                reset.store(true, Ordering::Relaxed);
                Err(io::Error::other("an injected reset"))
            }
            Delivery::Hang => std::future::pending().await,
        }
    }

    fn verify(&self, request: &Request, state: &State) -> Result<(), Rejection> {
        let rule = match self.service {
            Service::Instance if request.method == "GET" => return Ok(()),
            Service::Instance => Rule::TokenRequest,
            _ if self.is_put_object(request) => Rule::Object,
            _ => Rule::Request,
        };
        let expected = Expectation {
            hosts: &self.hosts,
            rule,
        };
        verify(request, expected, &state.keys, state.clock.now())
    }

    fn record(
        &self,
        request: &Request,
        status: u16,
        at: Duration,
        rejection: Option<Rejection>,
        connection: u64,
        state: &State,
    ) -> RequestRecord {
        let is_domain = self.service == Service::IdentityDomain;
        let text = |name: &str| request.header(name).map(str::to_owned);
        RequestRecord {
            service: self.service,
            domain: is_domain.then(|| state.domains[self.domain].name.clone()),
            method: request.method.to_string(),
            target: request.target.clone(),
            status,
            at,
            rejection,
            request_id: text("opc-request-id").or_else(|| text("opc-client-request-id")),
            authorization: text("authorization"),
            user_agent: text("user-agent"),
            connection,
        }
    }

    fn serve(&self, request: &Request, state: &State) -> Reply {
        let (journal, now) = (&state.journal, state.clock.now());
        match self.service {
            Service::IdentityDomain => {
                let domain = &state.domains[self.domain];
                let mut limit = domain
                    .rate_limit
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                if limit
                    .as_mut()
                    .is_some_and(|limit| !limit.admit(Instant::now()))
                {
                    return Reply::oci_error(
                        429,
                        "TooManyRequests",
                        "Too many requests for the tenancy.",
                    );
                }
                drop(limit);
                domain.answer(request, &journal.counters)
            }
            Service::Identity => state.identity.answer(request),
            Service::Instance => state.instance.answer(request, now),
            Service::ObjectStorage => state.object_storage.answer(request, journal, now),
            Service::Notifications => state.notifications.answer(request, journal, now),
            Service::Monitoring => state.monitoring.answer(request, journal, now),
            Service::Email => state.email.answer(request, journal, now),
            Service::LoggingSearch => state.logging_search.answer(request, now),
        }
    }

    fn is_put_object(&self, request: &Request) -> bool {
        self.service == Service::ObjectStorage
            && request.method == "PUT"
            && request.path().contains("/o/")
    }
}

fn response(reply: Reply, body: ReplyBody, state: &State) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        response.headers_mut().insert(name, value);
    }
    // Clients compare it with their clock if a signature is refused.
    if let Ok(date) = HeaderValue::try_from(http_date(state.clock.now())) {
        response.headers_mut().entry("date").or_insert(date);
    }
    response
}

/// A socket that is closed with a reset if `reset` is set.
struct ResettableIo {
    io: TokioIo<TcpStream>,
    reset: Arc<AtomicBool>,
}

impl Drop for ResettableIo {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.io.inner().set_zero_linger();
        }
    }
}

impl hyper::rt::Read for ResettableIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl hyper::rt::Write for ResettableIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }
}

/// The body of a request, and its MD5 in base64 if a header states one.
async fn receive(mut body: Incoming, headers: &HeaderMap) -> io::Result<(Bytes, Option<String>)> {
    let length = headers
        .get("content-length")
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let mut received = Vec::with_capacity(usize::min(length.unwrap_or(0), MAX_RESERVED_BYTES));
    let mut md5 = headers.contains_key("content-md5").then(Md5::new);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else {
            continue;
        };
        if let Some(md5) = &mut md5 {
            md5.update(&data);
        }
        received.extend_from_slice(&data);
    }
    Ok((
        received.into(),
        md5.map(|md5| STANDARD.encode(md5.finalize())),
    ))
}

/// Memory that is reserved for a body because its header announces it.
const MAX_RESERVED_BYTES: usize = 1 << 30;
