//! The last use of API keys: what is searched, what is known, and what a run says and does with it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::changes::{DailyRuns, Day};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use credential_audit::check::result::CheckReport;
use credential_audit::event::AuditRequest;
use credential_audit::http::deadline::Deadline;
use credential_audit::model::Verdict;
use credential_audit::run::run;
use serde_json::{Value, json};
use tenancy_sim::{
    AuditEvent, Credential, Domain, Fault, QueryFeature, ResourceType, SearchBehavior, Service,
    Tenancy, User,
};

const REGIONS: [&str; 5] = [
    "us-phoenix-1",
    "eu-frankfurt-1",
    "us-ashburn-1",
    "uk-london-1",
    "ap-tokyo-1",
];
const DAY: &str = "2026-11-29";
const NEXT_DAY: &str = "2026-11-30";
const DAY_OF_MILLISECONDS: i64 = 86_400_000;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn now() -> DateTime<Utc> {
    at(&format!("{DAY}T06:00:00Z"))
}

fn ago(days: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(days)
}

fn text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn subscribed() -> Tenancy {
    let further = REGIONS[1..].iter();
    further.fold(Tenancy::empty(), |tenancy, region| {
        tenancy.subscribed_to(region)
    })
}

/// A tenancy of users with two API keys each, all created 100 days before, and 200 days of events in five regions.
fn with_keys(users: usize) -> Tenancy {
    let mut domain = Domain::named("Default");
    for number in 0..users {
        let user = User::named(&format!("user-{number:04}@example.com"));
        for key in 0..2 {
            domain = domain.credential(Credential::of(
                &user,
                ResourceType::ApiKeys,
                key,
                &text(ago(100)),
            ));
        }
        domain = domain.user(user);
    }
    subscribed().domain(domain).with_events(7, now())
}

fn searching(tenancy: Tenancy) -> DailyRuns {
    DailyRuns::new(
        tenancy,
        &[
            ("AUDIT_LAST_USE", "on"),
            ("AUDIT_NOTIFY", "always"),
            ("AUDIT_CREDENTIAL_TYPES", "api_keys"),
        ],
    )
}

fn behaving(tenancy: Tenancy, behavior: SearchBehavior) -> DailyRuns {
    let runs = searching(tenancy);
    runs.sim.search_behavior(behavior);
    runs
}

fn not_knowing(features: &[QueryFeature]) -> SearchBehavior {
    SearchBehavior {
        unknown_features: features.to_vec(),
        ..SearchBehavior::default()
    }
}

/// The number of searches, and clears the journal.
fn searches(runs: &DailyRuns) -> usize {
    let searches = runs.requests_to(Service::LoggingSearch);
    runs.sim.reset_journal();
    searches
}

