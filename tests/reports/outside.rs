//! Files that other programs read: OCSF findings and the rotation calendar. `tests/third_party_readers` reads the golden files
//! with other libraries.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use credential_audit::judge::Audit;
use credential_audit::judge::action::Urgency;
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
fn remediation_follows_from_the_action() {
    let mut domain = DomainBuilder::new("Default");
    let inactive = Person {
        active: Some(false),
        ..Person::default()
    };
    domain
        .user("u1", "jane.roe@example.com", &Person::default())
        .user("u2", "left@example.com", &inactive);
    let (old, new) = (days_ago(120), days_ago(20));
    let secret = |label, created| Secret {
        label,
        created,
        ..Secret::default()
    };
    domain
        .credential(ApiKeys, "u1", "old-key", &secret("aa:bb:cc:dd", &old))
        .credential(ApiKeys, "u1", "new-key", &secret("ee:ff:00:11", &new))
        .credential(AuthTokens, "u1", "old-token", &secret("ocir-ci", &old))
        .credential(SmtpCredentials, "u2", "of-inactive", &secret("relay", &new));
    let lines = ocsf(&audit(run(), [domain]));
    let remediation = |id: &str| {
        of(&lines, id)["remediation"]["desc"]
            .as_str()
            .map(str::to_owned)
    };
    for (id, action, text) in [
        (
            "old-key",
            "retire",
            "API key \u{2026}bb:cc:dd, 120 days, overdue since 2026-10-23. A newer one exists: \u{2026}ff:00:11, since 2026-11-02. Move what still uses this one, verify, then delete it. Act now.",
        ),
        (
            "old-token",
            "rotate",
            "Rotate auth token \"ocir-ci\", 120 days, overdue since 2026-10-23. Act now. Create a new one, switch the workload to it, verify that nothing uses the old one, then delete the old one.",
        ),
        (
            "of-inactive",
            "review",
            "Review SMTP credential \"relay\", whose user is inactive, 20 days. Ask whether the user returns. If not, delete the credential. Act by 2026-12-06.",
        ),
    ] {
        assert_eq!(of(&lines, id)["unmapped"]["action"], action, "{id}");
        assert_eq!(remediation(id).as_deref(), Some(text));
    }
}

#[test]
fn calendar_has_what_is_to_do_by_person_and_day() {
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
    let (now, later) = events.split_first().expect("events");
    let of_urgency = |urgency| audit.counts.actions.of_work(None, Some(urgency));
    assert_eq!(now["DTSTART;VALUE=DATE"], "20261122");
    let description = &now["DESCRIPTION"];
    let count = of_urgency(Urgency::Now);
    assert!(
        description.starts_with(&format!(
            "{count} credentials to act on now\\, by person:\\n- "
        )),
        "{description}"
    );
    let to_act_on: u64 = description
        .split("\\n- ")
        .skip(1)
        .flat_map(|line| line.rsplit_once(": ").map(|(_, work)| work))
        .flat_map(|work| work.split("\\, "))
        .filter_map(|work| work.split_once(' ')?.1.parse::<u64>().ok())
        .sum();
    assert_eq!(to_act_on, count);
    let named: usize = later
        .iter()
        .map(|event| event["DESCRIPTION"].matches("\\n- ").count())
        .sum();
    let to_do = of_urgency(Urgency::Week) + of_urgency(Urgency::Later);
    assert_eq!(named as u64, to_do);
    let quoted = later
        .iter()
        .find(|event| event["SUMMARY"].contains("o\"brien"))
        .expect("an event");
    assert_eq!(
        quoted["SUMMARY"],
        "acme-prod: OCI credentials of o\"brien\\, pat@example.com\\, Default: rotate 1"
    );
}

