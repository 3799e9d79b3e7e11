//! Pages, totals, and lists that change while they are read.

use crate::common::in_process::InProcess;
use crate::common::invariants::is_complete;
use crate::common::{LONG_AGO, even_domain};
use credential_audit::model::Verdict;
use credential_audit::summary::Summary;
use tenancy_sim::{Credential, Directory, Domain, Fault, Misbehavior, ResourceType, Tenancy, User};

use super::{DEFAULT, coverage};
use ResourceType::{ApiKeys, AuthTokens, CustomerSecretKeys, OAuth2ClientCredentials, Users};

/// 250 users with ten OAuth 2.0 client credentials each.
fn clients() -> Domain {
    let mut domain = Domain::named(DEFAULT);
    for number in 0..250 {
        let user = User::named(&format!("user-{number:05}@example.com"));
        for client in 0..10 {
            let client = Credential::of(&user, OAuth2ClientCredentials, client, LONG_AGO);
            domain = domain.credential(client);
        }
        domain = domain.user(user);
    }
    domain
}

/// The tenancy and the summary of a run over `clients` with these misbehaviors.
async fn clients_with(misbehaviors: &[Misbehavior]) -> (InProcess, Summary) {
    let tenancy = InProcess::serve(Tenancy::empty().domain(clients()))
        .set("AUDIT_CREDENTIAL_TYPES", "oauth2_client_credentials");
    for misbehavior in misbehaviors {
        tenancy
            .sim
            .misbehave(DEFAULT, OAuth2ClientCredentials, misbehavior.clone());
    }
    let summary = tenancy.audit().await;
    (tenancy, summary)
}

#[tokio::test]
async fn every_way_of_paging_is_read_completely() {
    use Misbehavior::*;
    let cases: [(&[Misbehavior], usize); 12] = [
        (&[ClampPages(100)], 25),
        (&[ClampPages(7)], 358),
        (&[ShortPages(100)], 6),
        (&[ClampPages(100), ShortPages(7)], 60),
        (&[OverlapPages(10)], 6),
        (&[ClampPages(100), OverlapPages(10)], 60),
        (&[DuplicateRows(10)], 6),
        (&[DuplicateRows(1), ClampPages(100)], 120),
        (&[DuplicateRows(3), OverlapPages(3), ClampPages(200)], 60),
        (&[AlwaysNextPage], 3),
        (&[NeverNextPage], 3),
        (&[NoResourcesWhenEmpty], 3),
    ];
    for (misbehaviors, most) in cases {
        let (tenancy, summary) = clients_with(misbehaviors).await;
        let clients = coverage(&summary, "oauth2_client_credentials");
        assert!(is_complete(clients), "{misbehaviors:?}: {clients:?}");
        assert_eq!(
            (clients.read, clients.expected),
            (Some(2500), Some(2500)),
            "{misbehaviors:?}"
        );
        assert_eq!(summary.run.credentials, 2500, "{misbehaviors:?}");
        assert_eq!(summary.run.verdict, Verdict::Complete);
        assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
        let requests = tenancy.requests_for(OAuth2ClientCredentials).len();
        assert!(requests <= most, "{misbehaviors:?}: {requests} requests");
    }
}