/// The rows of the credentials of a run, by credential id.
fn rows(runs: &DailyRuns, day: &Day) -> BTreeMap<String, BTreeMap<String, String>> {
    let csv = of_run(runs, day, "credentials.csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader.deserialize();
    rows.map(|row| {
        let row: BTreeMap<String, String> = row.expect("a row");
        (row["credential_id"].clone(), row)
    })
    .collect()
}

fn of_run(runs: &DailyRuns, day: &Day, name: &str) -> String {
    let id = day.manifest["run_id"].as_str().expect("an id");
    runs.object(id, name).expect(name)
}

fn keys(runs: &DailyRuns) -> Vec<Credential> {
    let directory = runs.sim.directory("Default");
    directory.credentials(ResourceType::ApiKeys).to_vec()
}

/// When a key was used last, by the events of the simulator; `None` if that is before `since`.
fn truth(runs: &DailyRuns, key: &Credential, since: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let id = format!(
        "{}/{}/{}",
        runs.sim.tenancy(),
        key.holder.ocid(),
        key.fingerprint()
    );
    let (used, _) = runs.sim.uses().get(&id)?.clone();
    let milliseconds = DateTime::from_timestamp_millis(used.timestamp_millis());
    milliseconds.filter(|used| *used >= since)
}

fn assert_no_token(runs: &DailyRuns) {
    let objects = runs.sim.bucket(runs.sim.bucket_name()).objects();
    let mails = runs.sim.messages().into_iter().map(|mail| mail.body);
    let texts = objects
        .values()
        .map(|object| String::from_utf8_lossy(&object.body).into_owned());
    for text in texts.chain(mails) {
        assert!(!text.contains("SECRET-token") && !text.contains("ST$"));
    }
}

#[tokio::test]
async fn thousand_keys_in_five_regions_take_35_searches_and_then_5_a_day() {
    let runs = searching(with_keys(500));
    let day = runs.on(DAY).await;
    assert_eq!(day.verdict, "COMPLETE");
    assert_eq!(searches(&runs), 35);
    let found = rows(&runs, &day);
    let (mut used, mut known_since) = (0, String::new());
    for key in keys(&runs) {
        let expected = truth(&runs, &key, ago(98)).map(text).unwrap_or_default();
        assert_eq!(found[&key.id]["last_use"], expected, "{}", key.id);
        used += usize::from(!expected.is_empty());
        known_since.clone_from(&found[&key.id]["last_use_known_since"]);
    }
    assert!(used > 400, "{used}");
    let since = at(&known_since);
    assert!(since >= ago(98) && since < ago(97), "{since}");
    assert!(
        day.mail().contains("without audited use in 90 days"),
        "{}",
        day.mail()
    );
    // Until the next day, some keys are used again, also in the last hour before the run and in a region without use so far.
    for (index, key) in keys(&runs).iter().enumerate().step_by(7) {
        let region = REGIONS[index % REGIONS.len()];
        let minutes = i64::try_from(index).expect("a number");
        let used = now() - TimeDelta::minutes(30) + TimeDelta::minutes(minutes);
        runs.sim
            .record(AuditEvent::api_key(region, used, runs.sim.tenancy(), key));
    }
    let next = runs.on(NEXT_DAY).await;
    assert_eq!(searches(&runs), 5);
    let found = rows(&runs, &next);
    for key in keys(&runs) {
        let expected = truth(&runs, &key, ago(98)).map(text).unwrap_or_default();
        assert_eq!(found[&key.id]["last_use"], expected, "{}", key.id);
        assert_eq!(found[&key.id]["last_use_known_since"], known_since);
    }
    assert_no_token(&runs);
}

#[tokio::test]
async fn second_form_knows_last_use_to_the_day() {
    let runs = behaving(with_keys(30), not_knowing(&[QueryFeature::Max]));
    let day = runs.on(DAY).await;
    let found = rows(&runs, &day);
    for key in keys(&runs) {
        let used = truth(&runs, &key, ago(98)).map(|used| {
            let milliseconds = used.timestamp_millis();
            let day = milliseconds - milliseconds.rem_euclid(DAY_OF_MILLISECONDS);
            text(DateTime::from_timestamp_millis(day).expect("a day"))
        });
        assert_eq!(found[&key.id]["last_use"], used.unwrap_or_default());
    }
    assert_eq!(searches(&runs), 40, "one more in each region");
}

#[tokio::test]
async fn third_form_knows_the_use_of_overdue_keys_alone() {
    let new = User::named("new@example.com");
    let new_key = Credential::of(&new, ResourceType::ApiKeys, 0, &text(ago(20)));
    let mut tenancy = with_keys(6);
    tenancy = tenancy.domain(Domain::named("Other").user(new).credential(new_key.clone()));
    let runs = behaving(tenancy, not_knowing(&[QueryFeature::Summarize]));
    let used = AuditEvent::api_key(REGIONS[0], ago(1), runs.sim.tenancy(), &new_key);
    runs.sim.record(used);
    let day = runs.on(DAY).await;
    assert_eq!(day.verdict, "COMPLETE");
    let found = rows(&runs, &day);
    for key in keys(&runs) {
        let expected = truth(&runs, &key, ago(98)).map(text).unwrap_or_default();
        assert_eq!(found[&key.id]["last_use"], expected, "{}", key.id);
        assert_ne!(found[&key.id]["last_use_known_since"], "");
    }
    let young = &found[&new_key.id];
    assert_eq!(
        (&*young["last_use"], &*young["last_use_known_since"]),
        ("", "")
    );
}

#[tokio::test]
async fn wide_windows_that_fail_are_halved_and_repeated_rows_change_nothing() {
    let behavior = SearchBehavior {
        fails_beyond: Some(TimeDelta::days(7)),
        repeats_rows: true,
        page_size: 3,
        ..SearchBehavior::default()
    };
    let runs = behaving(with_keys(10), behavior);
    let day = runs.on(DAY).await;
    let found = rows(&runs, &day);
    for key in keys(&runs) {
        let expected = truth(&runs, &key, ago(98)).map(text).unwrap_or_default();
        assert_eq!(found[&key.id]["last_use"], expected, "{}", key.id);
        assert_ne!(found[&key.id]["last_use_known_since"], "");
    }
}

#[tokio::test]
async fn no_key_is_without_use_while_a_region_is_not_searched() {
    for fault in [
        Fault::status(404),
        Fault::status(500),
        Fault::invalid_json(),
        // The oldest windows are missing.
        Fault::status(500).after(3),
    ] {
        let runs = searching(with_keys(12));
        let is_partly_searched = format!("{fault:?}").contains("After");
        runs.fault(
            fault
                .service(Service::LoggingSearch)
                .target_contains("/uk-london-1/"),
        );
        let day = runs.on(DAY).await;
        assert_eq!(day.verdict, "COMPLETE");
        let found = rows(&runs, &day);
        for key in keys(&runs) {
            let since = &found[&key.id]["last_use_known_since"];
            if is_partly_searched {
                assert_eq!(*since, text(ago(42)), "{}", key.id);
            } else {
                assert_eq!(since, "", "{}", key.id);
            }
        }
        let page = of_run(&runs, &day, "report.html");
        assert!(
            !day.mail().contains("without audited use"),
            "{}",
            day.mail()
        );
        assert!(is_partly_searched || !page.contains("no audited use in"));
        assert!(
            day.mail().contains("because of region uk-london-1"),
            "{}",
            day.mail()
        );
        let notices = day.summary["notices"].to_string();
        assert!(notices.contains("uk-london-1"), "{notices}");
        let region = &day.manifest["last_use"]["regions"][2];
        assert_eq!(region["region"], "uk-london-1");
        assert!(region["failure"].is_string(), "{region}");
        // The next day continues where it can.
        runs.sim.faults().clear();
        let next = runs.on(NEXT_DAY).await;
        for (id, row) in rows(&runs, &next) {
            assert_ne!(row["last_use_known_since"], "", "{id}");
        }
        let record = &next.manifest["last_use"];
        assert_eq!(record["regions"][2]["failure"], Value::Null);
    }
}

#[tokio::test]
async fn events_that_are_not_kept_shorten_what_is_known() {
    let behavior = SearchBehavior {
        retention: TimeDelta::days(60),
        ..SearchBehavior::default()
    };
    let runs = behaving(with_keys(100), behavior);
    let day = runs.on(DAY).await;
    let found = rows(&runs, &day);
    let since = at(&found[&keys(&runs)[0].id]["last_use_known_since"]);
    assert!(since >= ago(60) && since < ago(57), "{since}");
    assert!(
        !day.mail().contains("without audited use in 90"),
        "{}",
        day.mail()
    );
    assert!(
        day.mail()
            .contains("audited use of API keys is known for 5"),
        "{}",
        day.mail()
    );
}

#[tokio::test]
async fn search_that_finds_no_key_at_all_shows_nothing() {
    let behavior = SearchBehavior {
        literal_wildcards: true,
        ..SearchBehavior::default()
    };
    let runs = behaving(with_keys(10), behavior);
    let day = runs.on(DAY).await;
    assert!(
        day.mail().contains("no search found a use of any key"),
        "{}",
        day.mail()
    );
    for (id, row) in rows(&runs, &day) {
        let known = (&*row["last_use"], &*row["last_use_known_since"]);
        assert_eq!(known, ("", ""), "{id}");
    }
}

#[tokio::test]
async fn clock_that_is_an_hour_off_leaves_no_gap() {
    let runs = searching(with_keys(10));
    runs.invoke(&format!("{DAY}T05:00:00Z"), &Value::Null)
        .await
        .expect("a run an hour early");
    assert_eq!(searches(&runs), 35);
    let key = &keys(&runs)[0];
    let used = now() - TimeDelta::minutes(90);
    let event = AuditEvent::api_key(REGIONS[2], used, runs.sim.tenancy(), key);
    runs.sim.record(event);
    let day = runs.on(DAY).await;
    assert_eq!(searches(&runs), 5);
    assert_eq!(rows(&runs, &day)[&key.id]["last_use"], text(used));
    // A run whose clock is behind that of the run before.
    let late = format!("{DAY}T05:30:00Z");
    let earlier = runs.invoke(&late, &Value::Null).await.expect("a run");
    assert!(searches(&runs) >= 5);
    let manifest = runs.object(&earlier.run.run_id, "manifest.json");
    let manifest: Value = serde_json::from_str(&manifest.expect("a manifest")).expect("JSON");
    assert_eq!(manifest["last_use"]["until"], format!("{DAY}T05:30:00Z"));
    // A file with an end in the future is refused, and everything is searched again.
    let id = day.manifest["run_id"].as_str().expect("an id");
    let mut file: Value =
        serde_json::from_str(&of_run(&runs, &day, "last-use.json")).expect("JSON");
    file["regions"][0]["searched_until"] = json!("2026-12-05T00:00:00Z");
    runs.replace(id, "last-use.json", &file);
    runs.on(NEXT_DAY).await;
    assert_eq!(searches(&runs), 35);
}

/// Users whose keys would be deleted or retired: one is inactive, one has a newer key.
fn removals() -> (Tenancy, [Credential; 4]) {
    let api_key = |user: &User, number, days| {
        Credential::of(user, ResourceType::ApiKeys, number, &text(ago(days)))
    };
    let gone = User::named("gone@example.com")
        .inactive()
        .last_modified(&text(ago(40)));
    let rotating = User::named("rotating@example.com");
    let keys = [
        api_key(&gone, 0, 95),
        api_key(&gone, 1, 95),
        api_key(&rotating, 0, 95),
        api_key(&rotating, 1, 10),
    ];
    let domain = Domain::named("Default").user(gone).user(rotating);
    let domain = keys
        .iter()
        .fold(domain, |domain, key| domain.credential(key.clone()));
    (subscribed().domain(domain), keys)
}

#[tokio::test]
async fn key_that_was_used_lately_is_reviewed_before_it_is_deleted() {
    let (tenancy, [used, unused, retired, _]) = removals();
    let runs = searching(tenancy);
    let record = |key: &Credential, days, region| {
        let event = AuditEvent::api_key(region, ago(days), runs.sim.tenancy(), key);
        runs.sim.record(event);
    };
    record(&used, 3, REGIONS[1]);
    record(&unused, 97, REGIONS[0]);
    record(&retired, 29, REGIONS[0]);
    let day = runs.on(DAY).await;
    let found = rows(&runs, &day);
    let decided = |key: &Credential| {
        let row = &found[&key.id];
        ["action", "reason", "actor", "urgency", "delete_command"].map(|column| row[column].clone())
    };
    assert_eq!(
        decided(&used)[..4],
        ["review", "recently_used", "security", "now"]
    );
    assert_eq!(decided(&used)[4], "");
    assert_eq!(
        decided(&unused)[..4],
        ["delete", "inactive_user", "security", "now"]
    );
    assert_ne!(decided(&unused)[4], "");
    assert_eq!(
        decided(&retired)[..3],
        ["review", "recently_used", "security"]
    );
    let mail = day.mail();
    let first = format!("last audited use {}", ago(3).format("%Y-%m-%d"));
    assert!(mail.contains(&first), "{mail}");
    let page = of_run(&runs, &day, "report.html");
    assert!(
        page.contains("in eu-frankfurt-1; audited use is known since"),
        "{page}"
    );
    assert!(page.contains("last audited use"));
    let finding = of_run(&runs, &day, "findings.jsonl");
    assert!(
        finding.contains("\"last_use_region\":\"eu-frankfurt-1\""),
        "{finding}"
    );
    // A month later nothing used them. What was done is by the same date as before.
    for (key, word) in [(&used, "delete"), (&retired, "retire")] {
        let later = runs.on("2026-12-30").await;
        assert_eq!(rows(&runs, &later)[&key.id]["action"], word);
    }
}

#[tokio::test]
async fn fingerprint_of_another_key_is_a_finding() {
    let users = ["a", "b", "c"].map(|name| User::named(&format!("{name}@example.com")));
    let fingerprint = "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34";
    let key = |user: &User, number, days| {
        Credential::of(user, ResourceType::ApiKeys, number, &text(ago(days)))
    };
    let shared = [
        key(&users[0], 0, 10).with_fingerprint(fingerprint),
        key(&users[1], 0, 10).with_fingerprint(fingerprint),
    ];
    let old = key(&users[2], 0, 89);
    let mut domain = Domain::named("Default").credential(old.clone());
    for credential in &shared {
        domain = domain.credential(credential.clone());
    }
    let domain = users
        .iter()
        .fold(domain, |domain, user| domain.user(user.clone()));
    let runs = searching(subscribed().domain(domain));
    let day = runs.on(DAY).await;
    for credential in &shared {
        let note = &rows(&runs, &day)[&credential.id]["note"];
        assert!(
            note.contains("another user has a key with the same fingerprint"),
            "{note}"
        );
    }
    let mail = day.mail();
    assert!(
        mail.contains("2 API keys with the fingerprint of another user's key"),
        "{mail}"
    );
    assert_eq!(day.manifest["last_use"]["keys_of_several_users"], 2);
    // The old key is added again: its age starts over, and its private key is the same.
    let again = key(&users[2], 1, 0).with_fingerprint(&old.fingerprint());
    runs.sim.change("Default", |directory| {
        directory.remove_credential(&old.id);
        directory.add_credential(again.clone());
    });
    let next = runs.on(NEXT_DAY).await;
    let row = &rows(&runs, &next)[&again.id];
    assert!(row["note"].contains("it was not rotated"), "{row:?}");
    assert!(
        next.mail()
            .contains("1 API key added again under another id")
    );
    let finding = of_run(&runs, &next, "findings.jsonl");
    assert!(finding.contains("key_added_again"), "{finding}");
}

#[tokio::test]
async fn what_if_run_searches_nothing_and_knows_what_the_run_before_knew() {
    let runs = searching(with_keys(10));
    let day = runs.on(DAY).await;
    searches(&runs);
    let what_if = json!({"audit": {"as_of": "+30d"}});
    let summary = runs.invoke(&format!("{DAY}T07:00:00Z"), &what_if).await;
    let summary = summary.expect("a run");
    assert_eq!(searches(&runs), 0);
    let manifest = runs
        .object(&summary.run.run_id, "manifest.json")
        .expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    let known = |manifest: &Value| manifest["last_use"]["known_since"].clone();
    assert_eq!(known(&manifest), known(&day.manifest));
    assert!(known(&manifest).is_string());
}

#[tokio::test]
async fn what_if_run_knows_which_region_the_run_before_did_not_search() {
    let runs = searching(with_keys(10));
    let refused = Fault::status(404).service(Service::LoggingSearch);
    runs.fault(refused.target_contains("/uk-london-1/"));
    let day = runs.on(DAY).await;
    assert_eq!(day.manifest["last_use"]["known_since"], Value::Null);
    let what_if = json!({"audit": {"as_of": "+30d"}});
    let summary = runs.invoke(&format!("{DAY}T07:00:00Z"), &what_if).await;
    let id = summary.expect("a run").run.run_id;
    let manifest = runs.object(&id, "manifest.json").expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["last_use"]["known_since"], Value::Null);
    let page = runs.object(&id, "report.html").expect("a page");
    assert!(!page.contains("no audited use in"), "{page}");
}

