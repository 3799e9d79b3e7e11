//! What a security team has accepted: exceptions from the rule, and gaps in coverage that are known. Pure.
//!
//! ```json
//! {"exceptions": [{"user": "svc-*@example.com", "type": "api_keys", "reason": "vendor", "ticket": "INC-1", "until": "2027-01-31"}],
//!  "gaps": [{"domain": "Dev", "type": "smtp_credentials", "reason": "no right yet", "until": "2027-01-31"}]}
//! ```
//!
//! Whatever is not understood accepts nothing: an entry with a misspelt field would otherwise accept more than its author
//! meant. `*` stands for any text, the only wildcard there is, and case does not matter. `until` is the last day, in UTC,
//! on which an entry holds.

mod bad_entries;
mod matching;
mod parsing;
mod pattern;

use std::num::NonZeroU16;

use chrono::NaiveDate;

use crate::credential_type::CredentialType;

pub use bad_entries::{BadEntries, BadEntry, Flaw, Place};
pub(super) use matching::{DomainExceptions, PossibleExceptions};
pub use pattern::Pattern;

/// The file, as far as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// Name of the object, or path of the file; `None` where none is configured.
    pub source: Option<String>,
    /// SHA-256 of its content, 64 hexadecimal digits; `None` where it could not be read.
    pub sha256: Option<String>,
    /// Why nothing in it is accepted: it cannot be read, or is not of the form above.
    pub unreadable: Option<String>,
    /// Exceptions, in the order of the file, without the bad ones.
    pub entries: Vec<Exception>,
    /// Gaps, in the order of the file, without the bad ones.
    pub gaps: Vec<Gap>,
    /// What accepts nothing since it is not understood.
    pub bad: BadEntries,
}

/// The file of a run, as far as it matters whether the next run has another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AcceptancesFile {
    /// None is configured.
    #[default]
    None,
    /// It could not be read.
    NotRead,
    /// It was read; the SHA-256 of its content.
    Read(String),
}

/// Credentials that need not be rotated for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its place in the file, from 0.
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
    /// Where it was decided.
    pub ticket: Option<String>,
    /// The last day, in UTC.
    pub until: NaiveDate,
    /// Credentials of any state that it fits, whether it still holds or not.
    pub matches: u64,
    /// Of one that ended: credentials that are overdue, due or of unknown age, and accepted by no other.
    pub alerting: u64,
}

/// Which exception accepts a credential: an index into [`Exceptions::entries`] that takes two bytes, also where there
/// is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionIndex(NonZeroU16);

impl ExceptionIndex {
    pub(super) fn new(index: u16) -> Option<Self> {
        NonZeroU16::new(index.checked_add(1)?).map(Self)
    }

    /// The index.
    pub const fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A credential type of a domain that is known not to be readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its place in the file, from 0.
    pub index: usize,
    /// Display name of the domain.
    pub domain: Pattern,
    /// The type; `None` for all types.
    pub credential_type: Option<CredentialType>,
    /// Why.
    pub reason: String,
    /// The last day, in UTC.
    pub until: NaiveDate,
    /// Lists that could not be read completely and that it fits, whether it still holds or not.
    pub matches: u64,
}

impl Exception {
    /// In one cell: `reason; INC-1; until 2027-01-31`.
    pub fn cell(&self) -> String {
        let mut cell = self.reason.clone();
        for further in self.ticket.iter().chain(&self.owner) {
            cell.push_str("; ");
            cell.push_str(further);
        }
        cell.push_str(&format!("; until {}", self.until));
        cell
    }

    /// Whether it fits a type of a domain, whoever holds it.
    pub fn covers(&self, domain_name: &str, credential_type: CredentialType) -> bool {
        self.credential_type
            .is_none_or(|own| own == credential_type)
            && self
                .domain
                .as_ref()
                .is_none_or(|domain| domain.matches(domain_name))
    }
}

impl Gap {
    /// Whether it fits a type of a domain.
    pub fn covers(&self, domain_name: &str, credential_type: CredentialType) -> bool {
        self.credential_type
            .is_none_or(|own| own == credential_type)
            && self.domain.matches(domain_name)
    }
}

impl Exceptions {
    /// A file that accepts nothing, since it could not be read.
    pub fn unreadable(source: &str, reason: String) -> Self {
        Self {
            source: Some(source.to_owned()),
            unreadable: Some(reason),
            ..Self::default()
        }
    }

    /// Which file this is.
    pub fn file(&self) -> AcceptancesFile {
        match (&self.source, &self.sha256) {
            (None, _) => AcceptancesFile::None,
            (Some(_), None) => AcceptancesFile::NotRead,
            (Some(_), Some(sha256)) => AcceptancesFile::Read(sha256.clone()),
        }
    }

    /// Whether a gap that is accepted on `day` fits this type of this domain.
    pub fn known_gap(
        &self,
        day: NaiveDate,
        domain_name: &str,
        credential_type: CredentialType,
    ) -> Option<&Gap> {
        self.gaps
            .iter()
            .find(|gap| gap.until >= day && gap.covers(domain_name, credential_type))
    }
}
