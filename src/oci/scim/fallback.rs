//! The ladder: how the credentials of one type are listed, by what the service answers (DESIGN.md section 10).
//!
//! A filter is documented as optional on all six lists, yet the API's status page gives 405 as "the method requires a
//! filter", and no public caller was found that lists without one. So: unfiltered; without `sortBy`; with a filter by date
//! that every row passes; chunks of 50 users; single users. 400 and 405 (and 413, for chunks) descend; 401, 403 and 404
//! never do: a missing right is not got by asking differently.
//!
//! # What the lower rungs cannot see
//!
//! Chunks and single users name the users whose credentials they ask for: everyone who claims to hold one, and everyone
//! whom a credential of another type names. A credential of somebody who is neither is out of their sight; the mode in the
//! coverage says that the list was read this way.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};

use crate::credential_type::CredentialType;
use crate::model::{
    CredentialList, FailureCause, HolderIndex, ListCoverage, ListGap, ReadFailure, ReadingMode,
};

use super::{CredentialSink, RowSink, SharedHolders, credential_attributes};
use super::{DomainClient, Listed, PageEnd, PageOrder, Query};

/// Chunks or users of one type that are asked for at the same time.
const MAX_CONCURRENT_QUERIES: usize = 8;
/// Of chunks or users that have gaps, as many are told one by one.
const MAX_GAPS_LISTED: usize = 3;
/// Users a chunk names: at most ten credentials of a type each, so that a chunk's answer fits into one page.
const USERS_PER_CHUNK: usize = 50;
/// Every credential was created after this, and comparisons of dates are chronological.
const EVER: &str = r#"meta.created ge "1970-01-01T00:00:00.000Z""#;

/// A rung that answered.
#[derive(Debug)]
pub struct Reached {
    /// Which.
    pub mode: ReadingMode,
    /// How the list was asked for.
    pub query: Query,
    /// What came of it.
    pub listed: Listed,
}

/// Tries the rungs that list a whole domain: `query` as it is, without its sort, with a filter by date.
///
/// # Errors
///
/// What refused it: the first refusal, or the one that ended the descent.
pub async fn descend(
    domain: &DomainClient,
    query: Query,
    sink: &mut dyn RowSink,
) -> Result<Reached, ReadFailure> {
    let mut rungs = Rungs {
        domain,
        sink,
        first_refusal: None,
    };
    let as_it_is = match rungs.attempt(ReadingMode::Bulk, query.clone()).await {
        Ok(reached) => return reached,
        Err(cause) => cause,
    };
    let mut sorted = query.sorted;
    if as_it_is == FailureCause::Status(400) && sorted {
        match rungs
            .attempt(
                ReadingMode::Unsorted,
                Query {
                    sorted: false,
                    ..query.clone()
                },
            )
            .await
        {
            Ok(reached) => return reached,
            // Another 400 was not about the sort. Anything else was heard only once the sort was gone.
            Err(cause) => sorted = cause == FailureCause::Status(400),
        }
    }
    let by_date = Query {
        sorted,
        filter: Some(EVER.to_owned()),
        ..query
    };
    match rungs
        .attempt(ReadingMode::FilteredByDate, by_date.clone())
        .await
    {
        Ok(reached) => return reached,
        Err(FailureCause::Status(400)) if sorted => {
            if let Ok(reached) = rungs
                .attempt(
                    ReadingMode::FilteredByDate,
                    Query {
                        sorted: false,
                        ..by_date
                    },
                )
                .await
            {
                return reached;
            }
        }
        Err(_) => {}
    }
    Err(rungs.first_refusal.unwrap_or_else(|| ReadFailure {
        cause: FailureCause::InvalidAnswer,
        message: "the list was refused without a reason".to_owned(),
    }))
}

/// The descent so far.
struct Rungs<'a> {
    domain: &'a DomainClient,
    sink: &'a mut dyn RowSink,
    first_refusal: Option<ReadFailure>,
}

