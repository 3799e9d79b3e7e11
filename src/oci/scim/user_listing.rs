//! The users of a domain, from the first request to the coverage that is reported.
//!
//! No other list confirms this one. Credentials may contradict it: one of them names a user who is not listed. Such a user was
//! deleted, or the list is short. So the users that credentials name are requested once more, by id. If one of them exists,
//! or if they are too many for deleted ones, the whole list is re-read, past its end too.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use crate::model::{HolderIndex, Holders, ListCoverage, ListGap, OwnerSource, ReadFailure};
use crate::timestamp::Timestamp;

use super::attributes::{UserSettings, user_attributes};
use super::credential_listing::CredentialListing;
use super::domain_client::DomainClient;
use super::fallback::{StrategyResult, UndatedRows, list_by_strategies};
use super::fetches::{Fetches, PageRequest};
use super::pager::{PageEnd, PageOrder};
use super::query::{PAGE_SIZE, PageSize, Query};
use super::sinks::{RowSink, SharedHolders};
use super::user_sink::UserSink;

const SEGMENT: &str = "Users";
/// Max concurrent requests for users by id.
const MAX_CONCURRENT_QUERIES: usize = 8;
/// Max users in a filter.
const NAMES_PER_QUERY: usize = 50;
/// Max difference between the clocks of this machine and of the service.
const CLOCK_TOLERANCE_SECONDS: i64 = 300;
/// A list of users is short if more than one in this many credentials names a user who is not listed.
const CREDENTIALS_PER_NOT_LISTED: u64 = 100;
/// And at least this many.
const MIN_NOT_LISTED: u64 = 3;

/// The users of a domain, and how they were read.
#[derive(Debug)]
pub struct UserListing {
    /// The users so far, and what they claim.
    pub sink: UserSink,
    state: ListState,
    /// Whether the page past the end was requested.
    probed: bool,
}

#[derive(Debug)]
enum ListState {
    /// No strategy returned the list.
    Failed(ReadFailure),
    /// A strategy listed the users, perhaps not to the end of the list.
    Listed(StrategyResult),
}

/// The credentials that name a user who is not listed.
#[derive(Debug, Default)]
struct NotListed {
    /// How many.
    credentials: u64,
    /// Credentials that name any user.
    of: u64,
    /// The users that they name.
    users: BTreeSet<HolderIndex>,
}

impl NotListed {
    /// Whether they are too many to be of deleted users.
    const fn contradicts_the_list(&self) -> bool {
        self.credentials >= MIN_NOT_LISTED
            && self.credentials.saturating_mul(CREDENTIALS_PER_NOT_LISTED) > self.of
    }
}

impl UserListing {
    /// Lists the users, by the first strategy that the service accepts.
    pub async fn read(
        domain: &DomainClient,
        holders: SharedHolders,
        settings: &UserSettings,
    ) -> Self {
        let mut sink = UserSink::new(holders, settings);
        let list = Query::all(SEGMENT, user_attributes(settings), PageSize::of_users());
        let state = match list_by_strategies(domain, &list, &mut sink).await {
            Ok(result) => ListState::Listed(result),
            Err(failure) => ListState::Failed(failure),
        };
        Self {
            sink,
            state,
            probed: false,
        }
    }

    /// How far the users were read.
    pub fn coverage(&self) -> ListCoverage {
        let result = match &self.state {
            ListState::Failed(failure) => return ListCoverage::failed(failure.clone()),
            ListState::Listed(result) => result,
        };
        let mut coverage = result.list.clone().into_coverage(result.strategy.mode());
        if coverage.read == 0 && coverage.failure.is_none() {
            coverage.gaps.push(ListGap::NoUserVisible);
        }
        let contradictory = self.sink.contradictory();
        if contradictory > 0 {
            coverage
                .gaps
                .push(ListGap::ContradictoryRows(contradictory));
        }
        coverage
    }

    /// Whether the service refused the attributes that the list may lack.
    pub const fn lacks_attributes(&self) -> bool {
        matches!(&self.state, ListState::Listed(listed) if listed.lacks_attributes)
    }

