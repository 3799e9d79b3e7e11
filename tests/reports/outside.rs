//! Files that other programs read: OCSF findings and the rotation calendar. `tests/third_party_readers` reads the golden files
//! with other libraries.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use credential_audit::judge::Audit;
use credential_audit::judge::exceptions::Exceptions;
use serde_json::Value;

use crate::assert_golden;
use crate::tenancy::*;

fn ocsf(audit: &Arc<Audit>) -> Vec<Value> {
    let lines = String::from_utf8(stored(audit, "findings.ocsf.json")).expect("text");
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

fn of<'a>(lines: &'a [Value], id: &str) -> &'a Value {
    lines
        .iter()
        .find(|line| line["resources"][0]["uid"] == id)
        .expect(id)
}

/// The events of a calendar, unfolded: each a map from the name of a property to its value.
fn events(audit: &Arc<Audit>) -> Vec<HashMap<String, String>> {
    let text = String::from_utf8(stored(audit, "rotate-by.ics")).expect("text");
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    let text = text.replace("\r\n ", "");
    text.split("BEGIN:VEVENT\r\n")
        .skip(1)
        .map(|event| {
            let properties = event.split("\r\n").take_while(|line| *line != "END:VEVENT");
            properties
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        })
        .collect()
}

#[test]
fn ocsf_finding_names_its_rule_control_and_holder() {
    let audit = audit(run(), hard_cases());
    assert_golden!(
        stored(&audit, "findings.ocsf.json"),
        "../golden/reports/findings.ocsf.json"
    );
    let lines = ocsf(&audit);
    let admin = of(&lines, "key-137");
    assert_eq!(admin["severity"], "Critical");
    assert_eq!(
        admin["compliance"]["requirements"],
        serde_json::json!(["CIS 1.8", "CIS 1.12"])
    );
    assert_eq!(admin["resources"][0]["owner"]["type"], "Admin");
    // Young, but an API key of an administrator.
    let young = of(&lines, "key-6");
    assert_eq!(young["compliance"]["status"], "Fail");
    assert_eq!(
        young["compliance"]["requirements"],
        serde_json::json!(["CIS 1.12"])
    );
    assert_eq!(of(&lines, "key-76")["compliance"]["status"], "Warning");
    assert_eq!(
        of(&lines, "token-no-date")["compliance"]["status"],
        "Unknown"
    );
    assert_eq!(
        of(&lines, "dev-token-nobody")["resources"][0].get("owner"),
        None
    );
    let uids: HashSet<_> = lines
        .iter()
        .map(|line| line["finding_info"]["uid"].to_string())
        .collect();
    assert_eq!(uids.len(), lines.len());
}

#[test]
fn credential_that_breaks_only_the_benchmark_is_an_ocsf_finding() {
    let mut run = run();
    for limits in &mut run.thresholds.by_type {
        (limits.warning_days, limits.rotation_days) = (350, 365);
    }
    let mut domain = DomainBuilder::new("Default");
    let (old, young) = (days_ago(120), days_ago(20));
    domain.user("u1", "jane.roe@example.com", &Person::default());
    for (id, created) in [("old", &old), ("young", &young)] {
        let secret = Secret {
            created,
            ..Secret::default()
        };
        domain.credential(ApiKeys, "u1", id, &secret);
    }
    let audit = audit(run, [domain]);
    assert!(!audit.counts.has_findings());
    assert_eq!(stored(&audit, "findings.jsonl"), b"");
    let lines = ocsf(&audit);
    assert_eq!(lines.len(), 1);
    let line = of(&lines, "old");
    assert_eq!(line["compliance"]["status"], "Fail");
    assert_eq!(
        line["compliance"]["control"],
        "API keys are rotated before an age of 365 days"
    );
    assert_eq!(
        line["compliance"]["requirements"],
        serde_json::json!(["CIS 1.8"])
    );
}

