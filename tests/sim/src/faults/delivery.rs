//! How a response is sent: whole, in part, slowly, or never.

use super::Outcome;
use crate::reply::Reply;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// What the connection does with a request.
pub(crate) enum Delivery {
    Answer(Reply, ReplyBody),
    /// Close the connection with a reset, without a response.
    Reset,
    /// Keep the connection open and send nothing.
    Hang,
}

/// Applies the outcome of a fault to a reply.
pub(crate) fn deliver(reply: Reply, outcome: Option<Outcome>, authorization: &str) -> Delivery {
    let whole = |reply: Reply| {
        let body = ReplyBody::whole(reply.body.clone());
        Delivery::Answer(reply, body)
    };
    match outcome {
        None | Some(Outcome::Delay(_) | Outcome::Change(_) | Outcome::Edit(_)) => whole(reply),
        Some(Outcome::Answer(fault)) => whole(fault),
        Some(Outcome::ResetBeforeAnswer) => Delivery::Reset,
        Some(Outcome::Hang) => Delivery::Hang,
        Some(Outcome::ContentType(content_type)) => whole(reply.content_type(&content_type)),
        Some(Outcome::Replace(body)) => whole(reply.body(body)),
        Some(Outcome::Echo(echo)) => whole(echo.put_into(reply, authorization)),
        Some(Outcome::Truncate(bytes)) => {
            let kept = reply.body.slice(..bytes.min(reply.body.len()));
            whole(reply.body(kept))
        }
        Some(Outcome::ResetInBody(bytes)) => {
            let length = reply.body.len().to_string();
            let kept = reply.body.slice(..bytes.min(reply.body.len()));
            let body = ReplyBody::new(vec![kept], Duration::from_millis(20), End::Fail);
            Delivery::Answer(reply.header("content-length", &length), body)
        }
        Some(Outcome::Drip(bytes, pause)) => {
            let length = reply.body.len().to_string();
            let pieces = (0..reply.body.len()).step_by(bytes).map(|start| {
                reply
                    .body
                    .slice(start..(start + bytes).min(reply.body.len()))
            });
            let body = ReplyBody::new(pieces.collect(), pause, End::Complete);
            Delivery::Answer(reply.header("content-length", &length), body)
        }
        Some(Outcome::Endless) => {
            let body = ReplyBody::new(
                vec![reply.body.clone()],
                Duration::from_millis(1),
                End::Never,
            );
            Delivery::Answer(reply, body)
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Complete,
    Fail,
    Never,
}

/// A body in pieces.
#[derive(Debug)]
pub(crate) struct ReplyBody {
    pieces: VecDeque<Bytes>,
    pause: Duration,
    end: End,
    waiting: Option<Pin<Box<Sleep>>>,
    /// The length, if the body is sent whole.
    length: Option<u64>,
}

impl ReplyBody {
    pub(crate) fn whole(body: Bytes) -> Self {
        let length = Some(body.len() as u64);
        let pieces = if body.is_empty() {
            VecDeque::new()
        } else {
            VecDeque::from([body])
        };
        Self {
            pieces,
            pause: Duration::ZERO,
            end: End::Complete,
            waiting: None,
            length,
        }
    }

    fn new(pieces: Vec<Bytes>, pause: Duration, end: End) -> Self {
        Self {
            pieces: pieces.into(),
            pause,
            end,
            waiting: None,
            length: None,
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(waiting) = &mut self.waiting {
            ready!(waiting.as_mut().poll(context));
            self.waiting = None;
        }
        match self.pieces.pop_front() {
            Some(piece) => {
                if !self.pause.is_zero() {
                    self.waiting = Some(Box::pin(sleep(self.pause)));
                }
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            None => match self.end {
                End::Complete => Poll::Ready(None),
                End::Fail => Poll::Ready(Some(Err(io::Error::other("an injected reset")))),
                End::Never => {
                    self.waiting = Some(Box::pin(sleep(self.pause)));
                    Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b' '; 65_536])))))
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && self.end == End::Complete && self.waiting.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.length
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
