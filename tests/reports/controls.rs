//! Evidence for the controls of the CIS benchmark.

use std::collections::HashMap;
use std::sync::Arc;

use credential_audit::credential_type::CredentialTypes;
use credential_audit::judge::controls::{Control, ControlStatus, Evidence, IdList, assess};
use credential_audit::judge::discovery::DiscoveryGap;
use credential_audit::judge::evaluate;
use credential_audit::judge::exceptions::Exceptions;
use credential_audit::judge::{Audit, DomainSetting, RunDescription};
use credential_audit::model::{FailureCause, SearchPart, SkippedDomain, SkippedFor};

use proptest::prelude::*;

use crate::tenancy::*;

fn controls(audit: &Audit) -> HashMap<String, Control> {
    assess(audit)
        .into_iter()
        .map(|assessment| (assessment.control.control.clone(), assessment.control))
        .collect()
}

fn evidence<'a>(controls: &'a HashMap<String, Control>, control: &str) -> &'a Evidence {
    let control = &controls[control];
    control.evidence.as_ref().expect(&control.result)
}

fn ids(list: &IdList) -> Vec<&str> {
    list.ids
        .iter()
        .flat_map(|domain| &domain.ids)
        .map(String::as_str)
        .collect()
}

/// The Default domain with one user who signed in an hour ago.
fn default_domain() -> DomainBuilder {
    let mut domain = DomainBuilder::new("Default");
    domain.default_domain().user(
        "u1",
        "jane.roe@example.com",
        &Person {
            last_login: "2026-11-22T05:00:00Z",
            ..Person::default()
        },
    );
    domain
}

fn add(
    domain: &mut DomainBuilder,
    credential_type: credential_audit::credential_type::CredentialType,
    id: &str,
    created: &str,
) {
    let secret = Secret {
        created,
        ..Secret::default()
    };
    domain.credential(credential_type, "u1", id, &secret);
}

#[test]
fn every_control_is_assessed() {
    let controls = controls(&audit(run(), hard_cases()));
    let results: Vec<_> = ["1.8", "1.9", "1.10", "1.11", "1.12", "1.16", "1.17"]
        .iter()
        .map(|control| controls[*control].result.as_str())
        .collect();
    assert_eq!(
        results,
        [
            "2 of 5 compliant",
            "1 of 1 compliant",
            "4 of 12 compliant",
            // By the benchmark, the age of a password is that of its record.
            "0 of 2 compliant",
            "0 of 1 compliant",
            "8 of 10 compliant",
            "3 of 4 compliant",
        ]
    );
    assert_eq!(controls.len(), results.len());
    assert_eq!(
        ids(&evidence(&controls, "1.10").undetermined),
        ["token-no-date", "token-future"]
    );
    assert_eq!(
        ids(&evidence(&controls, "1.12").not_compliant),
        ["ocid1.user.oc1..exampleu1"]
    );
    assert!(controls["1.16"].rule.contains("Console sign-ins only"));
}

#[test]
fn credential_fails_after_exactly_ninety_days() {
    for (created, compliant) in [
        ("2026-08-24T06:00:00.000001Z", true),
        ("2026-08-24T06:00:00Z", true),
        ("2026-08-24T05:59:59.999999Z", false),
        ("2026-08-23T06:00:00Z", false),
        // After `as_of`, and within the tolerance of the clock.
        ("2026-11-22T06:00:01Z", true),
        ("2026-11-22T06:05:02Z", true),
    ] {
        let mut domain = default_domain();
        add(&mut domain, ApiKeys, "key", created);
        let controls = controls(&audit(run(), [domain]));
        let evidence = evidence(&controls, "1.8");
        assert_eq!(evidence.compliant == 1, compliant, "{created}");
        assert_eq!(evidence.undetermined.count, 0, "{created}");
    }
    for created in ["2026-11-22T06:05:02.000001Z", "", "2026-11-01"] {
        let mut domain = default_domain();
        add(&mut domain, ApiKeys, "key", created);
        let controls = controls(&audit(run(), [domain]));
        assert_eq!(controls["1.8"].result, "0 of 1 compliant");
        assert_eq!(
            evidence(&controls, "1.8").undetermined.count,
            1,
            "{created}"
        );
    }
}

