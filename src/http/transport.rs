//! The seam to the network: one signed request out, one whole response back.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

/// The chunks of a streamed body, from its first to its last.
pub type Chunks = Box<dyn Iterator<Item = Bytes> + Send + Sync>;

/// Begins a streamed body anew, with the same bytes each time: a request may have to be sent again.
pub type ChunkSource = Arc<dyn Fn() -> Chunks + Send + Sync>;

/// The body of a request.
#[derive(Clone)]
pub enum Body {
    /// None at all.
    Empty,
    /// At hand.
    Whole(Bytes),
    /// Made while it is sent.
    Streamed {
        /// Its exact length in bytes.
        length: u64,
        /// Where it comes from.
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

/// A request as it goes out: signed, with every header it will have.
pub struct OutgoingRequest {
    /// Method.
    pub method: Method,
    /// Whole URL; its path and query are the bytes that were signed.
    pub url: String,
    /// All headers, `host` and `authorization` among them.
    pub headers: HeaderMap,
    /// Body.
    pub body: Body,
    /// How long it may take from connecting to the last byte of the response.
    pub timeout: Duration,
}

impl fmt::Debug for OutgoingRequest {
    /// Without headers: one of them is the signature, with the token in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// A response, read to its end.
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
    /// The value of a header, where it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// What kept a request from getting a response, by what it says about the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// The connection never opened, so nothing was sent.
    Connect,
    /// No response within the request's timeout; it may have been carried out.
    Timeout,
    /// The connection broke after the request went out; it may have been carried out.
    Interrupted,
    /// The response is larger than any that is expected.
    TooLarge,
    /// The request could not be made from its parts: a fault of this program.
    Request,
}

impl TransportErrorKind {
    /// Whether the service may have carried out the request.
    pub const fn may_have_been_done(self) -> bool {
        matches!(self, Self::Timeout | Self::Interrupted | Self::TooLarge)
    }

    /// A few words for a message.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Connect => "no connection",
            Self::Timeout => "no answer in time",
            Self::Interrupted => "the connection broke",
            Self::TooLarge => "the answer is too large",
            Self::Request => "the request could not be made",
        }
    }
}

/// A request that got no response.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {detail}", kind.text())]
pub struct TransportError {
    /// What it says about the request.
    pub kind: TransportErrorKind,
    /// What the network said. Holds no URL and no header.
    pub detail: String,
}

/// The future of a response.
pub type ResponseFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

/// Sends requests. The one place where bytes leave this program.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends one request and reads its response to the end.
    fn send(&self, request: OutgoingRequest) -> ResponseFuture<'_>;
}
