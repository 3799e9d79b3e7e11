//! The accept loop, its connections, and the shutdown.
//!
//! Each connection has its own task, so that an idle one blocks no other. An idle or slow connection is never closed: the
//! platform disconnects, and a server that disconnects first can lose a call that is being sent.

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

/// Max headers of a request. The platform forwards those of the caller, and a gateway call has them twice.
const MAX_HEADERS: usize = 1024;

/// Max bytes of the head of a request.
const MAX_HEAD_BYTES: usize = 2 * 1024 * 1024;

/// Pause after a failed accept, for example because no file descriptor is left.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Announces `socket` and serves calls until `shutdown` completes. Then waits up to [`Options::drain`] for running calls, and
/// removes the socket's files.
///
/// # Errors
///
/// If the socket cannot be announced. Errors of connections do not end the loop.
pub async fn serve<H: Handler>(
    socket: Socket,
    shutdown: impl Future<Output = ()>,
    environment: Environment,
    options: Options,
    handler: H,
) -> Result<(), SocketError> {
    let drain = options.drain;
    let invoker = Arc::new(Invoker::new(handler, options, environment));
    // Each connection and each call holds a sender, so the receiver completes when all have ended.
    let (running, mut all_gone) = mpsc::channel::<()>(1);
    let (stop, stopping) = watch::channel(());
    let mut shutdown = pin!(shutdown);

    let mut announced = false;
    loop {
        tokio::select! {
            // In this order, so that the loop accepts connections before the socket is announced.
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

    // Remove the name first, so that no client connects.
    drop(socket);
    drop((stop, stopping, running));
    if timeout(drain, all_gone.recv()).await.is_err() {
        tracing::warn!(
            "a call is still running after {drain:?}; the process ends without waiting for it"
        );
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
        // The sender was dropped: finish the current call, accept no other.
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Not a failure of the function: the client disconnected. Its call continues.
        tracing::debug!("connection ended: {error}");
    }
}
