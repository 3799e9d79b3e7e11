//! A call of the function, and the answer to it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

/// A call of the function.
#[derive(Clone, Debug, Default)]
pub struct Call {
    pub(super) body: Bytes,
    pub(super) headers: HeaderMap,
    pub(super) detached: bool,
    pub(super) gateway: Option<(Method, String)>,
    pub(super) timeout: Option<Duration>,
}

impl Call {
    /// A plain synchronous call with this body.
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            ..Self::default()
        }
    }

    /// Adds a header; ignores names and values that HTTP does not allow.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_ref()),
        ) {
            self.headers.append(name, value);
        }
        self
    }

    /// Does not wait for the result (`fn-invoke-type: detached`).
    #[must_use]
    pub fn detached(mut self) -> Self {
        self.detached = true;
        self
    }

    /// Calls through an API gateway that received this request.
    #[must_use]
    pub fn gateway(mut self, method: Method, url: &str) -> Self {
        self.gateway = Some((method, url.to_owned()));
        self
    }

    /// Sets a time limit for this call.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

/// What the caller gets, and what the function answered to the agent.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The caller's status.
    pub status: StatusCode,
    /// The caller's headers.
    pub headers: HeaderMap,
    /// The caller's body.
    pub body: Bytes,
    /// The status of the function, if it answered.
    pub function_status: Option<StatusCode>,
    /// The headers of the function; empty if it did not answer.
    pub function_headers: HeaderMap,
    /// Why the caller did not get the answer of the function.
    pub refusal: Option<Refusal>,
    /// Duration of the exchange on the socket.
    pub elapsed: Duration,
}

impl Answer {
    /// The body as text, with replacement characters for invalid UTF-8.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn accepted(call_id: &str) -> Self {
        Self::new(
            StatusCode::ACCEPTED,
            HeaderMap::new(),
            Bytes::new(),
            call_id,
        )
    }

    pub(super) fn refused(
        refusal: Refusal,
        function: Option<(StatusCode, HeaderMap)>,
        call_id: &str,
    ) -> Self {
        let (code, message) = (refusal.code(), refusal.to_string());
        let body = serde_json::json!({ "code": code, "message": message }).to_string();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let mut answer = Self::new(refusal.status(), headers, body.into(), call_id);
        answer.refusal = Some(refusal);
        if let Some((status, headers)) = function {
            (answer.function_status, answer.function_headers) = (Some(status), headers);
        }
        answer
    }

    /// The body of a failure has a code only if `has_code`.
    pub(super) fn with_code(mut self, has_code: bool) -> Self {
        if let (Some(refusal), false) = (self.refusal, has_code) {
            let body = serde_json::json!({ "message": refusal.to_string() }).to_string();
            self.set_body(body.into());
        }
        self
    }

    /// The answer to a caller who waited for a detached call.
    pub(super) fn without_body_if_ok(mut self) -> Self {
        if self.refusal.is_none() {
            self.status = StatusCode::OK;
            self.set_body(Bytes::new());
        }
        self
    }

    fn set_body(&mut self, body: Bytes) {
        self.headers
            .insert("content-length", HeaderValue::from(body.len()));
        self.body = body;
    }

    pub(super) fn new(
        status: StatusCode,
        mut headers: HeaderMap,
        body: Bytes,
        call_id: &str,
    ) -> Self {
        if let Ok(value) = HeaderValue::from_str(call_id) {
            headers.insert("fn-call-id", value);
        }
        headers.insert("content-length", HeaderValue::from(body.len()));
        Self {
            status,
            headers,
            body,
            function_status: None,
            function_headers: HeaderMap::new(),
            refusal: None,
            elapsed: Duration::ZERO,
        }
    }
}

/// Why the platform answers instead of the function, with the names and texts of OCI's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The process ended before its socket appeared, or the file was not a socket.
    InitFailed,
    /// The socket did not appear in time.
    InitTimeout,
    /// The request body is over the limit. The function did not receive it.
    RequestTooLarge,
    /// The function answered 502: its run failed.
    FunctionFailed,
    /// The function answered 504, or did not answer in time.
    TimedOut,
    /// The function answered another status than 200, 502 and 504.
    InvalidResponse,
    /// The connection broke, or the response was not HTTP.
    NoResponse,
    /// The function answered before it had read the whole request.
    AnsweredEarly,
    /// The response body is over the limit.
    ResponseTooLarge,
}

impl Refusal {
    /// The caller's status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::InitTimeout | Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_GATEWAY,
        }
    }

    /// The error code of OCI.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::InitFailed => "FunctionInvokeContainerInitFail",
            Self::InitTimeout => "FunctionInvokeContainerInitTimeout",
            Self::RequestTooLarge => "FunctionInvokeRequestContentTooLarge",
            Self::FunctionFailed => "FunctionInvokeExecutionFailed",
            Self::TimedOut => "FunctionInvokeTimeout",
            Self::InvalidResponse => "FunctionInvokeInvalidResponse",
            Self::NoResponse | Self::AnsweredEarly => "FunctionInvokeExecutionError",
            Self::ResponseTooLarge => "FunctionInvokeResponseBodyTooLarge",
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::InitFailed => {
                "Container failed to initialize, please ensure you are using the latest fdk and check the logs"
            }
            Self::InitTimeout => {
                "Container initialization timed out, please ensure you are using the latest fdk and check the logs"
            }
            Self::RequestTooLarge => "Request body too large",
            Self::FunctionFailed => "function failed",
            Self::TimedOut => "Timed out",
            Self::InvalidResponse => "invalid function response",
            Self::NoResponse => "error receiving function response",
            Self::AnsweredEarly => "function invoked write before receiving entire request",
            Self::ResponseTooLarge => "function response body too large",
        })
    }
}

impl std::error::Error for Refusal {}

/// A call id in the format of the platform: 26 characters that begin with the time in milliseconds.
pub(super) fn new_call_id() -> String {
    let millis = now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    ulid(millis << 80 | fastrand::u128(..) >> 48)
}

/// A correlation id in the format of OCI's front end.
pub(super) fn new_request_id() -> String {
    format!(
        "/{}/{}",
        ulid(fastrand::u128(..) >> 2),
        ulid(fastrand::u128(..) >> 2)
    )
}

fn ulid(number: u128) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    (0..26)
        .rev()
        .map(|place| char::from(DIGITS[(number >> (5 * place) & 31) as usize]))
        .collect()
}

/// `Fn-Deadline` of a call that starts now: whole seconds, truncated.
pub(super) fn deadline(timeout: Duration) -> String {
    let end: DateTime<Utc> = (now() + timeout).into();
    end.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The only clock of the agent.
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_ids_have_26_characters_and_increase() {
        let first = new_call_id();
        std::thread::sleep(Duration::from_millis(2));
        let second = new_call_id();
        assert_eq!(
            (first.len(), first < second),
            (26, true),
            "{first} {second}"
        );
    }

    #[test]
    fn deadline_has_whole_seconds() {
        let deadline = deadline(Duration::from_secs(30));
        assert_eq!(
            (deadline.len(), deadline.ends_with('Z')),
            (20, true),
            "{deadline}"
        );
    }
}
