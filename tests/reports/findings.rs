//! Hints besides age: rotations in progress, dormant holders, unused capabilities.

use credential_audit::credential_type::{CredentialType, CredentialTypes};
use credential_audit::judge::action::Action;
use credential_audit::judge::age::State;
use credential_audit::judge::{Audit, Finding};
use credential_audit::model::{FailureCause, ListGap};
use credential_audit::report::digest::{DigestKind, DigestOptions, Names, compose};
use credential_audit::report::manifest::Manifest;

use proptest::prelude::*;

use crate::tenancy::*;

fn finding<'a>(audit: &'a Audit, id: &str) -> &'a Finding {
    let is_it = |finding: &&Finding| {
        audit
            .credential(finding)
            .is_some_and(|(inventory, credential)| {
                *inventory.credential_id(finding.credential_type, credential) == *id
            })
    };
    audit.findings.iter().find(is_it).expect(id)
}

fn body(audit: &Audit, names: Names) -> String {
    let options = DigestOptions {
        names,
        ..DigestOptions::default()
    };
    compose(audit, &options, &DigestKind::Regular).body
}

/// One user with API keys of these ages in days.
fn keys(ages: &[i64]) -> DomainBuilder {
    let mut domain = DomainBuilder::new("Default");
    domain.user("u1", "jane.roe@example.com", &Person::default());
    for age in ages {
        let secret = Secret {
            created: &days_ago(*age),
            ..Secret::default()
        };
        domain.credential(ApiKeys, "u1", &format!("key-{age}"), &secret);
    }
    domain
}

#[test]
fn rotation_in_progress_is_a_due_credential_and_a_newer_one() {
    for (ages, old_halves) in [
        (&[120_i64, 7][..], &["key-120"][..]),
        (&[80, 74], &["key-80"]),
        (&[120, 80, 10], &["key-120", "key-80"]),
        (&[120, 6], &[]),
        (&[120, 80], &[]),
        (&[60, 10], &[]),
        (&[120], &[]),
    ] {
        let audit = audit(run(), [keys(ages)]);
        for age in ages {
            let id = format!("key-{age}");
            let is_old_half = old_halves.contains(&id.as_str());
            assert_eq!(
                finding(&audit, &id).newer.is_some(),
                is_old_half,
                "{id} of {ages:?}"
            );
        }
    }
}

#[test]
fn other_type_other_user_or_expired_credential_replaces_nothing() {
    let young = days_ago(5);
    let secret = || Secret {
        created: &young,
        ..Secret::default()
    };
    let mut domain = keys(&[120]);
    domain
        .user("u2", "other@example.com", &Person::default())
        .credential(ApiKeys, "u2", "of-another", &secret())
        .credential(SmtpCredentials, "u1", "of-another-kind", &secret())
        .credential(
            AuthTokens,
            "u1",
            "token-old",
            &Secret {
                created: &days_ago(100),
                ..Secret::default()
            },
        )
        .credential(
            AuthTokens,
            "u1",
            "token-expired",
            &Secret {
                expires_on: "2026-11-21T00:00:00Z",
                ..secret()
            },
        )
        .credential(ApiKeys, "", "of-nobody", &secret())
        .credential(
            ApiKeys,
            "",
            "old-of-nobody",
            &Secret {
                created: &days_ago(100),
                ..Secret::default()
            },
        );
    let audit = audit(run(), [domain]);
    assert_eq!(audit.rotations_in_progress().count(), 0);
}

#[test]
fn dormant_holder_changes_no_state_and_no_count_and_sends_no_mail() {
    let mut domain = DomainBuilder::new("Default");
    domain
        .user(
            "u1",
            "jane.roe@example.com",
            &Person {
                last_login: "2020-01-01T00:00:00Z",
                ..Person::default()
            },
        )
        .credential(
            ApiKeys,
            "u1",
            "key",
            &Secret {
                created: &days_ago(3),
                ..Secret::default()
            },
        );
    let audit = audit(run(), [domain]);
    assert!(finding(&audit, "key").hints.dormant());
    assert_eq!(finding(&audit, "key").state, State::Ok);
    assert!(!audit.counts.has_findings());
    assert_eq!(stored(&audit, "findings.jsonl"), b"");
    let text = body(&audit, Names::Full);
    assert!(
        text.starts_with("No findings: the only credential needs no action."),
        "{text}"
    );
    assert!(
        text.contains("\nALSO\n- 1 user with credentials did not sign in"),
        "{text}"
    );
}