#[tokio::test]
async fn incomplete_list_is_partial_with_missing_count_and_ends() {
    use Misbehavior::*;
    let cases: [(&[Misbehavior], u64, &str, usize); 7] = [
        (
            &[HideRows(10)],
            2250,
            "250 rows are missing: the service counted 2500 and returned 2250",
            20,
        ),
        (
            &[RepeatPages],
            1000,
            "1500 rows are missing: the service counted 2500 and returned 1000",
            12,
        ),
        (
            &[RepeatPages, AlwaysNextPage],
            1000,
            "1500 rows are missing",
            12,
        ),
        (
            &[RepeatPages, ClampPages(10)],
            10,
            "2490 rows are missing",
            12,
        ),
        (
            &[TotalResults(7)],
            2500,
            "7 rows are missing: the service counted 2507 and returned 2500",
            12,
        ),
        (
            &[TotalResults(-100)],
            2500,
            "the service counted 2400 rows and returned 2500",
            12,
        ),
        (
            &[TotalResults(i64::MAX)],
            2500,
            "rows are missing: the service counted",
            12,
        ),
    ];
    for (misbehaviors, read, gap, most) in cases {
        let (tenancy, summary) = clients_with(misbehaviors).await;
        let clients = coverage(&summary, "oauth2_client_credentials");
        assert_eq!(clients.read, Some(read), "{misbehaviors:?}: {clients:?}");
        assert!(
            clients.gaps.iter().any(|found| found.contains(gap)),
            "{misbehaviors:?}: {clients:?}"
        );
        assert_eq!(summary.run.verdict, Verdict::Partial, "{misbehaviors:?}");
        assert_eq!(tenancy.assert_all_accounted_for(&summary), 2500 - read);
        let requests = tenancy.requests_for(OAuth2ClientCredentials).len();
        assert!(requests <= most, "{misbehaviors:?}: {requests} requests");
    }
}

#[tokio::test]
async fn total_too_low_by_pages_is_detected() {
    // The claims of users lead to a re-read up to the true end.
    let (tenancy, summary) = clients_with(&[Misbehavior::TotalResults(-500)]).await;
    assert_eq!(
        coverage(&summary, "oauth2_client_credentials").read,
        Some(2500)
    );
    assert_eq!(
        summary.run.verdict,
        Verdict::Partial,
        "its count cannot be trusted"
    );
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);

    // Without claims, the page after the last full one is requested.
    let tenancy = InProcess::serve(Tenancy::empty().domain(clients()))
        .set("AUDIT_CREDENTIAL_TYPES", "oauth2_client_credentials");
    tenancy.sim.misbehave(
        DEFAULT,
        OAuth2ClientCredentials,
        Misbehavior::TotalResults(-500),
    );
    let body = r#"{"totalResults":1,"Resources":[{"id":"u1","userName":"only@example.com"}]}"#;
    tenancy.fault(
        Fault::status(200)
            .body("application/scim+json", body)
            .resource_type(Users),
    );
    let summary = tenancy.audit().await;
    assert_eq!(
        coverage(&summary, "oauth2_client_credentials").read,
        Some(2500)
    );
    assert_eq!(summary.run.verdict, Verdict::Partial);
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
}

#[tokio::test]
async fn user_total_too_low_by_pages_is_detected_by_credential_holders() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 2000, 1)))
        .set("AUDIT_CREDENTIAL_TYPES", "api_keys");
    let too_low = Misbehavior::TotalResults(-1000);
    tenancy.sim.misbehave(DEFAULT, Users, too_low);
    let summary = tenancy.audit().await;
    let users = &summary.run.domains[0].users_coverage;
    assert_eq!(users.read, Some(2000), "{users:?}");
    assert_eq!(summary.run.unlisted, 0, "they are listed after the end");
    assert_eq!(summary.run.verdict, Verdict::Partial, "{users:?}");
}