#[test]
fn thresholds_of_365_days_do_not_make_a_control_compliant() {
    let mut run = run();
    for limits in &mut run.thresholds.by_type {
        (limits.warning_days, limits.rotation_days) = (350, 365);
    }
    let mut domain = default_domain();
    for credential_type in [ApiKeys, CustomerSecretKeys, AuthTokens, DbCredentials] {
        add(&mut domain, credential_type, "old", &days_ago(120));
    }
    let audit = audit(run, [domain]);
    assert!(!audit.counts.has_findings());
    let controls = controls(&audit);
    for control in ["1.8", "1.9", "1.10", "1.11"] {
        assert_eq!(controls[control].status, ControlStatus::NotCompliant);
        assert_eq!(controls[control].result, "0 of 1 compliant");
    }
}

#[test]
fn type_that_was_read_in_part_is_not_assessable() {
    let mut domain = default_domain();
    domain.fail(AuthTokens, FailureCause::Status(500), "It failed.");
    domain.coverage(ApiKeys).claimed_but_not_listed = 1;
    domain.leave_out(CustomerSecretKeys);
    let mut run = run();
    run.credential_types = CredentialTypes::ALL
        .iter()
        .filter(|credential_type| *credential_type != CustomerSecretKeys)
        .collect();
    let controls = controls(&audit(run, [domain]));
    for (control, reason) in [
        ("1.8", "API keys were not completely read in domain Default"),
        ("1.9", "Customer secret keys were left out"),
        (
            "1.10",
            "Auth tokens were not completely read in domain Default",
        ),
        (
            "1.12",
            "the API keys of the Default domain were not completely read",
        ),
        (
            "1.17",
            "API keys were not completely read in domain Default",
        ),
    ] {
        let control = &controls[control];
        assert_eq!(control.status, ControlStatus::NotAssessable);
        assert_eq!(control.result, format!("not assessable: {reason}"));
        assert_eq!(control.evidence, None);
    }
    assert_eq!(
        controls["1.11"].result,
        "nothing to assess: there is no credential of this type"
    );
    assert_eq!(controls["1.16"].result, "1 of 1 compliant");
}

#[test]
fn empty_list_that_no_user_confirms_is_not_assessable() {
    let mut domain = default_domain();
    domain.user(
        "u2",
        "john.roe@example.com",
        &Person {
            administrator: true,
            ..Person::default()
        },
    );
    for credential_type in [ApiKeys, AuthTokens] {
        domain.coverage(credential_type).cross_checked = false;
    }
    // A list with rows is not empty, whether users confirm it or not.
    add(&mut domain, CustomerSecretKeys, "k1", &days_ago(3));
    domain.coverage(CustomerSecretKeys).cross_checked = false;
    let controls = controls(&audit(run(), [domain]));
    for (control, plural) in [
        ("1.8", "API keys"),
        ("1.10", "Auth tokens"),
        ("1.12", "API keys"),
        ("1.17", "API keys"),
    ] {
        let control = &controls[control];
        assert_eq!(control.status, ControlStatus::NotAssessable);
        let reason = format!(
            "{plural} are listed as none in domain Default, and the user records do not list credentials"
        );
        assert_eq!(control.result, format!("not assessable: {reason}"));
    }
    assert_eq!(controls["1.9"].result, "1 of 1 compliant");
}

#[test]
fn tenancy_with_an_unknown_domain_is_not_assessable() {
    let gap = vec![DiscoveryGap::search_failed(
        SearchPart::Everything,
        "Domains of region eu-frankfurt-1 could not be listed.",
    )];
    let audit = evaluate(run(), vec![default_domain().build()], gap, Vec::new());
    let controls = controls(&audit);
    for control in ["1.8", "1.9", "1.10", "1.11", "1.16", "1.17"] {
        assert_eq!(
            controls[control].result,
            "not assessable: a domain may be missing"
        );
    }
}

