//! One credential with everything that a report says about it, looked up once.

use crate::credential_type::CredentialType;
use crate::inventory::DomainInventory;
use crate::judge::age::{AgeJudgment, AgeLimits};
use crate::judge::{Audit, Finding};
use crate::model::{Credential, Domain, User};
use crate::timestamp::Timestamp;

/// A finding, and what it is about.
pub(super) struct CredentialView<'a> {
    pub(super) finding: &'a Finding,
    pub(super) inventory: &'a DomainInventory,
    pub(super) credential: &'a Credential,
    /// Its holder, if listed.
    pub(super) user: Option<&'a User>,
    pub(super) age: AgeJudgment,
    limits: AgeLimits,
}

impl<'a> CredentialView<'a> {
    /// Looks up what `finding` is about; `None` for a finding of another audit.
    pub(super) fn of(audit: &'a Audit, finding: &'a Finding) -> Option<Self> {
        let (inventory, credential) = audit.credential(finding)?;
        Some(Self {
            finding,
            inventory,
            credential,
            user: inventory.user(credential.holder),
            age: audit.age(finding.credential_type, credential),
            limits: audit.limits(finding.credential_type),
        })
    }

    pub(super) const fn credential_type(&self) -> CredentialType {
        self.finding.credential_type
    }

    pub(super) const fn domain(&self) -> &'a Domain {
        &self.inventory.reading().domain
    }

    pub(super) fn id(&self) -> &'a str {
        self.inventory
            .credential_id(self.finding.credential_type, self.credential)
    }

    pub(super) fn label(&self) -> &'a str {
        self.inventory
            .label(self.finding.credential_type, self.credential)
    }

    /// `userName` of its holder; empty if the holder is not listed.
    pub(super) fn user_name(&self) -> &'a str {
        self.user.map_or("", |user| self.inventory.user_name(user))
    }

    /// SCIM id of its holder; empty if it names none.
    pub(super) fn user_id(&self) -> &'a str {
        self.inventory.reading().holders.id(self.credential.holder)
    }

    /// OCID of its holder, also if not listed; empty if no row had it.
    pub(super) fn user_ocid(&self) -> &'a str {
        self.inventory
            .reading()
            .holders
            .ocid(self.credential.holder)
    }

    /// When it becomes overdue.
    pub(super) fn rotate_by(&self) -> Option<Timestamp> {
        self.age.rotate_by(self.limits)
    }
}
