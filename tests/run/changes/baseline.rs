//! Which earlier run a run is compared with.

use crate::common::even_domain;
use crate::common::invariants::sha256;
use chrono::DateTime;
use credential_audit::model::Verdict;
use serde_json::{Value, json};
use tenancy_sim::{Permission, Tenancy};

use super::{DailyRuns, Day, tenancy};

#[tokio::test]
async fn what_if_run_does_not_change_the_next_comparison() {
    let runs = DailyRuns::new(tenancy(), &[]);
    runs.on("2026-11-20").await;
    for as_of in [
        "2026-11-20T09:00:00Z",
        "2026-12-31T00:00:00Z",
        "2026-11-10T00:00:00Z",
    ] {
        let body = json!({"audit": {"as_of": as_of}});
        runs.invoke("2026-11-20T12:00:00Z", &body)
            .await
            .expect("a run");
    }
    let messages = runs.sim.messages();
    let what_if = &messages.last().expect("a message").body;
    assert!(!what_if.is_empty());
    let second = runs.on("2026-11-21").await;
    assert_eq!((second.counts(), &second.mail), ([0, 0, 2, 0], &None));
}

#[tokio::test]
async fn what_if_run_is_compared_with_the_daily_run_before_it() {
    let runs = DailyRuns::new(tenancy(), &[]);
    runs.on("2026-11-20").await;
    let body = json!({"audit": {"as_of": "2026-12-20T00:00:00Z"}});
    runs.invoke("2026-11-20T12:00:00Z", &body)
        .await
        .expect("a run");
    let what_if = runs.sim.messages().pop().expect("a mail").body;
    assert!(
        what_if.contains("Since Friday 2026-11-20: 0 new, 1 escalated, 0 fixed."),
        "{what_if}"
    );
}

#[tokio::test]
async fn run_with_another_scope_is_not_a_baseline() {
    let mut runs = DailyRuns::new(tenancy(), &[]);
    runs.on("2026-11-20").await;
    let body = json!({"audit": {"credential_types": ["api_keys"]}});
    runs.invoke("2026-11-20T12:00:00Z", &body)
        .await
        .expect("a run");
    let url = runs.sim.domain_url("Default");
    let body = json!({"audit": {"domain_urls": [url]}});
    runs.invoke("2026-11-20T13:00:00Z", &body)
        .await
        .expect("a run");
    let second = runs.on("2026-11-21").await;
    assert_eq!((second.counts(), &second.mail), ([0, 0, 2, 0], &None));
    runs.set("AUDIT_ROTATION_DAYS_DB_CREDENTIALS", "80");
    let other_limits = runs.on("2026-11-22").await;
    assert!(
        other_limits.mail().contains("No comparison: "),
        "{}",
        other_limits.mail()
    );
}

#[tokio::test]
async fn baseline_search_ends_after_forty_days() {
    let runs = DailyRuns::new(tenancy(), &[]);
    runs.on("2026-11-20").await;
    runs.sim.reset_journal();
    let reached = runs.on("2026-12-29").await;
    assert!(
        reached.mail().contains("Since Friday 2026-11-20: "),
        "{}",
        reached.mail()
    );
    let lists = |runs: &DailyRuns| {
        let requests = runs.sim.requests();
        let lists = requests
            .iter()
            .filter(|request| request.target.contains("delimiter="));
        lists.count()
    };
    assert_eq!(lists(&runs), 4, "two months, one day, one run");
    let runs = DailyRuns::new(tenancy(), &[]);
    runs.on("2026-11-20").await;
    let out_of_reach = runs.on("2026-12-30").await;
    assert!(
        out_of_reach
            .mail()
            .contains("No comparison: no earlier run"),
        "{}",
        out_of_reach.mail()
    );
}

#[tokio::test]
async fn refused_bucket_prevents_only_the_comparison() {
    for (permission, statement) in [
        (Permission::List, "to inspect objects in compartment"),
        (Permission::Read, "to manage objects in compartment"),
    ] {
        let runs = DailyRuns::new(tenancy(), &[]);
        runs.on("2026-11-20").await;
        let bucket = runs.sim.bucket(runs.sim.bucket_name());
        bucket.refuse(permission);
        let refused = runs.on("2026-11-21").await;
        assert_eq!(refused.verdict, "COMPLETE");
        assert!(
            refused.mail().contains("No comparison: "),
            "{}",
            refused.mail()
        );
        assert!(refused.mail().contains(statement), "{}", refused.mail());
        assert!(refused.manifest["comparison"]["not_possible"].is_string());
        bucket.grant(permission);
        assert_eq!(runs.on("2026-11-22").await.counts(), [0, 0, 2, 0]);
    }
}

