//! The answer of a run, its manifest, and the result of its digest.

use credential_audit::credential_type::CredentialTypes;
use credential_audit::judge::discovery::DiscoveryGap;
use credential_audit::judge::{Scope, evaluate};
use credential_audit::model::{
    FailureCause, ListGap, ReadingMode, SearchPart, SkippedDomain, SkippedFor,
};
use credential_audit::report::manifest::{Delivered, Manifest};
use credential_audit::summary::{
    Delivery, MetricsFailure, MetricsFailureCause, MetricsSkipReason, MetricsSummary, Notification,
    SkipReason, StoredObject, Summary,
};
use serde_json::json;

use crate::assert_golden;
use crate::tenancy::*;

fn objects() -> Vec<StoredObject> {
    vec![StoredObject {
        name: "credential-audit/2026/11/22/20261122T060000Z-7f3a91/credentials.csv".to_owned(),
        bytes: 1234,
        sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned(),
    }]
}

fn delivery(notification: Notification) -> Delivery {
    Delivery {
        objects: objects(),
        notification,
        metrics: None,
        owner_topics: None,
        holder_mail: None,
        hub: None,
        requests: 23,
        elapsed_ms: 812,
    }
}

/// A run with every sort of gap.
pub(crate) fn partial() -> std::sync::Arc<credential_audit::judge::Audit> {
    let [mut default, mut dev] = hard_cases();
    default
        .leave_out(OAuth2ClientCredentials)
        .fail(
            SmtpCredentials,
            FailureCause::Unauthorized(403),
            "Listing SMTP credentials of domain Default was refused (403)",
        )
        .fail(
            CustomerSecretKeys,
            FailureCause::Unauthorized(403),
            "Listing customer secret keys of domain Default was refused (403)",
        )
        .fail_user(DbCredentials, "u10", FailureCause::Status(503));
    let coverage = default.coverage(AuthTokens);
    coverage.expected = Some(25);
    coverage.gaps = vec![ListGap::ChangedTwice {
        returned: 23,
        counted: 25,
    }];
    dev.leave_out(OAuth2ClientCredentials);
    let coverage = dev.coverage(CustomerSecretKeys);
    coverage.claimed_but_not_listed = 37;
    let coverage = dev.coverage(SmtpCredentials);
    coverage.mode = Some(ReadingMode::UserChunks);
    coverage.cross_checked = false;
    let mut lost = DomainBuilder::new("Lost");
    lost.leave_out(OAuth2ClientCredentials).fail_users(
        FailureCause::Connection,
        "Listing users of domain Lost failed: the name of its host is not known",
    );
    for credential_type in [
        ApiKeys,
        AuthTokens,
        CustomerSecretKeys,
        DbCredentials,
        SmtpCredentials,
    ] {
        lost.fail(
            credential_type,
            FailureCause::Connection,
            "The name of its host is not known",
        );
    }
    let mut run = run();
    run.credential_types = CredentialTypes::ALL
        .iter()
        .filter(|credential_type| *credential_type != OAuth2ClientCredentials)
        .collect();
    let readings = [default, dev, lost].map(DomainBuilder::build).into();
    std::sync::Arc::new(evaluate(
        run,
        readings,
        vec![DiscoveryGap::search_failed(
            SearchPart::Region("eu-frankfurt-1".to_owned()),
            "Domains of region eu-frankfurt-1 could not be listed: 404 NotAuthorizedOrNotFound.",
        )],
        vec![SkippedDomain {
            domain: "Customers".to_owned(),
            reason: SkippedFor::Type("external-user".to_owned()),
        }],
    ))
}

#[test]
fn answer_of_a_complete_run_has_the_fields_of_the_contract() {
    let audit = audit(run(), hard_cases());
    let published = Notification::MessageId("c6ff3b1e-example".to_owned());
    let summary = Summary::new(&audit, delivery(published));
    let json = serde_json::to_string_pretty(&summary).expect("json");
    assert_golden!(json.clone(), "../golden/reports/summary-complete.json");
    let keys: Vec<_> = json
        .lines()
        .filter_map(|line| line.strip_prefix("  \"")?.split('"').next())
        .collect();
    assert_eq!(
        keys,
        [
            "run_id",
            "version",
            "tenancy",
            "as_of",
            "verdict",
            "domains",
            "credentials",
            "overdue",
            "due",
            "unknown",
            "expiring",
            "expiry_unreadable",
            "orphaned",
            "user_inactive",
            "unlisted",
            "excepted",
            "actions",
            "people",
            "objects",
            "notification",
            "requests",
            "elapsed_ms"
        ]
    );
    let back: Summary = serde_json::from_str(&json).expect("read back");
    assert_eq!(back, summary);
}

