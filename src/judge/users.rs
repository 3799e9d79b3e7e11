//! Users of an audit: dormant ones, and unused capabilities. Pure.

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::inventory::DomainInventory;
use crate::model::{Owner, OwnersReading, User};

use super::action::Action;
use super::audit::{Audit, DomainAudit};
use super::finding::Finding;

/// The types that a user may use but has no credential of, without types that were not read completely.
fn unused_capabilities(inventory: &DomainInventory, user: &User) -> CredentialTypes {
    let is_unused = |credential_type: &CredentialType| {
        user.may_use(*credential_type) == Some(true)
            && inventory.held_by(user, *credential_type).next().is_none()
            && inventory.reading().is_complete(*credential_type)
    };
    CredentialType::all().filter(is_unused).collect()
}

impl Audit {
    /// Whether the settings name a source of owners.
    pub fn has_owners(&self) -> bool {
        let mut owners = self.domains.iter();
        owners.any(|domain| {
            !matches!(
                domain.inventory.reading().users.owners,
                OwnersReading::NotAsked
            )
        })
    }

    /// Domains whose service did not return the attribute that names owners.
    pub fn domains_without_owners(&self) -> impl Iterator<Item = &DomainAudit> {
        self.domains.iter().filter(|domain| {
            matches!(
                domain.inventory.reading().users.owners,
                OwnersReading::NotReturned
            )
        })
    }

    /// The owner of the credential of a finding.
    pub fn owner(&self, finding: &Finding) -> Owner<'_> {
        self.credential(finding)
            .map_or(Owner::NotAsked, |(inventory, credential)| {
                inventory.owner(credential.holder)
            })
    }

    /// Every user that was read, by domain and then by name.
    pub fn users(&self) -> impl Iterator<Item = (&DomainAudit, &User)> {
        self.domains.iter().flat_map(|domain| {
            (0..domain.inventory.user_count())
                .filter_map(move |index| Some((domain, domain.inventory.user_by_name(index)?)))
        })
    }

    /// Dormant users who hold a credential, by domain and then by name.
    pub fn dormant_holders(&self) -> impl Iterator<Item = (&DomainAudit, &User)> {
        self.users().filter(|(domain, user)| {
            let holds = |credential_type| {
                domain
                    .inventory
                    .held_by(user, credential_type)
                    .next()
                    .is_some()
            };
            domain.facts.is_dormant(user, &self.run.times) && CredentialType::all().any(holds)
        })
    }

    /// Users with unused capabilities, each with the unused types, by domain and then by name.
    pub fn unused_capabilities(
        &self,
    ) -> impl Iterator<Item = (&DomainAudit, &User, CredentialTypes)> {
        self.users()
            .map(|(domain, user)| (domain, user, unused_capabilities(&domain.inventory, user)))
            .filter(|(_, _, unused)| !unused.is_empty())
    }

    /// Numbers of users with unused capabilities: by type, and in total.
    pub fn count_unused_capabilities(&self) -> ([u64; CREDENTIAL_TYPES.len()], u64) {
        let (mut by_type, mut users) = ([0; CREDENTIAL_TYPES.len()], 0);
        for (_, _, unused) in self.unused_capabilities() {
            users += 1;
            for credential_type in unused.iter() {
                by_type[credential_type.index()] += 1;
            }
        }
        (by_type, users)
    }

    /// Domains with credentials whose holder is not fully known, each with their number. See
    /// [`Hints::holder_unknown`](super::hints::Hints::holder_unknown).
    pub fn domains_with_unknown_holders(&self) -> impl Iterator<Item = (&DomainAudit, u64)> {
        let mut by_domain = vec![0_u64; self.domains.len()];
        for finding in &self.findings {
            if finding.hints.holder_unknown()
                && let Some(count) = by_domain.get_mut(usize::from(finding.domain))
            {
                *count += 1;
            }
        }
        let domains = self.domains.iter().zip(by_domain);
        domains.filter(|(_, credentials)| *credentials > 0)
    }

    /// Credentials to retire because a newer one exists, the most urgent first.
    pub fn rotations_in_progress(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.action == Action::Retire)
    }
}
