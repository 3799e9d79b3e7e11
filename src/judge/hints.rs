//! Facts about credentials and their holders that are not findings. Pure.
//!
//! [`Marks`](super::Marks) are findings; hints change no state, no count and no decision to send mail. A machine account
//! never signs in to the console, and new users may use every credential type by default. Hints order the digest, and show
//! where to clean up. They need no further requests. A credential keeps them in one byte; a user does not keep them.

use crate::credential_type::CredentialType;
use crate::model::{DomainReading, RunTimes, User};
use crate::timestamp::DateReading;

use super::age::is_in_the_future;

/// A user without a sign-in to the console for this many days is dormant.
pub const DORMANT_DAYS: i64 = 90;

/// Whether a domain supports optional attributes of users. An attribute may be absent because the user has none, or because
/// the service ignored it; if any user has it, it is supported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DomainFacts {
    /// Whether it is known which users administer the tenancy: whether the domain is the Default domain is known, and groups
    /// were returned, if any of its groups counts.
    pub administrators_known: bool,
    /// It is the tenancy's Default domain, or the settings name groups of it.
    pub has_admin_groups: bool,
    /// A sign-in date was returned for at least one user, so users without one never signed in.
    pub sign_ins_returned: bool,
    /// A capability was returned for at least one user.
    pub capabilities_returned: bool,
}

impl DomainFacts {
    /// Reads the facts of a domain.
    pub fn of(reading: &DomainReading) -> Self {
        let is_default = reading.domain.is_default;
        let has_admin_groups = is_default == Some(true) || reading.users.has_further_admin_groups;
        let has_signed_in = |user: &User| user.last_login != DateReading::MISSING;
        Self {
            administrators_known: is_default.is_some()
                && (reading.users.groups_returned || !has_admin_groups),
            has_admin_groups,
            sign_ins_returned: reading.users.rows.iter().any(has_signed_in),
            capabilities_returned: reading
                .users
                .rows
                .iter()
                .any(|user| !user.capabilities.is_unknown()),
        }
    }

    /// Whether the user is known to administer the tenancy.
    pub const fn is_administrator(self, user: &User) -> bool {
        matches!(self.administers(user), Some(true))
    }

    /// Whether the user administers the tenancy, if that is known. A user whose record has no groups may.
    pub const fn administers(self, user: &User) -> Option<bool> {
        match self {
            Self {
                administrators_known: false,
                ..
            } => None,
            Self {
                has_admin_groups: false,
                ..
            } => Some(false),
            _ if user.administrator || user.has_groups => Some(user.administrator),
            _ => None,
        }
    }

    /// Whether the user existed and did not sign in to the console for `days` × 24 hours. `None` if unknown, as for
    /// federated users, whose sign-ins a domain does not record, and for dates that are unreadable or in the future.
    pub fn is_unused(self, user: &User, times: &RunTimes, days: i64) -> Option<bool> {
        if !self.sign_ins_returned || user.federated == Some(true) {
            return None;
        }
        // A user who never signed in is judged by the creation of the account.
        let since = match user.last_login {
            DateReading::MISSING => user.created,
            last_login => last_login,
        };
        let since = since.instant()?;
        let is_trusted = !is_in_the_future(since, times);
        is_trusted.then(|| since.plus_days(days) <= times.as_of)
    }

    /// Whether the user is known to be active, not federated, and not to have signed in for [`DORMANT_DAYS`]. A service user
    /// never signs in.
    pub fn is_dormant(self, user: &User, times: &RunTimes) -> bool {
        user.active == Some(true)
            && user.federated == Some(false)
            && user.service_user != Some(true)
            && self.is_unused(user, times, DORMANT_DAYS) == Some(true)
    }
}

/// Facts about a credential that are not findings, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints(u8);

impl Hints {
    const ADMINISTRATOR: u8 = 1;
    const DORMANT: u8 = 1 << 1;
    const HOLDER_UNKNOWN: u8 = 1 << 2;
    const KEY_OF_SEVERAL_USERS: u8 = 1 << 3;
    const KEY_ADDED_AGAIN: u8 = 1 << 4;

    /// The hints about a credential of `credential_type` that follow from its holder.
    pub(super) fn of_holder(
        facts: DomainFacts,
        user: Option<&User>,
        credential_type: CredentialType,
        times: &RunTimes,
    ) -> Self {
        let Some(user) = user else {
            return Self::default();
        };
        let mut hints = Self::default();
        if facts.is_administrator(user) {
            hints.0 |= Self::ADMINISTRATOR;
        }
        if facts.is_dormant(user, times) {
            hints.0 |= Self::DORMANT;
        }
        if user.active.is_none() || user.may_use(credential_type).is_none() {
            hints.0 |= Self::HOLDER_UNKNOWN;
        }
        hints
    }

    /// The holder administers the tenancy.
    pub const fn administrator(self) -> bool {
        self.0 & Self::ADMINISTRATOR != 0
    }

    /// The holder is dormant.
    pub const fn dormant(self) -> bool {
        self.0 & Self::DORMANT != 0
    }

    /// Other users have an API key with the same fingerprint, so they share its private key.
    pub const fn key_of_several_users(self) -> bool {
        self.0 & Self::KEY_OF_SEVERAL_USERS != 0
    }

    /// The API key has the fingerprint of another one of its holder, or of one that an earlier run saw: it was not rotated.
    pub const fn key_added_again(self) -> bool {
        self.0 & Self::KEY_ADDED_AGAIN != 0
    }

    pub(super) const fn set_key_of_several_users(&mut self) {
        self.0 |= Self::KEY_OF_SEVERAL_USERS;
    }

    pub(super) const fn set_key_added_again(&mut self) {
        self.0 |= Self::KEY_ADDED_AGAIN;
    }

    /// The service did not say whether the listed holder is active, or whether its capability is on. Then the marks that
    /// follow from them are missing, not refuted.
    pub const fn holder_unknown(self) -> bool {
        self.0 & Self::HOLDER_UNKNOWN != 0
    }
}
