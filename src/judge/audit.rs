//! [`Audit`]: the immutable result of a run. Every report is a pure function of it.
//!
//! A run keeps one [`Finding`] of 40 bytes per credential. Findings are sorted as all reports list them, by urgency. Reports look up everything else in the inventory.

use crate::credential_type::CredentialType;
use crate::inventory::DomainInventory;
use crate::model::{Credential, LastUses, SearchPart, SkippedDomain, SkippedFor, Verdict};

use super::age::{AgeJudgment, AgeLimits};
use super::comparison::Comparison;
use super::discovery::{DiscoveryGap, GoneDomain};
use super::exceptions::Exceptions;
use super::finding::{Counts, Finding};
use super::hints::DomainFacts;
use super::mass_change::MassChange;
use super::run_description::RunDescription;

/// A domain, read and judged.
#[derive(Debug)]
pub struct DomainAudit {
    /// Users and credentials, joined.
    pub inventory: DomainInventory,
    /// How completely it was read.
    pub verdict: Verdict,
    /// Facts about its users.
    pub facts: DomainFacts,
}

/// The whole result of a run.
#[derive(Debug)]
pub struct Audit {
    /// The parameters of the run.
    pub run: RunDescription,
    /// Every domain to read, readable or not, sorted by name.
    pub domains: Vec<DomainAudit>,
    /// Reasons why a domain may be missing. Each makes the run PARTIAL.
    pub discovery_gaps: Vec<DiscoveryGap>,
    /// Domains that were not read on purpose.
    pub skipped_domains: Vec<SkippedDomain>,
    /// One item per credential, also if it has no finding. Sorted by urgency.
    pub findings: Vec<Finding>,
    /// Numbers of credentials.
    pub counts: Counts,
    /// How completely the tenancy was read.
    pub verdict: Verdict,
    /// Exceptions and known gaps, each with the number of matches.
    pub exceptions: Exceptions,
    /// Changes since the previous run.
    pub comparison: Comparison,
    /// What is known of the last use of API keys; `None` if it was not searched for.
    pub last_use: Option<LastUses>,
    /// Marks that many users got at once.
    pub(super) mass_change: MassChange,
}

impl Audit {
    /// The credential of a finding.
    pub fn credential(&self, finding: &Finding) -> Option<(&DomainInventory, &Credential)> {
        let inventory = &self.domains.get(usize::from(finding.domain))?.inventory;
        Some((
            inventory,
            inventory.credential(finding.credential_type, finding.index)?,
        ))
    }

    /// Names and states of domains that are not read because of their state.
    pub fn skipped_for_state(&self) -> impl Iterator<Item = (&str, &str)> {
        self.skipped_domains
            .iter()
            .filter_map(|domain| match &domain.reason {
                SkippedFor::State(state) => Some((domain.domain.as_str(), state.as_str())),
                SkippedFor::Type(_) => None,
            })
    }

    /// The ages at which credentials of this type are due and overdue.
    pub const fn limits(&self, credential_type: CredentialType) -> AgeLimits {
        self.run.thresholds.of(credential_type)
    }

    /// Judges the dates of a credential again, which costs less than to keep the result.
    pub fn age(&self, credential_type: CredentialType, credential: &Credential) -> AgeJudgment {
        AgeJudgment::of(
            credential,
            credential_type,
            self.limits(credential_type),
            &self.run.times,
        )
    }

    /// Days until the credential of a finding becomes overdue; negative from one day after. `None` if its age is unknown.
    pub fn days_left(&self, finding: &Finding) -> Option<i32> {
        let (_, credential) = self.credential(finding)?;
        let credential_type = finding.credential_type;
        let days = self
            .age(credential_type, credential)
            .days_left(self.limits(credential_type))?;
        Some(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// Parts of the search for domains that failed.
    pub fn search_failed(&self) -> Vec<SearchPart> {
        let parts = self.discovery_gaps.iter().filter_map(|gap| match gap {
            DiscoveryGap::SearchFailed { parts, .. } => Some(parts),
            DiscoveryGap::Gone(_) => None,
        });
        parts.flatten().cloned().collect()
    }

    /// Domains that an earlier run found and this one did not.
    pub fn gone_domains(&self) -> impl Iterator<Item = &GoneDomain> {
        self.discovery_gaps.iter().filter_map(|gap| match gap {
            DiscoveryGap::SearchFailed { .. } => None,
            DiscoveryGap::Gone(gone) => Some(gone),
        })
    }
}

pub(super) fn run_verdict(
    run: &RunDescription,
    domains: &[DomainAudit],
    discovery_gaps: &[DiscoveryGap],
) -> Verdict {
    let nothing_read = domains
        .iter()
        .all(|domain| domain.verdict == Verdict::Failed);
    if nothing_read && !run.is_of_an_empty_shard(domains.len()) {
        Verdict::Failed
    } else if discovery_gaps.is_empty()
        && domains
            .iter()
            .all(|domain| domain.verdict == Verdict::Complete)
    {
        Verdict::Complete
    } else {
        Verdict::Partial
    }
}
