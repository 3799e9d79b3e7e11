//! [`Finding`]: one credential, judged. Pure.

use crate::credential_type::CredentialType;

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
    /// Further findings.
    pub marks: Marks,
    /// Facts that are not findings.
    pub hints: Hints,
    /// Rotation days − age, if the age is known.
    pub days_left: Option<i32>,
    /// The exception that accepts its age.
    pub exception: Option<ExceptionIndex>,
    /// Change since the previous run.
    pub change: Change,
}

impl Finding {
    /// State by age; `OK` if an exception accepts the age.
    pub const fn alerting_state(&self) -> State {
        match self.exception {
            Some(_) => State::Ok,
            None => self.state,
        }
    }

    /// Whether its age, its expiry date or a mark is a finding, accepted or not.
    pub fn is_finding(&self) -> bool {
        self.state != State::Ok || self.is_finding_besides_age()
    }

    /// Whether somebody has to act: it is a finding that no exception accepts.
    pub fn needs_action(&self) -> bool {
        self.alerting_state() != State::Ok || self.is_finding_besides_age()
    }

    /// Whether its expiry date or a mark is a finding, which no exception accepts.
    pub fn is_finding_besides_age(&self) -> bool {
        self.expiry != ExpiryState::None || self.marks != Marks::default()
    }

    /// Whether an exception accepts an age that is a finding otherwise.
    pub fn is_excepted(&self) -> bool {
        self.exception.is_some() && self.state != State::Ok
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
    /// Overdue, due or of unknown age, but accepted by an exception.
    pub excepted: u64,
    /// Whether the holder is active, or its capability is on, is unknown. No finding, but no all-clear either.
    pub holder_unknown: u64,
}

impl Counts {
    /// Whether any credential needs action.
    pub const fn has_findings(&self) -> bool {
        self.overdue
            + self.due
            + self.unknown
            + self.expiring
            + self.expiry_unreadable
            + self.orphaned
            + self.user_inactive
            + self.not_listed
            > 0
    }
}

pub(super) fn count(findings: &[Finding]) -> Counts {
    let mut counts = Counts::default();
    for finding in findings {
        counts.credentials += 1;
        counts.excepted += u64::from(finding.is_excepted());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exception_adds_no_bytes_to_a_finding() {
        assert_eq!(size_of::<Finding>(), 28);
        assert_eq!(size_of::<Option<ExceptionIndex>>(), 2);
    }
}
