//! The credentials of one type, from the first request to the coverage that is reported.
//!
//! ```text
//! read ──► Listed   a strategy was accepted         ──► reread or probe_past_end ──► Listed
//!     └──► Failed   no strategy returned the list   ──► query_by_users ──► ByUsers, or Failed if no request returned a list
//! ```
//!
//! A list leaves `Failed` only if a request for it returned a list. `reread` and `read_unconfirmed_again` are for lists that
//! reached their end; they may add a failure, and never remove one.

use crate::credential_type::CredentialType;
use crate::model::{CredentialList, FailureCause, ListCoverage, ListGap, ReadFailure, ReadingMode};

use super::attributes::credential_attributes;
use super::by_users::{
    FailedUsers, UnconfirmedAnswer, UserAnswers, UserToQuery, listed_gaps, query_by_users,
};
use super::claims::ClaimComparison;
use super::credential_sink::CredentialSink;
use super::domain_client::DomainClient;
use super::fallback::{StrategyResult, UndatedRows, allows_fallback, list_by_strategies};
use super::pager::{PageEnd, PageOrder};
use super::pass::ListResult;
use super::query::{PageSize, Query};
use super::sinks::{RowSink, SharedHolders};

/// The credentials of one type, and how they were read.
#[derive(Debug)]
pub struct CredentialListing {
    credential_type: CredentialType,
    sink: CredentialSink,
    state: ListState,
    failed_users: FailedUsers,
}

/// How far a list was read.
#[derive(Debug)]
enum ListState {
    /// No request returned a list.
    Failed(ReadFailure),
    /// A strategy listed the whole domain, perhaps not to its end.
    Listed(StrategyResult),
    /// The credentials of at least one user, or chunk of users, were listed.
    ByUsers {
        mode: ReadingMode,
        list: ListResult,
        unconfirmed: Vec<UnconfirmedAnswer>,
    },
}

impl CredentialListing {
    /// Lists the whole domain, by the first strategy that the service accepts.
    pub async fn read(
        domain: &DomainClient,
        credential_type: CredentialType,
        holders: SharedHolders,
    ) -> Self {
        let mut sink = CredentialSink::new(credential_type, holders);
        let list = whole_list(credential_type);
        let state = match list_by_strategies(domain, &list, &mut sink).await {
            Ok(listed) => ListState::Listed(listed),
            Err(failure) => ListState::Failed(failure),
        };
        Self {
            credential_type,
            sink,
            state,
            failed_users: FailedUsers::new(),
        }
    }

    /// A list whose task ended without a result.
    pub fn without_result(credential_type: CredentialType, holders: SharedHolders) -> Self {
        let message = format!(
            "{}: reading ended without a result, a fault of this program",
            credential_type.row().segment
        );
        Self {
            credential_type,
            sink: CredentialSink::new(credential_type, holders),
            state: ListState::Failed(ReadFailure {
                cause: FailureCause::ProgramFault,
                message: message.into(),
            }),
            failed_users: FailedUsers::new(),
        }
    }

    /// The type of the credentials.
    pub const fn credential_type(&self) -> CredentialType {
        self.credential_type
    }

    /// The credentials read so far.
    pub const fn sink(&self) -> &CredentialSink {
        &self.sink
    }

    /// Adds a reason why rows may be missing. A failed list keeps its failure, which already makes it incomplete.
    pub fn add_gap(&mut self, gap: ListGap) {
        match &mut self.state {
            ListState::Failed(_) => {}
            ListState::Listed(StrategyResult { list, .. }) | ListState::ByUsers { list, .. } => {
                list.gaps.push(gap);
            }
        }
    }

    /// Whether the list has a date filter. Rows without a readable date do not pass it; only users' claims reveal them.
    pub const fn is_filtered_by_date(&self) -> bool {
        match &self.state {
            ListState::Listed(listed) => {
                matches!(listed.strategy.mode(), ReadingMode::FilteredByDate)
            }
            ListState::Failed(_) | ListState::ByUsers { .. } => false,
        }
    }

    /// Whether the list failed in a way that [`Self::query_by_users`] may avoid.
    pub const fn needs_users(&self) -> bool {
        matches!(&self.state, ListState::Failed(failure) if allows_fallback(failure.cause))
    }

    /// Whether the service refused the attributes that the list may lack.
    pub const fn lacks_attributes(&self) -> bool {
        matches!(&self.state, ListState::Listed(listed) if listed.lacks_attributes)
    }

    /// Whether the list was read to its end, by the service's own count.
    pub const fn reached_end(&self) -> bool {
        match &self.state {
            ListState::Failed(_) => false,
            ListState::Listed(StrategyResult { list, .. }) | ListState::ByUsers { list, .. } => {
                list.failure.is_none()
            }
        }
    }

