//! Checks Monitoring, if the settings name a namespace for metrics.
//!
//! No request asks whether a metric may be posted without posting one. So a check lists the metrics of the namespace: the
//! verb `use metrics` of the function's statement includes that (Oracle documentation, monitoringpolicyreference.htm). On
//! request, it posts one metric instead. A run can do without both.

use crate::event::CheckMode;
use crate::http::retry::RetryRules;
use crate::metrics::Streams;
use crate::oci::monitoring::{Monitoring, MonitoringError};
use crate::oci::service_error::cause_of;
use crate::run::metrics::{NO_COMPARTMENT, monitoring};
use crate::server_text::FailureText;
use crate::timestamp::Timestamp;

use super::context::Check;
use super::result::{CheckResult, Step, Subject};

/// Lists the metrics, or posts one; nothing without a namespace. `now` is the time of the clock.
pub(super) async fn check(check: &Check<'_>, now: Timestamp) -> Vec<Step> {
    let Some(settings) = &check.settings.metrics else {
        return Vec::new();
    };
    let Some(monitoring) = monitoring(settings, check.client) else {
        let why = format!("{NO_COMPARTMENT}; only the function's do");
        return vec![Step::not_checked(Subject::PostMetric, why)];
    };
    let (rules, deadline) = (RetryRules::CHECK, check.step_deadline());
    if check.mode == CheckMode::ReadOnly {
        let listed = monitoring.list(rules, deadline).await;
        let namespace = &monitoring.namespace;
        let listed = step(check, &monitoring, Subject::ListMetrics, listed, || {
            format!("namespace {namespace}; the statement that permits posting permits this too")
        });
        let why = "a metric is posted only with `send`";
        return vec![listed, Step::not_checked(Subject::PostMetric, why)];
    }
    let identity = check.client.identity().ok();
    let tenancy = identity.and_then(|identity| identity.tenancy.clone());
    let streams = Streams::of_check(tenancy.as_deref());
    let posted = monitoring.post(&streams, now, rules, deadline).await;
    let namespace = &monitoring.namespace;
    vec![step(
        check,
        &monitoring,
        Subject::PostMetric,
        posted,
        || format!("metric check in namespace {namespace}"),
    )]
}

fn step(
    check: &Check<'_>,
    monitoring: &Monitoring,
    subject: Subject,
    result: Result<(), MonitoringError>,
    detail: impl FnOnce() -> String,
) -> Step {
    let error = match result {
        Ok(()) => return Step::new(subject, CheckResult::Works).with_detail(detail()),
        Err(error) => error,
    };
    let result = match &error {
        MonitoringError::NotFoundOrDenied(error) | MonitoringError::Refused(error) => {
            error.cause().into()
        }
        MonitoringError::PartlyRefused { .. } => CheckResult::NotAccepted,
        MonitoringError::NoResponse(call) => cause_of(call).into(),
        MonitoringError::InvalidResponse => CheckResult::UnexpectedResponse,
    };
    let mut step = Step::new(subject, result).with_detail(FailureText::of(&error));
    if let Some(advice) = error.advice(check.place()) {
        step = step.and(&advice);
    }
    if let Some(statement) = error.statement(&monitoring.namespace) {
        step = step.with_statement(&statement, check.place());
    }
    step.and("a run does not need it, and then posts no metrics")
}
