//! The network, by reqwest. The only file that names it.
//!
//! One client is made for each run and dropped at its end: a container is frozen between runs, and pooled connections
//! die in the meantime. HTTP/1.1 only, since the `host` header is signed. Redirects are never followed: a signature
//! covers its host, and must not be handed to another. No proxy is taken from the environment.
//!
//! Mozilla's roots are compiled in, so that the image needs no file.

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

use crate::env::EXTRA_CA_FILE;

use super::transport::{
    Body, Chunks, OutgoingRequest, Response, ResponseFuture, Transport, TransportError,
    TransportErrorKind,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two chunks, of the request's body or of the response. reqwest's own read timeout runs from the start of the
/// request to the head of the response, and would end every upload that takes longer.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// A page of 1,000 users is about 1 MB; a response past this limit is a fault of the other side.
const MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;
/// Of an answer that is no success as much is read: it is an error of a few lines, or a page of some proxy.
const MAX_ERROR_BODY_BYTES: usize = 64 * 1024;

/// Sends requests over TLS, or in the clear to loopback hosts (which the endpoint's parser guards).
#[derive(Debug)]
pub struct ReqwestTransport {
    client: Client,
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Correct the file with further roots.
    #[error(
        "{EXTRA_CA_FILE}: `{path}` {reason}; expected a PEM file with at least one BEGIN CERTIFICATE"
    )]
    ExtraRoots {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS could not be set up: a fault of this program.
    #[error("TLS could not be set up: {0}")]
    Setup(String),
}

impl ReqwestTransport {
    /// A client that trusts Mozilla's roots and those in a PEM file.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read or holds no certificate, or TLS cannot be set up.
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

    /// Sends a request and reads its response, as long as something moves.
    async fn exchange(&self, request: OutgoingRequest) -> Result<Response, TransportError> {
        let progress = LastActivity::default();
        tokio::select! {
            result = self.transfer(request, &progress) => result,
            () = progress.stalled() => Err(TransportError {
                kind: TransportErrorKind::Timeout,
                detail: format!("nothing moved for {} s", STALL_TIMEOUT.as_secs()),
            }),
        }
    }

    async fn transfer(
        &self,
        request: OutgoingRequest,
        progress: &LastActivity,
    ) -> Result<Response, TransportError> {
        let url =
            reqwest::Url::parse(&request.url).map_err(|error| request_error(error.to_string()))?;
        // What is sent has to be what was signed.
        if url.as_str() != request.url {
            return Err(request_error("the URL would change on its way".to_owned()));
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
                progress: progress.clone(),
            })),
        };
        let mut response = builder.send().await.map_err(|error| classify(&error))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let expected = response
            .content_length()
            .and_then(|length| usize::try_from(length).ok());
        let mut body = Vec::with_capacity(expected.unwrap_or(0).min(if status.is_success() {
            MAX_RESPONSE_BYTES
        } else {
            MAX_ERROR_BODY_BYTES
        }));
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
            progress.note();
            if !status.is_success() && body.len() + chunk.len() > MAX_ERROR_BODY_BYTES {
                body.extend_from_slice(&chunk[..MAX_ERROR_BODY_BYTES - body.len()]);
                break;
            }
            if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
                return Err(TransportError {
                    kind: TransportErrorKind::TooLarge,
                    detail: format!("more than {} MiB", MAX_RESPONSE_BYTES / 1024 / 1024),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response {
            status,
            headers,
            body: body.into(),
        })
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: OutgoingRequest) -> ResponseFuture<'_> {
        Box::pin(self.exchange(request))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the file that a setting names for this client alone"
)]
fn read_roots(path: &str) -> Result<Vec<Certificate>, String> {
    let pem = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    let roots = Certificate::from_pem_bundle(&pem)
        .map_err(|error| format!("holds no certificate that can be read: {error}"))?;
    if roots.is_empty() {
        return Err("holds no certificate".to_owned());
    }
    Ok(roots)
}

fn request_error(detail: String) -> TransportError {
    TransportError {
        kind: TransportErrorKind::Request,
        detail,
    }
}

/// reqwest says little about the nature of an error; what it says is enough to tell whether the request may have been
/// carried out. The URL is left out: an object name can hold the name of a domain.
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
        // Wrappers repeat what they wrap; the innermost cause says it best.
        detail = cause.to_string();
        source = cause.source();
    }
    if detail.is_empty() {
        detail = "no further detail".to_owned();
    }
    TransportError { kind, detail }
}

/// When the last chunk of an exchange went or came.
#[derive(Clone, Debug)]
struct LastActivity(Arc<Mutex<Instant>>);

impl Default for LastActivity {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl LastActivity {
    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Completes once nothing has moved for [`STALL_TIMEOUT`].
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

/// An iterator of chunks as a body with an exact length, so that it is sent with `content-length`.
struct ChunkBody {
    chunks: Chunks,
    remaining: u64,
    progress: LastActivity,
}

impl http_body::Body for ChunkBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let chunk = self.chunks.next();
        self.progress.note();
        Poll::Ready(match chunk {
            Some(chunk) => {
                self.remaining = self.remaining.saturating_sub(chunk.len() as u64);
                Some(Ok(Frame::data(chunk)))
            }
            None if self.remaining > 0 => {
                self.remaining = 0;
                Some(Err(std::io::Error::other(
                    "the body ended before its stated length",
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