#[test]
fn administrators_api_keys_come_first_and_young_ones_are_to_remove() {
    let mut domain = DomainBuilder::new("Default");
    domain.default_domain();
    let admin = Person {
        administrator: true,
        ..Person::default()
    };
    domain.user("u1", "root@example.com", &admin).user(
        "u2",
        "jane.roe@example.com",
        &Person::default(),
    );
    let mut add = |credential_type, user: &str, id: &str, age| {
        let created = days_ago(age);
        let secret = Secret {
            created: &created,
            label: id,
            ..Secret::default()
        };
        domain.credential(credential_type, user, id, &secret);
    };
    add(ApiKeys, "u1", "admin-key-95", 95);
    add(AuthTokens, "u1", "admin-token-92", 92);
    add(ApiKeys, "u2", "key-300", 300);
    add(ApiKeys, "u1", "admin-key-20", 20);
    add(SmtpCredentials, "u2", "smtp-84", 84);
    add(SmtpCredentials, "u2", "smtp-20", 20);
    let audit = audit(run(), [domain]);
    let order: Vec<_> = rows(&stored(&audit, "credentials.csv"))
        .into_iter()
        .map(|row| row["credential_id"].clone())
        .collect();
    let expected = [
        "admin-key-95",
        "admin-token-92",
        "key-300",
        "smtp-84",
        "admin-key-20",
        "smtp-20",
    ];
    assert_eq!(order, expected);
    assert_eq!(
        (
            finding(&audit, "admin-key-20").action,
            finding(&audit, "admin-key-95").newer.is_some()
        ),
        (Action::RemoveAdminKey, true)
    );
    let text = body(&audit, Names::Full);
    let first: Vec<_> = text
        .lines()
        .skip_while(|line| *line != "FIRST")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(
        first[0].starts_with("- ADMIN root@example.com, Default: API key "),
        "{text}"
    );
    assert!(
        first[1].starts_with("- ADMIN root@example.com, Default: rotate auth token "),
        "{text}"
    );
    assert!(
        first[2].starts_with("- jane.roe@example.com, Default: rotate API key "),
        "{text}"
    );
    assert_eq!(first.len(), 3, "{text}");
}

#[test]
fn holder_is_dormant_after_ninety_days_without_a_sign_in() {
    let person = |last_login, created| Person {
        last_login,
        created,
        ..Person::default()
    };
    let old = "2025-01-01T00:00:00Z";
    let mut domain = DomainBuilder::new("Default");
    for (id, person) in [
        ("at-90", person("2026-08-24T06:00:00Z", old)),
        ("below-90", person("2026-08-24T06:00:00.000001Z", old)),
        ("never", person("", old)),
        ("new", person("", "2026-09-01T00:00:00Z")),
        ("unreadable", person("lately", old)),
        ("in-the-future", person("2026-11-23T00:00:00Z", old)),
        ("undated", person("", "")),
        (
            "active-unknown",
            Person {
                active: None,
                ..person("", old)
            },
        ),
        (
            "federated-unknown",
            Person {
                federated: None,
                ..person("", old)
            },
        ),
        (
            "inactive",
            Person {
                active: Some(false),
                ..person("2020-01-01T00:00:00Z", old)
            },
        ),
        (
            "federated",
            Person {
                federated: Some(true),
                ..person("2020-01-01T00:00:00Z", old)
            },
        ),
        (
            "service-user",
            Person {
                service_user: Some(true),
                ..person("", old)
            },
        ),
    ] {
        let secret = Secret {
            created: &days_ago(3),
            ..Secret::default()
        };
        domain
            .user(id, id, &person)
            .credential(AuthTokens, id, &format!("token-{id}"), &secret);
    }
    domain.user(
        "holds-nothing",
        "holds-nothing",
        &person("2020-01-01T00:00:00Z", old),
    );
    let audit = audit(run(), [domain]);
    let dormant: Vec<_> = audit
        .dormant_holders()
        .map(|(domain, user)| domain.inventory.user_name(user))
        .collect();
    assert_eq!(dormant, ["at-90", "never"]);
    assert!(finding(&audit, "token-never").hints.dormant());
    assert!(!finding(&audit, "token-new").hints.dormant());
}

