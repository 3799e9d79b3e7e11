//! What a check prints: its text and its JSON.

use credential_audit::check::result::{CheckReport, CheckResult, Step, Subject};
use credential_audit::credential_type::CredentialType;
use credential_audit::event::CheckMode;
use credential_audit::iam_statement::Statement;
use credential_audit::model::Domain as ModelDomain;
use credential_audit::place::Place;
use credential_audit::timestamp::parse_iso_8601;

use credential_audit::check::text;

/// One step of each result, with text from outside that would break a line or speak to a terminal.
fn every_result() -> CheckReport {
    let domain = |name: &str, url: &str| ModelDomain {
        name: name.to_owned(),
        url: url.to_owned(),
        ocid: None,
        license: None,
        is_default: None,
        is_listed: false,
        object_name: String::new(),
    };
    let default = domain("Default", "https://idcs-0123.identity.oraclecloud.com");
    let hostile = domain(
        "Dev\u{1b}[31m\nOps",
        "https://idcs-4567.identity.oraclecloud.com",
    );
    let in_default =
        |what, result, rows| Step::new(what, result).with_rows(rows).in_domain(&default);
    let read_users = Statement::InTenancy("read users");
    let credential_type = Subject::Credentials;
    let bucket = "reports".to_owned();
    let steps = vec![
        Step::new(Subject::TenancyName, CheckResult::Works).with_detail("acme-prod"),
        Step::new(Subject::Domains, CheckResult::Works).with_rows(Some(2)),
        Step::not_checked(
            Subject::Domains,
            "domain Customers is not read: domains of type external-user have none of the audited credential types",
        ),
        in_default(Subject::Users, CheckResult::Works, Some(412)),
        in_default(credential_type(CredentialType::ApiKeys), CheckResult::Works, Some(120)),
        in_default(credential_type(CredentialType::AuthTokens), CheckResult::Works, Some(88))
            .with_detail("a sort is not accepted: a run reads pages unsorted, one at a time"),
        in_default(credential_type(CredentialType::DbCredentials), CheckResult::NotAccepted, None).with_detail(
            "UserDbCredentials: status 400 error.common.validation: Missing a required attribute",
        ),
        in_default(credential_type(CredentialType::OAuth2ClientCredentials), CheckResult::UnexpectedResponse, None)
            .with_detail("status 503"),
        in_default(credential_type(CredentialType::SmtpCredentials), CheckResult::Refused, None)
            .with_detail("SmtpCredentials: status 403 NotAuthorized: You may not [request 0A1B]")
            .with_statement(&Statement::InTenancy("inspect credentials"), Place::CommandLine),
        Step::new(Subject::Users, CheckResult::NotVisible)
            .with_rows(Some(0))
            .with_detail("permitted, but no user is visible")
            .with_statement(&read_users, Place::CommandLine)
            .in_domain(&hostile),
        Step::new(credential_type(CredentialType::ApiKeys), CheckResult::Unreachable)
            .with_detail("ApiKeys: no connection: Connection refused\r\u{7} (5 attempts, 3 s); check that the function's subnet has a route to the identity domains, such as a NAT gateway")
            .in_domain(&hostile),
        Step::new(credential_type(CredentialType::AuthTokens), CheckResult::Refused)
            .with_detail("AuthTokens: status 404")
            .with_statement(&read_users, Place::CommandLine)
            .in_domain(&hostile),
        Step::not_checked(Subject::Namespace, "AUDIT_BUCKET_NAMESPACE is set"),
        Step::new(Subject::List, CheckResult::Refused)
            .with_detail("status 404 BucketNotFound; check AUDIT_BUCKET `reports` and AUDIT_BUCKET_NAMESPACE")
            .with_statement(&Statement::ListReports { bucket }, Place::CommandLine),
        Step::new(Subject::Publish, CheckResult::Works).with_detail("message 7f3a"),
    ];
    let started = parse_iso_8601("2026-11-22T06:00:00Z").expect("an instant");
    let id = "20261122T060000Z-7f3a91".to_owned();
    CheckReport {
        profile: None,
        version: "0.1.0".to_owned(),
        ..CheckReport::new(id, started, CheckMode::Send, steps, 23, 812)
    }
}

/// Compares with a golden file; `SNAPSHOTS=overwrite` replaces it.
pub(crate) fn assert_golden(actual: String, golden: snapbox::Data) {
    snapbox::Assert::new()
        .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
        .eq(snapbox::Data::binary(actual), golden);
}

#[test]
fn check_text_and_json_equal_the_golden_files() {
    let report = every_result();
    let read = text::render(&report);
    assert!(!read.contains('\u{1b}') && !read.contains('\r'), "{read}");
    assert_golden(read, snapbox::file!["../golden/check/check.txt": Binary]);
    assert_golden(
        report.to_json(),
        snapbox::file!["../golden/check/check.json": Binary],
    );
}
