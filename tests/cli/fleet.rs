//! `credential-audit fleet`: arguments, outputs and exit status.

use std::process::Output;

use chrono::Utc;
use serde_json::{Value, json};
use tenancy_sim::{Permission, Tenancy};

use crate::common::command_line::{CommandLine, output, text};
use crate::common::hub::{BUCKET, Hub, PlacedRun, ocid};

/// A person's command line and a hub.
struct HubReader {
    line: CommandLine,
    hub: Hub,
}

impl HubReader {
    fn new() -> Self {
        let line = CommandLine::new(Tenancy::empty());
        let hub = Hub::new(line.sim.bucket(BUCKET), Utc::now());
        Self { line, hub }
    }

    fn bucket(&self) -> String {
        format!("{}/{BUCKET}", self.line.sim.namespace())
    }

    fn fleet_with(&self, required: &str, further: &[&str]) -> Output {
        let bucket = self.bucket();
        let arguments = [&["--bucket", &bucket], further].concat();
        let arguments = self.line.with_config("fleet", &arguments);
        let mut command = self.line.command(&arguments);
        command
            .env(
                "AUDIT_OBJECT_STORAGE_ENDPOINT",
                self.line.sim.object_storage_endpoint(),
            )
            .env("AUDIT_FLEET_TENANCIES", required);
        output(&mut command)
    }

    fn fleet(&self, further: &[&str]) -> Output {
        self.fleet_with("", further)
    }

    fn run_of(&self, name: &str, hours: i64) -> PlacedRun {
        PlacedRun::new(name, self.hub.hours_ago(hours))
    }
}

fn stdout(output: &Output) -> String {
    text(&output.stdout)
}

fn stderr(output: &Output) -> String {
    text(&output.stderr)
}

#[test]
fn table_names_the_most_urgent_tenancy_first() {
    let reader = HubReader::new();
    reader.hub.delivered(&reader.run_of("acme-prod", 5));
    reader.hub.delivered(&reader.run_of("acme-silent", 49));
    let result = reader.fleet(&[]);
    let table = stdout(&result);
    let lines: Vec<_> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines[0],
        "TENANCY OCID VERDICT ROTATE REMOVE REVIEW OVERDUE PEOPLE OLDEST LAST RUN"
    );
    assert_eq!(
        lines[1],
        "acme-silent \u{2026}silent SILENT 3 2 1 4 5 200 2 days ago"
    );
    assert_eq!(
        lines[2],
        "acme-prod \u{2026}e-prod COMPLETE 3 2 1 4 5 200 5 hours ago"
    );
    assert!(
        table.contains(
            "\nacme-silent (\u{2026}silent): no run was delivered in 36 hours, the last at "
        ),
        "{table}"
    );
    assert!(table.contains("\nINCOMPLETE: At least 12 credentials need action now in 2 of 2 tenancies: 6 to rotate, 4 to remove, 2 to review.\n"), "{table}");
    assert!(
        table.ends_with("\nPARTIAL: 2 tenancies, 2 domains, 80 users, 200 credentials.\n"),
        "{table}"
    );
    assert_eq!(result.status.code(), Some(3), "{}", stderr(&result));
}

#[test]
fn exit_status_is_that_of_the_fleet() {
    let reader = HubReader::new();
    let nothing = json!({"rotate": {"now": 0, "week": 0, "later": 0}});
    reader.hub.delivered(
        &reader
            .run_of("calm", 5)
            .with("actions", nothing)
            .with("overdue", json!(0)),
    );
    let status =
        |required: &str, further: &[&str]| reader.fleet_with(required, further).status.code();
    assert_eq!(status("", &[]), Some(0));
    assert_eq!(status("", &["--fail-on", "silent"]), Some(0));
    assert_eq!(status("", &["--fail-on", "overdue"]), Some(0));
    let missing = ocid("missing");
    assert_eq!(status(&missing, &[]), Some(3));
    assert_eq!(status(&missing, &["--fail-on", "silent"]), Some(4));
    reader.hub.delivered(&reader.run_of("busy", 5));
    assert_eq!(status("", &["--fail-on", "overdue"]), Some(4));
    assert_eq!(status("", &["--fail-on", "silent"]), Some(0));
    assert_eq!(status("ocid1.user.oc1..x", &[]), Some(2));
    assert_eq!(
        status("", &["--prefix", "other/"]),
        Some(3),
        "nothing is known of an empty hub"
    );
    assert_eq!(
        status("", &["--prefix", "other/", "--fail-on", "silent"]),
        Some(4)
    );
    assert_eq!(status("", &["--prefix", "no-slash"]), Some(2));
    reader.line.sim.bucket(BUCKET).refuse(Permission::List);
    assert_eq!(status("", &["--fail-on", "silent"]), Some(1));
}

#[test]
fn files_are_written_and_standard_output_has_one_of_them() {
    let reader = HubReader::new();
    reader.hub.delivered(&reader.run_of("acme-prod", 5));
    let result = reader.fleet(&["--html", "fleet.html", "--csv", "fleet.csv", "--json", "-"]);
    assert_eq!(result.status.code(), Some(0), "{}", stderr(&result));
    let json: Value = serde_json::from_str(&stdout(&result)).expect("only JSON");
    assert_eq!(json["rows"][0]["figures"]["to_rotate"], 3);
    assert!(stderr(&result).contains("acme-prod"), "the table");
    assert!(reader.line.file("fleet.html").contains("acme-prod"));
    assert!(
        reader
            .line
            .file("fleet.csv")
            .starts_with("tenancy,tenancy_id,standing,")
    );
}

#[test]
fn invalid_arguments_are_named() {
    let reader = HubReader::new();
    for (arguments, words) in [
        (
            &["--csv", "-", "--json", "-"][..],
            "both write to standard output",
        ),
        (&["--csv", "a", "--json", "a"], "both write to a"),
        (&["--html", "-"], "--html - is not supported"),
        (&["--prefix", "/x/"], "--prefix is `/x/`; expected"),
    ] {
        let result = reader.fleet(arguments);
        assert_eq!(result.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&result).contains(words), "{}", stderr(&result));
    }
    for bucket in ["hub", "a/b/c", "/hub", "hub/"] {
        let result = reader.line.run(&["fleet", "--bucket", bucket]);
        assert_eq!(result.status.code(), Some(2), "{bucket}");
        assert!(
            stderr(&result).contains("the namespace and the name of a bucket"),
            "{}",
            stderr(&result)
        );
    }
    let config_file = reader.line.config_file.display().to_string();
    let result = reader.fleet(&["--csv", &config_file]);
    assert_eq!(result.status.code(), Some(2));
    assert!(
        stderr(&result).contains("would overwrite"),
        "{}",
        stderr(&result)
    );
}

#[test]
fn control_sequences_of_a_tenancy_do_not_reach_the_terminal() {
    let reader = HubReader::new();
    let name = json!({"name": "\u{1b}[2J\u{202e}prod", "id": ocid("evil")});
    reader
        .hub
        .delivered(&reader.run_of("evil", 5).with("tenancy", name));
    reader
        .hub
        .failed(&reader.run_of("evil", 1), "\u{1b}]0;owned\u{7}");
    let result = reader.fleet(&[]);
    let table = stdout(&result);
    assert!(
        !table.contains(['\u{1b}', '\u{202e}', '\u{7}']),
        "{table:?}"
    );
    assert!(table.contains("FAILED"), "{table}");
}