#[tokio::test]
async fn known_use_outlives_a_day_on_which_regions_are_not_listed() {
    let (tenancy, [used, ..]) = removals();
    let runs = searching(tenancy);
    let event = AuditEvent::api_key(REGIONS[1], ago(3), runs.sim.tenancy(), &used);
    runs.sim.record(event);
    runs.on(DAY).await;
    searches(&runs);
    runs.fault(Fault::status(404).target_contains("/regionSubscriptions"));
    let day = runs.on(NEXT_DAY).await;
    let row = &rows(&runs, &day)[&used.id];
    assert_eq!(
        [&*row["action"], &*row["reason"], &*row["last_use"]],
        ["review", "recently_used", &*text(ago(3))]
    );
    assert_eq!(row["last_use_known_since"], "");
    // The next run continues where the last search ended.
    runs.sim.faults().clear();
    searches(&runs);
    let day = runs.on("2026-12-01").await;
    assert_eq!(searches(&runs), 5);
    assert_ne!(rows(&runs, &day)[&used.id]["last_use_known_since"], "");
}

#[tokio::test]
async fn key_of_a_user_without_ocid_is_not_called_without_use() {
    for unknown in [&[][..], &[QueryFeature::Summarize]] {
        let runs = behaving(with_keys(6), not_knowing(unknown));
        let ocid = keys(&runs)[0].holder.ocid().to_owned();
        let without_ocid = move |row: &mut Value| {
            for path in ["", "/user"] {
                let object = row.pointer_mut(path).and_then(Value::as_object_mut);
                if let Some(object) =
                    object.filter(|object| object.get("ocid") == Some(&json!(ocid)))
                {
                    object.remove("ocid");
                }
            }
        };
        runs.fault(Fault::edit_rows(without_ocid));
        let day = runs.on(DAY).await;
        let found = rows(&runs, &day);
        let (mut nameless, mut others) = (0, 0);
        for row in found.values() {
            let since = &row["last_use_known_since"];
            if row["user_ocid"].is_empty() {
                assert_eq!((&**since, &*row["last_use"]), ("", ""), "{row:?}");
                nameless += 1;
            } else {
                assert_ne!(since, "", "{row:?}");
                others += 1;
            }
        }
        assert_eq!((nameless, others), (2, 10));
    }
}

