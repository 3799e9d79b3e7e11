//! `credentials.csv`, `by-person.csv` and `findings.jsonl`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use credential_audit::judge::action::Work;
use credential_audit::judge::exceptions::Exceptions;
use credential_audit::model::ListGap;
use credential_audit::report::{self, ReportKind, ReportOptions, ReportSet};
use serde_json::Value;

use crate::assert_golden;
use crate::tenancy::*;

#[test]
fn credentials_csv_has_every_fact_of_each_credential() {
    let audit = audit(run(), hard_cases());
    let csv = stored(&audit, "credentials.csv");
    assert_golden!(csv.clone(), "../golden/reports/credentials.csv");
    assert!(csv.starts_with(b"action,reason,actor,act_by,urgency,state,"));
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
        "its date is missing"
    );
    assert_eq!(row("token-no-date", "Default")["user_admin"], "true");
    assert_eq!(row("key-400", "Default")["orphaned"], "true");
    assert_eq!(row("key-400", "Default")["capability_enabled"], "false");
    assert_eq!(row("smtp-3", "Default")["capability_enabled"], "");
    assert_eq!(
        row("smtp-3", "Default")["note"],
        "whether the capability is on is unknown"
    );
    assert_eq!(row("token-200", "Default")["user_active"], "false");
    assert_eq!(row("token-200", "Default")["note"], "");
    assert_eq!(
        row("key-400", "Default")["note"],
        "user has not signed in for 90 days"
    );
    let not_listed = row("dev-key-gone", "D\u{e9}v (EU)");
    assert_eq!(not_listed["user_name"], "");
    assert_eq!(not_listed["unlisted"], "true");
    assert_eq!(not_listed["user_ocid"], "ocid1.user.oc1..examplegone0001");
    assert_eq!(not_listed["note"], "");
    assert_eq!(
        row("dev-token-id", "D\u{e9}v (EU)")["note"],
        "user id only-an-id"
    );
    // Which domain is the Default domain is unknown of this one.
    assert_eq!(row("key-137", "D\u{e9}v (EU)")["user_admin"], "");
    let urgencies: Vec<_> = rows
        .iter()
        .map(|row| {
            ["now", "week", "later", "none"]
                .iter()
                .position(|word| *word == row["urgency"])
        })
        .collect();
    assert!(urgencies.is_sorted(), "{urgencies:?}");
}

/// The cells of one row, by column.
type Row = HashMap<String, String>;

fn of<'a>(rows: &'a [Row], id: &str) -> &'a Row {
    rows.iter()
        .find(|row| row["credential_id"] == id)
        .unwrap_or_else(|| panic!("{id}"))
}

/// A tenancy in which a newer one of most types exists.
fn with_newer_ones() -> DomainBuilder {
    let mut domain = DomainBuilder::new("Default");
    domain.default_domain();
    domain.domain().url = "https://idcs-0123.identity.oraclecloud.com".to_owned();
    let person = Person {
        email: "jane@example.com",
        service_user: Some(true),
        ..Person::default()
    };
    let gone = Person {
        active: Some(false),
        last_modified: "2026-06-01T00:00:00Z",
        ..Person::default()
    };
    domain
        .user("u1", "jane.roe@example.com", &person)
        .user("u2", "left@example.com", &gone);
    let (old, new) = (days_ago(120), days_ago(20));
    let secret = |created, expires_on| Secret {
        label: "ci",
        created,
        expires_on,
        created_by: "=ops",
        last_modified: "2026-11-01T00:00:00Z",
        ..Secret::default()
    };
    domain
        .credential(ApiKeys, "u1", "key-old", &secret(&old, ""))
        .credential(ApiKeys, "u1", "key-new", &secret(&new, ""))
        .credential(AuthTokens, "u1", "token; rm -rf", &secret(&old, ""))
        .credential(AuthTokens, "u1", "token-new", &secret(&new, ""))
        .credential(
            SmtpCredentials,
            "u1",
            "smtp-ended",
            &secret(&new, "2026-11-20T00:00:00Z"),
        )
        .credential(CustomerSecretKeys, "u1", "secret-old", &secret(&old, ""))
        .credential(ApiKeys, "u2", "key-gone", &secret(&old, ""));
    domain
}

