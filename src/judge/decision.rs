//! The table of actions: the first row that applies decides. Pure.
//!
//! | action | reason | when | act by | actor |
//! | --- | --- | --- | --- | --- |
//! | none | accepted | an exception accepts the reason that would follow | | |
//! | find holder | not listed, names no user | all users are listed and its holder is not, or it names none; older than 24 hours | overdue: now; else in 7 days | security |
//! | delete | inactive user | its holder has been inactive for 30 days | now | security |
//! | review | inactive user, capability off, mass change | its holder is inactive for less, or since an unknown time; its capability is off; many users changed at once | overdue: now; else in 14 days | security |
//! | delete | expired | past its own expiry date, and a newer one exists | in 14 days | holder |
//! | replace | expired | past its own expiry date, and none exists | now | holder |
//! | retire | newer exists | due, overdue or expiring, and a newer one exists | the earlier of its expiry and rotate-by dates | holder |
//! | rotate | overdue, age unknown, expiry unreadable | as the reason says | now | holder |
//! | rotate | due, expiring | as the reason says | the earlier of its expiry and rotate-by dates | holder |
//! | remove admin key | administrator | another API key of an administrator | in 30 days | holder |
//! | none | | everything else | | |
//!
//! Whatever the last two rows of a removal say, an API key that was used in the last 30 days is not deleted: `delete` and `retire`
//! become `review`, reason recently used, of the security team, by the same date. What an exception accepts stays accepted.
//!
//! "In 7 days" counts from the fact if its time is known (an expiry date, the last change of a user), else from `as_of`. The
//! security team acts whenever the holder is not known to be active.

use crate::credential_type::CredentialType;
use crate::timestamp::Timestamp;

use super::action::{Action, Actor, Reason, Urgency};
use super::age::{AgeJudgment, AgeLimits, ExpiryState, State};
use super::exceptions::{Accepted, AcceptedSet};

/// A holder who is inactive for this many days loses the credential.
const DAYS_INACTIVE: i64 = 30;
/// A credential of nobody listed may be newer than the list of users, unless it is older than this many days.
const DAYS_UNTIL_LISTED: i64 = 1;
const DAYS_TO_FIND_HOLDER: i64 = 7;
const DAYS_TO_REVIEW: i64 = 14;
const DAYS_TO_DELETE_EXPIRED: i64 = 14;
const DAYS_TO_REMOVE_ADMIN_KEY: i64 = 30;
const WEEK: i64 = 7;

/// What is known of the holder of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// The credential names no user.
    NoUser,
    /// The user that it names is not listed.
    NotListed,
    /// The user is listed.
    Listed {
        /// Whether it is active, if known.
        active: Option<bool>,
        /// When the user was changed last, if known: an inactive user has been inactive at least since then.
        changed: Option<Timestamp>,
        /// Whether it may use credentials of the type, if known.
        may_use: Option<bool>,
        /// Whether it is known to be an administrator.
        administrator: bool,
    },
}

/// What decides the action for a credential.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) as_of: Timestamp,
    pub(super) credential_type: CredentialType,
    pub(super) age: AgeJudgment,
    pub(super) limits: AgeLimits,
    /// `meta.created`, if it can be trusted.
    pub(super) created: Option<Timestamp>,
    /// Its own expiry date, if it has one that can be read.
    pub(super) expires_on: Option<Timestamp>,
    pub(super) holder: Holder,
    /// Whether all users of the domain were read.
    pub(super) users_complete: bool,
    /// Whether a newer one exists.
    pub(super) newer_exists: bool,
    /// Whether it is an API key that was used lately.
    pub(super) recently_used: bool,
    /// Whether its mark is one of many that its domain got at once.
    pub(super) mass_change: bool,
}

/// An action, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) action: Action,
    pub(super) reason: Reason,
}

impl Decision {
    const NONE: Self = Self::new(Action::None, Reason::None);
    const ACCEPTED: Self = Self::new(Action::None, Reason::Accepted);

    const fn new(action: Action, reason: Reason) -> Self {
        Self { action, reason }
    }
}

impl Facts {
    /// The first row of the table that applies.
    ///
    /// An exception that accepts an age does not accept an expiry date: of a credential that has both, the expiry date is what
    /// follows.
    pub(super) fn decide(&self, accepted: AcceptedSet) -> Decision {
        let decision = self.decide_by_table(accepted);
        match decision.action {
            Action::Delete | Action::Retire if self.recently_used => {
                Decision::new(Action::Review, Reason::RecentlyUsed)
            }
            _ => decision,
        }
    }

    /// The word that accepts it, whether or not it was used lately.
    pub(super) fn accepted_by(&self) -> Option<Accepted> {
        self.decide_without_exceptions().reason.accepted_by()
    }

    fn decide_by_table(&self, accepted: AcceptedSet) -> Decision {
        let decision = self.decide_without_exceptions();
        match decision.reason.accepted_by() {
            Some(word) if accepted.contains(word) => match self.expiry_reason() {
                Some(reason) if word == Accepted::Age && !accepted.contains(Accepted::Expiry) => {
                    Decision::new(Action::Rotate, reason)
                }
                _ => Decision::ACCEPTED,
            },
            _ => decision,
        }
    }

