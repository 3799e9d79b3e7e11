//! The strategies for a list that is refused: without a sort, by date, in chunks of users, user by user.

use std::collections::BTreeSet;

use crate::common::in_process::InProcess;
use crate::common::{LONG_AGO, even_domain};
use credential_audit::model::Verdict;
use credential_audit::summary::Summary;
use tenancy_sim::{Credential, Domain, Fault, Misbehavior, ResourceType, Tenancy, User};

use super::{DEFAULT, coverage, refuse_lists_of, requests_by_list};
use ResourceType::{ApiKeys, AuthTokens, OAuth2ClientCredentials, Users};

fn modes(summary: &Summary) -> Vec<&str> {
    let domain = &summary.run.domains[0];
    let lists = std::iter::once(&domain.users_coverage).chain(domain.coverage.values());
    let mut modes: Vec<_> = lists.filter_map(|list| list.mode.as_deref()).collect();
    modes.dedup();
    modes
}

#[tokio::test]
async fn list_is_read_in_pages_of_a_thousand_rows() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 1000, 3)));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(modes(&summary), ["bulk"]);
    // 3,000 API keys and OAuth 2.0 client credentials, 2,000 of the other types.
    assert_eq!(requests_by_list(&tenancy), [1, 3, 2, 2, 2, 3, 2]);
    assert_eq!(summary.run.credentials, 14_000);
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
}

#[tokio::test]
async fn refused_sort_is_read_page_by_page() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 1000, 3)));
    tenancy
        .sim
        .misbehave_everywhere(DEFAULT, Misbehavior::RefuseSort);
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(modes(&summary), ["unsorted"]);
    assert_eq!(requests_by_list(&tenancy), [2, 4, 3, 3, 3, 4, 3]);
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
    let connections: Vec<_> = tenancy.requests_for(ApiKeys);
    for pair in connections[1..].windows(2) {
        assert!(pair[0].at <= pair[1].at);
    }
}

#[tokio::test]
async fn refused_unfiltered_list_is_read_by_date_with_fewest_requests() {
    for (status, refused) in [(405, 1), (400, 2)] {
        let tenancy = InProcess::generated(1000, 5);
        tenancy
            .sim
            .misbehave_everywhere(DEFAULT, Misbehavior::RefuseUnfiltered(status));
        let summary = tenancy.audit().await;
        assert_eq!(summary.run.verdict, Verdict::Complete);
        assert_eq!(modes(&summary), ["filtered_by_date"]);
        assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
        let directory = tenancy.sim.directory(DEFAULT);
        // The users fill a page, and a credential names a user who is not listed: one more page is requested, users without a
        // date, and that user by its id.
        let mut fewest = vec![refused + 4];
        for credential_type in ResourceType::CREDENTIALS {
            let (dated, undated): (Vec<_>, Vec<_>) = directory
                .credentials(credential_type)
                .iter()
                .partition(|credential| has_date(credential));
            // A filter by date omits undated rows. Users who claim some are queried, 50 per request.
            let holders: BTreeSet<_> = undated
                .iter()
                .map(|credential| credential.holder.id.as_str())
                .collect();
            // Users without claims may hold undated rows, too: one more request.
            fewest.push(refused + dated.len().div_ceil(1000) + holders.len().div_ceil(50) + 1);
        }
        // 405 demands a filter. 400 may be about the sort, so one request is without it.
        assert_eq!(requests_by_list(&tenancy), fewest, "{status}");
    }
}

#[tokio::test]
async fn list_is_read_without_optional_attributes_that_are_refused() {
    let refusals = [
        (Users, "lastModified"),
        (Users, "serviceUser"),
        (ApiKeys, "idcsCreatedBy"),
        (OAuth2ClientCredentials, "scopes"),
    ];
    for (list, attribute) in refusals {
        let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 1000, 3)));
        let refuse = Misbehavior::RefuseAttribute(attribute.to_owned());
        tenancy.sim.misbehave(DEFAULT, list, refuse);
        let summary = tenancy.audit().await;
        assert_eq!(summary.run.verdict, Verdict::Complete, "{attribute}");
        assert_eq!(modes(&summary), ["bulk"], "{attribute}");
        assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
        // Four strategies are refused. After the retry, no request has the attribute.
        let requests = tenancy.requests_for(list);
        let mut with_it = requests.clone();
        with_it.retain(|request| request.target.contains(attribute));
        assert_eq!(with_it.len(), 4, "{attribute}");
        assert!(requests.len() > with_it.len());
    }
}

#[tokio::test]
async fn required_attribute_that_is_refused_is_retried_once_and_then_read_by_user() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 10, 1)));
    let refuse = Misbehavior::RefuseAttribute("fingerprint".to_owned());
    tenancy.sim.misbehave(DEFAULT, ApiKeys, refuse);
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Partial);
    let lists = tenancy.requests_for(ApiKeys);
    let whole = lists
        .iter()
        .filter(|request| !request.target.contains("user.value%20eq"));
    assert_eq!(whole.filter(|request| request.method == "GET").count(), 5);
    assert!(coverage(&summary, "api_keys").error.is_some());
}

