//! Reads one identity domain: users and credentials, concurrently.

use std::sync::{Arc, PoisonError};

use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::rate_limiter::{RateLimitSetting, RateLimiter};
use crate::model::{Domain, DomainReading, ListCoverage, ListGap, TypeReading};
use crate::oci::scim::by_users::UserToQuery;
use crate::oci::scim::credential_listing::CredentialListing;
use crate::oci::scim::fallback::{StrategyResult, list_by_strategies};
use crate::oci::scim::progress::DomainProgress;
use crate::oci::scim::{DomainClient, Extent, Query};
use crate::oci::scim::{SharedHolders, UserSink, user_attributes};

/// What reading needs, in every domain of a run.
#[derive(Clone, Debug)]
pub struct ReadContext {
    /// Signs and sends requests.
    pub client: Arc<SignedClient>,
    /// Bounds the concurrent requests of the whole run.
    pub slots: Arc<Semaphore>,
    /// When reading ends.
    pub deadline: Deadline,
    /// The types to read.
    pub credential_types: CredentialTypes,
    /// The rate limit of each domain.
    pub rate_limit: RateLimitSetting,
}

/// How to read one domain.
#[derive(Clone, Debug)]
pub struct DomainToRead {
    /// Its base URL.
    pub endpoint: Endpoint,
    /// Its rate limit, which may change after the first requests.
    pub rate_limiter: Arc<RateLimiter>,
    /// Receives the progress.
    pub progress: DomainProgress,
}

/// Reads a domain. The result reports what could not be read.
pub async fn read_domain(
    context: &ReadContext,
    domain: Domain,
    to_read: DomainToRead,
) -> DomainReading {
    let client = Arc::new(DomainClient {
        client: Arc::clone(&context.client),
        endpoint: to_read.endpoint,
        rate_limiter: to_read.rate_limiter,
        deadline: context.deadline,
        slots: Arc::clone(&context.slots),
        extent: Extent::Whole,
        progress: to_read.progress,
    });
    let holders = SharedHolders::default();
    let (users, mut listings) = read_lists(&client, context.credential_types, &holders).await;
    let mut resolving = Vec::new();
    for listing in listings.iter_mut().flatten() {
        resolving.push(resolve_with_users(&client, listing, &users, &holders));
    }
    join_all(resolving).await;
    client.progress.ended();
    // Users without claims confirm nothing, not even that a type has no credentials.
    let cross_checked = users.coverage.is_complete() && users.sink.has_claims;
    let credential_types = listings.map(|listing| match listing {
        None => TypeReading::LeftOut,
        Some(listing) => {
            let missing =
                users.sink.claims[listing.credential_type().index()].missing_from(listing.sink());
            let (list, coverage, failed_users) = listing.finish(missing, cross_checked);
            TypeReading::Read {
                list,
                coverage,
                failed_users,
            }
        }
    });
    let UsersRead {
        sink,
        coverage: users_coverage,
        ..
    } = users;
    let holders = std::mem::take(&mut *holders.lock().unwrap_or_else(PoisonError::into_inner));
    DomainReading {
        domain,
        users: sink.list,
        users_coverage,
        credential_types,
        holders,
    }
}

/// The users of a domain, and how they were read.
pub(crate) struct UsersRead {
    pub(crate) sink: UserSink,
    pub(crate) coverage: ListCoverage,
    /// The list, until it is probed past its end.
    unprobed: Option<StrategyResult>,
}

impl UsersRead {
    /// Probes the list past its end, once, if a credential names a user who is not listed. A total that is too low by whole
    /// pages agrees with its list, and its missing users would pass for deleted ones.
    async fn probe_past_end(&mut self, client: &DomainClient, holders: &SharedHolders) {
        let known = holders.lock().unwrap_or_else(PoisonError::into_inner).len();
        if !self.coverage.is_complete() || known <= self.sink.list.rows.len() {
            return;
        }
        if let Some(mut listed) = self.unprobed.take() {
            listed.list = client
                .probe_past_end(&listed.query, &listed.list, &mut self.sink)
                .await;
            self.coverage = coverage_of_users(&listed);
        }
    }
}

