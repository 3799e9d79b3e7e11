//! Requests before signing, and how they are signed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::auth::Identity;
use crate::auth::signature::{OBO_TOKEN, SignableBody, SignableRequest, SigningError, sign};
use crate::chunks::ChunkSource;

use super::endpoint::Endpoint;
use super::transport::{Body, OutgoingRequest};

/// The body of a request.
#[derive(Clone, Debug)]
pub enum Content {
    /// No body.
    None,
    /// JSON; its digest is signed.
    Json(Bytes),
    /// An object, streamed. Its headers are not signed, as in Oracle's SDK.
    Object {
        /// Exact length in bytes.
        length: u64,
        /// Media type.
        content_type: &'static str,
        /// Source of the chunks.
        chunks: DebuggableChunks,
    },
}

/// A [`ChunkSource`] that implements `Debug`.
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
    /// Endpoint of the service.
    pub endpoint: Endpoint,
    /// Path and query below the endpoint's base path, percent-encoded.
    pub path_and_query: String,
    /// Additional headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Body.
    pub content: Content,
    /// Max size of the body of a successful response.
    pub max_response_bytes: usize,
}

impl Request {
    /// Max size of a response, unless its request allows another.
    pub const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

    /// A GET without additional headers.
    pub const fn get(endpoint: Endpoint, path_and_query: String) -> Self {
        Self {
            method: Method::GET,
            endpoint,
            path_and_query,
            headers: Vec::new(),
            content: Content::None,
            max_response_bytes: Self::MAX_RESPONSE_BYTES,
        }
    }
}

/// A signed request, and its signature.
pub(super) struct SignedRequest {
    pub(super) request: OutgoingRequest,
    /// In standard base64. Secret, as a part of the `authorization` header.
    pub(super) signature: String,
}

/// Signs a request as `identity`, dated `now`.
///
/// # Errors
///
/// [`SigningError`] if a part of the request is not sendable or the key cannot sign.
pub(super) fn outgoing(
    request: &Request,
    identity: &Identity,
    now: DateTime<Utc>,
    timeout: Duration,
) -> Result<SignedRequest, SigningError> {
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
        // Not reached: `sign` accepts only valid header values.
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| SigningError::NotSendable { part: "header" })?;
        value.set_sensitive(["authorization", OBO_TOKEN].contains(&name));
        headers.insert(name, value);
    }
    Ok(SignedRequest {
        request: OutgoingRequest {
            method: request.method.clone(),
            url: request.endpoint.url(&target),
            headers,
            body,
            timeout,
            max_response_bytes: request.max_response_bytes,
        },
        signature: signed.signature,
    })
}
