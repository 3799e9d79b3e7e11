//! Finds changes of many users at once, and decides again what follows from them. Pure.

use std::collections::{BTreeMap, HashSet};

use super::action::{Action, Reason};
use super::audit::{Audit, DomainAudit};
use super::changes::Baseline;
use super::finding::{Finding, Marks};
use super::mass_change::MassChange;

/// More than one in so many users of a domain.
const ONE_IN: u64 = 20;
const MIN_USERS: u64 = 20;
/// What changed before these days was a decision.
const DAYS: i64 = 7;

fn is_many(users: u64, domain: &DomainAudit) -> bool {
    users >= MIN_USERS && users * ONE_IN > domain.inventory.user_count() as u64
}

impl Audit {
    /// Whether marks may be a mass change: many users hold a credential with a mark, and a deletion or a search for the holder
    /// follows. If not, no earlier run needs to be read.
    pub fn may_be_mass_change(&self) -> bool {
        let mut holders: BTreeMap<u16, HashSet<u32>> = BTreeMap::new();
        let mut has_consequence = false;
        for finding in self.findings.iter().filter(|finding| has_mark(finding)) {
            has_consequence |= follows_from_mark(finding);
            holders
                .entry(finding.domain)
                .or_default()
                .insert(finding.holder_rank);
        }
        has_consequence
            && holders.iter().any(|(domain, holders)| {
                is_many(holders.len() as u64, &self.domains[usize::from(*domain)])
            })
    }

    /// Compares marks with those of an earlier run, the oldest one of a week. If many users of a domain have a mark that they
    /// did not have, what would follow from it is reviewed instead. Only lists that both runs read completely are compared.
    #[must_use]
    pub fn with_mass_change_since(mut self, past: &Baseline) -> Self {
        if past.as_of.plus_days(DAYS) < self.run.as_of() {
            return self;
        }
        let mut holders: BTreeMap<u16, HashSet<u32>> = BTreeMap::new();
        let mut marked = Vec::new();
        for finding in self.findings.iter().filter(|finding| has_mark(finding)) {
            if self.mark_is_new(finding, past) {
                holders
                    .entry(finding.domain)
                    .or_default()
                    .insert(finding.holder_rank);
                marked.push(MassChange::key(finding));
            }
        }
        let mut mass_change = MassChange::default();
        for (domain, holders) in holders {
            let users = holders.len() as u64;
            if is_many(users, &self.domains[usize::from(domain)]) {
                mass_change.users.insert(domain, users);
            }
        }
        mass_change.affected = marked
            .into_iter()
            .filter(|(domain, ..)| mass_change.users.contains_key(domain))
            .collect();
        if mass_change.users.is_empty() {
            return self;
        }
        self.mass_change = mass_change;
        self.decided_again()
    }

    fn mark_is_new(&self, finding: &Finding, past: &Baseline) -> bool {
        let domain = &self.domains[usize::from(finding.domain)];
        let reading = domain.inventory.reading();
        let then = past
            .domains
            .iter()
            .find(|then| then.url == reading.domain.url);
        let is_comparable = reading.users_are_complete()
            && then.is_some_and(|then| {
                then.users_complete && then.complete.contains(finding.credential_type)
            });
        let Some((inventory, credential)) = self.credential(finding).filter(|_| is_comparable)
        else {
            return false;
        };
        let id = inventory.credential_id(finding.credential_type, credential);
        let marks_then = past
            .findings
            .marks_of(&reading.domain.url, finding.credential_type, &id);
        has_more(finding.marks, marks_then)
    }

    /// The domains in which many users got a mark within a week, each with the number of these users.
    pub fn mass_changes(&self) -> Vec<(&DomainAudit, u64)> {
        let domain = |index: u16| self.domains.get(usize::from(index));
        self.mass_change
            .users
            .iter()
            .filter_map(|(index, users)| Some((domain(*index)?, *users)))
            .collect()
    }
}

fn has_mark(finding: &Finding) -> bool {
    finding.marks != Marks::default()
}

fn has_more(now: Marks, then: Marks) -> bool {
    (now.orphaned && !then.orphaned)
        || (now.user_inactive && !then.user_inactive)
        || (now.not_listed && !then.not_listed)
}

const fn follows_from_mark(finding: &Finding) -> bool {
    matches!(
        (finding.action, finding.reason),
        (Action::FindHolder, _) | (Action::Delete, Reason::InactiveUser)
    )
}
