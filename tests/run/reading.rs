//! Lists of an identity domain: the ladder, pages, drift, and what users claim to hold.
//!
//! What is complete is COMPLETE with the right rows; what is not is PARTIAL with the number missing; and no server keeps a
//! reading going.

use std::collections::BTreeSet;

use crate::in_process::{InProcess, LONG_AGO, even_domain, is_complete};
use credential_audit::model::CrossCheck;
use credential_audit::summary::{Coverage, Summary};
use tenancy_sim::{
    Credential, Directory, Domain, Fault, Misbehaviour, ResourceType, Service, Tenancy, User,
};

use ResourceType::{ApiKeys, AuthTokens, CustomerSecretKeys, OAuth2ClientCredentials, Users};

const DEFAULT: &str = "Default";

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

fn coverage<'a>(summary: &'a Summary, credential_type: &str) -> &'a Coverage {
    &summary.run.domains[0].coverage[credential_type]
}

fn modes(summary: &Summary) -> Vec<&str> {
    let domain = &summary.run.domains[0];
    let lists = std::iter::once(&domain.users_coverage).chain(domain.coverage.values());
    let mut modes: Vec<_> = lists.filter_map(|list| list.mode.as_deref()).collect();
    modes.dedup();
    modes
}

/// Requests for each list: users, then the six types.
fn requests_by_list(tenancy: &InProcess) -> Vec<usize> {
    std::iter::once(Users)
        .chain(ResourceType::CREDENTIALS)
        .map(|credential_type| tenancy.requests_for(credential_type).len())
        .collect()
}

// --- the ladder ---

#[tokio::test]
async fn a_willing_domain_takes_a_page_for_each_thousand_rows() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 1000, 3)));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, "COMPLETE");
    assert_eq!(modes(&summary), ["bulk"]);
    // 3,000 API keys and OAuth 2.0 client credentials, 2,000 of the other types.
    assert_eq!(requests_by_list(&tenancy), [1, 3, 2, 2, 2, 3, 2]);
    assert_eq!(summary.run.credentials, 14_000);
    assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 0);
}

#[tokio::test]
async fn a_domain_that_is_named_by_both_of_its_urls_is_counted_once() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain("Default", 3, 1)));
    let url = tenancy.sim.domain_urls().remove(0);
    let home_region_url = url.replace("127.0.0.1", "localhost");
    assert_ne!(url, home_region_url);
    let list = serde_json::json!([{
        "id": "ocid1.domain.oc1..one",
        "displayName": "Default",
        "url": url,
        "homeRegionUrl": home_region_url,
        "lifecycleState": "ACTIVE",
    }]);
    let listed = Fault::status(200).body("application/json", &list.to_string());
    let listed = listed.service(Service::Identity);
    tenancy.fault(listed.target_contains("/domains"));
    let both = format!("{url},{home_region_url}");
    let summary = tenancy.set("AUDIT_DOMAIN_URLS", &both).audit().await;
    assert_eq!(summary.run.domains.len(), 1);
    assert_eq!(summary.run.credentials, 18);
}

#[tokio::test]
async fn a_domain_that_refuses_to_sort_is_read_one_page_after_another() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 1000, 3)));
    tenancy
        .sim
        .misbehave_everywhere(DEFAULT, Misbehaviour::RefuseSort);
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, "COMPLETE");
    assert_eq!(modes(&summary), ["unsorted"]);
    assert_eq!(requests_by_list(&tenancy), [2, 4, 3, 3, 3, 4, 3]);
    assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 0);
    let connections: Vec<_> = tenancy.requests_for(ApiKeys);
    for pair in connections[1..].windows(2) {
        assert!(pair[0].at <= pair[1].at);
    }
}

