//! Replaces the 4xx statuses of hyper by 502.
//!
//! hyper itself responds to a malformed request with 400, 414 or 431, for which the platform kills the container.
//! [`StatusRewriter`] wraps the connection and writes 502 instead, which a container survives.
//!
//! This needs no parsing: hyper flushes a response before it reads the next request, so its own response always starts a
//! write after a flush. Responses of the shim never have a 4xx status.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

/// A connection without 4xx statuses.
#[derive(Debug)]
pub(super) struct StatusRewriter<S> {
    stream: S,
    /// Whether all data is flushed, so that the next write starts a response.
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

/// Replaces the status if `head` starts a 4xx response. Keeps the reason phrase, which the platform ignores.
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
    fn only_4xx_statuses_are_replaced() {
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
