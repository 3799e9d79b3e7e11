//! A body on its way, and whether it still moves.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::chunks::Chunks;

/// Max time between two chunks of a request or response body. reqwest's read timeout starts with the request, so it would
/// abort long uploads.
pub(super) const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Time of the last chunk sent or received.
#[derive(Clone, Debug)]
pub(super) struct LastActivity(Arc<Mutex<Instant>>);

impl Default for LastActivity {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl LastActivity {
    pub(super) fn record(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Completes after [`STALL_TIMEOUT`] without a chunk.
    pub(super) async fn stalled(&self) {
        loop {
            let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let stalled = last + STALL_TIMEOUT;
            if Instant::now() >= stalled {
                return;
            }
            tokio::time::sleep_until(stalled).await;
        }
    }
}

/// Chunks that are generated while an earlier one is sent.
const CHUNKS_AHEAD: usize = 2;

/// A body of chunks that a thread of its own generates, with an exact length for `content-length`. Dropping it ends the thread.
pub(super) struct ChunkBody {
    chunks: mpsc::Receiver<Bytes>,
    remaining: u64,
    activity: LastActivity,
}

impl ChunkBody {
    pub(super) fn generate(chunks: Chunks, length: u64, activity: LastActivity) -> Self {
        let (generated, to_send) = mpsc::channel(CHUNKS_AHEAD);
        tokio::task::spawn_blocking(move || {
            for chunk in chunks {
                if generated.blocking_send(chunk).is_err() {
                    return;
                }
            }
        });
        Self {
            chunks: to_send,
            remaining: length,
            activity,
        }
    }
}

impl http_body::Body for ChunkBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let chunk = ready!(self.chunks.poll_recv(context));
        self.activity.record();
        Poll::Ready(match chunk {
            Some(chunk) => {
                self.remaining = self.remaining.saturating_sub(chunk.len() as u64);
                Some(Ok(Frame::data(chunk)))
            }
            None if self.remaining > 0 => {
                self.remaining = 0;
                Some(Err(std::io::Error::other(
                    "the body is shorter than its content length",
                )))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}