#[tokio::test]
async fn a_domain_that_forbids_unfiltered_lists_is_read_with_the_fewest_requests_the_ladder_allows()
{
    for (status, refused) in [(405, 1), (400, 2)] {
        let tenancy = InProcess::generated(1000, 5);
        tenancy
            .sim
            .misbehave_everywhere(DEFAULT, Misbehaviour::RefuseUnfiltered(status));
        let summary = tenancy.audit().await;
        assert_eq!(summary.run.verdict, "COMPLETE");
        assert_eq!(modes(&summary), ["filtered_by_date"]);
        assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 0);
        let directory = tenancy.sim.directory(DEFAULT);
        // The users fill a page, and somebody who is not among them holds something: one look goes behind it.
        let mut fewest = vec![refused + 2];
        for credential_type in ResourceType::CREDENTIALS {
            let (dated, undated): (Vec<_>, Vec<_>) = directory
                .credentials(credential_type)
                .iter()
                .partition(|credential| has_date(credential));
            // What has no readable date passes no filter by date; users who claim such are asked for it, 50 at a time.
            let holders: BTreeSet<_> = undated.iter().map(|it| it.holder.id.as_str()).collect();
            fewest.push(refused + dated.len().div_ceil(1000) + holders.len().div_ceil(50));
        }
        // 405 asks for a filter; 400 may be about the sort, so the list without it is asked for once.
        assert_eq!(requests_by_list(&tenancy), fewest, "{status}");
    }
}

#[tokio::test]
async fn what_no_filter_by_date_shows_is_a_gap_where_users_cannot_tell_of_it() {
    let [undated, held] = ["jane.roe@example.com", "john.roe@example.com"].map(User::named);
    let domain = Domain::named(DEFAULT)
        .credential(Credential::of(&undated, ApiKeys, 0, LONG_AGO).without_created())
        .credential(Credential::of(&held, ApiKeys, 0, LONG_AGO))
        .user(undated)
        .user(held);
    let dev = even_domain("Dev", 1, 1);
    let tenancy = InProcess::serve(Tenancy::empty().domain(domain).domain(dev));
    tenancy
        .sim
        .misbehave(DEFAULT, ApiKeys, Misbehaviour::RefuseUnfiltered(405));
    tenancy
        .sim
        .misbehave(DEFAULT, Users, Misbehaviour::Deny(403));
    let summary = tenancy.audit().await;
    let keys = coverage(&summary, "api_keys");
    assert_eq!(keys.mode.as_deref(), Some("filtered_by_date"));
    assert_eq!((keys.read, keys.expected), (Some(1), Some(1)));
    assert_eq!(
        keys.gaps,
        [
            "asked with a filter that rows without a date do not pass, and not all users could be read"
        ]
    );
    assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 1);
}

/// Whether the simulator can compare its date.
fn has_date(credential: &Credential) -> bool {
    let date = credential.created.as_deref().unwrap_or_default();
    date.parse::<chrono::DateTime<chrono::Utc>>().is_ok()
}

fn refuse_lists_of(tenancy: &InProcess, credential_type: ResourceType, status: u16) {
    let everything = Misbehaviour::RefuseUnfiltered(status);
    tenancy.sim.misbehave(DEFAULT, credential_type, everything);
    let by_date = Misbehaviour::RefuseFilter("meta.created".to_owned());
    tenancy.sim.misbehave(DEFAULT, credential_type, by_date);
}

#[tokio::test]
async fn where_no_list_of_a_domain_is_given_only_users_who_hold_something_are_asked_for_in_chunks()
{
    for (status, refused) in [(405, 3), (400, 4)] {
        // Of 400 users 120 hold an API key.
        let mut domain = even_domain(DEFAULT, 400, 0);
        for number in 0..120 {
            let user = User::named(&format!("user-{:05}@example.com", number * 3));
            domain = domain.credential(Credential::of(&user, ApiKeys, 0, LONG_AGO));
        }
        let tenancy = InProcess::serve(Tenancy::empty().domain(domain));
        refuse_lists_of(&tenancy, ApiKeys, status);
        let summary = tenancy.audit().await;
        let keys = coverage(&summary, "api_keys");
        assert_eq!(keys.mode.as_deref(), Some("user_chunks"));
        assert_eq!((keys.read, keys.expected), (Some(120), Some(120)));
        assert_eq!(summary.run.verdict, "COMPLETE");
        assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 0);
        let requests = tenancy.requests_for(ApiKeys);
        let searches = requests.iter().filter(|it| it.method == "POST").count();
        assert_eq!((requests.len(), searches), (refused + 3, 3), "{status}");
    }
}

