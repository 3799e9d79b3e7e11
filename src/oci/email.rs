//! Email Delivery: submits a mail by a signed request, so no SMTP password exists.
//!
//! Source: `email_data_plane` of Oracle's Python SDK 2.189.0. The service has no retry token. So a mail is sent again only if it
//! was certainly not accepted: after a 429, or without a connection.

use std::fmt;
use std::sync::Arc;

use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::http::client::{CallError, CallRules, Content, Request, SignedClient};
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::retry::RetryRules;
use crate::iam_statement::Statement;
use crate::message::Email;
use crate::place::Place;
use crate::remedy::Remedy;

use super::service_error::ServiceError;

/// Max size of a response.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// An approved sender.
#[derive(Clone, Debug)]
pub struct MailSender {
    /// Signs and sends.
    pub client: Arc<SignedClient>,
    /// The endpoint of the region.
    pub endpoint: Endpoint,
    /// The address.
    pub address: String,
    /// OCID of its compartment.
    pub compartment: String,
    /// The address for answers, if the settings name one.
    pub reply_to: Option<String>,
}

/// Why a mail is not known to be accepted, by what the operator must do. Only the alternate form (`{:#}`) has the words of the
/// service.
#[derive(Debug)]
pub enum EmailError {
    /// The permission is missing, or the sender is not approved in the compartment.
    NotFoundOrDenied(ServiceError),
    /// The service refused the mail for another reason.
    Refused(ServiceError),
    /// No response.
    NoResponse(CallError),
}

impl fmt::Display for EmailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFoundOrDenied(error) | Self::Refused(error) => error.fmt(f),
            Self::NoResponse(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EmailError {}

impl EmailError {
    /// Whether no other mail of the run can be sent either.
    pub const fn holds_for_every_mail(&self) -> bool {
        matches!(
            self,
            Self::NotFoundOrDenied(_)
                | Self::NoResponse(CallError::OutOfTime(_) | CallError::StepOutOfTime { .. })
        )
    }

    /// The IAM statement that is probably missing.
    pub const fn statement(&self) -> Option<Statement> {
        match self {
            Self::NotFoundOrDenied(_) => Some(Statement::SendMail),
            Self::Refused(_) | Self::NoResponse(_) => None,
        }
    }

    /// What else the operator can do, as a clause.
    pub fn advice(&self, place: Place) -> Option<String> {
        match self {
            Self::NotFoundOrDenied(_) => Some(
                "check that AUDIT_HOLDER_MAIL_SENDER is an approved sender in AUDIT_HOLDER_MAIL_COMPARTMENT".to_owned(),
            ),
            Self::Refused(error) => {
                Remedy::of_refusal(error.cause()).map(|remedy| remedy.at(place))
            }
            Self::NoResponse(_) => Some("check AUDIT_EMAIL_ENDPOINT, and the network".to_owned()),
        }
    }
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// The service accepted it.
    Accepted,
    /// The service suppresses the address: mails to it bounced, or somebody complained.
    Suppressed,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubmitResult {
    #[serde(default)]
    suppressed_recipients: Vec<serde::de::IgnoredAny>,
}

impl MailSender {
    /// Submits a mail. `message_id` is its `Message-ID`, by which the service's logs name it.
    ///
    /// # Errors
    ///
    /// If the service is not known to have accepted it.
    pub async fn submit(
        &self,
        email: &Email,
        message_id: &str,
        retry: RetryRules,
        deadline: Deadline,
    ) -> Result<Submitted, EmailError> {
        let mut body = json!({
            "messageId": message_id,
            "sender": {
                "senderAddress": { "email": self.address },
                "compartmentId": self.compartment,
            },
            "recipients": { "to": [{ "email": email.to }] },
            "subject": email.subject,
            "bodyText": email.text,
            "bodyHtml": email.html,
        });
        if let Some(address) = &self.reply_to {
            body["replyTo"] = json!([{ "email": address }]);
        }
        let request = Request {
            method: Method::POST,
            content: Content::Json(body.to_string().into()),
            max_response_bytes: MAX_RESPONSE_BYTES,
            ..Request::get(
                self.endpoint.clone(),
                "/20220926/actions/submitEmail".to_owned(),
            )
        };
        let rules = CallRules {
            deadline,
            retry,
            rate_limiter: None,
            slots: None,
        };
        let call = self.client.send(&request, rules).await;
        // A response with our own header in it still says whether the mail was accepted.
        let call = call.or_else(CallError::into_response);
        let call = call.map_err(EmailError::NoResponse)?;
        if !call.response.status.is_success() {
            let error = ServiceError::from_response(&call);
            return Err(if error.lacks_permission() {
                EmailError::NotFoundOrDenied(error)
            } else {
                EmailError::Refused(error)
            });
        }
        let result = serde_json::from_slice::<SubmitResult>(&call.response.body);
        // The one recipient.
        let is_suppressed = result.is_ok_and(|result| !result.suppressed_recipients.is_empty());
        Ok(if is_suppressed {
            Submitted::Suppressed
        } else {
            Submitted::Accepted
        })
    }
}