impl Rungs<'_> {
    /// Tries one rung. The outer error says that it was refused in a way that another rung may not be; the inner result is
    /// final.
    async fn attempt(
        &mut self,
        mode: ReadingMode,
        query: Query,
    ) -> Result<Result<Reached, ReadFailure>, FailureCause> {
        // Unsorted rows may move between pages that are asked for at the same time.
        let order = if query.sorted {
            PageOrder::SideBySide
        } else {
            PageOrder::OneByOne
        };
        match self.domain.list(&query, order, self.sink).await {
            Ok(listed) => Ok(Ok(Reached {
                mode,
                query,
                listed,
            })),
            Err(failure) if may_descend(failure.cause) => {
                let cause = failure.cause;
                self.first_refusal.get_or_insert(failure);
                Err(cause)
            }
            Err(failure) => Ok(Err(failure)),
        }
    }
}

/// The credentials of one type, and how they were read.
#[derive(Debug)]
pub struct TypeListing {
    credential_type: CredentialType,
    sink: CredentialSink,
    /// The rung that answered, and its query; `None` while none did.
    rung: Option<(ReadingMode, Query)>,
    listed: Listed,
    /// The refusal of the first rung: what to tell if no rung answers.
    refusal: Option<ReadFailure>,
    failed_users: HashMap<HolderIndex, FailureCause>,
    /// On the lower rungs there was nobody to ask: no answer of the service speaks for this list.
    nobody_asked: bool,
}

/// Someone whose credentials are asked for, on the ladder's lower rungs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderToAsk {
    /// Index.
    pub holder: HolderIndex,
    /// SCIM id.
    pub id: String,
}

impl TypeListing {
    /// Tries the rungs that need no users.
    pub async fn read(
        domain: &DomainClient,
        credential_type: CredentialType,
        holders: SharedHolders,
    ) -> Self {
        let mut listing = Self::unread(credential_type, holders);
        match descend(
            domain,
            query(credential_type, None, true, false),
            &mut listing.sink,
        )
        .await
        {
            Ok(reached) => {
                listing.listed = reached.listed;
                listing.rung = Some((reached.mode, reached.query));
            }
            Err(refusal) => listing.refusal = Some(refusal),
        }
        listing
    }

    /// A list whose reading ended without a result.
    pub fn broken(credential_type: CredentialType, holders: SharedHolders) -> Self {
        let message = format!(
            "{}: reading ended without a result, a fault of this program",
            credential_type.row().segment
        );
        let refusal = Some(ReadFailure {
            cause: FailureCause::ProgramFault,
            message,
        });
        Self {
            refusal,
            ..Self::unread(credential_type, holders)
        }
    }

    fn unread(credential_type: CredentialType, holders: SharedHolders) -> Self {
        Self {
            credential_type,
            sink: CredentialSink::new(credential_type, holders),
            rung: None,
            listed: Listed::default(),
            refusal: None,
            failed_users: HashMap::new(),
            nobody_asked: false,
        }
    }

    /// Which type it lists.
    pub const fn credential_type(&self) -> CredentialType {
        self.credential_type
    }

    /// Says why rows may be missing.
    pub fn add_gap(&mut self, gap: ListGap) {
        self.listed.gaps.push(gap);
    }

    /// Whether it was asked for with a filter by date: a row without a readable date passes none, and only what users claim
    /// tells of it.
    pub const fn is_filtered_by_date(&self) -> bool {
        matches!(&self.rung, Some((ReadingMode::FilteredByDate, _)))
    }

    /// Whether a further rung is open, for which users have to be known.
    pub const fn needs_users(&self) -> bool {
        self.rung.is_none() && matches!(&self.refusal, Some(refusal) if may_descend(refusal.cause))
    }

