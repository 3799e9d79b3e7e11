//! Error responses of OCI services. Pure.
//!
//! A body has one of three shapes: `{"code","message"}` from OCI's services and from the gateway in front of identity domains, SCIM
//! errors from the domains themselves (`detail`, `status` as a string, `messageId` in an extension), and HTML from proxies.
//! Oracle's documentation names no code for a refusal by anything in between, so who answered is decided by shape and headers.

use std::time::Duration;

use serde_json::Value;

use crate::http::client::{CallError, CallResponse};
use crate::http::endpoint::redact_user_info;
use crate::http::rejection::Rejection;
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
    /// The host that was asked.
    pub host: String,
    /// Who answered.
    pub answerer: Answerer,
    /// What is known about the signature, if the status is 401.
    pub rejection: Option<Box<Rejection>>,
}

/// Who answered a request, by the shape of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answerer {
    /// The service, or possibly the service: nothing shows another.
    Service,
    /// Something between this program and the service, such as a proxy, a firewall or the sign-in page of a network.
    Intermediary,
}

impl Answerer {
    /// An error of a service has one of two shapes. A response without a body is another's only if it does not name the
    /// request and its headers name a proxy, because a service may omit both. A service redirects to itself.
    fn of(response: &Response, host: &str) -> Self {
        let is_of_service = match response.status.as_u16() {
            // No service asks for the credentials of a proxy, or for a sign-in to a network.
            407 | 511 => false,
            300..400 => redirects_to(response, host),
            400 | 401 | 403..=405 | 451 | 502..=504 => match first_byte(&response.body) {
                None => names_request(response) || !names_proxy(response),
                Some(_) => has_error_shape(&response.body),
            },
            _ => true,
        };
        if is_of_service {
            Self::Service
        } else {
            Self::Intermediary
        }
    }

    /// Who sent the body of a success: a page or a text is not from a service, and JSON may be.
    pub fn of_success(body: &[u8]) -> Self {
        match first_byte(body) {
            Some(b'{' | b'[') | None => Self::Service,
            Some(_) => Self::Intermediary,
        }
    }
}

/// Headers that name a request to OCI or to an identity domain.
const SERVICE_HEADERS: [&str; 2] = ["opc-request-id", "x-oracle-dms-ecid"];
/// Headers of proxies, caches and filters.
const FOREIGN_HEADERS: [&str; 12] = [
    "proxy-authenticate",
    "proxy-connection",
    "proxy-status",
    "via",
    "x-squid-error",
    "x-cache",
    "x-cache-lookup",
    "x-bluecoat-via",
    "x-zscaler-error",
    "cf-ray",
    "x-amz-cf-id",
    "x-amzn-errortype",
];
/// The signature was not accepted.
const NOT_AUTHENTICATED: &str = "NotAuthenticated";
/// 403 for another reason than a permission: the wrong region, and a tenancy that may not use the service.
const OTHER_REFUSALS: [&str; 2] = ["NotAllowed", "SignUpRequired"];
/// Object Storage may not use the key of the bucket, or does not find it.
const KEY_CODES: [&str; 2] = [
    "NotAuthorizedOrFoundKmsKey",
    "NotAuthorizedOrNotFoundKmsKey",
];
const SCIM_ERROR_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const SCIM_ERROR: &str = "urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error";

impl ServiceError {
    /// Reads an error response.
    pub fn from_response(call: &CallResponse) -> Self {
        let CallResponse {
            response,
            attempts,
            elapsed,
            host,
            rejection,
        } = call;
        let (code, message) = read_body(response);
        let answerer = Answerer::of(response, host);
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
            host: host.clone(),
            answerer,
            // A clock that an intermediary shows is not the service's.
            rejection: rejection.clone().filter(|_| answerer == Answerer::Service),
        }
    }
}

impl ServiceError {
    /// Whether a permission is probably missing. Services also answer 404 for resources that the caller may not see.
    pub fn lacks_permission(&self) -> bool {
        matches!(
            self.cause(),
            FailureCause::Unauthorized(_) | FailureCause::Status(404)
        )
    }

