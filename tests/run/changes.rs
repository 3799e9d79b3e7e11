//! Several runs one after another, against a simulated tenancy: what each says about the one before, and when it keeps quiet.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up has to fail"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use credential_audit::auth::resource_principal::ResourcePrincipal;
use credential_audit::check;
use credential_audit::check::result::CheckReport;
use credential_audit::clock::{Clock, FixedClock, SystemClock};
use credential_audit::config::Config;
use credential_audit::event::{self, AuditRequest, CheckMode};
use credential_audit::http::deadline::Deadline;
use credential_audit::http::reqwest_transport::ReqwestTransport;
use credential_audit::model::Verdict;
use credential_audit::run::{Dependencies, RunError, run};
use credential_audit::summary::Summary;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tenancy_sim::{
    Capabilities, Credential, Domain, Fault, Misbehaviour, Permission, Previous, ResourceType,
    Service, Tenancy, TenancySim, User,
};

use ResourceType::{ApiKeys, AuthTokens, SmtpCredentials};

/// A tenancy that is audited day after day.
struct Audited {
    sim: TenancySim,
    settings: BTreeMap<String, String>,
    /// The principal's files, for as long as runs need them.
    _principal: TempDir,
}

impl Audited {
    fn new(tenancy: Tenancy, further: &[(&str, &str)]) -> Self {
        let sim = tenancy.start().expect("free ports");
        let principal = tempfile::tempdir().expect("a directory");
        let mut settings: BTreeMap<_, _> = sim
            .environment(principal.path())
            .expect("files")
            .into_iter()
            .collect();
        settings.insert("AUDIT_RATE_LIMIT".to_owned(), "off".to_owned());
        settings.insert("AUDIT_NOTIFY".to_owned(), "changes".to_owned());
        let mut audited = Self {
            sim,
            settings,
            _principal: principal,
        };
        for (name, value) in further {
            audited.set(name, value);
        }
        audited
    }

    /// Sets a setting; an empty value unsets it.
    fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    /// Settings and seams of a call at `now`.
    fn prepare(&self, now: &str) -> (Config, Dependencies) {
        let now: DateTime<Utc> = now.parse().expect("an instant");
        self.sim.set_clock_offset(now - SystemClock.now());
        self.sim
            .renew_resource_principal(Duration::from_secs(3600), Previous::StaysValid)
            .expect("files");
        let lookup = |name: &str| self.settings.get(name).cloned();
        let region = lookup("OCI_RESOURCE_PRINCIPAL_REGION").expect("a region");
        let config = Config::from_lookup(&region, lookup).expect("settings");
        let dependencies = Dependencies {
            transport: Arc::new(ReqwestTransport::new(None).expect("a client")),
            credentials: Arc::new(ResourcePrincipal::from_settings(lookup).expect("a principal")),
            clock: Arc::new(FixedClock(now)),
        };
        (config, dependencies)
    }

    /// A run that begins at `now`, as the schedule or a person makes it.
    async fn invoke(&self, now: &str, body: &Value) -> Result<Summary, RunError> {
        let (config, dependencies) = self.prepare(now);
        let request = event::parse(body.to_string().as_bytes()).expect("a request");
        let deadline = Deadline::after(Duration::from_secs(60));
        run(request, &config, dependencies, deadline).await
    }

    /// A check that stores and publishes.
    async fn check(&self, now: &str) -> CheckReport {
        let (config, dependencies) = self.prepare(now);
        let deadline = Deadline::after(Duration::from_secs(60));
        let (request, settings) = (AuditRequest::default(), config.into());
        let report = check::run(&request, CheckMode::Send, &settings, dependencies, deadline).await;
        report.expect("a check")
    }

    /// The run of the schedule on a day.
    async fn on(&self, day: &str) -> Day {
        let before = self.sim.messages().len();
        let summary = self
            .invoke(&format!("{day}T06:00:00Z"), &Value::Null)
            .await
            .expect("a run");
        Day {
            mail: self
                .sim
                .messages()
                .into_iter()
                .nth(before)
                .map(|it| it.body),
            manifest: self.manifest(&summary.run.run_id),
            verdict: summary.run.verdict.clone(),
            summary: serde_json::to_value(&summary).expect("JSON"),
        }
    }

