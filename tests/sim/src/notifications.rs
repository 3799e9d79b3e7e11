//! The data plane of Notifications: PublishMessage.

use crate::journal::{Effect, Journal};
use crate::reply::Reply;
use crate::target::segment;
use crate::wire::Request;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value as Json, json};
use std::sync::{Mutex, PoisonError};

/// Maximum size of a request. Source: Oracle's page "Publishing messages".
const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// A published message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The topic's OCID.
    pub topic: String,
    /// The id in the response to the publisher.
    pub id: String,
    /// The subject of an e-mail.
    pub title: Option<String>,
    /// The text.
    pub body: String,
    /// Length of the request body.
    pub request_bytes: usize,
}

/// The topics and the messages published to them.
#[derive(Debug)]
pub(crate) struct Notifications {
    topics: Vec<String>,
    messages: Mutex<Vec<Message>>,
}

impl Notifications {
    pub(crate) fn new(topics: Vec<String>) -> Self {
        Self {
            topics,
            messages: Mutex::default(),
        }
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn clear(&self) {
        self.messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    pub(crate) fn answer(&self, request: &Request, journal: &Journal, now: DateTime<Utc>) -> Reply {
        let segments: Vec<&str> = request.path().trim_start_matches('/').split('/').collect();
        let ("POST", ["20181201", "topics", topic, "messages"]) =
            (request.method.as_str(), segments.as_slice())
        else {
            return not_found();
        };
        let Some(topic) = segment(topic).filter(|topic| self.topics.contains(topic)) else {
            return not_found();
        };
        if request.body.len() > MAX_REQUEST_BYTES {
            return Reply::oci_error(413, "PayloadTooLarge", "The message is larger than 64 KB.");
        }
        let message: Json = match serde_json::from_slice(&request.body) {
            Ok(message) => message,
            Err(error) => {
                return Reply::oci_error(
                    400,
                    "InvalidParameter",
                    &format!("The body is not JSON: {error}"),
                );
            }
        };
        let text = |name: &str| message.get(name).and_then(Json::as_str).map(str::to_owned);
        let Some(body) = text("body").filter(|body| !body.is_empty()) else {
            return Reply::oci_error(400, "MissingParameter", "The attribute 'body' is required.");
        };
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let id = crate::tenancy::id_from_text(&format!("{topic}/{}", messages.len()));
        let title = text("title");
        messages.push(Message {
            topic: topic.clone(),
            id: id.clone(),
            title: title.clone(),
            body,
            request_bytes: request.body.len(),
        });
        drop(messages);
        journal.effect(Effect::Published {
            topic,
            message_id: id.clone(),
            title,
        });
        let timestamp = now.to_rfc3339_opts(SecondsFormat::Millis, true);
        Reply::json(202, &json!({ "messageId": id, "timeStamp": timestamp }))
    }
}

fn not_found() -> Reply {
    Reply::oci_error(
        404,
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
    )
}
