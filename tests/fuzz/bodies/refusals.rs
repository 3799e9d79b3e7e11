//! What services, and proxies before them, answer when they refuse.

use std::time::Duration;

use bytes::Bytes;
use credential_audit::http::client::CallResponse;
use credential_audit::http::transport::Response;
use credential_audit::oci::service_error::ServiceError;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// Longer than any text that is kept, with what is said around it.
const LONGEST: usize = 1_300;
/// A header of ours, whole and in parts, as a proxy quotes it.
const HEADERS: [&str; 3] = [
    "Authorization: Signature version=\"1\",keyId=\"ST$eyJhbGciOi.TOKENSECRET.c2ln\",signature=\"TOKENSECRET\"",
    "keyId=\"TOKENSECRET\"",
    "ST$TOKENSECRET",
];
/// What must not be told of it.
const SECRET: &str = "TOKENSECRET";

/// What is told of a refusal is one line, not long, and without our own credentials, whatever a service quotes.
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

/// As an answer with this body and, where there is one, this value in its headers.
fn read(body: &[u8], value: Option<&[u8]>) -> ServiceError {
    let mut headers = HeaderMap::new();
    let mut status = StatusCode::BAD_REQUEST;
    if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value).ok()) {
        status = StatusCode::FOUND;
        headers.insert(header::LOCATION, value.clone());
        headers.insert("opc-request-id", value);
    }
    let error = ServiceError::from_answer(&CallResponse {
        response: Response {
            status,
            headers,
            body: Bytes::copy_from_slice(body),
        },
        attempts: 2,
        elapsed: Duration::from_secs(1),
        hint: None,
    });
    let told = error.to_string();
    assert!(!told.chars().any(char::is_control), "{told:?}");
    assert!(told.chars().count() < LONGEST, "{told}");
    assert!(!told.contains(SECRET), "{told}");
    error
}
