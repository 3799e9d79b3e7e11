//! Metrics: a run ends with one request, of the present only, and metrics never make it another run.

mod alarms;
mod check;
mod refused;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use credential_audit::clock::{Clock, SystemClock};
use credential_audit::credential_type::{CredentialType, CredentialTypes};
use credential_audit::event::{AuditRequest, Effect};
use credential_audit::http::endpoint::Endpoint;
use credential_audit::model::Verdict;
use credential_audit::run::RunError;
use credential_audit::summary::{MetricsSkipReason, MetricsSummary, Summary};
use tenancy_sim::{
    Effect as SimEffect, Fault, Metric, Misbehavior, ResourceType, Service, Tenancy,
};

use crate::common::even_domain;
use crate::common::in_process::InProcess;

const NAMESPACE: &str = "credential_audit";

/// Posts metrics of the tenancy.
fn posting(tenancy: InProcess) -> InProcess {
    tenancy.set("AUDIT_METRICS_NAMESPACE", NAMESPACE)
}

fn small() -> InProcess {
    posting(InProcess::serve(
        Tenancy::empty().domain(even_domain("Default", 3, 2)),
    ))
}

/// Values by name, and by type for metrics that have one.
type Values = BTreeMap<(String, Option<String>), u64>;

/// The posted values. Asserts that each stream has one value, of the present, with the dimensions that it must have.
fn values(tenancy: &InProcess) -> Values {
    let mut values = Values::new();
    for metric in tenancy.sim.metrics() {
        assert_eq!(metric.namespace, NAMESPACE);
        assert_eq!(metric.compartment, tenancy.sim.tenancy());
        let Metric {
            name, dimensions, ..
        } = metric;
        assert_eq!(dimensions["tenancy"], tenancy.sim.tenancy());
        let credential_type = dimensions.get("type").cloned();
        assert_eq!(dimensions.len(), 1 + usize::from(credential_type.is_some()));
        let age = SystemClock.now() - metric.timestamp;
        assert!(age.abs() < TimeDelta::minutes(1), "{name}: {age}");
        let again = values.insert((name, credential_type), metric.value as u64);
        assert_eq!(again, None, "one value per stream");
    }
    values
}

fn value(values: &Values, name: &str, credential_type: Option<&str>) -> Option<u64> {
    let key = (name.to_owned(), credential_type.map(str::to_owned));
    values.get(&key).copied()
}

fn all(values: &Values, name: &str) -> Option<u64> {
    value(values, name, Some("all"))
}

/// The run alone.
fn of_run(values: &Values, name: &str) -> Option<u64> {
    value(values, name, None)
}

fn requests(tenancy: &InProcess) -> usize {
    tenancy.requests_to(Service::Monitoring)
}

/// Rows of the stored report of this type that have a value in a column.
fn rows_with(tenancy: &InProcess, credential_type: &str, column: &str, cell: &str) -> u64 {
    let rows = tenancy.credential_rows();
    let rows = rows
        .iter()
        .filter(|row| row["credential_type"] == credential_type && row[column] == cell);
    rows.count() as u64
}

