//! A response before it is sent.

use crate::faults::Edit;
use bytes::Bytes;
use http::{HeaderName, HeaderValue};

/// Status, headers and the whole body. Faults decide later how much of it is sent, and how.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status)
            .content_type("application/json")
            .body(body.to_string())
    }

    /// The error body of all services except identity domains.
    pub(crate) fn oci_error(status: u16, code: &str, message: &str) -> Self {
        Self::json(
            status,
            &serde_json::json!({ "code": code, "message": message }),
        )
    }

    pub(crate) fn content_type(self, value: &str) -> Self {
        self.header("content-type", value)
    }

    /// Sets a header; ignores names and values that HTTP does not allow.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            self.headers.retain(|(own, _)| *own != name);
            self.headers.push((name, value));
        }
        self
    }

    /// The reply with its JSON changed; itself if its body is not JSON.
    pub(crate) fn edit(self, edit: &Edit) -> Self {
        match serde_json::from_slice(&self.body) {
            Ok(mut body) => {
                edit(&mut body);
                self.body(body.to_string())
            }
            Err(_) => self,
        }
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}