/// Changes the findings and the manifest of a run, as somebody with write access to the bucket could.
fn tamper(runs: &DailyRuns, day: &Day, findings: Option<&str>, change: impl FnOnce(&mut Value)) {
    let bucket = runs.sim.bucket(runs.sim.bucket_name());
    let run_id = day.manifest["run_id"].as_str().expect("an id");
    let name = |end: &str| {
        let end = format!("/{run_id}/{end}");
        let names = bucket.names();
        names
            .into_iter()
            .find(|name| name.ends_with(&end))
            .expect("an object")
    };
    let mut manifest = day.manifest.clone();
    if let Some(findings) = findings {
        let name = name("findings.jsonl");
        let objects = manifest["objects"].as_array_mut().expect("objects");
        let object = objects
            .iter_mut()
            .find(|object| object["name"] == json!(name));
        let object = object.expect("findings.jsonl");
        object["bytes"] = json!(findings.len());
        object["sha256"] = json!(sha256(findings.as_bytes()));
        bucket.place(
            &name,
            "application/x-ndjson",
            findings.to_owned(),
            DateTime::UNIX_EPOCH,
        );
    }
    change(&mut manifest);
    bucket.place(
        &name("manifest.json"),
        "application/json",
        manifest.to_string(),
        DateTime::UNIX_EPOCH,
    );
}

fn findings_of(manifest: &mut Value) -> &mut Value {
    let objects = manifest["objects"].as_array_mut().expect("objects");
    let is_findings = |object: &&mut Value| {
        object["name"]
            .as_str()
            .is_some_and(|name| name.ends_with("findings.jsonl"))
    };
    objects
        .iter_mut()
        .find(is_findings)
        .expect("findings.jsonl")
}

#[tokio::test]
async fn tampered_run_is_not_a_baseline() {
    let foreign = r#"{"credential_id":"a","domain":"D","domain_url":"https://elsewhere.example.com","credential_type":"api_keys","state":"DUE","expiry_state":null,"marks":[],"urgency":"week"}"#;
    let endless = "x".repeat(64 * 1024 + 1);
    /// Changed findings, a change of the manifest, and the reason that the mail names.
    type Case<'a> = (Option<&'a str>, fn(&mut Value), &'a str);
    let cases: [Case<'_>; 5] = [
        (
            None,
            |manifest| findings_of(manifest)["bytes"] = json!(1),
            "there are more than 1 bytes",
        ),
        (
            None,
            |manifest| findings_of(manifest)["bytes"] = json!(1_u64 << 40),
            "there are more than 1073741824 bytes",
        ),
        (
            Some("\n"),
            |_| {},
            "is not what its run stored: line 1 is malformed",
        ),
        (
            Some(&format!("{foreign}\n")),
            |_| {},
            "is not what its run stored: line 1: its domain was not read in that run",
        ),
        (
            Some(&endless),
            |_| {},
            "is not what its run stored: line 1 has more than 65536 bytes",
        ),
    ];
    for (findings, change, why) in cases {
        let runs = DailyRuns::new(tenancy(), &[]);
        let first = runs.on("2026-11-20").await;
        tamper(&runs, &first, findings, change);
        let next = runs.on("2026-11-21").await;
        assert_eq!(next.verdict, "COMPLETE");
        assert!(next.mail().contains(why), "{why}: {}", next.mail());
    }
    let runs = DailyRuns::new(tenancy(), &[]);
    let first = runs.on("2026-11-20").await;
    let emptied = |manifest: &mut Value| findings_of(manifest)["sha256"] = json!("0".repeat(64));
    tamper(&runs, &first, None, emptied);
    let next = runs.on("2026-11-21").await;
    assert!(
        next.mail().contains("its length or SHA-256 differs"),
        "{}",
        next.mail()
    );
}

#[tokio::test]
async fn unreadable_run_is_skipped_for_the_one_before_it() {
    let runs = DailyRuns::new(tenancy(), &[]);
    let first = runs.on("2026-11-19").await;
    let second = runs.on("2026-11-20").await;
    tamper(&runs, &second, Some("\n"), |_| {});
    let third = runs.on("2026-11-21").await;
    let made = &third.manifest["comparison"]["made"];
    assert_eq!(made["baseline"], first.manifest["run_id"]);
    assert_eq!((third.counts(), third.mail), ([0, 0, 2, 0], None));
}