#[test]
fn metrics_in_the_answer_have_three_forms() {
    use MetricsFailureCause as Cause;
    use MetricsSkipReason::{AsOf, DryRun, Scoped};
    let failed = |cause: Cause| {
        let message = "status 404".to_owned();
        MetricsSummary::Failed(MetricsFailure { cause, message })
    };
    let of_cause = |cause: &str| json!({"failed": {"cause": cause, "message": "status 404"}});
    for (metrics, expected) in [
        (MetricsSummary::Posted(42), json!({"posted": 42})),
        (
            MetricsSummary::Skipped(DryRun),
            json!({"skipped": "dry_run"}),
        ),
        (MetricsSummary::Skipped(AsOf), json!({"skipped": "as_of"})),
        (
            MetricsSummary::Skipped(Scoped),
            json!({"skipped": "scoped"}),
        ),
        (failed(Cause::NoCompartment), of_cause("no_compartment")),
        (failed(Cause::Refused), of_cause("refused")),
        (failed(Cause::PartlyRefused), of_cause("partly_refused")),
        (failed(Cause::NoResponse), of_cause("no_response")),
        (failed(Cause::OutOfTime), of_cause("out_of_time")),
        (failed(Cause::InvalidResponse), of_cause("invalid_response")),
    ] {
        let json = serde_json::to_value(&metrics).expect("JSON");
        assert_eq!(json, expected);
        let back: MetricsSummary = serde_json::from_value(json).expect("read back");
        assert_eq!(back, metrics);
    }
}

#[test]
fn answer_of_a_partial_run_has_every_gap() {
    let skipped = Notification::Skipped(SkipReason::DryRun);
    let summary = Summary::new(&partial(), delivery(skipped));
    let json = serde_json::to_string_pretty(&summary).expect("json");
    assert_golden!(json.clone(), "../golden/reports/summary-partial.json");
    let json: serde_json::Value = serde_json::from_str(&json).expect("json");
    let coverage = |domain: usize, credential_type: &str| {
        json["domains"][domain]["coverage"][credential_type].clone()
    };
    assert_eq!(
        coverage(0, "oauth2_client_credentials"),
        serde_json::json!({"left_out": true})
    );
    assert_eq!(
        coverage(1, "customer_secret_keys")["cross_check"],
        "missing 37"
    );
    assert_eq!(coverage(0, "smtp_credentials")["error"], "UNAUTHORIZED");
    assert_eq!(coverage(0, "smtp_credentials").get("read"), None);
    assert_eq!(json["domains"][2]["verdict"], "FAILED");
    assert_eq!(json["verdict"], "PARTIAL");
    assert_eq!(json["notification"]["skipped"], "dry run");
}

#[test]
fn manifest_has_summary_thresholds_and_objects_but_no_finding() {
    let mut run = run();
    run.thresholds.by_type[ApiKeys.index()].rotation_days = 30;
    run.thresholds.by_type[ApiKeys.index()].warning_days = 20;
    run.as_of_given = true;
    run.times.as_of = at("2026-12-31T00:00:00Z");
    run.scope = Scope {
        domains: true,
        credential_types: false,
    };
    let audit = audit(run, hard_cases());
    let manifest = Manifest::new(&audit, objects(), 21, 700);
    let json = manifest.to_json();
    assert_golden!(json.clone(), "../golden/reports/manifest.json");
    assert!(!json.contains("ocir-ci") && !json.contains("jane.roe"));
    assert!(json.contains("\"what_if\": \"2026-12-31\""));
    assert!(json.contains("\"domain_urls\""));
    let back: Manifest = serde_json::from_str(&json).expect("read back");
    assert_eq!(back, manifest);
}

#[test]
fn reasons_without_a_digest_keep_their_texts() {
    let since = "20261121T060000Z-000001".to_owned();
    for (reason, text) in [
        (SkipReason::DryRun, "dry run"),
        (SkipReason::NotifyNever, "AUDIT_NOTIFY is never"),
        (
            SkipReason::NoFindings,
            "nothing was found, everything was read, and AUDIT_NOTIFY is findings",
        ),
        (
            SkipReason::OnlyKnownGaps,
            "nothing was found, what was not read is accepted as known, and AUDIT_NOTIFY is findings",
        ),
        (
            SkipReason::NoChanges { since },
            "nothing changed since run 20261121T060000Z-000001, and AUDIT_NOTIFY is changes",
        ),
    ] {
        let skipped = Notification::Skipped(reason);
        let json = serde_json::to_value(&skipped).expect("JSON");
        assert_eq!(json, serde_json::json!({ "skipped": text }));
        let back: Notification = serde_json::from_value(json).expect("read back");
        assert_eq!(back, skipped);
    }
}

#[test]
fn delivered_json_names_the_message_or_the_reason() {
    let audit = audit(run(), hard_cases());
    let json = |notification| -> serde_json::Value {
        serde_json::from_str(&Delivered::new(&audit, &notification).to_json()).expect("json")
    };
    assert_eq!(
        json(Notification::MessageId("m1".to_owned())),
        serde_json::json!({"run_id": "20261122T060000Z-7f3a91", "as_of": "2026-11-22T06:00:00Z", "notification": {"message_id": "m1"}, "last_digest": "2026-11-22T06:00:00Z"})
    );
    assert_eq!(
        json(Notification::Skipped(SkipReason::NotifyNever)),
        serde_json::json!({"run_id": "20261122T060000Z-7f3a91", "as_of": "2026-11-22T06:00:00Z", "notification": null, "reason": "AUDIT_NOTIFY is never", "last_digest": null})
    );
}