    fn object(&self, run_id: &str, name: &str) -> Option<String> {
        let objects = self.sim.bucket(self.sim.bucket_name()).objects();
        let end = format!("/{run_id}/{name}");
        let (_, object) = objects.iter().find(|(object, _)| object.ends_with(&end))?;
        Some(String::from_utf8(object.body.to_vec()).expect("text"))
    }

    fn manifest(&self, run_id: &str) -> Value {
        let manifest = self.object(run_id, "manifest.json").expect("a manifest");
        serde_json::from_str(&manifest).expect("JSON")
    }

    fn accept(&self, file: &Value) {
        self.sim.bucket("exceptions").place(
            "accepted.json",
            "application/json",
            file.to_string(),
            DateTime::UNIX_EPOCH,
        );
    }
}

/// What a scheduled run left behind.
struct Day {
    mail: Option<String>,
    manifest: Value,
    verdict: String,
    summary: Value,
}

impl Day {
    fn counts(&self) -> [u64; 4] {
        let made = &self.manifest["comparison"]["made"];
        ["new", "escalated", "still", "resolved"].map(|it| made[it].as_u64().expect(it))
    }

    /// The mail, as if its lines had not been wrapped.
    fn mail(&self) -> String {
        let mail = self.mail.as_deref().expect("a mail");
        mail.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn jane() -> User {
    User::named("jane.roe@example.com").capabilities(Capabilities::ALL)
}

/// One domain: a credential that is overdue, one that is in order, and one that gets overdue on 2026-11-23.
fn tenancy() -> Tenancy {
    Tenancy::empty().domain(domain("Default"))
}

fn domain(name: &str) -> Domain {
    Domain::named(name)
        .user(jane())
        .credential(Credential::of(&jane(), ApiKeys, 1, "2026-06-01T00:00:00Z"))
        .credential(Credential::of(
            &jane(),
            AuthTokens,
            1,
            "2026-11-01T00:00:00Z",
        ))
        .credential(Credential::of(
            &jane(),
            SmtpCredentials,
            1,
            "2026-08-25T00:00:00Z",
        ))
}

const WITH_EXCEPTIONS: [(&str, &str); 2] = [
    ("AUDIT_EXCEPTIONS_OBJECT", "accepted.json"),
    ("AUDIT_EXCEPTIONS_BUCKET", "exceptions"),
];

#[tokio::test]
async fn the_first_run_mails_and_the_second_on_the_same_data_does_not() {
    let audited = Audited::new(tenancy(), &[]);
    let first = audited.on("2026-11-20").await;
    assert!(
        first
            .mail()
            .contains("No comparison: no earlier run of the same domains"),
        "{}",
        first.mail()
    );
    let second = audited.on("2026-11-21").await;
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
    assert!(audited.sim.totals().rejections.is_empty());
}

#[tokio::test]
async fn what_becomes_overdue_is_mailed_once() {
    let audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-21").await;
    assert_eq!(audited.on("2026-11-22").await.mail, None);
    let overdue = audited.on("2026-11-23").await;
    assert_eq!(overdue.counts(), [0, 1, 1, 0]);
    assert!(
        overdue
            .mail()
            .contains("Since 2026-11-22: 1 newly overdue."),
        "{}",
        overdue.mail()
    );
    assert!(overdue.mail().contains("ESCALATED"));
    assert_eq!(audited.on("2026-11-24").await.mail, None);
}

#[tokio::test]
async fn after_one_rotation_exactly_one_is_resolved() {
    let audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-20").await;
    let old = Credential::of(&jane(), ApiKeys, 1, "");
    audited.sim.change("Default", move |directory| {
        directory.add_credential(Credential::of(&jane(), ApiKeys, 2, "2026-11-20T12:00:00Z"));
        assert!(directory.remove_credential(&old.id));
    });
    let rotated = audited.on("2026-11-21").await;
    assert_eq!(rotated.counts(), [0, 0, 1, 1]);
    assert!(
        rotated.mail().contains("Since 2026-11-20: 1 resolved."),
        "{}",
        rotated.mail()
    );
}

#[tokio::test]
async fn silence_ends_after_seven_days() {
    let audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-10").await;
    for day in 11..=16 {
        let quiet = audited.on(&format!("2026-11-{day}")).await;
        assert_eq!(quiet.mail, None, "{day}");
    }
    let weekly = audited.on("2026-11-17").await;
    assert!(
        weekly
            .mail()
            .contains("Since 2026-11-16: no finding is new, worse or resolved."),
        "{}",
        weekly.mail()
    );
    assert_eq!(audited.on("2026-11-18").await.mail, None);
}

#[tokio::test]
async fn a_publish_that_failed_is_made_up_for_by_the_next_run() {
    let audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-21").await;
    audited
        .sim
        .faults()
        .add(Fault::status(400).service(Service::Notifications));
    // The day on which one becomes overdue.
    let failed = audited.invoke("2026-11-23T06:00:00Z", &Value::Null).await;
    assert!(matches!(failed, Err(RunError::Delivery(_))), "{failed:?}");
    audited.sim.faults().clear();
    let next = audited.on("2026-11-24").await;
    assert!(
        next.mail().contains("Since 2026-11-21: 1 newly overdue."),
        "{}",
        next.mail()
    );
}

#[tokio::test]
async fn a_what_if_run_between_two_daily_runs_changes_nothing_for_the_second() {
    let audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-20").await;
    for as_of in [
        "2026-11-20T09:00:00Z",
        "2026-12-31T00:00:00Z",
        "2026-11-10T00:00:00Z",
    ] {
        let body = json!({"audit": {"as_of": as_of}});
        audited
            .invoke("2026-11-20T12:00:00Z", &body)
            .await
            .expect("a run");
    }
    let messages = audited.sim.messages();
    let what_if = &messages.last().expect("a message").body;
    assert!(!what_if.is_empty());
    let second = audited.on("2026-11-21").await;
    assert_eq!((second.counts(), &second.mail), ([0, 0, 2, 0], &None));
}

#[tokio::test]
async fn a_what_if_run_is_compared_with_the_daily_one_before_it() {
    let audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-20").await;
    let body = json!({"audit": {"as_of": "2026-12-20T00:00:00Z"}});
    audited
        .invoke("2026-11-20T12:00:00Z", &body)
        .await
        .expect("a run");
    let what_if = audited.sim.messages().pop().expect("a mail").body;
    assert!(
        what_if.contains("Since 2026-11-20: 1 newly overdue."),
        "{what_if}"
    );
}

#[tokio::test]
async fn a_run_of_another_scope_is_no_baseline() {
    let mut audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-20").await;
    let body = json!({"audit": {"credential_types": ["api_keys"]}});
    audited
        .invoke("2026-11-20T12:00:00Z", &body)
        .await
        .expect("a run");
    let url = audited.sim.domain_url("Default");
    let body = json!({"audit": {"domain_urls": [url]}});
    audited
        .invoke("2026-11-20T13:00:00Z", &body)
        .await
        .expect("a run");
    let second = audited.on("2026-11-21").await;
    assert_eq!((second.counts(), &second.mail), ([0, 0, 2, 0], &None));
    audited.set("AUDIT_ROTATION_DAYS_DB_CREDENTIALS", "80");
    let other_limits = audited.on("2026-11-22").await;
    assert!(
        other_limits.mail().contains("No comparison: "),
        "{}",
        other_limits.mail()
    );
}

#[tokio::test]
async fn a_baseline_is_looked_for_forty_days_back_and_no_further() {
    let audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-20").await;
    audited.sim.reset_journal();
    let reached = audited.on("2026-12-29").await;
    assert!(
        reached.mail().contains("Since 2026-11-20: "),
        "{}",
        reached.mail()
    );
    let lists = |audited: &Audited| {
        let requests = audited.sim.requests();
        let lists = requests
            .iter()
            .filter(|it| it.target.contains("delimiter="));
        lists.count()
    };
    assert_eq!(lists(&audited), 4, "two months, one day, one run");
    let audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-20").await;
    let out_of_reach = audited.on("2026-12-30").await;
    assert!(
        out_of_reach
            .mail()
            .contains("No comparison: no earlier run"),
        "{}",
        out_of_reach.mail()
    );
}

#[tokio::test]
async fn a_bucket_that_may_not_be_listed_or_read_costs_the_comparison_and_nothing_else() {
    for (permission, right) in [
        (Permission::List, "to inspect objects in compartment"),
        (Permission::Read, "to manage objects in compartment"),
    ] {
        let audited = Audited::new(tenancy(), &[]);
        audited.on("2026-11-20").await;
        let bucket = audited.sim.bucket(audited.sim.bucket_name());
        bucket.refuse(permission);
        let refused = audited.on("2026-11-21").await;
        assert_eq!(refused.verdict, "COMPLETE");
        assert!(
            refused.mail().contains("No comparison: "),
            "{}",
            refused.mail()
        );
        assert!(refused.mail().contains(right), "{}", refused.mail());
        assert!(refused.manifest["comparison"]["not_possible"].is_string());
        bucket.grant(permission);
        assert_eq!(audited.on("2026-11-22").await.counts(), [0, 0, 2, 0]);
    }
}

/// What somebody who can write to the bucket may make of a run.
fn tamper(audited: &Audited, day: &Day, findings: Option<&str>, change: impl FnOnce(&mut Value)) {
    let bucket = audited.sim.bucket(audited.sim.bucket_name());
    let run_id = day.manifest["run_id"].as_str().expect("an id");
    let name = |end: &str| {
        let end = format!("/{run_id}/{end}");
        let names = bucket.names();
        names
            .into_iter()
            .find(|it| it.ends_with(&end))
            .expect("an object")
    };
    let mut manifest = day.manifest.clone();
    if let Some(findings) = findings {
        let name = name("findings.jsonl");
        let objects = manifest["objects"].as_array_mut().expect("objects");
        let object = objects.iter_mut().find(|it| it["name"] == json!(name));
        let object = object.expect("findings.jsonl");
        object["bytes"] = json!(findings.len());
        let sha256 = Sha256::digest(findings);
        let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        object["sha256"] = json!(sha256);
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
    let is_it = |object: &&mut Value| {
        object["name"]
            .as_str()
            .is_some_and(|name| name.ends_with("findings.jsonl"))
    };
    objects.iter_mut().find(is_it).expect("findings.jsonl")
}

#[tokio::test]
async fn a_run_that_was_tampered_with_is_not_compared_with() {
    let foreign = r#"{"credential_id":"a","domain":"D","domain_url":"https://elsewhere.example.com","credential_type":"api_keys","state":"DUE","expiry_state":null,"marks":[]}"#;
    let endless = "x".repeat(64 * 1024 + 1);
    /// Other findings, another manifest, and what is said of them.
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
            "is not what its run stored: line 1 cannot be understood",
        ),
        (
            Some(&format!("{foreign}\n")),
            |_| {},
            "is not what its run stored: line 1: it is of a domain that its run did not read",
        ),
        (
            Some(&endless),
            |_| {},
            "is not what its run stored: line 1 has more than 65536 bytes",
        ),
    ];
    for (findings, change, why) in cases {
        let audited = Audited::new(tenancy(), &[]);
        let first = audited.on("2026-11-20").await;
        tamper(&audited, &first, findings, change);
        let next = audited.on("2026-11-21").await;
        assert_eq!(next.verdict, "COMPLETE");
        assert!(next.mail().contains(why), "{why}: {}", next.mail());
    }
    let audited = Audited::new(tenancy(), &[]);
    let first = audited.on("2026-11-20").await;
    let emptied = |manifest: &mut Value| findings_of(manifest)["sha256"] = json!("0".repeat(64));
    tamper(&audited, &first, None, emptied);
    let next = audited.on("2026-11-21").await;
    assert!(
        next.mail().contains("its length or SHA-256 differs"),
        "{}",
        next.mail()
    );
}

#[tokio::test]
async fn a_run_that_cannot_be_read_is_passed_over_for_the_one_before_it() {
    let audited = Audited::new(tenancy(), &[]);
    let first = audited.on("2026-11-19").await;
    let second = audited.on("2026-11-20").await;
    tamper(&audited, &second, Some("\n"), |_| {});
    let third = audited.on("2026-11-21").await;
    let made = &third.manifest["comparison"]["made"];
    assert_eq!(made["baseline"], first.manifest["run_id"]);
    assert_eq!((third.counts(), third.mail), ([0, 0, 2, 0], None));
}

#[tokio::test]
async fn a_kind_that_is_refused_is_mailed_once_and_resolves_nothing() {
    let audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-20").await;
    audited
        .sim
        .misbehave("Default", ApiKeys, Misbehaviour::Deny(403));
    let refused = audited.on("2026-11-21").await;
    assert_eq!(refused.verdict, "PARTIAL");
    assert_eq!(refused.counts(), [0, 0, 1, 0]);
    assert!(
        refused.mail().contains("1 not seen today"),
        "{}",
        refused.mail()
    );
    assert_eq!(refused.manifest["not_seen"][0]["findings"], 1);
    let second = audited.on("2026-11-22").await;
    assert_eq!(second.mail, None);
    assert_eq!(
        second.manifest["not_seen"][0]["last_seen"],
        "2026-11-20T06:00:00Z"
    );
    audited.sim.behave();
    let merge_reread = audited.on("2026-11-23").await;
    assert!(
        merge_reread.mail().contains("can be read completely again"),
        "{}",
        merge_reread.mail()
    );
    assert_eq!(merge_reread.counts()[3], 0);
}

#[tokio::test]
async fn a_domain_that_is_gone_makes_the_runs_of_a_week_partial_and_a_new_one_is_told() {
    let two = || tenancy().domain(domain("Dev").listed_in(&["eu-frankfurt-1"]));
    let mut audited = Audited::new(two().subscribed_to("eu-frankfurt-1"), &[]);
    audited.set("AUDIT_DOMAIN_URLS", "");
    assert_eq!(audited.on("2026-12-20").await.verdict, "COMPLETE");
    // The list of domains of one region comes back empty.
    let empty = Fault::status(200)
        .service(Service::Identity)
        .target_contains("eu-frankfurt-1/20160918/domains")
        .body("application/json", "[]");
    audited.sim.faults().add(empty);
    let gone = audited.on("2026-12-21").await;
    assert_eq!(gone.verdict, "PARTIAL");
    assert!(
        gone.mail()
            .contains("domain Dev, which the run of 2026-12-20 knew, was not found"),
        "{}",
        gone.mail()
    );
    assert_eq!(gone.counts()[3], 0, "nothing of it is resolved");
    for day in 22..=28 {
        let later = audited.on(&format!("2026-12-{day}")).await;
        assert_eq!(later.verdict, "PARTIAL", "{day}");
        // It is told again by the digest that is due after a week of silence.
        assert_eq!(later.mail.is_some(), day == 28, "{day}");
        let said = later
            .mail
            .is_none_or(|mail| mail.contains("GONE: domain Dev "));
        assert!(said, "{day}");
    }
    let after = audited.on("2026-12-29").await;
    assert_eq!((after.verdict.as_str(), &after.mail), ("COMPLETE", &None));
    audited.sim.faults().clear();
    let back = audited.on("2026-12-30").await;
    assert!(back.mail().contains("domain Dev is new"), "{}", back.mail());
}

#[tokio::test]
async fn another_region_that_fails_is_mailed_and_one_that_fails_on_is_not() {
    let tenancy = tenancy()
        .subscribed_to("eu-frankfurt-1")
        .subscribed_to("ap-tokyo-1");
    let mut audited = Audited::new(tenancy, &[]);
    audited.set("AUDIT_DOMAIN_URLS", "");
    let refuse = |audited: &Audited, region: &str| {
        let fault = Fault::status(404).service(Service::Identity);
        let lists = format!("{region}/20160918/domains");
        audited.sim.faults().add(fault.target_contains(&lists));
    };
    refuse(&audited, "eu-frankfurt-1");
    assert_eq!(audited.on("2026-12-20").await.verdict, "PARTIAL");
    assert_eq!(audited.on("2026-12-21").await.mail, None);
    refuse(&audited, "ap-tokyo-1");
    let another = audited.on("2026-12-22").await;
    assert!(
        another
            .mail()
            .contains("the list of domains of region ap-tokyo-1 could not be read"),
        "{}",
        another.mail()
    );
    assert_eq!(audited.on("2026-12-23").await.mail, None);
}

#[tokio::test]
async fn what_is_accepted_of_a_domain_stays_accepted_while_its_name_cannot_be_looked_up() {
    let mut audited = Audited::new(tenancy(), &WITH_EXCEPTIONS);
    audited.set("AUDIT_NOTIFY", "findings");
    audited.accept(&json!({
        "exceptions": [{"user": "*", "domain": "Default", "reason": "vendor", "until": "2027-01-31"}],
        "gaps": [{"domain": "Default", "type": "db_credentials", "reason": "no right", "until": "2027-01-31"}],
    }));
    audited.sim.misbehave(
        "Default",
        ResourceType::UserDbCredentials,
        Misbehaviour::Deny(403),
    );
    assert_eq!(audited.on("2026-11-20").await.mail, None);
    audited
        .sim
        .faults()
        .add(Fault::status(404).service(Service::Identity));
    for day in ["2026-11-21", "2026-11-22"] {
        let unnamed = audited.on(day).await;
        assert_eq!(unnamed.mail, None, "{day}");
        assert_eq!(unnamed.manifest["domains"][0]["name"], "Default");
        let run_id = unnamed.manifest["run_id"].as_str().expect("an id");
        assert!(audited.object(run_id, "expiry-Default.csv").is_some());
    }
}

#[tokio::test]
async fn a_run_that_failed_mails() {
    let audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-20").await;
    audited
        .sim
        .misbehave_everywhere("Default", Misbehaviour::Deny(403));
    let failed = audited.invoke("2026-11-21T06:00:00Z", &Value::Null).await;
    assert!(failed.is_err());
    let messages = audited.sim.messages();
    assert!(
        messages[1].body.starts_with("FAILED"),
        "{}",
        messages[1].body
    );
    audited.sim.behave();
    assert_eq!(audited.on("2026-11-22").await.mail, None);
}

#[tokio::test]
async fn an_exception_holds_to_its_last_day_and_its_end_is_mailed() {
    let audited = Audited::new(tenancy(), &WITH_EXCEPTIONS);
    audited.accept(&json!({"exceptions": [
        {"user": "jane.*", "type": "api_keys", "reason": "vendor", "ticket": "INC-1", "until": "2026-11-21"},
    ]}));
    let first = audited.on("2026-11-20").await;
    assert_eq!(
        (&first.summary["overdue"], &first.summary["excepted"]),
        (&json!(0), &json!(1))
    );
    let credentials = audited
        .object(
            first.manifest["run_id"].as_str().expect("an id"),
            "credentials.csv",
        )
        .expect("a report");
    assert!(credentials.contains("vendor; INC-1; until 2026-11-21"));
    assert_eq!(
        audited.on("2026-11-21").await.mail,
        None,
        "until is inclusive"
    );
    let ended = audited.on("2026-11-22").await;
    assert_eq!(ended.counts(), [1, 0, 1, 0]);
    assert!(
        ended.mail().contains(
            "exceptions[0] jane.*, API keys, INC-1, until 2026-11-21: 1 credential alerts again"
        ),
        "{}",
        ended.mail()
    );
    assert_eq!(ended.summary["overdue"], 1);
    assert_eq!(
        audited.on("2026-11-23").await.manifest["exceptions"]["exceptions"],
        1
    );
}

#[tokio::test]
async fn a_changed_file_is_mailed_and_one_that_cannot_be_read_accepts_nothing() {
    let mut audited = Audited::new(tenancy(), &[]);
    audited.on("2026-11-18").await;
    for (name, value) in WITH_EXCEPTIONS {
        audited.set(name, value);
    }
    let unreadable = audited.on("2026-11-19").await;
    assert!(
        unreadable
            .mail()
            .contains("EXCEPTIONS NOT READ, so nothing is accepted: accepted.json"),
        "{}",
        unreadable.mail()
    );
    assert_eq!(unreadable.summary["overdue"], 1);
    assert_eq!(unreadable.manifest["exceptions"]["sha256"], Value::Null);
    assert_eq!(
        audited.on("2026-11-20").await.mail,
        None,
        "it is told once, and in every mail"
    );

    let entry =
        json!({"user": "jane.*", "type": "api_keys", "reason": "vendor", "until": "2027-01-31"});
    audited.accept(&json!({"exceptions": [entry]}));
    let accepted = audited.on("2026-11-21").await;
    assert_eq!(accepted.counts(), [0, 0, 1, 0]);
    assert!(
        accepted.mail().contains("Exceptions: the file changed."),
        "{}",
        accepted.mail()
    );
    assert_eq!(
        accepted.manifest["exceptions"]["sha256"]
            .as_str()
            .map(str::len),
        Some(64)
    );

    let bad = json!({"user": "*", "reason": "everything", "until": "2027-01-31"});
    audited.accept(&json!({"exceptions": [bad, entry]}));
    let with_bad = audited.on("2026-11-22").await;
    assert!(
        with_bad
            .mail()
            .contains("exceptions[0]: `user` is `*` alone"),
        "{}",
        with_bad.mail()
    );
    assert_eq!(with_bad.summary["excepted"], 1, "the good entry holds");
}

#[tokio::test]
async fn a_file_of_nothing_but_mistakes_costs_the_next_run_no_comparison() {
    let audited = Audited::new(tenancy(), &WITH_EXCEPTIONS);
    let mistakes: serde_json::Map<_, _> = (0..150_000)
        .map(|number| (format!("{number:06}"), json!(0)))
        .collect();
    audited.accept(&Value::Object(mistakes));
    let first = audited.on("2026-11-20").await;
    assert!(
        first
            .mail()
            .contains("EXCEPTIONS AND GAPS THAT ACCEPT NOTHING: 150000"),
        "{}",
        first.mail()
    );
    let told = &first.manifest["exceptions"];
    assert_eq!(told["bad"].as_array().map(Vec::len), Some(100));
    assert_eq!(told["further_bad"], 149_900);
    assert_eq!(audited.on("2026-11-21").await.counts(), [0, 0, 2, 0]);
}

#[tokio::test]
async fn a_known_gap_causes_no_mail_and_never_an_all_clear() {
    for notify in ["findings", "changes"] {
        let fresh = Domain::named("Default")
            .user(jane())
            .credential(Credential::of(&jane(), ApiKeys, 1, "2026-11-15T00:00:00Z"));
        let mut audited = Audited::new(Tenancy::empty().domain(fresh), &WITH_EXCEPTIONS);
        audited.set("AUDIT_NOTIFY", "always");
        audited.accept(&json!({"gaps": [
            {"domain": "default", "type": "smtp_credentials", "reason": "no right yet", "until": "2026-11-22"},
        ]}));
        audited.on("2026-11-19").await;
        audited
            .sim
            .misbehave("Default", SmtpCredentials, Misbehaviour::Deny(403));
        let told = audited.on("2026-11-20").await;
        assert!(
            !told.mail().to_lowercase().contains("all clear"),
            "{}",
            told.mail()
        );
        assert!(told.mail().contains("KNOWN GAPS: 1"));
        audited.set("AUDIT_NOTIFY", notify);
        for day in ["2026-11-21", "2026-11-22"] {
            let quiet = audited.on(day).await;
            assert_eq!(
                (quiet.verdict.as_str(), &quiet.mail),
                ("PARTIAL", &None),
                "{notify} {day}"
            );
        }
        let ended = audited.on("2026-11-23").await;
        assert!(
            ended
                .mail()
                .contains("gaps[0] domain default: SMTP credentials, until 2026-11-22"),
            "{notify}: {}",
            ended.mail()
        );
    }
}

#[tokio::test]
async fn a_dry_run_counts_what_is_accepted_and_compares_nothing() {
    let audited = Audited::new(tenancy(), &WITH_EXCEPTIONS);
    audited.accept(&json!({"exceptions": [
        {"user": "jane.*", "reason": "vendor", "until": "2027-01-31"},
    ]}));
    let body = json!({"audit": {"dry_run": true}});
    let summary = audited
        .invoke("2026-11-20T06:00:00Z", &body)
        .await
        .expect("a run");
    assert_eq!((summary.run.overdue, summary.run.excepted), (0, 2));
    assert!(audited.sim.effects().is_empty());
}

#[tokio::test]
async fn a_check_between_two_runs_disturbs_neither_search_nor_comparison() {
    for prefix in ["credential-audit/", "reports-"] {
        let audited = Audited::new(tenancy(), &[("AUDIT_OBJECT_PREFIX", prefix)]);
        let first = audited.on("2026-11-20").await;
        assert!(first.mail.is_some());
        let report = audited.check("2026-11-20T12:00:00Z").await;
        assert_eq!(report.verdict, Verdict::Complete, "{report:?}");
        assert_eq!(audited.sim.messages().len(), 2, "the digest and the test");
        let second = audited.on("2026-11-21").await;
        assert_eq!(second.mail, None, "nothing changed");
        assert_eq!(second.counts(), [0, 0, 2, 0]);
        let baseline = &second.manifest["comparison"]["made"]["baseline"];
        assert_eq!(baseline, &first.manifest["run_id"], "{}", second.manifest);
        let objects = audited.sim.bucket(audited.sim.bucket_name()).names();
        let checks = objects.iter().filter(|name| name.contains("checks/"));
        assert_eq!(checks.count(), 1, "{objects:?}");
        assert!(objects.iter().all(|name| name.starts_with(prefix)));
    }
}
