//! The preflight check: what it reports of each step that works or does not, and what it stores and publishes.

use std::time::Duration;

use crate::common::in_process::InProcess;
use crate::common::{LONG_AGO, even_domain};
use credential_audit::check::result::{CheckReport, CheckResult, Service, Step, Subject};
use credential_audit::check::text;
use credential_audit::clock::{Clock, SystemClock};
use credential_audit::credential_type::{CredentialType, CredentialTypes};
use credential_audit::event::{AuditRequest, CheckMode};
use credential_audit::model::Verdict;
use credential_audit::report::digest::is_own_digest;
use serde_json::{Value, json};
use tenancy_sim::{
    Credential, Domain, Effect, Fault, Misbehavior, Permission, ResourceType,
    Service as SimService, Tenancy, User,
};

const DEFAULT: &str = "Default";
const READ_USERS: &str = "Allow dynamic-group <the function's group> to read users in tenancy";
const INSPECT_CREDENTIALS: &str =
    "Allow dynamic-group <the function's group> to inspect credentials in tenancy";

const PUBLISH: &str = "Allow dynamic-group <the function's group> to use ons-topics in compartment <the topic's> where request.permission='ONS_TOPIC_PUBLISH'";

fn small_tenancy() -> InProcess {
    InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 3, 2)))
}

fn step(report: &CheckReport, what: Subject) -> &Step {
    let steps: Vec<_> = report
        .checks
        .iter()
        .filter(|step| step.what == what)
        .collect();
    match steps[..] {
        [step] => step,
        _ => panic!("expected one {what:?}: {steps:?}"),
    }
}

fn result(report: &CheckReport, what: Subject) -> CheckResult {
    step(report, what).result
}

fn detail_of(report: &CheckReport, what: Subject) -> &str {
    step(report, what).detail.as_deref().unwrap_or_default()
}

const API_KEYS: Subject = Subject::Credentials(CredentialType::ApiKeys);
const AUTH_TOKENS: Subject = Subject::Credentials(CredentialType::AuthTokens);
const SMTP: Subject = Subject::Credentials(CredentialType::SmtpCredentials);

/// The words of the steps with such results.
fn words(report: &CheckReport, of: impl Fn(CheckResult) -> bool) -> Vec<&'static str> {
    let steps = report.checks.iter().filter(|step| of(step.result));
    steps.map(|step| step.what.word()).collect()
}

/// The words of the steps that a run needs and that do not work.
fn failures(report: &CheckReport) -> Vec<&'static str> {
    let steps = report.checks.iter().filter(|step| step.is_failure());
    steps.map(|step| step.what.word()).collect()
}

#[tokio::test]
async fn check_reports_every_step_with_one_request_per_list() {
    let tenancy = small_tenancy().unset("AUDIT_DOMAIN_URLS");
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(report.verdict, Verdict::Complete, "{report:?}");
    assert_eq!(report.statements, [""; 0]);
    assert_eq!(
        words(&report, |result| result == CheckResult::NotChecked),
        ["exceptions", "store", "read", "publish"]
    );
    assert_eq!(detail_of(&report, Subject::TenancyName), "tenancysimulator");
    assert_eq!(step(&report, Subject::Domains).rows, Some(1));
    assert_eq!(step(&report, Subject::Users).rows, Some(3));
    assert_eq!(step(&report, API_KEYS).rows, Some(6));
    for credential_type in [ResourceType::Users]
        .into_iter()
        .chain(ResourceType::CREDENTIALS)
    {
        let requests = tenancy.requests_for(credential_type);
        assert_eq!(requests.len(), 1, "{credential_type:?}");
        let target = &requests[0].target;
        assert!(
            target.ends_with("&sortBy=ocid&startIndex=1&count=1000"),
            "{target}"
        );
        assert!(target.contains("attributes=id%2C"), "{target}");
    }
    let of = |service| {
        let requests = tenancy.sim.requests();
        requests
            .iter()
            .filter(|request| request.service == service)
            .count()
    };
    assert_eq!(
        of(SimService::Identity),
        4,
        "the tenancy, regions, compartments, domains"
    );
    assert_eq!(
        of(SimService::ObjectStorage),
        2,
        "the namespace and the list"
    );
    assert_eq!(of(SimService::Notifications), 0);
    assert_eq!(report.requests, 4 + 7 + 2);
    assert_eq!(tenancy.sim.effects(), []);
}