#[tokio::test]
async fn where_chunks_are_refused_users_are_asked_one_by_one() {
    for status in [400, 405, 413] {
        let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 120, 1)));
        refuse_lists_of(&tenancy, AuthTokens, 405);
        tenancy.fault(
            Fault::scim_error(status, "no")
                .resource_type(AuthTokens)
                .method("POST"),
        );
        let summary = tenancy.audit().await;
        let tokens = coverage(&summary, "auth_tokens");
        assert_eq!(tokens.mode.as_deref(), Some("single_users"), "{status}");
        assert_eq!(tokens.read, Some(120));
        assert_eq!(summary.run.verdict, "COMPLETE");
        assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 0);
        // Unfiltered, by date sorted and unsorted, one chunk, and a request a user.
        assert_eq!(
            tenancy.requests_for(AuthTokens).len(),
            3 + 1 + 120,
            "{status}"
        );
    }
}

#[tokio::test]
async fn where_one_chunk_is_too_large_its_users_and_those_behind_it_are_asked_one_by_one() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 1000, 1)));
    refuse_lists_of(&tenancy, AuthTokens, 405);
    tenancy.fault(
        Fault::scim_error(413, "too large")
            .resource_type(AuthTokens)
            .method("POST")
            .nth(3),
    );
    let summary = tenancy.audit().await;
    let tokens = coverage(&summary, "auth_tokens");
    assert_eq!(tokens.mode.as_deref(), Some("single_users"));
    assert_eq!(summary.run.verdict, "COMPLETE");
    assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 0);
    // Chunks that were under way with the one that was refused are not asked for again.
    assert!(tenancy.requests_for(AuthTokens).len() < 3 + 20 + 1000);
}

#[tokio::test]
async fn lower_rungs_go_side_by_side() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 1000, 1)));
    for credential_type in ResourceType::CREDENTIALS {
        refuse_lists_of(&tenancy, credential_type, 405);
    }
    tenancy
        .sim
        .faults()
        .set_latency(std::time::Duration::from_millis(200));
    let started = tokio::time::Instant::now();
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, "COMPLETE");
    assert_eq!(modes(&summary), ["bulk", "user_chunks"]);
    assert_eq!(requests_by_list(&tenancy), [1, 23, 23, 23, 23, 23, 23]);
    // 139 requests of 200 ms one after another would be 28 s; a busy machine must not fail what is right.
    assert!(
        started.elapsed().as_secs_f64() < 15.0,
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn on_the_last_rung_a_user_whose_own_read_failed_keeps_a_row_and_the_kind_is_partial() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 60, 1)))
        .set("AUDIT_CREDENTIAL_TYPES", "api_keys");
    refuse_lists_of(&tenancy, ApiKeys, 405);
    tenancy.fault(
        Fault::scim_error(400, "no")
            .resource_type(ApiKeys)
            .method("POST"),
    );
    let unlucky = tenancy.sim.directory(DEFAULT).users()[7].id().to_owned();
    tenancy.fault(
        Fault::status(403)
            .resource_type(ApiKeys)
            .target_contains(&unlucky),
    );
    let summary = tenancy.audit().await;
    let keys = coverage(&summary, "api_keys");
    assert_eq!(
        (keys.read, keys.mode.as_deref()),
        (Some(59), Some("single_users"))
    );
    assert_eq!(keys.error.as_deref(), Some("UNAUTHORIZED"));
    assert_eq!(summary.run.verdict, "PARTIAL");
    assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 1);
    let (_, csv) = tenancy.newest("expiry-Default.csv");
    let csv = String::from_utf8(csv).expect("text");
    let row = csv.lines().find(|line| line.starts_with("user-00007@"));
    assert!(row.is_some_and(|row| row.contains("UNAUTHORIZED")), "{csv}");
}

