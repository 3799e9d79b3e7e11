//! Fallback: the strategies that list a whole domain, tried until the service accepts one. The status of a refusal decides
//! which strategy is next.
//!
//! All lists document their filter as optional. But the API's status page explains 405 as "the method requires a
//! filter", and no public caller was found that lists without one. So a refused list is requested in other ways.
//!
//! | Status | What follows |
//! |---|---|
//! | 400, 405, 413 | the next strategy, see `next_strategy`; after the last one, the credentials are queried by user |
//! | 400, and no strategy was accepted | the first strategy once more, without the attributes that a list may lack |
//! | any other, or no response | nothing: 401, 403 and 404 mean a missing permission, which no other request replaces |
//!
//! Nothing here decides whether a list is complete: [`super::pager`] does, for every strategy alike.

use crate::model::{FailureCause, ReadFailure, ReadingMode};

use super::domain_client::DomainClient;
use super::pager::PageOrder;
use super::pass::ListResult;
use super::query::Query;
use super::sinks::RowSink;

/// A filter that every dated row passes. The service compares dates chronologically.
const CREATED_AT_ANY_TIME: &str = r#"meta.created ge "1970-01-01T00:00:00.000Z""#;
/// A filter that every other row passes: also where a comparison with a missing date is neither true nor false.
const WITHOUT_DATE: &str =
    r#"not (meta.created pr) or not (meta.created ge "1970-01-01T00:00:00.000Z")"#;

/// A way to list a whole domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Sorted, without a filter.
    Bulk,
    /// In the service's own order, without a filter.
    Unsorted,
    /// Sorted, with a date filter that every dated row passes.
    FilteredByDate,
    /// In the service's own order, with the date filter.
    UnsortedFilteredByDate,
}

impl Strategy {
    /// How coverage reports this strategy.
    pub const fn mode(self) -> ReadingMode {
        match self {
            Self::Bulk => ReadingMode::Bulk,
            Self::Unsorted => ReadingMode::Unsorted,
            Self::FilteredByDate | Self::UnsortedFilteredByDate => ReadingMode::FilteredByDate,
        }
    }

    const fn is_sorted(self) -> bool {
        matches!(self, Self::Bulk | Self::FilteredByDate)
    }

    const fn is_filtered(self) -> bool {
        matches!(self, Self::FilteredByDate | Self::UnsortedFilteredByDate)
    }

    fn query(self, list: &Query) -> Query {
        Query {
            sorted: self.is_sorted(),
            filter: self.is_filtered().then(|| CREATED_AT_ANY_TIME.to_owned()),
            ..list.clone()
        }
    }

    /// Unsorted rows may move between pages that are requested concurrently.
    pub(super) const fn page_order(self) -> PageOrder {
        if self.is_sorted() {
            PageOrder::Concurrent
        } else {
            PageOrder::Sequential
        }
    }
}

/// A list that a strategy read.
#[derive(Debug)]
pub struct StrategyResult {
    /// The strategy that the service accepted.
    pub strategy: Strategy,
    /// Its query.
    pub query: Query,
    /// What the service returned.
    pub list: ListResult,
    /// Whether the service refused the attributes that a list may lack, so that no row has them.
    pub lacks_attributes: bool,
}

/// Tries strategies until the service accepts one. `list` names the list and its attributes.
///
/// # Errors
///
/// If no strategy was accepted. If no failure but refusals (400, 405, 413) occurred, the error is the first refusal.
pub async fn list_by_strategies(
    domain: &DomainClient,
    list: &Query,
    sink: &mut impl RowSink,
) -> Result<StrategyResult, ReadFailure> {
    let refusal = match list_with_attributes(domain, list, sink).await {
        Err(failure) if failure.cause.refused_form() == Some(400) => failure,
        result => return result,
    };
    let Some(required) = list.without_optional_attributes() else {
        return Err(refusal);
    };
    let strategy = Attempt::FIRST.strategy;
    let query = strategy.query(&required);
    match domain.list(&query, strategy.page_order(), sink).await {
        Ok(list) => Ok(StrategyResult {
            strategy,
            query,
            list,
            lacks_attributes: true,
        }),
        Err(failure) if allows_fallback(failure.cause) => Err(refusal),
        Err(failure) => Err(failure),
    }
}