#[tokio::test]
async fn send_leaves_one_object_and_one_recognizable_message() {
    let tenancy = small_tenancy();
    let report = tenancy.check(CheckMode::Send).await;
    assert_eq!(report.verdict, Verdict::Complete, "{report:?}");
    assert!(report.sent);
    let effects = tenancy.sim.effects();
    assert_eq!(effects.len(), 2, "{effects:?}");
    let stored = effects.iter().find_map(|effect| match effect {
        Effect::Stored { object, .. } => Some(object),
        Effect::Published { .. } | Effect::Measured { .. } | Effect::Mailed { .. } => None,
    });
    let object = stored.expect("an object");
    assert_eq!(
        *object,
        format!("credential-audit/checks/{}.json", report.check_id)
    );
    assert_eq!(detail_of(&report, Subject::Store), object);
    assert_eq!(result(&report, Subject::Read), CheckResult::Works);
    let bucket = tenancy.sim.bucket(tenancy.sim.bucket_name());
    let stored = bucket.object(object).expect("an object");
    assert!(stored.if_none_match_sent, "nothing may be overwritten");
    let messages = tenancy.sim.messages();
    let [message] = &messages[..] else {
        panic!("expected one message: {messages:?}");
    };
    let title = message.title.as_deref().unwrap_or_default();
    assert!(title.starts_with("[OCI credentials] TEST: "), "{title}");
    assert!(is_own_digest(&message.body));
    assert!(message.body.contains(&report.check_id));
}

#[tokio::test]
async fn check_of_refused_type_is_partial_and_names_its_statement() {
    for (credential_type, what, statement) in [
        (ResourceType::SmtpCredentials, SMTP, INSPECT_CREDENTIALS),
        (ResourceType::ApiKeys, API_KEYS, READ_USERS),
    ] {
        for status in [401, 403, 404] {
            let tenancy = small_tenancy();
            tenancy
                .sim
                .misbehave(DEFAULT, credential_type, Misbehavior::Deny(status));
            let report = tenancy.check(CheckMode::ReadOnly).await;
            assert_eq!(report.verdict, Verdict::Partial);
            assert_eq!(failures(&report), [what.word()], "{status}");
            let refused = step(&report, what);
            assert_eq!(refused.result, CheckResult::Refused, "{status}");
            assert_eq!(refused.statement.as_deref(), Some(statement));
            assert_eq!(report.statements, [statement]);
            let detail = refused.detail.as_deref().unwrap_or_default();
            assert!(detail.contains(&format!("status {status}")), "{detail}");
            assert!(
                !detail.contains("Allow"),
                "the statement is a field of its own: {detail}"
            );
            assert_eq!(
                tenancy.requests_for(credential_type).len(),
                1,
                "no fallback"
            );
        }
    }
}

#[tokio::test]
async fn check_of_refused_users_fails() {
    let tenancy = small_tenancy();
    let refuse = Misbehavior::DenyByGateway(404);
    tenancy.sim.misbehave(DEFAULT, ResourceType::Users, refuse);
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(report.verdict, Verdict::Failed);
    assert_eq!(failures(&report), ["users"]);
    assert_eq!(report.statements, [READ_USERS]);
}

#[tokio::test]
async fn check_of_users_without_any_type_fails() {
    let tenancy = small_tenancy();
    for credential_type in ResourceType::CREDENTIALS {
        let refuse = Misbehavior::Deny(403);
        tenancy.sim.misbehave(DEFAULT, credential_type, refuse);
    }
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(result(&report, Subject::Users), CheckResult::Works);
    assert_eq!(failures(&report).len(), 6);
    assert_eq!(report.verdict, Verdict::Failed);
}

