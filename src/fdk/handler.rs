//! The trait that a function implements.

use std::fmt::Display;
use std::future::Future;

use bytes::Bytes;
use http::{Request, Response};

/// Handles calls. Implemented for async closures.
///
/// Everything that a call starts must end before it returns, because the container is frozen between calls. An error fails
/// the call; its text is logged and not returned.
pub trait Handler: Send + Sync + 'static {
    /// Error of a call.
    type Error: Display + Send;

    /// Handles one call.
    fn call(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, Self::Error>> + Send;
}

impl<H, F, E> Handler for H
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Response<Bytes>, E>> + Send,
    E: Display + Send,
{
    type Error = E;

    fn call(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, E>> + Send {
        self(request)
    }
}
