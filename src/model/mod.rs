//! What was read from a tenancy: domains, users, credentials, and how far each list was read.
//!
//! These types hold facts, not judgments. They are compact (56 bytes per user, 64 per credential, plus text), because the
//! largest domain has to fit into a function of 256 MB.

mod administrators;
mod capabilities;
mod coverage;
mod creators;
mod cross_check;
mod holders;
mod last_use;
mod owners;
mod scim_id;
mod scopes;
mod search_part;
mod type_fact;

use std::collections::HashMap;

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::text_store::{Span, TextStore};
use crate::timestamp::{DateReading, Timestamp};

pub use self::administrators::{ADMINISTRATORS, AdminGroup, AdminGroups, Memberships};
pub use self::capabilities::Capabilities;
pub use self::coverage::{FailureCause, ListCoverage, ListGap, ReadFailure, ReadingMode, Verdict};
pub use self::creators::{CreatorIndex, Creators};
pub use self::cross_check::{CrossCheck, UnknownCrossCheck};
pub use self::holders::{HolderIndex, Holders};
pub use self::last_use::{
    Fingerprint, Interval, KeyId, KeyUse, LastUses, Precision, RegionUses, SeenKey,
};
pub use self::owners::{InvalidOwnerSource, NO_OWNER, Owner, OwnerSource, Owners, OwnersReading};
pub use self::scim_id::{ScimId, ScimIdText};
pub use self::scopes::Scopes;
pub use self::search_part::SearchPart;
pub use self::type_fact::TypeFact;

/// An identity domain, as known before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Display name from the domain list of this run, or else the first label of the URL's host.
    pub name: String,
    /// Base URL: scheme, host, and the port unless it is the scheme's default.
    pub url: String,
    /// OCID, if the domain list has it.
    pub ocid: Option<String>,
    /// License type as written in the domain list (`free`, `premium`, ...), if it has one.
    pub license: Option<String>,
    /// Whether it is the tenancy's Default domain, if the domain list has it.
    pub is_default: Option<bool>,
    /// Whether a domain list of this run has it. If not, its display name is not known.
    pub is_listed: bool,
    /// [`Domain::name`] made safe for an object name, and unique within the run.
    pub object_name: String,
}

/// A domain that is not read on purpose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("domain {domain} is not read: {reason}")]
pub struct SkippedDomain {
    /// Its display name.
    pub domain: String,
    /// The reason.
    pub reason: SkippedFor,
}

/// Why a domain is skipped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkippedFor {
    /// Its type, as written in the domain list. Its users have no credentials of any audited type.
    #[error("domains of type {0} have none of the audited credential types")]
    Type(String),
    /// Its state, as written in the domain list. Its credentials return once it is activated, so they are unknown.
    #[error("it is in state {0}, so nobody can sign in to it")]
    State(String),
}

/// A user of an identity domain.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// Its id and OCID, by index.
    pub holder: HolderIndex,
    /// `userName`, raw.
    pub name: Span,
    /// Primary e-mail address, or else the first. Empty if the user has no address.
    pub email: Span,
    /// Whether the service knows that the address is the user's, and it is the primary one.
    pub email_verified: bool,
    /// `meta.created`.
    pub created: DateReading,
    /// `meta.lastModified`. Since then at the latest, the user is as it is: inactive, for example.
    pub last_modified: DateReading,
    /// `active`.
    pub active: Option<bool>,
    /// `isFederatedUser`.
    pub federated: Option<bool>,
    /// `serviceUser`: whether the user is a workload, not a person.
    pub service_user: Option<bool>,
    /// `lastSuccessfulLoginDate`.
    pub last_login: DateReading,
    /// Which types the user may use.
    pub capabilities: Capabilities,
    /// `canUseConsolePassword`.
    pub console_password: Option<bool>,
    /// Whether the user is in a group whose members administer the tenancy: see [`DomainReading::mark_administrators`].
    pub administrator: bool,
    /// Whether the user's record has `groups`. A service may leave an empty list out (RFC 7643, 2.5), so a user whose record has
    /// none may be in no group.
    pub has_groups: bool,
    /// The types that the user claims to hold a credential of (`userCredentials:User`). `None` if the user does not have the
    /// extension: it may hold no credential, or the service may not return what it holds.
    pub claims: Option<CredentialTypes>,
}

impl User {
    /// Whether the user may use credentials of `credential_type`, if that is known.
    pub const fn may_use(&self, credential_type: CredentialType) -> Option<bool> {
        self.capabilities.of(credential_type)
    }

    /// Whether the two scripts let the user use credentials of `credential_type`. For them, what is missing is off.
    pub const fn may_use_in_scripts(&self, credential_type: CredentialType) -> bool {
        self.capabilities.python.contains(credential_type)
    }
}

/// A credential. Its list determines its type.
#[derive(Clone, Copy, Debug)]
pub struct Credential {
    /// SCIM id.
    pub id: ScimId,
    /// The user it names.
    pub holder: HolderIndex,
    /// Who created it.
    pub creator: CreatorIndex,
    /// `meta.created`.
    pub created: DateReading,
    /// `meta.lastModified`.
    pub last_modified: DateReading,
    /// `lastSetDate`, or its scopes, if its type has them.
    pub type_fact: TypeFact,
    /// `expiresOn`, if its type has it.
    pub expires_on: DateReading,
    /// Fingerprint, description or display name. Empty if the row has none of them.
    pub label: Span,
}