/// One API key, 100 days old or young.
fn with_key(age: i64) -> DomainBuilder {
    let mut domain = default_domain();
    add(&mut domain, ApiKeys, "key", &days_ago(age));
    domain
}

#[test]
fn named_domains_can_refute_a_control_but_not_prove_it() {
    let named = [
        DomainSetting::Settings(vec!["https://idcs-default.identity.example.com".to_owned()]),
        DomainSetting::Invocation(Vec::new()),
    ];
    for domain_setting in named {
        let with = |domain| {
            let run = RunDescription {
                domain_setting: domain_setting.clone(),
                ..run()
            };
            controls(&audit(run, [domain]))
        };
        let young = with(with_key(3));
        let (key, token) = (&young["1.8"], &young["1.10"]);
        assert_eq!(key.status, ControlStatus::NotAssessable);
        assert_eq!(
            key.result,
            "not assessable: 1 of 1 compliant in the domains that were named, and others were not looked for"
        );
        assert_eq!(evidence(&young, "1.8").compliant, 1);
        assert_eq!(token.status, ControlStatus::NotAssessable);
        assert_eq!(
            token.result,
            "not assessable: there is no credential of this type in the domains that were named, and others were not looked for"
        );
        let old = with(with_key(100));
        assert_eq!(old["1.8"].status, ControlStatus::NotCompliant);
        assert_eq!(
            old["1.8"].result,
            "0 of 1 compliant in the domains that were named"
        );
        assert_eq!(
            old["1.8"].scope.as_deref(),
            Some("the domains that were named")
        );
        assert!(
            young
                .values()
                .all(|control| control.status != ControlStatus::Compliant)
        );
    }
}

#[test]
fn administrators_are_assessed_if_their_domain_is_named() {
    let mut domain = default_domain();
    let admin = Person {
        administrator: true,
        ..Person::default()
    };
    domain.user("u2", "admin@example.com", &admin);
    let run = RunDescription {
        domain_setting: DomainSetting::Settings(Vec::new()),
        ..run()
    };
    let controls = controls(&audit(run, [domain]));
    let control = &controls["1.12"];
    assert_eq!(
        (control.status, &*control.result, &control.scope),
        (ControlStatus::Compliant, "1 of 1 compliant", &None)
    );
}

#[test]
fn inactive_domain_leaves_no_control_compliant() {
    let with = |reason, domain: DomainBuilder| {
        let skipped = vec![SkippedDomain {
            domain: "Dev".to_owned(),
            reason,
        }];
        controls(&evaluate(run(), vec![domain.build()], Vec::new(), skipped))
    };
    let inactive = || SkippedFor::State("INACTIVE".to_owned());
    assert_eq!(
        with(inactive(), with_key(3))["1.8"].result,
        "not assessable: 1 of 1 compliant in the domains that were read, and what is in domain Dev (INACTIVE) is not known"
    );
    assert_eq!(
        with(inactive(), with_key(100))["1.8"].result,
        "0 of 1 compliant in the domains that were read"
    );
    // External users hold no credentials that the controls cover.
    let external = || SkippedFor::Type("external-user".to_owned());
    assert_eq!(
        with(external(), with_key(3))["1.8"].status,
        ControlStatus::Compliant
    );
}

#[test]
fn empty_tenancy_has_nothing_to_assess() {
    let mut domain = DomainBuilder::new("Default");
    let person = Person {
        active: Some(false),
        last_login: "2026-11-22T05:00:00Z",
        ..Person::default()
    };
    domain
        .default_domain()
        .user("u1", "left@example.com", &person);
    let audit = audit(run(), [domain]);
    let assessed = controls(&audit);
    for (control, why) in [
        ("1.8", "there is no credential of this type"),
        ("1.11", "there is no credential of this type"),
        (
            "1.16",
            "no active user may sign in to the console with a password of their own",
        ),
        ("1.17", "no user holds an API key"),
    ] {
        let control = &assessed[control];
        assert_eq!(control.status, ControlStatus::NothingToAssess);
        assert_eq!(control.result, format!("nothing to assess: {why}"));
    }
    let page = String::from_utf8(stored(&audit, "report.html")).expect("text");
    assert!(!page.contains("0 of 0"));
    assert_eq!(page.matches("Nothing to assess").count(), 6);
}

