//! Names from a tenancy in the reports that other programs read.

// The tenancies of the tests of reports; these targets use a part.
#[allow(dead_code, unused_imports)]
#[path = "../../reports/tenancy.rs"]
mod tenancy;

use credential_audit::credential_type::CredentialType;
use credential_audit::report::findings::PastFinding;
use serde_json::Value;

use tenancy::{DomainBuilder, Person, Secret, audit, days_ago, rows, run, stored};

/// Text of users is in the reports as it was, but for the apostrophe before a formula. It adds no row, cell, line or object.
pub fn csv_cell(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let mut domain = DomainBuilder::new("Default");
    text.clone_into(&mut domain.domain().name);
    let old = days_ago(100);
    let secret = Secret {
        label: text,
        created: &old,
        ..Secret::default()
    };
    let id = format!("id{text}");
    domain.user("u1", text, &Person::default()).credential(
        CredentialType::ApiKeys,
        "u1",
        &id,
        &secret,
    );
    let audit = audit(run(), [domain]);

    let credentials = rows(&stored(&audit, "credentials.csv"));
    assert_eq!(credentials.len(), 1, "{credentials:?}");
    let guarded = format!("'{text}");
    let expected = match text.chars().next() {
        Some(
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}'
            | '\u{ff20}',
        ) => guarded,
        // Blanks and invisible characters may hide a formula.
        Some(first) if !first.is_alphanumeric() && credentials[0]["label"] == guarded => {
            assert!(text.contains([
                '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'
            ]));
            guarded
        }
        _ => text.to_owned(),
    };
    for column in ["domain", "user_name", "label"] {
        if column == "user_name" && text.trim().is_empty() {
            // A user without a name is shown by its id.
            continue;
        }
        assert_eq!(credentials[0][column], expected, "{column}");
    }
    assert_eq!(credentials[0]["credential_id"], id);
    let command = &credentials[0]["delete_command"];
    assert!(command.is_empty(), "it is rotated: {command}");
    let people = rows(&stored(&audit, "by-person.csv"));
    assert_eq!(people.len(), 1, "{people:?}");
    let said = &people[0]["text"];
    assert!(
        said.chars().count() <= 600 && !said.contains(['\r', '\n', '\u{2028}']),
        "{said:?}"
    );
    for name in ["expiry-Default.csv", "usage-Default.csv"] {
        let users = rows(&stored(&audit, name));
        assert_eq!(users.len(), 1, "{users:?}");
        let cells = users[0].values().filter(|cell| **cell == expected).count();
        assert!(cells > 0, "{name} does not hold {expected:?}: {users:?}");
    }

    let findings = stored(&audit, "findings.jsonl");
    let line = findings.strip_suffix(b"\n").expect("a line");
    let finding = PastFinding::parse(line).expect("one finding in one line");
    assert_eq!(finding.credential_id, id);
    let ocsf = stored(&audit, "findings.ocsf.json");
    let _: Value = serde_json::from_slice(&ocsf).expect("one object in one line");
    let calendar = String::from_utf8(stored(&audit, "rotate-by.ics")).expect("text");
    for line in calendar.split("\r\n") {
        assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line:?}");
    }
    assert_eq!(
        calendar.matches("\r\nBEGIN:VEVENT\r\n").count(),
        1,
        "{calendar}"
    );
}
