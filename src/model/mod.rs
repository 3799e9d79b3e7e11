//! What was read from a tenancy: domains, users, credentials, and how far each list could be read.
//!
//! These types hold facts, not judgements. They are compact (a user is 56 bytes, a credential 56, beside their
//! text), since the largest domain has to fit into a function of 256 MB.

mod coverage;

use std::collections::HashMap;
use std::sync::Arc;

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::text_store::{Span, TextStore};
use crate::timestamp::{DateReading, Timestamp};

pub use self::coverage::{
    CrossCheck, FailureCause, ListCoverage, ListGap, ReadFailure, ReadingMode, UnknownCrossCheck,
    Verdict,
};

/// An identity domain, as far as it is known before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Display name where the domain list told it, today or to the run before, else the first label of the URL's host.
    pub name: String,
    /// Base URL as requests are sent to it: scheme, host, and a port that is not the scheme's own.
    pub url: String,
    /// OCID, where the domain list told it.
    pub ocid: Option<String>,
    /// Licence type as the domain list writes it (`free`, `premium`, ...), where it told it.
    pub licence: Option<String>,
    /// Whether it is the tenancy's Default domain, where the domain list told it.
    pub is_default: Option<bool>,
    /// [`Domain::name`] made safe for an object name, and unique within the run.
    pub object_name: String,
}

/// A domain that was found and is passed over on purpose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("domain {domain} is not read: {reason}")]
pub struct PassedOver {
    /// Its display name.
    pub domain: String,
    /// Why.
    pub reason: PassedOverFor,
}

/// Why a domain is passed over, by what may be in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassedOverFor {
    /// Its type, as the domain list writes it: its users have none of the six credential types.
    #[error("domains of type {0} have none of the six kinds of credential")]
    Type(String),
    /// Its state, as the domain list writes it. Its credentials are there again once it is activated, so nothing is clear.
    #[error("it is in state {0}, so nobody can sign in to it")]
    State(String),
}

/// Index of a user id in [`Holders`]; the same for the user's own row and for each credential that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderIndex(u32);

impl HolderIndex {
    /// The holder of a credential that names none.
    pub const NONE: Self = Self(u32::MAX);

    /// The position in lists that have one item a holder; out of every range for [`HolderIndex::NONE`].
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

/// Who holds credentials: every user id that a user row or a credential names, stored once.
#[derive(Debug, Default)]
pub struct Holders {
    by_id: HashMap<Arc<str>, HolderIndex>,
    rows: Vec<(Arc<str>, Span)>,
    text: TextStore,
}

impl Holders {
    /// The index of the user with this id, new or known. The first OCID that is told for it is kept. An empty id is
    /// [`HolderIndex::NONE`].
    pub fn index(&mut self, id: &str, ocid: &str) -> HolderIndex {
        if id.is_empty() {
            return HolderIndex::NONE;
        }
        if let Some(index) = self.by_id.get(id) {
            let (_, known) = &mut self.rows[index.0 as usize];
            if known.is_empty() && !ocid.is_empty() {
                *known = self.text.push(ocid);
            }
            return *index;
        }
        let index = HolderIndex(u32::try_from(self.rows.len()).unwrap_or(u32::MAX));
        let id: Arc<str> = id.into();
        self.rows.push((Arc::clone(&id), self.text.push(ocid)));
        self.by_id.insert(id, index);
        index
    }

    /// SCIM id of a holder; empty for [`HolderIndex::NONE`].
    pub fn id(&self, holder: HolderIndex) -> &str {
        self.rows.get(holder.0 as usize).map_or("", |(id, _)| id)
    }

    /// OCID of a holder; empty where no row told it.
    pub fn ocid(&self, holder: HolderIndex) -> &str {
        self.rows
            .get(holder.0 as usize)
            .map_or("", |(_, ocid)| self.text.get(*ocid))
    }

    /// Every holder with its SCIM id, in the order in which they became known.
    pub fn all(&self) -> impl Iterator<Item = (HolderIndex, &str)> {
        (0..)
            .map(HolderIndex)
            .zip(self.rows.iter().map(|(id, _)| &**id))
    }