#[test]
fn domain_without_any_sign_in_has_no_dormant_holders() {
    assert_eq!(audit(run(), [keys(&[5])]).dormant_holders().count(), 0);
}

#[test]
fn capability_is_unused_only_if_its_type_was_fully_read() {
    let mut domain = keys(&[5]);
    let two = CredentialTypes::EMPTY.with(ApiKeys).with(SmtpCredentials);
    domain
        .user(
            "u2",
            "b",
            &Person {
                capabilities: Some(two),
                ..Person::default()
            },
        )
        .user(
            "u3",
            "c",
            &Person {
                capabilities: None,
                ..Person::default()
            },
        )
        .fail(AuthTokens, FailureCause::Status(500), "It failed.");
    domain.coverage(DbCredentials).gaps = vec![ListGap::RowsWithoutId(1)];
    let audit = audit(run(), [domain]);
    let unused: Vec<_> = audit
        .unused_capabilities()
        .map(|(_, user, credential_types)| {
            (audit.domains[0].inventory.user_name(user), credential_types)
        })
        .collect();
    let of_jane = CredentialTypes::EMPTY
        .with(CustomerSecretKeys)
        .with(OAuth2ClientCredentials)
        .with(SmtpCredentials);
    assert_eq!(unused, [("b", two), ("jane.roe@example.com", of_jane)]);
    let text = body(&audit, Names::None);
    let line = "\n- at least 2 users may create credentials that they do not have (API keys 1, Customer secret keys 1, OAuth 2.0 \
                client credentials 1, SMTP credentials 2): ";
    assert!(text.contains(line), "{text}");
    assert!(!text.contains("jane"));
    let hygiene = Manifest::new(&audit, Vec::new(), 0, 0).hygiene;
    assert_eq!(hygiene.users_with_unused_capabilities, 2);
    assert_eq!(hygiene.unused_capabilities["smtp_credentials"].count, 2);
}

#[test]
fn ages_at_the_limits_are_judged_to_the_day() {
    for (age, state) in [
        (74, State::Ok),
        (75, State::Due),
        (89, State::Due),
        (90, State::Overdue),
        (91, State::Overdue),
    ] {
        // Exactly so many days, and one microsecond less.
        let exactly = at(AS_OF).plus_days(-age);
        let mut domain = keys(&[]);
        domain.credential(
            ApiKeys,
            "u1",
            "key",
            &Secret {
                created: &exactly.rfc3339(),
                ..Secret::default()
            },
        );
        let judged = audit(run(), [domain]);
        assert_eq!(finding(&judged, "key").state, state, "{age} days");
        assert_eq!(
            judged.days_left(finding(&judged, "key")),
            Some(90 - age as i32)
        );
    }
}

#[test]
fn age_ignores_midnight_and_leap_days() {
    for (as_of, created, days_left) in [
        // Across midnight, 23 hours are still zero days.
        ("2026-11-22T00:00:00Z", "2026-11-21T01:00:00Z", 90),
        ("2026-11-22T00:00:00Z", "2026-11-21T00:00:00Z", 89),
        ("2028-03-01T00:00:00Z", "2028-02-29T00:00:00Z", 89),
        ("2028-05-29T00:00:00Z", "2028-02-29T00:00:00Z", 0),
        ("2028-05-28T23:59:59Z", "2028-02-29T00:00:00Z", 1),
        // In a common year the same dates are one day closer.
        ("2027-05-29T00:00:00Z", "2027-02-28T00:00:00Z", 0),
    ] {
        let mut run = run();
        let now = at(as_of);
        (run.times.started, run.times.as_of, run.times.read_until) = (now, now, now);
        let mut domain = keys(&[]);
        domain.credential(
            ApiKeys,
            "u1",
            "key",
            &Secret {
                created,
                ..Secret::default()
            },
        );
        let audit = audit(run, [domain]);
        assert_eq!(
            audit.days_left(finding(&audit, "key")),
            Some(days_left),
            "{created} at {as_of}"
        );
    }
}