#[tokio::test]
async fn second_readable_domain_makes_check_partial() {
    let tenancy = InProcess::serve(
        Tenancy::empty()
            .domain(even_domain(DEFAULT, 2, 1))
            .domain(even_domain("Dev", 2, 1)),
    );
    tenancy
        .sim
        .misbehave_everywhere("Dev", Misbehavior::Deny(403));
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(report.verdict, Verdict::Partial);
    assert_eq!(failures(&report).len(), 7);
    assert_eq!(
        report.statements,
        [READ_USERS, INSPECT_CREDENTIALS],
        "each once"
    );
    let of = |name: &str| {
        let steps = report.checks.iter();
        let steps = steps.filter(|step| {
            step.domain
                .as_ref()
                .is_some_and(|domain| domain.name == name)
        });
        steps
            .filter(|step| step.result == CheckResult::Works)
            .count()
    };
    assert_eq!((of(DEFAULT), of("Dev")), (7, 0));
}

#[tokio::test]
async fn no_visible_user_is_a_missing_permission() {
    let tenancy = small_tenancy();
    let hide = Misbehavior::OmitRows(1);
    tenancy.sim.misbehave(DEFAULT, ResourceType::Users, hide);
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(result(&report, Subject::Users), CheckResult::NotVisible);
    assert!(detail_of(&report, Subject::Users).contains("a domain has at least one"));
    assert_eq!(report.statements, [READ_USERS]);
    assert_eq!(report.verdict, Verdict::Failed);
    let failed = tenancy.run().await.expect_err("a failure").to_string();
    assert!(failed.contains(READ_USERS), "a run names it too: {failed}");
}

#[tokio::test]
async fn claim_without_a_listed_row_is_a_missing_permission() {
    let tenancy = small_tenancy();
    let hide = Misbehavior::OmitRows(1);
    tenancy
        .sim
        .misbehave(DEFAULT, ResourceType::SmtpCredentials, hide);
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(result(&report, SMTP), CheckResult::NotVisible);
    assert_eq!(report.statements, [INSPECT_CREDENTIALS]);
    assert_eq!(report.verdict, Verdict::Partial);
}

#[tokio::test]
async fn claims_without_a_readable_id_fail_the_check_as_they_make_a_run_partial() {
    for (attribute, claim, what, others) in [
        ("apiKeys", json!(5), API_KEYS, [SMTP, AUTH_TOKENS]),
        (
            "smtpCredentials",
            json!([{"value": 7}]),
            SMTP,
            [API_KEYS, AUTH_TOKENS],
        ),
        ("authTokens", json!("t1"), AUTH_TOKENS, [API_KEYS, SMTP]),
    ] {
        let tenancy = small_tenancy();
        let replace = move |user: &mut Value| {
            user["urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User"] =
                json!({attribute: claim});
        };
        tenancy.fault(Fault::edit_rows(replace).resource_type(ResourceType::Users));
        let report = tenancy.check(CheckMode::ReadOnly).await;
        let words = "users hold 3 whose ids cannot be read";
        assert_eq!(result(&report, what), CheckResult::UnexpectedResponse);
        assert_eq!(detail_of(&report, what), words);
        assert_eq!(report.verdict, Verdict::Partial);
        for other in others {
            assert_eq!(result(&report, other), CheckResult::Works, "{other:?}");
        }
        assert_eq!(tenancy.audit().await.run.verdict, Verdict::Partial);
        let digest = &tenancy.sim.messages()[0].body;
        assert!(
            digest
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains(words),
            "{digest}"
        );
    }
}

#[tokio::test]
async fn type_without_credentials_works() {
    let user = User::named("a@example.com");
    let key = Credential::of(&user, ResourceType::ApiKeys, 1, LONG_AGO);
    let domain = Domain::named(DEFAULT).user(user).credential(key);
    let tenancy = InProcess::serve(Tenancy::empty().domain(domain));
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(result(&report, SMTP), CheckResult::Works);
    assert_eq!(step(&report, SMTP).rows, Some(0));
    assert_eq!(report.verdict, Verdict::Complete);
}

