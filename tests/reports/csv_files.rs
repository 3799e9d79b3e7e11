//! `credentials.csv` and `findings.jsonl`.

use std::sync::Arc;

use credential_audit::judge::exceptions::Exceptions;
use credential_audit::report::{self, ReportKind, ReportOptions, ReportSet};

use crate::assert_golden;
use crate::tenancy::*;

#[test]
fn credentials_csv_has_every_fact_of_each_credential() {
    let audit = audit(run(), hard_cases());
    let csv = stored(&audit, "credentials.csv");
    assert_golden!(csv.clone(), "../golden/reports/credentials.csv");
    assert!(csv.ends_with(b"\r\n"));
    let rows = rows(&csv);
    assert_eq!(rows.len(), audit.findings.len());
    let row = |id: &str, domain: &str| {
        rows.iter()
            .find(|row| row["credential_id"] == id && row["domain"] == domain)
            .unwrap_or_else(|| panic!("{id}"))
    };
    assert_eq!(row("db-80", "Default")["age_basis"], "lastSetDate");
    assert_eq!(row("db-80", "Default")["age_days"], "80");
    assert_eq!(
        row("token-90", "Default")["user_name"],
        "'=cmd|'/c calc'!A1"
    );
    assert_eq!(row("token-90", "Default")["label"], "'+1 \"quoted\"");
    assert_eq!(row("token-90", "Default")["rotate_by"], "2026-11-22");
    assert_eq!(row("token-90", "Default")["cis_control"], "CIS 1.10");
    assert_eq!(row("smtp-91", "Default")["cis_control"], "");
    assert_eq!(
        row("token-no-date", "Default")["note"],
        "its date is missing; user administers the tenancy"
    );
    assert_eq!(row("key-400", "Default")["orphaned"], "true");
    assert_eq!(row("key-400", "Default")["capability_enabled"], "false");
    assert_eq!(row("smtp-3", "Default")["capability_enabled"], "");
    assert_eq!(row("token-200", "Default")["note"], "user inactive");
    assert_eq!(
        row("key-137", "Default")["note"],
        "a newer one exists: delete this one by 2026-10-06; user administers the tenancy"
    );
    assert_eq!(
        row("key-6", "Default")["note"],
        "user administers the tenancy"
    );
    assert_eq!(
        row("key-400", "Default")["note"],
        "user has not signed in for 90 days; capability is off"
    );
    let not_listed = row("dev-key-gone", "D\u{e9}v (EU)");
    assert_eq!(not_listed["user_name"], "");
    assert_eq!(not_listed["user_ocid"], "ocid1.user.oc1..examplegone0001");
    assert_eq!(not_listed["note"], "user not listed");
    assert_eq!(
        row("dev-token-id", "D\u{e9}v (EU)")["note"],
        "user not listed; user id only-an-id"
    );
    let states: Vec<_> = rows.iter().map(|row| row["state"].as_str()).collect();
    let mut sorted = states.clone();
    sorted.sort_by_key(|state| {
        ["OVERDUE", "DUE", "UNKNOWN", "OK"]
            .iter()
            .position(|word| word == state)
    });
    assert_eq!(states, sorted);
}

#[test]
fn findings_jsonl_is_sorted_by_id_and_names_no_user() {
    let audit = audit(run(), hard_cases());
    let jsonl = stored(&audit, "findings.jsonl");
    assert_golden!(jsonl.clone(), "../golden/reports/findings.jsonl");
    let text = String::from_utf8(jsonl).expect("text");
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    let ids: Vec<_> = lines
        .iter()
        .map(|line| (line["credential_id"].as_str(), line["domain"].as_str()))
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    // These have no findings.
    for ok in ["key-6", "oauth-10", "smtp-3"] {
        assert!(ids.iter().all(|(id, _)| *id != Some(ok)), "{ok}");
    }
    assert_eq!(lines.len(), audit.findings.len() - 3);
    assert!(!text.contains("jane"));
}

/// A later run reads a `findings.jsonl` of up to 1 GiB, which is 1,278 bytes per credential of 840,000.
#[test]
fn findings_jsonl_lines_fit_the_limit_of_a_later_run() {
    let name = "d".repeat(100);
    let mut domain = DomainBuilder::new(&name);
    domain.domain().url = format!(
        "https://idcs-{}.us-ashburn-1-idcs-1.identity.us-ashburn-1.oci.oraclecloud.com",
        "0".repeat(32)
    );
    let id = "f".repeat(32);
    let person = Person {
        active: Some(false),
        capabilities: None,
        administrator: true,
        ..Person::default()
    };
    let secret = Secret {
        created: &days_ago(120),
        expires_on: "2026-11-20T00:00:00Z",
        ..Secret::default()
    };
    domain
        .default_domain()
        .user(&id, "jane.roe@example.com", &person)
        .name_holder(&id, &format!("ocid1.user.oc1..{}", "a".repeat(60)))
        .credential(OAuth2ClientCredentials, &id, &id, &secret);
    let file = format!(
        r#"{{"exceptions":[{{"user":"jane*","owner":"{0}","ticket":"{0}","reason":"{1}","until":"2027-01-31"}}]}}"#,
        "o".repeat(40),
        "r".repeat(200)
    );
    let day = "2026-11-22".parse().expect("a date");
    let accepted = Exceptions::parse("file", file.as_bytes(), String::new(), day);
    let audit = Arc::into_inner(audit(run(), [domain])).expect("nobody else holds it");
    let line = stored(&Arc::new(audit.accepting(accepted)), "findings.jsonl");
    assert!((800..1_200).contains(&line.len()), "{}", line.len());
}

#[test]
fn reports_come_in_stages_and_only_if_asked_for() {
    let audit = audit(run(), hard_cases());
    let names = |set| -> Vec<Vec<String>> {
        report::stages(&audit, set, ReportOptions::default())
            .into_iter()
            .map(|stage| stage.into_iter().map(|report| report.object_name).collect())
            .collect()
    };
    assert_eq!(
        names(ReportSet::default()),
        [
            vec![
                "expiry-Default.csv",
                "expiry-D-v--EU-.csv",
                "usage-Default.csv",
                "usage-D-v--EU-.csv"
            ],
            vec!["credentials.csv", "report.html", "findings.jsonl"],
        ]
    );
    assert_eq!(
        names(ReportSet::EMPTY.with(ReportKind::Usage)),
        [
            vec!["usage-Default.csv", "usage-D-v--EU-.csv"],
            vec!["findings.jsonl"],
        ]
    );
    assert_eq!(report::of_kind(&audit, ReportKind::Credentials, ReportOptions::default()).len(), 1);
}