#[test]
fn excepted_credential_does_not_comply() {
    let file = br#"{"exceptions":[{"user":"jane.*","reason":"r","until":"2027-01-31"}]}"#;
    let day = "2026-11-22".parse().expect("a date");
    let accepted = Exceptions::parse("file", file, String::new(), day);
    let audit = Arc::into_inner(audit(run(), [with_key(100)])).expect("nobody else holds it");
    let audit = audit.accepting(accepted);
    assert_eq!((audit.counts.overdue, audit.counts.excepted), (0, 1));
    let controls = controls(&audit);
    assert_eq!(controls["1.8"].status, ControlStatus::NotCompliant);
    assert_eq!(ids(&evidence(&controls, "1.8").not_compliant), ["key"]);
}

#[test]
fn administrators_are_those_of_the_default_domain() {
    let admin = || Person {
        administrator: true,
        ..Person::default()
    };
    let key = days_ago(3);
    let mut default = default_domain();
    default
        .user("u2", "with-key@example.com", &admin())
        .user("u3", "without-key@example.com", &admin())
        .credential(
            ApiKeys,
            "u2",
            "k2",
            &Secret {
                created: &key,
                ..Secret::default()
            },
        )
        .credential(
            ApiKeys,
            "u1",
            "k1",
            &Secret {
                created: &key,
                ..Secret::default()
            },
        );
    let mut dev = DomainBuilder::new("Dev");
    dev.user("d1", "dev-admin@example.com", &admin())
        .credential(
            ApiKeys,
            "d1",
            "dk",
            &Secret {
                created: &key,
                ..Secret::default()
            },
        );
    dev.domain().is_default = Some(false);
    let audit = audit(run(), [default, dev]);
    let of_administrators: Vec<_> = audit
        .findings
        .iter()
        .filter(|finding| finding.hints.administrator())
        .collect();
    assert_eq!(of_administrators.len(), 1);
    let controls = controls(&audit);
    assert_eq!(controls["1.12"].result, "1 of 2 compliant");
    assert_eq!(
        ids(&evidence(&controls, "1.12").not_compliant),
        ["ocid1.user.oc1..exampleu2"]
    );
}

#[test]
fn administrators_of_another_domain_count_if_all_of_it_was_read() {
    let admin = Person {
        administrator: true,
        ..Person::default()
    };
    let result = |change: &dyn Fn(&mut DomainBuilder)| {
        let mut default = default_domain();
        default.user("u1", "jane.roe@example.com", &admin);
        let mut dev = DomainBuilder::new("Dev");
        dev.default_domain().further_admin_groups();
        dev.user("d1", "dev-admin@example.com", &admin);
        dev.domain().is_default = Some(false);
        change(&mut dev);
        controls(&audit(run(), [default, dev]))["1.12"]
            .result
            .clone()
    };
    let cause = || (FailureCause::Unauthorized(403), "It was refused.");
    assert_eq!(result(&|_| {}), "2 of 2 compliant");
    assert_eq!(
        result(&|dev| {
            dev.unreadable_groups();
        }),
        "not assessable: the members of the groups in AUDIT_ADMIN_GROUPS are not known in domain Dev"
    );
    assert_eq!(
        result(&|dev| {
            dev.fail(ApiKeys, cause().0, cause().1);
        }),
        "not assessable: API keys were not completely read in domain Dev"
    );
    assert_eq!(
        result(&|dev| {
            dev.fail_users(cause().0, cause().1).further_admin_groups();
        }),
        "not assessable: the users were not completely read in domain Dev"
    );
    let other_type = result(&|dev| {
        dev.fail(AuthTokens, cause().0, cause().1);
    });
    assert_eq!(other_type, "2 of 2 compliant");
}