    /// Queries the credentials of `users`, if no strategy returned the list of the whole domain.
    pub async fn query_by_users(&mut self, domain: &DomainClient, users: &[UserToQuery]) {
        let list = whole_list(self.credential_type);
        let answers = query_by_users(domain, &list, users, &mut self.sink).await;
        self.failed_users.extend(answers.failed_users);
        if answers.answered {
            self.state = ListState::ByUsers {
                mode: answers.mode,
                list: ListResult {
                    read: self.sink.row_count(),
                    total: Some(answers.counted),
                    gaps: answers.gaps,
                    failure: answers.failure,
                    ..ListResult::default()
                },
                unconfirmed: answers.unconfirmed,
            };
        } else if let Some(failure) = answers.failure
            && !allows_fallback(failure.cause)
        {
            // Another refusal says no more than the first one.
            self.state = ListState::Failed(failure);
        }
    }

    /// Re-reads a list that lacks credentials which `claimants` claim to hold. A list read by user is kept: its claimants were
    /// queried already.
    pub async fn reread(&mut self, domain: &DomainClient, claimants: &[UserToQuery]) {
        let ListState::Listed(listed) = &mut self.state else {
            return;
        };
        listed.list = if listed.strategy.mode() == ReadingMode::FilteredByDate {
            // A row without a readable date passes the filter in no re-read, so its holder is queried.
            let answers = query_by_users(domain, &listed.query, claimants, &mut self.sink).await;
            let list = with_answers(&listed.list, &answers, self.sink.row_count());
            self.failed_users.extend(answers.failed_users);
            list
        } else {
            let again = domain.reread(&listed.query, PageEnd::AtEmptyPage, &mut self.sink);
            listed.list.merge_reread(again.await)
        };
    }

    /// Looks once more at a list that only its own total confirms. If it has several pages, a row may have been deleted before
    /// a page and another one added behind it: then the total is right, and a row between two pages is lost. So it is listed
    /// again. And one page past its end is requested.
    pub async fn read_unconfirmed_again(&mut self, domain: &DomainClient) {
        match &mut self.state {
            ListState::Failed(_) => {}
            ListState::Listed(StrategyResult {
                strategy,
                query,
                list,
                ..
            }) => {
                let order = strategy.page_order();
                *list = read_again(domain, query, order, list, &mut self.sink).await;
            }
            ListState::ByUsers {
                list, unconfirmed, ..
            } => {
                let mut gaps = Vec::new();
                for answer in std::mem::take(unconfirmed) {
                    let UnconfirmedAnswer { query, list: first } = answer;
                    let order = PageOrder::Sequential;
                    let again = read_again(domain, &query, order, &first, &mut self.sink).await;
                    let is_new = |gap: &ListGap| !first.gaps.contains(gap);
                    gaps.extend(again.gaps.into_iter().filter(is_new));
                    list.failure = list.failure.take().or(again.failure);
                }
                list.gaps.extend(listed_gaps(gaps));
                let rows = self.sink.row_count();
                let further = rows.saturating_sub(list.read);
                list.read = rows;
                list.total = list.total.map(|total| total.saturating_add(further));
            }
        }
    }

    /// Reads the rows that a date filter hides, because users may hold some that they do not claim. `is_likely` is whether
    /// some users do hold such credentials: then a list without them is incomplete.
    pub async fn read_undated(&mut self, domain: &DomainClient, is_likely: bool) {
        if let ListState::Listed(listed) = &mut self.state {
            let undated = listed.read_undated(domain, &mut self.sink).await;
            if undated == UndatedRows::Unknown && is_likely {
                listed.list.gaps.push(ListGap::CredentialsWithoutDate);
            }
        }
    }

    /// The list, its coverage, and the users whose own request failed. `claims` compares the list with what users claim;
    /// `cross_checked` is whether their claims confirm a list.
    pub fn finish(
        mut self,
        claims: ClaimComparison,
        cross_checked: bool,
    ) -> (CredentialList, ListCoverage, FailedUsers) {
        let contradictory = self.sink.contradictory();
        if contradictory > 0 {
            self.add_gap(ListGap::ContradictoryRows(contradictory));
        }
        let coverage = match self.state {
            ListState::Failed(failure) => ListCoverage::failed(failure),
            ListState::Listed(StrategyResult { strategy, list, .. }) => {
                list.into_coverage(strategy.mode())
            }
            ListState::ByUsers { mode, list, .. } => list.into_coverage(mode),
        };
        let coverage = ListCoverage {
            claimed_but_not_listed: claims.missing,
            unreadable_claims: claims.unreadable,
            cross_checked,
            ..coverage
        };
        (self.sink.list, coverage, self.failed_users)
    }
}

/// Lists several pages again, and requests one page past the end.
async fn read_again(
    domain: &DomainClient,
    query: &Query,
    order: PageOrder,
    list: &ListResult,
    sink: &mut CredentialSink,
) -> ListResult {
    let mut list = list.clone();
    if list.pages > 1 {
        let again = domain.list(query, order, sink).await;
        list = list.merge_reread(again.unwrap_or_else(|failure| ListResult {
            failure: Some(failure),
            ..ListResult::default()
        }));
    }
    if list.failure.is_some() {
        return list;
    }
    domain.probe_past_end(query, &list, sink).await
}