#[test]
fn only_retire_and_delete_have_a_command_and_a_newer_one() {
    let audit = audit(run(), [with_newer_ones()]);
    let rows = rows(&stored(&audit, "credentials.csv"));
    let endpoint = "--endpoint https://idcs-0123.identity.oraclecloud.com";
    let retire = of(&rows, "key-old");
    assert_eq!(retire["action"], "retire");
    assert_eq!(retire["newer_credential_id"], "key-new");
    assert_eq!(
        retire["delete_command"],
        format!("oci identity-domains api-key delete --api-key-id key-old {endpoint}")
    );
    assert_eq!(
        (retire["act_by"].as_str(), retire["urgency"].as_str()),
        ("2026-11-22", "now")
    );
    let delete = of(&rows, "key-gone");
    assert_eq!(
        (delete["action"].as_str(), delete["actor"].as_str()),
        ("delete", "security")
    );
    assert_eq!(
        delete["delete_command"],
        format!("oci identity-domains api-key delete --api-key-id key-gone {endpoint}")
    );
    // A shell would read more than one word.
    let unsafe_id = of(&rows, "token; rm -rf");
    assert_eq!(unsafe_id["action"], "retire");
    assert_eq!(unsafe_id["delete_command"], "");
    for (id, action, newer) in [
        ("secret-old", "rotate", ""),
        ("smtp-ended", "replace", ""),
        ("key-new", "none", ""),
        ("token-new", "none", ""),
    ] {
        let row = of(&rows, id);
        assert_eq!(row["action"], action, "{id}");
        assert_eq!(row["newer_credential_id"], newer, "{id}");
        assert_eq!(row["delete_command"], "", "{id}");
    }
    let nothing_to_do = of(&rows, "key-new");
    assert_eq!(
        (
            nothing_to_do["actor"].as_str(),
            nothing_to_do["act_by"].as_str()
        ),
        ("", "")
    );
    assert_eq!(nothing_to_do["urgency"], "none");
    assert_eq!(nothing_to_do["service_user"], "true");
    assert_eq!(nothing_to_do["user_email"], "jane@example.com");
    assert_eq!(nothing_to_do["created_by"], "'=ops");
    assert_eq!(nothing_to_do["last_modified"], "2026-11-01T00:00:00Z");
}

/// Administrators are known by the groups of the Default domain, and by those that the settings name.
#[test]
fn administrator_is_empty_if_it_is_unknown() {
    for (is_default, groups, of_user, further, administrator, expected) in [
        (Some(true), true, true, false, true, "true"),
        (Some(true), true, true, false, false, "false"),
        (Some(true), true, false, false, false, ""),
        (Some(true), false, true, false, true, ""),
        (Some(false), true, true, false, true, "false"),
        (Some(false), false, false, false, true, "false"),
        (Some(false), true, true, true, true, "true"),
        (Some(false), false, true, true, true, ""),
        (None, true, true, false, true, ""),
    ] {
        let mut domain = DomainBuilder::new("Default");
        if groups {
            domain.default_domain();
        }
        if further {
            domain.further_admin_groups();
        }
        domain.domain().is_default = is_default;
        let person = Person {
            administrator,
            has_groups: of_user,
            ..Person::default()
        };
        let created = days_ago(10);
        let secret = Secret {
            created: &created,
            ..Secret::default()
        };
        domain
            .user("u1", "jane.roe@example.com", &person)
            .credential(AuthTokens, "u1", "token", &secret);
        let rows = rows(&stored(&audit(run(), [domain]), "credentials.csv"));
        assert_eq!(
            rows[0]["user_admin"], expected,
            "{is_default:?} {groups} {of_user} {further} {administrator}"
        );
    }
}

