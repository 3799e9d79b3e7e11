//! A hub that refuses, is slow, or is cut off: the run is as complete as without it, and the hub has nothing that is false.

use std::time::Duration;

use credential_audit::model::Verdict;
use serde_json::Value;
use tenancy_sim::{Fault, Service, Tenancy};

use super::hub::{BUCKET, NAMESPACE, with_hub};
use super::{NOW, one_small_domain};
use crate::common::in_process::InProcess;

fn at_hub(fault: Fault) -> Fault {
    fault
        .service(Service::ObjectStorage)
        .target_contains(NAMESPACE)
}

#[tokio::test]
async fn hub_that_refuses_costs_the_run_nothing() {
    for (status, cause) in [(404, "refused"), (403, "refused"), (409, "refused")] {
        let (runs, bucket) = with_hub(Tenancy::empty().domain(one_small_domain()));
        runs.fault(at_hub(Fault::status(status)));
        let summary = runs.invoke(NOW, &Value::Null).await.expect("a run");
        assert_eq!(summary.run.verdict, Verdict::Complete);
        assert_eq!(runs.sim.messages().len(), 1);
        assert!(runs.object(&summary.run.run_id, "delivered.json").is_some());
        let delivery = serde_json::to_value(&summary.delivery).expect("JSON");
        let failed = &delivery["hub"]["failed"];
        assert_eq!(failed["cause"], cause, "{status}: {failed}");
        let message = failed["message"].as_str().expect("a message");
        if status == 404 {
            assert!(
                message.contains("AUDIT_HUB_BUCKET `fleet-hub`"),
                "{message}"
            );
            assert!(
                message.contains("Endorse") && message.contains("Admit"),
                "{message}"
            );
        }
        assert!(!message.contains("AUDIT_BUCKET "), "{message}");
        assert!(bucket.names().is_empty());
    }
}

#[tokio::test]
async fn next_digest_says_that_a_run_is_not_in_the_hub() {
    let (runs, bucket) = with_hub(Tenancy::empty().domain(one_small_domain()));
    runs.fault(at_hub(Fault::status(404)));
    // Thursdays have a digest.
    let first = runs.on("2026-11-18").await;
    let id = first.summary["run_id"].as_str().expect("an id");
    let record = runs.object(id, "hub-failed.json").expect("a record");
    assert!(record.contains("\"cause\":\"refused\""), "{record}");
    runs.sim.faults().clear();
    let mail = runs.on("2026-11-19").await.mail.expect("a digest");
    let line = format!(
        "- the run of 2026-11-18, {id}, is not in the hub: hub-failed.json in its folder says why"
    );
    assert!(mail.contains(&line), "{mail}");
    assert_eq!(bucket.names().len(), 4);
    let mail = runs.on("2026-11-26").await.mail.expect("a digest");
    assert!(!mail.contains("hub"), "{mail}");
}

#[tokio::test]
async fn throttled_hub_is_tried_again() {
    let (runs, bucket) = with_hub(Tenancy::empty().domain(one_small_domain()));
    runs.fault(at_hub(Fault::status(429).first(2)));
    let summary = runs.invoke(NOW, &Value::Null).await.expect("a run");
    let delivery = serde_json::to_value(&summary.delivery).expect("JSON");
    assert!(delivery["hub"]["stored"].is_string(), "{delivery}");
    assert_eq!(bucket.names().len(), 4);
}

#[tokio::test]
async fn run_that_ends_between_two_objects_leaves_no_delivered_json() {
    for (refused, left) in [
        ("credentials.csv", 0),
        ("by-person.csv", 1),
        ("manifest.json", 2),
        ("delivered.json", 3),
    ] {
        let (runs, bucket) = with_hub(Tenancy::empty().domain(one_small_domain()));
        runs.fault(at_hub(Fault::status(403).target_ends_with(refused)));
        let summary = runs.invoke(NOW, &Value::Null).await.expect("a run");
        let delivery = serde_json::to_value(&summary.delivery).expect("JSON");
        assert!(
            delivery["hub"]["failed"].is_object(),
            "{refused}: {delivery}"
        );
        let names = bucket.names();
        assert_eq!(names.len(), left, "{refused}: {names:?}");
        assert!(!names.iter().any(|name| name.ends_with("delivered.json")));
    }
}

#[tokio::test]
async fn hub_that_does_not_answer_has_a_share_of_the_time_and_no_more() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(one_small_domain()))
        .set("AUDIT_HUB_NAMESPACE", NAMESPACE)
        .set("AUDIT_HUB_BUCKET", BUCKET)
        .within(Duration::from_secs(6));
    tenancy.fault(at_hub(Fault::hang()));
    let begun = std::time::Instant::now();
    let summary = tenancy.audit().await;
    assert!(begun.elapsed() < Duration::from_secs(6));
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(tenancy.titles().len(), 1);
    let delivery = serde_json::to_value(&summary.delivery).expect("JSON");
    assert_eq!(
        delivery["hub"]["failed"]["cause"], "out_of_time",
        "{delivery}"
    );
}
