//! Error responses of OCI services. Pure.
//!
//! A body has one of three shapes: `{"code","message"}` from OCI's services and from the gateway in front of identity domains, SCIM
//! errors from the domains themselves (`detail`, `status` as a string, `messageId` in an extension), and HTML from proxies.

use std::time::Duration;

use serde_json::Value;

use crate::http::client::{CallError, CallResponse};
use crate::http::endpoint::redact_user_info;
use crate::http::transport::{Response, TransportErrorKind};
use crate::model::FailureCause;

/// Max characters kept of a body in an unknown shape.
const EXCERPT: usize = 200;

/// An error response. Displayed as a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// HTTP status.
    pub status: u16,
    /// `code`, or the SCIM `messageId`.
    pub code: Option<String>,
    /// `message`, the SCIM `detail`, or an excerpt of the body.
    pub message: String,
    /// The id that Oracle's support asks for: `opc-request-id`, or else the domain's ECID.
    pub request_id: Option<String>,
    /// Number of attempts.
    pub attempts: u32,
    /// Time from the first attempt to the end of the last.
    pub elapsed: Duration,
    /// A possible reason, if the client knows one.
    pub hint: Option<String>,
}

const SCIM_ERROR: &str = "urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error";

impl ServiceError {
    /// Reads an error response.
    pub fn from_response(call: &CallResponse) -> Self {
        let CallResponse {
            response,
            attempts,
            elapsed,
            hint,
        } = call;
        let (code, message) = read_body(response);
        let request_id = response
            .header("opc-request-id")
            .or_else(|| response.header("x-oracle-dms-ecid"));
        Self {
            status: response.status.as_u16(),
            code,
            message,
            request_id: request_id.map(|id| clean(id, EXCERPT)),
            attempts: *attempts,
            elapsed: *elapsed,
            hint: hint.clone(),
        }
    }
}

impl ServiceError {
    /// Whether a permission is probably missing. Services also answer 404 for resources that the caller may not see.
    pub const fn is_refusal(&self) -> bool {
        matches!(self.status, 401 | 403 | 404)
    }

    /// The cause to report for a read.
    pub const fn cause(&self) -> FailureCause {
        match self.status {
            401 | 403 => FailureCause::Unauthorized(self.status),
            status => FailureCause::Status(status),
        }
    }
}

/// The cause to report for a read without a response.
pub const fn cause_of(error: &CallError) -> FailureCause {
    match error {
        CallError::Transport { error, .. } => match error.kind {
            TransportErrorKind::Timeout => FailureCause::Timeout,
            TransportErrorKind::TooLarge | TransportErrorKind::Request => {
                FailureCause::BrokenExchange
            }
            TransportErrorKind::Connect | TransportErrorKind::Interrupted => {
                FailureCause::Connection
            }
        },
        CallError::OutOfTime(_) => FailureCause::OutOfTime,
        CallError::StepOutOfTime { throttled, .. } => FailureCause::StepOutOfTime {
            throttled: *throttled,
        },
        CallError::Credentials(_) | CallError::Signing(_) => FailureCause::NotSigned,
    }
}

impl std::fmt::Display for ServiceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if !self.message.is_empty() {
            // A clause does not end with a full stop.
            write!(f, ": {}", self.message.trim_end_matches('.'))?;
        }
        if self.attempts > 1 {
            write!(
                f,
                " ({} attempts in {} s)",
                self.attempts,
                self.elapsed.as_secs()
            )?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request {id}]")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

fn read_body(response: &Response) -> (Option<String>, String) {
    let text = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .map(|text| clean(text, EXCERPT * 2))
    };
    if let Ok(body) = serde_json::from_slice::<Value>(&response.body) {
        if let Some(message) = text(&body, "message") {
            return (text(&body, "code"), message);
        }
        if let Some(detail) = text(&body, "detail") {
            let code = body
                .get(SCIM_ERROR)
                .and_then(|extension| text(extension, "messageId"));
            return (code, detail);
        }
        if let Some(code) = text(&body, "code") {
            return (Some(code), String::new());
        }
    }
    if response.status.is_redirection() {
        let location = response.header("location").unwrap_or("an unknown location");
        return (
            None,
            format!(
                "redirected to {}; redirects are not followed, because the signature covers the host",
                clean(&redact_user_info(location), EXCERPT)
            ),
        );
    }
    (
        None,
        clean(&String::from_utf8_lossy(&response.body), EXCERPT),
    )
}

/// Replaces the rest of a text that quotes our own header.
const REDACTED: &str = "[redacted]";

