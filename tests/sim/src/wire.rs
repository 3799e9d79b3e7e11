//! A request as received.

use bytes::Bytes;
use http::{HeaderMap, Method};

/// A whole request. The target is exactly as sent, since the signature covers it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path and query, undecoded.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// MD5 of the body in base64, if the request states one. Known when the last byte arrives: a service does not read a body twice.
    pub(crate) body_md5: Option<String>,
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(&self.target, |(path, _)| path)
    }

    pub(crate) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The value of a header, if it is present and text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