#[test]
fn key_of_a_user_without_groups_may_be_an_administrators() {
    let person = |administrator, has_groups| Person {
        administrator,
        has_groups,
        ..Person::default()
    };
    let with_key = |has_groups, holder: &str| {
        let mut domain = default_domain();
        let created = days_ago(3);
        let key = Secret {
            created: &created,
            ..Secret::default()
        };
        domain
            .user("u2", "lea.holm@example.com", &person(true, true))
            .user("u3", "omar.diaz@example.com", &person(false, has_groups))
            .user("u4", "ines.paz@example.com", &person(false, true))
            .credential(ApiKeys, holder, "k", &key);
        controls(&audit(run(), [domain]))
    };
    let known = with_key(true, "u3");
    assert_eq!(known["1.12"].result, "1 of 1 compliant");
    // Who holds no key complies, administrator or not.
    let without_key = with_key(false, "u4");
    assert_eq!(without_key["1.12"].status, ControlStatus::Compliant);
    let unknown = with_key(false, "u3");
    assert_eq!(
        unknown["1.12"].result,
        "not assessable: some users who hold an API key have no groups in their record, so they may be administrators"
    );
    // What does not comply is not hidden by what is unknown.
    let refuted = with_key(false, "u2");
    assert_eq!(refuted["1.12"].result, "0 of 1 compliant");
}

#[test]
fn unknown_administrators_are_not_assessed() {
    let result = |domain: DomainBuilder| {
        let controls = controls(&audit(run(), [domain]));
        controls["1.12"].result.clone()
    };
    let admin = Person {
        administrator: true,
        ..Person::default()
    };
    let mut unreadable = default_domain();
    unreadable
        .user("u1", "jane.roe@example.com", &admin)
        .unreadable_groups();
    assert_eq!(
        result(unreadable),
        "not assessable: the groups of some users of the Default domain are malformed, so the administrators are not known"
    );
    assert_eq!(
        result(default_domain()),
        "not assessable: no user is listed as a member of Administrators, and every tenancy has one"
    );
    let mut untold = DomainBuilder::new("Default");
    untold.user("u1", "jane.roe@example.com", &Person::default());
    untold.domain().is_default = Some(true);
    assert_eq!(
        result(untold),
        "not assessable: the Default domain returned no groups of its users"
    );
    let mut other = default_domain();
    other.domain().is_default = None;
    assert_eq!(
        result(other),
        "not assessable: the Default domain was not read or is not known"
    );
    let mut refused = default_domain();
    refused.fail_users(FailureCause::Unauthorized(403), "It was refused.");
    assert_eq!(
        result(refused),
        "not assessable: the users of the Default domain were not completely read"
    );
}

