//! What reports say of the last use of API keys.

use std::sync::Arc;

use credential_audit::judge::{Audit, evaluate};
use credential_audit::model::{
    Fingerprint, Interval, KeyId, KeyUse, LastUses, Precision, RegionUses,
};
use credential_audit::report::digest::{DigestKind, DigestOptions, compose};
use serde_json::Value;

use crate::assert_golden;
use crate::tenancy::*;

fn fingerprint(number: u8) -> String {
    let pairs: Vec<_> = (0..16)
        .map(|pair| format!("{:02x}", number.wrapping_mul(pair + 3)))
        .collect();
    pairs.join(":")
}

fn key(user: &str, number: u8) -> KeyId {
    KeyId {
        fingerprint: Fingerprint::parse(&fingerprint(number)).expect("a fingerprint"),
        user: format!("ocid1.user.oc1..example{user}").into(),
    }
}

/// Users with a key each, by id, name, fingerprint and age in days.
fn domain() -> DomainBuilder {
    let mut domain = DomainBuilder::new("Default");
    domain.default_domain();
    let gone = Person {
        active: Some(false),
        last_modified: "2026-09-01T00:00:00Z",
        ..Person::default()
    };
    let people = Person::default();
    for (user, name, person, keys) in [
        ("u1", "ana.lopez@example.com", &gone, &[(1, 95)][..]),
        ("u2", "gus.weber@example.com", &gone, &[(2, 95)]),
        ("u3", "jane.roe@example.com", &people, &[(3, 95), (4, 10)]),
        ("u4", "kim.doe@example.com", &people, &[(5, 95), (6, 10)]),
        ("u5", "lee.diaz@example.com", &people, &[(7, 120)]),
        ("u6", "svc-deploy", &people, &[(8, 120)]),
        ("u7", "svc-shared-a", &people, &[(9, 5)]),
        ("u8", "svc-shared-b", &people, &[(9, 6)]),
    ] {
        domain.user(user, name, person);
        for (number, age) in keys {
            domain.credential(
                ApiKeys,
                user,
                &format!("key-{user}-{number}"),
                &Secret {
                    label: &fingerprint(*number),
                    created: &days_ago(*age),
                    ..Secret::default()
                },
            );
        }
    }
    domain
}

fn uses(since: Option<&str>) -> LastUses {
    let until = at("2026-11-22T06:00:00Z");
    let region = |name: &str, since: Option<&str>| RegionUses {
        region: name.to_owned(),
        searched: since.map(|since| Interval {
            since: at(since),
            until,
        }),
        failure: since
            .is_none()
            .then(|| "status 404 NotAuthorizedOrNotFound".into()),
    };
    let used = |user: &str, number: u8, when: &str| KeyUse {
        key: key(user, number),
        at: at(when),
        precision: Precision::Instant,
        region: 1,
    };
    let mut uses = vec![
        used("u1", 1, "2026-11-20T10:15:00Z"),
        used("u3", 3, "2026-11-01T10:15:00Z"),
        used("u6", 8, "2026-10-03T10:15:00Z"),
    ];
    uses.sort_by(|left, right| left.key.cmp(&right.key));
    LastUses {
        regions: vec![
            region("eu-frankfurt-1", Some("2026-08-16T06:00:00Z")),
            region("us-phoenix-1", since),
        ],
        oldest: Some(at("2026-08-17T04:00:00Z")),
        region_names: vec!["eu-frankfurt-1".to_owned(), "us-phoenix-1".to_owned()],
        uses,
        ..LastUses::nothing(until)
    }
}

fn audited(since: Option<&str>) -> Arc<Audit> {
    let audit = evaluate(run(), vec![domain().build()], Vec::new(), Vec::new());
    Arc::new(audit.with_last_use(Some(uses(since))))
}

fn digest(audit: &Audit) -> String {
    let message = compose(audit, &DigestOptions::default(), &DigestKind::Regular);
    format!("Subject: {}\n\n{}", message.title, message.body)
}

#[test]
fn last_use_is_beside_each_removal_and_rotation() {
    let audit = audited(Some("2026-08-16T06:00:00Z"));
    assert_golden!(digest(&audit), "../golden/reports/digest-last-use.txt");
    let rows = rows(&stored(&audit, "credentials.csv"));
    let row = |id: &str| {
        let row = rows.iter().find(|row| row["credential_id"] == id);
        let row = row.expect("a row");
        ["action", "reason", "last_use", "last_use_known_since"].map(|column| row[column].clone())
    };
    let since = "2026-08-17T04:00:00Z";
    assert_eq!(
        row("key-u1-1"),
        ["review", "recently_used", "2026-11-20T10:15:00Z", since]
    );
    assert_eq!(row("key-u2-2"), ["delete", "inactive_user", "", since]);
    assert_eq!(
        row("key-u3-3"),
        ["review", "recently_used", "2026-11-01T10:15:00Z", since]
    );
    assert_eq!(row("key-u4-5"), ["retire", "newer_exists", "", since]);
}

#[test]
fn missing_region_leaves_no_key_without_audited_use() {
    let audit = audited(None);
    assert_golden!(
        digest(&audit),
        "../golden/reports/digest-last-use-missing.txt"
    );
    let page = String::from_utf8(stored(&audit, "report.html")).expect("text");
    assert!(!page.contains("no audited use in"));
    assert!(page.contains("an audited use on 2026-10-03, later use is not known"));
    // If a use is known, a deletion is reviewed first, also while a region is missing.
    let rows = rows(&stored(&audit, "credentials.csv"));
    let used = rows.iter().find(|row| row["credential_id"] == "key-u1-1");
    assert_eq!(used.expect("a row")["reason"], "recently_used");
    let file: Value = serde_json::from_slice(&stored(&audit, "last-use.json")).expect("JSON");
    assert_eq!(file["regions"][1]["region"], "us-phoenix-1");
    assert_eq!(file["regions"][1]["searched_since"], Value::Null);
}

#[test]
fn exception_that_accepts_a_removal_accepts_its_review_too() {
    let exceptions = serde_json::json!({"exceptions": [{
        "user": "jane.roe@example.com", "reason": "moving", "until": "2026-12-31", "accept": ["newer", "age"],
    }]});
    let today = at("2026-11-22T06:00:00Z").to_chrono().date_naive();
    let exceptions = credential_audit::judge::exceptions::Exceptions::parse(
        "exceptions.json",
        exceptions.to_string().as_bytes(),
        String::new(),
        today,
    );
    let audit = evaluate(run(), vec![domain().build()], Vec::new(), Vec::new());
    let audit = audit.with_last_use(Some(uses(Some("2026-08-16T06:00:00Z"))));
    let audit = Arc::new(audit.accepting(exceptions));
    let rows = rows(&stored(&audit, "credentials.csv"));
    let row = rows.iter().find(|row| row["credential_id"] == "key-u3-3");
    let row = row.expect("a row");
    assert_eq!((&*row["action"], &*row["reason"]), ("none", "accepted"));
}

#[test]
fn text_of_a_search_that_ended_earlier_says_when() {
    let mut earlier = uses(Some("2026-08-10T06:00:00Z"));
    earlier.until = at("2026-11-19T06:00:00Z");
    let audit = evaluate(run(), vec![domain().build()], Vec::new(), Vec::new());
    let digest = digest(&audit.with_last_use(Some(earlier)));
    for text in [
        "no audited use in 94 days until 2026-11-19",
        "last audited use 2026-10-03 until 2026-11-19",
        "without audited use in 90 days until 2026-11-19",
    ] {
        assert!(digest.contains(text), "{digest}");
    }
}
