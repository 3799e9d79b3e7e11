//! Reads one identity domain: users and credentials, concurrently.

use std::sync::{Arc, PoisonError};

use futures_util::future::join_all;
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::rate_limiter::{RateLimitSetting, RateLimiter};
use crate::model::{Domain, DomainReading, ListGap, OwnersReading, TypeReading};
use crate::oci::scim::by_users::UserToQuery;
use crate::oci::scim::credential_listing::CredentialListing;
use crate::oci::scim::progress::DomainProgress;
use crate::oci::scim::user_listing::UserListing;
use crate::oci::scim::{DomainClient, Extent, ListsUnderWay, SharedHolders, UserSettings};
use crate::timestamp::Timestamp;

use super::run_shares::RunShares;

/// Max users to query one by one, or in chunks, although they do not claim a credential of the type.
const MAX_USERS_WITHOUT_CLAIMS: u64 = 2_000;

/// What reading needs, in every domain of a run.
#[derive(Clone, Debug)]
pub struct ReadContext {
    /// Signs and sends requests.
    pub client: Arc<SignedClient>,
    /// What domains share.
    pub shares: RunShares,
    /// When the run started, by the clock.
    pub started: Timestamp,
    /// When reading ends.
    pub deadline: Deadline,
    /// The types to read.
    pub credential_types: CredentialTypes,
    /// What to read of users.
    pub users: UserSettings,
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
        slots: context.shares.slots.share(),
        memory: context.shares.responses.share(),
        extent: Extent::Whole,
        progress: to_read.progress,
        rows: context.shares.rows.domain(),
        lists_under_way: ListsUnderWay::default(),
    });
    let holders = SharedHolders::default();
    let (mut users, mut listings) = read_lists(&client, context, &holders).await;
    users.read_undated(&client).await;
    users
        .resolve_not_listed(&client, &read_so_far(&listings), &holders)
        .await;
    warn_of_refused_attributes(&domain, &users, &read_so_far(&listings));
    let claims = ClaimState::of(&users, &read_so_far(&listings), &holders, context.started);
    let mut resolving = Vec::new();
    for listing in listings.iter_mut().flatten() {
        resolving.push(resolve_with_users(
            &client, listing, &users, claims, &holders,
        ));
    }
    join_all(resolving).await;
    client.progress.ended();
    // A list that was read by user may show a holder who claims nothing.
    let claims = ClaimState::of(&users, &read_so_far(&listings), &holders, context.started);
    let credential_types = listings.map(|listing| match listing {
        None => TypeReading::LeftOut,
        Some(listing) => {
            let compared = listing
                .sink()
                .compare(&users.sink.claims[listing.credential_type().index()]);
            let confirmed = claims == ClaimState::All;
            let (list, coverage, failed_users) = listing.finish(compared, confirmed);
            TypeReading::Read {
                list,
                coverage,
                failed_users,
            }
        }
    });
    if users.lacks_owners(&context.users) {
        users.sink.list.owners = OwnersReading::NotReturned;
    }
    let users_coverage = users.coverage();
    users.sink.list.rows.shrink_to_fit();
    let mut holders = std::mem::take(&mut *holders.lock().unwrap_or_else(PoisonError::into_inner));
    holders.end_reading();
    DomainReading {
        domain,
        users: users.sink.list,
        users_coverage,
        credential_types,
        holders,
    }
}

/// A list without these attributes is as complete as any other. Only what depends on them is unknown.
fn warn_of_refused_attributes(
    domain: &Domain,
    users: &UserListing,
    listings: &[&CredentialListing],
) {
    let refused = listings.iter().filter(|listing| listing.lacks_attributes());
    let refused = refused.map(|listing| listing.credential_type().row().segment);
    for list in users
        .lacks_attributes()
        .then_some("Users")
        .into_iter()
        .chain(refused)
    {
        tracing::warn!(
            domain = domain.name,
            list,
            "the service refused optional attributes, so the list was read without them"
        );
    }
}

/// Whether users list the credentials that they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClaimState {
    /// As far as known, every user does. So they confirm each list, also an empty one.
    All,
    /// No user does, or a holder of a credential does not, or not all users were read. So a list may lack credentials.
    NotAll,
}

impl ClaimState {
    fn of(
        users: &UserListing,
        listings: &[&CredentialListing],
        holders: &SharedHolders,
        started: Timestamp,
    ) -> Self {
        let all = users.is_complete()
            && users.sink.has_claims
            && !users.hide_credentials(listings, holders, started);
        if all { Self::All } else { Self::NotAll }
    }
}

fn read_so_far(
    listings: &[Option<CredentialListing>; CREDENTIAL_TYPES.len()],
) -> Vec<&CredentialListing> {
    listings.iter().flatten().collect()
}