#[test]
fn unused_days_count_from_the_last_sign_in_or_the_account() {
    let person = |last_login, created| Person {
        last_login,
        created,
        ..Person::default()
    };
    let old = "2025-01-01T00:00:00Z";
    let mut domain = default_domain();
    domain
        .user("at-45", "a", &person("2026-10-08T06:00:00Z", old))
        .user("below-45", "b", &person("2026-10-08T06:00:00.000001Z", old))
        .user("never", "c", &person("", old))
        .user("new", "d", &person("", "2026-11-20T00:00:00Z"))
        .user("undated", "e", &person("", ""))
        .user("undated-account", "j", &person("", "01/02/2020"))
        .user("ahead", "k", &person("2027-03-01T00:00:00Z", old))
        .user("created-ahead", "l", &person("", "2026-12-01T00:00:00Z"))
        .user(
            "signed-in-after-as-of",
            "m",
            &person("2026-11-22T06:04:00Z", old),
        )
        .user("unreadable", "f", &person("lately", old))
        .user(
            "inactive",
            "g",
            &Person {
                active: Some(false),
                ..person("", old)
            },
        )
        .user(
            "federated",
            "h",
            &Person {
                federated: Some(true),
                ..person("", old)
            },
        )
        .user(
            "no-password",
            "i",
            &Person {
                console_password: Some(false),
                ..person("", old)
            },
        );
    for (id, person) in [
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
            "password-unknown",
            Person {
                console_password: None,
                ..person("", old)
            },
        ),
        // It complies, whatever is not known of it.
        (
            "active-unknown-used",
            Person {
                active: None,
                ..person("2026-11-20T00:00:00Z", old)
            },
        ),
        // One fact that excludes it is enough.
        (
            "federated-else-unknown",
            Person {
                active: None,
                federated: Some(true),
                ..person("", old)
            },
        ),
    ] {
        domain.user(id, id, &person);
    }
    let controls = controls(&audit(run(), [domain]));
    let evidence = evidence(&controls, "1.16");
    let ocid = |id: &str| format!("ocid1.user.oc1..example{id}");
    assert_eq!(evidence.total, 15);
    assert_eq!(evidence.compliant, 5);
    assert_eq!(ids(&evidence.not_compliant), ["at-45", "never"].map(ocid));
    assert_eq!(
        ids(&evidence.undetermined),
        [
            "active-unknown",
            "undated",
            "unreadable",
            "federated-unknown",
            "undated-account",
            "ahead",
            "created-ahead",
            "password-unknown"
        ]
        .map(ocid)
    );
}

/// The Default domain with one administrator, and one API key whose row names `user_id` and `user_ocid`.
fn default_domain_with_key(user_id: &str, user_ocid: &str) -> DomainBuilder {
    let mut domain = default_domain();
    domain.user(
        "admin",
        "root@example.com",
        &Person {
            administrator: true,
            last_login: "2026-11-22T05:00:00Z",
            ..Person::default()
        },
    );
    domain.credential_of(
        ApiKeys,
        (user_id, user_ocid),
        "key",
        &Secret {
            created: &days_ago(3),
            ..Secret::default()
        },
    );
    domain.default_domain();
    domain
}

#[test]
fn key_that_may_be_an_administrators_leaves_no_compliance() {
    let of_admin = "ocid1.user.oc1..exampleadmin";
    for (user_id, user_ocid, undetermined, not_compliant) in [
        // It names no user, one who is not listed, and an OCID that no listed user has.
        ("", "", &["key"][..], &[][..]),
        ("gone", "", &["key"], &[]),
        ("", "ocid1.user.oc1..gone", &["key"], &[]),
        // The administrator, by id, and by OCID alone.
        ("admin", "", &[], &[of_admin]),
        ("", of_admin, &[], &[of_admin]),
    ] {
        let audit = audit(run(), [default_domain_with_key(user_id, user_ocid)]);
        let controls = controls(&audit);
        let case = format!("{user_id} {user_ocid}");
        assert_eq!(
            controls["1.12"].status,
            ControlStatus::NotCompliant,
            "{case}"
        );
        let evidence = evidence(&controls, "1.12");
        assert_eq!(ids(&evidence.undetermined), undetermined, "{case}");
        assert_eq!(ids(&evidence.not_compliant), not_compliant, "{case}");
    }
    // Another listed user's key is nobody else's.
    let compliant = audit(
        run(),
        [default_domain_with_key("", "ocid1.user.oc1..exampleu1")],
    );
    assert_eq!(
        controls(&compliant)["1.12"].status,
        ControlStatus::Compliant
    );
    // Another domain's keys are not administrators'.
    let mut other = DomainBuilder::new("Dev");
    other
        .user("u1", "jane.roe@example.com", &Person::default())
        .credential(ApiKeys, "gone", "key", &Secret::default());
    let default = default_domain_with_key("u1", "");
    let compliant = audit(run(), [default, other]);
    assert_eq!(
        controls(&compliant)["1.12"].status,
        ControlStatus::Compliant
    );
}

