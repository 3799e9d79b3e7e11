//! Converts the handler's result into the response for the platform.
//!
//! The platform accepts three statuses. 200 passes headers and body to the caller. 502 and 504 report a failure: headers
//! and body are dropped, and the container survives. Any other status kills the container, so it is never sent.
//!
//! How the handler's status is sent:
//!
//! | the handler returns | plain call | gateway call |
//! | --- | --- | --- |
//! | `Ok`, 200 | 200 | 200, `Fn-Http-Status: 200` |
//! | `Ok`, 502 or 504 | that status: the call failed | 200, `Fn-Http-Status: <status>` |
//! | `Ok`, any other | 200, `Fn-Http-Status: <status>` | 200, `Fn-Http-Status: <status>` |
//! | `Err`, a panic | 502, the reason is logged | the same |
//!
//! A gateway passes `Content-Type`, `Fn-*` and headers with the prefix `Fn-Http-H-`, so all others get that prefix.

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::context::GATEWAY_PREFIX;

/// Max bytes of a response body: the platform's fixed 6 MB.
pub const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024;

/// `Fn-Fdk-Runtime`: the min Rust version of this package.
const RUNTIME: &str = concat!("rust/", env!("CARGO_PKG_RUST_VERSION"));

const STATUS: HeaderName = HeaderName::from_static("fn-http-status");

/// Headers of the connection and its framing, which the server sets.
const HOP_BY_HOP: [HeaderName; 10] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Outcome of a call.
#[derive(Debug)]
pub(super) enum CallOutcome {
    /// The handler returned a response.
    Answered(Response<Bytes>),
    /// The call failed; the text is logged.
    Failed(String),
    /// The call did not finish in time; the text is logged.
    TimedOut(String),
}

/// Builds the response for an outcome, and the message to log about it.
pub(super) fn build(
    outcome: CallOutcome,
    through_gateway: bool,
    product: Option<&HeaderValue>,
) -> (Response<Bytes>, Option<String>) {
    let (mut response, log_message) = match outcome {
        CallOutcome::Answered(response) if response.body().len() > MAX_RESPONSE_BYTES => {
            let log_message = format!(
                "the response has {} bytes; the platform accepts at most {MAX_RESPONSE_BYTES}",
                response.body().len()
            );
            (failure(StatusCode::BAD_GATEWAY), Some(log_message))
        }
        CallOutcome::Answered(response) => (from_handler(response, through_gateway), None),
        CallOutcome::Failed(log_message) => (failure(StatusCode::BAD_GATEWAY), Some(log_message)),
        CallOutcome::TimedOut(log_message) => {
            (failure(StatusCode::GATEWAY_TIMEOUT), Some(log_message))
        }
    };
    let headers = response.headers_mut();
    if let Some(product) = product {
        headers.insert("fn-fdk-version", product.clone());
    }
    headers.insert("fn-fdk-runtime", HeaderValue::from_static(RUNTIME));
    headers
        .entry(header::CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("application/octet-stream"));
    (response, log_message)
}