    /// Whether Object Storage may not use the key of the bucket.
    pub fn lacks_bucket_key(&self) -> bool {
        self.status == 404 && self.has_code(&KEY_CODES)
    }

    /// The cause, by what the operator must do.
    pub fn cause(&self) -> FailureCause {
        let status = self.status;
        match (self.answerer, status) {
            (Answerer::Intermediary, _) => FailureCause::Intermediary(status),
            (Answerer::Service, 401) => self.cause_of_401(),
            (Answerer::Service, 403) if self.has_code(&OTHER_REFUSALS) => {
                FailureCause::Refused(status)
            }
            (Answerer::Service, 403) => FailureCause::Unauthorized(status),
            (Answerer::Service, 404) if self.has_code(&KEY_CODES) => FailureCause::Refused(status),
            (Answerer::Service, _) => FailureCause::Status(status),
        }
    }

    fn cause_of_401(&self) -> FailureCause {
        let is_authentication = self.has_code(&[NOT_AUTHENTICATED]);
        match self.rejection.as_deref() {
            Some(Rejection::SessionExpired { .. }) => FailureCause::SessionExpired,
            Some(Rejection::ClockSkew { .. }) => FailureCause::ClockSkew,
            Some(Rejection::ApiKey { .. }) if is_authentication => FailureCause::KeyNotAccepted,
            // Services answer so to a token whose owner no group includes, too.
            Some(Rejection::ApiKey { .. }) | None => FailureCause::Unauthorized(401),
        }
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        codes.contains(&code)
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
        if let Some(rejection) = &self.rejection {
            write!(f, "; {rejection}")?;
        }
        if self.answerer == Answerer::Intermediary {
            write!(f, "; {}", intermediary_answered(&self.host))?;
        }
        Ok(())
    }
}

/// The clause that says who answered instead of a host.
pub fn intermediary_answered(host: &str) -> String {
    format!("something between here and {host} answered")
}

/// Whether a body has the shape of an error of OCI or of an identity domain.
fn has_error_shape(body: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return false;
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let is_oci = text("code").is_some_and(is_error_code);
    let schemas = body.get("schemas").and_then(Value::as_array);
    let names_schema = schemas
        .into_iter()
        .flatten()
        .any(|schema| [SCIM_ERROR_SCHEMA, SCIM_ERROR].contains(&schema.as_str().unwrap_or("")));
    let is_scim = text("detail").is_some() && text("status").is_some();
    is_oci || names_schema || is_scim
}

/// Whether a text is a code as OCI's services write it: `NotAuthorizedOrNotFound`, `Invalid/NotAuthorized/NotFound`.
fn is_error_code(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.chars().any(|character| character.is_ascii_lowercase())
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '/')
}

/// Whether a redirect leads to the same host, or nowhere.
fn redirects_to(response: &Response, host: &str) -> bool {
    let location = response.header("location").unwrap_or_default();
    let target = location.parse::<http::Uri>().ok();
    let authority = target.as_ref().and_then(http::Uri::authority);
    authority.is_none_or(|authority| authority.as_str().eq_ignore_ascii_case(host))
}

/// Whether a response has the id of its request, as OCI and identity domains send it.
fn names_request(response: &Response) -> bool {
    let mut headers = SERVICE_HEADERS.iter();
    headers.any(|header| response.header(header).is_some())
}

/// Whether a response has a header of a proxy, a cache or a filter, or the name of a server that is not Oracle's.
fn names_proxy(response: &Response) -> bool {
    let server = response.header("server").unwrap_or_default();
    let mut headers = FOREIGN_HEADERS.iter();
    headers.any(|header| response.header(header).is_some())
        || !(server.is_empty() || server.to_ascii_lowercase().contains("oracle"))
}

