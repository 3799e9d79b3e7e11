//! The overview of real runs: eight shards of a tenancy show what one run shows, and a shard that failed is missing.

use std::time::Duration;

use credential_audit::event::AuditRequest;
use credential_audit::http::deadline::Deadline;
use credential_audit::run::fleet::run_fleet;
use serde_json::{Value, json};
use tenancy_sim::{Fault, Service};

use super::{NOW, forty_domains, of_shard};
use crate::changes::DailyRuns;

const HUB: &str = "fleet-hub";
/// After the runs of [`NOW`].
const LATER: &str = "2026-11-19T08:00:00Z";

/// The hub is a bucket of the same tenancy, so the function may read it too.
fn runs() -> DailyRuns {
    let settings = [("AUDIT_DOMAIN_URLS", ""), ("AUDIT_HUB_BUCKET", HUB)];
    let runs = DailyRuns::new(forty_domains(), &settings);
    let _created = runs.sim.bucket(HUB);
    runs
}

/// The only row of the overview.
async fn row(runs: &DailyRuns) -> Value {
    let request = AuditRequest {
        fleet: true,
        ..AuditRequest::default()
    };
    let deadline = Deadline::after(Duration::from_secs(60));
    let dependencies = runs.dependencies_at(LATER);
    let answer = run_fleet(&request, &runs.config(), &dependencies, deadline).await;
    let answer = serde_json::to_value(answer.expect("an overview")).expect("JSON");
    let rows = answer["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 1, "{answer:#}");
    rows[0].clone()
}

#[tokio::test]
async fn overview_of_eight_shards_has_the_figures_of_one_run() {
    let whole = runs();
    whole.invoke(NOW, &Value::Null).await.expect("a run");
    let one = row(&whole).await;
    assert_eq!(one["standing"], "complete", "{one:#}");
    assert_eq!(one["shards"], Value::Null, "{one:#}");
    assert!(
        one["figures"]["oldest_days"].as_u64() > Some(365),
        "{one:#}"
    );
    assert!(one["figures"]["to_rotate"].as_u64() > Some(10), "{one:#}");

    let divided = runs();
    for number in 1..=8 {
        let run = divided.invoke(NOW, &of_shard(number, 8)).await;
        run.expect("a run of a shard");
    }
    let eight = row(&divided).await;
    assert_eq!(eight["standing"], "complete", "{eight:#}");
    assert_eq!(eight["shards"], 8);
    assert_eq!(eight["figures"], one["figures"]);
}

#[tokio::test]
async fn shard_that_failed_is_missing_in_the_overview() {
    let runs = runs();
    for number in 1..=8 {
        if number == 3 {
            let refused = Fault::status(404).service(Service::IdentityDomain);
            runs.fault(refused);
        }
        let run = runs.invoke(NOW, &of_shard(number, 8)).await;
        assert_eq!(run.is_err(), number == 3, "{number}");
        runs.sim.faults().clear();
    }
    let row = row(&runs).await;
    assert_eq!(row["standing"], "shards_missing", "{row:#}");
    assert_eq!(row["missing_shards"], json!(["3/8"]));
    let message = runs.sim.messages().pop().expect("a digest");
    assert!(message.body.contains("shard 3/8: "), "{}", message.body);
}
