//! Ends attempts to connect with the transport that started them.
//!
//! The client connects in a task of its own, which goes on when a request gives up. In a function it outlived the call, and the
//! freeze kept its socket open until the next one: calls that ended while connects hung filled the table of descriptors.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::watch;
use tower_layer::Layer;
use tower_service::Service;

/// What a transport holds: its attempts end when this is dropped.
#[derive(Debug)]
pub(super) struct ConnectAttempts(watch::Sender<()>);

impl ConnectAttempts {
    /// No attempt yet.
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(()))
    }

    /// The layer for a client's connector.
    pub(super) fn layer(&self) -> ConnectLayer {
        ConnectLayer(Arc::new(self.0.subscribe()))
    }
}

/// Lets each attempt end with its transport.
#[derive(Clone, Debug)]
pub(super) struct ConnectLayer(Arc<watch::Receiver<()>>);

impl<S> Layer<S> for ConnectLayer {
    type Service = Connector<S>;

    fn layer(&self, connector: S) -> Connector<S> {
        Connector {
            connector,
            transport: Arc::clone(&self.0),
        }
    }
}

/// A connector whose attempts end with its transport.
#[derive(Clone, Debug)]
pub(super) struct Connector<S> {
    connector: S,
    transport: Arc<watch::Receiver<()>>,
}

/// The transport of an attempt was dropped.
#[derive(Debug, thiserror::Error)]
#[error("its run has ended")]
struct RunEnded;

type BoxError = Box<dyn Error + Send + Sync>;
type Attempt<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

impl<S, R> Service<R> for Connector<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Attempt<S::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let attempt = self.connector.call(request);
        let mut transport = watch::Receiver::clone(&self.transport);
        Box::pin(async move {
            tokio::select! {
                connected = attempt => connected,
                // Nothing is ever sent: this is the end of the sender.
                _ = transport.changed() => Err(RunEnded.into()),
            }
        })
    }
}