#[test]
fn exception_suppresses_the_age_and_nothing_else_in_ocsf() {
    let file = br#"{"exceptions":[
        {"user":"jane.roe@example.com","type":"auth_tokens","owner":"platform team","reason":"vendor","ticket":"INC-1","until":"2027-01-31"},
        {"user":"left.company@example.com","reason":"until the handover","until":"2026-12-31"}]}"#;
    let day = "2026-11-22".parse().expect("a date");
    let accepted = Exceptions::parse("file", file, String::new(), day);
    let [mut default, _] = hard_cases();
    // Of one type, so that the file stays short.
    for credential_type in [ApiKeys, CustomerSecretKeys, DbCredentials, SmtpCredentials] {
        default.leave_out(credential_type);
    }
    let audit = Arc::into_inner(audit(run(), [default])).expect("nobody else holds it");
    let audit = Arc::new(audit.accepting(accepted));
    assert_golden!(
        stored(&audit, "findings.ocsf.json"),
        "../golden/reports/findings-accepted.ocsf.json"
    );
    let lines = ocsf(&audit);
    let accepted = of(&lines, "token-95");
    assert_eq!(
        (&accepted["status"], &accepted["status_id"]),
        (&"Suppressed".into(), &3.into())
    );
    // An exception does not make it comply.
    assert_eq!(accepted["compliance"]["status"], "Fail");
    assert_eq!(
        accepted["compliance"]["requirements"],
        serde_json::json!(["CIS 1.10"])
    );
    let of_inactive_user = of(&lines, "token-200");
    assert_eq!(of_inactive_user["status"], "New");
}

#[test]
fn calendar_has_one_event_per_user_and_day() {
    let audit = audit(run(), hard_cases());
    assert_golden!(
        stored(&audit, "rotate-by.ics"),
        "../golden/reports/rotate-by.ics"
    );
    let events = events(&audit);
    let uids: HashSet<_> = events.iter().map(|event| &event["UID"]).collect();
    assert_eq!(uids.len(), events.len());
    let days: Vec<_> = events
        .iter()
        .map(|event| event["DTSTART;VALUE=DATE"].as_str())
        .collect();
    assert!(days.is_sorted(), "{days:?}");
    let with_date = audit
        .findings
        .iter()
        .filter(|finding| audit.days_left(finding).is_some())
        .count();
    let named: usize = events
        .iter()
        .map(|event| event["DESCRIPTION"].matches("\\n- ").count())
        .sum();
    assert_eq!(named, with_date);
    // Two tokens of one user with the same day share an event.
    let together: Vec<_> = events
        .iter()
        .filter(|event| event["DESCRIPTION"].contains("ends soon"))
        .collect();
    assert_eq!(together.len(), 1);
    assert!(together[0]["SUMMARY"].starts_with("Rotate 2 credentials of a-very-long"));
    let quoted = events
        .iter()
        .find(|event| event["SUMMARY"].contains("o\"brien"))
        .expect("an event");
    assert_eq!(
        quoted["SUMMARY"],
        "Rotate Auth token of o\"brien\\, pat@example.com"
    );
}

#[test]
fn event_keeps_its_identifier_across_runs() {
    let before = audit(run(), hard_cases());
    let mut later = run();
    later.id = "20261123T060000Z-000001".to_owned();
    for instant in [
        &mut later.times.started,
        &mut later.times.as_of,
        &mut later.times.read_until,
    ] {
        *instant = instant.plus_days(1);
    }
    let after = audit(later, hard_cases());
    let uids = |audit| -> HashSet<String> {
        let events = events(audit).into_iter();
        events.map(|event| event["UID"].clone()).collect()
    };
    assert_eq!(uids(&before), uids(&after));
    let stamps: HashSet<_> = events(&after)
        .into_iter()
        .map(|event| event["DTSTAMP"].clone())
        .collect();
    assert_eq!(stamps, HashSet::from(["20261123T060000Z".to_owned()]));
}

#[test]
fn calendar_without_events_is_valid() {
    let mut domain = DomainBuilder::new("Default");
    domain.user("u1", "jane.roe@example.com", &Person::default());
    let audit = audit(run(), [domain]);
    let text = String::from_utf8(stored(&audit, "rotate-by.ics")).expect("text");
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"));
    assert!(text.contains("BEGIN:VTIMEZONE\r\n") && !text.contains("VEVENT"));
    assert_eq!(stored(&audit, "findings.ocsf.json"), b"");
}

#[test]
fn event_of_thousands_of_credentials_has_a_bounded_size() {
    let mut domain = DomainBuilder::new("Default");
    let created = days_ago(80);
    domain.user("u1", "jane.roe@example.com", &Person::default());
    for index in 0..5_000 {
        let secret = Secret {
            created: &created,
            label: "a label\r\nEND:VCALENDAR",
            ..Secret::default()
        };
        domain.credential(AuthTokens, "", &format!("token-{index}"), &secret);
    }
    let audit = audit(run(), [domain]);
    let events = events(&audit);
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0]["SUMMARY"],
        "Rotate 5000 credentials of an unknown user"
    );
    assert!(events[0]["DESCRIPTION"].ends_with("\\n- and 4970 more"));
    assert!(stored(&audit, "rotate-by.ics").len() < 6_000);
}
