//! When a run mails its digest, and what it says has changed.

use credential_audit::run::RunError;
use serde_json::{Value, json};
use tenancy_sim::{Credential, Fault, Misbehavior, ResourceType, Service};

use super::{DailyRuns, domain, jane, tenancy};
use ResourceType::ApiKeys;

#[tokio::test]
async fn first_run_mails_and_unchanged_second_does_not() {
    let runs = DailyRuns::new(tenancy(), &[]);
    let first = runs.on("2026-11-20").await;
    assert!(
        first
            .mail()
            .contains("No comparison: no earlier run of the same domains"),
        "{}",
        first.mail()
    );
    let second = runs.on("2026-11-21").await;
    assert_eq!(second.mail, None);
    assert_eq!(second.counts(), [0, 0, 2, 0]);
    let skipped = second.summary["notification"]["skipped"]
        .as_str()
        .expect("why");
    let run_id = first.manifest["run_id"].as_str().expect("an id");
    assert!(
        skipped.contains(&format!("nothing changed since run {run_id}")),
        "{skipped}"
    );
    assert_eq!(second.manifest["history"].as_array().map(Vec::len), Some(2));
    assert!(runs.sim.totals().rejections.is_empty());
}

#[tokio::test]
async fn newly_overdue_credential_is_mailed_once() {
    let runs = DailyRuns::new(tenancy(), &[]);
    runs.on("2026-11-21").await;
    assert_eq!(runs.on("2026-11-22").await.mail, None);
    let overdue = runs.on("2026-11-23").await;
    assert_eq!(overdue.counts(), [0, 1, 1, 0]);
    assert!(
        overdue
            .mail()
            .contains("Since Sunday 2026-11-22: 0 new, 1 escalated, 0 fixed."),
        "{}",
        overdue.mail()
    );
    assert!(overdue.mail().contains("ESCALATED"));
    assert_eq!(runs.on("2026-11-24").await.mail, None);
}

#[tokio::test]
async fn rotation_resolves_exactly_one_finding() {
    let runs = DailyRuns::new(tenancy(), &[]);
    runs.on("2026-11-20").await;
    let old = Credential::of(&jane(), ApiKeys, 1, "");
    runs.sim.change("Default", move |directory| {
        directory.add_credential(Credential::of(&jane(), ApiKeys, 2, "2026-11-20T12:00:00Z"));
        assert!(directory.remove_credential(&old.id));
    });
    let rotated = runs.on("2026-11-21").await;
    assert_eq!(rotated.counts(), [0, 0, 1, 1]);
    // Resolved findings alone cause no mail; the next one reports them.
    assert_eq!(rotated.mail, None);
    let always = DailyRuns::new(tenancy(), &[("AUDIT_NOTIFY", "always")]);
    always.on("2026-11-20").await;
    let old = Credential::of(&jane(), ApiKeys, 1, "");
    always.sim.change("Default", move |directory| {
        assert!(directory.remove_credential(&old.id));
    });
    let mail = always.on("2026-11-21").await;
    let mail = mail.mail();
    assert!(
        mail.contains("Since Friday 2026-11-20: 0 new, 0 escalated, 1 fixed."),
        "{mail}"
    );
    assert!(
        mail.contains(" FIXED SINCE 2026-11-20 - Default: 1 API key "),
        "{mail}"
    );
}

#[tokio::test]
async fn digest_is_mailed_after_seven_unchanged_days() {
    // The schedule leaves out Mondays.
    let runs = DailyRuns::new(tenancy(), &[("AUDIT_DIGEST_WEEKDAY", "Monday")]);
    runs.on("2026-11-10").await;
    for day in 11..=15 {
        let quiet = runs.on(&format!("2026-11-{day}")).await;
        assert_eq!(quiet.mail, None, "{day}");
    }
    let weekly = runs.on("2026-11-17").await;
    assert!(
        weekly.mail().contains("Since Sunday 2026-11-15: 0 new, "),
        "{}",
        weekly.mail()
    );
    assert_eq!(runs.on("2026-11-18").await.mail, None);
}

/// Anybody who may write below the prefix may claim any digest.
#[tokio::test]
async fn digest_is_mailed_on_its_weekday_whatever_earlier_runs_stored() {
    let runs = DailyRuns::new(tenancy(), &[("AUDIT_DIGEST_WEEKDAY", "sunday")]);
    let mut last = runs.on("2026-11-19").await;
    for (day, claimed, mailed) in [
        (20, "2026-11-19T23:59:59Z", true),
        (21, "2026-11-20T06:00:00Z", false),
        (22, "2026-11-21T06:00:00Z", true),
        // A credential becomes overdue.
        (23, "2026-11-22T06:00:00Z", true),
        (24, "9999-12-31T23:59:59Z", true),
        (25, "soon", true),
        (26, "1969-12-31T00:00:00Z", true),
    ] {
        let run_id = last.manifest["run_id"].as_str().expect("an id");
        let delivered = runs.object(run_id, "delivered.json").expect("an object");
        let mut delivered: Value = serde_json::from_str(&delivered).expect("JSON");
        delivered["last_digest"] = json!(claimed);
        runs.replace(run_id, "delivered.json", &delivered);
        last = runs.on(&format!("2026-11-{day}")).await;
        assert_eq!(last.mail.is_some(), mailed, "{day} {claimed}");
        // A bad date costs no comparison.
        assert_eq!(last.counts()[..2], [0, u64::from(day == 23)], "{day}");
    }
}

