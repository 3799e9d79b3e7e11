//! The transport over reqwest. The only file that uses its client.
//!
//! Each run has its own client, because connections do not survive while a container is frozen between runs. HTTP/1.1 only,
//! because the `host` header is signed. Follows no redirects, because a signature covers its host and must not reach
//! another. Reads no proxy from the environment itself: the settings have it.
//!
//! Mozilla's roots are compiled in, so the image needs no other file.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};

use crate::place::Place;

use super::connect_attempts::ConnectAttempts;
use super::connect_failure::{ConnectFailure, Reason};
use super::network_settings::{NetworkSettings, RootsFile, roots_settings};
use super::proxy::ProxySettings;
use super::resolver::SystemResolver;
use super::transfer::{ChunkBody, LastActivity, STALL_TIMEOUT};
use super::transport::{
    Body, OutgoingRequest, Response, ResponseFuture, Transport, TransportError, TransportErrorKind,
};

/// Shorter than an attempt to publish: that a connection never opened shows that a message was not published.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Max bytes read of an error response, which is a short message or the page of a proxy.
const MAX_ERROR_BODY_BYTES: usize = 64 * 1024;

/// Sends requests over TLS, and over plain HTTP to loopback hosts (which `Endpoint::parse` ensures).
#[derive(Debug)]
pub struct ReqwestTransport {
    client: Client,
    /// Ends them when dropped.
    _attempts: ConnectAttempts,
    proxies: ProxySettings,
    place: Place,
}

/// Why no client could be created.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Correct the file with additional roots.
    #[error(
        "{setting}: `{path}` {reason}; expected a PEM file with at least one BEGIN CERTIFICATE"
    )]
    ExtraRoots {
        /// The variable that names it.
        setting: &'static str,
        /// The file.
        path: String,
        /// Why it cannot be used.
        reason: String,
    },
    /// TLS setup failed, which is a bug.
    #[error("TLS could not be set up: {0}")]
    Setup(String),
}

