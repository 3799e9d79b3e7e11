//! Domains that two runs have in common, and their coverage. Pure.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::credential_type::CredentialTypes;
use crate::judge::audit::{Audit, DomainAudit};
use crate::judge::coverage_change::{ChangedList, CoverageChange};
use crate::judge::discovery::GoneDomain;
use crate::model::SearchPart;
use crate::timestamp::Timestamp;

use super::past::{Baseline, PastDomain};

/// Indices of the domains of two runs, matched by URL.
pub(super) struct DomainPairs {
    /// By domain of this run: the index in the previous run.
    pub(super) then: Vec<Option<usize>>,
    /// By domain of the previous run: the index in this run.
    pub(super) now: Vec<Option<usize>>,
}

impl DomainPairs {
    pub(super) fn of(audit: &Audit, baseline: &Baseline) -> Self {
        let now: Vec<_> = audit.domains.iter().map(url).collect();
        let then: Vec<_> = baseline
            .domains
            .iter()
            .map(|domain| domain.url.as_str())
            .collect();
        let (of_now, of_then) = (indices(&now), indices(&then));
        let look_up = |urls: &[&str], indices: &HashMap<&str, usize>| -> Vec<Option<usize>> {
            urls.iter().map(|url| indices.get(url).copied()).collect()
        };
        Self {
            then: look_up(&now, &of_then),
            now: look_up(&then, &of_now),
        }
    }

    /// The types of a domain of this run that were read completely in both runs.
    pub(super) fn comparable(
        &self,
        audit: &Audit,
        baseline: &Baseline,
        domain: usize,
    ) -> CredentialTypes {
        let then = self.then.get(domain).copied().flatten();
        let then = then.and_then(|then| baseline.domains.get(then));
        audit.domains[domain]
            .inventory
            .reading()
            .complete_types()
            .iter()
            .filter(|credential_type| {
                then.is_some_and(|then| then.complete.contains(*credential_type))
            })
            .collect()
    }
}

pub(super) fn url(domain: &DomainAudit) -> &str {
    &domain.inventory.reading().domain.url
}

/// The index of each URL; the first one of equal URLs.
pub(super) fn indices<'a>(urls: &[&'a str]) -> HashMap<&'a str, usize> {
    let mut indices = HashMap::new();
    for (index, url) in urls.iter().enumerate() {
        indices.entry(*url).or_insert(index);
    }
    indices
}

/// Domains that the previous run found and this one did not, and those that have been gone for less than a week. Names are
/// not unique, and an earlier run has no OCIDs, so domains are compared by URL.
pub(super) fn gone_domains(
    audit: &Audit,
    baseline: &Baseline,
    pairs: &DomainPairs,
    found_not_read: &[String],
) -> Vec<GoneDomain> {
    let now = audit.run.times.started;
    let missing = baseline.domains.iter().zip(&pairs.now);
    let missing = missing
        .filter(|(_, now)| now.is_none())
        .map(|(domain, _)| GoneDomain {
            name: domain.name.clone(),
            url: domain.url.clone(),
            last_found: baseline.as_of,
            since: now,
        });
    let is_here = |url_then: &str| audit.domains.iter().any(|domain| url(domain) == url_then);
    let before = baseline.gone_domains.iter();
    let before = before.filter(|gone| gone.is_reported_at(now) && !is_here(&gone.url));
    missing
        .chain(before.cloned())
        .filter(|gone| !found_not_read.contains(&gone.url))
        .collect()
}

/// Changes in the search for domains. Domains that are gone are listed elsewhere.
pub(super) fn discovery_changes(audit: &Audit, baseline: &Baseline) -> Vec<CoverageChange> {
    let (then, now) = (&baseline.search_failed, audit.search_failed());
    let change = |part: &SearchPart, is_read_now| CoverageChange {
        list: ChangedList::Search(part.clone()),
        is_read_now,
    };
    let lost = now.iter().filter(|part| !then.contains(part));
    let found = then.iter().filter(|part| !now.contains(part));
    lost.map(|part| change(part, false))
        .chain(found.map(|part| change(part, true)))
        .collect()
}

/// Changes of the coverage of a domain.
pub(super) fn coverage_changes(
    audit: &Audit,
    domain: &DomainAudit,
    then: &PastDomain,
) -> Vec<CoverageChange> {
    let name = &domain.inventory.reading().domain.name;
    let today = day(audit.run.as_of());
    let reading = domain.inventory.reading();
    let now = reading.complete_types();
    let mut changes = Vec::new();
    let mut add = |list: ChangedList, now: bool, then: bool| {
        if now != then {
            let is_read_now = now;
            changes.push(CoverageChange { list, is_read_now });
        }
    };
    let users = ChangedList::Users(name.clone());
    add(users, reading.users_are_complete(), then.users_complete);
    for credential_type in audit.run.credential_types.iter() {
        // A new gap that is a known gap causes no mail.
        let known = audit
            .exceptions
            .known_gap(today, name, credential_type)
            .is_some();
        if now.contains(credential_type) || !known {
            add(
                ChangedList::Credentials(name.clone(), credential_type),
                now.contains(credential_type),
                then.complete.contains(credential_type),
            );
        }
    }
    changes
}

/// The UTC date of an instant.
pub(super) fn day(instant: Timestamp) -> NaiveDate {
    instant.to_chrono().date_naive()
}