/// A list filtered by date, with what the users' queries added. `rows` counts the distinct rows of both.
fn with_answers(by_date: &ListResult, answers: &UserAnswers, rows: u64) -> ListResult {
    let undated = rows.saturating_sub(by_date.read);
    ListResult {
        read: rows,
        total: by_date.total.map(|total| total.saturating_add(undated)),
        gaps: [&by_date.gaps[..], &answers.gaps].concat(),
        failure: answers.failure.clone().or(by_date.failure.clone()),
        ..by_date.clone()
    }
}

fn whole_list(credential_type: CredentialType) -> Query {
    Query::all(
        credential_type.row().segment,
        credential_attributes(credential_type),
        PageSize::of_credentials(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::fallback::Strategy;
    use super::*;
    use crate::model::CrossCheck;

    fn failure(cause: FailureCause) -> ReadFailure {
        ReadFailure {
            cause,
            message: crate::server_text::FailureText::default(),
        }
    }

    fn listing(state: ListState) -> CredentialListing {
        let without_result =
            CredentialListing::without_result(CredentialType::ApiKeys, SharedHolders::default());
        CredentialListing {
            state,
            ..without_result
        }
    }

    fn listed(strategy: Strategy, list: ListResult) -> ListState {
        ListState::Listed(StrategyResult {
            strategy,
            query: Query::all("ApiKeys", Vec::new(), PageSize::of_credentials()),
            list,
            lacks_attributes: false,
        })
    }

    fn by_users(list: ListResult) -> ListState {
        ListState::ByUsers {
            mode: ReadingMode::UserChunks,
            list,
            unconfirmed: Vec::new(),
        }
    }

    fn coverage(listing: CredentialListing) -> ListCoverage {
        listing.finish(ClaimComparison::default(), true).1
    }

    #[test]
    fn failed_list_is_never_complete() {
        for cause in [
            FailureCause::Status(400),
            FailureCause::Status(404),
            FailureCause::Unauthorized(403),
            FailureCause::OutOfTime,
            FailureCause::ProgramFault,
        ] {
            let mut listing = listing(ListState::Failed(failure(cause)));
            listing.add_gap(ListGap::ListedByIncompleteUsers);
            assert!(!listing.reached_end());
            assert_eq!(listing.needs_users(), allows_fallback(cause), "{cause:?}");
            let coverage = coverage(listing);
            assert!(!coverage.is_complete() && !coverage.was_read(), "{cause:?}");
            assert_eq!(coverage.failure.map(|failure| failure.cause), Some(cause));
        }
    }

    #[test]
    fn failure_or_gap_makes_a_read_list_incomplete() {
        let failed = ListResult {
            failure: Some(failure(FailureCause::Timeout)),
            ..ListResult::default()
        };
        let states: [fn(ListResult) -> ListState; 3] = [
            |list| listed(Strategy::Bulk, list),
            |list| listed(Strategy::UnsortedFilteredByDate, list),
            by_users,
        ];
        for state in states {
            let complete = listing(state(ListResult::default()));
            assert!(complete.reached_end() && !complete.needs_users());
            assert!(coverage(complete).is_complete());
            let partial = listing(state(failed.clone()));
            assert!(!partial.reached_end());
            assert!(!coverage(partial).is_complete());
            let mut with_gap = listing(state(ListResult::default()));
            with_gap.add_gap(ListGap::ListedByIncompleteUsers);
            assert!(!coverage(with_gap).is_complete());
        }
    }

    #[test]
    fn unreadable_claim_makes_any_list_incomplete() {
        let claims = ClaimComparison {
            missing: 0,
            unreadable: 2,
        };
        for state in [
            listed(Strategy::Bulk, ListResult::default()),
            by_users(ListResult::default()),
        ] {
            let (_, coverage, _) = listing(state).finish(claims, true);
            assert_eq!(coverage.cross_check(), CrossCheck::Unreadable(2));
            assert!(!coverage.is_complete());
        }
    }

    #[test]
    fn users_queries_add_rows_gaps_and_failures_to_a_list_filtered_by_date() {
        let by_date = ListResult {
            read: 10,
            total: Some(10),
            gaps: vec![ListGap::RowsWithoutId(1)],
            ..ListResult::default()
        };
        let answers = UserAnswers {
            mode: ReadingMode::UserChunks,
            answered: true,
            counted: 4,
            gaps: vec![ListGap::RowsWithoutId(2)],
            failure: Some(failure(FailureCause::Timeout)),
            failed_users: FailedUsers::new(),
            unconfirmed: Vec::new(),
        };
        let list = with_answers(&by_date, &answers, 13);
        assert_eq!((list.read, list.total), (13, Some(13)));
        assert_eq!(
            list.gaps,
            [ListGap::RowsWithoutId(1), ListGap::RowsWithoutId(2)]
        );
        assert_eq!(list.failure, answers.failure);
    }
}