/// Reads all lists of a domain concurrently, one task per list, so that one is parsed while others wait for responses.
/// Dropping this future cancels the tasks.
async fn read_lists(
    client: &Arc<DomainClient>,
    credential_types: CredentialTypes,
    holders: &SharedHolders,
) -> (
    UsersRead,
    [Option<CredentialListing>; CREDENTIAL_TYPES.len()],
) {
    let mut tasks = JoinSet::new();
    for credential_type in credential_types.iter() {
        let (client, holders) = (Arc::clone(client), Arc::clone(holders));
        tasks
            .spawn(async move { CredentialListing::read(&client, credential_type, holders).await });
    }
    let mut users = read_users(client, holders).await;
    // Early, while other lists are still being read, if their holders already show that a user is missing.
    users.probe_past_end(client, holders).await;
    let mut listings = std::array::from_fn(|_| None);
    while let Some(result) = tasks.join_next().await {
        match result {
            Ok(listing) => {
                let index = listing.credential_type().index();
                listings[index] = Some(listing);
            }
            Err(error) => {
                tracing::error!(%error, "a list could not be read: a fault of this program");
            }
        }
    }
    // A list whose task panicked is a failure, never a type that was left out.
    for credential_type in credential_types
        .iter()
        .filter(|credential_type| listings[credential_type.index()].is_none())
        .collect::<Vec<_>>()
    {
        listings[credential_type.index()] = Some(CredentialListing::without_result(
            credential_type,
            Arc::clone(holders),
        ));
    }
    users.probe_past_end(client, holders).await;
    (users, listings)
}

/// Reads the users of a domain.
pub(crate) async fn read_users(client: &DomainClient, holders: &SharedHolders) -> UsersRead {
    let mut sink = UserSink::new(Arc::clone(holders));
    let list = Query::all("Users", user_attributes());
    match list_by_strategies(client, &list, &mut sink).await {
        Ok(listed) => UsersRead {
            sink,
            coverage: coverage_of_users(&listed),
            unprobed: Some(listed),
        },
        Err(failure) => UsersRead {
            sink,
            coverage: ListCoverage::failed(failure),
            unprobed: None,
        },
    }
}

fn coverage_of_users(StrategyResult { strategy, list, .. }: &StrategyResult) -> ListCoverage {
    let mut coverage = list.clone().into_coverage(strategy.mode());
    if coverage.read == 0 && coverage.failure.is_none() {
        coverage.gaps.push(ListGap::NoUserVisible);
    }
    coverage
}

/// Finishes a list with the help of the users: queries a refused list by user, and re-reads or probes a list that users do
/// not confirm.
async fn resolve_with_users(
    client: &DomainClient,
    listing: &mut CredentialListing,
    users: &UsersRead,
    holders: &SharedHolders,
) {
    let credential_type = listing.credential_type();
    if listing.needs_users() {
        if users.sink.list.rows.is_empty() {
            return;
        }
        let to_query = users_to_query(credential_type, users, holders);
        let claims = &users.sink.claims[credential_type.index()];
        let claimed = users.sink.has_claims.then(|| claims.len());
        client
            .progress
            .read_in_parts(credential_type.row().segment, claimed);
        listing.query_by_users(client, &to_query).await;
        if !users.coverage.is_complete() {
            listing.add_gap(ListGap::ListedByIncompleteUsers);
        }
    } else if listing.reached_end() {
        if users.sink.claims[credential_type.index()].missing_from(listing.sink()) > 0 {
            let claimants = claimants(listing, users, holders);
            listing.reread(client, &claimants).await;
        } else if !users.coverage.is_complete() || !users.sink.has_claims {
            listing.probe_past_end(client).await;
        }
        if listing.is_filtered_by_date() && !users.coverage.is_complete() {
            listing.add_gap(ListGap::FilteredByDateWithIncompleteUsers);
        }
    }
}

/// The users to query for credentials of a type: users who claim one (if no user has claims: every user), and holders who are
/// known only from a credential of another type.
fn users_to_query(
    credential_type: CredentialType,
    users: &UsersRead,
    holders: &SharedHolders,
) -> Vec<UserToQuery> {
    let holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
    let mut has_none = vec![false; holders.len()];
    for user in &users.sink.list.rows {
        has_none[user.holder.position()] =
            users.sink.has_claims && !user.claims.contains(credential_type);
    }
    holders
        .all()
        .filter(|(holder, _)| !has_none[holder.position()])
        .map(|(holder, id)| UserToQuery {
            holder,
            id: id.to_owned(),
        })
        .collect()
}

/// Users who claim a credential that the list lacks.
fn claimants(
    listing: &CredentialListing,
    users: &UsersRead,
    holders: &SharedHolders,
) -> Vec<UserToQuery> {
    let holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
    users.sink.claims[listing.credential_type().index()]
        .users_missing_from(listing.sink())
        .filter_map(|row| users.sink.list.rows.get(row))
        .map(|user| UserToQuery {
            holder: user.holder,
            id: holders.id(user.holder).to_owned(),
        })
        .collect()
}
