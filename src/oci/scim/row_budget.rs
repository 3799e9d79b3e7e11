//! Bounds the rows of a run. Every list acquires memory for a page before it keeps its rows; a list without memory ends, and is
//! incomplete.

use std::fmt;
use std::sync::Arc;

use crate::shares::{Held, Pool, Share};

/// What the rows of a domain may take, as a multiple of what remains free.
const MULTIPLE: u64 = 8;

/// Max rows of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowLimit {
    /// By the memory that they take, in bytes.
    Bytes(u64),
    /// By their number.
    Rows(u64),
}

impl RowLimit {
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

/// The rows that a run may keep.
#[derive(Clone, Debug)]
pub struct RowBudget {
    limit: RowLimit,
    pool: Arc<Pool>,
}

impl RowBudget {
    /// A budget without a row.
    pub fn new(limit: RowLimit) -> Self {
        let (RowLimit::Bytes(max) | RowLimit::Rows(max)) = limit;
        let pool = Pool::new(max, MULTIPLE);
        Self { limit, pool }
    }

    /// The part of a domain.
    pub fn domain(&self) -> DomainRows {
        DomainRows {
            limit: self.limit,
            share: self.pool.share(),
        }
    }
}

/// What the rows of one domain take.
#[derive(Clone, Debug)]
pub struct DomainRows {
    limit: RowLimit,
    share: Arc<Share>,
}

/// The memory for rows of a domain is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its rows do not fit: all rows of a run may take {0}, and this domain's part is used up")]
pub struct RowsDoNotFit(RowLimit);

impl DomainRows {
    /// Reserves memory for rows of at most this size.
    ///
    /// # Errors
    ///
    /// If the domain has no memory for them.
    pub(super) fn reserve(&self, size: RowsSize) -> Result<ReservedRows, RowsDoNotFit> {
        let limit = self.limit;
        let held = self.share.try_acquire(limit.of(size));
        let held = held.ok_or(RowsDoNotFit(limit))?;
        Ok(ReservedRows { limit, held })
    }
}

/// Memory that is reserved, until it is dropped.
pub(super) struct ReservedRows {
    limit: RowLimit,
    held: Held,
}

impl ReservedRows {
    /// Keeps what rows take, and releases the rest.
    pub(super) fn keep(self, size: RowsSize) {
        self.held.keep(self.limit.of(size));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_limited_by_number_or_by_bytes() {
        let row = RowsSize { rows: 1, bytes: 10 };
        for (limit, rows, text) in [
            (RowLimit::Rows(9), 8, "9 rows"),
            (RowLimit::Bytes(90), 8, "0 MiB"),
            (RowLimit::Bytes(9 << 20), 838_860, "9 MiB"),
        ] {
            let domain = RowBudget::new(limit).domain();
            let mut kept = 0;
            let full = loop {
                match domain.reserve(row) {
                    Ok(reserved) => reserved.keep(row),
                    Err(full) => break full,
                }
                kept += 1;
            };
            assert_eq!(kept, rows);
            let expected = format!(
                "its rows do not fit: all rows of a run may take {text}, and this domain's part is used up"
            );
            assert_eq!(full.to_string(), expected);
        }
    }
}
