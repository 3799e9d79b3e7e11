//! The overview of a fleet: what is read of a hub, whatever tenancies stored there, and what is delivered.

use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use credential_audit::clock::SystemClock;
use credential_audit::config::Config;
use credential_audit::event::{AuditRequest, Effect};
use credential_audit::http::deadline::Deadline;
use credential_audit::run::fleet::{FleetError, run_fleet};
use serde_json::{Value, json};
use tenancy_sim::{Permission, Service, Tenancy};

use crate::common::function::Function;
use crate::common::hub::{BUCKET, Hub, PREFIX, PlacedRun, ocid};
use crate::common::served_tenancy::ServedTenancy;

/// A tenancy with a hub that is empty at first.
struct Fleet {
    tenancy: ServedTenancy,
    hub: Hub,
}

impl Fleet {
    fn new() -> Self {
        let tenancy = ServedTenancy::start(Tenancy::empty()).set("AUDIT_HUB_BUCKET", BUCKET);
        let hub = Hub::new(tenancy.sim.bucket(BUCKET), Utc::now());
        Self { tenancy, hub }
    }

    fn set(self, name: &str, value: &str) -> Self {
        Self {
            tenancy: self.tenancy.set(name, value),
            ..self
        }
    }

    fn config(&self) -> Config {
        self.tenancy.config()
    }

    async fn try_run(&self, effect: Effect) -> Result<Value, FleetError> {
        let principal = Arc::new(self.tenancy.principal());
        let dependencies = self.tenancy.dependencies(principal, SystemClock);
        let request = AuditRequest {
            fleet: true,
            effect,
            ..AuditRequest::default()
        };
        let deadline = Deadline::after(Duration::from_secs(60));
        let answer = run_fleet(&request, &self.config(), &dependencies, deadline).await?;
        Ok(serde_json::to_value(&answer).expect("JSON"))
    }

    async fn run(&self) -> Value {
        match self.try_run(Effect::Deliver).await {
            Ok(answer) => answer,
            Err(error) => panic!("the overview failed: {error}"),
        }
    }

    fn now_minus(&self, hours: i64) -> chrono::DateTime<Utc> {
        self.hub.hours_ago(hours)
    }

    fn run_of(&self, name: &str, hours: i64) -> PlacedRun {
        PlacedRun::new(name, self.now_minus(hours))
    }

    fn deliver_shards(&self, name: &str, of: u8, hours: i64, except: &[u8]) {
        for number in (1..=of).filter(|number| !except.contains(number)) {
            let run = self.run_of(name, hours).shard(&format!("{number}/{of}"));
            self.hub.delivered(&run);
        }
    }

    fn digest(&self) -> String {
        let message = self.tenancy.sim.messages().pop().expect("a message");
        format!("{}\n\n{}", message.title.unwrap_or_default(), message.body)
    }
}

fn row<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let rows = answer["rows"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["id"] == ocid(name));
    row.unwrap_or_else(|| panic!("no row of {name}: {answer:#}"))
}

fn remarks(row: &Value) -> String {
    let remarks = row["remarks"].as_array().expect("remarks").iter();
    remarks
        .map(|remark| remark.as_str().expect("a text"))
        .collect::<Vec<_>>()
        .join("; ")
}