    /// How many holders are known.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no holder is known.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// A user of an identity domain.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// Its id and OCID, by index.
    pub holder: HolderIndex,
    /// `userName`, raw.
    pub name: Span,
    /// Primary e-mail address, else the first; empty where there is none.
    pub email: Span,
    /// `meta.created`.
    pub created: DateReading,
    /// `active`.
    pub active: Option<bool>,
    /// `isFederatedUser`.
    pub federated: Option<bool>,
    /// `lastSuccessfulLoginDate`.
    pub last_login: DateReading,
    /// The capabilities that are on; `None` where the user has no capabilities extension.
    pub capabilities: Option<CredentialTypes>,
    /// `canUseConsolePassword`.
    pub console_password: Option<bool>,
    /// A member of a group called `Administrators`. Only in the Default domain does that make an administrator of the
    /// tenancy: see [`crate::judge::hints::DomainFacts`].
    pub administrator: bool,
    /// The types of which the user claims to hold a credential (`userCredentials:User`).
    pub claims: CredentialTypes,
}

impl User {
    /// Whether the user may use credentials of `credential_type`. A missing extension counts as off, as in the scripts.
    pub fn may_use(&self, credential_type: CredentialType) -> bool {
        self.capabilities
            .is_some_and(|capabilities| capabilities.contains(credential_type))
    }
}

/// A credential. Its type is that of the list it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Credential {
    /// SCIM id.
    pub id: Span,
    /// The user it names.
    pub holder: HolderIndex,
    /// `meta.created`.
    pub created: DateReading,
    /// `lastSetDate`, where this type has it.
    pub last_set: DateReading,
    /// `expiresOn`, where this type has it.
    pub expires_on: DateReading,
    /// Fingerprint, description or display name; empty where there is none.
    pub label: Span,
}

/// The users of a domain, with their text.
#[derive(Debug, Default)]
pub struct UserList {
    /// In the order of reading, without duplicates.
    pub rows: Vec<User>,
    /// Their strings.
    pub text: TextStore,
    /// Whether any user told its groups. Where none did, nobody is known to be an administrator, or not to be one.
    pub groups_told: bool,
    /// Whether the groups of any user are no list of groups, so that it may be an administrator or not.
    pub groups_unreadable: bool,
}

/// The credentials of one type in a domain, with their text.
#[derive(Debug, Default)]
pub struct CredentialList {
    /// In the order of reading, without duplicates.
    pub rows: Vec<Credential>,
    /// Their strings.
    pub text: TextStore,
}

/// One credential type in one domain.
#[derive(Debug)]
pub enum TypeReading {
    /// Left out by `AUDIT_CREDENTIAL_TYPES` or by the invocation.
    LeftOut,
    /// Read, to the end or not.
    Read {
        /// What was read.
        list: CredentialList,
        /// How far.
        coverage: ListCoverage,
        /// On the ladder's last rung: users whose own read failed or was never made, all of them, by the cell that the
        /// scripts write. Of a user who is not among them, what the list lacks does not exist.
        failed_users: HashMap<HolderIndex, FailureCause>,
    },
}

impl DomainReading {
    /// Whether every user was read.
    pub fn users_are_complete(&self) -> bool {
        self.users_coverage.is_complete()
    }

    /// Whether every credential of a type was read, so that one that was not read does not exist.
    pub fn is_complete(&self, credential_type: CredentialType) -> bool {
        self.credential_types[credential_type.index()]
            .read()
            .is_some_and(|(_, coverage)| coverage.is_complete())
    }

    /// The types that were to be read and were not, or not completely.
    pub fn incomplete_types(&self) -> CredentialTypes {
        CredentialType::all()
            .filter(|credential_type| {
                let read = self.credential_types[credential_type.index()].read();
                read.is_some_and(|(_, coverage)| !coverage.is_complete())
            })
            .collect()
    }

    /// The types of which every credential was read.
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

/// All that was read of one domain.
#[derive(Debug)]
pub struct DomainReading {
    /// Which domain.
    pub domain: Domain,
    /// Its users.
    pub users: UserList,
    /// How far the users were read.
    pub users_coverage: ListCoverage,
    /// One item a type, in the order of [`CREDENTIAL_TYPES`].
    pub credential_types: [TypeReading; CREDENTIAL_TYPES.len()],
    /// Ids and OCIDs of everyone whom users and credentials name.
    pub holders: Holders,
}

/// The instants that a run is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunTimes {
    /// The clock when the run started.
    pub started: Timestamp,
    /// The instant that ages are judged at; the start unless the invocation gave another.
    pub as_of: Timestamp,
    /// The clock when reading ended.
    pub read_until: Timestamp,
}