#[tokio::test]
async fn use_in_the_future_is_not_believed() {
    let runs = searching(with_keys(60));
    let edit = |answer: &mut Value| {
        for row in answer["results"].as_array_mut().into_iter().flatten() {
            row["data"]["newest"] = json!(4_102_444_800_000_i64);
        }
    };
    let fault = Fault::edit(edit).service(Service::LoggingSearch);
    runs.fault(fault.target_contains("/uk-london-1/"));
    let day = runs.on(DAY).await;
    let record = &day.manifest["last_use"];
    assert_eq!(record["known_since"], Value::Null);
    let failure = record["regions"][2]["failure"].to_string();
    assert!(failure.contains("outside of the window"), "{failure}");
    let file = of_run(&runs, &day, "last-use.json");
    assert!(!file.contains("2100-"), "{file}");
}

#[tokio::test]
async fn refusal_of_old_windows_does_not_end_the_search_for_all_keys() {
    let runs = searching(with_keys(6));
    let refused = Fault::status(400).service(Service::LoggingSearch);
    runs.fault(refused.target_contains("/uk-london-1/").after(3));
    let day = runs.on(DAY).await;
    let found = rows(&runs, &day);
    for key in keys(&runs) {
        assert_eq!(found[&key.id]["last_use_known_since"], text(ago(42)));
    }
}