#[test]
fn credential_created_during_the_run_is_new_and_in_the_future_unknown() {
    for (created, state, note) in [
        ("2026-11-22T06:00:01Z", State::Ok, "created after as_of"),
        ("2026-11-22T06:05:02Z", State::Ok, "created after as_of"),
        (
            "2026-11-22T06:05:03Z",
            State::Unknown,
            "its date is in the future",
        ),
        (
            "2027-11-22T06:00:00Z",
            State::Unknown,
            "its date is in the future",
        ),
    ] {
        let mut domain = keys(&[]);
        domain.credential(
            ApiKeys,
            "u1",
            "key",
            &Secret {
                created,
                ..Secret::default()
            },
        );
        let audit = audit(run(), [domain]);
        assert_eq!(finding(&audit, "key").state, state, "{created}");
        assert_eq!(
            rows(&stored(&audit, "credentials.csv"))[0]["note"],
            note,
            "{created}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// By the definition, one credential after another: slow and simple.
    #[test]
    fn rotations_in_progress_are_those_of_the_definition(
        rows in prop::collection::vec((0_usize..4, prop::bool::ANY, 0_i64..140, prop::bool::ANY), 0..40),
    ) {
        let mut domain = DomainBuilder::new("Default");
        for user in 0..4 {
            domain.user(&format!("u{user}"), "somebody", &Person::default());
        }
        for (index, (user, is_token, age, expired)) in rows.iter().enumerate() {
            let credential_type = if *is_token { AuthTokens } else { SmtpCredentials };
            let secret = Secret {
                created: &days_ago(*age),
                expires_on: if *expired { "2026-11-01T00:00:00Z" } else { "" },
                ..Secret::default()
            };
            domain.credential(credential_type, &format!("u{user}"), &format!("c{index}"), &secret);
        }
        let audit = audit(run(), [domain]);
        let mut in_progress = 0;
        for (index, (user, is_token, age, _)) in rows.iter().enumerate() {
            let is_old = *age >= 75 || rows[index].3;
            let replaced = is_old && rows.iter().any(|(other_user, other_is_token, other_age, expired)| {
                let is_in_use = (7..75).contains(other_age) && !expired;
                other_user == user && other_is_token == is_token && is_in_use && other_age < age
            });
            prop_assert_eq!(finding(&audit, &format!("c{index}")).newer.is_some(), replaced);
            // An expired one is deleted.
            in_progress += usize::from(replaced && !rows[index].3);
        }
        prop_assert_eq!(audit.rotations_in_progress().count(), in_progress);
    }
}

#[test]
fn users_are_not_called_not_listed_if_the_list_has_a_gap() {
    let created = days_ago(120);
    let secret = Secret {
        created: &created,
        ..Secret::default()
    };
    let tenancy = |gaps: &[ListGap]| {
        let mut domain = DomainBuilder::new("Default");
        domain
            .user("u1", "jane.roe@example.com", &Person::default())
            .credential(CredentialType::ApiKeys, "u2", "a", &secret);
        domain.users_coverage().gaps = gaps.to_vec();
        audit(run(), [domain])
    };
    let not_listed = |audit: &Audit| (audit.counts.not_listed, audit.counts.overdue);
    let complete = tenancy(&[]);
    assert_eq!(not_listed(&complete), (1, 1));
    assert_eq!(finding(&complete, "a").action, Action::FindHolder);
    let partial = tenancy(&[ListGap::RowsWithoutId(1)]);
    assert_eq!(not_listed(&partial), (0, 1), "it is overdue for any holder");
    assert_eq!(finding(&partial, "a").action, Action::Rotate);
    let body = body(&partial, Names::Full);
    assert!(!body.contains("not listed"), "{body}");
}

/// One young credential of a user who signed in, with this expiry date.
fn with_expiry(expires_on: &str) -> std::sync::Arc<Audit> {
    let mut domain = keys(&[]);
    domain.credential(
        AuthTokens,
        "u1",
        "token",
        &Secret {
            created: &days_ago(5),
            expires_on,
            ..Secret::default()
        },
    );
    audit(run(), [domain])
}

#[test]
fn unreadable_expiry_date_is_a_finding_in_every_output() {
    for text in [
        "2026-12-24",
        "24.12.2026 10:00",
        "12/24/2026",
        "1798070400",
        "never",
        "2026-12-24T10:00:00",
        "2026-02-30T00:00:00Z",
        " ",
    ] {
        let audit = with_expiry(text);
        assert_eq!(finding(&audit, "token").state, State::Ok, "{text}");
        assert!(finding(&audit, "token").needs_action(), "{text}");
        assert_eq!(audit.counts.expiry_unreadable, 1, "{text}");
        assert_eq!(audit.counts.expiring, 0, "{text}");
        assert!(audit.counts.has_findings(), "{text}");
        let body = body(&audit, Names::Full);
        assert!(
            body.starts_with("1 credential needs action now: 1 to rotate. 1 person.\n"),
            "{body}"
        );
        let why = ", 5 days, its expiry date cannot be read, so it may have expired.\n";
        assert!(body.contains(why), "{body}");

        let row = &rows(&stored(&audit, "credentials.csv"))[0];
        assert_eq!(row["expiry_state"], "UNREADABLE", "{text}");
        assert_eq!(row["expires_on"], "", "{text}");
        let line = String::from_utf8(stored(&audit, "findings.jsonl")).expect("text");
        assert!(line.contains(r#""expiry_state":"UNREADABLE""#), "{line}");
        let page = String::from_utf8(stored(&audit, "report.html")).expect("text");
        assert!(!page.contains("No findings: "), "{text}");
        assert!(page.contains("expiry unreadable</span>"), "{text}");
    }
    for text in ["", "2027-12-24T10:00:00.123+01:00"] {
        let audit = with_expiry(text);
        assert!(!audit.counts.has_findings(), "{text}");
        assert!(body(&audit, Names::Full).starts_with("No findings: "));
    }
}

#[test]
fn credential_that_may_have_expired_replaces_no_old_one() {
    let mut domain = keys(&[120]);
    domain.credential(
        ApiKeys,
        "u1",
        "key-new",
        &Secret {
            created: &days_ago(20),
            expires_on: "2027-06-30",
            ..Secret::default()
        },
    );
    let audit = audit(run(), [domain]);
    assert!(finding(&audit, "key-120").newer.is_none());
}

#[test]
fn silence_about_a_holder_makes_neither_a_mark_nor_an_all_clear() {
    let holder = |active, capabilities| {
        let mut domain = DomainBuilder::new("Default");
        let person = Person {
            active,
            capabilities,
            ..Person::default()
        };
        let secret = Secret {
            created: &days_ago(5),
            ..Secret::default()
        };
        domain
            .user("u1", "jane.roe@example.com", &person)
            .credential(CustomerSecretKeys, "u1", "secret", &secret);
        audit(run(), [domain])
    };
    let all = Some(CredentialTypes::ALL);
    for (active, capabilities, note, said) in [
        (
            Some(true),
            None,
            "whether the capability is on is unknown",
            "the service returned no user's capabilities",
        ),
        (
            None,
            all,
            "whether the user is active is unknown",
            "did not return whether their users are active",
        ),
    ] {
        let audit = holder(active, capabilities);
        assert!(!finding(&audit, "secret").is_finding());
        assert!(finding(&audit, "secret").hints.holder_unknown());
        let body = body(&audit, Names::Full);
        assert!(
            body.starts_with(
                "Nothing to do now: the only credential that was read needs no action."
            ),
            "{body}"
        );
        assert!(
            body.contains("\nALSO\n- domain Default, 1 credential: "),
            "{body}"
        );
        assert!(body.contains(said), "{body}");

        let row = &rows(&stored(&audit, "credentials.csv"))[0];
        assert_eq!(row["note"], note);
        let cells = (row["capability_enabled"].as_str(), row["orphaned"].as_str());
        let expected = if capabilities.is_none() {
            ("", "")
        } else {
            ("true", "false")
        };
        assert_eq!(cells, expected);
    }
    let off = holder(Some(true), Some(CredentialTypes::EMPTY));
    assert!(finding(&off, "secret").marks.orphaned);
    assert!(!finding(&off, "secret").hints.holder_unknown());
    let known = holder(Some(true), all);
    assert!(body(&known, Names::Full).starts_with("No findings: "));
}