    /// Whether the service did not return the attribute that names owners.
    pub fn lacks_owners(&self, settings: &UserSettings) -> bool {
        settings.owner.as_ref().is_some_and(|source| match source {
            OwnerSource::Group(_) => !self.sink.list.groups_returned,
            OwnerSource::FreeformTag(_)
            | OwnerSource::DefinedTag { .. }
            | OwnerSource::Department
            | OwnerSource::Manager => self.lacks_attributes(),
        })
    }

    /// Whether every user was read.
    pub fn is_complete(&self) -> bool {
        self.coverage().is_complete()
    }

    /// Requests the page past a full last page, once, if the service caps pages, or if rows of other lists name more users than
    /// are listed. Their number is `known`.
    pub async fn probe_if_doubtful(&mut self, domain: &DomainClient, known: usize) {
        let is_capped = match &self.state {
            ListState::Failed(_) => false,
            ListState::Listed(result) => result.list.is_capped,
        };
        if is_capped || known > self.sink.list.rows.len() {
            self.probe_past_end(domain).await;
        }
    }

    async fn probe_past_end(&mut self, domain: &DomainClient) {
        if self.probed || !self.is_complete() {
            return;
        }
        if let ListState::Listed(result) = &mut self.state {
            self.probed = true;
            result.list = domain
                .probe_past_end(&result.query, &result.list, &mut self.sink)
                .await;
        }
    }

    /// Reads the users that a date filter hides. A service that has users without a date may hide others, so the list counts
    /// as incomplete even if all of these were read.
    pub async fn read_undated(&mut self, domain: &DomainClient) {
        if let ListState::Listed(result) = &mut self.state {
            match result.read_undated(domain, &mut self.sink).await {
                UndatedRows::None => {}
                UndatedRows::Read | UndatedRows::Unknown => {
                    result.list.gaps.push(ListGap::UsersWithoutDate);
                }
            }
        }
    }

    /// Compares the list with the users that credentials name. If it lacks some of them, they are requested by id, or the
    /// list is re-read.
    pub async fn resolve_not_listed(
        &mut self,
        domain: &DomainClient,
        listings: &[&CredentialListing],
        holders: &SharedHolders,
    ) {
        if !self.is_complete() {
            return;
        }
        let not_listed = self.not_listed(listings, holders);
        if not_listed.of > 0 && not_listed.users.is_empty() {
            return;
        }
        // Without a credential, nobody confirms the list.
        self.probe_past_end(domain).await;
        let not_listed = self.not_listed(listings, holders);
        if not_listed.users.is_empty() || !self.is_complete() {
            return;
        }
        let queries = not_listed.users.len().div_ceil(NAMES_PER_QUERY) as u64;
        let pages = self.sink.row_count().div_ceil(PAGE_SIZE);
        let mut found = Vec::new();
        if !not_listed.contradicts_the_list() && queries <= pages {
            match self.look_up(domain, &not_listed, holders).await {
                Some(users) if users.is_empty() => return,
                Some(users) => found = users,
                // The list is re-read instead.
                None => {}
            }
        }
        self.reread(domain).await;
        let lacking = found.iter().filter(|id| !self.sink.is_in_this_pass(id));
        let lacking = lacking.count() as u64;
        let not_listed = self.not_listed(listings, holders);
        let ListState::Listed(result) = &mut self.state else {
            return;
        };
        if lacking > 0 {
            result.list.gaps.push(ListGap::UsersNotListed(lacking));
        }
        if not_listed.contradicts_the_list() {
            result.list.gaps.push(ListGap::HoldersNotListed {
                credentials: not_listed.credentials,
                of: not_listed.of,
            });
        }
    }

    /// Whether users hold listed credentials that they do not claim: then they may hold any others, too. Credentials that were
    /// created since the run `started`, as far as clocks agree, may not be in the records yet.
    pub fn hide_credentials(
        &self,
        listings: &[&CredentialListing],
        holders: &SharedHolders,
        started: Timestamp,
    ) -> bool {
        let listed = self.listed_holders(holders);
        let newest = started.plus_seconds(-CLOCK_TOLERANCE_SECONDS);
        listings.iter().any(|listing| {
            let rows = &listing.sink().list.rows;
            let one = [*listing];
            let held = holders_of(&one, holders).zip(rows);
            let held = held.filter(|(holder, credential)| {
                let is_new = credential
                    .created
                    .instant()
                    .is_some_and(|created| created > newest);
                listed.get(holder.position()) == Some(&true) && !is_new
            });
            let claims = &self.sink.claims[listing.credential_type().index()];
            let confirmed = claims.len() - listing.sink().compare(claims).missing;
            held.count() as u64 > confirmed
        })
    }

