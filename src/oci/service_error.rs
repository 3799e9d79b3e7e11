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
use crate::server_text::ServerText;

/// An error response. Displayed as a clause; the words of the service are only in the alternate form (`{:#}`), because they
/// may name users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// HTTP status.
    pub status: u16,
    /// `code`, or the SCIM `messageId`.
    pub code: Option<ServerText>,
    /// `message`, the SCIM `detail`, or an excerpt of the body.
    pub message: ServerText,
    /// The id that Oracle's support asks for: `opc-request-id`, or else the domain's ECID.
    pub request_id: Option<ServerText>,
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
        let status = response.status.as_u16();
        tracing::debug!(
            status,
            code = code.as_deref(),
            words = &*message,
            "a service refused a request"
        );
        let request_id = response
            .header("opc-request-id")
            .or_else(|| response.header("x-oracle-dms-ecid"));
        Self {
            status,
            code,
            message,
            request_id: request_id.map(ServerText::new),
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
            TransportErrorKind::TooLarge => FailureCause::TooLarge,
            // A route changes nothing about these, so no remedy follows the words of the error.
            TransportErrorKind::Request
            | TransportErrorKind::Certificate
            | TransportErrorKind::ProxyAuthentication => FailureCause::BrokenExchange,
            TransportErrorKind::Connect
            | TransportErrorKind::NotResolved
            | TransportErrorKind::Refused
            | TransportErrorKind::ConnectTimeout
            | TransportErrorKind::Tls
            | TransportErrorKind::Interrupted => FailureCause::Connection,
        },
        CallError::OutOfTime(_) => FailureCause::OutOfTime,
        CallError::StepOutOfTime { throttled, .. } => FailureCause::StepOutOfTime {
            throttled: *throttled,
        },
        CallError::QuotesCredentials(_) => FailureCause::InvalidResponse,
        CallError::Credentials(_) | CallError::Signing(_) => FailureCause::NotSigned,
    }
}

impl std::fmt::Display for ServiceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {}", self.status)?;
        // Others may be sentences.
        let identifier = |text: &Option<ServerText>| {
            let text = text.clone();
            text.filter(|text| f.alternate() || text.is_identifier())
        };
        let (code, request_id) = (identifier(&self.code), identifier(&self.request_id));
        if let Some(code) = code {
            write!(f, " {code}")?;
        }
        if f.alternate() && !self.message.is_empty() {
            // A clause does not end with a full stop.
            write!(f, ": {}", self.message.trim_end_matches('.'))?;
        } else if self.message.is_redacted() {
            f.write_str(" with credentials, [redacted]")?;
        }
        if (300..400).contains(&self.status) {
            f.write_str("; redirects are not followed, because the signature covers the host")?;
        }
        if self.attempts > 1 {
            write!(
                f,
                " ({} attempts in {} s)",
                self.attempts,
                self.elapsed.as_secs()
            )?;
        }
        if let Some(id) = request_id {
            write!(f, " [request {id}]")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

/// The code, and what the service says.
fn read_body(response: &Response) -> (Option<ServerText>, ServerText) {
    let text = |value: &Value, key: &str| {
        let text = value.get(key).and_then(Value::as_str);
        text.map(ServerText::new)
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
            return (Some(code), ServerText::default());
        }
    }
    if response.status.is_redirection() {
        let location = response.header("location").unwrap_or("an unknown location");
        let message = format!("redirected to {}", redact_user_info(location));
        return (None, ServerText::new(&message));
    }
    let body = String::from_utf8_lossy(&response.body);
    (None, ServerText::new(&body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_text::MAX_CHARS;
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
        let full = |error: ServiceError| format!("{error:#}");
        let oci = read(
            404,
            r#"{"code":"NotAuthorizedOrNotFound","message":"Authorization failed or requested resource not found."}"#,
        );
        assert_eq!(
            oci.to_string(),
            "status 404 NotAuthorizedOrNotFound",
            "the words of a service may name users"
        );
        assert_eq!(
            full(oci),
            "status 404 NotAuthorizedOrNotFound: Authorization failed or requested resource not found"
        );
        let scim = read(
            400,
            r#"{"detail":"Missing\nattribute","status":"400","urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error":{"messageId":"error.common.validation"}}"#,
        );
        assert_eq!(
            full(scim),
            "status 400 error.common.validation: Missing attribute"
        );
        let html = read(502, &format!("<html>{}</html>", "x".repeat(1000)));
        assert_eq!(html.message.chars().count(), MAX_CHARS, "{html}");
        let redirect = read(307, "").to_string();
        assert!(redirect.contains("redirects are not followed"));
        assert_eq!(full(read(500, "[]")), "status 500: []");
        let sentence = read(400, r#"{"code":"no user jane@example.com"}"#);
        assert_eq!(sentence.to_string(), "status 400");
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
                let error = read(403, &body);
                let shown = format!("{error:#}");
                assert!(shown.contains("too large: "), "{shown}");
                for shown in [shown, error.to_string()] {
                    assert!(shown.contains("[redacted]"), "{shown}");
                    for secret in ["eyJ", "EYJ", "abc", "c2ln", "C2LN"] {
                        assert!(!shown.contains(secret), "{shown}");
                    }
                }
            }
        }
        for harmless in [
            "Authorization failed or requested resource not found.",
            "Failed to verify the HTTP(S) Signature",
        ] {
            assert_eq!(&*read(401, harmless).message, harmless);
        }
    }

    #[test]
    fn redirect_is_reported_without_its_password() {
        let mut headers = HeaderMap::new();
        let location = http::HeaderValue::from_static("https://user:pw@evil.example/x");
        headers.insert("location", location);
        let error = ServiceError::from_response(&CallResponse {
            response: Response {
                status: StatusCode::TEMPORARY_REDIRECT,
                headers,
                body: Bytes::new(),
            },
            attempts: 1,
            elapsed: std::time::Duration::ZERO,
            hint: None,
        });
        let shown = format!("{error:#}");
        assert!(shown.contains("evil.example/x"), "{shown}");
        assert!(!shown.contains("pw") && !shown.contains("user:"), "{shown}");
    }
}
