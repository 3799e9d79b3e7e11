//! The check of metrics: it lists them, or on request posts one.

use credential_audit::check::result::{CheckReport, CheckResult, Step, Subject};
use credential_audit::check::text;
use credential_audit::event::CheckMode;
use credential_audit::model::Verdict;
use serde_json::{Value, json};
use tenancy_sim::{Effect, Fault, Service, Tenancy};

use super::{of_run, requests, small, values};
use crate::common::even_domain;
use crate::common::in_process::InProcess;

const STATEMENT: &str = "Allow dynamic-group <the function's group> to use metrics in compartment <the function's> where target.metrics.namespace='credential_audit'";

/// The steps about metrics.
fn steps(report: &CheckReport) -> Vec<&Step> {
    let is_metric = |step: &&Step| matches!(step.what, Subject::ListMetrics | Subject::PostMetric);
    report.checks.iter().filter(is_metric).collect()
}

fn results(report: &CheckReport) -> Vec<(Subject, CheckResult)> {
    let steps = steps(report).into_iter();
    steps.map(|step| (step.what, step.result)).collect()
}

#[tokio::test]
async fn check_lists_metrics_and_posts_none() {
    let tenancy = small();
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(report.verdict, Verdict::Complete);
    let expected = [
        (Subject::ListMetrics, CheckResult::Works),
        (Subject::PostMetric, CheckResult::NotChecked),
    ];
    assert_eq!(results(&report), expected);
    assert_eq!(requests(&tenancy), 1);
    assert_eq!(tenancy.sim.effects(), []);
    let text = text::render(&report);
    assert!(text.contains("\nMonitoring\n  List the metrics"), "{text}");
    assert!(
        text.contains("a metric is posted only with `send`"),
        "{text}"
    );
}

#[tokio::test]
async fn check_with_send_posts_one_metric() {
    let tenancy = small();
    let report = tenancy.check(CheckMode::Send).await;
    assert_eq!(report.verdict, Verdict::Complete);
    assert_eq!(
        results(&report),
        [(Subject::PostMetric, CheckResult::Works)]
    );
    let values = values(&tenancy);
    assert_eq!(values.len(), 1);
    assert_eq!(of_run(&values, "check"), Some(1));
    let measured = |effect: &&Effect| matches!(effect, Effect::Measured { values: 1, .. });
    assert_eq!(tenancy.sim.effects().iter().filter(measured).count(), 1);
}

#[tokio::test]
async fn missing_permission_is_refused_and_leaves_the_check_complete() {
    for (mode, subject) in [
        (CheckMode::ReadOnly, Subject::ListMetrics),
        (CheckMode::Send, Subject::PostMetric),
    ] {
        let tenancy = small();
        tenancy.fault(Fault::status(404).service(Service::Monitoring));
        let report = tenancy.check(mode).await;
        assert_eq!(report.verdict, Verdict::Complete, "a run can do without");
        let step = steps(&report)[0];
        assert_eq!((step.what, step.result), (subject, CheckResult::Refused));
        assert_eq!(step.statement.as_deref(), Some(STATEMENT));
        assert_eq!(report.statements, [STATEMENT]);
        let detail = step.detail.as_deref().unwrap_or_default();
        assert!(detail.contains("a run does not need it"), "{detail}");
        assert!(tenancy.sim.metrics().is_empty());
    }
}

#[tokio::test]
async fn each_failure_has_its_result() {
    let refuse = |body: &mut Value| body["failedMetricsCount"] = json!(1);
    for (fault, expected) in [
        (Fault::status(400), CheckResult::NotAccepted),
        (Fault::edit(refuse), CheckResult::NotAccepted),
        (Fault::html(200), CheckResult::UnexpectedResponse),
        (Fault::reset_before_answer(), CheckResult::Unreachable),
    ] {
        let tenancy = small();
        tenancy.fault(fault.service(Service::Monitoring));
        let report = tenancy.check(CheckMode::Send).await;
        assert_eq!(results(&report), [(Subject::PostMetric, expected)]);
        assert_eq!(report.verdict, Verdict::Complete);
    }
    let tenancy = small();
    tenancy.fault(Fault::html(200).service(Service::Monitoring));
    let report = tenancy.check(CheckMode::ReadOnly).await;
    let unexpected = (Subject::ListMetrics, CheckResult::UnexpectedResponse);
    assert_eq!(results(&report)[0], unexpected);
}

#[tokio::test]
async fn without_a_namespace_nothing_is_checked() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain("Default", 1, 1)));
    for mode in [CheckMode::ReadOnly, CheckMode::Send] {
        let report = tenancy.check(mode).await;
        assert_eq!(results(&report), []);
    }
    assert_eq!(requests(&tenancy), 0);
}
