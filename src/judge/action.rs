//! What to do about a credential: [`Action`], and why, who and by when. Pure.
//!
//! A state says what is; people need to know what to do. A deletion cannot be undone, and most of what is known is inferred.
//! So an action says no more than the facts prove: nobody is asked to delete a credential because of silence, because of an
//! inference that no person has checked, or because of a change that affects many users at once.

use super::exceptions::Accepted;

/// What to do about a credential. Each credential has exactly one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing.
    #[default]
    None,
    /// Create a new one, move what uses this one, verify, then delete it.
    Rotate,
    /// It has expired, and no newer one exists: create a new one if anything needs it.
    Replace,
    /// A newer one exists: move what still uses this one, verify, then delete it.
    Retire,
    /// Delete it.
    Delete,
    /// Decide what to do with it.
    Review,
    /// Find out whose it is.
    FindHolder,
    /// Give its holder another user for API calls, then delete the key.
    RemoveAdminKey,
}

impl Action {
    /// Every action, in the order of summaries.
    pub const ALL: [Self; 8] = [
        Self::Rotate,
        Self::Replace,
        Self::Retire,
        Self::Delete,
        Self::Review,
        Self::FindHolder,
        Self::RemoveAdminKey,
        Self::None,
    ];

    /// The name in columns, fields and arguments.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Rotate => "rotate",
            Self::Replace => "replace",
            Self::Retire => "retire",
            Self::Delete => "delete",
            Self::Review => "review",
            Self::FindHolder => "find_holder",
            Self::RemoveAdminKey => "remove_admin_key",
        }
    }

    /// The words in a count: `3 to rotate`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "without findings",
            Self::Rotate => "to rotate",
            Self::Replace => "to replace",
            Self::Retire => "to retire",
            Self::Delete => "to delete",
            Self::Review => "to review",
            Self::FindHolder => "whose holder to find",
            Self::RemoveAdminKey => "of administrators to remove",
        }
    }

    /// The headline that counts it; `None` for [`Action::None`].
    pub const fn work(self) -> Option<Work> {
        match self {
            Self::None => None,
            Self::Rotate | Self::Replace => Some(Work::Rotate),
            Self::Retire | Self::Delete => Some(Work::Remove),
            Self::Review | Self::FindHolder | Self::RemoveAdminKey => Some(Work::Review),
        }
    }
}

/// The work that headlines count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// [`Action::Rotate`] and [`Action::Replace`].
    Rotate,
    /// [`Action::Retire`] and [`Action::Delete`].
    Remove,
    /// [`Action::Review`], [`Action::FindHolder`] and [`Action::RemoveAdminKey`].
    Review,
}

impl Work {
    /// Each of them, in the order of headlines.
    pub const ALL: [Self; 3] = [Self::Rotate, Self::Remove, Self::Review];

    /// As in `6 to rotate`.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Remove => "remove",
            Self::Review => "review",
        }
    }
}

/// Why a credential has its action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// There is nothing to do.
    #[default]
    None,
    /// An exception accepts the reason that it would have.
    Accepted,
    /// Its holder is not listed.
    NotListed,
    /// It names no user.
    NamesNoUser,
    /// Its holder is inactive.
    InactiveUser,
    /// The capability of its type is off for its holder.
    CapabilityOff,
    /// Many users of its domain got the same mark at once, which may be a mistake.
    MassChange,
    /// It would be deleted, and it was used lately.
    RecentlyUsed,
    /// It is past its own expiry date.
    Expired,
    /// It is due, overdue or expiring, and a newer one exists.
    NewerExists,
    /// It is overdue.
    Overdue,
    /// Its age is unknown.
    AgeUnknown,
    /// It has an expiry date that cannot be read.
    ExpiryUnreadable,
    /// It is due.
    Due,
    /// It is expiring.
    Expiring,
    /// It is an API key of an administrator.
    Administrator,
}

impl Reason {
    /// The name in columns and fields; empty for [`Reason::None`].
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Accepted => "accepted",
            Self::NotListed => "not_listed",
            Self::NamesNoUser => "names_no_user",
            Self::InactiveUser => "inactive_user",
            Self::CapabilityOff => "capability_off",
            Self::MassChange => "mass_change",
            Self::RecentlyUsed => "recently_used",
            Self::Expired => "expired",
            Self::NewerExists => "newer_exists",
            Self::Overdue => "overdue",
            Self::AgeUnknown => "age_unknown",
            Self::ExpiryUnreadable => "expiry_unreadable",
            Self::Due => "due",
            Self::Expiring => "expiring",
            Self::Administrator => "administrator",
        }
    }

    /// The word of an exception's `accept` that accepts it; `None` if nothing does.
    pub const fn accepted_by(self) -> Option<Accepted> {
        match self {
            Self::Due | Self::Overdue | Self::AgeUnknown => Some(Accepted::Age),
            Self::Expiring | Self::Expired | Self::ExpiryUnreadable => Some(Accepted::Expiry),
            Self::NewerExists => Some(Accepted::Newer),
            Self::InactiveUser => Some(Accepted::Inactive),
            Self::CapabilityOff => Some(Accepted::Capability),
            Self::Administrator => Some(Accepted::Administrator),
            Self::None
            | Self::Accepted
            | Self::NotListed
            | Self::NamesNoUser
            | Self::MassChange
            | Self::RecentlyUsed => None,
        }
    }
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// The person who holds the credential. Only a holder who is active and listed can act.
    Holder,
    /// The security team.
    Security,
}

impl Actor {
    /// The name in columns and fields.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Security => "security",
        }
    }
}

/// How soon to act, the most urgent first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// At `as_of`.
    Now,
    /// Within seven days.
    Week,
    /// Later than that.
    Later,
    /// There is nothing to do.
    #[default]
    None,
}

impl Urgency {
    /// Every urgency of an action.
    pub const OF_ACTIONS: [Self; 3] = [Self::Now, Self::Week, Self::Later];

    /// The words after a count: `3 to rotate within 7 days`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Week => "within 7 days",
            Self::Later => "later",
            Self::None => "",
        }
    }

    /// The name in columns and fields.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Week => "week",
            Self::Later => "later",
            Self::None => "none",
        }
    }
}
