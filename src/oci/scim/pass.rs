//! One reading of a list, page by page: what came, whether it fits what the service counts, and what is missing.

use super::page::PageSummary;
use crate::model::{ListGap, ReadFailure};

use super::pager::PAGE_SIZE;

/// Pages of a list whose length the server does not tell: no identity domain leaves it out, so what comes may have no end,
/// and is kept in memory.
const MAX_PAGES: u64 = 100;

/// How far a list was read, from its first page on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Distinct rows of the reading that is judged.
    pub read: u64,
    /// `totalResults` of its last page.
    pub total: Option<u64>,
    /// Why rows are missing.
    pub gaps: Vec<ListGap>,
    /// What ended the reading before its end.
    pub failure: Option<ReadFailure>,
    /// Where the next page would begin, if the last was as long as a page can be.
    pub past_full_page: Option<u64>,
}

impl Listed {
    /// As another reading of a list of which this was known. Where it broke off, what was read before was read all the same.
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
}

/// One reading of a list.
#[derive(Debug, Default)]
pub(super) struct Pass {
    pub(super) rows: u64,
    pub(super) first_rows: u64,
    last_rows: u64,
    pages: u64,
    distinct: u64,
    unreadable: u64,
    pub(super) first_total: Option<u64>,
    last_total: Option<u64>,
    pub(super) total_moved: bool,
    /// A page had not the rows that its place asks for.
    pub(super) misfit: bool,
    pub(super) failure: Option<ReadFailure>,
}

impl Pass {
    pub(super) fn take(&mut self, page: PageSummary) {
        if self.pages == 0 {
            self.first_rows = page.rows;
        }
        self.pages += 1;
        self.last_rows = page.rows;
        self.rows += page.rows;
        self.distinct += page.new;
        self.unreadable += page.unreadable;
        if self.first_total.is_none() {
            self.first_total = page.total;
        } else if page.total != self.last_total {
            self.total_moved = true;
        }
        self.last_total = page.total;
    }

    pub(super) fn fits(&self) -> bool {
        !self.total_moved && !self.misfit && self.failure.is_none() && self.has_all()
    }

    /// Whether as many distinct rows came as the service counts.
    pub(super) fn has_all(&self) -> bool {
        self.last_total == Some(self.distinct + self.unreadable)
    }

    /// Whether the pages are as many as a list of its length can have, with some patience.
    pub(super) fn is_endless(&self, patience: u64) -> bool {
        let most = match self.first_total.max(
            self.last_total
                .min(self.first_total.map(|first| first.saturating_mul(2))),
        ) {
            Some(total) => total
                .div_ceil(self.first_rows.max(1))
                .saturating_mul(patience),
            None => MAX_PAGES,
        };
        self.pages >= most.saturating_add(2)
    }

    /// See [`Listed::past_full_page`]. A single page is full only at the size that was asked for.
    fn past_full_page(&self) -> Option<u64> {
        let full = if self.pages == 1 {
            PAGE_SIZE
        } else {
            self.first_rows
        };
        (self.rows > 0 && self.last_rows >= full).then_some(self.rows + 1)
    }
}

/// What a reading came to. Where it is `judged`, what does not fit is a gap.
pub(super) fn listed(pass: &Pass, judged: bool) -> Listed {
    let mut gaps = Vec::new();
    if pass.unreadable > 0 {
        gaps.push(ListGap::RowsWithoutId(pass.unreadable));
    }
    if judged && pass.failure.is_none() {
        let returned = pass.distinct + pass.unreadable;
        match pass.last_total {
            None => gaps.push(ListGap::NoTotal { returned }),
            Some(counted) if pass.total_moved => {
                gaps.push(ListGap::ChangedTwice { returned, counted });
            }
            Some(counted) if counted > returned => {
                gaps.push(ListGap::RowsMissing { returned, counted });
            }
            Some(counted) if counted < returned => {
                gaps.push(ListGap::TotalTooLow { returned, counted });
            }
            Some(_) => {}
        }
    }
    Listed {
        read: pass.distinct,
        total: pass.last_total,
        gaps,
        failure: pass.failure.clone(),
        past_full_page: pass.past_full_page(),
    }
}
