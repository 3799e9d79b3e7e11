//! The parsed file: exceptions, known gaps, and what each one covers. Pure.

use std::num::NonZeroU16;

use chrono::NaiveDate;

use crate::credential_type::CredentialType;

use super::acceptance::AcceptedSet;
use super::bad_entries::BadEntries;
use super::owner::is_same_owner;
use super::pattern::Pattern;

/// The parsed file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// Name of the object, or path of the file; `None` if none is configured.
    pub source: Option<String>,
    /// SHA-256 of its content, 64 hexadecimal digits; `None` if it could not be read.
    pub sha256: Option<String>,
    /// Why the whole file accepts nothing, as a clause: it could not be read or is malformed.
    pub unreadable: Option<String>,
    /// Valid exceptions, in the order of the file.
    pub entries: Vec<Exception>,
    /// Valid known gaps, in the order of the file.
    pub gaps: Vec<KnownGap>,
    /// Valid topics of owners, in the order of the file.
    pub owners: Vec<OwnerTopic>,
    /// Invalid parts of the file.
    pub bad: BadEntries,
}

/// Identifies the file of a run, so that the next run can detect a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ExceptionsFile {
    /// None is configured.
    #[default]
    None,
    /// It could not be read.
    NotRead,
    /// It was read; SHA-256 of its content.
    Read(String),
}

/// Accepts reasons to act on credentials for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its index in the list of the file.
    pub index: usize,
    /// `userName` of the holder.
    pub user: Pattern,
    /// Display name of the domain.
    pub domain: Option<Pattern>,
    /// The type.
    pub credential_type: Option<CredentialType>,
    /// SCIM id of the credential.
    pub credential_id: Option<Pattern>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why.
    pub reason: String,
    /// Reference to the decision.
    pub ticket: Option<String>,
    /// The last day, in UTC.
    pub until: NaiveDate,
    /// Which reasons it accepts. Others still alert.
    pub accept: AcceptedSet,
    /// Number of credentials that it matches, in any state, also after `until`.
    pub matches: u64,
    /// Number of matching credentials with something to do that it would accept if it had not ended: more than 0 only after `until`.
    pub alerting: u64,
}

/// Index into [`Exceptions::entries`]. An `Option` of it takes two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionIndex(NonZeroU16);

impl ExceptionIndex {
    pub(in crate::judge) fn new(index: u16) -> Option<Self> {
        NonZeroU16::new(index.checked_add(1)?).map(Self)
    }

    /// The index.
    pub const fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A known gap: a credential type of a domain that is known not to be readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownGap {
    /// Its index in the list of the file.
    pub index: usize,
    /// Display name of the domain.
    pub domain: Pattern,
    /// The type; `None` for all types.
    pub credential_type: Option<CredentialType>,
    /// Why.
    pub reason: String,
    /// The last day, in UTC.
    pub until: NaiveDate,
    /// Number of incompletely read lists that it matches, also after `until`.
    pub matches: u64,
}

/// The topic to which an owner's own part of the digest is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerTopic {
    /// Its index in the list of the file.
    pub index: usize,
    /// The owner. Case does not matter.
    pub owner: String,
    /// OCID of the topic.
    pub topic: String,
    /// The realm in it.
    pub realm: String,
    /// The region in it.
    pub region: String,
}

impl Exception {
    /// As a cell of a report: `reason; INC-1; until 2027-01-31`.
    pub fn cell(&self) -> String {
        let mut cell = self.reason.clone();
        for further in self.ticket.iter().chain(&self.owner) {
            cell.push_str("; ");
            cell.push_str(further);
        }
        cell.push_str(&format!("; until {}", self.until));
        cell
    }

    /// Whether domain and type match, regardless of the user.
    pub fn covers(&self, domain_name: &str, credential_type: CredentialType) -> bool {
        self.credential_type
            .is_none_or(|own| own == credential_type)
            && self
                .domain
                .as_ref()
                .is_none_or(|domain| domain.matches(domain_name))
    }
}

impl KnownGap {
    /// Whether domain and type match.
    pub fn covers(&self, domain_name: &str, credential_type: CredentialType) -> bool {
        self.credential_type
            .is_none_or(|own| own == credential_type)
            && self.domain.matches(domain_name)
    }
}

impl OwnerTopic {
    /// Whether an owner is this one.
    pub fn is_of(&self, owner: &str) -> bool {
        is_same_owner(&self.owner, owner)
    }
}

impl Exceptions {
    /// A file that could not be read and accepts nothing.
    pub fn unreadable(source: &str, reason: String) -> Self {
        Self {
            source: Some(source.to_owned()),
            unreadable: Some(reason),
            ..Self::default()
        }
    }

    /// The file, for comparison with that of another run.
    pub fn file(&self) -> ExceptionsFile {
        match (&self.source, &self.sha256) {
            (None, _) => ExceptionsFile::None,
            (Some(_), None) => ExceptionsFile::NotRead,
            (Some(_), Some(sha256)) => ExceptionsFile::Read(sha256.clone()),
        }
    }

    /// The known gap that accepts this type of this domain on `day`.
    pub fn known_gap(
        &self,
        day: NaiveDate,
        domain_name: &str,
        credential_type: CredentialType,
    ) -> Option<&KnownGap> {
        self.gaps
            .iter()
            .find(|gap| gap.until >= day && gap.covers(domain_name, credential_type))
    }
}
