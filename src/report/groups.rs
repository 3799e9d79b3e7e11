//! Findings in groups, such as those of one person.

use std::collections::HashMap;
use std::hash::Hash;

use crate::judge::{Audit, Finding};

/// Indices of findings by group, four bytes per finding. Groups are in the order of their first findings, and findings of a group
/// in the order of [`Audit::findings`]: the most urgent person is first.
pub(super) struct Groups {
    /// Indices into [`Audit::findings`], group by group.
    findings: Vec<u32>,
    /// Group `n` begins at `starts[n]` and ends at `starts[n + 1]`.
    starts: Vec<u32>,
}

impl Groups {
    /// Groups findings by a key; leaves out those without one.
    pub(super) fn of<K: Hash + Eq>(audit: &Audit, key: impl Fn(&Finding) -> Option<K>) -> Self {
        let all = (0..).zip(&audit.findings);
        Self::among(all, key)
    }

    /// Groups some findings by a key, each with its index in [`Audit::findings`]; leaves out those without one.
    pub(super) fn among<'a, K: Hash + Eq>(
        findings: impl Iterator<Item = (u32, &'a Finding)>,
        key: impl Fn(&Finding) -> Option<K>,
    ) -> Self {
        let mut places: HashMap<K, u32> = HashMap::new();
        let mut placed: Vec<(u32, u32)> = Vec::new();
        for (index, finding) in findings {
            if let Some(key) = key(finding) {
                let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
                placed.push((*places.entry(key).or_insert(next), index));
            }
        }
        placed.sort_unstable();
        let mut starts = vec![0];
        for group in placed.chunk_by(|(left, _), (right, _)| left == right) {
            let before = starts.last().copied().unwrap_or(0);
            starts.push(before + u32::try_from(group.len()).unwrap_or(u32::MAX));
        }
        Self {
            findings: placed.into_iter().map(|(_, index)| index).collect(),
            starts,
        }
    }

    /// The number of groups.
    pub(super) const fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The findings of a group. Empty for an unknown group.
    pub(super) fn get<'a>(
        &'a self,
        audit: &'a Audit,
        group: usize,
    ) -> impl Iterator<Item = &'a Finding> + Clone {
        let range = match self.starts.get(group..) {
            Some([start, end, ..]) => *start as usize..*end as usize,
            _ => 0..0,
        };
        let indices = self.findings.get(range).unwrap_or_default();
        indices
            .iter()
            .filter_map(|index| audit.findings.get(*index as usize))
    }
}