/// Reads all lists of a domain concurrently, one task per list, so that one is parsed while others wait for responses.
/// Dropping this future cancels the tasks.
async fn read_lists(
    client: &Arc<DomainClient>,
    context: &ReadContext,
    holders: &SharedHolders,
) -> (
    UserListing,
    [Option<CredentialListing>; CREDENTIAL_TYPES.len()],
) {
    let credential_types = context.credential_types;
    let mut tasks = JoinSet::new();
    for credential_type in credential_types.iter() {
        let (client, holders) = (Arc::clone(client), Arc::clone(holders));
        let read = async move { CredentialListing::read(&client, credential_type, holders).await };
        tasks.spawn(read.in_current_span());
    }
    let mut users = UserListing::read(client, Arc::clone(holders), &context.users).await;
    // Early, while other lists are still being read, if their holders already show that a user is missing.
    let known = {
        let holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
        holders.count_by_id()
    };
    users.probe_if_doubtful(client, known).await;
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
    (users, listings)
}

/// Finishes a list with the help of the users: queries a refused list by user, and re-reads a list that users do not confirm.
async fn resolve_with_users(
    client: &DomainClient,
    listing: &mut CredentialListing,
    users: &UserListing,
    claims: ClaimState,
    holders: &SharedHolders,
) {
    let credential_type = listing.credential_type();
    if listing.needs_users() {
        let to_query = UsersToQuery::new(credential_type, users, claims, holders);
        if users.sink.list.rows.is_empty() || to_query.users.is_empty() {
            return;
        }
        let claimed = &users.sink.claims[credential_type.index()];
        let claimed = users.sink.has_claims.then(|| claimed.len());
        client
            .progress
            .read_in_parts(credential_type.row().segment, claimed);
        listing.query_by_users(client, &to_query.users).await;
        if to_query.not_queried > 0 {
            listing.add_gap(ListGap::UsersNotQueried(to_query.not_queried));
        }
        if !users.is_complete() {
            listing.add_gap(ListGap::ListedByIncompleteUsers);
        }
        if claims == ClaimState::NotAll && listing.reached_end() {
            listing.read_unconfirmed_again(client).await;
        }
    } else if listing.reached_end() {
        let claimed = &users.sink.claims[credential_type.index()];
        if listing.sink().compare(claimed).missing > 0 {
            let claimants = claimants(listing, users, holders);
            listing.reread(client, &claimants).await;
        } else if claims == ClaimState::NotAll {
            listing.read_unconfirmed_again(client).await;
        }
        if !listing.is_filtered_by_date() {
            return;
        }
        if !users.is_complete() {
            listing.add_gap(ListGap::FilteredByDateWithIncompleteUsers);
            return;
        }
        let is_likely = claims == ClaimState::NotAll;
        let mut users = users.sink.list.rows.iter();
        if is_likely || users.any(|user| user.claims.is_none()) {
            listing.read_undated(client, is_likely).await;
        }
    }
}

/// The users to query for credentials of a type: users who claim one, users whose record does not list credentials, and
/// holders who are known only from a credential of another type.
struct UsersToQuery {
    users: Vec<UserToQuery>,
    /// Users whose record does not list credentials, beyond [`MAX_USERS_WITHOUT_CLAIMS`].
    not_queried: u64,
}

impl UsersToQuery {
    fn new(
        credential_type: CredentialType,
        users: &UserListing,
        claims: ClaimState,
        holders: &SharedHolders,
    ) -> Self {
        let holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_queried = vec![true; holders.len()];
        let mut without_claims: u64 = 0;
        for user in &users.sink.list.rows {
            is_queried[user.holder.position()] = match user.claims {
                Some(claimed) if claimed.contains(credential_type) => true,
                Some(_) if claims == ClaimState::All => false,
                // The record lists no credential, or not all.
                Some(_) | None => {
                    without_claims += 1;
                    without_claims <= MAX_USERS_WITHOUT_CLAIMS
                }
            };
        }
        let users = holders
            .all()
            .filter(|(holder, _)| is_queried[holder.position()])
            .map(|(holder, id)| UserToQuery {
                holder,
                id: id.to_owned(),
            })
            .collect();
        Self {
            users,
            not_queried: without_claims.saturating_sub(MAX_USERS_WITHOUT_CLAIMS),
        }
    }
}

/// Users who claim a credential that the list lacks.
fn claimants(
    listing: &CredentialListing,
    users: &UserListing,
    holders: &SharedHolders,
) -> Vec<UserToQuery> {
    let holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
    listing
        .sink()
        .users_missing(&users.sink.claims[listing.credential_type().index()])
        .filter_map(|row| users.sink.list.rows.get(row))
        .map(|user| UserToQuery {
            holder: user.holder,
            id: holders.id(user.holder).to_owned(),
        })
        .collect()
}
