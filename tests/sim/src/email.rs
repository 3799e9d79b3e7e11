//! Email Delivery: SubmitEmail, by which a signed request sends one mail.
//!
//! Source of names and shapes: `email_data_plane` of Oracle's Python SDK 2.189.0. Max size: Oracle's page about the limits of
//! Email Delivery. Not documented are the responses to an unapproved sender and to too many mails: they follow the other
//! services. The rate limit is off until a test sets it.

use crate::journal::{Effect, Journal};
use crate::reply::Reply;
use crate::wire::Request;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Max size of a mail with all its parts.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Max recipients of a mail.
const MAX_RECIPIENTS: usize = 50;

/// A mail that the service accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The sender's address.
    pub sender: String,
    /// The compartment of the approved sender.
    pub compartment: String,
    /// The addresses of `to`, `cc` and `bcc` that are not suppressed.
    pub recipients: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: Option<String>,
    /// The HTML.
    pub html: Option<String>,
    /// The addresses of `replyTo`.
    pub reply_to: Vec<String>,
    /// The header `Message-ID`.
    pub message_id: String,
    /// When the service accepted it.
    pub accepted: DateTime<Utc>,
}

/// Approved senders, suppressed recipients, and what was accepted.
#[derive(Debug)]
pub(crate) struct EmailDelivery {
    /// Compartment and address.
    senders: Vec<(String, String)>,
    state: Mutex<Sent>,
}

#[derive(Debug, Default)]
struct Sent {
    suppressed: Vec<String>,
    per_minute: Option<usize>,
    recent: VecDeque<DateTime<Utc>>,
    emails: Vec<Email>,
}

impl EmailDelivery {
    pub(crate) fn new(senders: Vec<(String, String)>) -> Self {
        Self {
            senders,
            state: Mutex::default(),
        }
    }

    pub(crate) fn emails(&self) -> Vec<Email> {
        self.state().emails.clone()
    }

    pub(crate) fn clear(&self) {
        self.state().emails.clear();
    }

    pub(crate) fn suppress(&self, address: &str) {
        self.state().suppressed.push(address.to_lowercase());
    }

    pub(crate) fn limit(&self, per_minute: Option<usize>) {
        self.state().per_minute = per_minute;
    }

    fn state(&self) -> MutexGuard<'_, Sent> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn answer(&self, request: &Request, journal: &Journal, now: DateTime<Utc>) -> Reply {
        if (request.method.as_str(), request.path()) != ("POST", "/20220926/actions/submitEmail") {
            return not_found();
        }
        if request.body.len() > MAX_BYTES {
            return Reply::oci_error(413, "PayloadTooLarge", "The mail is larger than 2 MB.");
        }
        let submitted = match serde_json::from_slice::<Json>(&request.body) {
            Ok(body) => submitted(&body),
            Err(error) => Err(format!("The body is not JSON: {error}")),
        };
        let mut email = match submitted {
            Ok(email) => email,
            Err(message) => return Reply::oci_error(400, "InvalidParameter", &message),
        };
        let is_approved = |(compartment, address): &(String, String)| {
            *compartment == email.compartment && address.eq_ignore_ascii_case(&email.sender)
        };
        if !self.senders.iter().any(is_approved) {
            return not_found();
        }
        let mut state = self.state();
        if !state.admit(now) {
            return Reply::oci_error(
                429,
                "TooManyRequests",
                "Too many requests for the user or tenancy.",
            );
        }
        let number = state.emails.len();
        if email.message_id.is_empty() {
            let id = crate::tenancy::id_from_text(&format!("mail/{number}"));
            email.message_id = format!("{id}@submit.example.com");
        }
        email.accepted = now;
        let (suppressed, others) = std::mem::take(&mut email.recipients)
            .into_iter()
            .partition(|address| state.suppressed.contains(&address.to_lowercase()));
        let suppressed: Vec<String> = suppressed;
        email.recipients = others;
        let answer = json!({
            "messageId": email.message_id,
            "envelopeId": crate::tenancy::id_from_text(&format!("envelope/{number}")),
            "suppressedRecipients": suppressed.iter().map(|email| json!({ "email": email })).collect::<Vec<_>>(),
        });
        if !email.recipients.is_empty() {
            journal.effect(Effect::Mailed {
                recipients: email.recipients.clone(),
                message_id: email.message_id.clone(),
            });
            state.emails.push(email);
        }
        drop(state);
        Reply::json(200, &answer)
    }
}

impl Sent {
    /// Whether one more mail fits in the last minute.
    fn admit(&mut self, now: DateTime<Utc>) -> bool {
        let Some(limit) = self.per_minute else {
            return true;
        };
        while (self.recent.front()).is_some_and(|first| now - *first >= TimeDelta::minutes(1)) {
            self.recent.pop_front();
        }
        let fits = self.recent.len() < limit;
        if fits {
            self.recent.push_back(now);
        }
        fits
    }
}

/// The mail that a body describes.
///
/// # Errors
/// The reason of the refusal.
fn submitted(body: &Json) -> Result<Email, String> {
    let text = |field: &str| {
        let text = body.get(field).and_then(Json::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let sender = body.get("sender").ok_or("sender can not be null")?;
    let compartment = sender.get("compartmentId").and_then(Json::as_str);
    let compartment = compartment
        .filter(|id| id.starts_with("ocid1."))
        .ok_or("sender.compartmentId must be an OCID")?;
    let address = sender
        .get("senderAddress")
        .ok_or("sender.senderAddress can not be null")?;
    let recipients = body.get("recipients").ok_or("recipients can not be null")?;
    let mut all = Vec::new();
    for field in ["to", "cc", "bcc"] {
        all.extend(addresses(recipients, field)?);
    }
    if !(1..=MAX_RECIPIENTS).contains(&all.len()) {
        return Err("The valid range is 1 to 50 for recipients.".to_owned());
    }
    let subject = text("subject").ok_or("subject can not be null or empty")?;
    if subject.chars().any(char::is_control) {
        return Err("subject must be one line".to_owned());
    }
    let (plain, html) = (text("bodyText"), text("bodyHtml"));
    if plain.is_none() && html.is_none() {
        return Err("Either bodyText or bodyHtml must be provided.".to_owned());
    }
    let message_id = text("messageId").unwrap_or_default();
    if !message_id.is_empty() && !is_address(&message_id) {
        return Err("messageId must be a Message-ID of RFC 5322".to_owned());
    }
    Ok(Email {
        sender: checked(address)?,
        compartment: compartment.to_owned(),
        recipients: all,
        subject,
        text: plain,
        html,
        reply_to: addresses(body, "replyTo")?,
        message_id,
        accepted: DateTime::UNIX_EPOCH,
    })
}

/// The addresses of an optional list.
fn addresses(of: &Json, field: &str) -> Result<Vec<String>, String> {
    match of.get(field) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(list)) => list.iter().map(checked).collect(),
        Some(_) => Err(format!("{field} must be a list")),
    }
}

/// The address of an `EmailAddress`.
fn checked(address: &Json) -> Result<String, String> {
    let email = address.get("email").and_then(Json::as_str);
    email
        .filter(|email| is_address(email))
        .map(str::to_owned)
        .ok_or_else(|| "email must be an ASCII address".to_owned())
}

fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    text.bytes().all(|byte| byte.is_ascii_graphic())
        && text.len() <= 320
        && !text.contains(['<', '>', ',', ';'])
        && parts.is_some_and(|(local, host)| {
            !local.is_empty() && !host.is_empty() && !host.contains('@')
        })
}

fn not_found() -> Reply {
    Reply::oci_error(
        404,
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
    )
}
