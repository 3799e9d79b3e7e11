//! Applies exceptions and known gaps to an audit. Pure.

use std::cmp::Reverse;

use crate::credential_type::CredentialType;

use super::audit::{Audit, DomainAudit};
use super::coverage_gap::List;
use super::deciding::decide;
use super::exceptions::Exceptions;
use super::exceptions::{DomainExceptions, Exception, ExceptionIndex, KnownGap};
use super::finding::Finding;

impl Audit {
    /// Applies exceptions: what they accept leaves the counts. Verdict and states stay.
    #[must_use]
    pub fn accepting(mut self, exceptions: Exceptions) -> Self {
        self.exceptions = exceptions;
        self.decided_again()
    }

    /// Decides every action again, with exceptions and the marks that many users got at once.
    pub(super) fn decided_again(mut self) -> Self {
        let mut exceptions = std::mem::take(&mut self.exceptions);
        let mut findings = std::mem::take(&mut self.findings);
        let by_domain: Vec<_> = self
            .domains
            .iter()
            .map(|domain| DomainExceptions::new(&exceptions, &domain.inventory))
            .collect();
        let today = self.run.as_of().to_chrono().date_naive();
        let mut uses = vec![(0_u64, 0_u64); exceptions.entries.len()];
        for finding in &mut findings {
            let Some(domain) = by_domain.get(usize::from(finding.domain)) else {
                continue;
            };
            let matching = domain.of(finding.credential_type, finding.index);
            if matching.is_empty() && !self.mass_change.affects(finding) {
                continue;
            }
            let Some(facts) = self.facts(finding) else {
                continue;
            };
            let word = facts.accepted_by();
            let of_index = |entry: u16| &exceptions.entries[usize::from(entry)];
            let in_force = || {
                matching
                    .iter()
                    .copied()
                    .filter(|entry| of_index(*entry).until >= today)
            };
            let words = in_force().flat_map(|entry| of_index(entry).accept.words());
            decide(finding, &facts, words.collect());
            // Of those that accept the reason, else of all, the one with the latest end decides when the credential alerts again.
            let accepts =
                |entry: u16| word.is_some_and(|word| of_index(entry).accept.contains(word));
            let decisive = in_force()
                .max_by_key(|entry| (accepts(*entry), of_index(*entry).until, Reverse(*entry)));
            finding.exception = decisive.and_then(ExceptionIndex::new);
            for entry in matching {
                let alerts = finding.needs_action() && !finding.is_excepted && accepts(entry);
                let (matches, alerting) = &mut uses[usize::from(entry)];
                *matches += 1;
                *alerting += u64::from(alerts);
            }
        }
        drop(by_domain);
        for (entry, (matches, alerting)) in exceptions.entries.iter_mut().zip(uses) {
            (entry.matches, entry.alerting) = (matches, alerting);
        }
        for gap in &mut exceptions.gaps {
            let incomplete = self.domains.iter().flat_map(incomplete_types);
            let lists = incomplete
                .filter(|(name, credential_type)| gap.covers(name, *credential_type))
                .count();
            gap.matches = lists as u64;
        }
        self.findings = findings;
        self.exceptions = exceptions;
        self.sorted_and_counted()
    }

    /// The exception that accepts a credential, in any state.
    pub fn exception(&self, finding: &Finding) -> Option<&Exception> {
        self.exceptions.entries.get(finding.exception?.index())
    }

    /// Exceptions in force that match no credential, if every list that they may match was read completely, and the names of
    /// all domains are known.
    pub fn unused_exceptions(&self) -> impl Iterator<Item = &Exception> {
        let today = self.run.as_of().to_chrono().date_naive();
        let found_all = !self.run.is_of_a_part() && self.discovery_gaps.is_empty();
        self.exceptions.entries.iter().filter(move |entry| {
            let is_unread = |domain: &DomainAudit| {
                let reading = domain.inventory.reading();
                if entry.domain.is_some() && !reading.domain.is_listed {
                    return true;
                }
                CredentialType::all()
                    .filter(|credential_type| entry.covers(&reading.domain.name, *credential_type))
                    .any(|credential_type| {
                        !reading.users_are_complete() || !reading.is_complete(credential_type)
                    })
            };
            found_all
                && entry.matches == 0
                && entry.until >= today
                && !self.domains.iter().any(is_unread)
        })
    }

    /// Known gaps in force that match nothing, if every domain was found and its name is known.
    pub fn unused_gaps(&self) -> impl Iterator<Item = &KnownGap> {
        let today = self.run.as_of().to_chrono().date_naive();
        let found_all = !self.run.is_of_a_part() && self.discovery_gaps.is_empty();
        let is_listed = |domain: &DomainAudit| domain.inventory.reading().domain.is_listed;
        let all_named = self.domains.iter().all(is_listed);
        let gaps = self.exceptions.gaps.iter();
        gaps.filter(move |gap| found_all && all_named && gap.matches == 0 && gap.until >= today)
    }

    /// Whether any coverage gap is not a known gap.
    pub fn has_unaccepted_gaps(&self) -> bool {
        let today = self.run.as_of().to_chrono().date_naive();
        self.coverage_gaps().any(|gap| match gap.list {
            List::Domains | List::Users(_) => true,
            List::Credentials(domain, credential_type) => {
                let name = &domain.inventory.reading().domain.name;
                let known = self.exceptions.known_gap(today, name, credential_type);
                known.is_none()
            }
        })
    }
}

/// The incomplete types of a domain, each with the domain's name.
fn incomplete_types(domain: &DomainAudit) -> impl Iterator<Item = (&str, CredentialType)> {
    let reading = domain.inventory.reading();
    let types = reading.incomplete_types();
    types
        .iter()
        .map(|credential_type| (reading.domain.name.as_str(), credential_type))
}