    /// The lower rungs: chunks of users, then single ones. The first chunk goes alone, since it shows whether chunks are
    /// taken at all; the others follow side by side.
    pub async fn read_by_users(&mut self, domain: &DomainClient, holders: &[HolderToAsk]) {
        self.listed.total = Some(0);
        self.nobody_asked = holders.is_empty();
        let mut singly = Vec::new();
        let mut chunks = holders.chunks(USERS_PER_CHUNK);
        if let Some(first) = chunks.next() {
            let body = domain
                .fetch(&query_of(self.credential_type, first, true), 1)
                .await;
            if self.take(domain, first, true, body).await {
                let rest: Vec<_> = chunks.collect();
                singly = self.ask_side_by_side(domain, &rest, true).await;
            } else {
                singly.extend_from_slice(holders);
            }
        }
        if !singly.is_empty() {
            let each: Vec<_> = singly.chunks(1).collect();
            self.ask_side_by_side(domain, &each, false).await;
        }
        if holders.is_empty() || self.failed_users.len() < holders.len() {
            let mode = if singly.is_empty() {
                ReadingMode::UserChunks
            } else {
                ReadingMode::SingleUsers
            };
            self.rung = Some((mode, query(self.credential_type, None, false, false)));
        }
        self.listed.read = self.sink.list.rows.len() as u64;
        let further = self.listed.gaps.len().saturating_sub(MAX_GAPS_LISTED);
        if further > 0 {
            self.listed.gaps.truncate(MAX_GAPS_LISTED);
            self.listed
                .gaps
                .push(ListGap::FurtherRequests(further as u64));
        }
    }

    /// Asks for groups of users at the same time, and takes the answers in their order. Returns the users of groups that
    /// have to be asked one by one; once a group has been refused, no further one is asked for.
    async fn ask_side_by_side(
        &mut self,
        domain: &DomainClient,
        groups: &[&[HolderToAsk]],
        search: bool,
    ) -> Vec<HolderToAsk> {
        let (mut singly, mut refused) = (Vec::new(), false);
        let mut to_ask = groups.iter();
        let mut asked = FuturesOrdered::new();
        loop {
            while asked.len() < MAX_CONCURRENT_QUERIES
                && !refused
                && let Some(group) = to_ask.next()
            {
                asked.push_back(ask(domain, self.credential_type, group, search).boxed());
            }
            let Some((group, body)) = asked.next().await else {
                break;
            };
            if !self.take(domain, group, search, body).await {
                refused = true;
                singly.extend_from_slice(group);
            }
        }
        singly.extend(to_ask.copied().flatten().cloned());
        singly
    }

    /// Takes what came for some users: rows, or a failure that is theirs. False where they have to be asked one by one.
    async fn take(
        &mut self,
        domain: &DomainClient,
        holders: &[HolderToAsk],
        search: bool,
        body: Result<Bytes, ReadFailure>,
    ) -> bool {
        let listed = match body {
            Ok(body) => {
                let query = query_of(self.credential_type, holders, search);
                domain
                    .list_from(&query, &body, PageOrder::OneByOne, &mut self.sink)
                    .await
            }
            Err(failure) => Err(failure),
        };
        match listed {
            Ok(listed) => self.add(holders, listed),
            Err(failure) if search && may_descend(failure.cause) => return false,
            Err(failure) => self.fail(holders, failure),
        }
        true
    }

    /// Counts what one chunk or user brought.
    fn add(&mut self, holders: &[HolderToAsk], listed: Listed) {
        self.listed.gaps.extend(listed.gaps);
        let counted = listed.total.unwrap_or(listed.read);
        self.listed.total = self.listed.total.map(|total| total.saturating_add(counted));
        if let Some(failure) = listed.failure {
            self.fail(holders, failure);
        }
    }

    fn fail(&mut self, holders: &[HolderToAsk], failure: ReadFailure) {
        for holder in holders {
            self.failed_users.insert(holder.holder, failure.cause);
        }
        self.listed.failure = Some(failure);
    }