#[test]
fn two_users_with_one_ocid_own_no_key_by_it() {
    let mut domain = default_domain_with_key("", "ocid1.user.oc1..exampleadmin");
    domain.name_holder("twin", "ocid1.user.oc1..exampleadmin");
    let controls = controls(&audit(run(), [domain]));
    assert_eq!(ids(&evidence(&controls, "1.12").undetermined), ["key"]);
}

#[test]
fn keys_of_one_user_by_id_and_by_ocid_are_two_keys() {
    let mut domain = default_domain_with_key("", "ocid1.user.oc1..exampleadmin");
    domain.credential(ApiKeys, "admin", "second", &Secret::default());
    let controls = controls(&audit(run(), [domain]));
    let evidence = evidence(&controls, "1.17");
    assert_eq!((evidence.total, evidence.not_compliant.count), (1, 1));
}

#[test]
fn domain_without_any_sign_in_is_not_assessable() {
    let mut domain = DomainBuilder::new("Dev");
    domain.user("u1", "jane.roe@example.com", &Person::default());
    let controls = controls(&audit(run(), [default_domain(), domain]));
    assert_eq!(
        controls["1.16"].result,
        "not assessable: no date of a sign-in was returned in domain Dev"
    );
}

#[test]
fn keys_are_counted_per_holder_listed_or_not() {
    let mut domain = default_domain();
    let created = days_ago(3);
    let secret = || Secret {
        created: &created,
        ..Secret::default()
    };
    domain
        .credential(ApiKeys, "u1", "k1", &secret())
        .credential(ApiKeys, "gone", "k2", &secret())
        .credential(ApiKeys, "gone", "k3", &secret())
        .credential(ApiKeys, "", "k4", &secret());
    let controls = controls(&audit(run(), [domain]));
    let evidence = evidence(&controls, "1.17");
    assert_eq!((evidence.compliant, evidence.total), (1, 3));
    assert_eq!(ids(&evidence.not_compliant), ["gone"]);
    assert_eq!(ids(&evidence.undetermined), ["k4"]);
}

#[test]
fn thousand_ids_are_listed_and_all_are_counted() {
    let mut domain = default_domain();
    let created = days_ago(120);
    for index in 0..1_500 {
        add(&mut domain, AuthTokens, &format!("token-{index}"), &created);
    }
    let controls = controls(&audit(run(), [domain]));
    let list = &evidence(&controls, "1.10").not_compliant;
    assert_eq!(list.count, 1_500);
    assert_eq!(ids(list).len(), 1_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Compliant, not compliant and undetermined add up, and no setting changes them.
    #[test]
    fn evidence_adds_up_and_depends_on_no_setting(
        ages in prop::collection::vec(prop::option::of(-2_i64..200), 0..60),
        rotation_days in 2_u32..1_000,
    ) {
        let build = || {
            let mut domain = default_domain();
            for (index, age) in ages.iter().enumerate() {
                let created = age.map(days_ago).unwrap_or_default();
                add(&mut domain, AuthTokens, &format!("token-{index}"), &created);
            }
            domain
        };
        let mut other = run();
        for limits in &mut other.thresholds.by_type {
            (limits.warning_days, limits.rotation_days) = (rotation_days - 1, rotation_days);
        }
        let by_default = controls(&audit(run(), [build()]));
        let evidence = evidence(&by_default, "1.10");
        prop_assert_eq!(evidence.total, ages.len() as u64);
        prop_assert_eq!(
            evidence.compliant + evidence.not_compliant.count + evidence.undetermined.count,
            evidence.total
        );
        // One hour is added to each age in days.
        let old = ages.iter().flatten().filter(|age| **age >= 90).count() as u64;
        prop_assert_eq!(evidence.not_compliant.count, old);
        let count = |controls: &HashMap<String, Control>| controls["1.10"].result.clone();
        prop_assert_eq!(count(&controls(&audit(other, [build()]))), count(&by_default));
    }
}