#[tokio::test]
async fn complete_run_posts_what_it_counted_in_one_request_at_its_end() {
    let tenancy = posting(InProcess::generated(120, 7));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(requests(&tenancy), 1);
    let values = values(&tenancy);
    assert_eq!(values.len(), 42);
    let posted = Some(MetricsSummary::Posted(42));
    assert_eq!(summary.delivery.metrics, posted);
    let effects = tenancy.sim.effects();
    let last = effects.last().expect("effects");
    assert!(
        matches!(last, SimEffect::Measured { values: 42, .. }),
        "{last:?}"
    );

    assert_eq!(of_run(&values, "run"), Some(1));
    assert_eq!(of_run(&values, "complete"), Some(1));
    let actions = serde_json::to_value(&summary.run.actions).expect("JSON");
    let now = |names: &[&str]| -> u64 {
        let counts = names.iter().map(|name| actions[name]["now"].as_u64());
        counts.map(Option::unwrap_or_default).sum()
    };
    for (name, expected) in [
        ("to_rotate_now", now(&["rotate", "replace"])),
        ("to_remove_now", now(&["retire", "delete"])),
        (
            "to_review_now",
            now(&["review", "find_holder", "remove_admin_key"]),
        ),
        ("people", summary.run.people),
    ] {
        assert_eq!(of_run(&values, name), Some(expected), "{name}");
    }
    let by_administrators = tenancy.credential_rows();
    let by_administrators = by_administrators
        .iter()
        .filter(|row| row["urgency"] == "now" && row["user_admin"] == "true")
        .count() as u64;
    assert!(by_administrators > 0);
    assert_eq!(of_run(&values, "admin_now"), Some(by_administrators));

    for (name, expected) in [
        ("overdue", summary.run.overdue),
        ("due", summary.run.due),
        ("unknown", summary.run.unknown),
        ("not_read", 0),
    ] {
        assert_eq!(all(&values, name), Some(expected), "{name}");
    }
    let mut expired = 0;
    for credential_type in CredentialType::all().map(CredentialType::name) {
        for (name, column, cell) in [
            ("overdue", "state", "OVERDUE"),
            ("due", "state", "DUE"),
            ("unknown", "state", "UNKNOWN"),
            ("expired", "expiry_state", "EXPIRED"),
        ] {
            let rows = rows_with(&tenancy, credential_type, column, cell);
            let posted = value(&values, name, Some(credential_type));
            assert_eq!(posted, Some(rows), "{name} {credential_type}");
            expired += if name == "expired" { rows } else { 0 };
        }
        assert_eq!(value(&values, "not_read", Some(credential_type)), Some(0));
    }
    assert_eq!(all(&values, "expired"), Some(expired));
}

#[tokio::test]
async fn type_that_was_not_read_completely_is_left_out_and_not_zero() {
    let tenancy = small();
    let smtp = ResourceType::SmtpCredentials;
    tenancy
        .sim
        .misbehave("Default", smtp, Misbehavior::Deny(403));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Partial);
    let values = values(&tenancy);
    assert_eq!(of_run(&values, "run"), Some(1));
    assert_eq!(of_run(&values, "complete"), Some(0));
    let smtp = Some("smtp_credentials");
    for name in ["overdue", "due", "unknown", "expired"] {
        assert_eq!(value(&values, name, smtp), None, "{name}");
    }
    assert_eq!(value(&values, "not_read", smtp), Some(1));
    assert_eq!(all(&values, "not_read"), Some(1));
    let api_keys = Some("api_keys");
    assert_eq!(value(&values, "not_read", api_keys), Some(0));
    assert_eq!(value(&values, "overdue", api_keys), Some(6));
    // The sum of what was read.
    assert_eq!(all(&values, "overdue"), Some(summary.run.overdue));
    assert_eq!(values.len(), 42 - 4);
}

#[tokio::test]
async fn type_that_one_domain_of_two_refuses_is_left_out() {
    let domains = ["Default", "Other"].map(|name| even_domain(name, 1, 1));
    let tenancy = domains.into_iter().fold(Tenancy::empty(), Tenancy::domain);
    let tenancy = posting(InProcess::serve(tenancy));
    let keys = ResourceType::ApiKeys;
    tenancy.sim.misbehave("Other", keys, Misbehavior::Deny(403));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Partial);
    let values = values(&tenancy);
    assert_eq!(value(&values, "overdue", Some("api_keys")), None);
    assert_eq!(value(&values, "not_read", Some("api_keys")), Some(1));
    assert_eq!(value(&values, "overdue", Some("auth_tokens")), Some(2));
    assert_eq!(all(&values, "overdue"), Some(11));
}

#[tokio::test]
async fn types_that_the_settings_leave_out_have_no_metrics() {
    let tenancy = small().set("AUDIT_CREDENTIAL_TYPES", "api_keys,auth_tokens");
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    let values = values(&tenancy);
    assert_eq!(values.len(), 7 + 3 * 5);
    assert_eq!(value(&values, "not_read", Some("smtp_credentials")), None);
    assert_eq!(all(&values, "overdue"), Some(12));
}

