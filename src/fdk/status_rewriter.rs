//! Statuses on the wire.
//!
//! The HTTP library answers by itself what it cannot parse: 400, 414, 431. The platform kills a container that says so.
//! [`StatusRewriter`] stands between the library and the socket and turns such an answer into a 502, which a container survives.
//!
//! Telling it apart needs no parsing: the library flushes a response to its end before it reads the next request, so an
//! answer of its own always starts a fresh write; the shim's own answers never start with a 4.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

/// A connection whose statuses are the platform's.
#[derive(Debug)]
pub(super) struct StatusRewriter<S> {
    stream: S,
    /// Whether everything written so far is flushed: what comes next is the head of a response.
    fresh: bool,
}

impl<S> StatusRewriter<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            fresh: true,
        }
    }
}

/// The head with its status replaced, when the library made it up. The reason phrase may stay: nobody reads it.
fn corrected(head: &[u8]) -> Option<Vec<u8>> {
    let automatic =
        head.starts_with(b"HTTP/1.") && head.get(8..10) == Some(b" 4") && head.len() >= 12;
    automatic.then(|| [&head[..9], b"502", &head[12..]].concat())
}

impl<S: Write + Unpin> Write for StatusRewriter<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let corrected = if self.fresh { corrected(bytes) } else { None };
        let written =
            Pin::new(&mut self.stream).poll_write(cx, corrected.as_deref().unwrap_or(bytes));
        self.fresh &= !matches!(written, Poll::Ready(Ok(1..)));
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match slices.iter().find(|slice| !slice.is_empty()) {
            Some(head) if self.fresh && corrected(head).is_some() => self.poll_write(cx, head),
            _ => {
                let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
                self.fresh &= !matches!(written, Poll::Ready(Ok(1..)));
                written
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.fresh |= matches!(flushed, Poll::Ready(Ok(())));
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: Read + Unpin> Read for StatusRewriter<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_librarys_own_answers_are_corrected() {
        for (head, sent) in [
            (
                "HTTP/1.1 400 Bad Request\r\n\r\n",
                Some("HTTP/1.1 502 Bad Request\r\n\r\n"),
            ),
            (
                "HTTP/1.0 431 Too Large\r\n\r\n",
                Some("HTTP/1.0 502 Too Large\r\n\r\n"),
            ),
            ("HTTP/1.1 200 OK\r\n\r\n", None),
            ("HTTP/1.1 100 Continue\r\n\r\n", None),
            ("HTTP/1.1 4", None),
            ("", None),
        ] {
            assert_eq!(
                corrected(head.as_bytes()),
                sent.map(|sent| sent.as_bytes().to_vec()),
                "{head}"
            );
        }
    }
}
