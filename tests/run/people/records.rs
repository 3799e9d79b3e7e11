//! Records of earlier mails that no run stored, and runs at the same time.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tenancy_sim::{Tenancy, User};

use crate::changes::DailyRuns;

use super::{domain, mailed, mailing};

fn runs(people: usize) -> DailyRuns {
    let users = (0..people).map(|number| User::named(&format!("user-{number:03}@example.com")));
    mailing(Tenancy::empty().domain(domain("Default", users)))
}

fn place(runs: &DailyRuns, name: &str, body: impl Into<Vec<u8>>, created: &str) {
    let created: DateTime<Utc> = created.parse().expect("an instant");
    let bucket = runs.sim.bucket(runs.sim.bucket_name());
    bucket.place(name, "application/json", body.into(), created);
}

/// The full name and the content of the first record of a run.
fn record(runs: &DailyRuns, run_id: &Value) -> (String, Value) {
    let end = format!("/{}/mailed-1.json", run_id.as_str().expect("an id"));
    let objects = runs.sim.bucket(runs.sim.bucket_name()).objects();
    let (name, object) = objects
        .iter()
        .find(|(name, _)| name.ends_with(&end))
        .expect("a record");
    let record = serde_json::from_slice(&object.body).expect("JSON");
    (name.clone(), record)
}

#[tokio::test]
async fn records_for_days_to_come_and_over_keep_nobody_from_a_mail() {
    let runs = runs(3);
    let day = runs.on("2026-11-17").await;
    let (_, genuine) = record(&runs, &day.summary["run_id"]);
    runs.sim.clear_emails();
    // Somebody who may write today: as if everybody were mailed on each coming day, and on the days before.
    for day in 1..=30 {
        let (run, at) = (
            format!("202611{day:02}T000001Z-00000{}", day % 10),
            format!("2026-11-{day:02}T00:00:01Z"),
        );
        let mut forged = genuine.clone();
        forged["run_id"] = json!(run);
        forged["at"] = json!(at);
        let name = format!("credential-audit/2026/11/{day:02}/{run}/mailed-1.json");
        let created = if day == 17 {
            at
        } else {
            "2026-11-17T07:00:00Z".to_owned()
        };
        place(&runs, &name, forged.to_string(), &created);
    }
    // Nothing is new on Wednesday; Thursday is the weekday.
    runs.on("2026-11-18").await;
    assert!(mailed(&runs).is_empty());
    runs.on("2026-11-19").await;
    assert_eq!(mailed(&runs).len(), 3);
}

#[tokio::test]
async fn records_that_no_run_stores_are_ignored() {
    let runs = runs(3);
    let day = runs.on("2026-11-17").await;
    let (name, genuine) = record(&runs, &day.summary["run_id"]);
    let created = "2026-11-17T06:00:05Z";
    let many: Vec<_> = (0..25_000).map(|number| number.to_string()).collect();
    let mut of_many = genuine.clone();
    of_many["mails"][0]["users"] = json!(many);
    let mut of_another = genuine.clone();
    of_another["run_id"] = json!("20261117T060000Z-ffffff");
    for (number, body) in [
        (2, vec![b' '; 1024 * 1024 + 1]),
        (3, of_many.to_string().into_bytes()),
        (4, of_another.to_string().into_bytes()),
        (5, b"[".repeat(100_000)),
        (51, genuine.to_string().into_bytes()),
    ] {
        let name = name.replace("mailed-1", &format!("mailed-{number}"));
        place(&runs, &name, body, created);
    }
    runs.sim.clear_emails();
    runs.on("2026-11-18").await;
    assert!(mailed(&runs).is_empty());
    runs.on("2026-11-19").await;
    assert_eq!(mailed(&runs).len(), 3);
}

#[tokio::test]
async fn planted_records_hide_no_genuine_one() {
    let runs = runs(3);
    runs.on("2026-11-17").await;
    runs.sim.clear_emails();
    for run in 0..30 {
        for number in 1..=50 {
            let name = format!(
                "credential-audit/2026/11/18/20261118T0559{run:02}Z-ffffff/mailed-{number}.json"
            );
            place(&runs, &name, "x", "2026-11-18T05:59:59Z");
        }
    }
    runs.on("2026-11-18").await;
    assert!(mailed(&runs).is_empty(), "{:?}", mailed(&runs));
}

#[tokio::test]
async fn records_that_were_stored_after_their_day_use_up_no_bound() {
    let runs = runs(3);
    // More than runs of forty days make, all stored today.
    for run in 0..100 {
        let (day, second) = (1 + run % 16, run % 60);
        for number in 1..=50 {
            let name = format!(
                "credential-audit/2026/11/{day:02}/202611{day:02}T0600{second:02}Z-{run:06}/mailed-{number}.json"
            );
            place(&runs, &name, "x", "2026-11-17T05:00:00Z");
        }
    }
    runs.on("2026-11-17").await;
    assert_eq!(mailed(&runs).len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_at_the_same_time_mail_nobody_twice() {
    let runs = runs(40);
    runs.sim.faults().set_latency(Duration::from_millis(5));
    let now = "2026-11-19T06:00:00Z";
    let (one, other) = tokio::join!(
        runs.invoke(now, &Value::Null),
        runs.invoke(now, &Value::Null)
    );
    one.expect("a run");
    other.expect("a run");
    let mut times = BTreeMap::new();
    for to in mailed(&runs) {
        *times.entry(to).or_insert(0) += 1;
    }
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    // Nobody waits longer than until the next weekday.
    runs.on("2026-11-26").await;
    for to in mailed(&runs) {
        times.entry(to).or_insert(0);
    }
    assert_eq!(times.len(), 40);
}
