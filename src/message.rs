//! A message to people: [`crate::report`] composes it, a topic of [`crate::oci::notifications`] delivers it.

use serde::Serialize;

/// A message for a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// One line; the subject of the e-mail.
    pub title: String,
    /// Plain text, lines separated by LF.
    pub body: String,
}

impl Message {
    /// The body of the request: `{"title":...,"body":...}`.
    pub fn to_json(&self) -> String {
        // Two strings always become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}
