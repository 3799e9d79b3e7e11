//! One call on the socket, and the answer of the platform to its caller.
//!
//! | the function | the caller gets | the container |
//! | --- | --- | --- |
//! | 200 | 200, or through a gateway `Fn-Http-Status` | kept |
//! | 502 | 502 `function failed` | kept |
//! | 504 | 504 `Timed out` | kept |
//! | any other status | 502 `invalid function response` | killed |
//! | a broken connection, or not HTTP | 502 `error receiving function response` | killed |
//! | no answer in time | 504 `Timed out` | killed |
//! | an answer before the request was read | 502 `function invoked write before receiving entire request` | kept |
//! | a body over the limit | 502 `function response body too large` | kept |

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::time::{Instant, timeout_at};

use super::call::{Answer, Call, Refusal, deadline, new_request_id};
use super::container::Container;
use super::headers;
use super::{LateLines, Options};

/// A request body without a length, which the platform always forwards chunked.
#[derive(Debug)]
pub(super) struct Chunks {
    rest: Bytes,
    /// Set when the last chunk was sent.
    sent: Arc<AtomicBool>,
}

const MAX_CHUNK_BYTES: usize = 32 * 1024;

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            self.sent.store(true, Ordering::Release);
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(MAX_CHUNK_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }
}

/// The result of a call on the socket.
enum End {
    Response(StatusCode, HeaderMap, Bytes),
    /// A response that cannot be forwarded. The connection is unusable, the container is not.
    Unusable(Refusal, StatusCode, HeaderMap),
    Broken,
}

/// Sends the call. Returns the answer for the caller, and the container unless it was killed.
pub(super) async fn exchange(
    mut container: Container,
    call: &Call,
    call_id: &str,
    options: &Options,
) -> (Answer, Option<Container>) {
    let start = Instant::now();
    let limit = call.timeout.unwrap_or(options.timeout);
    let request_id = options.request_id.then(new_request_id);
    let mut request_headers = headers::request(call, request_id.as_deref());
    for (name, value) in [("fn-call-id", call_id), ("fn-deadline", &deadline(limit))] {
        if let Ok(value) = HeaderValue::from_str(value) {
            request_headers.insert(name, value);
        }
    }
    container.begin_call(call_id);
    let end = timeout_at(
        start + limit,
        send(&mut container, call, request_headers, options),
    )
    .await;
    if options.late_lines == LateLines::Container {
        container.end_call();
    }
    let (mut answer, kept) = match end {
        Err(_) => (Answer::refused(Refusal::TimedOut, None, call_id), None),
        Ok(End::Broken) => (Answer::refused(Refusal::NoResponse, None, call_id), None),
        Ok(End::Unusable(refusal, status, headers)) => {
            container.connection = None;
            (
                Answer::refused(refusal, Some((status, headers)), call_id),
                Some(container),
            )
        }
        Ok(End::Response(status, headers, body)) => {
            caller_answer(container, call, call_id, status, headers, body)
        }
    };
    answer.elapsed = start.elapsed();
    (answer.with_code(options.error_code), kept)
}

fn caller_answer(
    container: Container,
    call: &Call,
    call_id: &str,
    status: StatusCode,
    function: HeaderMap,
    body: Bytes,
) -> (Answer, Option<Container>) {
    let (refusal, kept) = match status {
        StatusCode::OK => {
            let (caller_status, headers) = headers::response(call, &function);
            let mut answer = Answer::new(caller_status, headers, body, call_id);
            (answer.function_status, answer.function_headers) = (Some(status), function);
            return (answer, Some(container));
        }
        StatusCode::BAD_GATEWAY => (Refusal::FunctionFailed, Some(container)),
        StatusCode::GATEWAY_TIMEOUT => (Refusal::TimedOut, Some(container)),
        _ => (Refusal::InvalidResponse, None),
    };
    (
        Answer::refused(refusal, Some((status, function)), call_id),
        kept,
    )
}

async fn send(
    container: &mut Container,
    call: &Call,
    headers: HeaderMap,
    options: &Options,
) -> End {
    let sent = Arc::new(AtomicBool::new(false));
    let body = Chunks {
        rest: call.body.clone(),
        sent: Arc::clone(&sent),
    };
    let mut request = Request::new(body);
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = http::Uri::from_static("/call");
    *request.headers_mut() = headers;
    if call.body.is_empty() {
        request
            .headers_mut()
            .insert("content-length", HeaderValue::from_static("0"));
    }
    let Some(mut connection) = connect(container).await else {
        return End::Broken;
    };
    let Ok(response) = connection.send_request(request).await else {
        return End::Broken;
    };
    let (head, body) = response.into_parts();
    if !call.body.is_empty() && !sent.load(Ordering::Acquire) {
        return End::Unusable(Refusal::AnsweredEarly, head.status, head.headers);
    }
    match collect(body, options.max_response).await {
        Ok(Some(body)) => {
            container.connection = Some(connection);
            End::Response(head.status, head.headers, body)
        }
        Ok(None) => End::Unusable(Refusal::ResponseTooLarge, head.status, head.headers),
        Err(_) => End::Broken,
    }
}

/// The connection of the last call if it is still usable, or a new one. Never retries.
async fn connect(container: &mut Container) -> Option<SendRequest<Chunks>> {
    if let Some(mut connection) = container.connection.take()
        && connection.ready().await.is_ok()
    {
        return Some(connection);
    }
    let stream = UnixStream::connect(container.socket()).await.ok()?;
    let mut builder = http1::Builder::new();
    builder.max_headers(2048).max_buf_size(4 * 1024 * 1024);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    Some(sender)
}

/// The whole body, or `None` if it is longer than `limit`.
async fn collect(mut body: Incoming, limit: Option<usize>) -> Result<Option<Bytes>, hyper::Error> {
    let mut kept = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            if limit.is_some_and(|limit| kept.len() + data.len() > limit) {
                return Ok(None);
            }
            kept.extend_from_slice(data);
        }
    }
    Ok(Some(kept.freeze()))
}
