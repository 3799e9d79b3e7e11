//! Bounds the memory of all rows of a run.
//!
//! No server is trusted with the length of its lists. Every list reserves memory for a page before it keeps its rows. A list
//! without memory ends, and is incomplete.
//!
//! # Shares
//!
//! A domain may keep four times what remains free. So one domain gets four fifths of the memory, and four domains without an end
//! leave a seventeenth for the others: each domain that breaks the bound gets less, and no other one loses its report.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a domain may keep, as a multiple of what remains free.
const SHARE: u64 = 4;

/// Max rows of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowLimit {
    /// By the memory that they take, in bytes.
    Bytes(u64),
    /// By their number.
    Rows(u64),
}

impl RowLimit {
    const fn max(self) -> u64 {
        match self {
            Self::Bytes(max) | Self::Rows(max) => max,
        }
    }

    const fn of(self, size: RowsSize) -> u64 {
        match self {
            Self::Bytes(_) => size.bytes,
            Self::Rows(_) => size.rows,
        }
    }
}

impl fmt::Display for RowLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(max) => write!(f, "{} MiB", max / 1024 / 1024),
            Self::Rows(max) => write!(f, "{max} rows"),
        }
    }
}

/// The size of rows in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowsSize {
    /// Their number.
    pub rows: u64,
    /// What they take, without what vectors and maps reserve in advance.
    pub bytes: u64,
}

/// The limit of a run, and how much of it is used.
#[derive(Debug)]
pub struct RowBudget {
    limit: RowLimit,
    used: AtomicU64,
}

impl RowBudget {
    /// A budget without a row.
    pub fn new(limit: RowLimit) -> Arc<Self> {
        let used = AtomicU64::new(0);
        Arc::new(Self { limit, used })
    }

    /// The part of a domain.
    pub fn domain(self: &Arc<Self>) -> DomainRows {
        DomainRows {
            budget: Arc::clone(self),
            used: AtomicU64::new(0),
        }
    }
}

/// What the rows of one domain use.
#[derive(Debug)]
pub struct DomainRows {
    budget: Arc<RowBudget>,
    used: AtomicU64,
}

/// There is no memory for more rows of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "its rows do not fit: all rows of a run may take {limit}, and this domain's part is used up"
)]
pub struct RowsDoNotFit {
    limit: RowLimit,
}

impl DomainRows {
    /// Reserves memory for rows of at most this size.
    ///
    /// # Errors
    ///
    /// If the domain has no memory for them.
    pub(super) fn reserve(&self, size: RowsSize) -> Result<Reserved<'_>, RowsDoNotFit> {
        let limit = self.budget.limit;
        let size = limit.of(size);
        let in_all = self.budget.used.fetch_add(size, Ordering::Relaxed) + size;
        let own = self.used.fetch_add(size, Ordering::Relaxed) + size;
        let reserved = Reserved { rows: self, size };
        let free = limit.max().saturating_sub(in_all);
        if own <= free.saturating_mul(SHARE) {
            Ok(reserved)
        } else {
            Err(RowsDoNotFit { limit })
        }
    }
}

/// Memory that is reserved. Dropping it releases the memory, unless rows were kept.
pub(super) struct Reserved<'a> {
    rows: &'a DomainRows,
    size: u64,
}

impl Reserved<'_> {
    /// Keeps what rows take, and releases the rest.
    pub(super) fn keep(mut self, size: RowsSize) {
        let kept = self.rows.budget.limit.of(size);
        let rows = self.rows;
        if kept > self.size {
            rows.budget
                .used
                .fetch_add(kept - self.size, Ordering::Relaxed);
            rows.used.fetch_add(kept - self.size, Ordering::Relaxed);
        }
        self.size = self.size.saturating_sub(kept);
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.rows
            .budget
            .used
            .fetch_sub(self.size, Ordering::Relaxed);
        self.rows.used.fetch_sub(self.size, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: RowsSize = RowsSize { rows: 1, bytes: 10 };

    /// Adds rows to each domain in turn until none takes more; the rows of each.
    fn filled(budget: &Arc<RowBudget>, domains: usize) -> Vec<u64> {
        let domains: Vec<_> = (0..domains).map(|_| budget.domain()).collect();
        let mut rows = vec![0; domains.len()];
        let mut growing = true;
        while growing {
            growing = false;
            for (domain, rows) in domains.iter().zip(&mut rows) {
                if let Ok(reserved) = domain.reserve(ROW) {
                    reserved.keep(ROW);
                    *rows += 1;
                    growing = true;
                }
            }
        }
        rows
    }

    #[test]
    fn each_domain_without_an_end_gets_the_same_and_leaves_some() {
        for (domains, each) in [(1, 800), (2, 444), (4, 235), (8, 121)] {
            for limit in [RowLimit::Bytes(10_000), RowLimit::Rows(1_000)] {
                let budget = RowBudget::new(limit);
                let rows = filled(&budget, domains);
                assert!(
                    rows.iter().all(|rows| rows.abs_diff(each) <= 2),
                    "{limit:?}: {rows:?}"
                );
                // Another domain still has memory.
                assert_eq!(budget.domain().reserve(ROW).err(), None);
            }
        }
    }

    #[test]
    fn what_is_not_kept_is_released() {
        let budget = RowBudget::new(RowLimit::Bytes(1_000));
        let domain = budget.domain();
        let page = RowsSize {
            rows: 7,
            bytes: 500,
        };
        for _ in 0..20 {
            domain.reserve(page).expect("memory").keep(ROW);
            drop(domain.reserve(page));
        }
        assert_eq!(budget.used.load(Ordering::Relaxed), 200);
        // What takes more than was reserved counts whole.
        domain.reserve(ROW).expect("memory").keep(page);
        assert_eq!(domain.used.load(Ordering::Relaxed), 700);
        let full = domain.reserve(page).err().expect("no memory");
        assert_eq!(
            full.to_string(),
            "its rows do not fit: all rows of a run may take 0 MiB, and this domain's part is used up"
        );
        assert_eq!(budget.used.load(Ordering::Relaxed), 700);
    }
}