#[tokio::test]
async fn undated_rows_are_a_gap_if_users_are_not_read() {
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
        .misbehave(DEFAULT, ApiKeys, Misbehavior::RefuseUnfiltered(405));
    tenancy
        .sim
        .misbehave(DEFAULT, Users, Misbehavior::Deny(403));
    let summary = tenancy.audit().await;
    let keys = coverage(&summary, "api_keys");
    assert_eq!(keys.mode.as_deref(), Some("filtered_by_date"));
    assert_eq!((keys.read, keys.expected), (Some(1), Some(1)));
    assert_eq!(
        keys.gaps,
        [
            "listed with a date filter, which hides rows without a date, and not all users could be read"
        ]
    );
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 1);
}

/// Whether the simulator can compare the date.
fn has_date(credential: &Credential) -> bool {
    let date = credential.created.as_deref().unwrap_or_default();
    date.parse::<chrono::DateTime<chrono::Utc>>().is_ok()
}

#[tokio::test]
async fn refused_list_is_read_in_chunks_of_users_who_may_have_credentials() {
    // After a 400 for every strategy, one request is without the optional attributes.
    for (status, refused) in [(405, 3), (400, 5)] {
        // 120 of 400 users have an API key, 200 others claim an auth token alone, and 80 claim nothing at all.
        let mut domain = even_domain(DEFAULT, 400, 0);
        for number in 0..320 {
            let user = User::named(&format!("user-{number:05}@example.com"));
            let credential_type = if number < 120 { ApiKeys } else { AuthTokens };
            domain = domain.credential(Credential::of(&user, credential_type, 0, LONG_AGO));
        }
        let tenancy = InProcess::serve(Tenancy::empty().domain(domain));
        refuse_lists_of(&tenancy, ApiKeys, status);
        let summary = tenancy.audit().await;
        let keys = coverage(&summary, "api_keys");
        assert_eq!(keys.mode.as_deref(), Some("user_chunks"));
        assert_eq!((keys.read, keys.expected), (Some(120), Some(120)));
        assert_eq!(summary.run.verdict, Verdict::Complete);
        assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
        let requests = tenancy.requests_for(ApiKeys);
        let searches = requests
            .iter()
            .filter(|request| request.method == "POST")
            .count();
        assert_eq!((requests.len(), searches), (refused + 4, 4), "{status}");
    }
}

#[tokio::test]
async fn refused_chunks_are_read_user_by_user() {
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
        assert_eq!(summary.run.verdict, Verdict::Complete);
        assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
        // Unfiltered, by date sorted and unsorted, one chunk, and one request per user.
        assert_eq!(
            tenancy.requests_for(AuthTokens).len(),
            3 + 1 + 120,
            "{status}"
        );
    }
}

#[tokio::test]
async fn users_after_a_too_large_chunk_are_read_one_by_one() {
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
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
    // Chunks requested concurrently with the refused one are not repeated.
    assert!(tenancy.requests_for(AuthTokens).len() < 3 + 20 + 1000);
}

#[tokio::test]
async fn user_chunks_are_requested_concurrently() {
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
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(modes(&summary), ["bulk", "user_chunks"]);
    // No list of credentials confirms the users, who fill a page: one more page is requested.
    assert_eq!(requests_by_list(&tenancy), [2, 23, 23, 23, 23, 23, 23]);
    // 139 sequential requests of 200 ms would take 28 s. The limit leaves room for a busy machine.
    assert!(
        started.elapsed().as_secs_f64() < 15.0,
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn failed_read_of_one_user_keeps_a_row_and_makes_type_partial() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain(DEFAULT, 60, 1)))
        .set("AUDIT_CREDENTIAL_TYPES", "api_keys");
    refuse_lists_of(&tenancy, ApiKeys, 405);
    tenancy.fault(
        Fault::scim_error(400, "no")
            .resource_type(ApiKeys)
            .method("POST"),
    );
    let refused = tenancy.sim.directory(DEFAULT).users()[7].id().to_owned();
    tenancy.fault(
        Fault::status(403)
            .resource_type(ApiKeys)
            .target_contains(&refused),
    );
    let summary = tenancy.audit().await;
    let keys = coverage(&summary, "api_keys");
    assert_eq!(
        (keys.read, keys.mode.as_deref()),
        (Some(59), Some("single_users"))
    );
    assert_eq!(keys.error.as_deref(), Some("UNAUTHORIZED"));
    assert_eq!(summary.run.verdict, Verdict::Partial);
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 1);
    let (_, csv) = tenancy.newest("expiry-Default.csv");
    let csv = String::from_utf8(csv).expect("text");
    let row = csv.lines().find(|line| line.starts_with("user-00007@"));
    assert!(row.is_some_and(|row| row.contains("UNAUTHORIZED")), "{csv}");
}

#[tokio::test]
async fn missing_permission_tries_no_fallback_and_is_named() {
    for status in [401, 403, 404] {
        for deny in [
            Misbehavior::Deny(status),
            Misbehavior::DenyByGateway(status),
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
            let message = keys.message.as_deref().expect("a message");
            assert!(message.contains("to read users in tenancy"), "{message}");
            assert!(tenancy.assert_all_accounted_for(&summary) > 0);
        }
    }
}

#[tokio::test]
async fn fallback_reads_users_named_by_credentials_of_another_type() {
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
    assert_eq!((summary.run.credentials, summary.run.unlisted), (4, 2));
}
