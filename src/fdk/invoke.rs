//! Handles one call, from the first byte of its body to the response.
//!
//! Reads the complete body first, because the platform treats an earlier response as a failure. Then the handler runs in
//! its own task, and another task enforces the deadline. So a call ends in time, and its result is logged, even if the
//! client disconnects or the handler panics, blocks or never ends.
//!
//! Calls run concurrently. The platform sends one at a time, but a call whose client disconnected may still run when the
//! next one arrives.

use std::any::Any;
use std::fmt::Display;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;
use tracing::Instrument;

use super::context::{CallContext, RequestExt};
use super::deadline::CallDeadline;
use super::environment::{Environment, FunctionIdentity};
use super::frame::{self, LogFrame};
use super::handler::Handler;
use super::options::Options;
use super::response::{self, CallOutcome};

/// Max bytes of a request body, slightly more than the platform's 6 MB. A larger body is read to its end, and the call
/// fails.
pub const MAX_REQUEST_BYTES: usize = 6 * 1024 * 1024 + 64 * 1024;

/// Max time to wait until an aborted handler is dropped.
const ABORT_TIMEOUT: Duration = Duration::from_millis(100);

/// Shared by all calls.
pub(super) struct Invoker<H> {
    handler: H,
    options: Options,
    identity: Arc<FunctionIdentity>,
    log_frame: Option<LogFrame>,
}

/// The parts of the call that its response and log line need.
struct CallInfo {
    call_id: String,
    through_gateway: bool,
}

impl<H: Handler> Invoker<H> {
    pub(super) fn new(handler: H, options: Options, environment: Environment) -> Self {
        Self {
            handler,
            options,
            identity: Arc::new(environment.identity),
            log_frame: environment.log_frame,
        }
    }

    /// Handles a request. `running` is dropped when the handler ends, even if this future was dropped earlier because the
    /// client disconnected.
    pub(super) async fn call<B, G>(
        self: Arc<Self>,
        request: Request<B>,
        running: G,
    ) -> Response<Bytes>
    where
        B: Body<Data = Bytes, Error: Display>,
        G: Send + 'static,
    {
        if let Some(frame) = &self.log_frame {
            frame.write(request.headers(), &self.options.streams);
        }
        let (head, body) = request.into_parts();
        let body = read(body).await;
        let now = (self.options.clock)();
        let deadline = CallDeadline::read(
            head.headers.get("fn-deadline"),
            now,
            self.options.default_budget,
        );
        let context = CallContext::read(&head.headers, deadline, Arc::clone(&self.identity));
        let info = CallInfo {
            call_id: context.call_id.clone(),
            through_gateway: context.gateway.is_some(),
        };

        // Every log line of the call has its id.
        let span = tracing::error_span!("call", call_id = info.call_id);
        let started = match body {
            Err(reason) => Err(CallOutcome::Failed(reason)),
            Ok(_) if head.method != Method::POST || head.uri.path() != "/call" => Err(
                CallOutcome::Failed(format!("{} {} is not a call", head.method, head.uri)),
            ),
            Ok(_) if deadline.is_past(now) => Err(CallOutcome::TimedOut(format!(
                "the deadline {} has passed: not started",
                deadline.at
            ))),
            Ok(body) => Ok(body),
        };
        let body = match started {
            Ok(body) => body,
            Err(outcome) => return span.in_scope(|| self.finish(outcome, &info)),
        };
        let request = Request::from_parts(head, body).with_call_context(context);
        let limit = deadline.until_stop(now);
        // Finishes inside of the task, so that the result is logged even if the client disconnected.
        let run = async move {
            let outcome = run_until(Arc::clone(&self).start(request), limit).await;
            let response = self.finish(outcome, &info);
            drop(running);
            response
        };
        match tokio::spawn(run.instrument(span)).await {
            Ok(response) => response,
            // Only at shutdown of the runtime: nothing in the task panics.
            Err(_) => response::build(CallOutcome::Failed(String::new()), false, None).0,
        }
    }

    /// Builds the response for an outcome, logs a failure, and flushes the streams.
    fn finish(&self, outcome: CallOutcome, info: &CallInfo) -> Response<Bytes> {
        let product = self.options.product.as_ref();
        let (response, log_message) = response::build(outcome, info.through_gateway, product);
        if let Some(log_message) = log_message {
            let (call_id, status) = (info.call_id.as_str(), response.status().as_u16());
            tracing::error!(call_id, status, "call failed: {log_message}");
        }
        frame::flush(&self.options.streams);
        response
    }

    /// Starts the handler. Calls it inside of the task, to catch a panic before it returns its future.
    fn start(
        self: Arc<Self>,
        request: Request<Bytes>,
    ) -> JoinHandle<Result<Response<Bytes>, String>> {
        let run = async move {
            let result = self.handler.call(request).await;
            result.map_err(|error| error.to_string())
        };
        tokio::spawn(run.in_current_span())
    }
}