#[tokio::test]
async fn file_whose_regions_are_texts_or_whose_lists_have_no_end_is_not_read() {
    let runs = searching(with_keys(6));
    let day = runs.on(DAY).await;
    let id = day.manifest["run_id"].as_str().expect("an id");
    let stored: Value = serde_json::from_str(&of_run(&runs, &day, "last-use.json")).expect("JSON");
    searches(&runs);
    let altered = |path: &str, value: Value| {
        let mut file = stored.clone();
        *file.pointer_mut(path).expect("a value") = value;
        file
    };
    for file in [
        altered("/region_names/0", json!("nowhere; delete all keys")),
        altered("/regions/0/region", json!("nowhere; delete all keys")),
        altered("/region_names", json!(vec![""; 100_000])),
        altered("/regions", json!({})),
    ] {
        runs.replace(id, "last-use.json", &file);
        let what_if = json!({"audit": {"as_of": "+1d"}});
        let summary = runs.invoke(&format!("{DAY}T07:00:00Z"), &what_if).await;
        let run_id = summary.expect("a run").run.run_id;
        let manifest = runs.object(&run_id, "manifest.json").expect("a manifest");
        let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
        assert_eq!(manifest["last_use"]["keys_with_use"], 0);
        let page = runs.object(&run_id, "report.html").expect("a page");
        assert!(!page.contains("delete all keys"));
    }
}

