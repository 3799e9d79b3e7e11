//! Checks IAM and identity domains: finds the domains, and lists users and credentials of each type.

use std::sync::{Arc, PoisonError};

use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt, stream};

use crate::credential_type::{CredentialType, CredentialTypes, READ_USERS};
use crate::http::deadline::StageDeadlines;
use crate::http::rate_limiter::RateLimiter;
use crate::judge::coverage_gap::GapCause;
use crate::model::{Domain, ListCoverage, ListGap, ReadFailure, ReadingMode};
use crate::oci::scim::UserSettings;
use crate::oci::scim::by_users::{USERS_PER_CHUNK, UserToQuery};
use crate::oci::scim::credential_listing::CredentialListing;
use crate::oci::scim::domain_client::{DomainClient, Extent};
use crate::oci::scim::progress::DomainProgress;
use crate::oci::scim::user_listing::UserListing;
use crate::oci::scim::{ClaimComparison, ListsUnderWay, SharedHolders};
use crate::place::Place;
use crate::remedy::Remedy;
use crate::run::domains::DomainSearchResult;
use crate::run::run_shares::RunShares;
use crate::run::search_gap::SearchGap;
use crate::run::tenancy::{MAX_CONCURRENT_DOMAINS, find_domains};
use crate::server_text::FailureText;

use super::context::Check;
use super::result::{CheckResult, Step, Subject};

/// Finds the domains and checks each.
pub(super) async fn check(check: &Check<'_>) -> Vec<Step> {
    let reading = &check.settings.reading;
    let shares = RunShares::new(reading.memory);
    let deadline = StageDeadlines::until(check.deadline, false).reading;
    let (to_read, domains) =
        find_domains(check.plan, reading, check.client, &shares, deadline).await;
    let named = check.plan.domain_urls.is_some();
    let mut steps = found(&domains, to_read.len() as u64, named, check.place());
    let (credential_types, users) = (check.plan.credential_types, &reading.users);
    let place = check.place();
    let asking: Vec<_> = to_read
        .into_iter()
        .map(|(domain, endpoint)| {
            let client = DomainClient {
                client: Arc::clone(check.client),
                endpoint,
                rate_limiter: Arc::new(RateLimiter::new(
                    reading.rate_limit.of(domain.license.as_deref()),
                )),
                deadline,
                slots: shares.slots.share(),
                memory: shares.responses.share(),
                extent: Extent::FirstPage,
                progress: DomainProgress::default(),
                rows: shares.rows.domain(),
                lists_under_way: ListsUnderWay::default(),
            };
            async move { check_domain(&client, &domain, credential_types, users, place).await }
                .boxed()
        })
        .collect();
    let mut asked = stream::iter(asking).buffered(MAX_CONCURRENT_DOMAINS);
    while let Some(in_domain) = asked.next().await {
        steps.extend(in_domain);
    }
    steps
}

/// The steps of the search for domains.
fn found(domains: &DomainSearchResult, count: u64, named: bool, place: Place) -> Vec<Step> {
    let mut steps: Vec<_> = domains
        .gaps
        .iter()
        .map(|missed| gap(missed, place))
        .collect();
    if named {
        let why = "the settings or the invocation name them";
        steps.push(Step::not_checked(Subject::Domains, why));
    } else if steps.is_empty() {
        let step = match count {
            0 => Step::new(Subject::Domains, CheckResult::UnexpectedResponse)
                .with_detail("the tenancy has no identity domain for a run to read"),
            _ => Step::new(Subject::Domains, CheckResult::Works),
        };
        steps.push(step.with_rows(Some(count)));
    }
    let skipped = domains.skipped_domains.iter();
    steps.extend(skipped.map(|domain| Step::not_checked(Subject::Domains, domain.to_string())));
    steps
}

fn gap(gap: &SearchGap, place: Place) -> Step {
    let Some(error) = &gap.error else {
        return Step::new(Subject::Domains, CheckResult::UnexpectedResponse)
            .with_detail(gap.text.clone());
    };
    let result = CheckResult::from(error.cause);
    let detail = FailureText::of(gap);
    Step::new(Subject::Domains, result)
        .with_detail(detail)
        .with_remedy(gap.remedy().as_ref(), place)
}

async fn check_domain(
    client: &DomainClient,
    domain: &Domain,
    credential_types: CredentialTypes,
    user_settings: &UserSettings,
    place: Place,
) -> Vec<Step> {
    let holders = SharedHolders::default();
    let reading = credential_types.iter().map(|credential_type| {
        CredentialListing::read(client, credential_type, Arc::clone(&holders))
    });
    let (users, mut listings) = tokio::join!(
        UserListing::read(client, Arc::clone(&holders), user_settings),
        join_all(reading)
    );
    // If a list can only be read by user, the first request of a run shows whether that works.
    let known_users = known_users(&holders);
    let by_user = listings
        .iter_mut()
        .filter(|listing| listing.needs_users() && !known_users.is_empty())
        .map(|listing| listing.query_by_users(client, &known_users));
    join_all(by_user).await;
    let mut steps = vec![users_step(&users, place)];
    for listing in listings {
        let credential_type = listing.credential_type();
        let claims = &users.sink.claims[credential_type.index()];
        let claimed = claims.len();
        // One page of users and one of the list: only claims without an id are certain to stay unconfirmed.
        let comparison = ClaimComparison {
            missing: 0,
            ..listing.sink().compare(claims)
        };
        let no_user = listing.needs_users() && known_users.is_empty();
        let (_, coverage, _) = listing.finish(comparison, false);
        steps.push(type_step(
            credential_type,
            &coverage,
            claimed,
            no_user,
            place,
        ));
    }
    let left_out = CredentialType::all()
        .filter(|credential_type| !credential_types.contains(*credential_type));
    steps.extend(left_out.map(|credential_type| {
        let why = "the settings or the invocation leave it out";
        Step::not_checked(Subject::Credentials(credential_type), why)
    }));
    let in_domain = steps.into_iter().map(|step| step.in_domain(domain));
    in_domain.collect()
}

