//! The interface to the network: sends a signed request, returns a complete response.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use crate::chunks::ChunkSource;

/// The body of a request.
#[derive(Clone)]
pub enum Body {
    /// No body.
    Empty,
    /// A body in memory.
    Whole(Bytes),
    /// A body generated while it is sent.
    Streamed {
        /// Exact length in bytes.
        length: u64,
        /// Source of the chunks, with the same bytes for each attempt.
        chunks: ChunkSource,
    },
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Streamed { length, .. } => write!(f, "Streamed({length} bytes)"),
        }
    }
}

/// A signed request with all its headers.
pub struct OutgoingRequest {
    /// Method.
    pub method: Method,
    /// Full URL; its path and query are signed as they are.
    pub url: String,
    /// All headers, including `host` and `authorization`.
    pub headers: HeaderMap,
    /// Body.
    pub body: Body,
    /// Max time from connecting to the last byte of the response.
    pub timeout: Duration,
    /// Max size of the body of a successful response.
    pub max_response_bytes: usize,
}

impl fmt::Debug for OutgoingRequest {
    /// Omits the headers, because the signature contains the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// A complete response.
#[derive(Debug)]
pub struct Response {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Response {
    /// Value of a header; `None` if it is missing or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why a request got no response, by whether it may have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// No connection for another reason than the ones below, so nothing was sent.
    Connect,
    /// The name of the host was not resolved, so nothing was sent.
    NotResolved,
    /// The host, or the proxy, refused the connection, so nothing was sent.
    Refused,
    /// No connection in time, so nothing was sent.
    ConnectTimeout,
    /// TLS failed, so nothing was sent.
    Tls,
    /// The certificate is not trusted, so nothing was sent. Another attempt changes nothing.
    Certificate,
    /// The proxy wants a user name and a password (407), so nothing was sent. Another attempt changes nothing.
    ProxyAuthentication,
    /// No response within the request's timeout; it may have been carried out.
    Timeout,
    /// The connection broke after the request went out; it may have been carried out.
    Interrupted,
    /// The response is larger than its request or the memory allows.
    TooLarge,
    /// The request is invalid, which is a bug.
    Request,
}

impl TransportErrorKind {
    /// Whether the service may have carried out the request.
    pub const fn may_have_been_done(self) -> bool {
        matches!(self, Self::Timeout | Self::Interrupted | Self::TooLarge)
    }

    /// Text for messages.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Connect
            | Self::NotResolved
            | Self::Refused
            | Self::ConnectTimeout
            | Self::Tls
            | Self::Certificate
            | Self::ProxyAuthentication => "no connection",
            Self::Timeout => "no response in time",
            Self::Interrupted => "the connection broke",
            Self::TooLarge => "the response is too large",
            Self::Request => "the request is invalid",
        }
    }
}

/// A request that got no response.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {detail}", kind.text())]
pub struct TransportError {
    /// Kind.
    pub kind: TransportErrorKind,
    /// Cause, with host and port. Contains no path and no header.
    pub detail: String,
}

/// Future of a response.
pub type ResponseFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

/// Sends requests.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends a request and reads its complete response.
    fn send(&self, request: OutgoingRequest) -> ResponseFuture<'_>;
}
