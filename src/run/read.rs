//! Reads one identity domain: its users and its credentials, side by side.

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
use crate::oci::scim::fallback::{HolderToAsk, Reached, TypeListing, descend};
use crate::oci::scim::progress::DomainProgress;
use crate::oci::scim::{DomainClient, Extent, Query};
use crate::oci::scim::{SharedHolders, UserSink, user_attributes};

/// What reading needs, for every domain of a run.
#[derive(Clone, Debug)]
pub struct ReadContext {
    /// Signs and sends.
    pub client: Arc<SignedClient>,
    /// Bounds the requests under way in the whole run.
    pub slots: Arc<Semaphore>,
    /// When reading ends.
    pub deadline: Deadline,
    /// The types to read.
    pub credential_types: CredentialTypes,
    /// The pace.
    pub rate_limit: RateLimitSetting,
}

/// How one domain is read.
#[derive(Clone, Debug)]
pub struct DomainToRead {
    /// Its base URL.
    pub endpoint: Endpoint,
    /// Its pace, which may be told later than its first requests go out.
    pub rate_limiter: Arc<RateLimiter>,
    /// Who is told how far it is.
    pub progress: DomainProgress,
}

/// Reads a domain. Whatever cannot be read is part of the result.
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
    let mut closer = Vec::new();
    for listing in listings.iter_mut().flatten() {
        closer.push(resolve_with_users(&client, listing, &users, &holders));
    }
    join_all(closer).await;
    client.progress.ended();
    // Users who tell nothing confirm nothing, also not that there is nothing.
    let cross_checked = users.coverage.is_complete() && users.sink.claims_told;
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

/// The users of a domain, and how far they were read.
pub(crate) struct UsersRead {
    pub(crate) sink: UserSink,
    pub(crate) coverage: ListCoverage,
    /// How the list was read, as long as nobody has looked behind its end.
    reached: Option<Reached>,
}

impl UsersRead {
    /// Looks behind the last user, once, where a credential names somebody who is not among them. A total that is too low by
    /// whole pages fits its list, and who is not listed passes for somebody who is not there.
    async fn probe_past_end(&mut self, client: &DomainClient, holders: &SharedHolders) {
        let known = holders.lock().unwrap_or_else(PoisonError::into_inner).len();
        if !self.coverage.is_complete() || known <= self.sink.list.rows.len() {
            return;
        }
        if let Some(mut reached) = self.reached.take() {
            reached.listed = client
                .probe_past_end(&reached.query, reached.listed, &mut self.sink)
                .await;
            self.coverage = coverage_of_users(&reached);
        }
    }
}

/// All lists of a domain at the same time, a task for each: rows of one are parsed while another is waited for. The set
/// ends its tasks when this future is dropped.
async fn read_lists(
    client: &Arc<DomainClient>,
    credential_types: CredentialTypes,
    holders: &SharedHolders,
) -> (UsersRead, [Option<TypeListing>; CREDENTIAL_TYPES.len()]) {
    let mut tasks = JoinSet::new();
    for credential_type in credential_types.iter() {
        let (client, holders) = (Arc::clone(client), Arc::clone(holders));
        tasks.spawn(async move { TypeListing::read(&client, credential_type, holders).await });
    }
    let mut users = read_users(client, holders).await;
    // While other lists are still being read, if it is known by now.
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
    // A list whose task died is a failure, never a list that was not to be read.
    for credential_type in credential_types
        .iter()
        .filter(|credential_type| listings[credential_type.index()].is_none())
        .collect::<Vec<_>>()
    {
        listings[credential_type.index()] =
            Some(TypeListing::broken(credential_type, Arc::clone(holders)));
    }
    users.probe_past_end(client, holders).await;
    (users, listings)
}

/// Reads the users of a domain.
pub(crate) async fn read_users(client: &DomainClient, holders: &SharedHolders) -> UsersRead {
    let mut sink = UserSink::new(Arc::clone(holders));
    let query = Query {
        segment: "Users",
        attributes: user_attributes(),
        filter: None,
        sorted: true,
        search: false,
    };
    match descend(client, query, &mut sink).await {
        Ok(reached) => UsersRead {
            sink,
            coverage: coverage_of_users(&reached),
            reached: Some(reached),
        },
        Err(failure) => UsersRead {
            sink,
            coverage: ListCoverage::failed(failure),
            reached: None,
        },
    }
}

fn coverage_of_users(Reached { mode, listed, .. }: &Reached) -> ListCoverage {
    let mut gaps = listed.gaps.clone();
    if listed.read == 0 && listed.failure.is_none() {
        gaps.push(ListGap::NoUserVisible);
    }
    ListCoverage {
        read: listed.read,
        expected: listed.total,
        mode: Some(*mode),
        gaps,
        failure: listed.failure.clone(),
        claimed_but_not_listed: 0,
        cross_checked: false,
    }
}

/// What can only be done once the users are known: the lower rungs of the ladder, and one more look at a list that lacks
/// what users claim to hold.
async fn resolve_with_users(
    client: &DomainClient,
    listing: &mut TypeListing,
    users: &UsersRead,
    holders: &SharedHolders,
) {
    let credential_type = listing.credential_type();
    if listing.needs_users() {
        if users.sink.list.rows.is_empty() {
            return;
        }
        let to_ask = holders_to_ask(credential_type, users, holders);
        let claimed = &users.sink.claims[credential_type.index()];
        let claimed = users.sink.claims_told.then(|| claimed.len());
        client
            .progress
            .read_in_parts(credential_type.row().segment, claimed);
        listing.read_by_users(client, &to_ask).await;
        if !users.coverage.is_complete() {
            listing.add_gap(ListGap::ListedByIncompleteUsers);
        }
    } else if listing.reached_its_end() {
        if users.sink.claims[credential_type.index()].missing_from(listing.sink()) > 0 {
            let claimants = claimants(listing, users, holders);
            listing.reread(client, &claimants).await;
        } else if !users.coverage.is_complete() || !users.sink.claims_told {
            listing.probe_past_end(client).await;
        }
        if listing.is_filtered_by_date() && !users.coverage.is_complete() {
            listing.add_gap(ListGap::FilteredByDateWithIncompleteUsers);
        }
    }
}

/// Users who claim to hold a credential of this type, all users where nobody claims anything; and whoever is known from a
/// credential of another type alone.
fn holders_to_ask(
    credential_type: CredentialType,
    users: &UsersRead,
    holders: &SharedHolders,
) -> Vec<HolderToAsk> {
    let holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
    let mut nothing_to_ask = vec![false; holders.len()];
    for user in &users.sink.list.rows {
        nothing_to_ask[user.holder.position()] =
            users.sink.claims_told && !user.claims.contains(credential_type);
    }
    holders
        .all()
        .filter(|(holder, _)| !nothing_to_ask[holder.position()])
        .map(|(holder, id)| HolderToAsk {
            holder,
            id: id.to_owned(),
        })
        .collect()
}

/// Users who claim to hold something that the list lacks.
fn claimants(
    listing: &TypeListing,
    users: &UsersRead,
    holders: &SharedHolders,
) -> Vec<HolderToAsk> {
    let holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
    users.sink.claims[listing.credential_type().index()]
        .users_missing_from(listing.sink())
        .filter_map(|row| users.sink.list.rows.get(row))
        .map(|user| HolderToAsk {
            holder: user.holder,
            id: holders.id(user.holder).to_owned(),
        })
        .collect()
}
