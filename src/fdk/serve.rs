//! The accept loop: connections come, calls go through them, and one day the process is told to end.
//!
//! Every connection is a task of its own, so that an idle one blocks nobody. None is ever closed for being idle or slow:
//! the platform decides when to hang up, and a server that does it first loses the call that is just being sent.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::environment::Environment;
use super::handler::Handler;
use super::invoke::Invoker;
use super::options::Options;
use super::socket::{Socket, SocketError};
use super::status_rewriter::StatusRewriter;

/// Headers a request may have. The caller's own are forwarded, and twice over through a gateway.
const MAX_HEADERS: usize = 1024;

/// Bytes the head of a request may have.
const MAX_HEAD_BYTES: usize = 2 * 1024 * 1024;

/// Pause after an accept that failed, such as for want of file descriptors.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Announces `socket` and serves calls until `shutdown` completes; then ends what is running, within
/// [`Options::drain`], and removes the socket's files.
///
/// # Errors
///
/// The socket cannot be announced. Nothing that happens on a connection ends the loop.
pub async fn serve<H: Handler>(
    socket: Socket,
    shutdown: impl Future<Output = ()>,
    environment: Environment,
    options: Options,
    handler: H,
) -> Result<(), SocketError> {
    let drain = options.drain;
    let invoker = Arc::new(Invoker::new(handler, options, environment));
    // Every connection and every run holds a sender; the receiver sees the end when the last one is gone.
    let (running, mut all_gone) = mpsc::channel::<()>(1);
    let (stop, stopping) = watch::channel(());
    let mut shutdown = pin!(shutdown);

    let mut announced = false;
    loop {
        tokio::select! {
            // In this order: the loop already waits for connections when the platform is told that it may connect.
            biased;
            () = &mut shutdown => break,
            accepted = socket.listener().accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, Arc::clone(&invoker), running.clone(), stopping.clone()));
                }
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    sleep(ACCEPT_BACKOFF).await;
                }
            },
            () = ready(()), if !announced => {
                socket.announce()?;
                announced = true;
            }
        }
    }

    // Refuse new callers first: nobody connects to a name that is gone.
    drop(socket);
    drop((stop, stopping, running));
    if timeout(drain, all_gone.recv()).await.is_err() {
        tracing::warn!("a call still runs after {drain:?}: given up");
    }
    Ok(())
}

async fn connection<H: Handler>(
    stream: UnixStream,
    invoker: Arc<Invoker<H>>,
    running: mpsc::Sender<()>,
    mut stopping: watch::Receiver<()>,
) {
    let service = service_fn(|request| {
        let (invoker, running) = (Arc::clone(&invoker), running.clone());
        async move { Ok::<_, Infallible>(invoker.call(request, running).await.map(Full::new)) }
    });
    let connection = http1::Builder::new()
        .keep_alive(true)
        .half_close(false)
        .header_read_timeout(None)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(StatusRewriter::new(TokioIo::new(stream)), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        // The sender was dropped: finish the call at hand, take no other.
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // A client that hangs up is its own affair; a run it left goes on by itself.
        tracing::debug!("connection ended: {error}");
    }
}