/// A failure without a body, because the platform drops it.
fn failure(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

fn from_handler(response: Response<Bytes>, through_gateway: bool) -> Response<Bytes> {
    let (mut head, body) = response.into_parts();
    for name in &HOP_BY_HOP {
        head.headers.remove(name);
    }
    let status = head.status;
    let is_platform_status = !through_gateway
        && matches!(
            status,
            StatusCode::OK | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT
        );
    let mut headers = if through_gateway {
        prefixed(head.headers)
    } else {
        head.headers
    };
    if !is_platform_status {
        headers.insert(STATUS, HeaderValue::from(status.as_u16()));
    }
    // A new response: the handler's version and extensions do not apply to this connection.
    let mut response = Response::new(body);
    *response.status_mut() = if is_platform_status {
        status
    } else {
        StatusCode::OK
    };
    *response.headers_mut() = headers;
    response
}

/// Adds the gateway's prefix to headers. Omits a header whose name is too long with the prefix.
fn prefixed(headers: HeaderMap) -> HeaderMap {
    let mut result = HeaderMap::with_capacity(headers.len());
    let mut current = None;
    // The iterator yields the name only with the first value of a header.
    for (name, value) in headers {
        if let Some(name) = name {
            current = if name == header::CONTENT_TYPE || name.as_str().starts_with("fn-") {
                Some(name)
            } else {
                HeaderName::from_bytes(format!("{GATEWAY_PREFIX}{name}").as_bytes()).ok()
            };
        }
        if let Some(name) = &current {
            result.append(name, value);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(status: u16, through_gateway: bool) -> Response<Bytes> {
        let response = Response::builder()
            .status(status)
            .header("X-Custom", "one")
            .header("X-Custom", "two")
            .header("Content-Type", "text/csv")
            .header("Fn-Own", "1")
            .header("Connection", "close")
            .header("Content-Length", "999")
            .body(Bytes::from_static(b"body"))
            .unwrap();
        build(
            CallOutcome::Answered(response),
            through_gateway,
            Some(&HeaderValue::from_static("probe/1")),
        )
        .0
    }

    #[test]
    fn only_200_502_and_504_are_sent() {
        for status in 100..=999 {
            for through_gateway in [false, true] {
                let sent = send(status, through_gateway);
                let is_platform_status = !through_gateway && [200, 502, 504].contains(&status);
                assert_eq!(sent.status(), if is_platform_status { status } else { 200 });
                let header = sent
                    .headers()
                    .get(STATUS)
                    .map(|value| value.to_str().unwrap().to_owned());
                assert_eq!(header, (!is_platform_status).then(|| status.to_string()));
            }
        }
    }

    #[test]
    fn plain_response_keeps_all_but_connection_headers() {
        let sent = send(200, false);
        assert_eq!(sent.headers().get_all("x-custom").iter().count(), 2);
        assert_eq!(sent.headers()["content-type"], "text/csv");
        assert!(
            !sent.headers().contains_key("connection")
                && !sent.headers().contains_key("content-length")
        );
    }

    #[test]
    fn gateway_response_prefixes_all_but_content_type_and_fn_headers() {
        let sent = send(201, true);
        assert_eq!(
            sent.headers().get_all("fn-http-h-x-custom").iter().count(),
            2
        );
        assert_eq!(
            (&sent.headers()["content-type"], &sent.headers()["fn-own"]),
            (
                &HeaderValue::from_static("text/csv"),
                &HeaderValue::from_static("1")
            )
        );
        assert!(
            !sent.headers().contains_key("x-custom")
                && !sent.headers().contains_key("fn-http-h-connection")
        );
    }

    #[test]
    fn every_response_has_fdk_headers_and_a_content_type() {
        for outcome in [
            CallOutcome::Answered(Response::default()),
            CallOutcome::Failed(String::new()),
            CallOutcome::TimedOut(String::new()),
        ] {
            let sent = build(outcome, false, Some(&HeaderValue::from_static("probe/1"))).0;
            assert_eq!(sent.headers()["fn-fdk-version"], "probe/1");
            assert!(
                sent.headers()["fn-fdk-runtime"]
                    .to_str()
                    .unwrap()
                    .starts_with("rust/1.")
            );
            assert!(sent.headers().contains_key("content-type"));
        }
    }

    #[test]
    fn response_over_the_limit_is_a_logged_failure() {
        let (sent, log_message) = build(
            CallOutcome::Answered(Response::new(vec![0; MAX_RESPONSE_BYTES].into())),
            false,
            None,
        );
        assert_eq!((sent.status(), log_message), (StatusCode::OK, None));
        let (sent, log_message) = build(
            CallOutcome::Answered(Response::new(vec![0; MAX_RESPONSE_BYTES + 1].into())),
            false,
            None,
        );
        assert_eq!(
            (sent.status(), sent.body().len()),
            (StatusCode::BAD_GATEWAY, 0)
        );
        assert!(log_message.unwrap().contains("6291457"));
    }
}