fn first_byte(body: &[u8]) -> Option<u8> {
    body.iter()
        .copied()
        .find(|byte| !byte.is_ascii_whitespace())
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
            host: "idcs-1.identity.oraclecloud.com".to_owned(),
            attempts: 1,
            elapsed: std::time::Duration::ZERO,
            rejection: None,
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
        let answered = "something between here and idcs-1.identity.oraclecloud.com answered";
        assert_eq!(sentence.to_string(), format!("status 400; {answered}"));
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
            host: "idcs-1.identity.oraclecloud.com".to_owned(),
            attempts: 1,
            elapsed: std::time::Duration::ZERO,
            rejection: None,
        });
        let shown = format!("{error:#}");
        assert!(shown.contains("evil.example/x"), "{shown}");
        assert!(!shown.contains("pw") && !shown.contains("user:"), "{shown}");
    }

    #[test]
    fn shape_and_headers_say_who_answered() {
        let host = "idcs-1.identity.oraclecloud.com";
        let answerer = |status: u16, header: (&'static str, &'static str), body: &str| {
            let mut headers = HeaderMap::new();
            if !header.0.is_empty() {
                headers.insert(header.0, http::HeaderValue::from_static(header.1));
            }
            let response = Response {
                status: StatusCode::from_u16(status).expect("a status"),
                headers,
                body: Bytes::copy_from_slice(body.as_bytes()),
            };
            Answerer::of(&response, host)
        };
        let none = ("", "");
        for (status, header, body) in [
            (401, none, ""),
            (403, none, " "),
            (404, ("opc-request-id", "A/B"), ""),
            (404, ("x-oracle-dms-ecid", "1.0"), ""),
            (403, ("server", "Oracle API Gateway"), ""),
            (
                404,
                ("via", "1.1 squid"),
                r#"{"code":"BucketNotFound","message":"x"}"#,
            ),
            (401, none, r#"{"detail":"x","status":"401"}"#),
            (404, none, r#"{"code":"Invalid/NotAuthorized/NotFound"}"#),
            (307, ("location", "/elsewhere"), ""),
            (429, none, "<html>"),
            (500, none, "<html>"),
        ] {
            let found = answerer(status, header, body);
            assert_eq!(found, Answerer::Service, "{status} {header:?} {body}");
        }
        for (status, header, body) in [
            (401, none, "<html>"),
            (403, none, "Access denied"),
            (
                404,
                none,
                r#"{"message":"no Route matched with those values"}"#,
            ),
            (403, none, r#"{"code":403,"message":"Forbidden"}"#),
            (403, none, r#"{"code":"PROXY_BLOCKED","message":"blocked"}"#),
            (403, none, r#"{"detail":"Forbidden"}"#),
            (403, none, "[]"),
            (403, ("via", "1.1 squid"), ""),
            (404, ("server", "cloudflare"), ""),
            (407, ("opc-request-id", "A/B"), ""),
            (
                302,
                ("location", "https://portal.example.com/sign-in?x=1"),
                "",
            ),
            (400, none, "<html>"),
            (502, none, "<html>"),
            (503, none, "no upstream"),
            (504, ("x-cache", "MISS"), ""),
            (511, none, ""),
        ] {
            let found = answerer(status, header, body);
            assert_eq!(found, Answerer::Intermediary, "{status} {header:?} {body}");
        }
        assert_eq!(Answerer::of_success(b"<html>"), Answerer::Intermediary);
        assert_eq!(Answerer::of_success(b"{}"), Answerer::Service);
    }

    #[test]
    fn refusal_for_another_reason_lacks_no_permission() {
        for (status, code, lacks) in [
            (403, "NotAuthorized", true),
            (404, "NotAuthorizedOrNotFound", true),
            (404, "BucketNotFound", true),
            (403, "NotAllowed", false),
            (404, "NotAuthorizedOrFoundKmsKey", false),
        ] {
            let error = read(status, &format!(r#"{{"code":"{code}","message":"x"}}"#));
            assert_eq!(error.lacks_permission(), lacks, "{code}");
        }
        let key = read(
            404,
            r#"{"code":"NotAuthorizedOrFoundKmsKey","message":"x"}"#,
        );
        assert!(key.lacks_bucket_key());
    }
}
