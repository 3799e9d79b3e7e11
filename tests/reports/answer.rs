//! The size of an answer, which the platform drops if it has more than 6 MB.

use credential_audit::check::result::{CheckReport, CheckResult, CheckedDomain, Step, Subject};
use credential_audit::credential_type::CredentialType;
use credential_audit::event::CheckMode;
use credential_audit::model::Verdict;
use credential_audit::summary::answer::{MAX_BYTES, to_json};
use credential_audit::summary::{
    Coverage, Delivery, DomainSummary, Notification, SkipReason, StoredObject, Summary,
};
use credential_audit::timestamp::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use crate::summary::partial;

fn delivery(objects: usize) -> Delivery {
    Delivery {
        metrics: None,
        owner_topics: None,
        holder_mail: None,
        hub: None,
        objects: (0..objects)
            .map(|number| StoredObject {
                name: format!("credential-audit/2026/11/22/run/expiry-{number:05}.csv"),
                bytes: 1234,
                sha256: "e3b0c442".repeat(8),
            })
            .collect(),
        notification: Notification::Skipped(SkipReason::NotifyNever),
        requests: 23,
        elapsed_ms: 812,
    }
}

/// A domain whose lists were not read.
fn lost(number: usize, message: &str) -> DomainSummary {
    let failed = Coverage {
        error: Some("ERROR:404".to_owned()),
        message: Some(message.to_owned()),
        gaps: vec!["listed 40 of 41".to_owned()],
        ..Coverage::default()
    };
    let coverage = CredentialType::all();
    let coverage = coverage.map(|each| (each.name().to_owned(), failed.clone()));
    DomainSummary {
        name: format!("lost-{number:05}"),
        url: format!("https://idcs-{number:05}.identity.oraclecloud.com"),
        users: 0,
        verdict: Verdict::Failed,
        users_coverage: failed.clone(),
        coverage: coverage.collect(),
    }
}

/// Complete domains, then lost ones.
fn summary(complete: usize, domains: usize, message: &str, objects: usize) -> Summary {
    let mut summary = Summary::new(&partial(), delivery(objects));
    let run = &mut summary.run;
    run.domains = (0..complete)
        .map(|number| DomainSummary {
            name: format!("complete-{number:05}"),
            verdict: Verdict::Complete,
            users_coverage: Coverage::default(),
            coverage: [].into(),
            ..lost(number, "")
        })
        .collect();
    run.domains
        .extend((0..domains).map(|number| lost(number, message)));
    summary
}

fn parse(json: &[u8]) -> Summary {
    serde_json::from_slice(json).expect("an answer is a summary")
}

#[test]
fn answer_that_fits_leaves_out_nothing() {
    let summary = summary(900, 14, "refused", 2000);
    let answer = to_json(&summary).expect("json");
    assert_eq!(answer, serde_json::to_vec(&summary).expect("json"));
}

#[test]
fn answer_has_the_first_of_each_list_and_the_number_of_the_others() {
    let mut long = summary(700, 2300, &"Listing was refused. ".repeat(15), 12_345);
    long.run.discovery_gaps = (0..60).map(|gap| format!("region {gap}")).collect();
    long.run.notices = (0..131).map(|notice| format!("domain {notice}")).collect();
    let before = serde_json::to_vec(&long).expect("json").len();
    assert!(before > 6 * 1024 * 1024, "{before}: the platform drops it");

    let json = to_json(&long).expect("json");
    assert!(json.len() <= MAX_BYTES);
    let answer = parse(&json);
    assert_eq!(answer.run.domains.len(), 1000);
    let names = answer.run.domains.iter().map(|domain| &domain.name[..]);
    assert!(
        names.eq(long.run.domains[700..1700]
            .iter()
            .map(|domain| &domain.name[..]))
    );
    let further = answer.further;
    assert_eq!(further.domains, 2000);
    assert_eq!(further.messages, 2300 * 7 - 100);
    // The search for domains comes first.
    assert_eq!(answer.run.discovery_gaps.len(), 60);
    assert_eq!(further.gaps, 2300 * 7 + 60 - 100);
    assert_eq!((answer.run.notices.len(), further.notices), (100, 31));
    let objects = answer.delivery.objects.len();
    assert_eq!((objects, further.objects), (10_000, 2345));
    assert_eq!(answer.run.credentials, long.run.credentials, "counts stay");
    assert_eq!(answer.run.verdict, Verdict::Partial);
}

#[test]
fn incomplete_domains_are_kept_before_complete_ones() {
    let answer = parse(&to_json(&summary(2000, 3, "refused", 0)).expect("json"));
    let kept = &answer.run.domains;
    assert_eq!((kept.len(), answer.further.domains), (1000, 1003));
    assert!(
        kept[..3]
            .iter()
            .all(|domain| domain.verdict == Verdict::Failed)
    );
    assert_eq!(kept[3].name, "complete-00000");
    assert_eq!(answer.further.messages, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn no_answer_is_larger_than_the_limit(
        complete in 0_usize..2500, domains in 0_usize..2500, message in 0_usize..40_000, name in 0_usize..9000, objects in 0_usize..20_000
    ) {
        let mut long = summary(complete, domains, "", objects);
        for (number, domain) in long.run.domains.iter_mut().enumerate() {
            domain.name.push_str(&"n".repeat(name));
            if number < 200 && domain.verdict == Verdict::Failed {
                domain.users_coverage.message = Some("m".repeat(message));
            }
        }
        let json = to_json(&long).expect("json");
        prop_assert!(json.len() <= MAX_BYTES, "{}", json.len());
        let answer = parse(&json);
        let listed = answer.run.domains.len() as u64 + answer.further.domains;
        prop_assert_eq!(listed, (complete + domains) as u64);
        let listed = answer.delivery.objects.len() as u64 + answer.further.objects;
        prop_assert_eq!(listed, objects as u64);
    }
}

#[test]
fn answer_of_a_check_has_the_failures_and_the_number_of_the_others() {
    let step = |number: usize, result: CheckResult| Step {
        domain: Some(CheckedDomain {
            name: format!("domain-{number:05}"),
            url: format!("https://idcs-{number:05}.identity.oraclecloud.com"),
        }),
        ..Step::new(Subject::Users, result).with_detail("status 403: refused. ".repeat(12))
    };
    let report = |works: usize, refused: usize| {
        let works = (0..works).map(|number| step(number, CheckResult::Works));
        let refused = (0..refused).map(|number| step(number, CheckResult::Refused));
        let started = Timestamp::from(chrono::DateTime::UNIX_EPOCH);
        let steps = works.chain(refused).collect();
        CheckReport::new("id".to_owned(), started, CheckMode::ReadOnly, steps, 1, 1)
    };
    let short = report(30, 40);
    assert_eq!(
        short.to_answer().expect("json"),
        serde_json::to_vec(&short).expect("json")
    );
    let json = report(9000, 11_000).to_answer().expect("json");
    assert!(json.len() <= MAX_BYTES, "{}", json.len());
    let answer: Value = serde_json::from_slice(&json).expect("json");
    let checks = answer["checks"].as_array().expect("checks");
    assert!(checks.iter().all(|check| check["result"] == "refused"));
    assert_eq!(checks.len(), 10_000);
    assert_eq!(answer["further_checks"], 10_000);
    assert_eq!(answer["verdict"], "FAILED", "the verdict of all checks");
}