#[test]
fn holder_is_not_listed_only_if_all_users_were_read() {
    let mut domain = DomainBuilder::new("Default");
    let created = days_ago(10);
    let secret = Secret {
        created: &created,
        ..Secret::default()
    };
    domain
        .user("u1", "jane.roe@example.com", &Person::default())
        .credential(AuthTokens, "u2", "token", &secret);
    domain.users_coverage().gaps = vec![ListGap::RowsWithoutId(1)];
    let rows = rows(&stored(&audit(run(), [domain]), "credentials.csv"));
    assert_eq!(rows[0]["unlisted"], "");
    assert_eq!(rows[0]["note"], "not all users could be read; user id u2");
}

#[test]
fn by_person_has_a_row_for_each_person_and_actor() {
    let audit = audit(run(), hard_cases());
    let csv = stored(&audit, "by-person.csv");
    assert_golden!(csv.clone(), "../golden/reports/by-person.csv");
    let people = rows(&csv);
    let keys: HashSet<_> = people
        .iter()
        .map(|row| (&row["person"], &row["domain"], &row["actor"]))
        .collect();
    assert_eq!(keys.len(), people.len());
    // Each credential with something to do is counted once.
    let count = |column: &str| -> u64 {
        let cells = people.iter().map(|row| row[column].parse::<u64>());
        cells.map(|cell| cell.expect("a number")).sum()
    };
    let counts = audit.counts.actions;
    assert_eq!(count("rotate"), counts.of_work(Some(Work::Rotate), None));
    assert_eq!(count("remove"), counts.of_work(Some(Work::Remove), None));
    assert_eq!(count("review"), counts.of_work(Some(Work::Review), None));
    for row in &people {
        assert!(row["text"].chars().count() <= 600, "{}", row["text"]);
        assert!(!row["text"].contains(['\r', '\n']), "{:?}", row["text"]);
    }
    // The order is that of the most urgent credentials.
    let credentials = rows(&stored(&audit, "credentials.csv"));
    let mut seen = HashSet::new();
    let order: Vec<_> = credentials
        .iter()
        .filter(|row| row["action"] != "none")
        .map(|row| (&row["user_ocid"], &row["domain"], &row["actor"]))
        .filter(|key| seen.insert(*key))
        .collect();
    let listed: Vec<_> = people
        .iter()
        .map(|row| (&row["user_ocid"], &row["domain"], &row["actor"]))
        .collect();
    // Two holders of one domain have no OCID.
    assert_eq!(listed.len(), order.len() + 1);
    let mut seen = HashSet::new();
    let distinct = listed.into_iter().filter(|key| seen.insert(*key));
    assert_eq!(distinct.collect::<Vec<_>>(), order);
    let nobody = people
        .iter()
        .find(|row| row["person"].is_empty())
        .expect("a credential that names no user");
    assert_eq!(nobody["actor"], "security");
    assert!(nobody["text"].starts_with(
        "acme-prod: 1 OCI credential with no user, D\u{e9}v (EU): (1) now: find the holder"
    ));
}

#[test]
fn text_for_a_person_is_cut_at_a_whole_item() {
    let mut domain = DomainBuilder::new("Default");
    domain.user("u1", "jane.roe@example.com", &Person::default());
    for index in 0..40 {
        let created = days_ago(100 + index);
        let label = format!("a token of some length, number {index}");
        let secret = Secret {
            label: &label,
            created: &created,
            ..Secret::default()
        };
        domain.credential(AuthTokens, "u1", &format!("token-{index}"), &secret);
    }
    let people = rows(&stored(&audit(run(), [domain]), "by-person.csv"));
    assert_eq!(people.len(), 1);
    let text = &people[0]["text"];
    assert!(
        text.starts_with(
            "acme-prod: 40 OCI credentials of jane.roe@example.com, Default: (1) now: rotate auth token"
        ),
        "{text}"
    );
    let (items, more) = text.split_once(" And ").expect("more");
    let shown = items.matches(": rotate auth token").count();
    assert_eq!(more, format!("{} more.", 40 - shown));
    assert!(
        items.ends_with('.') && (400..600).contains(&text.chars().count()),
        "{text}"
    );
    assert_eq!(people[0]["rotate"], "40");
    assert_eq!(people[0]["first_act_by"], "2026-11-22");
}