#[tokio::test]
async fn check_between_runs_does_not_change_the_comparison() {
    for prefix in ["credential-audit/", "reports-"] {
        let runs = DailyRuns::new(tenancy(), &[("AUDIT_OBJECT_PREFIX", prefix)]);
        let first = runs.on("2026-11-20").await;
        assert!(first.mail.is_some());
        let report = runs.check("2026-11-20T12:00:00Z").await;
        assert_eq!(report.verdict, Verdict::Complete, "{report:?}");
        assert_eq!(runs.sim.messages().len(), 2, "the digest and the test");
        let second = runs.on("2026-11-21").await;
        assert_eq!(second.mail, None, "nothing has changed");
        assert_eq!(second.counts(), [0, 0, 2, 0]);
        let baseline = &second.manifest["comparison"]["made"]["baseline"];
        assert_eq!(baseline, &first.manifest["run_id"], "{}", second.manifest);
        let objects = runs.sim.bucket(runs.sim.bucket_name()).names();
        let checks = objects.iter().filter(|name| name.contains("checks/"));
        assert_eq!(checks.count(), 1, "{objects:?}");
        assert!(objects.iter().all(|name| name.starts_with(prefix)));
    }
}

/// An edited manifest of the first day, and the runs of later days.
async fn after_edit(edit: impl FnOnce(&mut Value), days: &[&str]) -> Vec<Day> {
    let tenancy = Tenancy::empty().domain(even_domain("Default", 3, 1));
    // Only a run that searches for domains misses one.
    let runs = DailyRuns::new(tenancy, &[("AUDIT_DOMAIN_URLS", "")]);
    let mut manifest = runs.on("2026-11-17").await.manifest;
    let run_id = manifest["run_id"].as_str().expect("an id").to_owned();
    edit(&mut manifest);
    runs.replace(&run_id, "manifest.json", &manifest);
    let mut after = Vec::new();
    for day in days {
        after.push(runs.on(day).await);
    }
    after
}

#[tokio::test]
async fn gone_domain_with_a_date_in_the_future_or_far_past_is_dropped_at_once() {
    for (last_found, since) in [
        ("2026-11-16T06:00:00Z", "9990-01-01T00:00:00Z"),
        ("2026-11-16T06:00:00Z", "2026-11-19T00:00:00Z"),
        ("2026-11-18T06:00:00Z", "2026-11-17T06:00:00Z"),
        ("8000-11-18T06:00:00Z", "2026-11-17T06:00:00Z"),
        ("2026-11-16T06:00:00Z", "1970-01-01T00:00:00Z"),
        ("2026-11-01T06:00:00Z", "2026-11-10T06:00:00Z"),
    ] {
        let gone = json!([{
            "domain": "Gone", "domain_url": "https://idcs-9.identity.oraclecloud.com",
            "last_found": last_found, "since": since,
        }]);
        let edit = |manifest: &mut Value| manifest["gone_domains"] = gone;
        for day in after_edit(edit, &["2026-11-18", "2026-12-18"]).await {
            assert_eq!(day.verdict, "COMPLETE", "{last_found} {since}");
            assert!(!day.manifest.to_string().contains("idcs-9"), "{since}");
        }
    }
}

#[tokio::test]
async fn gone_domain_with_past_dates_is_reported_for_a_week() {
    let gone = json!([{
        "domain": "Gone", "domain_url": "https://idcs-9.identity.oraclecloud.com",
        "last_found": "2026-11-16T06:00:00Z", "since": "2026-11-17T06:00:00Z",
    }]);
    let edit = |manifest: &mut Value| manifest["gone_domains"] = gone;
    let days = ["2026-11-18", "2026-11-24", "2026-11-25"];
    let verdicts = after_edit(edit, &days).await;
    let verdicts: Vec<_> = verdicts.iter().map(|day| day.verdict.as_str()).collect();
    assert_eq!(verdicts, ["PARTIAL", "PARTIAL", "COMPLETE"]);
}

#[tokio::test]
async fn history_and_unread_findings_later_than_their_run_are_dropped() {
    for later in ["9990-01-01T00:00:00Z", "2026-11-17T06:00:01Z"] {
        let edit = |manifest: &mut Value| {
            let mut run = manifest["history"][0].clone();
            run["as_of"] = json!(later);
            run["run_id"] = json!("20261116T060000Z-000001");
            manifest["history"]
                .as_array_mut()
                .expect("a list")
                .push(run);
            manifest["gone_domains"] = json!([{
                "domain": "Gone", "domain_url": "https://idcs-9.identity.oraclecloud.com",
                "last_found": "2026-11-16T06:00:00Z", "since": "2026-11-17T06:00:00Z",
            }]);
            manifest["not_seen"] = json!([later, "2026-11-16T06:00:00Z"].map(|last_seen| json!({
                "domain": "Gone", "domain_url": "https://idcs-9.identity.oraclecloud.com",
                "credential_type": "api_keys", "findings": 2, "overdue": 1, "last_seen": last_seen,
            })));
        };
        let days = after_edit(edit, &["2026-11-18"]).await;
        let manifest = &days[0].manifest;
        let history = manifest["history"].as_array().expect("a list");
        assert_eq!(history.len(), 2, "{history:?}");
        assert!(!manifest.to_string().contains(later), "{later}");
        assert_eq!(manifest["not_seen"][0]["findings"], 2, "{later}");
    }
}
