//! One credential with everything that a report says about it, looked up once.

use crate::credential_type::CredentialType;
use crate::inventory::DomainInventory;
use crate::judge::age::{AgeJudgment, AgeLimits};
use crate::judge::hints::DomainFacts;
use crate::judge::{Audit, Finding};
use crate::model::{Credential, Domain, Owner, ScimIdText, User};
use crate::timestamp::Timestamp;

/// A finding, and what it is about.
pub(super) struct CredentialView<'a> {
    pub(super) finding: &'a Finding,
    pub(super) inventory: &'a DomainInventory,
    facts: DomainFacts,
    pub(super) credential: &'a Credential,
    /// Its holder, if listed.
    pub(super) user: Option<&'a User>,
    pub(super) age: AgeJudgment,
    pub(super) as_of: Timestamp,
    limits: AgeLimits,
}

impl<'a> CredentialView<'a> {
    /// Looks up what `finding` is about; `None` for a finding of another audit.
    pub(super) fn of(audit: &'a Audit, finding: &'a Finding) -> Option<Self> {
        let (inventory, credential) = audit.credential(finding)?;
        Some(Self {
            finding,
            inventory,
            facts: audit.domains.get(usize::from(finding.domain))?.facts,
            credential,
            user: inventory.user(credential.holder),
            age: audit.age(finding.credential_type, credential),
            as_of: audit.run.as_of(),
            limits: audit.limits(finding.credential_type),
        })
    }

    pub(super) const fn credential_type(&self) -> CredentialType {
        self.finding.credential_type
    }

    pub(super) const fn domain(&self) -> &'a Domain {
        &self.inventory.reading().domain
    }

    pub(super) fn id(&self) -> ScimIdText<'a> {
        self.inventory
            .credential_id(self.finding.credential_type, self.credential)
    }

    /// The newest of its type that its holder has, if that replaces it.
    pub(super) fn newer(&self) -> Option<&'a Credential> {
        let index = self.finding.newer?.index();
        self.inventory
            .credential(self.finding.credential_type, index)
    }

    /// The SCIM id of [`Self::newer`].
    pub(super) fn newer_id(&self) -> Option<ScimIdText<'a>> {
        let newer = self.newer()?;
        Some(
            self.inventory
                .credential_id(self.finding.credential_type, newer),
        )
    }

    pub(super) fn label(&self) -> &'a str {
        self.inventory
            .label(self.finding.credential_type, self.credential)
    }

    /// `userName` of its holder; empty if the holder is not listed, or if the name is blank.
    pub(super) fn user_name(&self) -> &'a str {
        let name = self.user.map_or("", |user| self.inventory.user_name(user));
        if name.trim().is_empty() { "" } else { name }
    }

    /// `userName` of its holder, or its id if it has no name; empty if the holder is not listed.
    pub(super) fn user_name_or_id(&self) -> &'a str {
        self.user.map_or("", |user| self.inventory.name_or_id(user))
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

    /// E-mail address of its holder; empty if the holder is not listed or has none.
    pub(super) fn user_email(&self) -> &'a str {
        let text = &self.inventory.reading().users.text;
        self.user.map_or("", |user| text.get(user.email))
    }

    /// Who answers for it.
    pub(super) fn owner(&self) -> Owner<'a> {
        self.inventory.owner(self.credential.holder)
    }

    /// Whether its holder administers the tenancy. `None` if the holder is not listed, or if that is unknown.
    pub(super) fn user_admin(&self) -> Option<bool> {
        self.facts.administers(self.user?)
    }

    /// Whether its holder is not among the users of its domain. `None` if not all of them were read.
    pub(super) fn holder_is_not_listed(&self) -> Option<bool> {
        match self.user {
            Some(_) => Some(false),
            None => self.finding.marks.not_listed.then_some(true),
        }
    }

    /// Fingerprint of an API key. `None` for other types, and for a key whose row has none: its label is then a description.
    pub(super) fn fingerprint(&self) -> Option<&'a str> {
        let label = self.label();
        let is_fingerprint =
            self.credential_type() == CredentialType::ApiKeys && is_fingerprint(label);
        is_fingerprint.then_some(label)
    }

    /// Days until it becomes overdue; negative from one day after.
    pub(super) fn days_left(&self) -> Option<i32> {
        let days = self.age.days_left(self.limits)?;
        Some(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// Who created it: the display name or id of a user or an app; empty if unknown.
    pub(super) fn created_by(&self) -> &'a str {
        self.inventory
            .created_by(self.finding.credential_type, self.credential)
    }

    /// When it becomes overdue.
    pub(super) fn rotate_by(&self) -> Option<Timestamp> {
        self.age.rotate_by(self.limits)
    }
}

/// Whether a text is the digest of a public key: pairs of hexadecimal digits between colons.
fn is_fingerprint(text: &str) -> bool {
    let is_pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.contains(':') && text.split(':').all(is_pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn description_is_not_a_fingerprint() {
        for fingerprint in [
            "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34",
            "AA:41:b2",
        ] {
            assert!(is_fingerprint(fingerprint), "{fingerprint}");
        }
        for label in [
            "",
            ":",
            "ab",
            "ab:",
            "ab::cd",
            "laptop: Jane",
            "ab:cd:xy",
            "abc:def",
            "12:3\u{fc}",
        ] {
            assert!(!is_fingerprint(label), "{label}");
        }
    }
}
