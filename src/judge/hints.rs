//! What is worth knowing of credentials and their holders beside age. Pure.
//!
//! Orphaned, inactive and unlinked holders are [`Marks`](super::Marks), and findings. What stands here changes no state,
//! no count and no decision to send mail: an account of a machine never signs in to the console, and new users may use
//! every credential type by default. It orders the digest, and tells a team where to clean up.
//!
//! All of it follows from pages that are read anyway. Per credential it is kept in one byte; per user it is not kept at
//! all, but looked up again by whoever lists users.

use crate::model::{DomainReading, User};
use crate::timestamp::{DateReading, Timestamp};

/// A holder who has not signed in to the console for this many days is dormant.
pub const DORMANT_DAYS: i64 = 90;

/// What is known of the users of a domain as a whole. Attributes that a service returns on request only may be absent
/// because a user has none, or because it did not care for the request: one user who has one tells which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DomainFacts {
    /// It is the tenancy's Default domain, and its users told their groups.
    pub administrators_known: bool,
    /// At least one user told when it last signed in, so that of the others it is known that they never did.
    pub logins_told: bool,
}

impl DomainFacts {
    /// What the users of a domain told.
    pub fn of(reading: &DomainReading) -> Self {
        let told = |user: &User| user.last_login != DateReading::MISSING;
        Self {
            administrators_known: reading.domain.is_default == Some(true)
                && reading.users.groups_told,
            logins_told: reading.users.rows.iter().any(told),
        }
    }

    /// Whether the user is known to administer the tenancy.
    pub const fn is_administrator(self, user: &User) -> bool {
        self.administrators_known && user.administrator
    }

    /// Whether the user has not signed in to the console for `days` × 24 hours, and has been there for as long. `None`
    /// where that is not known: of federated users, a domain records only sign-ins of its own.
    pub fn is_unused(self, user: &User, as_of: Timestamp, days: i64) -> Option<bool> {
        let federated = user.federated == Some(true);
        if !self.logins_told || federated || user.last_login == DateReading::UNREADABLE {
            return None;
        }
        // Who never signed in can have done so since the account was created.
        let since = user.last_login.instant().or(user.created.instant());
        Some(since.is_none_or(|since| since.plus_days(days) <= as_of))
    }

    /// Whether the user is active and has not signed in for [`DORMANT_DAYS`]. Inactive users have a mark of their own.
    pub fn is_dormant(self, user: &User, as_of: Timestamp) -> bool {
        user.active != Some(false) && self.is_unused(user, as_of, DORMANT_DAYS) == Some(true)
    }
}

/// Facts about a credential that are no findings, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints(u8);

impl Hints {
    const ADMINISTRATOR: u8 = 1;
    const DORMANT: u8 = 1 << 1;
    const NEWER_EXISTS: u8 = 1 << 2;

    /// What its holder says of a credential.
    pub(super) fn of_holder(facts: DomainFacts, user: Option<&User>, as_of: Timestamp) -> Self {
        let Some(user) = user else {
            return Self::default();
        };
        let mut hints = Self::default();
        if facts.is_administrator(user) {
            hints.0 |= Self::ADMINISTRATOR;
        }
        if facts.is_dormant(user, as_of) {
            hints.0 |= Self::DORMANT;
        }
        hints
    }

    /// Its holder administers the tenancy.
    pub const fn administrator(self) -> bool {
        self.0 & Self::ADMINISTRATOR != 0
    }

    /// Its holder is dormant.
    pub const fn dormant(self) -> bool {
        self.0 & Self::DORMANT != 0
    }

    /// It is the old half of a rotation in progress: due or overdue, while its holder has a newer one of its type that
    /// is in order. Not where an exception accepts its age: nobody is asked to delete what is accepted.
    pub const fn newer_exists(self) -> bool {
        self.0 & Self::NEWER_EXISTS != 0
    }

    /// The same facts, and that a newer one exists.
    pub(super) const fn with_newer_existing(self) -> Self {
        Self(self.0 | Self::NEWER_EXISTS)
    }

    /// The same facts, of a credential whose age an exception accepts.
    pub(super) const fn of_accepted_age(self) -> Self {
        Self(self.0 & !Self::NEWER_EXISTS)
    }
}
