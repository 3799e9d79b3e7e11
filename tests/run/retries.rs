//! Retries of requests, and the one repeat of a publish.

use crate::common::even_domain;
use crate::common::in_process::InProcess;
use credential_audit::model::Verdict;
use tenancy_sim::{Fault, Previous, ResourceType, Service, Tenancy};

fn tenancy() -> InProcess {
    InProcess::serve(Tenancy::empty().domain(even_domain("Default", 5, 1)))
}

#[tokio::test]
async fn renewed_token_is_read_after_401() {
    let tenancy = tenancy();
    tenancy.renew_token(Previous::Revoked);
    assert_eq!(tenancy.audit().await.run.verdict, Verdict::Complete);
}

#[tokio::test]
async fn error_reports_attempts_and_time() {
    let tenancy = tenancy();
    tenancy.fault(Fault::status(503).resource_type(ResourceType::ApiKeys));
    tenancy.fault(Fault::reset_before_answer().resource_type(ResourceType::AuthTokens));
    let summary = tenancy.audit().await;
    for credential_type in ["api_keys", "auth_tokens"] {
        let message = summary.run.domains[0].coverage[credential_type]
            .message
            .clone();
        let message = message.expect("a sentence");
        assert!(
            message.contains("5 attempts") && message.contains(" s"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn retries_of_dead_domains_leave_those_of_the_bucket() {
    let mut dead = Tenancy::empty().domain(even_domain("Default", 1, 1));
    for number in 0..12 {
        dead = dead.domain(even_domain(&format!("Dead {number}"), 1, 1));
    }
    let tenancy = InProcess::serve(dead);
    for number in 0..12 {
        tenancy.fault(Fault::status(500).domain(&format!("Dead {number}")));
    }
    tenancy.fault(
        Fault::status(500)
            .service(Service::ObjectStorage)
            .method("PUT")
            .first(3),
    );
    tenancy.fault(
        Fault::status(429)
            .header("retry-after", "0")
            .service(Service::Notifications)
            .first(2),
    );
    assert_eq!(tenancy.audit().await.run.verdict, Verdict::Partial);
    assert_eq!(tenancy.sim.messages().len(), 1);
}

#[tokio::test]
async fn object_with_a_lost_response_is_stored_once() {
    let tenancy = tenancy();
    let lost = Fault::reset_before_answer()
        .service(Service::ObjectStorage)
        .method("PUT");
    tenancy.fault(lost.every(2).after_effect());
    assert_eq!(tenancy.audit().await.run.verdict, Verdict::Complete);
    assert_eq!(tenancy.assert_manifests_are_true(), 1);
    let refused = tenancy
        .sim
        .requests()
        .iter()
        .filter(|request| request.status == 412)
        .count();
    assert!(
        refused > 0,
        "a repeat is refused, since the object is there"
    );
}

#[tokio::test]
async fn conflict_at_storing_ends_well_if_the_object_is_there_or_can_be_stored_again() {
    for fault in [
        Fault::status(409).after_effect().first(1),
        Fault::status(409).first(2),
    ] {
        let tenancy = tenancy();
        let put = fault.service(Service::ObjectStorage).method("PUT");
        tenancy.fault(put.target_contains("findings.jsonl"));
        let result = tenancy.run().await;
        assert_eq!(result.expect("stored").run.verdict, Verdict::Complete);
        assert_eq!(tenancy.assert_manifests_are_true(), 1);
    }
}

#[tokio::test]
async fn lasting_conflict_at_storing_is_reported() {
    let tenancy = tenancy();
    let conflict = Fault::status(409)
        .service(Service::ObjectStorage)
        .method("PUT");
    tenancy.fault(conflict.target_contains("findings.jsonl"));
    let error = tenancy.run().await.expect_err("not stored").to_string();
    assert!(
        error.contains("findings.jsonl failed: status 409"),
        "{error}"
    );
    assert!(tenancy.titles()[0].contains("REPORTS NOT STORED"));
}

#[tokio::test]
async fn existing_object_is_neither_overwritten_nor_taken_as_stored() {
    let tenancy = tenancy();
    tenancy.fault(
        Fault::status(412)
            .service(Service::ObjectStorage)
            .method("PUT")
            .target_contains("credentials.csv"),
    );
    let error = tenancy.run().await.expect_err("not stored");
    assert!(error.to_string().contains("credentials.csv"), "{error}");
    assert_eq!(tenancy.titles().len(), 1);
    assert!(tenancy.titles()[0].contains("REPORTS NOT STORED"));
}

#[tokio::test]
async fn message_id_is_a_short_identifier_or_unknown() {
    let longest = "f".repeat(128);
    for (id, kept) in [
        (longest.as_str(), true),
        (&"f".repeat(129), false),
        (&"blank ".repeat(1_000_000), false),
        ("mila.stone@example.org", false),
    ] {
        let tenancy = tenancy();
        let body = serde_json::json!({ "messageId": id }).to_string();
        let answer = Fault::status(202).body("application/json", &body);
        tenancy.fault(answer.service(Service::Notifications));
        let summary = serde_json::to_value(tenancy.audit().await).expect("JSON");
        let unknown = "not told"; // A value in reports. words: allow
        let expected = if kept { id } else { unknown };
        assert_eq!(summary["notification"]["message_id"], expected);
    }
}

#[tokio::test]
async fn throttled_digest_is_repeated_without_a_mark() {
    let tenancy = tenancy();
    tenancy.fault(
        Fault::status(429)
            .header("retry-after", "0")
            .service(Service::Notifications)
            .first(3),
    );
    tenancy.audit().await;
    assert_eq!(tenancy.sim.messages().len(), 1);
    assert!(!tenancy.sim.messages()[0].body.contains("may be a repeat"));
    assert!(!tenancy.titles()[0].contains("may be a repeat"));
}

#[tokio::test]
async fn ambiguous_publish_is_repeated_once_and_marked() {
    for (fault, arrived) in [
        (Fault::reset_before_answer().after_effect(), 2),
        (Fault::reset_before_answer(), 1),
        (Fault::status(500), 1),
        (Fault::status(503).after_effect(), 2),
        (Fault::status(408), 1),
        (Fault::html(200), 1),
        (Fault::truncated_body(5), 2),
    ] {
        let tenancy = self::tenancy();
        tenancy.fault(fault.clone().service(Service::Notifications).first(1));
        assert_eq!(tenancy.audit().await.run.verdict, Verdict::Complete);
        let messages = tenancy.sim.messages();
        assert_eq!(messages.len(), arrived, "{fault:?}");
        let repeat = &messages[arrived - 1];
        let marked = repeat.body.contains("may be a repeat")
            || repeat
                .title
                .as_deref()
                .is_some_and(|title| title.contains("may be a repeat"));
        assert!(marked, "{fault:?}: {repeat:?}");

        let tenancy = self::tenancy();
        tenancy.fault(fault.service(Service::Notifications));
        assert!(tenancy.run().await.is_err(), "sent at most twice");
        let sent = tenancy.sim.requests();
        let sent = sent
            .iter()
            .filter(|request| request.service == Service::Notifications)
            .count();
        assert_eq!(sent, 2);
    }
}

#[tokio::test]
async fn refused_connection_fails_only_its_step() {
    let closed = "http://127.0.0.1:1";
    for (setting, flag) in [
        ("AUDIT_OBJECT_STORAGE_ENDPOINT", "REPORTS NOT STORED"),
        ("AUDIT_DOMAIN_URLS", "FAILED"),
    ] {
        let tenancy = self::tenancy().set(setting, closed);
        let error = tenancy.run().await.expect_err("a failed run");
        assert!(
            error.to_string().contains("no connection"),
            "{setting}: {error}"
        );
        assert!(
            error.to_string().contains("5 attempts"),
            "{setting}: {error}"
        );
        assert!(
            tenancy.titles().iter().all(|title| title.contains(flag)),
            "{setting}"
        );
        assert_eq!(tenancy.titles().len(), 1, "{setting}");
    }
    // Publishing is tried until the time ends.
    let tenancy = self::tenancy().set("AUDIT_NOTIFICATIONS_ENDPOINT", closed);
    let tenancy = tenancy.within(std::time::Duration::from_secs(12));
    let error = tenancy.run().await.expect_err("a failed run").to_string();
    assert!(
        error.contains("the digest was not published: no connection"),
        "{error}"
    );
    let tenancy = self::tenancy();
    let urls = format!("{closed},{}", tenancy.sim.domain_url("Default"));
    let summary = tenancy.set("AUDIT_DOMAIN_URLS", &urls).audit().await;
    assert_eq!(summary.run.verdict, Verdict::Partial);
}
