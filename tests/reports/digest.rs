//! The digest, as it arrives.

use std::sync::Arc;

use credential_audit::model::FailureCause;
use credential_audit::policy::{Audit, Scope};
use credential_audit::report::ReportSet;
use credential_audit::report::digest::{
    DIGEST_MARKER, DigestKind, DigestOptions, MAX_BYTES, MAX_TITLE_CHARS, Message, Names, compose,
    is_own_digest,
};

use crate::assert_golden;
use crate::tenancy::*;

fn digest(audit: &Audit, kind: &DigestKind) -> Message {
    checked(compose(audit, &DigestOptions::default(), kind))
}

/// What holds of every digest.
fn checked(message: Message) -> Message {
    let json = message.to_json();
    assert!(json.len() <= MAX_BYTES, "{} bytes", json.len());
    assert!(message.as_repeat().to_json().len() <= MAX_BYTES);
    let title = &message.title;
    assert!(title.chars().count() <= MAX_TITLE_CHARS, "{title}");
    assert!(title.starts_with("[OCI credentials] "), "{title}");
    assert!(!title.chars().any(char::is_control), "{title:?}");
    assert!(is_own_digest(&message.body));
    let unfit = |it: char| it.is_control() && it != '\n';
    assert!(!message.body.chars().any(unfit), "{:?}", message.body);
    let last = message.body.lines().last().unwrap_or_default();
    assert!(last.starts_with(DIGEST_MARKER), "{last}");
    message
}

/// As a mail program shows it.
fn shown(message: &Message) -> String {
    format!("Subject: {}\n\n{}", message.title, message.body)
}

fn quiet(age: i64) -> DomainBuilder {
    let mut domain = DomainBuilder::new("Default");
    let created = days_ago(age);
    domain
        .user("u1", "jane.roe@example.com", &Person::default())
        .credential(
            ApiKeys,
            "u1",
            "key-1",
            &Secret {
                label: "aa:bb",
                created: &created,
                ..Secret::default()
            },
        );
    domain
}

#[test]
fn the_digest_of_a_complete_run_with_findings() {
    let message = digest(&audit(run(), hard_cases()), &DigestKind::Regular);
    assert_golden!(shown(&message), "../golden/reports/digest-findings.txt");
    for line in message.body.lines().filter(|line| line.starts_with("  20")) {
        assert!(line.chars().count() <= 100, "{line}");
    }
}