/// Serves what `answer` returns for the target of a request and the number of requests before it; the URL.
async fn serve_answers(answer: fn(&str, usize) -> String) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut count = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 65_536];
            let length = stream.read(&mut request).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..length]);
            let target = request.split(' ').nth(1).unwrap_or_default();
            let body = answer(target, count);
            count += 1;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/scim+json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all((head + &body).as_bytes()).await;
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn endless_list_without_total_is_a_gap() {
    let url = serve_answers(|target, count| {
        if target.contains("/Users") {
            r#"{"totalResults":1,"Resources":[{"id":"u","userName":"a"}]}"#.to_owned()
        } else if target.contains("/ApiKeys") {
            format!(r#"{{"Resources":[{{"id":"key-{count}"}}]}}"#)
        } else {
            r#"{"totalResults":0}"#.to_owned()
        }
    })
    .await;
    let tenancy = InProcess::generated(1, 1).set("AUDIT_DOMAIN_URLS", &url);
    let summary = tenancy.audit().await;
    let keys = coverage(&summary, "api_keys");
    assert!(keys.read.is_some_and(|read| read < 200), "{keys:?}");
    assert!(keys.gaps[0].contains("did not return a total"), "{keys:?}");
    assert_eq!(summary.run.verdict, Verdict::Partial);
}

#[tokio::test]
async fn invalid_total_is_partial_and_ends() {
    for total in [
        "18446744073709551615",
        "-1",
        "null",
        "\"many\"",
        "1e3",
        "{}",
    ] {
        let tenancy = InProcess::generated(3, 1);
        let body = format!(r#"{{"totalResults":{total},"Resources":[{{"id":"k1"}}]}}"#);
        tenancy.fault(
            Fault::status(200)
                .body("application/scim+json", &body)
                .resource_type(ApiKeys),
        );
        tenancy.fault(
            Fault::status(200)
                .body("application/scim+json", &body)
                .resource_type(AuthTokens),
        );
        let summary = tenancy.audit().await;
        assert!(!is_complete(coverage(&summary, "api_keys")), "{total}");
        assert_eq!(summary.run.verdict, Verdict::Partial, "{total}");
        // The first page, four concurrent pages, four that replaced them, and one re-read.
        let requests = tenancy.requests_for(ApiKeys).len();
        assert!(requests <= 12, "{total}: {requests}");
    }
}

#[tokio::test]
async fn changed_list_is_read_once_more() {
    type Change = fn(&mut Directory);
    let add: Change = |directory| {
        let user = User::named("user-00000@example.com");
        let new = Credential::of(&user, CustomerSecretKeys, 9, LONG_AGO);
        directory.add_credential(new);
    };
    let remove: Change = |directory| {
        let first = directory.credentials(CustomerSecretKeys).first();
        if let Some(id) = first.map(|credential| credential.id.clone()) {
            directory.remove_credential(&id);
        }
    };
    let swap: Change = |directory| {
        let user = User::named("user-00001@example.com");
        // Rows are ordered by OCID, so removing and adding one moves the rows between them.
        let mut ids: Vec<_> = directory
            .credentials(CustomerSecretKeys)
            .iter()
            .map(|credential| (credential.ocid(), credential.id.clone()))
            .collect();
        ids.sort();
        if let Some((_, id)) = ids.first() {
            directory.remove_credential(id);
        }
        let id = "f".repeat(32);
        directory
            .add_credential(Credential::of(&user, CustomerSecretKeys, 0, LONG_AGO).with_id(&id));
    };
    for (name, change) in [("add", add), ("remove", remove), ("swap", swap)] {
        let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 600, 2)))
            .set("AUDIT_CREDENTIAL_TYPES", "customer_secret_keys");
        // Between the first page and the others.
        tenancy.fault(
            Fault::change(change)
                .resource_type(CustomerSecretKeys)
                .nth(2),
        );
        let summary = tenancy.audit().await;
        assert_eq!(tenancy.assert_all_accounted_for(&summary), 0, "{name}");
        let keys = coverage(&summary, "customer_secret_keys");
        assert!(keys.read >= Some(1199), "{name}: {keys:?}");
        assert!(
            tenancy.requests_for(CustomerSecretKeys).len() <= 10,
            "{name}"
        );
    }
}

#[tokio::test]
async fn constantly_changing_list_is_partial_and_ends() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 600, 2)))
        .set("AUDIT_CREDENTIAL_TYPES", "api_keys");
    let counter = std::sync::atomic::AtomicUsize::new(10);
    let grow = move |directory: &mut Directory| {
        let user = User::named("user-00000@example.com");
        let number = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        directory.add_credential(Credential::of(&user, ApiKeys, number, LONG_AGO));
    };
    tenancy.fault(Fault::change(grow).resource_type(ApiKeys));
    let summary = tenancy.audit().await;
    let keys = coverage(&summary, "api_keys");
    assert!(!is_complete(keys), "{keys:?}");
    assert_eq!(summary.run.verdict, Verdict::Partial);
    assert!(tenancy.requests_for(ApiKeys).len() <= 12);
}