#[tokio::test]
async fn a_missing_right_never_descends_and_is_named() {
    for status in [401, 403, 404] {
        for deny in [
            Misbehaviour::Deny(status),
            Misbehaviour::DenyByGateway(status),
        ] {
            let tenancy = InProcess::generated(60, 3);
            tenancy.sim.misbehave(DEFAULT, ApiKeys, deny);
            let summary = tenancy.audit().await;
            assert_eq!(tenancy.requests_for(ApiKeys).len(), 1, "{status}");
            let keys = coverage(&summary, "api_keys");
            let error = if status == 404 {
                "ERROR:404"
            } else {
                "UNAUTHORIZED"
            };
            assert_eq!(keys.error.as_deref(), Some(error));
            let message = keys.message.as_deref().expect("a sentence");
            assert!(message.contains("to read users in tenancy"), "{message}");
            assert!(tenancy.assert_nothing_unread_is_uncounted(&summary) > 0);
        }
    }
}

#[tokio::test]
async fn lower_rungs_reach_whoever_a_credential_of_another_kind_names() {
    let (user, gone) = (
        User::named("here@example.com"),
        User::named("gone@example.com"),
    );
    let mut domain = Domain::named(DEFAULT);
    for holder in [&user, &gone] {
        for credential_type in [ApiKeys, AuthTokens] {
            domain = domain.credential(Credential::of(holder, credential_type, 0, LONG_AGO));
        }
    }
    let tenancy = InProcess::serve(Tenancy::empty().domain(domain.user(user)));
    refuse_lists_of(&tenancy, AuthTokens, 405);
    let summary = tenancy.audit().await;
    assert_eq!(coverage(&summary, "auth_tokens").read, Some(2));
    assert_eq!((summary.run.credentials, summary.run.unlinked), (4, 2));
}

// --- pages ---

/// 2,500 OAuth 2.0 client credentials of 250 users, with these misbehaviours of their list.
async fn clients_with(misbehaviours: &[Misbehaviour]) -> (InProcess, Summary) {
    let tenancy = InProcess::serve(Tenancy::empty().domain(clients()))
        .set("AUDIT_CREDENTIAL_TYPES", "oauth2_client_credentials");
    for misbehaviour in misbehaviours {
        tenancy
            .sim
            .misbehave(DEFAULT, OAuth2ClientCredentials, misbehaviour.clone());
    }
    let summary = tenancy.audit().await;
    (tenancy, summary)
}

#[tokio::test]
async fn however_a_server_pages_what_is_complete_is_complete() {
    use Misbehaviour::*;
    let cases: [(&[Misbehaviour], usize); 12] = [
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
    for (misbehaviours, most) in cases {
        let (tenancy, summary) = clients_with(misbehaviours).await;
        let clients = coverage(&summary, "oauth2_client_credentials");
        assert!(is_complete(clients), "{misbehaviours:?}: {clients:?}");
        assert_eq!(
            (clients.read, clients.expected),
            (Some(2500), Some(2500)),
            "{misbehaviours:?}"
        );
        assert_eq!(summary.run.credentials, 2500, "{misbehaviours:?}");
        assert_eq!(summary.run.verdict, "COMPLETE");
        assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 0);
        let requests = tenancy.requests_for(OAuth2ClientCredentials).len();
        assert!(requests <= most, "{misbehaviours:?}: {requests} requests");
    }
}