#[tokio::test]
async fn list_that_needs_a_fallback_works_and_names_it() {
    use Misbehavior::{RefuseFilter, RefuseSort, RefuseUnfiltered};
    let by_date = || RefuseFilter("meta.created".to_owned());
    let no_search = || Fault::status(405).method("POST");
    for (misbehaviors, fault, requests, expected) in [
        (vec![RefuseSort], None, 2, "a run reads pages unsorted"),
        (vec![RefuseUnfiltered(405)], None, 2, "filters by a date"),
        (vec![RefuseUnfiltered(400)], None, 3, "filters by a date"),
        (
            vec![RefuseUnfiltered(405), by_date()],
            None,
            4,
            "a run lists 50 users at a time",
        ),
        (
            vec![RefuseUnfiltered(405), by_date()],
            Some(no_search()),
            5,
            "a run lists user by user, with one request per user",
        ),
    ] {
        let tenancy = small_tenancy();
        for misbehavior in misbehaviors {
            let credential_type = ResourceType::ApiKeys;
            tenancy.sim.misbehave(DEFAULT, credential_type, misbehavior);
        }
        fault.into_iter().for_each(|fault| tenancy.fault(fault));
        let report = tenancy.check(CheckMode::ReadOnly).await;
        assert_eq!(result(&report, API_KEYS), CheckResult::Works, "{report:?}");
        let detail = detail_of(&report, API_KEYS);
        assert!(detail.contains(expected), "{detail}");
        assert_eq!(report.verdict, Verdict::Complete);
        let asked = tenancy.requests_for(ResourceType::ApiKeys);
        assert_eq!(asked.len(), requests, "{expected}: {asked:?}");
        let by_user = expected.contains("users at a time") || expected.contains("user by user");
        let rows = Some(6).filter(|_| !by_user);
        assert_eq!(step(&report, API_KEYS).rows, rows, "{expected}");
    }
}

#[tokio::test]
async fn list_that_refuses_every_request_is_not_accepted() {
    for status in [400, 405] {
        let tenancy = small_tenancy();
        tenancy.fault(Fault::scim_error(status, "no").resource_type(ResourceType::ApiKeys));
        let report = tenancy.check(CheckMode::ReadOnly).await;
        assert_eq!(result(&report, API_KEYS), CheckResult::NotAccepted);
        assert_eq!(report.statements, [""; 0], "no permission is missing");
        assert_eq!(report.verdict, Verdict::Partial);
        let detail = detail_of(&report, API_KEYS);
        assert!(detail.contains(&format!("status {status}")), "{detail}");
        assert!(
            detail.contains(&format!("a run reports ERROR:{status}")),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn list_that_refuses_the_request_of_a_run_fails_the_check_too() {
    use Misbehavior::{RefuseAttribute, RefuseCount};
    for (resource_type, refuse) in [
        (ResourceType::AuthTokens, RefuseCount(999, 400)),
        (ResourceType::SmtpCredentials, RefuseCount(200, 413)),
        (ResourceType::Users, RefuseCount(50, 400)),
        (
            ResourceType::ApiKeys,
            RefuseAttribute("fingerprint".to_owned()),
        ),
    ] {
        let tenancy = small_tenancy();
        let refuse_again = refuse.clone();
        tenancy.sim.misbehave(DEFAULT, resource_type, refuse);
        let report = tenancy.check(CheckMode::ReadOnly).await;
        let failed = failures(&report);
        assert_eq!(failed.len(), 1, "{refuse_again:?}: {report:?}");
        // What the check calls a failure, a run does not read.
        match tenancy.run().await {
            Ok(summary) => {
                assert_eq!(summary.run.verdict, Verdict::Partial, "{refuse_again:?}");
                let coverage = &summary.run.domains[0].coverage[failed[0]];
                assert!(coverage.error.is_some(), "{coverage:?}");
            }
            Err(_) => assert_eq!(failed, ["users"]),
        }
    }
}

#[tokio::test]
async fn more_rows_than_the_service_counts_are_unexpected() {
    let tenancy = small_tenancy();
    let few = Misbehavior::TotalResults(-2);
    tenancy.sim.misbehave(DEFAULT, ResourceType::ApiKeys, few);
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(failures(&report), ["api_keys"]);
    assert_eq!(result(&report, API_KEYS), CheckResult::UnexpectedResponse);
    assert_eq!(tenancy.audit().await.run.verdict, Verdict::Partial);
}

#[tokio::test]
async fn fewer_rows_than_the_service_counts_are_unexpected() {
    for (resource_type, misbehavior) in [
        (ResourceType::Users, Misbehavior::TotalResults(1)),
        (ResourceType::AuthTokens, Misbehavior::TotalResults(40)),
        (ResourceType::SmtpCredentials, Misbehavior::HideRows(2)),
    ] {
        let tenancy = small_tenancy();
        tenancy.sim.misbehave(DEFAULT, resource_type, misbehavior);
        let report = tenancy.check(CheckMode::ReadOnly).await;
        let failed = failures(&report);
        assert_eq!(failed.len(), 1, "{resource_type:?}: {report:?}");
        let step = report.checks.iter().find(|step| step.result.is_failure());
        let detail = step.and_then(|step| step.detail.clone());
        let detail = detail.expect("a detail");
        assert!(detail.contains("rows are missing"), "{detail}");
        assert_eq!(tenancy.audit().await.run.verdict, Verdict::Partial);
    }
}

#[tokio::test]
async fn pages_that_are_smaller_than_requested_pass_the_check() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 30, 1)));
    let smaller = Misbehavior::ShortPages(990);
    tenancy
        .sim
        .misbehave(DEFAULT, ResourceType::ApiKeys, smaller);
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(failures(&report), Vec::<&str>::new());
    assert_eq!(tenancy.audit().await.run.verdict, Verdict::Complete);
}

