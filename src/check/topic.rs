//! Checks Notifications: on request, publishes a message. No other request shows whether that works.

use std::sync::Arc;

use crate::event::CheckMode;
use crate::iam_statement::Statement;
use crate::oci::notifications::{MALFORMED, PublishError, Topic};
use crate::oci::service_error::cause_of;
use crate::report::digest;
use crate::server_text::FailureText;

use super::context::Check;
use super::result::{CheckResult, Step, Subject};

/// Publishes a message headed TEST.
pub(super) async fn check(check: &Check<'_>) -> Step {
    let Some(settings) = &check.settings.topic else {
        return Step::not_checked(Subject::Publish, "AUDIT_TOPIC_ID is not set");
    };
    if check.mode == CheckMode::ReadOnly {
        return Step::not_checked(Subject::Publish, "a message is published only with `send`");
    }
    let topic = Topic {
        client: Arc::clone(check.client),
        endpoint: settings.endpoint.clone(),
        id: settings.id.clone(),
    };
    let message = digest::compose_test(&check.plan.id, check.plan.started);
    let repeat = message.as_repeat();
    let published = topic.publish(&message, &repeat, check.step_deadline());
    match published.await {
        Ok(id) => published_step(Subject::Publish, &id),
        Err(error) => failed(check, Subject::Publish, "AUDIT_TOPIC_ID", &error),
    }
}

/// A message was published.
pub(super) fn published_step(subject: Subject, id: &str) -> Step {
    Step::new(subject, CheckResult::Works).with_detail(format!(
        "message {id}; every confirmed subscription receives a mail headed TEST"
    ))
}

/// A message was not published to the topic that `named_by` names.
pub(super) fn failed(
    check: &Check<'_>,
    subject: Subject,
    named_by: &str,
    error: &PublishError,
) -> Step {
    let step =
        |result: CheckResult, detail: FailureText| Step::new(subject, result).with_detail(detail);
    let and_advice = |step: Step| match error.advice(check.place()) {
        Some(advice) => step.and(&advice),
        None => step,
    };
    match error {
        PublishError::NotFoundOrDenied { topic, error } => {
            let mut detail = FailureText::of(error);
            detail.push_str(&format!("; check {named_by} `{topic}`"));
            step(error.cause().into(), detail).with_statement(&Statement::Publish, check.place())
        }
        PublishError::Refused(refusal) => {
            and_advice(step(refusal.cause().into(), FailureText::of(refusal)))
        }
        PublishError::NoResponse(call) => {
            and_advice(step(cause_of(call).into(), call.to_string().into()))
        }
        PublishError::InvalidResponse => {
            and_advice(step(CheckResult::UnexpectedResponse, MALFORMED.into()))
        }
    }
}
