//! A shard has a history of its own.

use credential_audit::summary::Summary;
use serde_json::Value;
use tenancy_sim::{Credential, ResourceType, Tenancy, User};

use super::{of_shard, one_small_domain, runs};
use crate::changes::DailyRuns;

async fn on(runs: &DailyRuns, day: &str, body: &Value) -> Summary {
    let summary = runs.invoke(&format!("{day}T06:00:00Z"), body).await;
    summary.expect("a run")
}

fn comparison(runs: &DailyRuns, summary: &Summary) -> Value {
    let manifest = runs.object(&summary.run.run_id, "manifest.json");
    let manifest: Value = serde_json::from_str(&manifest.expect("a manifest")).expect("JSON");
    manifest["comparison"].clone()
}

#[tokio::test]
async fn shard_is_compared_with_its_own_runs_alone() {
    let runs = runs(Tenancy::empty().domain(one_small_domain()));
    let whole = on(&runs, "2026-11-16", &Value::Null).await;
    let first = on(&runs, "2026-11-17", &of_shard(1, 1)).await;
    let none = comparison(&runs, &first);
    assert!(none["not_possible"].is_string(), "{none}");

    let user = User::named("new@example.com");
    runs.sim.change("Default", |directory| {
        let key = Credential::of(&user, ResourceType::ApiKeys, 0, "2020-02-02T00:00:00Z");
        directory.add_credential(key);
    });
    let second = on(&runs, "2026-11-18", &of_shard(1, 1)).await;
    let made = &comparison(&runs, &second)["made"];
    assert_eq!(made["baseline"], Value::from(first.run.run_id));
    assert_eq!(made["new"], 1);

    let whole_again = on(&runs, "2026-11-18", &Value::Null).await;
    let made = &comparison(&runs, &whole_again)["made"];
    assert_eq!(made["baseline"], Value::from(whole.run.run_id));
    assert_eq!(made["new"], 1);
}

#[tokio::test]
async fn run_below_the_folder_of_a_shard_is_not_its_baseline() {
    let mut runs = runs(Tenancy::empty().domain(one_small_domain()));
    runs.set("AUDIT_OBJECT_PREFIX", "credential-audit/shard-1-of-1/");
    on(&runs, "2026-11-17", &Value::Null).await;
    runs.set("AUDIT_OBJECT_PREFIX", "");
    let shard = on(&runs, "2026-11-18", &of_shard(1, 1)).await;
    let none = comparison(&runs, &shard);
    assert!(none["not_possible"].is_string(), "{none}");
}