#[tokio::test]
async fn check_asks_for_as_many_users_at_a_time_as_a_run() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 70, 1)));
    for misbehavior in [
        Misbehavior::RefuseUnfiltered(405),
        Misbehavior::RefuseFilter("meta.created".to_owned()),
    ] {
        let credential_type = ResourceType::ApiKeys;
        tenancy.sim.misbehave(DEFAULT, credential_type, misbehavior);
    }
    // Filters of several users are refused, those of one user are not.
    let several = Misbehavior::RefuseFilter(" or ".to_owned());
    let credential_type = ResourceType::ApiKeys;
    tenancy.sim.misbehave(DEFAULT, credential_type, several);
    let report = tenancy.check(CheckMode::ReadOnly).await;
    let detail = detail_of(&report, API_KEYS);
    assert!(detail.contains("a run lists user by user"), "{detail}");
    let asked = tenancy.requests_for(ResourceType::ApiKeys);
    assert_eq!(asked.len(), 5, "one user shows that it works: {asked:?}");
}

#[tokio::test]
async fn untried_fallback_is_named_without_users() {
    let tenancy = small_tenancy();
    tenancy
        .sim
        .misbehave_everywhere(DEFAULT, Misbehavior::RefuseUnfiltered(405));
    let by_date = Misbehavior::RefuseFilter("meta.created".to_owned());
    tenancy.sim.misbehave_everywhere(DEFAULT, by_date);
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(result(&report, API_KEYS), CheckResult::NotAccepted);
    let detail = detail_of(&report, API_KEYS);
    assert!(
        detail.contains("; listing user by user was not tried"),
        "{detail}"
    );
    assert_eq!(report.verdict, Verdict::Failed);
}

#[tokio::test]
async fn reset_connection_is_unreachable_and_names_the_subnet() {
    let tenancy = small_tenancy();
    tenancy.fault(Fault::reset_before_answer().domain(DEFAULT));
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(report.verdict, Verdict::Failed);
    assert_eq!(result(&report, Subject::Users), CheckResult::Unreachable);
    assert!(detail_of(&report, Subject::Users).contains("NAT gateway"));
    assert_eq!(report.statements, [""; 0]);
    assert_eq!(result(&report, Subject::List), CheckResult::Works);
}