/// Tries strategies with all attributes of `list`.
async fn list_with_attributes(
    domain: &DomainClient,
    list: &Query,
    sink: &mut impl RowSink,
) -> Result<StrategyResult, ReadFailure> {
    let mut attempt = Attempt::FIRST;
    loop {
        let strategy = attempt.strategy;
        let query = strategy.query(list);
        match domain.list(&query, strategy.page_order(), sink).await {
            Ok(list) => {
                return Ok(StrategyResult {
                    strategy,
                    query,
                    list,
                    lacks_attributes: false,
                });
            }
            Err(failure) => attempt = attempt.after(failure)?,
        }
    }
}

/// Rows without a date, which a date filter hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndatedRows {
    /// The list was not filtered by date, or no such row exists.
    None,
    /// All of them were read.
    Read,
    /// They could not be read.
    Unknown,
}

impl StrategyResult {
    /// Reads the rows that a date filter hides, into the sink that has the others.
    pub async fn read_undated(
        &mut self,
        domain: &DomainClient,
        sink: &mut impl RowSink,
    ) -> UndatedRows {
        if !self.strategy.is_filtered() || self.list.failure.is_some() {
            return UndatedRows::None;
        }
        let query = Query {
            sorted: false,
            filter: Some(WITHOUT_DATE.to_owned()),
            ..self.query.clone()
        };
        let known = sink.row_count();
        match domain.list(&query, PageOrder::Sequential, sink).await {
            Ok(undated) if undated.failure.is_none() && undated.gaps.is_empty() => {
                // A service that ignores the filter returns rows that are known.
                let new = sink.row_count().saturating_sub(known);
                self.list.read += new;
                self.list.total = self.list.total.map(|total| total.saturating_add(new));
                if new > 0 {
                    UndatedRows::Read
                } else {
                    UndatedRows::None
                }
            }
            _ => UndatedRows::Unknown,
        }
    }
}

/// The strategy to try, and the first refusal so far.
#[derive(Debug)]
struct Attempt {
    strategy: Strategy,
    first_refusal: Option<ReadFailure>,
}

impl Attempt {
    const FIRST: Self = Self {
        strategy: Strategy::Bulk,
        first_refusal: None,
    };

    /// The attempt that follows when this one fails. The error is the failure to report if none follows.
    fn after(self, failure: ReadFailure) -> Result<Self, ReadFailure> {
        let cause = failure.cause;
        if !allows_fallback(cause) {
            return Err(failure);
        }
        let first_refusal = self.first_refusal.unwrap_or(failure);
        match next_strategy(self.strategy, cause) {
            Some(strategy) => Ok(Self {
                strategy,
                first_refusal: Some(first_refusal),
            }),
            None => Err(first_refusal),
        }
    }
}

/// The strategy to try after `refused` was refused; `None` after the last one.
const fn next_strategy(refused: Strategy, cause: FailureCause) -> Option<Strategy> {
    let Some(status) = cause.refused_form() else {
        return None;
    };
    match (refused, status) {
        // A 400 may be about the sort.
        (Strategy::Bulk, 400) => Some(Strategy::Unsorted),
        // The other statuses are not.
        (Strategy::Bulk, 405 | 413) => Some(Strategy::FilteredByDate),
        // A second 400 was not about the sort, so the sort is used again.
        (Strategy::Unsorted, 400) => Some(Strategy::FilteredByDate),
        // Another status came only without the sort, so the sort stays off.
        (Strategy::Unsorted, 405 | 413) => Some(Strategy::UnsortedFilteredByDate),
        (Strategy::FilteredByDate, 400) => Some(Strategy::UnsortedFilteredByDate),
        _ => None,
    }
}

/// Whether a refusal is about the form of the request, so that another form may be accepted.
pub(super) const fn allows_fallback(cause: FailureCause) -> bool {
    cause.refused_form().is_some()
}

#[cfg(test)]
mod tests {
    use super::super::query::PageSize;
    use super::Strategy::*;
    use super::*;

    const OK: u16 = 200;

    fn failure(status: u16) -> ReadFailure {
        let cause = match status {
            401 | 403 => FailureCause::Unauthorized(status),
            _ => FailureCause::Status(status),
        };
        ReadFailure {
            cause,
            message: crate::server_text::FailureText::default(),
        }
    }