/// The first known users and holders of credentials, as many as a run queries in one request.
fn known_users(holders: &SharedHolders) -> Vec<UserToQuery> {
    let holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
    let first = holders.all().take(USERS_PER_CHUNK);
    let to_query = first.map(|(holder, id)| UserToQuery {
        holder,
        id: id.to_owned(),
    });
    to_query.collect()
}

fn users_step(users: &UserListing, place: Place) -> Step {
    let coverage = &users.coverage();
    if let Some(failure) = &coverage.failure {
        return failed(Subject::Users, failure, READ_USERS, place);
    }
    if users.sink.list.rows.is_empty() && coverage.expected.is_none_or(|expected| expected == 0) {
        let remedy = Remedy::of_rows(READ_USERS, &ListGap::NoUserVisible);
        return Step::new(Subject::Users, CheckResult::NotVisible)
            .with_detail(
                "permitted, but no user is visible; a domain has at least one, so a permission is missing or too narrow",
            )
            .with_remedy(remedy.as_ref(), place);
    }
    listed(Subject::Users, coverage)
}

/// `claimed` is the number of credentials of this type that the users of the first page claim to hold.
fn type_step(
    credential_type: CredentialType,
    coverage: &ListCoverage,
    claimed: u64,
    no_user: bool,
    place: Place,
) -> Step {
    let subject = Subject::Credentials(credential_type);
    let permission = credential_type.row().permission;
    if let Some(failure) = &coverage.failure {
        let mut step = failed(subject, failure, permission, place);
        if no_user {
            step = step.and("listing user by user was not tried, because no user is visible");
        }
        return step;
    }
    if claimed > 0 && coverage.expected == Some(0) {
        let remedy = Remedy::of_missing_claims(permission, 0);
        return Step::new(subject, CheckResult::NotVisible)
            .with_detail(
                "permitted, but none is visible, while a user claims to hold one: a permission is missing or too narrow",
            )
            .with_remedy(remedy.as_ref(), place);
    }
    listed(subject, coverage)
}

fn failed(subject: Subject, failure: &ReadFailure, permission: &'static str, place: Place) -> Step {
    let result = CheckResult::from(failure.cause);
    let remedy = Remedy::of_list(permission, failure.cause);
    let mut detail = failure.message.clone();
    if result == CheckResult::NotAccepted {
        detail.push_str(&format!(
            "; every other request that lists a whole domain is refused too: a run reports {}",
            failure.cause.cell()
        ));
    }
    Step::new(subject, result)
        .because_of(failure.cause)
        .with_detail(detail)
        .with_remedy(remedy.as_ref(), place)
}

/// A list with a response.
fn listed(subject: Subject, coverage: &ListCoverage) -> Step {
    let unexpected =
        |detail: String| Step::new(subject, CheckResult::UnexpectedResponse).with_detail(detail);
    let step = match coverage.expected {
        _ if coverage.read == 0 && coverage.expected.is_some_and(|expected| expected > 0) => {
            unexpected("the service counts rows but returns none".to_owned())
        }
        Some(counted) if coverage.read > counted => unexpected(join(&[ListGap::TotalTooLow {
            returned: coverage.read,
            counted,
        }])),
        _ if !coverage.gaps.is_empty() => unexpected(join(&coverage.gaps)),
        _ if coverage.unreadable_claims > 0 => {
            unexpected(GapCause::UnreadableClaims(coverage.unreadable_claims).to_string())
        }
        None => unexpected(
            "the service does not return a total, so no run can verify that it read all".to_owned(),
        ),
        Some(_) => Step::new(subject, CheckResult::Works)
            .with_detail(coverage.mode.map_or("", fallback_detail)),
    };
    // The count of some users says nothing about the domain.
    let of_all = !matches!(
        coverage.mode,
        Some(ReadingMode::UserChunks | ReadingMode::SingleUsers)
    );
    step.with_rows(coverage.expected.filter(|_| of_all))
}

fn join(gaps: &[ListGap]) -> String {
    let gaps: Vec<_> = gaps.iter().map(ToString::to_string).collect();
    gaps.join("; ")
}

/// What a fallback means for a run.
const fn fallback_detail(mode: ReadingMode) -> &'static str {
    match mode {
        ReadingMode::Bulk => "",
        ReadingMode::Unsorted => {
            "a sort is not accepted: a run reads pages unsorted, one at a time"
        }
        ReadingMode::FilteredByDate => {
            "it is not accepted without a filter: a run filters by a date that every row passes"
        }
        ReadingMode::UserChunks => {
            "it is not accepted for a whole domain: a run lists 50 users at a time"
        }
        ReadingMode::SingleUsers => {
            "it is not accepted for a whole domain: a run lists user by user, with one request per user"
        }
    }
}
