//! The call's context, parsed from the headers of its request.

use std::sync::{Arc, LazyLock};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::deadline::CallDeadline;
use super::environment::FunctionIdentity;

/// Prefix of the caller's headers in a gateway call, and of the function's headers in its response.
pub(super) const GATEWAY_PREFIX: &str = "fn-http-h-";

/// The context of a call. A handler gets it with [`RequestExt::call_context`].
#[derive(Clone, Debug)]
pub struct CallContext {
    /// `Fn-Call-Id`; empty if missing.
    pub call_id: String,
    /// Deadline of the call.
    pub deadline: CallDeadline,
    /// The called function.
    pub identity: Arc<FunctionIdentity>,
    /// The HTTP request, if the call came through an API gateway or a trigger.
    pub gateway: Option<Gateway>,
}

/// The HTTP request that a gateway turned into a call (`Fn-Intent: httprequest`).
#[derive(Clone, Debug, Default)]
pub struct Gateway {
    /// `Fn-Http-Method`, as sent.
    pub method: String,
    /// `Fn-Http-Request-Url`: absolute from the open-source server, path and query from OCI API Gateway.
    pub url: String,
    /// The caller's headers: `Fn-Http-H-*` without the prefix, repeats kept.
    pub headers: HeaderMap,
}

/// Access to the context of a call.
pub trait RequestExt {
    /// The call's context. A request that did not come through the socket, as in a test, has an empty one without limits.
    fn call_context(&self) -> &CallContext;

    /// Adds a context, for tests of handlers.
    #[must_use]
    fn with_call_context(self, context: CallContext) -> Self;
}

impl<B> RequestExt for http::Request<B> {
    fn call_context(&self) -> &CallContext {
        static NONE: LazyLock<CallContext> = LazyLock::new(CallContext::default);
        self.extensions().get().unwrap_or(&NONE)
    }

    fn with_call_context(mut self, context: CallContext) -> Self {
        self.extensions_mut().insert(context);
        self
    }
}

impl Default for CallContext {
    fn default() -> Self {
        Self {
            call_id: String::new(),
            deadline: CallDeadline::NEVER,
            identity: Arc::default(),
            gateway: None,
        }
    }
}

impl CallContext {
    /// Parses the headers of a request. Never fails: bytes that are not UTF-8 become replacement characters.
    pub(super) fn read(
        headers: &HeaderMap,
        deadline: CallDeadline,
        identity: Arc<FunctionIdentity>,
    ) -> Self {
        Self {
            call_id: text(headers, "fn-call-id"),
            deadline,
            identity,
            gateway: Gateway::read(headers),
        }
    }
}

impl Gateway {
    fn read(headers: &HeaderMap) -> Option<Self> {
        if !text(headers, "fn-intent").eq_ignore_ascii_case("httprequest") {
            return None;
        }
        // The platform's code sends Fn-Http-Method; an example in the documentation has the longer name.
        let method = ["fn-http-method", "fn-http-request-method"].map(|name| text(headers, name));
        Some(Self {
            method: method
                .into_iter()
                .find(|method| !method.is_empty())
                .unwrap_or_default(),
            url: text(headers, "fn-http-request-url"),
            headers: headers
                .iter()
                .filter_map(|(name, value)| Some((unprefixed(name)?, value.clone())))
                .collect(),
        })
    }
}

/// Removes the gateway's prefix from a header name; `None` without the prefix, or if nothing follows it.
fn unprefixed(name: &HeaderName) -> Option<HeaderName> {
    HeaderName::from_bytes(name.as_str().strip_prefix(GATEWAY_PREFIX)?.as_bytes()).ok()
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers
        .get(name)
        .map(HeaderValue::as_bytes)
        .map(String::from_utf8_lossy)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(pairs: &[(&str, &[u8])]) -> CallContext {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(value).unwrap(),
            );
        }
        CallContext::read(&headers, CallDeadline::NEVER, Arc::default())
    }

    #[test]
    fn plain_call_with_gateway_headers_has_no_gateway() {
        let call = context(&[
            ("Fn-Call-Id", b"01ABC"),
            ("Fn-Http-Method", b"GET"),
            ("Fn-Intent", b"cloudevent"),
        ]);
        assert_eq!(
            (call.call_id.as_str(), call.gateway.is_none()),
            ("01ABC", true)
        );
    }

    #[test]
    fn gateway_call_has_the_request_of_the_caller() {
        let gateway = context(&[
            ("fn-intent", b"HttpRequest"),
            ("FN-HTTP-METHOD", b"PUT"),
            ("fn-http-request-url", b"/v1/x?a=1"),
            ("Fn-Http-H-X-Many", b"one"),
            ("fn-http-h-x-many", b"\xfftwo"),
            ("Fn-Http-H-", b"bare prefix"),
            ("X-Other", b"not the caller's"),
        ])
        .gateway
        .unwrap();
        assert_eq!(
            (gateway.method.as_str(), gateway.url.as_str()),
            ("PUT", "/v1/x?a=1")
        );
        assert_eq!(gateway.headers.len(), 2);
        assert_eq!(
            gateway
                .headers
                .get_all("x-many")
                .iter()
                .map(HeaderValue::as_bytes)
                .collect::<Vec<_>>(),
            [&b"one"[..], b"\xfftwo"]
        );
    }

    #[test]
    fn request_without_call_has_no_deadline() {
        let request = http::Request::new(());
        assert_eq!(
            (
                request.call_context().call_id.as_str(),
                request.call_context().deadline
            ),
            ("", CallDeadline::NEVER)
        );
        let request = request.with_call_context(context(&[("fn-call-id", b"7")]));
        assert_eq!(request.call_context().call_id, "7");
    }
}
