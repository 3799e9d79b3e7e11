//! `audit`: the files it writes, the table it prints, and what goes to standard output.

use std::process::Output;

use crate::common::command_line::{CommandLine, output, text};
use crate::common::{AS_OF, even_domain, generated};
use serde_json::Value;
use tenancy_sim::{Fault, ResourceType, Tenancy};

#[test]
fn audit_without_options_writes_the_file_of_the_expiry_script() {
    let cli = CommandLine::new(generated(60));
    let output = cli.audit(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(cli.file_names(), ["user_capabilities_expiry_audit.csv"]);
    assert!(
        cli.file("user_capabilities_expiry_audit.csv")
            .starts_with("user_name,can_use_api_keys,api_keys_count,")
    );
    let table = text(&output.stdout);
    assert!(table.starts_with("TYPE"), "{table}");
    assert!(
        table.contains(
            "\nCOMPLETE: tenancysimulator (profile DEFAULT), 1 domain, 60 users, 498 credentials, all 6 types; "
        ),
        "{table}"
    );
    assert!(!table.contains('\u{1b}'), "no color without a terminal");
}

#[test]
fn table_says_what_to_do_and_marks_what_if_and_scope() {
    let cli = CommandLine::new(generated(5));
    let now = text(&cli.audit_now(&[]).stdout);
    // All generated credentials are overdue today.
    assert!(now.contains("  now     alba.adler"), "{now}");
    assert!(now.contains(" credentials need action now: "), "{now}");
    assert!(
        !now.contains("WHAT-IF") && !now.contains("left out"),
        "{now}"
    );

    let what_if = text(&cli.audit(&["--type", "api_keys"]).stdout);
    assert!(
        what_if.contains(&format!(
            "\nWHAT-IF 2026-01-15: ages are calculated as of {AS_OF}, for the credentials"
        )),
        "{what_if}"
    );
    assert!(
        what_if.contains("\n  not audited, left out: Auth tokens, Customer secret keys, "),
        "{what_if}"
    );
    assert!(!what_if.contains("  now  "), "{what_if}");
}

#[test]
fn shards_together_have_every_domain_and_each_says_so() {
    let domains = ["Default", "Dev", "Ops"].map(|name| even_domain(name, 2, 1));
    let cli = CommandLine::new(domains.into_iter().fold(Tenancy::empty(), Tenancy::domain));
    let rows = |options: &[&str]| {
        let options = [&["--report", "credentials", "--csv", "rows.csv"], options].concat();
        let output = cli.audit_now(&options);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let csv = cli.file("rows.csv");
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows = reader.records().map(|row| row.expect("a row"));
        let ids = rows.map(|row| row[36].to_owned()).collect::<Vec<_>>();
        (text(&output.stdout), ids)
    };
    let (table, mut whole) = rows(&[]);
    assert!(!table.contains("SHARD"), "{table}");
    let mut parts = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let (table, part) = rows(&["--shard", shard]);
        assert!(
            table.contains(&format!(
                "\nSHARD {shard}: this run covers one part of the domains."
            )),
            "{table}"
        );
        assert!(table.contains(&format!(" of shard {shard}, ")), "{table}");
        parts.extend(part);
    }
    whole.sort();
    parts.sort();
    assert_eq!(parts, whole);
    assert_eq!(whole.len(), 36);

    let invalid = cli.audit_now(&["--shard", "4/3"]);
    assert_eq!(invalid.status.code(), Some(2));
    let message = text(&invalid.stderr);
    assert!(
        message.contains(
            "expected two whole numbers such as \"2/8\", the second of eight shards, of at most 64"
        ),
        "{message}"
    );
}