    /// The strategies that these answers lead to, and the status to report if none is accepted. The last answer repeats.
    fn run(answers: &[u16]) -> (Vec<Strategy>, Option<FailureCause>) {
        let mut attempt = Attempt::FIRST;
        let mut tried = Vec::new();
        loop {
            tried.push(attempt.strategy);
            let answer = answers.get(tried.len() - 1).or(answers.last());
            let answer = *answer.expect("an answer");
            if answer == OK {
                return (tried, None);
            }
            match attempt.after(failure(answer)) {
                Ok(next) => attempt = next,
                Err(failure) => return (tried, Some(failure.cause)),
            }
        }
    }

    #[test]
    fn strategies_follow_the_refusals() {
        let cases: &[(&[u16], &[Strategy])] = &[
            (&[OK], &[Bulk]),
            (&[400, OK], &[Bulk, Unsorted]),
            (&[405, OK], &[Bulk, FilteredByDate]),
            (&[413, OK], &[Bulk, FilteredByDate]),
            (&[400, 400, OK], &[Bulk, Unsorted, FilteredByDate]),
            (&[400, 405, OK], &[Bulk, Unsorted, UnsortedFilteredByDate]),
            (&[400, 413, OK], &[Bulk, Unsorted, UnsortedFilteredByDate]),
            (
                &[405, 400, OK],
                &[Bulk, FilteredByDate, UnsortedFilteredByDate],
            ),
            (
                &[400, 400, 400, OK],
                &[Bulk, Unsorted, FilteredByDate, UnsortedFilteredByDate],
            ),
        ];
        for (answers, tried) in cases {
            assert_eq!(run(answers), (tried.to_vec(), None), "{answers:?}");
        }
    }

    #[test]
    fn refusal_of_every_strategy_reports_the_first_one_and_leads_to_users() {
        let cases: &[(&[u16], usize)] = &[
            (&[400], 4),
            (&[405], 2),
            (&[413], 2),
            (&[400, 405], 3),
            (&[400, 400, 405], 3),
            (&[405, 400], 3),
            (&[405, 400, 413], 3),
        ];
        for (answers, tried) in cases {
            let (strategies, reported) = run(answers);
            assert_eq!(strategies.len(), *tried, "{answers:?}");
            assert_eq!(reported, Some(failure(answers[0]).cause), "{answers:?}");
            assert!(reported.is_some_and(allows_fallback), "{answers:?}");
        }
    }

    #[test]
    fn missing_permission_or_fault_ends_the_fallback_and_is_reported() {
        for last in [401, 403, 404, 409, 429, 500, 503] {
            for before in [&[][..], &[400], &[405], &[400, 400], &[400, 400, 400]] {
                let answers = [before, &[last]].concat();
                let (strategies, reported) = run(&answers);
                assert_eq!(strategies.len(), answers.len(), "{answers:?}");
                assert_eq!(reported, Some(failure(last).cause), "{answers:?}");
                assert!(!reported.is_some_and(allows_fallback), "{answers:?}");
            }
        }
    }

    #[test]
    fn only_refusals_about_the_form_lead_to_another_strategy() {
        let causes = [
            FailureCause::Unauthorized(403),
            FailureCause::Status(404),
            FailureCause::Connection,
            FailureCause::Timeout,
            FailureCause::InvalidResponse,
            FailureCause::ProgramFault,
            FailureCause::OutOfTime,
        ];
        for strategy in [Bulk, Unsorted, FilteredByDate, UnsortedFilteredByDate] {
            for cause in causes {
                assert_eq!(
                    next_strategy(strategy, cause),
                    None,
                    "{strategy:?} {cause:?}"
                );
                assert!(!allows_fallback(cause), "{cause:?}");
            }
        }
    }

    #[test]
    fn strategies_differ_in_sort_and_filter_alone() {
        let list = Query::all("ApiKeys", vec!["id".to_owned()], PageSize::of_credentials());
        for (strategy, sorted, filtered, order) in [
            (Bulk, true, false, PageOrder::Concurrent),
            (Unsorted, false, false, PageOrder::Sequential),
            (FilteredByDate, true, true, PageOrder::Concurrent),
            (UnsortedFilteredByDate, false, true, PageOrder::Sequential),
        ] {
            let query = strategy.query(&list);
            assert_eq!((query.sorted, query.filter.is_some()), (sorted, filtered));
            assert_eq!((query.segment, query.search), ("ApiKeys", false));
            assert_eq!(query.attributes, list.attributes);
            assert_eq!(strategy.page_order(), order);
        }
    }
}