#[tokio::test]
async fn change_is_mailed_by_the_run_after_a_failed_publish() {
    let runs = DailyRuns::new(tenancy(), &[]);
    runs.on("2026-11-21").await;
    runs.sim
        .faults()
        .add(Fault::status(400).service(Service::Notifications));
    // One credential becomes overdue on this day.
    let failed = runs.invoke("2026-11-23T06:00:00Z", &Value::Null).await;
    assert!(matches!(failed, Err(RunError::Delivery(_))), "{failed:?}");
    runs.sim.faults().clear();
    let next = runs.on("2026-11-24").await;
    assert!(
        next.mail()
            .contains("Since Saturday 2026-11-21: 0 new, 1 escalated, 0 fixed."),
        "{}",
        next.mail()
    );
}

#[tokio::test]
async fn refused_type_is_mailed_on_every_day_and_resolves_nothing() {
    let runs = DailyRuns::new(tenancy(), &[]);
    runs.on("2026-11-20").await;
    runs.sim
        .misbehave("Default", ApiKeys, Misbehavior::Deny(403));
    let refused = runs.on("2026-11-21").await;
    assert_eq!(refused.verdict, "PARTIAL");
    assert_eq!(refused.counts(), [0, 0, 1, 0]);
    assert!(
        refused.mail().contains("1 not read in this run"),
        "{}",
        refused.mail()
    );
    assert_eq!(refused.manifest["not_seen"][0]["findings"], 1);
    let second = runs.on("2026-11-22").await;
    let known = "- known before, domain Default: 1 API key, 1 overdue, last read 2026-11-20";
    assert!(second.mail().contains(known), "{}", second.mail());
    assert_eq!(
        second.manifest["not_seen"][0]["last_seen"],
        "2026-11-20T06:00:00Z"
    );
    runs.sim.behave();
    let readable = runs.on("2026-11-23").await;
    assert!(
        readable.mail().contains("can be read completely again"),
        "{}",
        readable.mail()
    );
    assert_eq!(readable.counts()[3], 0);
}

#[tokio::test]
async fn list_that_is_empty_and_not_confirmed_resolves_nothing() {
    let runs = DailyRuns::new(tenancy(), &[]);
    let claims = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User";
    let without_claims = move |user: &mut Value| {
        user.as_object_mut().expect("a user").remove(claims);
    };
    let silent = || Fault::edit_rows(without_claims).resource_type(ResourceType::Users);
    runs.sim.faults().add(silent());
    runs.on("2026-11-20").await;
    let omit = Misbehavior::OmitRows(1);
    runs.sim.misbehave("Default", ApiKeys, omit);
    let empty = runs.on("2026-11-21").await;
    assert_eq!(empty.verdict, "COMPLETE");
    assert_eq!(empty.counts()[3], 0, "nothing is resolved");
    assert_eq!(empty.manifest["not_seen"][0]["findings"], 1);
    assert!(
        empty
            .mail()
            .contains("Not confirmed: domain Default: API keys"),
        "{}",
        empty.mail()
    );
    // On the next day nothing changed.
    let second = runs.on("2026-11-22").await;
    assert_eq!(second.mail, None);
    runs.sim.behave();
    let listed = runs.on("2026-11-23").await.counts();
    assert_eq!(listed[3], 0, "it was there all the time");
}

#[tokio::test]
async fn missing_domain_makes_runs_partial_for_a_week_and_new_domain_is_mailed() {
    let two = || tenancy().domain(domain("Dev").listed_in(&["eu-frankfurt-1"]));
    let mut runs = DailyRuns::new(two().subscribed_to("eu-frankfurt-1"), &[]);
    runs.set("AUDIT_DOMAIN_URLS", "");
    assert_eq!(runs.on("2026-12-20").await.verdict, "COMPLETE");
    // One region returns an empty list of domains.
    let empty = Fault::status(200)
        .service(Service::Identity)
        .target_contains("eu-frankfurt-1/20160918/domains")
        .body("application/json", "[]");
    runs.sim.faults().add(empty);
    let gone = runs.on("2026-12-21").await;
    assert_eq!(gone.verdict, "PARTIAL");
    assert!(
        gone.mail()
            .contains("Domain Dev, last found on 2026-12-20, was not found"),
        "{}",
        gone.mail()
    );
    assert_eq!(gone.counts()[3], 0, "none of its findings is resolved");
    for day in 22..=28 {
        let later = runs.on(&format!("2026-12-{day}")).await;
        assert_eq!(later.verdict, "PARTIAL", "{day}");
        assert!(later.mail().contains("Domain Dev (last found "), "{day}");
    }
    let after = runs.on("2026-12-29").await;
    assert_eq!((after.verdict.as_str(), &after.mail), ("COMPLETE", &None));
    runs.sim.faults().clear();
    let back = runs.on("2026-12-30").await;
    assert!(back.mail().contains("domain Dev is new"), "{}", back.mail());
}