#[tokio::test]
async fn hanging_list_is_unreachable_and_others_are_reported() {
    let tenancy = small_tenancy().within(Duration::from_secs(120));
    tenancy.fault(Fault::hang().resource_type(ResourceType::ApiKeys));
    let begun = std::time::Instant::now();
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert!(
        begun.elapsed() < Duration::from_secs(40),
        "oci fn function invoke waits 60 seconds"
    );
    assert_eq!(failures(&report), ["api_keys"]);
    assert_eq!(result(&report, API_KEYS), CheckResult::Unreachable);
    let detail = detail_of(&report, API_KEYS);
    assert!(
        detail.contains("no response in time") && detail.contains("NAT gateway"),
        "{detail}"
    );
}

#[tokio::test]
async fn malformed_or_unknown_response_is_unexpected() {
    for fault in [Fault::html(200), Fault::invalid_json(), Fault::status(501)] {
        let tenancy = small_tenancy();
        tenancy.fault(fault.resource_type(ResourceType::ApiKeys));
        let report = tenancy.check(CheckMode::ReadOnly).await;
        assert_eq!(
            result(&report, API_KEYS),
            CheckResult::UnexpectedResponse,
            "{report:?}"
        );
        assert_eq!(failures(&report), ["api_keys"]);
    }
    let tenancy = small_tenancy();
    tenancy.fault(Fault::html(200).target_contains("prefix="));
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(
        result(&report, Subject::List),
        CheckResult::UnexpectedResponse
    );
}

#[tokio::test]
async fn list_without_a_total_is_unexpected() {
    let tenancy = small_tenancy();
    let page = r#"{"Resources":[{"id":"a"}]}"#;
    let fault = Fault::status(200).body("application/scim+json", page);
    tenancy.fault(fault.resource_type(ResourceType::ApiKeys));
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(result(&report, API_KEYS), CheckResult::UnexpectedResponse);
    assert!(detail_of(&report, API_KEYS).contains("does not return a total"));
}

