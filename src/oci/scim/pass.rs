//! A pass over a list: what its pages returned, whether it agrees with the service's count, and what is missing.

use crate::model::{ListCoverage, ListGap, ReadFailure, ReadingMode};

use super::page::PageSummary;
/// Max pages of a list without `totalResults`. No identity domain omits it, so such a list may have no end.
const MAX_PAGES_WITHOUT_TOTAL: u64 = 100;

/// What reading a list returned, once its first page was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListResult {
    /// Distinct rows of the last pass.
    pub read: u64,
    /// `totalResults` of the last page.
    pub total: Option<u64>,
    /// Why rows are missing.
    pub gaps: Vec<ListGap>,
    /// What ended the last pass early.
    pub failure: Option<ReadFailure>,
    /// `startIndex` of the next page, if the last page was full.
    pub past_full_page: Option<u64>,
    /// Pages of the last pass.
    pub pages: u64,
    /// Whether the service states smaller pages than requested, so that any last page may be full.
    pub is_capped: bool,
}

impl ListResult {
    /// Merges a re-read into this result. If the re-read failed part-way, keeps the larger row count.
    #[must_use]
    pub fn merge_reread(&self, again: Self) -> Self {
        match again.failure {
            None => again,
            Some(_) => Self {
                read: again.read.max(self.read),
                total: again.total.or(self.total),
                ..again
            },
        }
    }

    /// The coverage of this list, before users are compared with it.
    pub fn into_coverage(self, mode: ReadingMode) -> ListCoverage {
        ListCoverage {
            read: self.read,
            expected: self.total,
            mode: Some(mode),
            gaps: self.gaps,
            failure: self.failure,
            claimed_but_not_listed: 0,
            unreadable_claims: 0,
            cross_checked: false,
        }
    }
}

/// A pass over a list, from its first page on.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// Rows so far: the next page starts after them.
    pub(super) rows: u64,
    pub(super) first_page_rows: u64,
    last_page_rows: u64,
    /// Rows that the last page was requested with.
    requested: u64,
    /// The page size that the last page states.
    items_per_page: Option<u64>,
    pub(super) pages: u64,
    distinct: u64,
    unreadable: u64,
    pub(super) first_total: Option<u64>,
    last_total: Option<u64>,
    pub(super) total_changed: bool,
    /// The concurrent pass proves nothing: read again, one page at a time.
    pub(super) needs_reread: bool,
    pub(super) failure: Option<ReadFailure>,
}

impl Pass {
    /// Adds a page of at most `requested` rows.
    pub(super) fn add_page(&mut self, page: PageSummary, requested: u64) {
        if self.pages == 0 {
            self.first_page_rows = page.rows;
        }
        self.pages += 1;
        self.last_page_rows = page.rows;
        self.requested = requested;
        self.items_per_page = page.items_per_page;
        self.rows += page.rows;
        self.distinct += page.new;
        self.unreadable += page.unreadable;
        if self.first_total.is_none() {
            self.first_total = page.total;
        } else if page.total != self.last_total {
            self.total_changed = true;
        }
        self.last_total = page.total;
    }

    pub(super) fn is_complete(&self) -> bool {
        !self.total_changed && !self.needs_reread && self.failure.is_none() && self.has_all_rows()
    }

    /// Whether as many distinct rows were returned as the service counts.
    pub(super) fn has_all_rows(&self) -> bool {
        self.last_total == Some(self.distinct + self.unreadable)
    }

    /// Whether a page is neither full nor the end of the list by the service's count. A page without rows is none of a list.
    pub(super) fn ends_early(&self) -> bool {
        let returned = self.distinct + self.unreadable;
        (1..self.requested).contains(&self.last_page_rows)
            && self.last_total.is_some_and(|counted| counted > returned)
    }

    /// Whether the server sent more pages than a list of its length has, times `factor`.
    pub(super) fn exceeds_max_pages(&self, factor: u64) -> bool {
        // A total may grow while the list is read, but not to more than twice the first one.
        let last_total = self
            .last_total
            .min(self.first_total.map(|first| first.saturating_mul(2)));
        let max_pages = match self.first_total.max(last_total) {
            Some(total) => total
                .div_ceil(self.first_page_rows.max(1))
                .saturating_mul(factor),
            None => MAX_PAGES_WITHOUT_TOTAL,
        };
        self.pages >= max_pages.saturating_add(2)
    }

    /// See [`ListResult::past_full_page`]. A single page is full if it has as many rows as requested, or as the service states
    /// for a page: services cap pages.
    fn past_full_page(&self) -> Option<u64> {
        let full = if self.pages == 1 {
            self.requested
        } else {
            self.first_page_rows
        };
        let full = self.items_per_page.map_or(full, |size| size.min(full));
        (self.rows > 0 && self.last_page_rows >= full).then_some(self.rows + 1)
    }

