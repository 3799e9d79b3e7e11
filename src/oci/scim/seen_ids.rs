//! The ids of the rows of one list: which are new, and which rows are repeated.

use std::collections::{HashMap, HashSet};

use super::page::PageSummary;
use super::rows::id_hash;

/// Ids seen so far, as 64-bit hashes. With a million ids, the probability of a collision is 3 in 100 million.
#[derive(Debug, Default)]
pub(super) struct SeenIds {
    pub(super) all: HashSet<u64>,
    /// Ids of the current pass; `None` in the first pass, where they are all ids.
    this_pass: Option<HashSet<u64>>,
    /// Index of the row by the hash of its id. Empty until an id is repeated: most lists repeat none.
    row_by_id: HashMap<u64, usize>,
    /// Rows that were returned with one content, and again with another.
    pub(super) contradictory: HashSet<usize>,
}

impl SeenIds {
    /// Counts an id in the summary of its page, if it is new in this pass. Returns whether it is new in all passes.
    pub(super) fn insert(&mut self, id: &str, page: &mut PageSummary) -> bool {
        let hash = id_hash(id);
        let new = self.all.insert(hash);
        if new && !self.row_by_id.is_empty() {
            // Each id that is new adds one row.
            self.row_by_id.insert(hash, self.all.len() - 1);
        }
        let this_pass = self.this_pass.as_mut();
        page.new += u64::from(this_pass.map_or(new, |pass| pass.insert(hash)));
        new
    }

    /// The row of a repeated id. `ids` are the ids of all rows, in order.
    pub(super) fn row_of(&mut self, id: &str, ids: impl Iterator<Item = u64>) -> Option<usize> {
        if self.row_by_id.is_empty() {
            self.row_by_id = ids.zip(0..).collect();
        }
        self.row_by_id.get(&id_hash(id)).copied()
    }

    /// Whether the current pass returned a row with this id.
    pub(super) fn is_in_this_pass(&self, id: &str) -> bool {
        let ids = self.this_pass.as_ref().unwrap_or(&self.all);
        ids.contains(&id_hash(id))
    }

    pub(super) fn start_pass(&mut self) {
        if !self.all.is_empty() {
            self.this_pass = Some(HashSet::new());
        }
    }
}
