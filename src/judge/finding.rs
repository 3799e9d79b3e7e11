//! [`Finding`]: one credential, judged. Pure.

use std::collections::HashSet;
use std::num::NonZeroU32;

use crate::credential_type::CredentialType;
use crate::timestamp::Timestamp;

use super::action::{Action, Actor, Reason, Urgency, Work};
use super::age::{ExpiryState, State};
use super::comparison::Change;
use super::exceptions::ExceptionIndex;
use super::hints::Hints;

/// Findings about a credential that are independent of its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The capability is off.
    pub orphaned: bool,
    /// The holder is not active.
    pub user_inactive: bool,
    /// The holder is not listed.
    pub not_listed: bool,
}

/// Index of the newer credential in the list of the type. An `Option` of it takes four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewerIndex(NonZeroU32);

impl NewerIndex {
    pub(super) fn new(index: u32) -> Option<Self> {
        NonZeroU32::new(index.checked_add(1)?).map(Self)
    }

    /// The index.
    pub const fn index(self) -> u32 {
        self.0.get() - 1
    }
}

/// One credential, judged.
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    /// Index into [`Audit::domains`](super::Audit::domains).
    pub domain: u16,
    /// The credential type.
    pub credential_type: CredentialType,
    /// Index in the list of its type.
    pub index: u32,
    /// Rank of its holder among those of the domain, from 1; 0 if it names no holder. See [`DomainInventory::rank`](crate::inventory::DomainInventory::rank).
    pub holder_rank: u32,
    /// State by age.
    pub state: State,
    /// State by expiry date.
    pub expiry: ExpiryState,
    /// Facts about its holder.
    pub marks: Marks,
    /// Further facts.
    pub hints: Hints,
    /// What to do about it.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// How soon.
    pub urgency: Urgency,
    /// Who.
    pub actor: Actor,
    /// The newest of its type that its holder has, if that replaces it: `newer.rs` has the rule.
    pub newer: Option<NewerIndex>,
    /// The exception in force that matches it, whether or not it accepts the reason.
    pub exception: Option<ExceptionIndex>,
    /// Whether an exception accepts a reason that it would have otherwise.
    pub is_excepted: bool,
    /// Change since the previous run.
    pub change: Change,
    /// The instant that it is sorted by among those of the same urgency.
    pub(super) sorted_by: Timestamp,
}

impl Finding {
    /// State by age; `OK` if an exception accepts the reason.
    pub const fn alerting_state(&self) -> State {
        if self.is_excepted {
            State::Ok
        } else {
            self.state
        }
    }

    /// Whether a state, a mark or its action is a finding, accepted or not.
    pub fn is_finding(&self) -> bool {
        self.needs_action()
            || self.is_excepted
            || self.state != State::Ok
            || self.expiry != ExpiryState::None
            || self.marks != Marks::default()
            || self.hints.key_of_several_users()
            || self.hints.key_added_again()
    }

    /// Whether somebody has to act.
    pub const fn needs_action(&self) -> bool {
        !matches!(self.action, Action::None)
    }
}

/// Numbers of credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that were read.
    pub credentials: u64,
    /// In state `OVERDUE`.
    pub overdue: u64,
    /// In state `DUE`.
    pub due: u64,
    /// In state `UNKNOWN`.
    pub unknown: u64,
    /// `EXPIRING` or `EXPIRED` by their own expiry date.
    pub expiring: u64,
    /// With an expiry date of their own that cannot be read.
    pub expiry_unreadable: u64,
    /// Marked as orphaned.
    pub orphaned: u64,
    /// Held by a user who is not active.
    pub user_inactive: u64,
    /// Its user is not listed.
    pub not_listed: u64,
    /// With a reason to act that an exception accepts.
    pub excepted: u64,
    /// By action and urgency.
    pub actions: ActionCounts,
    /// Active, listed holders who must act now.
    pub people: u64,
    /// Whether the holder is active, or its capability is on, is unknown. No finding, but no all-clear either.
    pub holder_unknown: u64,
}

impl Counts {
    /// Whether any credential needs action.
    pub fn has_findings(&self) -> bool {
        self.actions.of_work(None, None) > 0
    }
}

/// Numbers of credentials by action and urgency. [`Action::None`] is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActionCounts([[u64; Urgency::OF_ACTIONS.len()]; Action::ALL.len()]);

impl ActionCounts {
    pub(super) fn add(&mut self, action: Action, urgency: Urgency) {
        if let Some(count) = self.0[action as usize].get_mut(urgency as usize) {
            *count += 1;
        }
    }

    /// The number of credentials with this action and urgency.
    pub fn of(&self, action: Action, urgency: Urgency) -> u64 {
        let by_urgency = &self.0[action as usize];
        by_urgency.get(urgency as usize).copied().unwrap_or(0)
    }

    /// The number of credentials with this work and urgency; `None` for any.
    pub fn of_work(&self, work: Option<Work>, urgency: Option<Urgency>) -> u64 {
        let actions = Action::ALL
            .into_iter()
            .filter(|action| work.is_none_or(|work| action.work() == Some(work)));
        let urgencies = |action| {
            Urgency::OF_ACTIONS
                .into_iter()
                .filter(|own| urgency.is_none_or(|urgency| urgency == *own))
                .map(move |own| self.of(action, own))
        };
        actions.flat_map(urgencies).sum()
    }
}

pub(super) fn count(findings: &[Finding]) -> Counts {
    let mut counts = Counts {
        people: count_people(findings),
        ..Counts::default()
    };
    for finding in findings {
        counts.credentials += 1;
        counts.excepted += u64::from(finding.is_excepted);
        counts.actions.add(finding.action, finding.urgency);
        counts.holder_unknown += u64::from(finding.hints.holder_unknown());
        match finding.alerting_state() {
            State::Overdue => counts.overdue += 1,
            State::Due => counts.due += 1,
            State::Unknown => counts.unknown += 1,
            State::Ok => {}
        }
        match finding.expiry {
            ExpiryState::None => {}
            ExpiryState::Expiring | ExpiryState::Expired => counts.expiring += 1,
            ExpiryState::Unreadable => counts.expiry_unreadable += 1,
        }
        counts.orphaned += u64::from(finding.marks.orphaned);
        counts.user_inactive += u64::from(finding.marks.user_inactive);
        counts.not_listed += u64::from(finding.marks.not_listed);
    }
    counts
}

/// A holder is a person of one domain.
fn count_people(findings: &[Finding]) -> u64 {
    let people: HashSet<_> = findings
        .iter()
        // Sorted by urgency.
        .take_while(|finding| finding.urgency == Urgency::Now)
        .filter(|finding| finding.actor == Actor::Holder)
        .map(|finding| (finding.domain, finding.holder_rank))
        .collect();
    people.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exception_adds_no_bytes_to_a_finding() {
        assert_eq!(size_of::<Finding>(), 40);
        assert_eq!(size_of::<Option<ExceptionIndex>>(), 2);
    }
}
