//! Error responses of services, and of proxies in front of them.

use std::time::Duration;

use bytes::Bytes;
use credential_audit::http::client::CallResponse;
use credential_audit::http::transport::Response;
use credential_audit::oci::service_error::ServiceError;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// Longer than any message with a quoted text.
const LONGEST: usize = 1_300;
/// An authorization header, whole and in parts, as a proxy may quote it.
const HEADERS: [&str; 3] = [
    "Authorization: Signature version=\"1\",keyId=\"ST$eyJhbGciOi.TOKENSECRET.c2ln\",signature=\"TOKENSECRET\"",
    "keyId=\"TOKENSECRET\"",
    "ST$TOKENSECRET",
];
/// The parts of it that no message may quote.
const SECRET: &str = "TOKENSECRET";

/// The message of a refusal is one short line without credentials, whatever the service quotes.
pub fn service_error(body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    if text.contains(SECRET) {
        return;
    }
    let plain = read(body, None);
    if let Ok(json) = serde_json::from_slice::<Value>(body)
        && let Some(message) = json.get("message").and_then(Value::as_str)
    {
        assert_eq!(
            plain.code.is_some(),
            json.get("code").is_some_and(Value::is_string)
        );
        assert_eq!(plain.message.is_empty(), is_blank(message));
    }
    for header in HEADERS {
        let quoting = format!("{text}{header} {text}");
        read(quoting.as_bytes(), None);
        for body in [
            json!({"code": quoting, "message": quoting}),
            json!({"detail": quoting}),
            json!({"code": quoting}),
        ] {
            read(body.to_string().as_bytes(), None);
        }
    }
    read(b"", Some(body));
}

fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|character| character.is_control() || character.is_whitespace())
}

/// The refusal of a response with this body, and with this header value if there is one.
fn read(body: &[u8], value: Option<&[u8]>) -> ServiceError {
    let mut headers = HeaderMap::new();
    let mut status = StatusCode::BAD_REQUEST;
    if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value).ok()) {
        status = StatusCode::FOUND;
        headers.insert(header::LOCATION, value.clone());
        headers.insert("opc-request-id", value);
    }
    let error = ServiceError::from_response(&CallResponse {
        response: Response {
            status,
            headers,
            body: Bytes::copy_from_slice(body),
        },
        attempts: 2,
        elapsed: Duration::from_secs(1),
        host: "idcs-1.identity.oraclecloud.com".to_owned(),
        rejection: None,
    });
    let message = error.to_string();
    assert!(!message.chars().any(char::is_control), "{message:?}");
    assert!(message.chars().count() < LONGEST, "{message}");
    assert!(!message.contains(SECRET), "{message}");
    error
}
