//! The files that replace those of the two scripts.
//!
//! `golden/reports/scripts` was written by the scripts themselves, run at [`AS_OF`] over `tenancy.json` (as it is, and
//! with four types refused) by a fake of their client that lists users in the order of our rows. No name in it
//! starts like a formula, since there the files differ on purpose.

use credential_audit::credential_type::{CredentialType, CredentialTypes};
use credential_audit::model::{FailureCause, ListGap};
use serde::Deserialize;

use crate::assert_golden;
use crate::tenancy::*;

#[derive(Deserialize)]
struct Tenancy {
    users: Vec<UserRow>,
    credentials: std::collections::HashMap<String, Vec<CredentialRow>>,
}

#[derive(Deserialize)]
struct UserRow {
    id: String,
    name: String,
    capabilities: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct CredentialRow {
    id: String,
    user: String,
    created: Option<String>,
}

fn scripted() -> DomainBuilder {
    let tenancy: Tenancy =
        serde_json::from_str(include_str!("../golden/reports/scripts/tenancy.json"))
            .expect("the tenancy of the scripts");
    let credential_type = |name: &str| name.parse::<CredentialType>().expect("a kind");
    let mut domain = DomainBuilder::new("Default");
    for user in &tenancy.users {
        let capabilities: Option<CredentialTypes> = user
            .capabilities
            .as_ref()
            .map(|names| names.iter().map(|name| credential_type(name)).collect());
        domain.user(
            &user.id,
            &user.name,
            &Person {
                capabilities,
                ..Person::default()
            },
        );
    }
    for (name, rows) in &tenancy.credentials {
        for row in rows {
            let created = row.created.as_deref().unwrap_or_default();
            // Changes the age in every other report, but not here.
            let last_set = AS_OF;
            domain.credential(
                credential_type(name),
                &row.user,
                &row.id,
                &Secret {
                    created,
                    last_set,
                    ..Secret::default()
                },
            );
        }
    }
    domain
}

#[test]
fn both_files_equal_those_of_the_scripts() {
    let read = audit(run(), [scripted()]);
    assert_golden!(
        stored(&read, "usage-Default.csv"),
        "../golden/reports/scripts/usage-read.csv"
    );
    assert_golden!(
        stored(&read, "expiry-Default.csv"),
        "../golden/reports/scripts/expiry-read.csv"
    );

    let mut refused = scripted();
    for (credential_type, cause) in [
        (AuthTokens, FailureCause::Unauthorized(403)),
        (CustomerSecretKeys, FailureCause::Unauthorized(401)),
        (DbCredentials, FailureCause::Status(429)),
        (SmtpCredentials, FailureCause::Status(500)),
    ] {
        refused.fail(credential_type, cause, "refused");
    }
    let refused = audit(run(), [refused]);
    assert_golden!(
        stored(&refused, "usage-Default.csv"),
        "../golden/reports/scripts/usage-refused.csv"
    );
    assert_golden!(
        stored(&refused, "expiry-Default.csv"),
        "../golden/reports/scripts/expiry-refused.csv"
    );
}

#[test]
fn gaps_have_their_own_words() {
    let audit = crate::summary::partial();
    let (usage, expiry) = (
        stored(&audit, "usage-Default.csv"),
        stored(&audit, "expiry-Default.csv"),
    );
    assert_golden!(usage.clone(), "../golden/reports/usage-partial.csv");
    assert_golden!(expiry.clone(), "../golden/reports/expiry-partial.csv");
    let (usage, expiry) = (rows(&usage), rows(&expiry));
    let of = |rows: &[std::collections::HashMap<String, String>], user: &str, column: &str| {
        let row = rows.iter().find(|row| row["user_name"] == user);
        row.map(|row| row[column].clone())
    };
    // A type left out; refused; read in part, with nothing of this user; and the same where the capability is off.
    let nobody = "holds-nothing@example.com";
    for (credential_type, cell) in [
        ("api_keys", "0"),
        ("auth_tokens", "ERROR:INCOMPLETE"),
        ("customer_secret_keys", "UNAUTHORIZED"),
        ("db_credentials", "ERROR:503"),
        ("oauth2_client_credentials", "NOT READ"),
        ("smtp_credentials", "UNAUTHORIZED"),
    ] {
        assert_eq!(
            of(&usage, nobody, &format!("{credential_type}_count")).as_deref(),
            Some(cell)
        );
        assert_eq!(
            of(
                &usage,
                "no-capabilities",
                &format!("{credential_type}_count")
            )
            .as_deref(),
            Some("0")
        );
        assert_eq!(
            of(
                &usage,
                "no-capabilities",
                &format!("{credential_type}_status")
            )
            .as_deref(),
            Some("")
        );
    }
    assert_eq!(
        of(&usage, "no-api-keys", "smtp_credentials_status").as_deref(),
        Some("UNAUTHORIZED")
    );
    // A user whose own read failed keeps a row; other users are not affected.
    assert_eq!(
        of(&expiry, nobody, "db_credentials_status").as_deref(),
        Some("ERROR:503")
    );
    assert_eq!(
        of(&expiry, "svc-backup@example.com", "db_credentials_status").as_deref(),
        Some("ENABLED, None CONFIGURED")
    );
    // What was read is old, whatever is missing.
    assert_eq!(
        of(&expiry, "jane.roe@example.com", "auth_tokens_status").as_deref(),
        Some("ROTATION NEEDED (95 days old)")
    );
    assert_eq!(
        of(&expiry, "no-api-keys", "user_name"),
        None,
        "nothing under an enabled capability"
    );
    assert_eq!(
        of(
            &expiry,
            "'=cmd|'/c calc'!A1",
            "auth_tokens_days_until_expiry"
        )
        .as_deref(),
        Some("0")
    );
}

#[test]
fn single_users_prove_absence_only_without_a_gap() {
    let cell = |gaps: &[ListGap], claims: CredentialTypes| {
        let credential_type = CredentialType::ApiKeys;
        let person = Person::default();
        let mut domain = DomainBuilder::new("Default");
        domain
            .user("u1", "nothing-read", &person)
            .user("u2", "refused", &person)
            .fail_user(credential_type, "u2", FailureCause::Unauthorized(403));
        domain.coverage(credential_type).gaps = gaps.to_vec();
        let mut reading = domain.build();
        reading.users.rows[0].claims = Some(claims);
        let audit = std::sync::Arc::new(credential_audit::judge::evaluate(
            run(),
            vec![reading],
            Vec::new(),
            Vec::new(),
        ));
        let usage = rows(&stored(&audit, "usage-Default.csv"));
        let row = usage.iter().find(|row| row["user_name"] == "nothing-read");
        row.map(|row| row["api_keys_status"].clone())
    };
    let nothing = CredentialTypes::EMPTY;
    let incomplete = Some("ERROR:INCOMPLETE".to_owned());
    assert_eq!(
        cell(&[], nothing).as_deref(),
        Some("ENABLED, None CONFIGURED")
    );
    assert_eq!(cell(&[ListGap::RowsWithoutId(1)], nothing), incomplete);
    assert_eq!(cell(&[], nothing.with(CredentialType::ApiKeys)), incomplete);
}

#[test]
fn domain_that_was_not_read_has_headers_only() {
    let audit = crate::summary::partial();
    for file in ["usage-Lost.csv", "expiry-Lost.csv"] {
        let csv = stored(&audit, file);
        assert!(csv.starts_with(b"user_name,can_use_api_keys,"));
        assert_eq!(csv.iter().filter(|byte| **byte == b'\n').count(), 1);
    }
}

#[test]
fn thresholds_are_those_of_each_type() {
    let mut domain = DomainBuilder::new("Default");
    let created = days_ago(20);
    domain.user("u1", "jane.roe@example.com", &Person::default());
    for credential_type in [ApiKeys, AuthTokens] {
        domain.credential(
            credential_type,
            "u1",
            "c1",
            &Secret {
                created: &created,
                ..Secret::default()
            },
        );
    }
    let mut run = run();
    run.thresholds.by_type[ApiKeys.index()].rotation_days = 30;
    run.thresholds.by_type[ApiKeys.index()].warning_days = 20;
    let csv = stored(&audit(run, [domain]), "expiry-Default.csv");
    let row = &rows(&csv)[0];
    assert_eq!(row["api_keys_status"], "ROTATION NEEDED (20 days old)");
    assert_eq!(row["api_keys_days_until_expiry"], "10");
    assert_eq!(row["auth_tokens_status"], "ENABLED & CONFIGURED");
    assert_eq!(row["auth_tokens_days_until_expiry"], "70");
}
