//! Checks Email Delivery, if the settings mail holders: on request, sends one mail headed TEST to the contact of the settings, or to the
//! sender. No other request shows whether that works. A run is complete without it.

use crate::config::MailEffect;
use crate::event::CheckMode;
use crate::http::retry::RetryRules;
use crate::oci::email::{EmailError, Submitted};
use crate::oci::service_error::cause_of;
use crate::report::holder_mail::{Contact, compose_test};
use crate::run::holder_mail::sender;
use crate::server_text::FailureText;

use super::context::Check;
use super::result::{CheckResult, Step, Subject};

/// What a tenancy without a name is called.
const ANY_TENANCY: &str = "OCI";

/// Sends a mail; nothing if the settings mail nobody.
pub(super) async fn check(check: &Check<'_>) -> Vec<Step> {
    let settings = check.settings.holder_mail.as_ref();
    let Some(settings) = settings.filter(|mail| mail.effect == MailEffect::Send) else {
        return Vec::new();
    };
    if check.mode == CheckMode::ReadOnly {
        let why = "a mail is sent only with `send`";
        return vec![Step::not_checked(Subject::SendMail, why)];
    }
    let to = match &settings.contact {
        Some(Contact::Address(address)) => address,
        Some(Contact::Page(_) | Contact::Words(_)) | None => &settings.sender,
    };
    let tenancy = check.settings.reading.tenancy_name.as_deref();
    let email = compose_test(tenancy.unwrap_or(ANY_TENANCY), to);
    let sender = sender(settings, check.client);
    let host = settings.sender.rsplit('@').next().unwrap_or_default();
    let id = format!("{}.check@{host}", check.plan.id);
    let sent = sender.submit(&email, &id, RetryRules::MAIL, check.step_deadline());
    vec![match sent.await {
        Ok(Submitted::Accepted) => Step::new(Subject::SendMail, CheckResult::Works)
            .with_detail(format!("{to} receives a mail headed TEST")),
        Ok(Submitted::Suppressed) => Step::new(Subject::SendMail, CheckResult::NotAccepted)
            .with_detail(format!("Email Delivery suppresses the address {to}")),
        Err(error) => failed(check, &error),
    }]
}

fn failed(check: &Check<'_>, error: &EmailError) -> Step {
    let result: CheckResult = match error {
        EmailError::NotFoundOrDenied(error) | EmailError::Refused(error) => error.cause().into(),
        EmailError::NoResponse(call) => cause_of(call).into(),
    };
    let mut step = Step::new(Subject::SendMail, result).with_detail(FailureText::of(error));
    if let Some(advice) = error.advice(check.place()) {
        step = step.and(&advice);
    }
    if let Some(statement) = error.statement() {
        step = step.with_statement(&statement, check.place());
    }
    step.and("a run does not need it, and then mails no holder")
}