/// Cuts `text` where it starts to quote our `authorization` header. Proxies quote requests that they refuse, and the header
/// holds the session token. The words `authorization` and `signature` alone do not count: services use them in sentences.
fn redacted(text: &str) -> String {
    // Lowercasing only ASCII keeps every byte position.
    let lower = text.to_ascii_lowercase();
    let in_header = |word: &str| {
        lower
            .match_indices(word)
            .map(|(start, _)| start)
            .find(|start| {
                let rest = &lower[start + word.len()..];
                let next = rest.find(|character: char| character.is_ascii_alphanumeric());
                let (between, next) = rest.split_at(next.unwrap_or(rest.len()));
                let next: String = next.chars().take(16).collect();
                let is_header_word = |word: &&str| next.contains(*word);
                between.contains([':', '=', '%', '&']) || HEADER_WORDS.iter().any(is_header_word)
            })
    };
    let token = text.match_indices("eyJ").map(|(start, _)| start);
    let token = token.into_iter().find(|start| {
        let before = text[..*start].chars().next_back();
        before.is_none_or(|character| !character.is_ascii_alphanumeric())
    });
    let starts = [
        in_header("authorization"),
        in_header("signature"),
        lower.find("keyid"),
        lower.find("st$"),
        lower.find("st%24"),
        token,
    ];
    match starts.into_iter().flatten().min() {
        Some(start) => format!("{}{REDACTED}", &text[..start]),
        None => text.to_owned(),
    }
}

/// Words that follow `authorization` or `signature` in a header.
const HEADER_WORDS: [&str; 6] = [
    "signature",
    "bearer",
    "version",
    "algorithm",
    "headers",
    "keyid",
];

/// Makes one line without control characters and without our own credentials, cut after `limit` characters.
pub(super) fn clean(text: &str, limit: usize) -> String {
    let text = redacted(text);
    let mut line = String::new();
    for word in text
        .split(|character: char| character.is_control() || character.is_whitespace())
        .filter(|word| !word.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.chars().count() > limit {
            return line
                .chars()
                .take(limit)
                .chain(std::iter::once('…'))
                .collect();
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    fn read(status: u16, body: &str) -> ServiceError {
        ServiceError::from_response(&CallResponse {
            response: Response {
                status: StatusCode::from_u16(status).expect("a status"),
                headers: HeaderMap::new(),
                body: Bytes::copy_from_slice(body.as_bytes()),
            },
            attempts: 1,
            elapsed: std::time::Duration::ZERO,
            hint: None,
        })
    }

    #[test]
    fn all_three_shapes_are_read() {
        let oci = read(
            404,
            r#"{"code":"NotAuthorizedOrNotFound","message":"Authorization failed or requested resource not found."}"#,
        );
        assert_eq!(
            oci.to_string(),
            "status 404 NotAuthorizedOrNotFound: Authorization failed or requested resource not found"
        );
        let scim = read(
            400,
            r#"{"detail":"Missing\nattribute","status":"400","urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error":{"messageId":"error.common.validation"}}"#,
        );
        assert_eq!(
            scim.to_string(),
            "status 400 error.common.validation: Missing attribute"
        );
        let html = read(502, &format!("<html>{}</html>", "x".repeat(1000)));
        assert!(html.message.chars().count() <= EXCERPT + 1, "{html}");
        assert!(read(307, "").message.contains("redirects are not followed"));
        assert_eq!(read(500, "[]").to_string(), "status 500: []");
    }

    #[test]
    fn quoted_authorization_header_is_redacted() {
        let header = r#"Signature algorithm="rsa-sha256",headers="date",keyId="ST$eyJraWQi.abc",signature="c2ln",version="1""#;
        for quoted in [
            header.to_owned(),
            format!("authorization: {header}"),
            format!("AUTHORIZATION={header}"),
            header.to_uppercase(),
            header.replace(' ', "\n").replace('"', "&quot;"),
            r#"keyId="ST$eyJraWQi.abc""#.to_owned(),
            "ST$eyJraWQi.abc".to_owned(),
            "token ST%24eyJraWQi.abc".to_owned(),
            "token eyJraWQi.abc".to_owned(),
        ] {
            for body in [
                format!("<html>too large: {quoted}</html>"),
                serde_json::json!({ "code": "X", "message": format!("too large: {quoted}") })
                    .to_string(),
                serde_json::json!({ "detail": format!("too large: {quoted}") }).to_string(),
            ] {
                let shown = read(403, &body).to_string();
                assert!(shown.contains("too large: "), "{shown}");
                assert!(shown.contains(REDACTED), "{shown}");
                for secret in ["eyJ", "EYJ", "abc", "c2ln", "C2LN"] {
                    assert!(!shown.contains(secret), "{shown}");
                }
            }
        }
        for harmless in [
            "Authorization failed or requested resource not found.",
            "Failed to verify the HTTP(S) Signature",
        ] {
            assert_eq!(read(401, harmless).message, harmless);
        }
    }

    #[test]
    fn redirect_is_reported_without_its_password() {
        let mut headers = HeaderMap::new();
        let location = http::HeaderValue::from_static("https://user:pw@evil.example/x");
        headers.insert("location", location);
        let shown = ServiceError::from_response(&CallResponse {
            response: Response {
                status: StatusCode::TEMPORARY_REDIRECT,
                headers,
                body: Bytes::new(),
            },
            attempts: 1,
            elapsed: std::time::Duration::ZERO,
            hint: None,
        })
        .to_string();
        assert!(shown.contains("evil.example/x"), "{shown}");
        assert!(!shown.contains("pw") && !shown.contains("user:"), "{shown}");
    }
}