#[test]
fn event_keeps_its_identifier_across_runs() {
    let on_day = |day: i64| {
        let mut run = run();
        run.id = format!("20261122T060000Z-00000{day}");
        for instant in [
            &mut run.times.started,
            &mut run.times.as_of,
            &mut run.times.read_until,
        ] {
            *instant = instant.plus_days(day);
        }
        let mut domain = DomainBuilder::new("Default");
        let administrator = Person {
            administrator: true,
            ..Person::default()
        };
        let dates = [days_ago(100), days_ago(80), days_ago(20)];
        let secret = |created| Secret {
            created,
            ..Secret::default()
        };
        domain
            .default_domain()
            .user("u1", "jane.roe@example.com", &administrator)
            .credential(AuthTokens, "u1", "overdue", &secret(&dates[0]))
            .credential(AuthTokens, "u1", "due", &secret(&dates[1]))
            .credential(ApiKeys, "u1", "of-administrator", &secret(&dates[2]))
            .credential(SmtpCredentials, "", "of-nobody", &secret(&dates[2]));
        audit(run, [domain])
    };
    let identified = |audit| -> Vec<(String, String)> {
        let events = events(audit).into_iter();
        let mut events: Vec<_> = events
            .map(|event| (event["UID"].clone(), event["DTSTART;VALUE=DATE"].clone()))
            .collect();
        events.sort();
        events
    };
    let (first, second) = (identified(&on_day(0)), identified(&on_day(1)));
    assert_eq!(first.len(), 4);
    for ((before, day), (after, day_after)) in first.iter().zip(&second) {
        assert_eq!(before, after);
        // That of the due token stays, the others are counted from the run.
        let moves = day != "20261202";
        assert_eq!(day != day_after, moves, "{day} {day_after}");
    }
    let stamps: HashSet<_> = events(&on_day(1))
        .into_iter()
        .map(|event| event["DTSTAMP"].clone())
        .collect();
    assert_eq!(stamps, HashSet::from(["20261123T060000Z".to_owned()]));
}

#[test]
fn calendar_of_another_tenancy_has_other_identifiers() {
    let uids = |name: &str| -> HashSet<String> {
        let mut domain = DomainBuilder::new(name);
        let created = days_ago(100);
        let secret = Secret {
            created: &created,
            ..Secret::default()
        };
        domain
            .user("u1", "jane.roe@example.com", &Person::default())
            .credential(AuthTokens, "u1", "token", &secret);
        let events = events(&audit(run(), [domain]));
        events.iter().map(|event| event["UID"].clone()).collect()
    };
    assert!(uids("Default").is_disjoint(&uids("Other")));
    assert_eq!(uids("Default"), uids("Default"));
}

#[test]
fn calendar_without_events_is_valid() {
    let mut domain = DomainBuilder::new("Default");
    let created = days_ago(10);
    let secret = Secret {
        created: &created,
        ..Secret::default()
    };
    domain
        .user("u1", "jane.roe@example.com", &Person::default())
        .credential(AuthTokens, "u1", "token", &secret);
    let audit = audit(run(), [domain]);
    let text = String::from_utf8(stored(&audit, "rotate-by.ics")).expect("text");
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"));
    assert!(text.contains("BEGIN:VTIMEZONE\r\n") && !text.contains("VEVENT"));
    assert_eq!(stored(&audit, "findings.ocsf.json"), b"");
}

#[test]
fn event_of_thousands_of_credentials_or_people_has_a_bounded_size() {
    let mut domain = DomainBuilder::new("Default");
    let (old, new) = (days_ago(100), days_ago(80));
    for index in 0..5_000 {
        let id = format!("u{index}");
        domain.user(
            &id,
            &format!("user{index:04}@example.com"),
            &Person::default(),
        );
        let secret = |created| Secret {
            created,
            label: "a label\r\nEND:VCALENDAR",
            ..Secret::default()
        };
        domain
            .credential(AuthTokens, "", &format!("token-{index}"), &secret(&new))
            .credential(AuthTokens, &id, &format!("old-{index}"), &secret(&old));
    }
    let audit = audit(run(), [domain]);
    let events = events(&audit);
    let summaries: Vec<_> = events
        .iter()
        .map(|event| event["SUMMARY"].as_str())
        .collect();
    assert_eq!(
        summaries,
        [
            "acme-prod: OCI credentials to act on now: rotate 5000",
            "acme-prod: OCI credentials with no user\\, Default: review 5000"
        ]
    );
    for event in &events {
        assert!(event["DESCRIPTION"].ends_with("\\n- and 4970 more"));
    }
    assert!(stored(&audit, "rotate-by.ics").len() < 12_000);
}

#[test]
fn calendar_of_another_time_says_so() {
    let mut run = run();
    run.as_of_given = true;
    run.times.as_of = at("2026-12-31T00:00:00Z");
    for event in events(&audit(run, hard_cases())) {
        assert!(event["SUMMARY"].starts_with("WHAT-IF 2026-12-31: "));
    }
}
