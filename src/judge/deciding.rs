//! Decides the action for each credential of an audit, and sorts them as every report lists them. Pure.

use std::cmp::Ordering;

use crate::credential_type::CredentialType;
use crate::model::{Credential, User};
use crate::timestamp::Timestamp;

use super::action::Urgency;
use super::age::trusted;
use super::audit::{Audit, DomainAudit};
use super::decision::{Decision, Facts, Holder};
use super::exceptions::AcceptedSet;
use super::finding::{Finding, count};
use super::run_description::RunDescription;

impl Audit {
    /// Decides every action, without exceptions.
    pub(super) fn with_actions(mut self) -> Self {
        let mut findings = std::mem::take(&mut self.findings);
        for finding in &mut findings {
            if let Some(facts) = self.facts(finding) {
                decide(finding, &facts, AcceptedSet::NOTHING);
            }
        }
        self.findings = findings;
        self.sorted_and_counted()
    }

    pub(super) fn sorted_and_counted(mut self) -> Self {
        let domains = &self.domains;
        self.findings
            .sort_unstable_by(|left, right| order(domains, left, right));
        self.counts = count(&self.findings);
        self
    }

    /// What decides the action for the credential of a finding.
    pub(super) fn facts(&self, finding: &Finding) -> Option<Facts> {
        let domain = self.domains.get(usize::from(finding.domain))?;
        let credential = domain
            .inventory
            .credential(finding.credential_type, finding.index)?;
        Some(Facts {
            mass_change: self.mass_change.affects(finding),
            recently_used: self.was_used_recently(&domain.inventory, finding, credential),
            ..facts(&self.run, domain, finding, credential)
        })
    }

    /// Credentials to act upon now, in their order.
    pub fn now(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .take_while(|finding| finding.urgency == Urgency::Now)
    }

    /// When a credential was created, if its date can be read and trusted.
    pub fn created(&self, finding: &Finding) -> Option<Timestamp> {
        let (_, credential) = self.credential(finding)?;
        trusted(credential.created, &self.run.times)
    }

    /// When to act, not before `as_of`; `None` if there is nothing to do.
    pub fn act_by(&self, finding: &Finding) -> Option<Timestamp> {
        let decision = Decision {
            action: finding.action,
            reason: finding.reason,
        };
        self.facts(finding)?.act_by(decision)
    }
}

fn facts(
    run: &RunDescription,
    domain: &DomainAudit,
    finding: &Finding,
    credential: &Credential,
) -> Facts {
    let inventory = &domain.inventory;
    let limits = run.thresholds.of(finding.credential_type);
    let holder = match inventory.user(credential.holder) {
        Some(user) => listed(run, finding, user),
        None if credential.holder == crate::model::HolderIndex::NONE => Holder::NoUser,
        None => Holder::NotListed,
    };
    Facts {
        as_of: run.as_of(),
        credential_type: finding.credential_type,
        age: super::age::AgeJudgment::of(credential, finding.credential_type, limits, &run.times),
        limits,
        created: trusted(credential.created, &run.times),
        expires_on: credential.expires_on.instant(),
        holder,
        users_complete: inventory.reading().users_are_complete(),
        newer_exists: finding.newer.is_some(),
        recently_used: false,
        mass_change: false,
    }
}

fn listed(run: &RunDescription, finding: &Finding, user: &User) -> Holder {
    Holder::Listed {
        active: user.active,
        changed: trusted(user.last_modified, &run.times),
        may_use: user.may_use(finding.credential_type),
        administrator: finding.hints.administrator(),
    }
}

/// Sets the action of a finding, and whether an exception changed it.
pub(super) fn decide(finding: &mut Finding, facts: &Facts, accepted: AcceptedSet) {
    let decision = facts.decide(accepted);
    finding.action = decision.action;
    finding.reason = decision.reason;
    finding.urgency = facts.urgency(decision);
    finding.actor = facts.actor(decision);
    finding.is_excepted =
        accepted != AcceptedSet::NOTHING && decision != facts.decide(AcceptedSet::NOTHING);
}

/// The one order of every report: urgency; administrators' API keys; other credentials of administrators; rotate-by date,
/// else expiry date, else creation, else last; domain, user, type, id.
fn order(domains: &[DomainAudit], left: &Finding, right: &Finding) -> Ordering {
    let facts = |finding: &Finding| {
        (
            finding.urgency,
            administrators_first(finding),
            finding.sorted_by,
            finding.domain,
            finding.holder_rank,
            finding.credential_type,
        )
    };
    facts(left).cmp(&facts(right)).then_with(|| {
        let id = |finding: &Finding| {
            let inventory = &domains.get(usize::from(finding.domain))?.inventory;
            let credential = inventory.credential(finding.credential_type, finding.index)?;
            Some(inventory.credential_id(finding.credential_type, credential))
        };
        id(left).cmp(&id(right))
    })
}

const fn administrators_first(finding: &Finding) -> u8 {
    match (finding.hints.administrator(), finding.credential_type) {
        (true, CredentialType::ApiKeys) => 0,
        (true, _) => 1,
        (false, _) => 2,
    }
}
