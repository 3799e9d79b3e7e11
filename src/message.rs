//! Messages to people: [`crate::report`] composes them. A topic of [`crate::oci::notifications`] delivers a [`Message`], and
//! [`crate::oci::email`] an [`Email`].

use serde::Serialize;

/// A message for a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// One line; the subject of the e-mail.
    pub title: String,
    /// The title if the message may be a repeat: an earlier attempt to publish it got no answer.
    #[serde(skip)]
    pub repeat_title: String,
    /// Plain text, lines separated by LF.
    pub body: String,
}

impl Message {
    /// This message, marked as a possible repeat.
    #[must_use]
    pub fn as_repeat(&self) -> Self {
        Self {
            title: self.repeat_title.clone(),
            ..self.clone()
        }
    }

    /// The body of the request: `{"title":...,"body":...}`.
    pub fn to_json(&self) -> String {
        // Two strings always become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A mail to one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Email {
    /// The address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text, lines separated by LF.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}
