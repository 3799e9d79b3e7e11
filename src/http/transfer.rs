//! A body on its way, and whether it still moves.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::thread;
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

/// A body of chunks that a thread of its own generates, with an exact length for `content-length`.
pub(super) struct ChunkBody {
    chunks: Arc<Mutex<mpsc::Receiver<Bytes>>>,
    remaining: u64,
    activity: LastActivity,
}

/// A request with a [`ChunkBody`], until it is dropped: then the thread ends. The body may live longer: a server can answer before it has
/// read all of it, and keep the connection open.
pub(super) struct Upload(Arc<Mutex<mpsc::Receiver<Bytes>>>);

impl Drop for Upload {
    fn drop(&mut self) {
        let mut chunks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.close();
    }
}

impl ChunkBody {
    pub(super) fn generate(chunks: Chunks, length: u64, activity: LastActivity) -> (Self, Upload) {
        let (generated, to_send) = mpsc::channel(CHUNKS_AHEAD);
        let generate = move || {
            for chunk in chunks {
                if generated.blocking_send(chunk).is_err() {
                    return;
                }
            }
        };
        // Not a thread of the runtime: it waits for the server, and names could no longer be resolved if several uploads hang.
        let thread = thread::Builder::new().name("upload".to_owned());
        if let Err(error) = thread.spawn(generate) {
            // The body ends at once, which is an error, and the request is sent again.
            tracing::warn!(%error, "no thread for an upload");
        }
        let to_send = Arc::new(Mutex::new(to_send));
        let body = Self {
            chunks: Arc::clone(&to_send),
            remaining: length,
            activity,
        };
        (body, Upload(to_send))
    }
}

impl http_body::Body for ChunkBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let chunk = {
            let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
            ready!(chunks.poll_recv(context))
        };
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::poll_fn;
    use http_body::Body as _;

    use super::*;

    /// Chunks of one byte, and how many were generated.
    fn bytes(count: usize) -> (Chunks, Arc<AtomicUsize>) {
        let generated = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&generated);
        let chunks = (0..count).map(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
            Bytes::from_static(b"x")
        });
        (Box::new(chunks), generated)
    }

    async fn next(body: &mut ChunkBody) -> Option<Result<Bytes, String>> {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
        Some(match frame {
            Ok(frame) => Ok(frame.into_data().unwrap_or_default()),
            Err(error) => Err(error.to_string()),
        })
    }

    #[test]
    fn uploads_that_hang_leave_the_threads_of_the_runtime() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.max_blocking_threads(1).enable_time().build();
        runtime.expect("a runtime").block_on(async {
            let hanging: Vec<_> = (0..8)
                .map(|_| ChunkBody::generate(bytes(100).0, 100, LastActivity::default()))
                .collect();
            let other = tokio::task::spawn_blocking(|| "resolved");
            let other = tokio::time::timeout(Duration::from_secs(20), other).await;
            assert_eq!(other.expect("in time").expect("no panic"), "resolved");
            drop(hanging);
        });
    }

    #[tokio::test]
    async fn chunks_are_generated_a_few_ahead_and_no_more_after_the_request() {
        let (chunks, generated) = bytes(100);
        let (mut body, upload) = ChunkBody::generate(chunks, 100, LastActivity::default());
        for _ in 0..10 {
            assert_eq!(next(&mut body).await, Some(Ok(Bytes::from_static(b"x"))));
        }
        drop(upload);
        // The thread has the other counter.
        let end = Instant::now() + Duration::from_secs(20);
        while Arc::strong_count(&generated) > 1 && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(Arc::strong_count(&generated), 1, "the thread has not ended");
        // One was sent in vain.
        let generated = generated.load(Ordering::SeqCst);
        assert!((10..=11 + CHUNKS_AHEAD).contains(&generated), "{generated}");
    }

    #[tokio::test]
    async fn body_that_is_shorter_than_its_length_is_an_error() {
        let (chunks, _) = bytes(3);
        let (mut body, _upload) = ChunkBody::generate(chunks, 4, LastActivity::default());
        for _ in 0..3 {
            assert!(matches!(next(&mut body).await, Some(Ok(_))));
        }
        let error = next(&mut body)
            .await
            .expect("an end")
            .expect_err("an error");
        assert!(error.contains("shorter"), "{error}");
        assert!(body.is_end_stream());
    }
}
