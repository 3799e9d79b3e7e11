//! Monitoring over a socket: what it keeps, and what it refuses.

use crate::caller::{Answer, Caller, unsigned};
use chrono::{SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use tenancy_sim::{Domain, Effect, Rejection, Tenancy, TenancySim};

fn start() -> TenancySim {
    Tenancy::empty()
        .domain(Domain::named("Default"))
        .start()
        .unwrap()
}

/// A timestamp this far from now.
fn at(offset: TimeDelta) -> String {
    (Utc::now() + offset).to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn metric(sim: &TenancySim, name: &str) -> Value {
    json!({
        "namespace": "credential_audit",
        "compartmentId": sim.tenancy(),
        "name": name,
        "dimensions": {"tenancy": sim.tenancy()},
        "datapoints": [{"timestamp": at(TimeDelta::zero()), "value": 3}],
    })
}

fn post(sim: &TenancySim, caller: &Caller, body: &Value) -> Answer {
    let url = format!("{}/20180401/metrics", sim.monitoring_endpoint());
    caller.post(&url, &body.to_string())
}

fn post_one(sim: &TenancySim, caller: &Caller, metric: &Value) -> Answer {
    post(sim, caller, &json!({ "metricData": [metric] }))
}

#[test]
fn posted_metrics_are_kept_and_listed() {
    let sim = start();
    let caller = Caller::of(&sim);
    let answer = post_one(&sim, &caller, &metric(&sim, "overdue"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["failedMetricsCount"], 0);
    let kept = sim.metrics();
    assert_eq!((kept[0].name.as_str(), kept[0].value), ("overdue", 3.0));
    assert_eq!(kept[0].dimensions["tenancy"], sim.tenancy());
    let measured = Effect::Measured {
        namespace: "credential_audit".to_owned(),
        values: 1,
    };
    assert_eq!(sim.effects(), [measured]);

    let list = |query: &str, body: &str| {
        let base = sim.monitoring_endpoint();
        let url = format!("{base}/20180401/metrics/actions/listMetrics{query}");
        caller.post(&url, body)
    };
    let query = format!("?compartmentId={}", sim.tenancy());
    let listed = list(&query, r#"{"namespace":"credential_audit"}"#).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["name"], "overdue");
    let other = list(&query, r#"{"namespace":"other"}"#).json();
    assert_eq!(other, json!([]));
    assert_eq!(list("", "{}").status, 400);
    assert_eq!(list("?compartmentId=elsewhere", "{}").status, 404);
}

#[test]
fn each_limit_is_enforced() {
    let sim = start();
    let caller = Caller::of(&sim);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut metric = metric(&sim, "overdue");
        change(&mut metric);
        metric
    };
    let set = |path: &str, value: Value| {
        changed(&|metric| *metric.pointer_mut(path).unwrap() = value.clone())
    };
    let added = |field: &str, value: Value| changed(&|metric| metric[field] = value.clone());
    let many: serde_json::Map<_, _> = (0..21)
        .map(|number| (format!("key-{number}"), json!("x")))
        .collect();
    for (metric, words) in [
        (
            set("/dimensions", json!({})),
            "dimensions can not be null or empty",
        ),
        (
            set("/dimensions", Value::Null),
            "dimensions can not be null or empty",
        ),
        (
            set("/dimensions", json!({"tenancy": ""})),
            "dimension value",
        ),
        (set("/dimensions", json!({"a key": "x"})), "dimension key"),
        (
            set("/dimensions", json!({"x": "y".repeat(513)})),
            "dimension value",
        ),
        (set("/dimensions", Value::Object(many)), "1 to 20"),
        (set("/namespace", json!("Credential_Audit")), "must match"),
        (set("/namespace", json!("credential-audit")), "must match"),
        (set("/namespace", json!("oci_audit")), "reserved"),
        (set("/namespace", json!("oracle_audit")), "reserved"),
        (set("/name", json!("_overdue")), "must match"),
        (set("/name", json!("")), "name can not be null or empty"),
        (set("/datapoints", json!([])), "datapoints can not be null"),
        (
            set("/datapoints/0/value", json!("3")),
            "value must be a number",
        ),
        (set("/datapoints/0/timestamp", json!("today")), "RFC 3339"),
        (
            set(
                "/datapoints/0/timestamp",
                json!(at(TimeDelta::minutes(-121))),
            ),
            "between 2 hours ago and 10 minutes from now",
        ),
        (
            set("/datapoints/0/timestamp", json!(at(TimeDelta::minutes(11)))),
            "between 2 hours ago and 10 minutes from now",
        ),
        (
            added("metadata", json!({"unit": "x".repeat(257)})),
            "metadata",
        ),
        (added("resourceGroup", json!("-")), "must match"),
    ] {
        let answer = post_one(&sim, &caller, &metric);
        assert_eq!(answer.status, 400, "{metric}");
        let message = answer.json()["message"].to_string();
        assert!(message.contains(words), "{words}: {message}");
    }
    let elsewhere = set("/compartmentId", json!("ocid1.compartment.oc1..nowhere"));
    assert_eq!(post_one(&sim, &caller, &elsewhere).status, 404);
    assert!(sim.metrics().is_empty());
}

#[test]
fn fifty_streams_fit_in_a_request_and_one_more_does_not() {
    let sim = start();
    let caller = Caller::of(&sim);
    let streams = |count: usize| {
        let metrics = (0..count).map(|number| metric(&sim, &format!("metric{number}")));
        post(
            &sim,
            &caller,
            &json!({ "metricData": metrics.collect::<Vec<_>>() }),
        )
    };
    assert_eq!(streams(50).status, 200);
    assert_eq!(streams(0).status, 400);
    let refused = streams(51);
    assert_eq!(refused.status, 400);
    let message = refused.json()["message"].to_string();
    assert!(message.contains("The valid range is 1 to 50"), "{message}");
    assert_eq!(sim.metrics().len(), 50);
}

#[test]
fn some_invalid_metrics_are_counted_inside_a_success() {
    let sim = start();
    let caller = Caller::of(&sim);
    let mut invalid = metric(&sim, "due");
    invalid["dimensions"] = json!({});
    let metrics = json!([metric(&sim, "overdue"), invalid]);
    let atomic = json!({ "metricData": metrics, "batchAtomicity": "ATOMIC" });
    assert_eq!(post(&sim, &caller, &atomic).status, 400);
    assert!(sim.metrics().is_empty());
    let answer = post(&sim, &caller, &json!({ "metricData": metrics }));
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["failedMetricsCount"], 1);
    assert_eq!(body["failedMetrics"][0]["metricData"]["name"], "due");
    assert_eq!(sim.metrics().len(), 1);
}

#[test]
fn unsigned_request_is_refused() {
    let sim = start();
    let url = format!("{}/20180401/metrics", sim.monitoring_endpoint());
    assert_eq!(unsigned(&url).status, 401);
    assert_eq!(sim.totals().rejections[&Rejection::Unsigned], 1);
}
