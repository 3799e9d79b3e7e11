//! The transport over reqwest. The only file that uses it.
//!
//! Each run has its own client, because connections do not survive while a container is frozen between runs. HTTP/1.1 only,
//! because the `host` header is signed. Follows no redirects, because a signature covers its host and must not reach
//! another. Ignores proxies in the environment.
//!
//! Mozilla's roots are compiled in, so the image needs no other file.

use std::error::Error as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use tokio::time::Instant;

use crate::chunks::Chunks;
use crate::env::EXTRA_CA_FILE;

use super::transport::{
    Body, OutgoingRequest, Response, ResponseFuture, Transport, TransportError, TransportErrorKind,
};

/// Shorter than an attempt to publish: that a connection never opened shows that a message was not published.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Max time between two chunks of a request or response body. reqwest's read timeout starts with the request, so it would
/// abort long uploads.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Max bytes read of an error response, which is a short message or the page of a proxy.
const MAX_ERROR_BODY_BYTES: usize = 64 * 1024;

/// Sends requests over TLS, and over plain HTTP to loopback hosts (which `Endpoint::parse` ensures).
#[derive(Debug)]
pub struct ReqwestTransport {
    client: Client,
}

/// Why no client could be created.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Correct the file with additional roots.
    #[error(
        "{EXTRA_CA_FILE}: `{path}` {reason}; expected a PEM file with at least one BEGIN CERTIFICATE"
    )]
    ExtraRoots {
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
    /// Creates a client that trusts Mozilla's roots and those in a PEM file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or contains no certificate, or TLS setup fails.
    pub fn new(extra_ca_file: Option<&str>) -> Result<Self, ClientError> {
        let mut roots = Vec::with_capacity(webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
        for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            roots.push(
                Certificate::from_der(root)
                    .map_err(|error| ClientError::Setup(error.to_string()))?,
            );
        }
        if let Some(path) = extra_ca_file {
            roots.extend(read_roots(path).map_err(|reason| ClientError::ExtraRoots {
                path: path.to_owned(),
                reason,
            })?);
        }
        let client = Client::builder()
            .tls_certs_only(roots)
            .http1_only()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .tcp_nodelay(true)
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|error| ClientError::Setup(error.to_string()))?;
        Ok(Self { client })
    }

    /// Sends a request and reads its response, unless the transfer stalls.
    async fn exchange(&self, request: OutgoingRequest) -> Result<Response, TransportError> {
        let activity = LastActivity::default();
        tokio::select! {
            result = self.transfer(request, &activity) => result,
            () = activity.stalled() => Err(TransportError {
                kind: TransportErrorKind::Timeout,
                detail: format!("no data for {} s", STALL_TIMEOUT.as_secs()),
            }),
        }
    }

    async fn transfer(
        &self,
        request: OutgoingRequest,
        activity: &LastActivity,
    ) -> Result<Response, TransportError> {
        let url =
            reqwest::Url::parse(&request.url).map_err(|error| request_error(error.to_string()))?;
        // The sent URL must be the signed one.
        if url.as_str() != request.url {
            return Err(request_error(
                "the URL to send differs from the signed URL".to_owned(),
            ));
        }
        let mut builder = self
            .client
            .request(request.method, url)
            .headers(request.headers)
            .timeout(request.timeout);
        builder = match request.body {
            Body::Empty => builder,
            Body::Whole(bytes) => builder.body(bytes),
            Body::Streamed { length, chunks } => builder.body(reqwest::Body::wrap(ChunkBody {
                chunks: chunks(),
                remaining: length,
                activity: activity.clone(),
            })),
        };
        let mut response = builder.send().await.map_err(|error| classify(&error))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let body = if status.is_success() {
            whole_body(response, request.max_response_bytes, activity).await?
        } else {
            error_body(response, activity).await?
        };
        Ok(Response {
            status,
            headers,
            body,
        })
    }
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
    while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
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
) -> Result<Bytes, TransportError> {
    let mut body = Vec::new();
    while body.len() < MAX_ERROR_BODY_BYTES
        && let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))?
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

/// Converts an error of reqwest. Its kind decides whether the request may have been carried out. Omits the URL, because an
/// object name may contain a domain name.
fn classify(error: &reqwest::Error) -> TransportError {
    let kind = if error.is_connect() {
        TransportErrorKind::Connect
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else if error.is_builder() {
        TransportErrorKind::Request
    } else {
        TransportErrorKind::Interrupted
    };
    let mut detail = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        // Outer errors repeat inner ones, so the innermost is enough.
        detail = cause.to_string();
        source = cause.source();
    }
    if detail.is_empty() {
        detail = "no further detail".to_owned();
    }
    TransportError { kind, detail }
}

/// Time of the last chunk sent or received.
#[derive(Clone, Debug)]
struct LastActivity(Arc<Mutex<Instant>>);

impl Default for LastActivity {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl LastActivity {
    fn record(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Completes after [`STALL_TIMEOUT`] without a chunk.
    async fn stalled(&self) {
        loop {
            let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let stalled = last + STALL_TIMEOUT;
            if Instant::now() >= stalled {
                return;
            }
            tokio::time::sleep_until(stalled).await;
        }
    }
}

/// A body from an iterator of chunks, with an exact length for `content-length`.
struct ChunkBody {
    chunks: Chunks,
    remaining: u64,
    activity: LastActivity,
}

impl http_body::Body for ChunkBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let chunk = self.chunks.next();
        self.activity.record();
        Poll::Ready(match chunk {
            Some(chunk) => {
                self.remaining = self.remaining.saturating_sub(chunk.len() as u64);
                Some(Ok(Frame::data(chunk)))
            }
            None if self.remaining > 0 => {
                self.remaining = 0;
                Some(Err(std::io::Error::other(
                    "the body is shorter than its content length",
                )))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}
