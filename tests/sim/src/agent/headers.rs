//! Headers that the agent adds, removes and renames.

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::call::Call;

const PREFIX: &str = "fn-http-h-";

/// Headers of one connection, removed in both directions.
fn is_hop_by_hop(name: &HeaderName, value: &HeaderValue) -> bool {
    match name.as_str() {
        "te" => value != "trailers",
        name => [
            "connection",
            "proxy-connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ]
        .contains(&name),
    }
}

/// The headers that a function receives, except call id and deadline.
pub(super) fn request(call: &Call, request_id: Option<&str>) -> HeaderMap {
    let passing = |(name, value): &(&HeaderName, &HeaderValue)| {
        !is_hop_by_hop(name, value) && **name != header::CONTENT_LENGTH
    };
    let callers = call.headers.iter().filter(passing);
    let mut headers: HeaderMap = match &call.gateway {
        None => callers
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        Some((method, url)) => {
            let mut headers: HeaderMap = callers
                .filter_map(|(name, value)| Some((prefixed(name)?, value.clone())))
                .collect();
            headers.insert("fn-intent", HeaderValue::from_static("httprequest"));
            set(&mut headers, "fn-http-method", method_text(method));
            set(&mut headers, "fn-http-request-url", url);
            headers
        }
    };
    if call.detached {
        headers.insert("fn-invoke-type", HeaderValue::from_static("detached"));
    }
    // Every caller and every front end of the platform adds these.
    let defaults = [
        ("host", "localhost"),
        ("accept-encoding", "gzip"),
        ("user-agent", "Go-http-client/1.1"),
    ];
    let request_id = request_id.map(|value| ("opc-request-id", value));
    for (name, value) in defaults.into_iter().chain(request_id) {
        if let (false, Ok(value)) = (headers.contains_key(name), HeaderValue::from_str(value)) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}

/// The status and the headers that a caller receives if the function answers 200.
pub(super) fn response(call: &Call, function: &HeaderMap) -> (StatusCode, HeaderMap) {
    let passing = function
        .iter()
        .filter(|(name, value)| !is_hop_by_hop(name, value));
    if call.gateway.is_none() {
        return (
            StatusCode::OK,
            passing
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        );
    }
    let status = function
        .get("fn-http-status")
        .and_then(|value| value.to_str().ok()?.parse::<u16>().ok());
    let status = status
        .and_then(|status| StatusCode::from_u16(status).ok())
        .unwrap_or(StatusCode::OK);
    (
        status,
        passing
            .filter_map(|(name, value)| Some((unprefixed(name)?, value.clone())))
            .collect(),
    )
}

fn prefixed(name: &HeaderName) -> Option<HeaderName> {
    if name == header::CONTENT_TYPE {
        return Some(name.clone());
    }
    HeaderName::from_bytes(format!("{PREFIX}{name}").as_bytes()).ok()
}

fn unprefixed(name: &HeaderName) -> Option<HeaderName> {
    if ["content-type", "fn-call-id", "fn-http-status"].contains(&name.as_str()) {
        return Some(name.clone());
    }
    HeaderName::from_bytes(name.as_str().strip_prefix(PREFIX)?.as_bytes()).ok()
}

fn method_text(method: &Method) -> &str {
    method.as_str()
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_call_loses_only_the_headers_of_its_connection() {
        let call = Call::new("")
            .header("Connection", "close")
            .header("TE", "trailers")
            .header("X-Own", "1")
            .header("Authorization", "kept");
        let sent = request(&call, Some("/a"));
        assert!(
            !sent.contains_key("connection")
                && sent.contains_key("te")
                && sent.contains_key("authorization")
        );
        assert_eq!(
            (&sent["opc-request-id"], &sent["host"]),
            (
                &HeaderValue::from_static("/a"),
                &HeaderValue::from_static("localhost")
            )
        );
    }

    #[test]
    fn gateway_renames_headers_in_both_directions() {
        let call = Call::new("")
            .gateway(Method::PUT, "/v1?a=1")
            .header("X-Own", "1")
            .header("Content-Type", "text/csv");
        let sent = request(&call, Some("/a"));
        assert_eq!(
            (&sent["fn-http-h-x-own"], &sent["content-type"]),
            (
                &HeaderValue::from_static("1"),
                &HeaderValue::from_static("text/csv")
            )
        );
        assert_eq!(
            (&sent["fn-http-method"], &sent["fn-http-request-url"]),
            (
                &HeaderValue::from_static("PUT"),
                &HeaderValue::from_static("/v1?a=1")
            )
        );
        let mut function = HeaderMap::new();
        for (name, value) in [
            ("fn-http-status", "404"),
            ("fn-http-h-x-back", "2"),
            ("fn-http-h-", "bare"),
            ("x-lost", "3"),
        ] {
            set(&mut function, name, value);
        }
        let (status, got) = response(&call, &function);
        assert_eq!(
            (status.as_u16(), got.len(), &got["x-back"]),
            (404, 2, &HeaderValue::from_static("2"))
        );
    }
}
