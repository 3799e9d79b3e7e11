//! Notifications: publishes a message to a topic.
//!
//! Source: `notification_data_plane_client.py` of Oracle's Python SDK 2.189.0. The request is not idempotent. It is retried
//! while the topic is known not to have accepted the message. If that is unknown, it is repeated once, with a mark, after a
//! pause: a fault of a moment must not meet both.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde::Deserialize;

use crate::http::client::{CallError, CallResponse, CallRules, Content, Request, SignedClient};
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::retry::{RetryRules, parse_retry_after};
use crate::iam_statement::Statement;
use crate::message::Message;
use crate::percent::percent_encode;
use crate::place::Place;
use crate::remedy::Remedy;
use crate::server_text::ServerText;

use super::service_error::ServiceError;

/// A topic.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Signs and sends.
    pub client: Arc<SignedClient>,
    /// Notifications, in the topic's region.
    pub endpoint: Endpoint,
    /// OCID.
    pub id: String,
}

/// Why a message was not published, by what the operator must do. Displayed with advice, as for the function.
#[derive(Debug)]
pub enum PublishError {
    /// The topic or the permission to publish to it is missing.
    NotFoundOrDenied {
        /// The topic.
        topic: String,
        /// The response of the service.
        error: ServiceError,
    },
    /// The service refused for another reason.
    Refused(ServiceError),
    /// No response.
    NoResponse(CallError),
    /// The response is malformed: it may be from a proxy.
    InvalidResponse,
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFoundOrDenied { error, .. } | Self::Refused(error) => error.fmt(f)?,
            Self::NoResponse(error) => error.fmt(f)?,
            Self::InvalidResponse => f.write_str(MALFORMED)?,
        }
        match self.advice(Place::Function) {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PublishError {}

/// Why it is unknown whether a message was published.
pub const MALFORMED: &str =
    "two responses were malformed, so it is unknown whether the message was published";

impl PublishError {
    /// What the operator can do, as a clause.
    pub fn advice(&self, place: Place) -> Option<String> {
        match self {
            Self::NotFoundOrDenied { topic, .. } => Some(format!(
                "check AUDIT_TOPIC_ID `{topic}`, and that this statement exists: {}",
                Statement::Publish.at(place)
            )),
            Self::Refused(error) => {
                Remedy::of_refusal(error.cause()).map(|remedy| remedy.at(place))
            }
            Self::NoResponse(_) => Some(
                match place {
                    Place::Function => {
                        "check the function's subnet (a service gateway, or a NAT gateway) and AUDIT_NOTIFICATIONS_ENDPOINT"
                    }
                    Place::CommandLine => {
                        "check your network, HTTPS_PROXY if requests must pass a proxy, and AUDIT_NOTIFICATIONS_ENDPOINT"
                    }
                }
                .to_owned(),
            ),
            Self::InvalidResponse => Some(
                "check AUDIT_NOTIFICATIONS_ENDPOINT, and that no proxy intercepts requests"
                    .to_owned(),
            ),
        }
    }

    /// Whether the run's time was used up.
    pub const fn is_out_of_time(&self) -> bool {
        matches!(self, Self::NoResponse(CallError::OutOfTime(_)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublishResult {
    message_id: Option<String>,
}

/// The id of a message if the topic returned none.
const NO_ID: &str = "not told"; // A value in reports. words: allow

impl Topic {
    /// Publishes a message, and returns the id that the service assigned. If the outcome of the first attempts is unknown,
    /// publishes `repeat` once, after a pause: the same message, marked as a possible duplicate.
    ///
    /// # Errors
    ///
    /// If the topic is not known to have accepted the message.
    pub async fn publish(
        &self,
        message: &Message,
        repeat: &Message,
        deadline: Deadline,
    ) -> Result<String, PublishError> {
        // Leaves time for the repeat.
        let part = deadline.remaining().mul_f64(MAX_PART_OF_ATTEMPT);
        let mut result = self.attempt(message, part, deadline).await;
        if is_ambiguous(&result)
            && let Some(pause) = pause_before_repeat(&result, deadline.remaining())
        {
            tokio::time::sleep(pause).await;
            result = self.attempt(repeat, Duration::MAX, deadline).await;
        }
        let call = result.map_err(PublishError::NoResponse)?;
        if !call.response.status.is_success() {
            let error = ServiceError::from_response(&call);
            return Err(if error.lacks_permission() {
                PublishError::NotFoundOrDenied {
                    topic: self.id.clone(),
                    error,
                }
            } else {
                PublishError::Refused(error)
            });
        }
        let result = publish_result(&call).ok_or(PublishError::InvalidResponse)?;
        // Logs and reports show it, so it is an identifier, and no other text of the service.
        let id = result.message_id.as_deref().map(ServerText::new);
        let id = id.filter(ServerText::is_identifier);
        Ok(id.map_or_else(|| NO_ID.to_owned(), String::from))
    }

    /// Sends the message, with retries until `deadline` while it is known not to be published. Each attempt takes at most
    /// `part` of the time.
    async fn attempt(
        &self,
        message: &Message,
        part: Duration,
        deadline: Deadline,
    ) -> Result<CallResponse, CallError> {
        let path = format!("/20181201/topics/{}/messages", percent_encode(&self.id));
        let request = Request {
            method: Method::POST,
            content: Content::Json(message.to_json().into()),
            max_response_bytes: MAX_RESPONSE_BYTES,
            ..Request::get(self.endpoint.clone(), path)
        };
        let result = self
            .client
            .send(
                &request,
                CallRules {
                    deadline,
                    retry: RetryRules {
                        attempt: RetryRules::PUBLISH.attempt.min(part),
                        ..RetryRules::PUBLISH
                    },
                    rate_limiter: None,
                    slots: None,
                },
            )
            .await;
        // A topic that sends our own header back has the message.
        result.or_else(CallError::into_response)
    }
}

/// Min pause before the repeat, if there is time.
const MIN_PAUSE: Duration = Duration::from_secs(2);
/// Max size of a response. Whatever its size, it shows that the message was published.
const MAX_RESPONSE_BYTES: usize = 16 * 1024 * 1024;
/// Time for the repeat after the longest pause; a third of the remaining time if that is shorter.
const REPEAT: Duration = Duration::from_secs(1);
/// Max part of the remaining time that an attempt before the repeat takes.
const MAX_PART_OF_ATTEMPT: f64 = 0.6;

/// The pause before the repeat: [`MIN_PAUSE`], or as long as the service asks, within the `remaining` time. `None` if no time is
/// left.
fn pause_before_repeat(
    result: &Result<CallResponse, CallError>,
    remaining: Duration,
) -> Option<Duration> {
    let asked = result.as_ref().ok();
    let asked = asked.and_then(|call| call.response.header("retry-after"));
    let asked = asked.and_then(parse_retry_after).unwrap_or_default();
    let longest = remaining - REPEAT.min(remaining / 3);
    (!remaining.is_zero()).then(|| MIN_PAUSE.max(asked).min(longest))
}

fn publish_result(call: &CallResponse) -> Option<PublishResult> {
    serde_json::from_slice(&call.response.body).ok()
}

/// Whether the message may be published. This is unknown also after a proxy's page with a status of success.
fn is_ambiguous(result: &Result<CallResponse, CallError>) -> bool {
    match result {
        Ok(call) if call.response.status.is_success() => publish_result(call).is_none(),
        Ok(call) => {
            call.response.status.is_server_error()
                || call.response.status == StatusCode::REQUEST_TIMEOUT
        }
        Err(CallError::Transport { error, .. }) => error.kind.may_have_been_done(),
        Err(_) => false,
    }
}