/// The users of a domain, and their text.
#[derive(Debug, Default)]
pub struct UserList {
    /// Without duplicates, in the order of reading.
    pub rows: Vec<User>,
    /// Their strings.
    pub text: TextStore,
    /// Whether any user has the attribute with its groups. If none has, administrators are unknown.
    pub groups_returned: bool,
    /// Which users are in groups with the name of an administrators' group, until [`DomainReading::mark_administrators`].
    pub memberships: Memberships,
    /// Whether the settings name groups of administrators of this domain.
    pub has_further_admin_groups: bool,
    /// Whether sign-ins were not requested, by `AUDIT_ACTIVITY=off`. Then every last login is missing.
    pub sign_ins_left_out: bool,
    /// Whether the groups of any user are malformed, so that it is unknown whether it is an administrator.
    pub groups_unreadable: bool,
    /// Their owners, if the settings name a source.
    pub owners: OwnersReading,
}

/// The credentials of one type in a domain, and their text.
#[derive(Debug, Default)]
pub struct CredentialList {
    /// Without duplicates, in the order of reading.
    pub rows: Vec<Credential>,
    /// Their strings.
    pub text: TextStore,
    /// Names of those who created them.
    pub creators: Creators,
}

/// One credential type in one domain.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a few of each domain, and almost all are read"
)]
pub enum TypeReading {
    /// Left out by `AUDIT_CREDENTIAL_TYPES` or by the invocation.
    LeftOut,
    /// Read, perhaps not to its end.
    Read {
        /// The credentials that were read.
        list: CredentialList,
        /// How far the list was read.
        coverage: ListCoverage,
        /// Every user whose own request failed, if credentials were queried by user. For any other user, a credential that
        /// the list lacks does not exist.
        failed_users: HashMap<HolderIndex, FailureCause>,
    },
}

impl DomainReading {
    /// Marks the administrators among the users, once the domain is known.
    pub fn mark_administrators(&mut self, groups: &AdminGroups) {
        let (domain, users) = (&self.domain, &mut self.users);
        users.has_further_admin_groups = groups.name(&domain.name);
        for (user, group) in std::mem::take(&mut users.memberships).iter() {
            if let Some(user) = users.rows.get_mut(user) {
                user.administrator |= groups.counts(group, &domain.name, domain.is_default);
            }
        }
    }

    /// Whether every user was read.
    pub fn users_are_complete(&self) -> bool {
        self.users_coverage.is_complete()
    }

    /// Whether every credential of a type was read, so that one that the list lacks does not exist. An empty list that
    /// nobody confirms shows the absence of nothing.
    pub fn is_complete(&self, credential_type: CredentialType) -> bool {
        self.credential_types[credential_type.index()]
            .read()
            .is_some_and(|(_, coverage)| coverage.is_complete() && !coverage.is_unconfirmed_empty())
    }

    /// Whether the list of a type is empty, and only the service's own count says so.
    pub fn is_unconfirmed_empty(&self, credential_type: CredentialType) -> bool {
        self.credential_types[credential_type.index()]
            .read()
            .is_some_and(|(_, coverage)| coverage.is_unconfirmed_empty())
    }

    /// The types that were not left out, and were not read completely.
    pub fn incomplete_types(&self) -> CredentialTypes {
        CredentialType::all()
            .filter(|credential_type| {
                let read = self.credential_types[credential_type.index()].read();
                read.is_some_and(|(_, coverage)| !coverage.is_complete())
            })
            .collect()
    }

    /// The types whose every credential was read: see [`Self::is_complete`].
    pub fn complete_types(&self) -> CredentialTypes {
        CredentialType::all()
            .filter(|credential_type| self.is_complete(*credential_type))
            .collect()
    }
}

impl TypeReading {
    /// The list and its coverage, unless the type was left out.
    pub fn read(&self) -> Option<(&CredentialList, &ListCoverage)> {
        match self {
            Self::LeftOut => None,
            Self::Read { list, coverage, .. } => Some((list, coverage)),
        }
    }
}

/// What was read of one domain.
#[derive(Debug)]
pub struct DomainReading {
    /// Which domain.
    pub domain: Domain,
    /// Its users.
    pub users: UserList,
    /// How far the users were read.
    pub users_coverage: ListCoverage,
    /// One item per type, in the order of [`CREDENTIAL_TYPES`].
    pub credential_types: [TypeReading; CREDENTIAL_TYPES.len()],
    /// Ids and OCIDs of every user that a row names.
    pub holders: Holders,
}

/// The times that a run is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunTimes {
    /// When the run started, by the clock.
    pub started: Timestamp,
    /// The time that ages are computed at: the start, unless the invocation sets another.
    pub as_of: Timestamp,
    /// When reading ended, by the clock.
    pub read_until: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_compact() {
        assert_eq!((size_of::<User>(), size_of::<Credential>()), (56, 64));
    }
}