#[tokio::test]
async fn endless_result_of_new_keys_is_not_kept() {
    let behavior = SearchBehavior {
        page_size: 1,
        ..SearchBehavior::default()
    };
    let runs = behaving(with_keys(10), behavior);
    // As many pages.
    for key in keys(&runs) {
        let event = AuditEvent::api_key("uk-london-1", ago(1), runs.sim.tenancy(), &key);
        runs.sim.record(event);
    }
    let user = "ocid1.user.oc1..".to_owned() + &"x".repeat(200);
    let tenancy = runs.sim.tenancy().to_owned();
    let pages = std::sync::atomic::AtomicU64::new(0);
    let edit =
        move |answer: &mut Value| {
            let page = pages.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let at = now().timestamp_millis() - 1_000;
            let rows = (0..5_000_u64).map(|row| {
            let digits = format!("{:032x}", page * 5_000 + row);
            let pairs: Vec<_> = digits.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
            let credentials = format!("{tenancy}/{user}/{}", pairs.join(":"));
            json!({"data": {"data.identity.credentials": credentials, "newest": at, "oldest": at}})
        });
            answer["results"] = rows.collect();
        };
    let fault = Fault::edit(edit).service(Service::LoggingSearch);
    runs.fault(fault.target_contains("/uk-london-1/"));
    let day = runs.on(DAY).await;
    assert_eq!(day.verdict, "COMPLETE");
    let failure = day.manifest["last_use"]["regions"][2]["failure"].to_string();
    assert!(
        failure.contains("more keys than there is memory for"),
        "{failure}"
    );
    assert_eq!(day.manifest["last_use"]["known_since"], Value::Null);
}