impl ReqwestTransport {
    /// Creates a client that trusts Mozilla's roots and those in the files of the settings, and that uses their proxy.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or contains no certificate, or TLS setup fails.
    pub fn new(settings: &NetworkSettings) -> Result<Self, ClientError> {
        // An error means that an earlier client installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut roots = Vec::with_capacity(webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
        for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            roots.push(
                Certificate::from_der(root)
                    .map_err(|error| ClientError::Setup(error.to_string()))?,
            );
        }
        for RootsFile { setting, path } in &settings.roots {
            roots.extend(read_roots(path).map_err(|reason| ClientError::ExtraRoots {
                setting,
                path: path.clone(),
                reason,
            })?);
        }
        let attempts = ConnectAttempts::new();
        let client = Client::builder()
            .dns_resolver(SystemResolver)
            .tls_certs_only(roots)
            .http1_only()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .tcp_nodelay(true)
            .connector_layer(attempts.layer())
            .connect_timeout(CONNECT_TIMEOUT);
        let client = match proxy_of(&settings.proxies)? {
            Some(proxy) => client.proxy(proxy),
            None => client,
        };
        Ok(Self {
            client: client
                .build()
                .map_err(|error| ClientError::Setup(error.to_string()))?,
            _attempts: attempts,
            proxies: settings.proxies.clone(),
            place: settings.place,
        })
    }

    /// Sends a request and reads its response, unless the transfer stalls.
    async fn exchange(&self, request: OutgoingRequest) -> Result<Response, TransportError> {
        let activity = LastActivity::default();
        let url =
            reqwest::Url::parse(&request.url).map_err(|error| request_error(error.to_string()))?;
        tokio::select! {
            result = self.transfer(request, url.clone(), &activity) => result,
            () = activity.stalled() => Err(TransportError {
                kind: TransportErrorKind::Timeout,
                detail: format!("{} sent no data for {} s", self.peer(&url), STALL_TIMEOUT.as_secs()),
            }),
        }
    }

    async fn transfer(
        &self,
        request: OutgoingRequest,
        url: reqwest::Url,
        activity: &LastActivity,
    ) -> Result<Response, TransportError> {
        // The sent URL must be the signed one.
        if url.as_str() != request.url {
            return Err(request_error(
                "the URL to send differs from the signed URL".to_owned(),
            ));
        }
        let mut upload = None;
        let mut builder = self
            .client
            .request(request.method, url.clone())
            .headers(request.headers)
            .timeout(request.timeout);
        builder = match request.body {
            Body::Empty => builder,
            Body::Whole(bytes) => builder.body(bytes),
            Body::Streamed { length, chunks } => {
                let (body, until_answered) =
                    ChunkBody::generate(chunks(), length, activity.clone());
                upload = Some(until_answered);
                builder.body(reqwest::Body::wrap(body))
            }
        };
        let classify = |error| self.classify(&error, &url, request.timeout);
        let mut response = builder.send().await.map_err(classify)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let body = if status.is_success() {
            whole_body(response, request.max_response_bytes, activity, classify).await?
        } else {
            error_body(response, activity, classify).await?
        };
        drop(upload);
        Ok(Response {
            status,
            headers,
            body,
        })
    }

    /// Converts an error of reqwest. Its kind decides whether the request may have been carried out. Omits the path, because an
    /// object name may contain a domain name.
    fn classify(
        &self,
        error: &reqwest::Error,
        url: &reqwest::Url,
        timeout: Duration,
    ) -> TransportError {
        if error.is_connect() {
            let failure = if error.is_timeout() {
                ConnectFailure::timed_out()
            } else {
                ConnectFailure::of(error)
            };
            return TransportError {
                kind: failure.reason.kind(),
                detail: self.describe_failure(&failure, url),
            };
        }
        if error.is_builder() {
            return request_error(innermost(error));
        }
        let peer = self.peer(url);
        if error.is_timeout() {
            let seconds = timeout.as_secs_f64();
            TransportError {
                kind: TransportErrorKind::Timeout,
                detail: format!("{peer} did not answer within {seconds:.0} s"),
            }
        } else {
            TransportError {
                kind: TransportErrorKind::Interrupted,
                detail: format!("{peer}: {}", innermost(error)),
            }
        }
    }

    /// Host and port, and those of the proxy in between.
    fn peer(&self, url: &reqwest::Url) -> String {
        let (host, port) = host_and_port(url);
        match self.proxies.of_target(host, port) {
            Some(proxy) => format!("{host}:{port} through the proxy {}", proxy.authority()),
            None => format!("{host}:{port}"),
        }
    }

    fn describe_failure(&self, failure: &ConnectFailure, url: &reqwest::Url) -> String {
        let (host, port) = host_and_port(url);
        let proxy = self.proxies.of_target(host, port);
        // What failed: the connection to the proxy, or what goes through it.
        let at = match proxy {
            Some(proxy) if failure.at_proxy => {
                format!("the proxy {} of {}", proxy.authority(), proxy.setting)
            }
            _ => self.peer(url),
        };
        match &failure.reason {
            Reason::NotResolved => {
                format!("the host name of {at} has no address in DNS, or no DNS server answers")
            }
            Reason::Refused => {
                format!("{at} refused it; nothing listens there, or a firewall rejects it")
            }
            Reason::TimedOut => {
                format!(
                    "{at} did not accept it within {} s",
                    CONNECT_TIMEOUT.as_secs()
                )
            }
            Reason::Closed => format!("{at} closed it before a request was sent"),
            Reason::NoRoute => format!("this machine has no route to {at}"),
            Reason::Certificate(reason) => format!(
                "the certificate of {at} is not trusted: {reason}; if a certificate authority of your own issued it, add that authority's certificate to the PEM file of {}",
                roots_settings(self.place).join(" or ")
            ),
            Reason::Tls(reason) => format!("TLS with {at} failed: {reason}"),
            Reason::ProxyAuthentication => match proxy {
                Some(proxy) if proxy.authorization().is_some() => format!(
                    "{at} rejected the user name or the password in it (407); correct them, percent-encoded"
                ),
                _ => format!(
                    "{at} wants a user name and a password (407); write them before its host, as in http://user:password@host:port"
                ),
            },
            Reason::NoTunnel => {
                let has_user = proxy.is_some_and(|proxy| proxy.authorization().is_some());
                // Some proxies answer a wrong password with another status than 407.
                let or_user = if has_user {
                    ", or the user name or the password is wrong"
                } else {
                    ""
                };
                format!(
                    "{at} refused a tunnel to {host}:{port}; its rules may not allow that host or port{or_user}"
                )
            }
            Reason::Other(reason) => format!("{at}: {reason}"),
        }
    }
}

