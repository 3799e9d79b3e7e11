//! Data far beyond the usual size: what is stored is whole, and what is read or published has its limit.

use credential_audit::model::Verdict;
use std::time::Duration;

use crate::common::in_process::InProcess;
use crate::common::served_tenancy::transport;
use crate::common::{LONG_AGO, even_domain};
use tenancy_sim::{Credential, Domain, Effect, Fault, ResourceType, Service, Tenancy, User};

const USERS: usize = 10_000;

/// Three API keys and two auth tokens per user.
fn everything_is_overdue() -> Tenancy {
    let mut domain = Domain::named("Default");
    for number in 0..USERS {
        let user = User::named(&format!("user-{number:05}@example.com"));
        for (credential_type, each) in [(ResourceType::ApiKeys, 3), (ResourceType::AuthTokens, 2)] {
            for credential in 0..each {
                domain =
                    domain.credential(Credential::of(&user, credential_type, credential, LONG_AGO));
            }
        }
        domain = domain.user(user);
    }
    Tenancy::empty().domain(domain)
}

#[tokio::test]
async fn fifty_thousand_findings_make_one_message_with_exact_counts() {
    let tenancy = InProcess::serve(everything_is_overdue()).within(Duration::from_secs(300));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(
        (summary.run.credentials, summary.run.overdue),
        (50_000, 50_000)
    );

    let requests = tenancy.sim.requests();
    let published = requests
        .iter()
        .filter(|request| request.service == Service::Notifications)
        .count();
    let effects = tenancy.sim.effects();
    let effects = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Published { .. }))
        .count();
    assert_eq!((published, effects), (1, 1));

    let messages = tenancy.sim.messages();
    let [message] = &messages[..] else {
        panic!("{} messages", messages.len())
    };
    assert!(
        message.request_bytes < 6 * 1024,
        "{}",
        message.request_bytes
    );
    let title = message.title.as_deref().expect("a title");
    assert!(title.contains("50000 to rotate"), "{title}");
    let body = &message.body;
    let head = "50000 credentials need action now: 50000 to rotate. 10000 people.\n";
    assert!(body.starts_with(head), "{body}");
    assert!(body.contains("10000 users, 50000 credentials"), "{body}");
    for more in [
        "49990 more below, by person, and in report.html",
        "more in report.html",
    ] {
        assert!(body.contains(more), "{more}: {body}");
    }
    let rows = tenancy.credential_rows();
    assert_eq!(rows.len(), 50_000);
    assert!(rows.iter().all(|row| row["state"] == "OVERDUE"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn megabyte_names_are_cut_in_every_report() {
    const KILOBYTE: usize = 1024;
    const MEGABYTE: usize = 1024 * KILOBYTE;
    let mut domain = Domain::named("Default");
    let users: Vec<_> = ["=", "<b>", "\u{202e}"]
        .into_iter()
        .map(|text| User::named(&format!("{text}{}", text.repeat(MEGABYTE / text.len()))))
        .collect();
    for user in &users {
        let label = "x".repeat(MEGABYTE);
        domain = domain.user(user.clone()).credential(
            Credential::of(
                user,
                ResourceType::AuthTokens,
                0,
                "2020-01-01T00:00:00.000Z",
            )
            .description(&label),
        );
    }
    let tenancy = InProcess::serve(Tenancy::empty().domain(domain));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(summary.run.overdue, 3);

    let bucket = tenancy.sim.bucket(tenancy.sim.bucket_name());
    let size = |report: &str| {
        let objects = bucket.objects();
        let found = objects.iter().find(|(name, _)| name.ends_with(report));
        found.map(|(_, object)| object.body.len())
    };
    for (report, at_most) in [
        ("usage-Default.csv", 16 * KILOBYTE),
        ("expiry-Default.csv", 16 * KILOBYTE),
        ("credentials.csv", 64 * KILOBYTE),
        ("report.html", 200 * KILOBYTE),
        ("findings.jsonl", 64 * KILOBYTE),
        ("manifest.json", 16 * KILOBYTE),
    ] {
        let size = size(report);
        assert!(
            size.is_some_and(|size| (1..at_most).contains(&size)),
            "{report}: {size:?}"
        );
    }
    let messages = tenancy.sim.messages();
    assert_eq!(messages.len(), 1);
    let lines = messages[0].body.lines().map(|line| line.chars().count());
    assert!(lines.max().is_some_and(|longest| longest <= 720));
}

#[tokio::test]
async fn error_body_is_read_up_to_64_kib() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain("Default", 4, 1)));
    let page = format!("<html>{}", "x".repeat(8 * 1024 * 1024));
    let credential_type = ResourceType::ApiKeys;
    let url = tenancy.sim.domain_urls().remove(0);
    tenancy.fault(
        Fault::status(403)
            .body("text/html", &page)
            .resource_type(credential_type),
    );
    let request = credential_audit::http::transport::OutgoingRequest {
        method: http::Method::GET,
        url: format!("{url}/admin/v1/ApiKeys"),
        headers: http::HeaderMap::new(),
        body: credential_audit::http::transport::Body::Empty,
        timeout: Duration::from_secs(20),
        max_response_bytes: 1024,
    };
    let transport = transport();
    let answer = credential_audit::http::transport::Transport::send(&*transport, request).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status.as_u16(), 403);
    assert_eq!(answer.body.len(), 64 * 1024);
}