#[tokio::test]
async fn run_whose_searches_are_refused_is_otherwise_the_same() {
    let stored = async |settings: &[(&str, &str)], refuse: bool| {
        let mut runs = searching(with_keys(5));
        for (name, value) in settings {
            runs.set(name, value);
        }
        if refuse {
            runs.fault(Fault::status(404).service(Service::LoggingSearch));
        }
        let day = runs.on(DAY).await;
        let mut rows = rows(&runs, &day);
        for row in rows.values_mut() {
            row.remove("run_id");
        }
        let id = day.manifest["run_id"].as_str().expect("an id").to_owned();
        let objects = day.manifest["objects"].as_array().expect("objects").iter();
        let mut names: Vec<_> = objects
            .map(|object| object["name"].to_string().replace(&id, ""))
            .collect();
        names.retain(|name| !name.contains("last-use.json"));
        let scripts =
            ["expiry-Default.csv", "usage-Default.csv"].map(|name| of_run(&runs, &day, name));
        (day.verdict, rows, names, scripts, searches(&runs))
    };
    let refused = stored(&[], true).await;
    let off = stored(&[("AUDIT_LAST_USE", "off")], false).await;
    let no_activity = stored(&[("AUDIT_ACTIVITY", "off")], false).await;
    assert_eq!((refused.4, off.4, no_activity.4), (5, 0, 0));
    assert_eq!(
        (&refused.0, &refused.1, &refused.2, &refused.3),
        (&off.0, &off.1, &off.2, &off.3)
    );
    assert_eq!(no_activity.0, "COMPLETE");
}

#[tokio::test]
async fn search_that_never_answers_ends_before_reading_does() {
    let runs = searching(with_keys(3));
    runs.fault(Fault::hang().service(Service::LoggingSearch));
    let dependencies = runs.dependencies_at(&format!("{DAY}T06:00:00Z"));
    let deadline = Deadline::after(Duration::from_secs(12));
    let request = AuditRequest::default();
    let summary = run(request, &runs.config(), dependencies, deadline).await;
    let summary = summary.expect("a run");
    assert_eq!(summary.run.verdict, Verdict::Complete);
    let notices = summary.run.notices.join("; ");
    assert!(notices.contains("region us-phoenix-1"), "{notices}");
    assert!(runs.object(&summary.run.run_id, "last-use.json").is_some());
}

#[tokio::test]
async fn check_tries_the_query_once_in_one_region() {
    let step = |report: &CheckReport| {
        let report = serde_json::to_value(report).expect("JSON");
        let steps = report["checks"].as_array().expect("steps");
        let step = steps.iter().find(|step| step["what"] == "last_use");
        step.cloned()
    };
    let time = format!("{DAY}T06:00:00Z");
    let mut runs = searching(with_keys(2));
    let works = step(&runs.check(&time).await).expect("a step");
    assert_eq!(works["result"], "works", "{works}");
    assert_eq!(searches(&runs), 1);
    runs.sim
        .search_behavior(not_knowing(&[QueryFeature::Summarize]));
    let by_key = step(&runs.check(&time).await).expect("a step");
    assert!(
        by_key["detail"].to_string().contains("overdue keys alone"),
        "{by_key}"
    );
    runs.fault(Fault::status(404).service(Service::LoggingSearch));
    let report = runs.check(&time).await;
    let refused = step(&report).expect("a step");
    let statement = refused["statement"].to_string();
    assert!(
        statement.contains("to read audit-events in tenancy"),
        "{refused}"
    );
    let report = serde_json::to_value(&report).expect("JSON");
    assert_eq!(report["verdict"], "COMPLETE", "{report}");
    runs.set("AUDIT_LAST_USE", "off");
    assert_eq!(step(&runs.check(&time).await), None);
}