    /// The result without comparing rows and total: another pass follows, or only the first page was requested.
    pub(super) fn unchecked_result(&self) -> ListResult {
        let unreadable = self.unreadable;
        ListResult {
            read: self.distinct,
            total: self.last_total,
            gaps: (unreadable > 0)
                .then_some(ListGap::RowsWithoutId(unreadable))
                .into_iter()
                .collect(),
            failure: self.failure.clone(),
            past_full_page: self.past_full_page(),
            pages: self.pages,
            is_capped: self
                .items_per_page
                .is_some_and(|size| size < self.requested),
        }
    }

    /// The result. If rows and total disagree, it has a gap.
    pub(super) fn checked_result(&self) -> ListResult {
        let mut result = self.unchecked_result();
        if self.failure.is_none() {
            result.gaps.extend(self.total_gap());
        }
        result
    }

    fn total_gap(&self) -> Option<ListGap> {
        let returned = self.distinct + self.unreadable;
        match self.last_total {
            None => Some(ListGap::NoTotal { returned }),
            Some(counted) if self.total_changed => {
                Some(ListGap::ChangedTwice { returned, counted })
            }
            Some(counted) if counted > returned => Some(ListGap::RowsMissing { returned, counted }),
            Some(counted) if counted < returned => Some(ListGap::TotalTooLow { returned, counted }),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::PAGE_SIZE;
    use super::*;

    fn page(total: Option<u64>, new: u64, unreadable: u64) -> PageSummary {
        PageSummary {
            total,
            rows: new + unreadable,
            new,
            unreadable,
            items_per_page: None,
        }
    }

    fn pass(pages: &[PageSummary]) -> Pass {
        let mut pass = Pass::default();
        for page in pages {
            pass.add_page(*page, PAGE_SIZE);
        }
        pass
    }

    fn gaps(pages: &[PageSummary]) -> Vec<ListGap> {
        pass(pages).checked_result().gaps
    }

    #[test]
    fn rows_without_an_id_are_a_gap_though_they_count() {
        assert!(gaps(&[page(Some(3), 3, 0)]).is_empty());
        for unreadable in [1, 3] {
            let pages = [page(Some(3), 3 - unreadable, unreadable)];
            assert!(pass(&pages).is_complete());
            assert_eq!(gaps(&pages), [ListGap::RowsWithoutId(unreadable)]);
            let unchecked = pass(&pages).unchecked_result();
            assert_eq!(unchecked.gaps, [ListGap::RowsWithoutId(unreadable)]);
        }
    }

    #[test]
    fn total_that_differs_from_the_rows_is_a_gap() {
        let (returned, counted) = (5, 7);
        for (pages, gap) in [
            (vec![page(None, 5, 0)], Some(ListGap::NoTotal { returned })),
            (
                vec![page(Some(7), 5, 0)],
                Some(ListGap::RowsMissing { returned, counted }),
            ),
            (
                vec![page(Some(7), 9, 0)],
                Some(ListGap::TotalTooLow {
                    returned: 9,
                    counted,
                }),
            ),
            (
                vec![page(Some(5), 3, 0), page(Some(7), 2, 0)],
                Some(ListGap::ChangedTwice { returned, counted }),
            ),
            (vec![page(Some(5), 3, 0), page(Some(5), 2, 0)], None),
        ] {
            assert_eq!(gaps(&pages), gap.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn list_ends_early_if_its_last_page_is_neither_full_nor_the_end() {
        for (total, new, unreadable, ends_early) in [
            (Some(10), 5, 0, true),
            (Some(10), 4, 5, true),
            (Some(10), 5, 5, false),
            (Some(10), 12, 0, false),
            (Some(5_000), PAGE_SIZE, 0, false),
            (Some(5_000), PAGE_SIZE - 1, 0, true),
            (Some(10), 0, 0, false),
            (None, 5, 0, false),
        ] {
            let pass = pass(&[page(total, new, unreadable)]);
            assert_eq!(
                pass.ends_early(),
                ends_early,
                "{total:?}, {new}, {unreadable}"
            );
        }
    }

    #[test]
    fn last_page_is_full_by_what_was_asked_or_by_its_own_size() {
        let sized = |rows, items_per_page| PageSummary {
            items_per_page,
            ..page(Some(rows), rows, 0)
        };
        for (pages, past) in [
            (vec![sized(PAGE_SIZE, None)], Some(PAGE_SIZE + 1)),
            (vec![sized(PAGE_SIZE - 1, None)], None),
            (vec![sized(20, Some(20))], Some(21)),
            (vec![sized(20, Some(50))], None),
            (vec![sized(20, None), sized(20, None)], Some(41)),
            (vec![sized(20, None), sized(19, None)], None),
            (vec![sized(0, Some(0))], None),
        ] {
            assert_eq!(pass(&pages).unchecked_result().past_full_page, past);
        }
    }
}