#[test]
fn byte_order_mark_precedes_every_csv_but_those_of_the_scripts() {
    let audit = audit(run(), hard_cases());
    let every: ReportSet = ReportKind::all().collect();
    let without = report::reports(&audit, every, ReportOptions::default());
    let with = report::reports(&audit, every, ReportOptions { csv_bom: true });
    for (plain, marked) in without.iter().zip(&with) {
        let name = &plain.object_name;
        let is_marked = ["credentials.csv", "by-person.csv"].contains(&name.as_str());
        let mark: &[u8] = if is_marked { b"\xef\xbb\xbf" } else { b"" };
        assert!(bytes(marked) == [mark, &bytes(plain)].concat(), "{name}");
    }
    let command = ReportOptions { csv_bom: true };
    for (kind, is_marked) in [(ReportKind::Credentials, true), (ReportKind::Expiry, false)] {
        for report in report::of_kind(&audit, kind, command) {
            assert_eq!(bytes(&report).starts_with(b"\xef\xbb\xbf"), is_marked);
        }
    }
}

#[test]
fn findings_jsonl_is_sorted_by_id_and_names_no_user() {
    let audit = audit(run(), hard_cases());
    let jsonl = stored(&audit, "findings.jsonl");
    assert_golden!(jsonl.clone(), "../golden/reports/findings.jsonl");
    let text = String::from_utf8(jsonl).expect("text");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    let ids: Vec<_> = lines
        .iter()
        .map(|line| (line["credential_id"].as_str(), line["domain"].as_str()))
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    // These have no findings.
    for ok in ["oauth-10", "smtp-3"] {
        assert!(ids.iter().all(|(id, _)| *id != Some(ok)), "{ok}");
    }
    assert_eq!(lines.len(), audit.findings.len() - 2);
    assert!(!text.contains("jane"));
    for line in &lines {
        let fingerprint = match line["credential_id"].as_str() {
            // Of a user of domain D\u{e9}v, who has an auth token with the same id.
            Some("key-137") if line["domain"] != "Default" => Value::Null,
            Some("key-137" | "key-76") => "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34".into(),
            Some("key-6") => "aa:41:b2".into(),
            Some("key-400") => "11:22:33".into(),
            Some("dev-key-gone") => "de:ad:be:ef".into(),
            _ => Value::Null,
        };
        assert_eq!(line["fingerprint"], fingerprint, "{line}");
    }
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
        label: "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34",
        created: &days_ago(120),
        expires_on: "2026-11-20T00:00:00Z",
        ..Secret::default()
    };
    domain
        .default_domain()
        .user(&id, "jane.roe@example.com", &person)
        .name_holder(&id, &format!("ocid1.user.oc1..{}", "a".repeat(60)))
        .credential(ApiKeys, &id, &id, &secret);
    let file = format!(
        r#"{{"exceptions":[{{"user":"jane*","owner":"{0}","ticket":"{0}","reason":"{1}","until":"2027-01-31","accept":["age","expiry","inactive"]}}]}}"#,
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
fn longest_reports_come_first_and_only_if_asked_for() {
    let audit = audit(run(), hard_cases());
    let names = |set| -> Vec<String> {
        let reports = report::reports(&audit, set, ReportOptions::default());
        reports
            .into_iter()
            .map(|report| report.object_name)
            .collect()
    };
    assert_eq!(
        names(ReportSet::default()),
        [
            "credentials.csv",
            "findings.jsonl",
            "by-person.csv",
            "report.html",
            "expiry-Default.csv",
            "expiry-D-v--EU-.csv",
            "usage-Default.csv",
            "usage-D-v--EU-.csv",
        ]
    );
    assert_eq!(
        names(ReportSet::EMPTY.with(ReportKind::Usage)),
        ["findings.jsonl", "usage-Default.csv", "usage-D-v--EU-.csv"]
    );
    assert_eq!(
        report::of_kind(&audit, ReportKind::Credentials, ReportOptions::default()).len(),
        1
    );
}