    async fn reread(&mut self, domain: &DomainClient) {
        if let ListState::Listed(result) = &mut self.state {
            let again = domain
                .reread(&result.query, PageEnd::AtEmptyPage, &mut self.sink)
                .await;
            result.list = result.list.merge_reread(again);
        }
    }

    /// Requests the users that credentials name, by id. Returns the ids of those that exist; `None` if some could not be
    /// requested.
    async fn look_up(
        &mut self,
        domain: &DomainClient,
        not_listed: &NotListed,
        holders: &SharedHolders,
    ) -> Option<Vec<String>> {
        let ListState::Listed(listed) = &self.state else {
            return None;
        };
        let mut names: Vec<_> = {
            let holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
            let users = not_listed.users.iter();
            users.map(|user| name_of(&holders, *user)).collect()
        };
        // Holders are in the order in which responses came. The requests are the same in every run.
        names.sort_unstable();
        let known = self.sink.list.rows.len();
        let first_pages = names.chunks(NAMES_PER_QUERY).map(|names| PageRequest {
            key: (),
            query: query_by_names(&listed.query, names),
            start: 1,
        });
        let mut first_pages = Fetches::new(domain, MAX_CONCURRENT_QUERIES, first_pages);
        while let Some((PageRequest { query, .. }, first_page)) = first_pages.next().await {
            let first_page = first_page.ok()?;
            let order = PageOrder::Sequential;
            let list = domain.list_from(&query, first_page, order, &mut self.sink);
            let list = list.await.ok()?;
            if list.failure.is_some() || !list.gaps.is_empty() {
                return None;
            }
        }
        let holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.sink.list.rows[known..].iter();
        let ids = found.map(|user| holders.id(user.holder).to_owned());
        Some(ids.collect())
    }

    /// Whether each holder is a listed user, by position.
    fn listed_holders(&self, holders: &SharedHolders) -> Vec<bool> {
        let holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut listed = vec![false; holders.len()];
        for user in &self.sink.list.rows {
            listed[user.holder.position()] = true;
        }
        listed
    }

    fn not_listed(&self, listings: &[&CredentialListing], holders: &SharedHolders) -> NotListed {
        let listed = self.listed_holders(holders);
        let mut not_listed = NotListed::default();
        for holder in holders_of(listings, holders) {
            // A credential that names no user contradicts no list.
            let Some(listed) = listed.get(holder.position()) else {
                continue;
            };
            not_listed.of += 1;
            if !listed {
                not_listed.credentials += 1;
                not_listed.users.insert(holder);
            }
        }
        not_listed
    }
}

/// A filter for one user, by id, or else by OCID. Neither has quotes or backslashes. They are escaped because they are
/// untrusted.
fn name_of(holders: &Holders, user: HolderIndex) -> String {
    let (attribute, value) = match holders.id(user) {
        "" => ("ocid", holders.ocid(user)),
        id => ("id", id),
    };
    format!("{attribute} eq {}", serde_json::Value::from(value))
}

fn query_by_names(list: &Query, names: &[String]) -> Query {
    Query {
        filter: Some(names.join(" or ")),
        search: true,
        sorted: false,
        ..list.clone()
    }
}

/// The holder of each credential. One that is named by its OCID alone is the user who has it.
fn holders_of(
    listings: &[&CredentialListing],
    holders: &SharedHolders,
) -> impl Iterator<Item = HolderIndex> {
    let joined = holders
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .joined_by_ocid();
    let credentials = listings
        .iter()
        .flat_map(|listing| &listing.sink().list.rows);
    credentials.map(move |credential| {
        let holder = joined.get(&credential.holder);
        holder.copied().unwrap_or(credential.holder)
    })
}
