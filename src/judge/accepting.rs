//! Takes out of an audit what has been accepted. Pure.

use std::cmp::Reverse;

use crate::credential_type::CredentialType;

use super::age::State;
use super::audit::{Audit, DomainAudit};
use super::coverage_gap::List;
use super::exceptions::{DomainExceptions, Exception, ExceptionIndex, Exceptions, Gap};
use super::finding::{Finding, count};

impl Audit {
    /// The same audit, with what has been accepted taken out of its counts. Verdict and states stay.
    #[must_use]
    pub fn accepting(mut self, mut exceptions: Exceptions) -> Self {
        let today = self.run.as_of().to_chrono().date_naive();
        let fitting: Vec<_> = self
            .domains
            .iter()
            .map(|domain| DomainExceptions::new(&exceptions, &domain.inventory))
            .collect();
        let mut fits = vec![(0_u64, 0_u64); exceptions.entries.len()];
        let without_exceptions = exceptions.entries.is_empty();
        for finding in self.findings.iter_mut().filter(|_| !without_exceptions) {
            let Some(domain) = fitting.get(usize::from(finding.domain)) else {
                continue;
            };
            let places: Vec<u16> = domain.of(finding.credential_type, finding.index).collect();
            let until = |place: &u16| exceptions.entries[usize::from(*place)].until;
            // Of several, the one that holds longest tells when the credential alerts again.
            let holding = places.iter().copied().filter(|it| until(it) >= today);
            let accepted = holding.max_by_key(|it| (until(it), Reverse(*it)));
            finding.exception = accepted.and_then(ExceptionIndex::new);
            if finding.is_excepted() {
                finding.hints = finding.hints.of_accepted_age();
            }
            for place in places {
                let (matches, alerting) = &mut fits[usize::from(place)];
                *matches += 1;
                *alerting += u64::from(accepted.is_none() && finding.state != State::Ok);
            }
        }
        drop(fitting);
        for (entry, (matches, alerting)) in exceptions.entries.iter_mut().zip(fits) {
            (entry.matches, entry.alerting) = (matches, alerting);
        }
        for gap in &mut exceptions.gaps {
            let incomplete = self.domains.iter().flat_map(incomplete_types);
            let fits = incomplete
                .filter(|(name, credential_type)| gap.covers(name, *credential_type))
                .count();
            gap.matches = fits as u64;
        }
        self.counts = count(&self.findings);
        self.exceptions = exceptions;
        self
    }

    /// The exception that accepts a credential, whatever its state.
    pub fn exception(&self, finding: &Finding) -> Option<&Exception> {
        self.exceptions.entries.get(finding.exception?.index())
    }

    /// Exceptions that hold and fit no credential, as far as this run can tell: not where a list that may hold one was not
    /// read completely.
    pub fn unused_exceptions(&self) -> impl Iterator<Item = &Exception> {
        let today = self.run.as_of().to_chrono().date_naive();
        let found_all = !self.run.scope.is_narrowed() && self.discovery_gaps.is_empty();
        self.exceptions.entries.iter().filter(move |entry| {
            let is_unread = |domain: &DomainAudit| {
                let reading = domain.inventory.reading();
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

    /// Gaps that hold and fit nothing, as far as this run can tell.
    pub fn unused_gaps(&self) -> impl Iterator<Item = &Gap> {
        let today = self.run.as_of().to_chrono().date_naive();
        let found_all = !self.run.scope.is_narrowed() && self.discovery_gaps.is_empty();
        let gaps = self.exceptions.gaps.iter();
        gaps.filter(move |gap| found_all && gap.matches == 0 && gap.until >= today)
    }

    /// Whether something was not read that no exception lists as a known gap.
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

/// The types of a domain that were not read, or not completely, each with the domain's name.
fn incomplete_types(domain: &DomainAudit) -> impl Iterator<Item = (&str, CredentialType)> {
    let reading = domain.inventory.reading();
    let types = reading.incomplete_types();
    types
        .iter()
        .map(|credential_type| (reading.domain.name.as_str(), credential_type))
}