    fn decide_without_exceptions(&self) -> Decision {
        if let Some(decision) = self.by_holder() {
            return decision;
        }
        let newer_exists = self.newer_exists;
        if self.age.expiry == ExpiryState::Expired {
            let action = if newer_exists {
                Action::Delete
            } else {
                Action::Replace
            };
            return Decision::new(action, Reason::Expired);
        }
        let is_old = matches!(self.age.state, State::Due | State::Overdue);
        if newer_exists && (is_old || self.age.expiry == ExpiryState::Expiring) {
            return Decision::new(Action::Retire, Reason::NewerExists);
        }
        let reason = match (self.age.state, self.age.expiry) {
            (State::Overdue, _) => Reason::Overdue,
            (State::Unknown, _) => Reason::AgeUnknown,
            (_, ExpiryState::Unreadable) => Reason::ExpiryUnreadable,
            (State::Due, _) => Reason::Due,
            (State::Ok, ExpiryState::Expiring) => Reason::Expiring,
            (State::Ok, ExpiryState::None | ExpiryState::Expired) => {
                return self.by_administrator();
            }
        };
        Decision::new(Action::Rotate, reason)
    }

    /// The rows about holders who are not listed, inactive, or may not use the credential.
    fn by_holder(&self) -> Option<Decision> {
        let not_listed = match self.holder {
            Holder::Listed {
                active: Some(false),
                changed,
                ..
            } => {
                let is_long = |changed: Timestamp| changed.plus_days(DAYS_INACTIVE) <= self.as_of;
                return Some(match changed.is_some_and(is_long) {
                    true if self.mass_change => Decision::new(Action::Review, Reason::MassChange),
                    true => Decision::new(Action::Delete, Reason::InactiveUser),
                    false => Decision::new(Action::Review, Reason::InactiveUser),
                });
            }
            Holder::Listed {
                may_use: Some(false),
                ..
            } => return Some(Decision::new(Action::Review, Reason::CapabilityOff)),
            Holder::Listed { .. } => return None,
            Holder::NotListed => Reason::NotListed,
            Holder::NoUser => Reason::NamesNoUser,
        };
        let is_new = self
            .created
            .is_some_and(|created| self.as_of <= created.plus_days(DAYS_UNTIL_LISTED));
        if is_new || !self.users_complete {
            return None;
        }
        Some(if self.mass_change {
            Decision::new(Action::Review, Reason::MassChange)
        } else {
            Decision::new(Action::FindHolder, not_listed)
        })
    }

    fn by_administrator(&self) -> Decision {
        match self.holder {
            Holder::Listed {
                administrator: true,
                ..
            } if self.credential_type == CredentialType::ApiKeys => {
                Decision::new(Action::RemoveAdminKey, Reason::Administrator)
            }
            _ => Decision::NONE,
        }
    }

    /// The reason by expiry date alone, of a credential that has not expired.
    fn expiry_reason(&self) -> Option<Reason> {
        match self.age.expiry {
            ExpiryState::Unreadable => Some(Reason::ExpiryUnreadable),
            ExpiryState::Expiring => Some(Reason::Expiring),
            ExpiryState::Expired | ExpiryState::None => None,
        }
    }

    /// When to act. Not before `as_of`; `None` if there is nothing to do.
    pub(super) fn act_by(&self, decision: Decision) -> Option<Timestamp> {
        let decision = match decision.reason {
            // A review costs no time.
            Reason::RecentlyUsed => self.decide_without_exceptions(),
            _ => decision,
        };
        let is_overdue = self.age.state == State::Overdue;
        let rotate_by = self.age.rotate_by(self.limits);
        let act_by = match (decision.action, decision.reason) {
            (Action::None, _) => return None,
            (Action::FindHolder | Action::Review, _) if is_overdue => self.as_of,
            (Action::FindHolder, _) => self.as_of.plus_days(DAYS_TO_FIND_HOLDER),
            (Action::Review, Reason::InactiveUser) => self
                .changed()
                .unwrap_or(self.as_of)
                .plus_days(DAYS_TO_REVIEW),
            (Action::Review, _) => self.as_of.plus_days(DAYS_TO_REVIEW),
            (Action::Delete, Reason::Expired) => self
                .expires_on
                .unwrap_or(self.as_of)
                .plus_days(DAYS_TO_DELETE_EXPIRED),
            (Action::RemoveAdminKey, _) => self.as_of.plus_days(DAYS_TO_REMOVE_ADMIN_KEY),
            // An exception accepts its age, so only its expiry date counts.
            (Action::Rotate, Reason::Expiring) if self.age.state != State::Ok => {
                self.expires_on.unwrap_or(self.as_of)
            }
            (Action::Retire, _) | (Action::Rotate, Reason::Due | Reason::Expiring) => {
                match (self.expires_on, rotate_by) {
                    (Some(expires_on), Some(rotate_by)) => expires_on.min(rotate_by),
                    (known, other) => known.or(other).unwrap_or(self.as_of),
                }
            }
            (Action::Delete | Action::Replace | Action::Rotate, _) => self.as_of,
        };
        Some(act_by.max(self.as_of))
    }

    fn changed(&self) -> Option<Timestamp> {
        match self.holder {
            Holder::Listed { changed, .. } => changed,
            Holder::NotListed | Holder::NoUser => None,
        }
    }

    pub(super) fn urgency(&self, decision: Decision) -> Urgency {
        match self.act_by(decision) {
            None => Urgency::None,
            Some(act_by) if act_by <= self.as_of => Urgency::Now,
            Some(act_by) if act_by <= self.as_of.plus_days(WEEK) => Urgency::Week,
            Some(_) => Urgency::Later,
        }
    }

    /// Who acts. Only a holder who is known to be active can.
    pub(super) const fn actor(&self, decision: Decision) -> Actor {
        match (self.holder, decision.action) {
            (_, Action::FindHolder | Action::Review) => Actor::Security,
            (
                Holder::Listed {
                    active: Some(true), ..
                },
                _,
            ) => Actor::Holder,
            _ => Actor::Security,
        }
    }
}
