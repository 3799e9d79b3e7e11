//! OCI request signatures, "Signature version 1".
//!
//! The scheme is draft-cavage-http-signatures-08 with RSA and SHA-256. The signed headers and their order follow Oracle's
//! Python SDK (`oci/signer.py`), which also produced the golden files in `tests/golden/signing`. Rules: OCI documentation,
//! "Request Signatures".
//!
//! Pure: no clock, no network, no HTTP client. Every retry must sign again, because the service rejects a date that is more
//! than five minutes off.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::Method;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Identity;
use super::key_error::KeyError;

/// The header with the token of the user on whose behalf an instance signs.
pub const OBO_TOKEN: &str = "opc-obo-token";

/// The signed parts of a request. Independent of any HTTP client.
#[derive(Debug, Clone, Copy)]
pub struct SignableRequest<'a> {
    /// The method, signed in lower case.
    pub method: &'a Method,
    /// Path and query exactly as in the request line: percent-encoded, the query in its final order.
    pub target: &'a str,
    /// The `host` header exactly as sent, with `:443` if that is sent.
    pub host: &'a str,
    /// The signed part of the body.
    pub body: SignableBody<'a>,
}

/// The signed part of the body. `Debug` prints its length only, because a body contains user names.
#[derive(Clone, Copy)]
pub enum SignableBody<'a> {
    /// No header of the body is signed: GET, HEAD and DELETE; and PutObject and UploadPart of Object Storage
    /// (`enforce_content_headers=False` in the SDK's `object_storage_client.py`).
    Unsigned,
    /// Length, type and SHA-256 of the body are signed: POST, PUT and PATCH, even if the body is empty.
    Signed {
        /// The `content-type` header exactly as sent.
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

/// The headers of a signed request, and the intermediate values.
///
/// `Debug` omits the `authorization` header, which contains the token of a resource principal or session.
#[derive(Clone)]
pub struct SignedHeaders {
    /// The `date` header.
    pub date: String,
    /// The `host` header of the request. Send this value, because it is the signed one.
    pub host: String,
    /// The headers of the body; only for [`SignableBody::Signed`].
    pub content: Option<ContentHeaders>,
    /// The names of the signed headers in signing order, joined by one space.
    pub header_list: String,
    /// The signed text: one `name: value` line per header, without a trailing newline.
    pub signing_string: String,
    /// The signature in standard base64.
    pub signature: String,
    /// The `authorization` header. Secret.
    pub authorization: String,
    /// The `opc-obo-token` header. Secret.
    pub obo_token: Option<Zeroizing<String>>,
}

/// The headers of a signed body.
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
    /// The headers to set on the request, in lower case. Each replaces an existing header.
    ///
    /// Includes `host`, because HTTP clients drop a default port, which is signed. Mark `authorization` as sensitive if the
    /// client supports it.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let content = self.content.iter().flat_map(|content| {
            [
                ("content-length", content.length.as_str()),
                ("content-type", &content.content_type),
                ("x-content-sha256", &content.sha256),
            ]
        });
        let obo_token = self
            .obo_token
            .iter()
            .map(|token| (OBO_TOKEN, token.as_str()));
        [("date", self.date.as_str()), ("host", &self.host)]
            .into_iter()
            .chain(content)
            .chain(obo_token)
            .chain([("authorization", self.authorization.as_str())])
    }
}

impl fmt::Debug for SignedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedHeaders")
            .field("header_list", &self.header_list)
            .field("authorization", &"[redacted]")
            .finish_non_exhaustive()
    }
}

/// Why a request could not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// A part of the request is not valid in an HTTP/1.1 head and would make the signing string ambiguous.
    #[error(
        "the request cannot be signed: its {part} is empty or contains a character that must be percent-encoded (a space, a control or a non-ASCII character)"
    )]
    NotSendable {
        /// `target`, `host`, `content type`, `key id` or `delegation token`.
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
/// [`SigningError`] if a part of the request is not sendable or the key cannot sign.
pub fn sign(
    request: &SignableRequest<'_>,
    identity: &Identity,
    date: DateTime<Utc>,
) -> Result<SignedHeaders, SigningError> {
    sign_headers(request, identity, date, true)
}

/// Signs the request for a token of a compute instance, in which the host is not signed (`AuthTokenRequestSigner` in
/// `oci/auth/federation_client.py`). `identity` is the instance's certificate.
///
/// # Errors
///
/// As [`sign`].
pub fn sign_token_request(
    request: &SignableRequest<'_>,
    identity: &Identity,
    date: DateTime<Utc>,
) -> Result<SignedHeaders, SigningError> {
    sign_headers(request, identity, date, false)
}

fn sign_headers(
    request: &SignableRequest<'_>,
    identity: &Identity,
    date: DateTime<Utc>,
    signs_host: bool,
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
    let obo_token = identity.delegation_token.as_ref();
    if let Some(token) = obo_token {
        check("delegation token", token, is_visible)?;
    }
    let date = http_date(date);
    let request_target = format!(
        "{} {}",
        request.method.as_str().to_ascii_lowercase(),
        request.target
    );

    // In the SDK's order. Header list and signing string both come from this list, so they always match.
    let mut signed = vec![
        ("date", date.as_str()),
        ("(request-target)", &request_target),
    ];
    if signs_host {
        signed.push(("host", request.host));
    }
    signed.extend(obo_token.map(|token| (OBO_TOKEN, token.as_str())));
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
        obo_token: obo_token.cloned(),
    })
}

/// Formats an HTTP date: `Thu, 15 Jan 2026 06:00:00 GMT` (IMF-fixdate, RFC 9110, 5.6.7). Truncates to seconds.
pub fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn check(part: &'static str, text: &str, allowed: impl Fn(u8) -> bool) -> Result<(), SigningError> {
    // Surrounding white space is trimmed in transit, so it would invalidate the signature.
    if text.is_empty() || text.trim() != text || !text.bytes().all(allowed) {
        return Err(SigningError::NotSendable { part });
    }
    Ok(())
}

fn is_visible(byte: u8) -> bool {
    byte.is_ascii_graphic()
}
