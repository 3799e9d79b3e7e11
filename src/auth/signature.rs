//! OCI request signatures, "Signature version 1": a request and an instant in, headers out.
//!
//! The scheme is draft-cavage-http-signatures-08 with RSA and SHA-256. Which headers are signed, and in which order,
//! follows Oracle's Python SDK (`oci/signer.py`), and the golden cases under `tests/golden/signing` are made by it.
//! Rules: OCI documentation, "Request Signatures".
//!
//! Nothing here reads a clock, sends anything, or knows an HTTP client. A retry must sign anew: the service refuses a
//! date that is more than five minutes off.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::Method;
use sha2::{Digest as _, Sha256};

use super::Identity;
use super::key_error::KeyError;

/// A request as far as the signature covers it. It borrows everything and belongs to no HTTP client.
#[derive(Debug, Clone, Copy)]
pub struct SignableRequest<'a> {
    /// The method; it is signed in lower case.
    pub method: &'a Method,
    /// Path and query exactly as they stand in the request line: percent-encoded, the query in its final order.
    pub target: &'a str,
    /// The value of the `host` header exactly as it is sent, with `:443` if that is sent.
    pub host: &'a str,
    /// What of the body is signed.
    pub body: SignableBody<'a>,
}

/// What of the body is signed. `Debug` shows its length only: a body holds names of users.
#[derive(Clone, Copy)]
pub enum SignableBody<'a> {
    /// No header about the body is signed: GET, HEAD and DELETE, and of the requests with a body PutObject and
    /// UploadPart of Object Storage alone (`enforce_content_headers=False` in the SDK's `object_storage_client.py`).
    Unsigned,
    /// Length, type and SHA-256 of the body are signed: POST, PUT and PATCH, also when the body is empty.
    Signed {
        /// The value of the `content-type` header exactly as it is sent.
        content_type: &'a str,
        /// The whole body.
        bytes: &'a [u8],
    },
}

impl fmt::Debug for SignableBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => f.write_str("Unsigned"),
            Self::Signed {
                content_type,
                bytes,
            } => f
                .debug_struct("Signed")
                .field("content_type", content_type)
                .field("length", &bytes.len())
                .finish_non_exhaustive(),
        }
    }
}

/// The headers of a signed request, and every intermediate on the way there.
///
/// `Debug` leaves out the `Authorization` value: with a resource principal or a session it holds the token.
#[derive(Clone)]
pub struct SignedHeaders {
    /// The `date` header.
    pub date: String,
    /// The `host` header, repeated from the request so that what is sent and what is signed come from one value.
    pub host: String,
    /// The headers about the body; only for [`SignableBody::Signed`].
    pub content: Option<ContentHeaders>,
    /// The names of what is signed, in the order of signing, joined by one space.
    pub header_list: String,
    /// The text that is signed: one `name: value` line per name, without a newline at the end.
    pub signing_string: String,
    /// The signature in standard base64.
    pub signature: String,
    /// The `authorization` header. Secret: see the type.
    pub authorization: String,
}

/// The headers about a signed body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentHeaders {
    /// `content-length`, in bytes.
    pub length: String,
    /// `content-type`.
    pub content_type: String,
    /// `x-content-sha256`: the SHA-256 of the body in standard base64.
    pub sha256: String,
}

impl SignedHeaders {
    /// The headers to set on the request, names in lower case; each replaces what the request may have.
    ///
    /// `host` is among them: an HTTP client left to itself drops a default port, and then sends what is not signed.
    /// Mark the value of `authorization` as sensitive where the client can.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let content = self.content.iter().flat_map(|content| {
            [
                ("content-length", content.length.as_str()),
                ("content-type", &content.content_type),
                ("x-content-sha256", &content.sha256),
            ]
        });
        [("date", self.date.as_str()), ("host", &self.host)]
            .into_iter()
            .chain(content)
            .chain([("authorization", self.authorization.as_str())])
    }
}

impl fmt::Debug for SignedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedHeaders")
            .field("signing_string", &self.signing_string)
            .field("authorization", &"[redacted]")
            .finish_non_exhaustive()
    }
}

/// Why a request could not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// A part of the request cannot stand in an HTTP/1.1 head, and would make the signing string ambiguous.
    #[error(
        "the request cannot be signed: its {part} is empty or holds a character that must be percent-encoded (a space, a control or a non-ASCII character)"
    )]
    NotSendable {
        /// `target`, `host`, `content type` or `key id`.
        part: &'static str,
    },
    /// The key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Signs `request` as `identity`, dated `date`.
///
/// # Errors
///
/// [`SigningError`] if a part of the request cannot be sent as it is, or the key cannot sign.
pub fn sign(
    request: &SignableRequest<'_>,
    identity: &Identity,
    date: DateTime<Utc>,
) -> Result<SignedHeaders, SigningError> {
    check("target", request.target, is_visible)?;
    check("host", request.host, is_visible)?;
    check("key id", &identity.key_id, |byte| {
        is_visible(byte) && byte != b'"'
    })?;
    let content = match request.body {
        SignableBody::Unsigned => None,
        SignableBody::Signed {
            content_type,
            bytes,
        } => {
            check("content type", content_type, |byte| {
                is_visible(byte) || byte == b' '
            })?;
            Some(ContentHeaders {
                length: bytes.len().to_string(),
                content_type: content_type.to_owned(),
                sha256: STANDARD.encode(Sha256::digest(bytes)),
            })
        }
    };
    let date = http_date(date);
    let request_target = format!(
        "{} {}",
        request.method.as_str().to_ascii_lowercase(),
        request.target
    );

    // The one list of what is signed, in the SDK's order: names and lines cannot disagree.
    let mut signed = vec![
        ("date", date.as_str()),
        ("(request-target)", &request_target),
        ("host", request.host),
    ];
    if let Some(content) = &content {
        signed.extend([
            ("content-length", content.length.as_str()),
            ("content-type", &content.content_type),
            ("x-content-sha256", &content.sha256),
        ]);
    }
    let header_list = signed
        .iter()
        .map(|(name, _)| *name)
        .collect::<Vec<_>>()
        .join(" ");
    let signing_string = signed
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect::<Vec<_>>()
        .join("\n");

    let signature = STANDARD.encode(identity.key.sign(signing_string.as_bytes())?);
    let authorization = format!(
        r#"Signature algorithm="rsa-sha256",headers="{header_list}",keyId="{}",signature="{signature}",version="1""#,
        identity.key_id
    );
    Ok(SignedHeaders {
        host: request.host.to_owned(),
        content,
        header_list,
        signing_string,
        signature,
        authorization,
        date,
    })
}

/// An instant as HTTP writes it: `Thu, 15 Jan 2026 06:00:00 GMT` (IMF-fixdate, RFC 9110, 5.6.7). Fractions of a second are
/// cut off.
pub fn http_date(instant: DateTime<Utc>) -> String {
    instant.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn check(part: &'static str, text: &str, allowed: impl Fn(u8) -> bool) -> Result<(), SigningError> {
    // Blanks at the ends would be cut off on the way, and the signature would no longer fit.
    if text.is_empty() || text.trim() != text || !text.bytes().all(allowed) {
        return Err(SigningError::NotSendable { part });
    }
    Ok(())
}

fn is_visible(byte: u8) -> bool {
    byte.is_ascii_graphic()
}