/// What the list of domains says of a domain.
fn listed(runs: &DailyRuns, domain: &str, name: Option<&str>, state: &str) -> Value {
    let url = runs.sim.domain_url(domain);
    json!({"id": url, "displayName": name, "url": url, "licenseType": "free", "lifecycleState": state})
}

/// Replaces the list of domains.
fn list_domains(runs: &DailyRuns, domains: &[Value]) {
    runs.sim.faults().clear();
    let list = Fault::status(200)
        .service(Service::Identity)
        .target_contains("20160918/domains")
        .body("application/json", &json!(domains).to_string());
    runs.sim.faults().add(list);
}

#[tokio::test]
async fn deactivated_domain_without_a_name_is_not_gone() {
    let mut runs = DailyRuns::new(tenancy().domain(domain("Dev")), &[]);
    runs.set("AUDIT_DOMAIN_URLS", "");
    for (day, state) in [("2026-12-20", "ACTIVE"), ("2026-12-21", "INACTIVE")] {
        let default = listed(&runs, "Default", Some("Default"), "ACTIVE");
        list_domains(&runs, &[default, listed(&runs, "Dev", None, state)]);
        let run = runs.on(day).await;
        assert_eq!(run.verdict, "COMPLETE", "{day}: {}", run.summary);
    }
}

#[tokio::test]
async fn deactivated_domain_of_the_same_name_does_not_hide_a_gone_one() {
    let tenancy = tenancy().domain(domain("Dev")).domain(domain("Other"));
    let mut runs = DailyRuns::new(tenancy, &[]);
    runs.set("AUDIT_DOMAIN_URLS", "");
    let default = listed(&runs, "Default", Some("Default"), "ACTIVE");
    let dev = listed(&runs, "Dev", Some("Dev"), "ACTIVE");
    let other = listed(&runs, "Other", Some("Dev"), "INACTIVE");
    list_domains(&runs, &[default.clone(), dev, other.clone()]);
    assert_eq!(runs.on("2026-12-20").await.verdict, "COMPLETE");
    list_domains(&runs, &[default, other]);
    let gone = runs.on("2026-12-21").await;
    assert_eq!(gone.verdict, "PARTIAL");
    assert!(
        gone.mail().contains("Domain Dev, last found on 2026-12-20"),
        "{}",
        gone.mail()
    );
}

#[tokio::test]
async fn failing_region_is_mailed_on_every_day() {
    let tenancy = tenancy()
        .subscribed_to("eu-frankfurt-1")
        .subscribed_to("ap-tokyo-1");
    let mut runs = DailyRuns::new(tenancy, &[]);
    runs.set("AUDIT_DOMAIN_URLS", "");
    let refuse = |runs: &DailyRuns, region: &str| {
        let fault = Fault::status(404).service(Service::Identity);
        let lists = format!("{region}/20160918/domains");
        runs.sim.faults().add(fault.target_contains(&lists));
    };
    refuse(&runs, "eu-frankfurt-1");
    assert_eq!(runs.on("2026-12-20").await.verdict, "PARTIAL");
    let second = runs.on("2026-12-21").await;
    assert!(
        second.mail().starts_with("INCOMPLETE: "),
        "{}",
        second.mail()
    );
    refuse(&runs, "ap-tokyo-1");
    let another = runs.on("2026-12-22").await;
    assert!(
        another
            .mail()
            .contains("the list of domains of region ap-tokyo-1 could not be read"),
        "{}",
        another.mail()
    );
    let last = runs.on("2026-12-23").await;
    assert!(
        !last.mail().contains("region ap-tokyo-1 could not be read"),
        "{}",
        last.mail()
    );
}

#[tokio::test]
async fn failed_run_is_mailed() {
    let runs = DailyRuns::new(tenancy(), &[]);
    runs.on("2026-11-20").await;
    runs.sim
        .misbehave_everywhere("Default", Misbehavior::Deny(403));
    let failed = runs.invoke("2026-11-21T06:00:00Z", &Value::Null).await;
    assert!(failed.is_err());
    let messages = runs.sim.messages();
    assert!(
        messages[1].body.starts_with("FAILED"),
        "{}",
        messages[1].body
    );
    runs.sim.behave();
    assert_eq!(runs.on("2026-11-22").await.mail, None);
}