fn host_and_port(url: &reqwest::Url) -> (&str, u16) {
    let port = url.port_or_known_default().unwrap_or_default();
    (url.host_str().unwrap_or_default(), port)
}

/// The innermost cause: outer errors repeat inner ones.
fn innermost(error: &reqwest::Error) -> String {
    let mut detail = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        detail = cause.to_string();
        source = cause.source();
    }
    if detail.is_empty() {
        detail = "no further detail".to_owned();
    }
    detail
}

impl Transport for ReqwestTransport {
    fn send(&self, request: OutgoingRequest) -> ResponseFuture<'_> {
        Box::pin(self.exchange(request))
    }
}

/// The body of a successful response, of at most `max_bytes`.
async fn whole_body(
    mut response: reqwest::Response,
    max_bytes: usize,
    activity: &LastActivity,
    classify: impl Fn(reqwest::Error) -> TransportError,
) -> Result<Bytes, TransportError> {
    let too_large = || TransportError {
        kind: TransportErrorKind::TooLarge,
        detail: format!("more than {} KiB", max_bytes / 1024),
    };
    let length = response.content_length().unwrap_or_default();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > max_bytes {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(length);
    while let Some(chunk) = response.chunk().await.map_err(&classify)? {
        activity.record();
        let length = body.len() + chunk.len();
        if length > max_bytes {
            return Err(too_large());
        }
        if length > body.capacity() {
            // A vector that grows by itself may double past the maximum.
            let capacity = (body.capacity() * 2).clamp(length, max_bytes);
            body.reserve_exact(capacity - body.len());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

/// The beginning of the body of an error response.
async fn error_body(
    mut response: reqwest::Response,
    activity: &LastActivity,
    classify: impl Fn(reqwest::Error) -> TransportError,
) -> Result<Bytes, TransportError> {
    let mut body = Vec::new();
    while body.len() < MAX_ERROR_BODY_BYTES
        && let Some(chunk) = response.chunk().await.map_err(&classify)?
    {
        activity.record();
        let rest = MAX_ERROR_BODY_BYTES - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(rest)]);
    }
    Ok(body.into())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the CA file, which only this client reads"
)]
fn read_roots(path: &str) -> Result<Vec<Certificate>, String> {
    let pem = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    let roots = Certificate::from_pem_bundle(&pem)
        .map_err(|error| format!("contains no valid certificate: {error}"))?;
    if roots.is_empty() {
        return Err("contains no certificate".to_owned());
    }
    Ok(roots)
}

fn request_error(detail: String) -> TransportError {
    TransportError {
        kind: TransportErrorKind::Request,
        detail,
    }
}

/// The client's own proxy, with the settings' decision per host.
fn proxy_of(settings: &ProxySettings) -> Result<Option<reqwest::Proxy>, ClientError> {
    let Some(proxy) = &settings.proxy else {
        return Ok(None);
    };
    let setup = |error: String| ClientError::Setup(error);
    let proxy_url = reqwest::Url::parse(&proxy.url()).map_err(|error| setup(error.to_string()))?;
    let decision = settings.clone();
    let mut of_client = reqwest::Proxy::custom(move |url| {
        let port = url.port_or_known_default().unwrap_or_default();
        let host = url.host_str().unwrap_or_default();
        decision.of_target(host, port).map(|_| proxy_url.clone())
    });
    if let Some(authorization) = proxy.authorization() {
        let mut value =
            http::HeaderValue::from_str(authorization).map_err(|error| setup(error.to_string()))?;
        value.set_sensitive(true);
        of_client = of_client.custom_http_auth(value);
    }
    Ok(Some(of_client))
}
