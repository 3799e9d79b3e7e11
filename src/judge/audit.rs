//! [`Audit`]: the whole result of a run, immutable, from which every report is a pure function.
//!
//! For each credential a run keeps one [`Finding`] of 28 bytes, sorted once as every list is: state, days left, domain,
//! user, type, id. Everything else is looked up in the inventory when a report is written.

use crate::credential_type::CredentialType;
use crate::inventory::DomainInventory;
use crate::model::{Credential, PassedOver, PassedOverFor, Verdict};

use super::age::{AgeJudgment, AgeLimits};
use super::comparison::Comparison;
use super::discovery::{DiscoveryGap, GoneDomain};
use super::exceptions::Exceptions;
use super::finding::{Counts, Finding};
use super::hints::DomainFacts;
use super::run_description::RunDescription;

/// A domain, read and judged.
#[derive(Debug)]
pub struct DomainAudit {
    /// What was read, joined.
    pub inventory: DomainInventory,
    /// How completely.
    pub verdict: Verdict,
    /// What its users told.
    pub facts: DomainFacts,
}

/// The whole result of a run.
#[derive(Debug)]
pub struct Audit {
    /// What the run was.
    pub run: RunDescription,
    /// Every domain that was to be read, also those that could not be, in the order of their names.
    pub domains: Vec<DomainAudit>,
    /// Why not every domain may have been found; each makes the run PARTIAL.
    pub discovery_gaps: Vec<DiscoveryGap>,
    /// What was passed over on purpose, and is said.
    pub passed_over: Vec<PassedOver>,
    /// Every credential that was read, sorted by urgency.
    pub findings: Vec<Finding>,
    /// How many there are of each sort.
    pub counts: Counts,
    /// How completely the tenancy was read.
    pub verdict: Verdict,
    /// Exceptions and known gaps, each with what it fits.
    pub exceptions: Exceptions,
    /// What changed since the run before.
    pub comparison: Comparison,
}

impl Audit {
    /// The credential that a finding is about.
    pub fn credential(&self, finding: &Finding) -> Option<(&DomainInventory, &Credential)> {
        let inventory = &self.domains.get(usize::from(finding.domain))?.inventory;
        Some((
            inventory,
            inventory.credential(finding.credential_type, finding.index)?,
        ))
    }

    /// Names and states of domains that are passed over for their state: what they hold is not known.
    pub fn passed_over_for_state(&self) -> impl Iterator<Item = (&str, &str)> {
        self.passed_over.iter().filter_map(|it| match &it.reason {
            PassedOverFor::State(state) => Some((it.domain.as_str(), state.as_str())),
            PassedOverFor::Type(_) => None,
        })
    }

    /// The ages at which credentials of this type are due and overdue.
    pub const fn limits(&self, credential_type: CredentialType) -> AgeLimits {
        self.run.thresholds.of(credential_type)
    }

    /// The dates of a credential, judged again: cheaper than to keep for every one.
    pub fn age(&self, credential_type: CredentialType, credential: &Credential) -> AgeJudgment {
        AgeJudgment::of(
            credential,
            credential_type,
            self.limits(credential_type),
            &self.run.times,
        )
    }

    /// What could not be asked when domains were looked for, in words that are the same in every run.
    pub fn not_asked(&self) -> Vec<String> {
        let about = self.discovery_gaps.iter().filter_map(|gap| match gap {
            DiscoveryGap::NotAsked { about, .. } => Some(about),
            DiscoveryGap::Gone(_) => None,
        });
        about.flatten().cloned().collect()
    }

    /// Domains that earlier runs found and this one did not.
    pub fn gone_domains(&self) -> impl Iterator<Item = &GoneDomain> {
        self.discovery_gaps.iter().filter_map(|gap| match gap {
            DiscoveryGap::NotAsked { .. } => None,
            DiscoveryGap::Gone(gone) => Some(gone),
        })
    }
}

pub(super) fn run_verdict(domains: &[DomainAudit], discovery_gaps: &[DiscoveryGap]) -> Verdict {
    if domains
        .iter()
        .all(|domain| domain.verdict == Verdict::Failed)
    {
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