#[tokio::test]
async fn what_is_not_complete_is_partial_with_the_number_missing_and_ends() {
    use Misbehaviour::*;
    let cases: [(&[Misbehaviour], u64, &str, usize); 7] = [
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
    for (misbehaviours, read, gap, most) in cases {
        let (tenancy, summary) = clients_with(misbehaviours).await;
        let clients = coverage(&summary, "oauth2_client_credentials");
        assert_eq!(clients.read, Some(read), "{misbehaviours:?}: {clients:?}");
        assert!(
            clients.gaps.iter().any(|it| it.contains(gap)),
            "{misbehaviours:?}: {clients:?}"
        );
        assert_eq!(summary.run.verdict, "PARTIAL", "{misbehaviours:?}");
        assert_eq!(
            tenancy.assert_nothing_unread_is_uncounted(&summary),
            2500 - read
        );
        let requests = tenancy.requests_for(OAuth2ClientCredentials).len();
        assert!(requests <= most, "{misbehaviours:?}: {requests} requests");
    }
}

#[tokio::test]
async fn a_total_that_is_too_low_by_whole_pages_is_found_out() {
    // Users claim what they hold, so one more look goes to the true end.
    let (tenancy, summary) = clients_with(&[Misbehaviour::TotalResults(-500)]).await;
    assert_eq!(
        coverage(&summary, "oauth2_client_credentials").read,
        Some(2500)
    );
    assert_eq!(
        summary.run.verdict, "PARTIAL",
        "its count cannot be trusted"
    );
    assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 0);

    // Where users tell nothing, the page behind the last full one is asked for.
    let tenancy = InProcess::serve(Tenancy::empty().domain(clients()))
        .set("AUDIT_CREDENTIAL_TYPES", "oauth2_client_credentials");
    tenancy.sim.misbehave(
        DEFAULT,
        OAuth2ClientCredentials,
        Misbehaviour::TotalResults(-500),
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
    assert_eq!(summary.run.verdict, "PARTIAL");
    assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 0);
}

#[tokio::test]
async fn a_total_of_users_that_is_too_low_by_whole_pages_is_found_out_by_who_holds_credentials() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 2000, 1)))
        .set("AUDIT_CREDENTIAL_TYPES", "api_keys");
    let too_low = Misbehaviour::TotalResults(-1000);
    tenancy.sim.misbehave(DEFAULT, Users, too_low);
    let summary = tenancy.audit().await;
    let users = &summary.run.domains[0].users_coverage;
    assert_eq!(users.read, Some(2000), "{users:?}");
    assert_eq!(summary.run.unlinked, 0, "they are listed, behind the end");
    assert_eq!(summary.run.verdict, "PARTIAL", "{users:?}");
}