#[tokio::test]
async fn run_that_read_nothing_posts_only_that_it_ran_and_is_not_complete() {
    let tenancy = small();
    let denied = Misbehavior::Deny(403);
    tenancy.sim.misbehave_everywhere("Default", denied);
    let result = tenancy.run().await;
    assert!(
        matches!(result, Err(RunError::NothingRead { .. })),
        "{result:?}"
    );
    let values = values(&tenancy);
    assert_eq!(values.len(), 2);
    assert_eq!(of_run(&values, "run"), Some(1));
    assert_eq!(of_run(&values, "complete"), Some(0));
    assert_eq!(tenancy.titles().len(), 1, "the digest is published as well");
}

#[tokio::test]
async fn run_that_cannot_be_delivered_posts_what_it_counted_and_is_not_complete() {
    for service in [Service::ObjectStorage, Service::Notifications] {
        let tenancy = small();
        tenancy.fault(Fault::status(404).service(service));
        let result = tenancy.run().await;
        assert!(matches!(result, Err(RunError::Delivery(_))), "{result:?}");
        let values = values(&tenancy);
        assert_eq!(values.len(), 42, "{service:?}");
        assert_eq!(of_run(&values, "complete"), Some(0), "{service:?}");
        assert_eq!(all(&values, "overdue"), Some(36), "{service:?}");
    }
}

/// Audits, and asserts that nothing was posted.
async fn without_metrics(tenancy: &InProcess, request: AuditRequest) -> Result<Summary, RunError> {
    let result = tenancy.run_as(request).await;
    assert_eq!(requests(tenancy), 0);
    result
}

#[tokio::test]
async fn run_of_another_time_scope_or_effect_posts_nothing() {
    let tenancy = small();
    let body = |text: &str| credential_audit::event::parse(text.as_bytes()).expect("a request");
    let url: Endpoint = Endpoint::parse(&tenancy.sim.domain_url("Default")).expect("a URL");
    let of_types = AuditRequest {
        credential_types: Some(CredentialTypes::EMPTY.with(CredentialType::ApiKeys)),
        ..AuditRequest::default()
    };
    let of_domains = AuditRequest {
        domain_urls: Some(vec![url]),
        ..AuditRequest::default()
    };
    let dry = AuditRequest {
        effect: Effect::DryRun,
        ..AuditRequest::default()
    };
    for (request, reason) in [
        (dry, MetricsSkipReason::DryRun),
        (
            body(r#"{"audit":{"as_of":"+30d"}}"#),
            MetricsSkipReason::AsOf,
        ),
        // Not even that of today: a run waits, and its time is not the one of its values.
        (
            body(r#"{"audit":{"as_of":"+0d"}}"#),
            MetricsSkipReason::AsOf,
        ),
        (
            body(r#"{"audit":{"as_of":"2026-01-15"}}"#),
            MetricsSkipReason::AsOf,
        ),
        (of_types, MetricsSkipReason::Scoped),
        (of_domains, MetricsSkipReason::Scoped),
    ] {
        let summary = without_metrics(&tenancy, request).await.expect("a summary");
        let skipped = Some(MetricsSummary::Skipped(reason));
        assert_eq!(summary.delivery.metrics, skipped);
    }
    let denied = Misbehavior::Deny(403);
    tenancy.sim.misbehave_everywhere("Default", denied);
    for body in [
        r#"{"audit":{"dry_run":true}}"#,
        r#"{"audit":{"as_of":"+1d"}}"#,
    ] {
        let request = credential_audit::event::parse(body.as_bytes()).expect("a request");
        let result = without_metrics(&tenancy, request).await;
        assert!(
            matches!(result, Err(RunError::NothingRead { .. })),
            "{body}"
        );
    }
}

#[tokio::test]
async fn without_a_namespace_there_is_no_request_and_no_field() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain("Default", 1, 1)));
    let summary = without_metrics(&tenancy, AuditRequest::default()).await;
    let summary = serde_json::to_value(summary.expect("a summary")).expect("JSON");
    assert_eq!(summary.get("metrics"), None);
}

#[tokio::test]
async fn no_metric_names_a_user() {
    let tenancy = posting(InProcess::generated(60, 3));
    tenancy.audit().await;
    let metrics = format!("{:?}", tenancy.sim.metrics());
    for user in tenancy.sim.directory("Default").users() {
        assert!(!metrics.contains(user.user_name()), "{}", user.user_name());
    }
}