    /// One more look at a list that lacks what these users claim to hold. On the lower rungs they were asked one by one
    /// already. A row without a readable date passes no filter by date, however often it is asked for: there the users are
    /// asked for what they hold.
    pub async fn reread(&mut self, domain: &DomainClient, claimants: &[HolderToAsk]) {
        let Some((mode, query)) = self.rung.clone() else {
            return;
        };
        match mode {
            ReadingMode::Bulk | ReadingMode::Unsorted => {
                let again = domain.relist(&query, PageEnd::AtEmptyPage, &mut self.sink);
                self.listed = self.listed.merge_reread(again.await);
            }
            ReadingMode::FilteredByDate => {
                let by_date = std::mem::take(&mut self.listed);
                self.read_by_users(domain, claimants).await;
                self.rung = Some((mode, query));
                let undated = self.listed.read.saturating_sub(by_date.read);
                self.listed.total = by_date.total.map(|total| total.saturating_add(undated));
                self.listed.gaps.splice(0..0, by_date.gaps);
            }
            ReadingMode::UserChunks | ReadingMode::SingleUsers => {}
        }
    }

    /// A look behind the end of a list that nothing but its own total speaks for.
    pub async fn probe_past_end(&mut self, domain: &DomainClient) {
        if let Some((_, query)) = &self.rung {
            let (query, listed) = (query.clone(), std::mem::take(&mut self.listed));
            self.listed = domain.probe_past_end(&query, listed, &mut self.sink).await;
        }
    }

    /// What was read so far.
    pub const fn sink(&self) -> &CredentialSink {
        &self.sink
    }

    /// Whether the list was read to its end, as far as the service's own count says.
    pub fn reached_its_end(&self) -> bool {
        self.rung.is_some() && self.listed.failure.is_none()
    }

    /// The list, how far it was read, and which users could not be asked.
    pub fn finish(
        self,
        claimed_but_not_listed: u64,
        cross_checked: bool,
    ) -> (
        CredentialList,
        ListCoverage,
        HashMap<HolderIndex, FailureCause>,
    ) {
        // What users claim was all there was to go by, so it confirms nothing.
        let cross_checked = cross_checked && !self.nobody_asked;
        let coverage = match self.rung {
            Some((mode, _)) => ListCoverage {
                read: self.listed.read,
                expected: self.listed.total,
                mode: Some(mode),
                gaps: self.listed.gaps,
                failure: self.listed.failure,
                claimed_but_not_listed,
                cross_checked,
            },
            None => ListCoverage {
                claimed_but_not_listed,
                cross_checked,
                ..ListCoverage::failed(self.listed.failure.or(self.refusal).unwrap_or_else(|| {
                    ReadFailure {
                        cause: FailureCause::OutOfTime,
                        message: format!("{}: not asked for", self.credential_type.row().segment),
                    }
                }))
            },
        };
        (self.sink.list, coverage, self.failed_users)
    }
}

fn query(
    credential_type: CredentialType,
    filter: Option<String>,
    sorted: bool,
    search: bool,
) -> Query {
    Query {
        segment: credential_type.row().segment,
        attributes: credential_attributes(credential_type),
        filter,
        sorted,
        search,
    }
}

/// Asks for the credentials of some users, and says of whom.
async fn ask<'a>(
    domain: &DomainClient,
    credential_type: CredentialType,
    holders: &'a [HolderToAsk],
    search: bool,
) -> (&'a [HolderToAsk], Result<Bytes, ReadFailure>) {
    let query = query_of(credential_type, holders, search);
    (holders, domain.fetch(&query, 1).await)
}

/// The credentials of some users.
fn query_of(credential_type: CredentialType, holders: &[HolderToAsk], search: bool) -> Query {
    let filter: Vec<_> = holders.iter().map(|holder| by_user(&holder.id)).collect();
    query(credential_type, Some(filter.join(" or ")), false, search)
}

/// SCIM ids hold neither quotes nor backslashes, and are escaped all the same: they come from outside.
fn by_user(id: &str) -> String {
    format!("user.value eq {}", serde_json::Value::from(id))
}

const fn may_descend(cause: FailureCause) -> bool {
    matches!(cause, FailureCause::Status(400 | 405 | 413))
}