#[tokio::test]
async fn refused_bucket_permission_names_its_statement() {
    let statement = |verb_and_resource: &str| {
        format!("Allow dynamic-group <the function's group> to {verb_and_resource}")
    };
    let store = statement(
        "manage objects in compartment <the bucket's> where all {target.bucket.name='BUCKET', target.object.name='credential-audit/*', any {request.permission='OBJECT_CREATE', request.permission='OBJECT_READ'}}",
    );
    for (permission, what, expected) in [
        (
            Permission::List,
            Subject::List,
            statement(
                "inspect objects in compartment <the bucket's> where all {target.bucket.name='BUCKET', request.permission='OBJECT_INSPECT'}",
            ),
        ),
        (Permission::Create, Subject::Store, store.clone()),
        (Permission::Read, Subject::Read, store),
    ] {
        let tenancy = small_tenancy();
        let name = tenancy.sim.bucket_name().to_owned();
        tenancy.sim.bucket(&name).refuse(permission);
        let report = tenancy.check(CheckMode::Send).await;
        assert_eq!(report.verdict, Verdict::Partial);
        assert_eq!(failures(&report), [what.word()]);
        assert_eq!(result(&report, what), CheckResult::Refused);
        assert_eq!(report.statements, [expected.replace("BUCKET", &name)]);
        let detail = detail_of(&report, what);
        assert!(
            detail.contains(&format!("AUDIT_BUCKET `{name}`")),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn missing_bucket_and_topic_are_refused() {
    let tenancy = small_tenancy()
        .set("AUDIT_BUCKET", "no-such-bucket")
        .set("AUDIT_TOPIC_ID", "ocid1.onstopic.oc1.iad.nosuchtopic");
    let report = tenancy.check(CheckMode::Send).await;
    assert_eq!(failures(&report), ["list", "store", "publish"]);
    assert!(detail_of(&report, Subject::Publish).contains("AUDIT_TOPIC_ID `ocid1.onstopic"));
    assert_eq!(report.statements.len(), 3);
    assert_eq!(report.statements[2], PUBLISH);
    assert_eq!(tenancy.sim.effects(), []);
}

#[tokio::test]
async fn refused_publish_is_named_only_if_tried() {
    let tenancy = small_tenancy();
    tenancy.fault(Fault::status(404).service(SimService::Notifications));
    let not_sent = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(result(&not_sent, Subject::Publish), CheckResult::NotChecked);
    assert_eq!(not_sent.verdict, Verdict::Complete);
    let sent = tenancy.check(CheckMode::Send).await;
    assert_eq!(result(&sent, Subject::Publish), CheckResult::Refused);
    assert_eq!(sent.statements, [PUBLISH]);
    assert_eq!(sent.verdict, Verdict::Partial);
}

#[tokio::test]
async fn unknown_namespace_skips_the_bucket_steps() {
    let tenancy = small_tenancy();
    tenancy.fault(Fault::status(401).service(SimService::ObjectStorage));
    let report = tenancy.check(CheckMode::Send).await;
    assert_eq!(failures(&report), ["namespace"]);
    assert_eq!(
        detail_of(&report, Subject::Store),
        "the namespace is unknown"
    );
}

fn with_exceptions(content: &str) -> InProcess {
    let tenancy = small_tenancy().set("AUDIT_EXCEPTIONS_OBJECT", "accepted.json");
    let bucket = tenancy.sim.bucket(tenancy.sim.bucket_name());
    let long_ago = LONG_AGO.parse().expect("an instant");
    if !content.is_empty() {
        bucket.place(
            "accepted.json",
            "application/json",
            content.to_owned(),
            long_ago,
        );
    }
    tenancy
}

#[tokio::test]
async fn exceptions_file_works_and_missing_or_invalid_file_is_reported() {
    let until = SystemClock.now().date_naive() + chrono::Days::new(30);
    let valid = format!(
        r#"{{"exceptions":[{{"user":"svc-*@example.com","reason":"vendor","until":"{until}"}}]}}"#
    );
    let invalid = format!(
        r#"{{"exceptions":[{{"user":"svc-1@example.com","why":"vendor","until":"{until}"}}]}}"#
    );
    let works = with_exceptions(&valid).check(CheckMode::ReadOnly).await;
    assert_eq!(result(&works, Subject::Exceptions), CheckResult::Works);
    assert!(detail_of(&works, Subject::Exceptions).contains("1 exceptions and 0 gaps"));
    for (content, expected) in [("{", "nothing is accepted"), (&invalid, "exceptions[0]")] {
        let report = with_exceptions(content).check(CheckMode::ReadOnly).await;
        assert_eq!(
            result(&report, Subject::Exceptions),
            CheckResult::UnexpectedResponse
        );
        let detail = detail_of(&report, Subject::Exceptions);
        assert!(detail.contains(expected), "{detail}");
        assert!(!detail.contains("svc-1"), "a user name: {detail}");
    }
    let missing = with_exceptions("").check(CheckMode::ReadOnly).await;
    assert_eq!(result(&missing, Subject::Exceptions), CheckResult::Refused);
    let statement = &missing.statements[0];
    assert!(
        statement.contains("to read objects")
            && statement.contains("target.object.name='accepted.json'"),
        "{statement}"
    );
}

#[tokio::test]
async fn check_of_refused_iam_list_names_its_statement() {
    for (list, statement) in [
        ("/regionSubscriptions", "to inspect tenancies in tenancy"),
        ("/compartments", "to inspect compartments in tenancy"),
        ("/domains", "to inspect domains in tenancy"),
    ] {
        let tenancy = small_tenancy().unset("AUDIT_DOMAIN_URLS");
        let fault = Fault::status(404).service(SimService::Identity);
        tenancy.fault(fault.target_contains(list));
        let report = tenancy.check(CheckMode::ReadOnly).await;
        let step = step(&report, Subject::Domains);
        assert_eq!(
            (step.service, step.result),
            (Service::Iam, CheckResult::Refused)
        );
        assert!(
            report.statements[0].ends_with(statement),
            "{list}: {report:?}"
        );
        let detail = step.detail.as_deref().unwrap_or_default();
        assert!(
            detail.contains("status 404") && !detail.contains("Allow"),
            "{detail}"
        );
        let expected = match list {
            "/domains" => Verdict::Failed,
            _ => Verdict::Partial,
        };
        assert_eq!(report.verdict, expected, "{list}");
    }
}

#[tokio::test]
async fn refused_name_of_the_tenancy_names_its_statement_and_is_not_a_failure() {
    let tenancy = small_tenancy();
    let fault = Fault::status(404).service(SimService::Identity);
    tenancy.fault(fault.target_ends_with("/tenancies/ocid1.tenancy.oc1..aaaaaaaatenancysimulator"));
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(report.verdict, Verdict::Complete, "{report:?}");
    let step = step(&report, Subject::TenancyName);
    assert_eq!(
        (step.service, step.result),
        (Service::Iam, CheckResult::Refused)
    );
    let inspect =
        "Allow dynamic-group <the function's group> to inspect tenancies in tenancy".to_owned();
    assert_eq!(report.statements, [inspect]);
    let detail = detail_of(&report, Subject::TenancyName);
    for part in ["status 404", "a run does not need it", "AUDIT_TENANCY_NAME"] {
        assert!(detail.contains(part), "{detail}");
    }
    let printed = text::render(&report);
    assert!(
        printed.contains("COMPLETE: everything works that a run needs"),
        "{printed}"
    );
}

#[tokio::test]
async fn given_name_of_the_tenancy_is_not_checked() {
    let tenancy = small_tenancy().set("AUDIT_TENANCY_NAME", "acme-prod");
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(report.verdict, Verdict::Complete, "{report:?}");
    assert_eq!(
        result(&report, Subject::TenancyName),
        CheckResult::NotChecked
    );
}

#[tokio::test]
async fn skipped_domain_is_reported_and_not_a_failure() {
    let tenancy = InProcess::serve(
        Tenancy::empty()
            .domain(even_domain(DEFAULT, 2, 1))
            .domain(even_domain("Customers", 1, 1).license("external-user")),
    )
    .unset("AUDIT_DOMAIN_URLS");
    let report = tenancy.check(CheckMode::ReadOnly).await;
    assert_eq!(report.verdict, Verdict::Complete);
    let detail: Vec<_> = report
        .checks
        .iter()
        .filter(|step| step.what == Subject::Domains)
        .map(|step| step.detail.clone().unwrap_or_default())
        .collect();
    assert!(
        detail[1].contains("domain Customers is not read"),
        "{detail:?}"
    );
}

#[tokio::test]
async fn request_narrows_a_check() {
    let tenancy = InProcess::serve(
        Tenancy::empty()
            .domain(even_domain(DEFAULT, 2, 1))
            .domain(even_domain("Dev", 2, 1)),
    );
    let dev = credential_audit::http::endpoint::Endpoint::parse(&tenancy.sim.domain_url("Dev"));
    let request = AuditRequest {
        domain_urls: Some(vec![dev.expect("a URL")]),
        credential_types: Some(CredentialTypes::EMPTY.with(CredentialType::ApiKeys)),
        ..AuditRequest::default()
    };
    let report = tenancy.check_as(&request, CheckMode::ReadOnly).await;
    assert_eq!(report.verdict, Verdict::Complete);
    assert_eq!(result(&report, SMTP), CheckResult::NotChecked);
    let asked = tenancy.sim.requests();
    let asked = asked
        .iter()
        .filter(|request| request.service == SimService::IdentityDomain);
    let domains: Vec<_> = asked
        .map(|request| request.domain.clone().unwrap_or_default())
        .collect();
    assert_eq!(domains, ["Dev", "Dev"]);
}

#[tokio::test]
async fn check_reports_no_user_name() {
    let tenancy = InProcess::generated(60, 3);
    let report = tenancy.check(CheckMode::Send).await;
    let json = report.to_json();
    for user in tenancy.sim.directory(DEFAULT).users() {
        assert!(!json.contains(user.user_name()), "{}", user.user_name());
    }
}