#[test]
fn table_names_empty_lists_that_no_user_confirms() {
    let cli = CommandLine::new(generated(5));
    let without_claims = |user: &mut Value| {
        let claims = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User";
        user.as_object_mut().expect("a user").remove(claims);
    };
    let no_row = |list: &mut Value| {
        list["Resources"] = Value::Array(Vec::new());
        list["totalResults"] = Value::from(0);
    };
    let faults = cli.sim.faults();
    faults.add(Fault::edit_rows(without_claims).resource_type(ResourceType::Users));
    faults.add(Fault::edit(no_row).resource_type(ResourceType::SmtpCredentials));
    let table = text(&cli.audit(&[]).stdout);
    assert!(
        table.contains("\nNot confirmed: domain Default: SMTP credentials. The list is empty"),
        "{table}"
    );
}

#[test]
fn each_report_has_the_file_name_of_its_script() {
    let cli = CommandLine::new(generated(5));
    for (report, name) in [
        ("usage", "user_capabilities_audit.csv"),
        ("credentials", "user_credentials_audit.csv"),
    ] {
        assert_eq!(cli.audit(&["--report", report]).status.code(), Some(0));
        assert!(cli.file_names().contains(&name.to_owned()));
    }
}

#[test]
fn standard_output_carries_only_the_report() {
    let cli = CommandLine::new(generated(60));
    let output = cli.audit(&["--report", "credentials", "--csv", "-"]);
    let csv = text(&output.stdout);
    let rows: Result<Vec<_>, _> = csv::ReaderBuilder::new()
        .from_reader(csv.as_bytes())
        .records()
        .collect();
    let rows = rows.expect("valid rows").len();
    assert_eq!(rows, 498);
    assert!(
        text(&output.stderr).contains("TYPE "),
        "the table goes to standard error"
    );

    let output = cli.audit(&["--json", "-"]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(json["verdict"], "COMPLETE");
    let findings = json["findings"].as_array().expect("findings");
    assert!(findings.iter().any(|finding| finding["state"] == "OVERDUE"));
    assert!(
        cli.file_names().is_empty(),
        "--json without --csv writes no CSV"
    );
}

#[test]
fn byte_order_mark_is_a_setting_of_the_command_too() {
    let cli = CommandLine::new(generated(3));
    let begins = |report: &str, setting: &str| {
        let arguments = ["--report", report, "--csv", "-"];
        let ended = output(cli.audit_command(&arguments).env("AUDIT_CSV_BOM", setting));
        ended.stdout.starts_with("\u{feff}".as_bytes())
    };
    assert!(begins("credentials", "true"));
    assert!(!begins("credentials", "false"));
    assert!(!begins("expiry", "true"), "it is the file of a script");
}

#[test]
fn several_domains_get_a_file_each_and_are_refused_on_standard_output() {
    let as_of = AS_OF.parse().expect("an instant");
    let tenancy = || generated(5).domain(tenancy_sim::Domain::generated("Dev Ops", 3, 2, as_of));
    let cli = CommandLine::new(tenancy());
    assert_eq!(cli.audit(&["--csv", "out.csv"]).status.code(), Some(0));
    assert_eq!(cli.file_names(), ["out-Default.csv", "out-Dev-Ops.csv"]);
    let output = cli.audit(&["--csv", "-"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("--report credentials"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(
        cli.audit(&["--csv", "-", "--report", "credentials"])
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn page_is_one_file_and_replaces_the_csv() {
    let cli = CommandLine::new(generated(20));
    assert_eq!(cli.audit(&["--html", "report.html"]).status.code(), Some(0));
    assert_eq!(cli.file_names(), ["report.html"]);
    assert!(cli.file("report.html").starts_with("<!DOCTYPE html>"));
}

#[test]
fn exceptions_lower_the_counts_and_an_unreadable_file_is_a_usage_error() {
    let cli = CommandLine::new(generated(60));
    let overdue = |arguments: &[&str]| {
        let output = cli.audit(&[&["--json", "-"], arguments].concat());
        let json: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        (
            json["overdue"].as_u64().expect("a count"),
            json["excepted"].as_u64().expect("a count"),
        )
    };
    let (before, none) = overdue(&[]);
    assert_eq!(none, 0);
    let until = chrono::Utc::now().date_naive() + chrono::Days::new(30);
    let file = serde_json::json!({"exceptions": [
        {"user": "*@example.com", "type": "api_keys", "reason": "replaced next month", "until": until.to_string()}
    ]});
    cli.write("exceptions.json", &file.to_string());
    let (after, excepted) = overdue(&["--exceptions", "exceptions.json"]);
    assert!(
        excepted > 0 && after < before,
        "{before} {after} {excepted}"
    );
    cli.write("bad.json", "{");
    for file in ["bad.json", "missing.json"] {
        let output = cli.audit(&["--exceptions", file]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(file));
    }
}

#[test]
fn table_rows_match_the_counts() {
    let cli = CommandLine::new(generated(60));
    let overdue = |output: &Output| {
        let table = text(&output.stdout);
        let rows = table.lines().skip_while(|line| !line.starts_with("ACTION"));
        let rows = rows.skip(1).take_while(|line| !line.starts_with("Dates"));
        let rows = rows.count() as u64;
        let all = table.lines().find(|line| line.starts_with("All "));
        let numbers = all.unwrap_or_default().split_whitespace().skip(1).take(4);
        let counted: u64 = numbers
            .filter_map(|number| number.parse::<u64>().ok())
            .sum();
        assert_eq!(rows, counted, "{table}");
        rows
    };
    let before = overdue(&cli.audit(&["--limit", "1000"]));
    let until = chrono::Utc::now().date_naive() + chrono::Days::new(30);
    let file = serde_json::json!({"exceptions": [
        {"user": "*@example.com", "type": "api_keys", "reason": "next month", "until": until.to_string()},
        {"usr": "svc-*@example.com", "reason": "misspelt", "until": until.to_string()},
        {"user": "nobody@example.org", "reason": "left", "until": until.to_string()},
    ]});
    cli.write("exceptions.json", &file.to_string());
    let accepting = cli.audit(&["--exceptions", "exceptions.json", "--limit", "1000"]);
    assert!(overdue(&accepting) < before);
    let printed = text(&accepting.stdout);
    assert!(printed.contains(" with an exception"), "{printed}");
    for entry in [
        "exceptions[1]: unknown field `usr`",
        "exceptions[2] nobody@example.org",
    ] {
        assert!(printed.contains(entry), "{printed}");
    }
}

#[test]
fn hostile_name_neither_reorders_nor_widens_the_table() {
    let long_ago = "2020-01-01T00:00:00.000Z";
    let mut domain = tenancy_sim::Domain::named("Default");
    for name in ["x".repeat(1_000_000), "a\u{202e}b@example.com".to_owned()] {
        let user = tenancy_sim::User::named(&name);
        for key in 0..3 {
            let key = tenancy_sim::Credential::of(&user, ResourceType::ApiKeys, key, long_ago);
            domain = domain.credential(key);
        }
        domain = domain.user(user);
    }
    let cli = CommandLine::new(Tenancy::empty().domain(domain));
    let output = cli.audit(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.len() < 50_000, "{} bytes", table.len());
    assert!(table.contains("6 overdue") && table.contains("a?b@example.com"));
}

#[test]
fn table_names_left_out_types_and_the_what_if_instant() {
    let cli = CommandLine::new(generated(5));
    let narrowed = cli.audit_now(&["--type", "api_keys"]);
    let printed = text(&narrowed.stdout);
    assert!(
        printed.contains("\n  not audited, left out: Auth tokens, Customer secret keys, "),
        "{printed}"
    );
    assert!(!printed.contains("WHAT-IF"), "{printed}");
    let what_if = cli.audit(&[]);
    let printed = text(&what_if.stdout);
    assert!(
        printed.contains("\nWHAT-IF 2026-01-15: ages are calculated as of 2026-01-15T06:00:00Z"),
        "{printed}"
    );
    assert!(!printed.contains("not audited"), "{printed}");
}