fn names(answer: &Value) -> Vec<&str> {
    let rows = answer["rows"].as_array().expect("rows").iter();
    rows.map(|row| row["name"].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn newest_delivered_run_of_each_tenancy_is_shown() {
    let fleet = Fleet::new();
    for days in 1..5 {
        fleet
            .hub
            .delivered(&fleet.run_of("prod", 24 * days).with("overdue", json!(50)));
    }
    fleet.hub.delivered(&fleet.run_of("prod", 5));
    // Neither is delivered, or speaks for the tenancy.
    let unfinished = fleet.run_of("prod", 4);
    fleet.hub.object(
        &format!("{}manifest.json", unfinished.folder()),
        unfinished.manifest.to_string(),
    );
    fleet
        .hub
        .delivered(&fleet.run_of("prod", 3).with("what_if", json!("2027-01-01")));
    fleet.hub.delivered(
        &fleet
            .run_of("prod", 2)
            .with("scoped", json!(["domain_urls"])),
    );
    // A run of the future is not the newest.
    fleet.hub.delivered(&fleet.run_of("prod", -30));
    let answer = fleet.run().await;
    let row = row(&answer, "prod");
    assert_eq!(
        (&row["standing"], &row["age_hours"]),
        (&json!("complete"), &json!(5)),
        "{row:#}"
    );
    assert_eq!(row["figures"]["overdue"], 4);
    assert_eq!(row["figures"]["to_rotate"], 3);
    assert_eq!(row["figures"]["to_remove"], 2);
    assert_eq!(row["figures"]["oldest_days"], 200);
    // 5 + 2 + 1 now, 12 + 2 + 1 a week before.
    assert_eq!(row["figures"]["trend"]["change"], -7);
    assert_eq!(answer["verdict"], "COMPLETE");
    assert_eq!(answer["credentials"], 100);
}

#[tokio::test]
async fn tenancies_without_a_current_run_come_first() {
    let missing = ocid("missing");
    let fleet = Fleet::new().set(
        "AUDIT_FLEET_TENANCIES",
        &format!("{missing}, {}", ocid("calm")),
    );
    let nothing = json!({"rotate": {"now": 0, "week": 0, "later": 0}});
    fleet.hub.delivered(
        &fleet
            .run_of("calm", 3)
            .with("actions", nothing.clone())
            .with("overdue", json!(0)),
    );
    fleet.hub.delivered(&fleet.run_of("busy", 3));
    fleet.hub.delivered(
        &fleet
            .run_of("partial", 3)
            .with("actions", nothing)
            .with("overdue", json!(0))
            .with("verdict", json!("PARTIAL")),
    );
    fleet.hub.delivered(&fleet.run_of("silent", 37));
    fleet.hub.delivered(&fleet.run_of("broken", 25));
    fleet
        .hub
        .failed(&fleet.run_of("broken", 1), "no domain was read");
    fleet.hub.delivered(&fleet.run_of("given-up", 24 * 200));
    let answer = fleet.run().await;
    let order = names(&answer);
    let missing = format!("tenancy \u{2026}{}", &missing[missing.len() - 6..]);
    assert_eq!(
        order,
        [
            &missing, "given-up", "silent", "broken", "busy", "partial", "calm"
        ]
    );
    assert_eq!(
        remarks(row(&answer, "missing")),
        "no run was ever delivered"
    );
    assert_eq!(row(&answer, "missing")["figures"], Value::Null);
    let silent = row(&answer, "silent");
    assert!(
        remarks(silent).starts_with("no run was delivered in 36 hours, the last at "),
        "{silent:#}"
    );
    assert_eq!(
        silent["figures"]["overdue"], 4,
        "what was known last is shown"
    );
    assert_eq!(row(&answer, "given-up")["age_hours"], 4_800);
    let broken = row(&answer, "broken");
    assert_eq!(
        (&broken["standing"], &broken["silent"]),
        (&json!("failed"), &json!(false))
    );
    assert!(
        remarks(broken).ends_with("FAILED: no domain was read"),
        "{broken:#}"
    );
    assert_eq!(answer["silent"], 3);
    assert_eq!(answer["verdict"], "PARTIAL");
    let digest = fleet.digest();
    assert!(
        digest.contains("fleet of 7: INCOMPLETE, 4 not current, 12 to rotate, 8 to remove, "),
        "{digest}"
    );
    let section = digest.split("NO CURRENT RUN").nth(1).expect("a section");
    assert!(
        section.contains("- broken (\u{2026}broken): FAILED, the run of "),
        "{digest}"
    );
}

#[tokio::test]
async fn counts_of_shards_are_summed_and_a_missing_one_is_named() {
    let fleet = Fleet::new();
    fleet.deliver_shards("whole", 8, 3, &[]);
    fleet.deliver_shards("missing", 8, 3, &[5]);
    fleet.deliver_shards("late", 8, 3, &[5]);
    fleet.deliver_shards("late", 8, 50, &[]);
    fleet.deliver_shards("broken", 8, 3, &[2]);
    fleet
        .hub
        .failed(&fleet.run_of("broken", 2).shard("2/8"), "the time ran out");
    let answer = fleet.run().await;
    let whole = row(&answer, "whole");
    assert_eq!(
        (&whole["standing"], &whole["shards"]),
        (&json!("complete"), &json!(8)),
        "{whole:#}"
    );
    assert_eq!(whole["figures"]["credentials"], 800);
    assert_eq!(whole["figures"]["trend"]["change"], -56);
    for (name, missing, read, words) in [
        (
            "missing",
            "5/8",
            700,
            "shard 5/8: no run was ever delivered",
        ),
        (
            "late",
            "5/8",
            800,
            "shard 5/8: no run was delivered in 36 hours, the last at ",
        ),
        ("broken", "2/8", 700, "shard 2/8: the run of "),
    ] {
        let row = row(&answer, name);
        assert_eq!(row["standing"], "shards_missing", "{row:#}");
        assert_eq!(row["missing_shards"], json!([missing]));
        assert_eq!(row["figures"]["credentials"], read, "{row:#}");
        assert!(remarks(row).contains(words), "{row:#}");
        assert!(row["silent"] == true, "{row:#}");
    }
    assert_eq!(names(&answer)[3], "whole");
    assert!(
        fleet
            .digest()
            .contains("PARTIAL, shard 5/8: no run was ever delivered"),
        "{}",
        fleet.digest()
    );
}

#[tokio::test]
async fn set_whose_number_changed_is_shown_by_its_newest_complete_scheme() {
    let fleet = Fleet::new();
    fleet.deliver_shards("begins", 4, 20, &[]);
    fleet.deliver_shards("begins", 8, 1, &[3, 4, 5]);
    fleet.deliver_shards("done", 4, 20, &[]);
    fleet.deliver_shards("done", 8, 1, &[]);
    fleet.deliver_shards("long-done", 4, 500, &[]);
    fleet.deliver_shards("long-done", 8, 1, &[]);
    fleet.hub.delivered(&fleet.run_of("from-whole", 20));
    fleet.deliver_shards("from-whole", 2, 1, &[2]);
    fleet.deliver_shards("stuck", 4, 60, &[]);
    fleet.deliver_shards("stuck", 8, 1, &[3]);
    let answer = fleet.run().await;
    for (name, standing, shards, read, words) in [
        (
            "begins",
            "complete",
            json!(4),
            4,
            "it also reported as 8 shards lately; shown here: 4 shards",
        ),
        (
            "done",
            "complete",
            json!(8),
            8,
            "it also reported as 4 shards lately; shown here: 8 shards",
        ),
        ("long-done", "complete", json!(8), 8, ""),
        (
            "from-whole",
            "complete",
            Value::Null,
            1,
            "it also reported as 2 shards lately; shown here: the whole tenancy",
        ),
        (
            "stuck",
            "shards_missing",
            json!(8),
            7,
            "shard 3/8: no run was ever delivered",
        ),
    ] {
        let row = row(&answer, name);
        assert_eq!(
            (&row["standing"], &row["shards"]),
            (&json!(standing), &shards),
            "{row:#}"
        );
        assert_eq!(remarks(row), words);
        assert_eq!(row["figures"]["credentials"], 100 * read);
    }
}

/// Manifests that nobody should store, with words of their remarks. `None` where they are harmless: what is
/// not read does no harm, and a text is only shown.
fn hostile(fleet: &Fleet) -> Vec<(String, Vec<u8>, Option<&'static str>)> {
    let run = |name: &str| fleet.run_of(name, 2);
    let with = |name: &str, field: &str, value: Value| {
        let run = run(name).with(field, value);
        run.manifest.to_string().into_bytes()
    };
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let valid = |name: &str| run(name).manifest.to_string();
    let cases: Vec<(Vec<u8>, Option<&'static str>)> = vec![
        (b"".to_vec(), Some("malformed")),
        (b"[]".to_vec(), Some("malformed")),
        (b"\xff\xfe{".to_vec(), Some("malformed")),
        (deep.clone().into_bytes(), Some("malformed")),
        (
            valid("h4")
                .replacen('{', &format!("{{\"deep\":{deep},"), 1)
                .into_bytes(),
            None,
        ),
        (
            with("h5", "credentials", json!(u64::MAX)),
            Some("invalid number of credentials"),
        ),
        (
            valid("h6")
                .replace("\"overdue\":4,\"people\"", "\"overdue\":1e400,\"people\"")
                .into_bytes(),
            Some("malformed"),
        ),
        (with("h7", "overdue", json!(-1)), Some("malformed")),
        (
            with(
                "h8",
                "tenancy",
                json!({"name": "prod", "id": ocid("honest-001")}),
            ),
            Some("another tenancy"),
        ),
        (
            with("h9", "run_id", json!("20261122T060000Z-7f3a91")),
            Some("another run"),
        ),
        (
            with("h10", "as_of", json!("2999-01-01T00:00:00Z")),
            Some("later than now"),
        ),
        (with("h11", "schema_version", json!(3)), Some("schema 3")),
        (with("h12", "shard", json!("1/2")), Some("another shard")),
        (
            with("h13", "oldest", json!({"age_days": 1_000_000})),
            Some("invalid oldest"),
        ),
        (
            valid("h14")
                .replacen('{', "{\"credentials\":1,", 1)
                .into_bytes(),
            Some("malformed"),
        ),
        (
            with("h15", "history", json!(vec![json!({}); 1_000])),
            Some("malformed"),
        ),
        (with("h16", "verdict", json!("SPLENDID")), Some("malformed")),
        (vec![b' '; 9 * 1024 * 1024], Some("8388608 bytes")),
        (
            with(
                "h18",
                "domains",
                json!(vec![json!({"users": u64::MAX, "verdict": "COMPLETE"}); 3]),
            ),
            Some("invalid number of users"),
        ),
        (
            with(
                "h19",
                "tenancy",
                json!({"name": "=HYPERLINK(\"x\")\u{202e}<script>alert(1)</script>\r\n- prod", "id": ocid("h19")}),
            ),
            None,
        ),
    ];
    let named = cases.into_iter().enumerate();
    named
        .map(|(index, (manifest, words))| (format!("h{index}"), manifest, words))
        .collect()
}

#[tokio::test]
async fn twenty_hostile_tenancies_cost_a_hundred_honest_ones_nothing() {
    let fleet = Fleet::new();
    for number in 0..100 {
        fleet
            .hub
            .delivered(&fleet.run_of(&format!("honest-{number:03}"), 2));
    }
    let hostile = hostile(&fleet);
    assert_eq!(hostile.len(), 20);
    for (name, manifest, _) in &hostile {
        fleet
            .hub
            .delivered_with(&fleet.run_of(name, 2), manifest.clone());
    }
    let answer = fleet.run().await;
    assert_eq!(answer["tenancies"], 120);
    for number in 0..100 {
        let row = row(&answer, &format!("honest-{number:03}"));
        assert_eq!(
            (&row["standing"], &row["figures"]["credentials"]),
            (&json!("complete"), &json!(100))
        );
    }
    for (name, _, words) in &hostile {
        let row = row(&answer, name);
        match words {
            Some(words) => {
                assert_eq!(
                    (&row["standing"], &row["figures"]),
                    (&json!("unreadable"), &Value::Null),
                    "{row:#}"
                );
                assert!(remarks(row).contains(words), "{words}: {row:#}");
            }
            None => assert_eq!(row["standing"], "complete", "{row:#}"),
        }
    }
    assert_eq!(answer["credentials"], 10_200);
    let page = fleet.tenancy.stored("fleet.html");
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    assert!(!page.contains('\u{202e}'));
    let csv = fleet.tenancy.stored("fleet.csv");
    assert!(csv.contains("\"'=HYPERLINK("), "{csv}");
    assert_eq!(csv.matches("\r\n").count(), 121);
    let digest = fleet.digest();
    assert!(
        digest.contains("110 more in fleet.html") || digest.contains("more in fleet.html"),
        "{digest}"
    );
    assert!(!digest.contains("\n- prod"), "{digest}");
}

#[tokio::test]
async fn requests_grow_with_tenancies_and_not_with_days() {
    let mut requests = Vec::new();
    for days in [1, 45] {
        let fleet = Fleet::new();
        for number in 0..6 {
            for day in 0..days {
                fleet
                    .hub
                    .delivered(&fleet.run_of(&format!("t{number}"), 24 * day + 2));
            }
        }
        let answer = fleet.run().await;
        assert_eq!(answer["verdict"], "COMPLETE");
        requests.push(fleet.tenancy.requests_to(Service::ObjectStorage));
    }
    // The hub, three requests per tenancy, the namespace twice, and three files.
    assert_eq!(requests, [1 + 6 * 3 + 2 + 3; 2]);
}

#[tokio::test]
async fn silent_tenancy_is_searched_backwards_by_few_requests() {
    let fleet = Fleet::new().set("AUDIT_NOTIFY", "never");
    for day in 100..160 {
        fleet.hub.delivered(&fleet.run_of("old", 24 * day));
    }
    // A flood of folders without a run, and names that are not dates.
    for number in 0..3_000 {
        fleet.hub.object(
            &format!("{PREFIX}{}/{:04}/x", ocid("flood"), 3_000 + number),
            "",
        );
        fleet.hub.object(
            &format!(
                "{PREFIX}{}/2020/{:02}/{:02}/x",
                ocid("flood"),
                number % 100,
                number / 100
            ),
            "",
        );
    }
    let answer = fleet.run().await;
    assert_eq!(row(&answer, "old")["age_hours"], 2_400);
    let flood = row(&answer, "flood");
    assert_eq!(flood["standing"], "silent");
    assert_eq!(
        remarks(flood),
        "no run was found in the days that were searched"
    );
    let requests = fleet.tenancy.requests_to(Service::ObjectStorage);
    assert!(requests < 60, "{requests}");
}

#[tokio::test]
async fn tenancy_with_thousands_of_names_in_each_shard_costs_only_time() {
    let fleet = Fleet::new();
    fleet.deliver_shards("flood", 64, 9, &[]);
    let stopped = fleet.run_of("flood", 3);
    for number in 1..=64 {
        let shard = stopped.clone().shard(&format!("{number}/64"));
        let folder = shard.folder();
        let time = folder.trim_end_matches('/').rsplit_once('-');
        let (time, _) = time.expect("the id of a run");
        for run in 0..2_000 {
            fleet
                .hub
                .object(&format!("{time}-{run:06x}/credentials.csv"), "");
        }
    }
    fleet.hub.delivered(&fleet.run_of("honest", 2));
    let answer = fleet.run().await;
    for (name, credentials) in [("flood", 6_400), ("honest", 100)] {
        let row = row(&answer, name);
        assert_eq!(row["standing"], "complete", "{name}: {}", remarks(row));
        assert_eq!(row["figures"]["credentials"], credentials);
    }
}

#[tokio::test]
async fn tenancy_with_many_large_manifests_is_read_up_to_a_bound() {
    let fleet = Fleet::new();
    let what_if = json!("2027-01-01");
    for number in 0..14 {
        let run = fleet.run_of("large", 3 + number);
        let manifest = run.with("what_if", what_if.clone());
        let blanks = " ".repeat(6 * 1024 * 1024);
        let text = format!("{}{blanks}", manifest.manifest);
        fleet.hub.delivered_with(&manifest, text);
    }
    fleet.hub.delivered(&fleet.run_of("large", 30));
    // What is read is bounded for each tenancy, and not for all of them.
    for number in 0..9 {
        fleet
            .hub
            .delivered(&fleet.run_of(&format!("narrow{number}"), 30));
        let run = fleet.run_of(&format!("narrow{number}"), 3);
        fleet.hub.delivered(&run.with("what_if", what_if.clone()));
    }
    let answer = fleet.run().await;
    let large = row(&answer, "large");
    assert_eq!(
        (&large["standing"], &large["silent"]),
        (&json!("unreadable"), &json!(false))
    );
    assert_eq!(
        remarks(large),
        "the newest run cannot be read: it has more than 67108864 bytes of manifests"
    );
    for number in 0..9 {
        let row = row(&answer, &format!("narrow{number}"));
        assert_eq!(row["standing"], "complete", "{row:#}");
    }
}

#[tokio::test]
async fn unreadable_tenancy_is_silent_unless_its_run_is_of_the_last_hours() {
    let fleet = Fleet::new();
    for (name, hours) in [("late", 240), ("recent", 30), ("failed", 30)] {
        let run = fleet.run_of(name, hours).with("schema_version", json!(1));
        fleet.hub.delivered(&run);
    }
    fleet.hub.failed(&fleet.run_of("failed", 2), "no domain");
    let answer = fleet.run().await;
    for (name, standing, is_silent) in [
        ("late", "unreadable", true),
        ("recent", "unreadable", false),
        ("failed", "failed", false),
    ] {
        let row = row(&answer, name);
        assert_eq!(
            (&row["standing"], &row["silent"]),
            (&json!(standing), &json!(is_silent)),
            "{name}: {}",
            remarks(row)
        );
    }
    assert_eq!(answer["silent"], 1);
}

#[tokio::test]
async fn runs_that_were_stopped_hide_no_delivered_run() {
    let fleet = Fleet::new();
    let stop = |run: &PlacedRun| {
        let name = format!("{}credentials.csv", run.folder());
        fleet.hub.object(&name, "");
    };
    for hours in 1..30 {
        stop(&fleet.run_of("hourly", hours));
        fleet
            .hub
            .failed(&fleet.run_of("failing", hours), "no domain");
    }
    for name in ["hourly", "failing"] {
        fleet.hub.delivered(&fleet.run_of(name, 31));
    }
    for days in 0..40 {
        stop(&fleet.run_of("daily", 24 * days + 1));
        // Never delivered, and searched to the end.
        if days < 9 {
            stop(&fleet.run_of("new", 24 * days + 1));
        }
    }
    fleet.hub.delivered(&fleet.run_of("daily", 24 * 41));
    let answer = fleet.run().await;
    for (name, standing, is_silent, words) in [
        ("hourly", "complete", false, ""),
        ("failing", "failed", false, " FAILED: no domain"),
        (
            "daily",
            "silent",
            true,
            "no run was found in the days that were searched",
        ),
        ("new", "never_reported", true, "no run was ever delivered"),
    ] {
        let row = row(&answer, name);
        assert_eq!(
            (&row["standing"], &row["silent"]),
            (&json!(standing), &json!(is_silent)),
            "{name}: {}",
            remarks(row)
        );
        assert!(remarks(row).ends_with(words), "{row:#}");
    }
}

#[tokio::test]
async fn objects_of_checks_and_of_failed_copies_are_ignored() {
    let fleet = Fleet::new();
    let run = fleet.run_of("prod", 2);
    fleet.hub.delivered(&run);
    let stored = fleet.run_of("prod", 1);
    let id = stored
        .folder()
        .replace(&format!("{PREFIX}{}/", ocid("prod")), "");
    for folder in [run.folder(), stored.folder()] {
        fleet.hub.object(&format!("{folder}hub-failed.json"), "{");
    }
    for name in ["prod", "checked"] {
        for file in [
            "20261122T060000Z-7f3a91.json",
            &format!("{id}manifest.json"),
        ] {
            let folder = format!("{PREFIX}{}/checks/", ocid(name));
            fleet.hub.object(&format!("{folder}{file}"), "{");
        }
    }
    let answer = fleet.run().await;
    let prod = row(&answer, "prod");
    assert_eq!(
        (&prod["standing"], &prod["age_hours"]),
        (&json!("complete"), &json!(2)),
        "{prod:#}"
    );
    let checked = row(&answer, "checked");
    assert_eq!(checked["standing"], "never_reported", "{checked:#}");
    assert_eq!(answer["tenancies"], 2);
}

#[tokio::test]
async fn overview_is_stored_where_no_tenancy_writes_and_published_once() {
    let fleet = Fleet::new();
    fleet.hub.delivered(&fleet.run_of("prod", 2));
    let answer = fleet.run().await;
    let sim = &fleet.tenancy.sim;
    let objects = sim.bucket(sim.bucket_name()).objects();
    let files: Vec<_> = objects
        .keys()
        .map(|name| name.rsplit('/').next().unwrap_or_default())
        .collect();
    assert_eq!(files, ["fleet.csv", "fleet.html", "fleet.json"]);
    for (name, object) in &objects {
        assert!(
            name.contains("fleet-overview/") && !name.starts_with(PREFIX),
            "{name}"
        );
        assert!(object.if_none_match_sent && object.content_md5_sent);
    }
    assert_eq!(answer["objects"].as_array().map(Vec::len), Some(3));
    assert_eq!(sim.messages().len(), 1);
    assert!(answer["notification"]["message_id"].is_string());
    let stored: Value = serde_json::from_str(&fleet.tenancy.stored("fleet.json")).expect("JSON");
    assert_eq!(stored["rows"], answer["rows"]);
    // A second overview overwrites nothing.
    fleet.run().await;
    assert_eq!(sim.bucket(sim.bucket_name()).objects().len(), 6);
}

#[tokio::test]
async fn dry_run_stores_and_publishes_nothing() {
    let fleet = Fleet::new();
    fleet.hub.delivered(&fleet.run_of("prod", 2));
    let answer = fleet.try_run(Effect::DryRun).await.expect("an answer");
    assert_eq!(answer["tenancies"], 1);
    assert_eq!(answer["notification"]["skipped"], "dry run");
    assert!(fleet.tenancy.sim.effects().is_empty());
}

#[tokio::test]
async fn fleet_without_findings_is_published_unless_the_settings_say_otherwise() {
    for (notify, messages) in [("findings", 0), ("changes", 1), ("always", 1), ("never", 0)] {
        let fleet = Fleet::new().set("AUDIT_NOTIFY", notify);
        fleet
            .hub
            .delivered(&fleet.run_of("prod", 2).with("actions", json!({})));
        fleet.run().await;
        assert_eq!(fleet.tenancy.sim.messages().len(), messages, "{notify}");
    }
    let fleet = Fleet::new().set("AUDIT_NOTIFY", "findings");
    let answer = fleet.run().await;
    assert_eq!(
        answer["verdict"], "PARTIAL",
        "nothing is known of an empty hub"
    );
    assert!(
        fleet
            .digest()
            .contains("INCOMPLETE: No tenancy has reported."),
        "{}",
        fleet.digest()
    );
}

#[tokio::test]
async fn hub_that_cannot_be_listed_fails_and_says_so() {
    let fleet = Fleet::new();
    fleet.tenancy.sim.bucket(BUCKET).refuse(Permission::List);
    let error = fleet.try_run(Effect::Deliver).await.expect_err("no hub");
    assert!(
        error.to_string().contains("the hub was not read: "),
        "{error}"
    );
    assert!(error.to_string().contains("inspect objects"), "{error}");
    let digest = fleet.digest();
    assert!(
        digest.starts_with("[OCI credentials] fleet: FAILED, no tenancy could be read"),
        "{digest}"
    );
}

#[tokio::test]
async fn manifests_that_may_not_be_read_are_rows_that_say_so() {
    let fleet = Fleet::new();
    fleet.hub.delivered(&fleet.run_of("prod", 2));
    fleet.tenancy.sim.bucket(BUCKET).refuse(Permission::Read);
    let answer = fleet.run().await;
    let row = row(&answer, "prod");
    assert_eq!(row["standing"], "unreadable");
    assert!(
        remarks(row).contains("target.object.name='fleet/*'"),
        "{row:#}"
    );
}

#[tokio::test]
async fn overview_that_cannot_be_stored_is_still_published() {
    let fleet = Fleet::new();
    fleet.hub.delivered(&fleet.run_of("prod", 2));
    let sim = &fleet.tenancy.sim;
    sim.bucket(sim.bucket_name()).refuse(Permission::Create);
    let error = fleet
        .try_run(Effect::Deliver)
        .await
        .expect_err("not stored");
    assert!(
        error
            .to_string()
            .starts_with("the overview is not stored: "),
        "{error}"
    );
    assert!(
        fleet
            .digest()
            .contains("fleet of 1: REPORTS NOT STORED, 3 to rotate"),
        "{}",
        fleet.digest()
    );
}

#[tokio::test]
async fn clock_of_a_tenancy_may_be_ahead_by_minutes_only() {
    let fleet = Fleet::new();
    let soon = |name: &str, minutes| PlacedRun::new(name, Utc::now() + TimeDelta::minutes(minutes));
    // Near midnight the second would be of tomorrow, and is not read for that alone.
    fleet
        .hub
        .delivered(&soon("ahead", 2))
        .delivered(&soon("future", 90));
    let answer = fleet.run().await;
    let is_today = soon("ahead", 2).started.date_naive() == Utc::now().date_naive();
    if is_today {
        assert_eq!(row(&answer, "ahead")["standing"], "complete");
        assert_eq!(row(&answer, "ahead")["age_hours"], 0);
    }
    assert_eq!(row(&answer, "future")["standing"], "never_reported");
}

#[tokio::test]
async fn event_of_the_function_makes_the_overview() {
    let tenancy = ServedTenancy::start(Tenancy::empty()).set("AUDIT_HUB_BUCKET", BUCKET);
    let hub = Hub::new(tenancy.sim.bucket(BUCKET), Utc::now());
    hub.delivered(&PlacedRun::new("prod", hub.hours_ago(2)));
    let function = Function::start_for(tenancy).await;
    let answer = function.summary(r#"{"audit":{"fleet":true}}"#).await;
    assert_eq!(row(&answer, "prod")["figures"]["people"], 5);
    assert_eq!(
        function.effects(),
        ["fleet.html", "fleet.csv", "fleet.json", "publish"]
    );
    assert_eq!(function.scim_requests(), 0);
    let answer = function
        .invoke(r#"{"audit":{"fleet":true,"as_of":"+30d"}}"#)
        .await;
    assert_eq!(answer.status.as_u16(), 502);
    let log = function.agent.stderr();
    assert!(
        log.contains("`audit.as_of` cannot be combined with `audit.fleet`"),
        "{log}"
    );
}

#[tokio::test]
async fn event_without_a_hub_names_the_setting() {
    let function = Function::start(Tenancy::empty(), &[]).await;
    let answer = function.invoke(r#"{"audit":{"fleet":true}}"#).await;
    assert_eq!(answer.status.as_u16(), 502);
    let log = function.agent.stderr();
    assert!(
        log.contains("AUDIT_HUB_BUCKET is not set; expected"),
        "{log}"
    );
}
