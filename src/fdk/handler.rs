//! What a function is to this module: request in, response or error out.

use std::fmt::Display;
use std::future::Future;

use bytes::Bytes;
use http::{Request, Response};

/// An async function from a call's request to its response; every closure that fits is one.
///
/// Everything a call starts must have ended when it answers: the container is frozen between calls. An error fails the
/// call, its text goes to the log alone.
pub trait Handler: Send + Sync + 'static {
    /// What the handler fails with.
    type Error: Display + Send;

    /// Answers one call.
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