/// Waits for the handler for at most `limit`, then aborts it, so that nothing runs during the freeze.
///
/// A handler that blocks its thread cannot be aborted; the response is sent nevertheless.
async fn run_until(
    mut job: JoinHandle<Result<Response<Bytes>, String>>,
    limit: Duration,
) -> CallOutcome {
    match timeout(limit, &mut job).await {
        Ok(Ok(Ok(response))) => CallOutcome::Answered(response),
        Ok(Ok(Err(reason))) => CallOutcome::Failed(reason),
        Ok(Err(error)) => CallOutcome::Failed(panic_text(error)),
        Err(_) => {
            job.abort();
            let gone = timeout(ABORT_TIMEOUT, job).await.is_ok();
            CallOutcome::TimedOut(
                if gone {
                    "out of time: the handler was stopped"
                } else {
                    "out of time: the handler blocks its thread and cannot be stopped"
                }
                .to_owned(),
            )
        }
    }
}

/// Reads a body to its end.
///
/// # Errors
///
/// If the connection breaks, or the body has more than [`MAX_REQUEST_BYTES`].
async fn read<B: Body<Data = Bytes, Error: Display>>(body: B) -> Result<Bytes, String> {
    let (mut body, mut kept, mut length) = (pin!(body), BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| format!("the request body is incomplete: {error}"))?;
        // Ignores trailers.
        if let Some(data) = frame.data_ref() {
            length += data.len();
            if length <= MAX_REQUEST_BYTES {
                kept.extend_from_slice(data);
            }
        }
    }
    if length > MAX_REQUEST_BYTES {
        return Err(format!(
            "the request has {length} bytes; a call can have at most {MAX_REQUEST_BYTES}"
        ));
    }
    Ok(kept.freeze())
}

fn panic_text(error: JoinError) -> String {
    let text = |payload: Box<dyn Any + Send>| match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload
            .downcast::<&str>()
            .map_or_else(|_| "no message".to_owned(), |text| (*text).to_owned()),
    };
    match error.try_into_panic() {
        Ok(payload) => format!("the handler panicked: {}", text(payload)),
        Err(error) => format!("the handler was stopped: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::pending;
    use std::sync::Mutex;

    use chrono::{DateTime, Utc};
    use http::StatusCode;
    use http_body_util::Full;

    use crate::fdk::ListenerPath;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-11-22T06:00:00Z")
            .unwrap()
            .to_utc()
    }

    async fn call<H: Handler>(
        handler: H,
        request: http::request::Builder,
        body: Vec<u8>,
    ) -> Response<Bytes> {
        let mut options = Options::new("test", "1", now);
        options.streams = Vec::new();
        let environment = Environment {
            listener: ListenerPath::parse("unix:/a/b").unwrap(),
            log_frame: None,
            identity: FunctionIdentity::default(),
        };
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        Arc::new(Invoker::new(handler, options, environment))
            .call(request, ())
            .await
    }

    fn post() -> http::request::Builder {
        Request::post("http://localhost/call?x")
    }

    async fn echo(request: Request<Bytes>) -> Result<Response<Bytes>, Infallible> {
        Ok(Response::new(request.into_body()))
    }

    #[tokio::test(start_paused = true)]
    async fn endless_handler_is_dropped_half_a_second_before_the_deadline() {
        struct Dropped(Arc<Mutex<bool>>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                *self.0.lock().unwrap() = true;
            }
        }
        let dropped = Arc::new(Mutex::new(false));
        let guard = Dropped(Arc::clone(&dropped));
        let guard = Arc::new(guard);
        let (start, handler) = (tokio::time::Instant::now(), move |_| {
            let guard = Arc::clone(&guard);
            async move {
                let _guard = guard;
                pending::<Result<Response<Bytes>, Infallible>>().await
            }
        });
        let response = call(
            handler,
            post().header("Fn-Deadline", "2026-11-22T06:00:30Z"),
            Vec::new(),
        )
        .await;
        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(start.elapsed().as_millis(), 29_500);
        assert!(*dropped.lock().unwrap());
    }

    #[tokio::test]
    async fn call_with_past_deadline_is_not_started() {
        let started = |_| async { Err::<Response<Bytes>, _>("started") };
        let response = call(
            started,
            post().header("Fn-Deadline", "2026-11-22T05:59:59Z"),
            Vec::new(),
        )
        .await;
        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    }

    #[tokio::test]
    async fn panic_before_the_future_exists_is_a_failure() {
        #[expect(unreachable_code, reason = "the panic comes first")]
        let handler = |_| {
            panic!("no future");
            async { Ok::<_, Infallible>(Response::default()) }
        };
        assert_eq!(
            call(handler, post(), Vec::new()).await.status(),
            StatusCode::BAD_GATEWAY
        );
    }

    #[tokio::test]
    async fn other_request_is_a_502_and_not_a_404() {
        for request in [
            Request::get("/call"),
            Request::post("/"),
            Request::post("/call/"),
            Request::delete("/x"),
        ] {
            assert_eq!(
                call(echo, request, Vec::new()).await.status(),
                StatusCode::BAD_GATEWAY
            );
        }
    }

    #[tokio::test]
    async fn body_of_max_size_is_accepted_and_a_larger_one_fails() {
        let response = call(
            |_| async { Ok::<_, Infallible>(Response::default()) },
            post(),
            vec![0; MAX_REQUEST_BYTES],
        )
        .await;
        assert_eq!(response.status(), StatusCode::OK);
        let response = call(echo, post(), vec![0; MAX_REQUEST_BYTES + 1]).await;
        assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    }
}