/// Answers whatever is asked by `answer`, which is told the target and how many requests there were before.
#[expect(
    clippy::expect_used,
    reason = "a test that cannot be set up has to fail"
)]
async fn stand_in(answer: fn(&str, usize) -> String) -> String {
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
async fn a_list_without_an_end_that_tells_no_total_is_left_with_a_gap() {
    let url = stand_in(|target, count| {
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
    assert!(
        keys.gaps[0].contains("did not say how many there are"),
        "{keys:?}"
    );
    assert_eq!(summary.run.verdict, "PARTIAL");
}

#[tokio::test]
async fn totals_that_make_no_sense_neither_stop_the_program_nor_pass() {
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
        assert_eq!(summary.run.verdict, "PARTIAL", "{total}");
        // The first page, four side by side and as many that replaced them meanwhile, and the list once more.
        let requests = tenancy.requests_for(ApiKeys).len();
        assert!(requests <= 12, "{total}: {requests}");
    }
}

// --- drift ---

#[tokio::test]
async fn rows_that_come_and_go_between_pages_are_noticed_and_read_once_more() {
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
        // The order is by OCID, so what leaves and comes moves the rows in between.
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
        assert_eq!(
            tenancy.assert_nothing_unread_is_uncounted(&summary),
            0,
            "{name}"
        );
        let keys = coverage(&summary, "customer_secret_keys");
        assert!(keys.read >= Some(1199), "{name}: {keys:?}");
        assert!(
            tenancy.requests_for(CustomerSecretKeys).len() <= 10,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_list_that_never_holds_still_is_partial_and_ends() {
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
    assert_eq!(summary.run.verdict, "PARTIAL");
    assert!(tenancy.requests_for(ApiKeys).len() <= 12);
}

// --- what users claim to hold ---

#[tokio::test]
async fn a_list_that_shows_nothing_while_users_hold_something_is_partial_after_one_more_look() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 37, 1)));
    tenancy
        .sim
        .misbehave(DEFAULT, ApiKeys, Misbehaviour::OmitRows(1));
    let summary = tenancy.audit().await;
    let keys = coverage(&summary, "api_keys");
    assert_eq!(
        keys.cross_check,
        Some(CrossCheck::Missing {
            listed: 0,
            claimed: 37
        })
    );
    assert_eq!(summary.run.verdict, "PARTIAL");
    assert_eq!(tenancy.requests_for(ApiKeys).len(), 2);
    assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 37);
    assert_eq!(
        coverage(&summary, "auth_tokens").cross_check,
        Some(CrossCheck::Ok)
    );
}

#[tokio::test]
async fn what_was_read_counts_also_where_one_more_look_is_refused() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 40, 1)));
    tenancy
        .sim
        .misbehave(DEFAULT, ApiKeys, Misbehaviour::OmitRows(4));
    tenancy.fault(Fault::status(403).resource_type(ApiKeys).nth(2));
    let summary = tenancy.audit().await;
    let keys = coverage(&summary, "api_keys");
    assert_eq!((keys.read, keys.expected), (Some(30), Some(30)), "{keys:?}");
    assert_eq!(keys.error.as_deref(), Some("UNAUTHORIZED"));
    assert_eq!(
        keys.cross_check,
        Some(CrossCheck::Missing {
            listed: 30,
            claimed: 10
        })
    );
    assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 10);
}

#[tokio::test]
async fn what_users_claim_beyond_a_list_is_counted() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 1000, 2)));
    tenancy
        .sim
        .misbehave(DEFAULT, AuthTokens, Misbehaviour::OmitRows(100));
    let summary = tenancy.audit().await;
    let tokens = coverage(&summary, "auth_tokens");
    assert_eq!(
        tokens.cross_check,
        Some(CrossCheck::Missing {
            listed: 1980,
            claimed: 20
        })
    );
    assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 20);
}

#[tokio::test]
async fn a_claim_without_a_readable_id_is_a_claim_all_the_same() {
    for claim in [
        r#"[{"value":null}]"#,
        r#"[7]"#,
        r#"{"value":"k1"}"#,
        r#""k1""#,
    ] {
        let mut tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 1, 1)));
        tenancy = tenancy.set("AUDIT_CREDENTIAL_TYPES", "api_keys");
        let id = tenancy.sim.directory(DEFAULT).users()[0].id().to_owned();
        let claims = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User";
        let body = format!(
            r#"{{"totalResults":1,"Resources":[{{"id":"{id}","userName":"a","{claims}":{{"apiKeys":{claim}}}}}]}}"#
        );
        tenancy.fault(
            Fault::status(200)
                .body("application/scim+json", &body)
                .resource_type(Users),
        );
        refuse_lists_of(&tenancy, ApiKeys, 405);
        let summary = tenancy.audit().await;
        assert_eq!(coverage(&summary, "api_keys").read, Some(1), "{claim}");
        assert_eq!(
            tenancy.assert_nothing_unread_is_uncounted(&summary),
            0,
            "{claim}"
        );
    }
}
