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

/// Claimed ids of credentials of one type, as hashes, in the order of the users.
#[derive(Debug, Default)]
pub struct Claims {
    pub(super) ids: Vec<u64>,
    /// For each user row, the end of its ids.
    ends: Vec<u32>,
    /// Claims without a readable id.
    pub(super) unreadable: u64,
}

impl Claims {
    /// Compares these claims with a list.
    pub(super) fn compare(&self, list: &SeenIds) -> ClaimComparison {
        ClaimComparison {
            missing: self.missing_from(list),
            unreadable: self.unreadable,
        }
    }

    /// How many of these ids a list lacks.
    pub(super) fn missing_from(&self, list: &SeenIds) -> u64 {
        self.ids
            .iter()
            .filter(|claim| !list.all.contains(claim))
            .count() as u64
    }

    /// The ids of one user row.
    pub(super) fn of_user(&self, row: usize) -> &[u64] {
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

    /// Ends the ids of one user row.
    pub(super) fn end_user(&mut self) {
        self.ends
            .push(u32::try_from(self.ids.len()).unwrap_or(u32::MAX));
    }
}
