//! A run whose metrics are refused is otherwise the same run.

use std::time::Duration;

use credential_audit::model::Verdict;
use credential_audit::summary::{MetricsFailure, MetricsFailureCause, MetricsSummary};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tenancy_sim::{Fault, Place, Quote, Service};

use super::{requests, small};
use crate::common::even_domain;
use crate::common::function::Function;
use crate::common::in_process::InProcess;
use tenancy_sim::Tenancy;

const STATEMENT: &str = "Allow dynamic-group <the function's group> to use metrics in compartment <the function's> where target.metrics.namespace='credential_audit'";

/// What a run found, stored and published, without what differs from run to run.
async fn trace(tenancy: &InProcess) -> (Value, Vec<String>, Vec<String>, Option<MetricsSummary>) {
    let summary = tenancy.audit().await;
    let mut run = serde_json::to_value(&summary.run).expect("JSON");
    for field in ["run_id", "as_of"] {
        run[field] = Value::Null;
    }
    for domain in run["domains"].as_array_mut().into_iter().flatten() {
        domain["url"] = Value::Null;
    }
    let names = |objects: &[credential_audit::summary::StoredObject]| {
        let names = objects
            .iter()
            .filter_map(|object| object.name.rsplit('/').next());
        let mut names: Vec<_> = names.map(str::to_owned).collect();
        names.sort();
        names
    };
    let objects = names(&summary.delivery.objects);
    (run, objects, tenancy.titles(), summary.delivery.metrics)
}

fn failure(metrics: Option<MetricsSummary>) -> MetricsFailure {
    match metrics {
        Some(MetricsSummary::Failed(failure)) => failure,
        other => panic!("expected a failure: {other:?}"),
    }
}

#[tokio::test]
async fn run_with_metrics_refused_is_otherwise_the_same_run() {
    use MetricsFailureCause::{InvalidResponse, NoResponse, PartlyRefused, Refused};
    let (run, objects, titles, _) = trace(&small()).await;
    let answered = |body: &str| Fault::status(200).body("application/json", body);
    let failed = |count: u64| {
        Fault::edit(move |body| {
            body["failedMetricsCount"] = json!(count);
            body["failedMetrics"] =
                json!([{"message": "jane.roe is not welcome", "metricData": {}}]);
        })
    };
    let faults = [
        ("401", Fault::status(401), Refused),
        ("403", Fault::status(403), Refused),
        ("404", Fault::status(404), Refused),
        ("400", Fault::status(400), Refused),
        ("500", Fault::status(500), Refused),
        ("throttled", Fault::status(429), Refused),
        ("a page", Fault::html(503), Refused),
        ("a page with success", Fault::html(200), InvalidResponse),
        (
            "a redirect",
            Fault::redirect(302, "https://example.com/"),
            Refused,
        ),
        ("some refused", failed(3), PartlyRefused),
        ("refused and not counted", failed(0), PartlyRefused),
        ("no count", answered("{}"), InvalidResponse),
        ("null", answered("null"), InvalidResponse),
        (
            "a negative count",
            answered(r#"{"failedMetricsCount":-1}"#),
            InvalidResponse,
        ),
        ("no body", answered(""), InvalidResponse),
        ("malformed", Fault::invalid_json(), InvalidResponse),
        (
            "own signature",
            Fault::echo(Quote::Signature, Place::Body),
            NoResponse,
        ),
        ("a reset", Fault::reset_before_answer(), NoResponse),
        ("no answer", Fault::hang(), NoResponse),
    ];
    // Concurrently, because some wait for seconds.
    join_all(faults.map(|(what, fault, cause)| {
        let (run, objects, titles) = (&run, &objects, &titles);
        async move {
            let tenancy = small().within(Duration::from_secs(30));
            tenancy.fault(fault.service(Service::Monitoring));
            let (other_run, other_objects, other_titles, metrics) = trace(&tenancy).await;
            assert!(requests(&tenancy) > 0, "{what}");
            assert_eq!(&other_run, run, "{what}");
            assert_eq!(&other_objects, objects, "{what}");
            assert_eq!(&other_titles, titles, "{what}");
            let failure = failure(metrics);
            assert_eq!(failure.cause, cause, "{what}: {}", failure.message);
            assert!(!failure.message.contains("jane.roe"), "{}", failure.message);
        }
        .boxed()
    }))
    .await;
}

#[tokio::test]
async fn missing_permission_names_the_statement() {
    let tenancy = small();
    tenancy.fault(Fault::status(404).service(Service::Monitoring));
    let failure = failure(tenancy.audit().await.delivery.metrics);
    assert_eq!(failure.cause, MetricsFailureCause::Refused);
    assert!(failure.message.contains(STATEMENT), "{}", failure.message);
}

#[tokio::test]
async fn some_refused_metrics_are_counted() {
    let tenancy = small();
    let edit = |body: &mut Value| body["failedMetricsCount"] = json!(3);
    tenancy.fault(Fault::edit(edit).service(Service::Monitoring));
    let failure = failure(tenancy.audit().await.delivery.metrics);
    let expected = "the service refused 3 of 42 metrics";
    assert_eq!(failure.message, expected);
}

#[tokio::test]
async fn metrics_leave_time_for_the_answer() {
    let limit = Duration::from_secs(3);
    let tenancy = small().within(limit);
    tenancy.fault(Fault::hang().service(Service::Monitoring));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert!(summary.delivery.elapsed_ms < limit.as_millis() as u64);
    let cause = failure(summary.delivery.metrics).cause;
    assert_eq!(cause, MetricsFailureCause::OutOfTime);
}

#[tokio::test]
async fn fault_of_a_moment_is_retried() {
    let tenancy = small();
    tenancy.fault(Fault::status(503).service(Service::Monitoring).first(1));
    let metrics = tenancy.audit().await.delivery.metrics;
    assert_eq!(metrics, Some(MetricsSummary::Posted(42)));
    assert_eq!(requests(&tenancy), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn function_logs_one_warning_and_answers_with_its_verdict() {
    let tenancy = Tenancy::empty().domain(even_domain("Default", 2, 1));
    let settings = [("AUDIT_METRICS_NAMESPACE", "credential_audit")];
    let function = Function::start(tenancy, &settings).await;
    function.fault(Fault::status(404).service(Service::Monitoring));
    let summary = function.summary("").await;
    assert_eq!(summary["verdict"], "COMPLETE");
    assert_eq!(summary["metrics"]["failed"]["cause"], "refused");
    let log = function.agent.stderr();
    let warnings: Vec<_> = log
        .lines()
        .filter(|line| line.contains("metrics not posted"))
        .collect();
    assert_eq!(warnings.len(), 1, "{log}");
    let warning: Value = serde_json::from_str(warnings[0]).expect("a JSON object per line");
    assert_eq!(warning["level"], "WARN", "{warning}");
    for part in ["status 404", STATEMENT] {
        assert!(warnings[0].contains(part), "{part}: {warning}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn function_posts_after_everything_else() {
    let tenancy = Tenancy::empty().domain(even_domain("Default", 2, 1));
    let settings = [
        ("AUDIT_METRICS_NAMESPACE", "credential_audit"),
        ("AUDIT_NOTIFY", "always"),
    ];
    let function = Function::start(tenancy, &settings).await;
    let summary = function.summary("").await;
    assert_eq!(summary["metrics"], json!({"posted": 42}));
    let effects = function.effects();
    let last = &effects[effects.len() - 3..];
    assert_eq!(last, ["publish", "delivered.json", "metrics"]);
}
