//! The brake: if many users of a domain get a mark within a week, that may be a mistake, so no deletion follows from it. Pure.

use std::collections::{BTreeMap, HashSet};

use super::finding::Finding;

/// The domains in which many users got a mark, and the credentials that follow from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MassChange {
    /// Numbers of users, by index of the domain.
    pub(super) users: BTreeMap<u16, u64>,
    pub(super) affected: HashSet<(u16, u8, u32)>,
}

impl MassChange {
    /// Whether the mark of a finding is one of many.
    pub(super) fn affects(&self, finding: &Finding) -> bool {
        !self.affected.is_empty() && self.affected.contains(&Self::key(finding))
    }

    /// Domain, type and index of a finding.
    pub(super) const fn key(finding: &Finding) -> (u16, u8, u32) {
        let credential_type = finding.credential_type.index() as u8;
        (finding.domain, credential_type, finding.index)
    }
}
