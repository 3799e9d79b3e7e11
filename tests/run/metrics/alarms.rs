//! The queries of the stack's alarms, against the metrics that runs post.

use credential_audit::metrics::MetricName;
use tenancy_sim::{Domain, Fault, Metric, Misbehavior, ResourceType, Service, Tenancy};

use super::{NAMESPACE, posting, small};
use crate::common::in_process::InProcess;
use crate::common::{even_domain, even_domain_since};

/// A part of a query: `overdue[1d]{tenancy = "..."}.max() > 0`.
#[derive(Debug)]
struct Condition {
    metric: String,
    interval: String,
    /// Key and value.
    dimension: (String, String),
    statistic: String,
    operator: String,
    limit: f64,
}

/// The queries of the alarms on our own metrics, by the name of their resource, as the stack writes them for this tenancy.
fn queries(tenancy: &str) -> Vec<(String, Vec<Condition>)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/terraform/observability.tf");
    let stack = std::fs::read_to_string(path).expect("the stack");
    let alarms = stack.split("resource \"oci_monitoring_alarm\" \"").skip(1);
    alarms
        .filter_map(|alarm| {
            let line = |name: &str| {
                let mut lines = alarm.lines().map(str::trim);
                let line = lines.find(|line| line.split(' ').next() == Some(name));
                line.and_then(|line| line.split_once("= "))
                    .map(|(_, value)| value)
            };
            if line("namespace")? != "var.metrics_namespace" {
                return None;
            }
            let query = line("query")?.trim_matches('"').replace("\\\"", "\"");
            let query = query.replace("${var.tenancy_ocid}", tenancy);
            let name = alarm.split('"').next().unwrap_or_default().to_owned();
            Some((name, query.split(" || ").map(condition).collect()))
        })
        .collect()
}

fn condition(text: &str) -> Condition {
    let parts = || {
        let (metric, rest) = text.split_once('[')?;
        let (interval, rest) = rest.split_once("]{")?;
        let (dimension, rest) = rest.split_once("}.")?;
        let (key, value) = dimension.split_once(" = ")?;
        let (statistic, rest) = rest.split_once("() ")?;
        let (operator, limit) = rest.split_once(' ')?;
        Some(Condition {
            metric: metric.to_owned(),
            interval: interval.to_owned(),
            dimension: (key.to_owned(), value.trim_matches('"').to_owned()),
            statistic: statistic.to_owned(),
            operator: operator.to_owned(),
            limit: limit.parse().ok()?,
        })
    };
    parts().unwrap_or_else(|| panic!("not the form of a condition: {text}"))
}

impl Condition {
    /// Whether it holds for these metrics. Without a value it does not.
    fn holds(&self, metrics: &[Metric]) -> bool {
        let (key, value) = &self.dimension;
        let values = metrics
            .iter()
            .filter(|metric| {
                metric.name == self.metric && metric.dimensions.get(key) == Some(value)
            })
            .map(|metric| metric.value);
        let value = match self.statistic.as_str() {
            "max" => values.reduce(f64::max),
            "min" => values.reduce(f64::min),
            other => panic!("unknown statistic {other}"),
        };
        value.is_some_and(|value| match self.operator.as_str() {
            ">" => value > self.limit,
            "<" => value < self.limit,
            other => panic!("unknown operator {other}"),
        })
    }
}

/// The names of the alarms that fire after the runs of this tenancy.
fn firing(tenancy: &InProcess) -> Vec<String> {
    let metrics = tenancy.sim.metrics();
    assert!(metrics.iter().all(|metric| metric.namespace == NAMESPACE));
    queries(tenancy.sim.tenancy())
        .into_iter()
        .filter(|(_, conditions)| conditions.iter().any(|one| one.holds(&metrics)))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn queries_name_metrics_and_dimensions_of_the_program() {
    let queries = queries("ocid1.tenancy.oc1..aaaa");
    let names: Vec<_> = queries.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["action", "incomplete"]);
    let known = MetricName::ALL.map(MetricName::name);
    for condition in queries.iter().flat_map(|(_, conditions)| conditions) {
        assert!(known.contains(&condition.metric.as_str()), "{condition:?}");
        assert_eq!(condition.interval, "1d", "{condition:?}");
        let (key, value) = &condition.dimension;
        assert_eq!(
            (key.as_str(), value.as_str()),
            ("tenancy", "ocid1.tenancy.oc1..aaaa")
        );
    }
}

#[tokio::test]
async fn nothing_to_do_fires_no_alarm() {
    let young = chrono::Utc::now().to_rfc3339();
    let domain = even_domain_since(&young, "Default", 2, 1);
    let tenancy = posting(InProcess::serve(Tenancy::empty().domain(domain)));
    tenancy.audit().await;
    assert_eq!(tenancy.sim.metrics().len(), 42);
    assert_eq!(firing(&tenancy), [""; 0]);
}

#[tokio::test]
async fn each_sort_of_work_fires_the_alarm_about_action() {
    let tenancy = small();
    tenancy.audit().await;
    assert_eq!(firing(&tenancy), ["action"]);
    for work in ["to_rotate_now", "to_remove_now", "to_review_now"] {
        let metrics: Vec<_> = tenancy.sim.metrics();
        let mut only: Vec<_> = metrics
            .into_iter()
            .filter(|metric| metric.name == work)
            .collect();
        only[0].value = 1.0;
        let queries = queries(tenancy.sim.tenancy());
        let (_, conditions) = &queries[0];
        assert!(conditions.iter().any(|one| one.holds(&only)), "{work}");
    }
}

#[tokio::test]
async fn partial_and_failed_runs_fire_the_alarm_about_them() {
    let partial = small();
    let keys = ResourceType::ApiKeys;
    partial
        .sim
        .misbehave("Default", keys, Misbehavior::Deny(403));
    partial.audit().await;
    assert_eq!(firing(&partial), ["action", "incomplete"]);

    let nothing_read = small();
    let denied = Misbehavior::Deny(403);
    nothing_read.sim.misbehave_everywhere("Default", denied);
    assert!(nothing_read.run().await.is_err());
    assert_eq!(firing(&nothing_read), ["incomplete"]);

    let tenancy = Tenancy::empty()
        .domain(Domain::named("Default"))
        .domain(even_domain("Other", 1, 1));
    let not_delivered = posting(InProcess::serve(tenancy));
    not_delivered.fault(Fault::status(404).service(Service::Notifications));
    assert!(not_delivered.run().await.is_err());
    assert!(firing(&not_delivered).contains(&"incomplete".to_owned()));
}

#[tokio::test]
async fn check_with_send_fires_no_alarm() {
    let tenancy = small();
    tenancy
        .check(credential_audit::event::CheckMode::Send)
        .await;
    assert_eq!(tenancy.sim.metrics().len(), 1);
    assert_eq!(firing(&tenancy), [""; 0]);
}
