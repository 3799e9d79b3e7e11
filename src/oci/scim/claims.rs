//! The credentials that users claim to hold, by the ids in their records, and whether a list has them.

use super::seen_ids::SeenIds;

/// What users claim of one type, compared with its list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClaimComparison {
    /// Ids that users claim and the list lacks.
    pub missing: u64,
    /// Claims without a readable id.
    pub unreadable: u64,
}

/// Claimed ids of credentials of one type, as hashes, in the order of the users. Those of a user are in ascending order, each
/// once: a repeated claim would make up for one that is missing.
#[derive(Debug, Default)]
pub struct Claims {
    ids: Vec<u64>,
    /// For each user row, the end of its ids.
    ends: Vec<u32>,
    /// Claims without a readable id.
    pub(super) unreadable: u64,
}

impl Claims {
    /// Compares these claims with a list.
    pub(super) fn compare(&self, list: &SeenIds) -> ClaimComparison {
        ClaimComparison {
            missing: self.ids.iter().filter(|id| !list.all.contains(id)).count() as u64,
            unreadable: self.unreadable,
        }
    }

    /// The ids of one user row.
    fn of_user(&self, row: usize) -> &[u64] {
        let end = |row: usize| self.ends.get(row).map_or(0, |end| *end as usize);
        let start = row.checked_sub(1).map_or(0, end);
        self.ids.get(start..end(row)).unwrap_or_default()
    }

    /// The rows of users with an id that a list lacks.
    pub(super) fn users_missing_from(&self, list: &SeenIds) -> impl Iterator<Item = usize> {
        let mut start = 0;
        self.ends.iter().enumerate().filter_map(move |(row, end)| {
            let ids = self.ids.get(start..*end as usize).unwrap_or_default();
            start = *end as usize;
            ids.iter()
                .any(|claim| !list.all.contains(claim))
                .then_some(row)
        })
    }

    /// How many ids users claim.
    pub fn len(&self) -> u64 {
        self.ids.len() as u64
    }

    /// Whether users claim no id.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Adds the ids of the next user row.
    pub(super) fn add_user(&mut self, ids: impl Iterator<Item = u64>) {
        self.ids.extend(distinct(ids));
        self.ends
            .push(u32::try_from(self.ids.len()).unwrap_or(u32::MAX));
    }

    /// Whether these are the ids of a user row.
    pub(super) fn are_of_user(&self, row: usize, ids: impl Iterator<Item = u64>) -> bool {
        self.of_user(row) == distinct(ids)
    }
}

fn distinct(ids: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
