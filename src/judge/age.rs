//! Judges the age of a credential. Pure.
//!
//! The rules are "Judgment" in docs/design.md: ages are whole 24-hour days, the whole run uses one instant, and an
//! untrusted date is a finding, never a pass.

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::model::{Credential, RunTimes};
use crate::timestamp::{DateReading, Timestamp};

/// Max skew of a creation date ahead of the local clock. OCI accepts signatures with five minutes of skew.
const CLOCK_TOLERANCE_SECONDS: i64 = 300;
/// A credential expires soon if it expires within this many days.
pub const EXPIRING_DAYS: i64 = 15;

/// The ages, in days, at which a credential is due and overdue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeLimits {
    /// The age from which on a credential is overdue.
    pub rotation_days: u32,
    /// The age from which on a credential is due. Less than `rotation_days`.
    pub warning_days: u32,
}

impl AgeLimits {
    /// The limits for a rotation age without a warning age: it is due 15 days before, or after five sixths if it is below 30
    /// days.
    pub const fn of_rotation(rotation_days: u32) -> Self {
        let warning_days = match rotation_days {
            30.. => rotation_days - 15,
            _ => rotation_days * 5 / 6,
        };
        Self {
            rotation_days,
            warning_days,
        }
    }
}

impl Default for AgeLimits {
    fn default() -> Self {
        Self::of_rotation(90)
    }
}

/// The limits of each type, in the order of [`CREDENTIAL_TYPES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thresholds {
    /// One item per type.
    pub by_type: [AgeLimits; CREDENTIAL_TYPES.len()],
}

impl Thresholds {
    /// The limits of one type.
    pub const fn of(&self, credential_type: CredentialType) -> AgeLimits {
        self.by_type[credential_type.index()]
    }
}

/// State by age, in the order in which reports sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The rotation age is reached.
    Overdue,
    /// The warning age is reached.
    Due,
    /// The age is unknown. A finding.
    Unknown,
    /// Below the warning age.
    Ok,
}

impl State {
    /// The word in every report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Overdue => "OVERDUE",
            Self::Due => "DUE",
            Self::Unknown => "UNKNOWN",
            Self::Ok => "OK",
        }
    }
}

/// State by the credential's own expiry date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExpiryState {
    /// The credential has no expiry date, or expires after more than [`EXPIRING_DAYS`].
    None,
    /// It expires within [`EXPIRING_DAYS`].
    Expiring,
    /// It expired.
    Expired,
    /// It has an expiry date that cannot be read, so it may have expired. A finding.
    Unreadable,
}

impl ExpiryState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::None, Self::Expiring, Self::Expired, Self::Unreadable];

    /// The word in every report; empty for [`ExpiryState::None`].
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Expiring => "EXPIRING",
            Self::Expired => "EXPIRED",
            Self::Unreadable => "UNREADABLE",
        }
    }
}

/// The attribute that the age is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeBasis {
    /// `meta.created`.
    Created,
    /// `lastSetDate`.
    LastSetDate,
}

impl AgeBasis {
    /// The attribute's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Created => "meta.created",
            Self::LastSetDate => "lastSetDate",
        }
    }
}

/// Why the age is unknown or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeNote {
    /// The age is known.
    None,
    /// The date is missing.
    DateMissing,
    /// The date is malformed or has no zone.
    DateUnreadable,
    /// The date is later than the clock.
    DateInTheFuture,
    /// The date is later than `as_of`, so the age is 0.
    CreatedAfterAsOf,
}

impl AgeNote {
    /// A few words for the column `note`; empty for [`AgeNote::None`].
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::DateMissing => "its date is missing",
            Self::DateUnreadable => "its date cannot be read",
            Self::DateInTheFuture => "its date is in the future",
            Self::CreatedAfterAsOf => "created after as_of",
        }
    }
}

/// The states, age and dates of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeJudgment {
    /// By its age.
    pub state: State,
    /// By its own expiry date.
    pub expiry: ExpiryState,
    /// Whole days since `start`; `None` if the state is unknown.
    pub age_days: Option<i32>,
    /// Start of its age, if known.
    pub start: Option<Timestamp>,
    /// The attribute of `start`.
    pub basis: AgeBasis,
    /// Why the age is unknown or 0.
    pub note: AgeNote,
}

impl AgeJudgment {
    /// Judges one credential.
    pub fn of(
        credential: &Credential,
        credential_type: CredentialType,
        limits: AgeLimits,
        times: &RunTimes,
    ) -> Self {
        let (basis, date) = match credential.type_fact.last_set(credential_type) {
            DateReading::MISSING => (AgeBasis::Created, credential.created),
            last_set => (AgeBasis::LastSetDate, last_set),
        };
        let expiry = expiry_state(credential.expires_on, times.as_of);
        let unknown = |note| Self {
            state: State::Unknown,
            expiry,
            age_days: None,
            start: None,
            basis,
            note,
        };
        let Some(start) = date.instant() else {
            return unknown(if date == DateReading::MISSING {
                AgeNote::DateMissing
            } else {
                AgeNote::DateUnreadable
            });
        };
        if is_in_the_future(start, times) {
            return unknown(AgeNote::DateInTheFuture);
        }
        let (age, note) = if start > times.as_of {
            (0, AgeNote::CreatedAfterAsOf)
        } else {
            (times.as_of.days_since(start), AgeNote::None)
        };
        let state = if age >= i64::from(limits.rotation_days) {
            State::Overdue
        } else if age >= i64::from(limits.warning_days) {
            State::Due
        } else {
            State::Ok
        };
        // Years 1 to 9999 are fewer days than fit into an i32.
        let age_days = Some(i32::try_from(age).unwrap_or(i32::MAX));
        Self {
            state,
            expiry,
            age_days,
            start: Some(start),
            basis,
            note,
        }
    }

    /// The instant at which it becomes overdue: start + rotation days.
    pub fn rotate_by(&self, limits: AgeLimits) -> Option<Timestamp> {
        Some(self.start?.plus_days(i64::from(limits.rotation_days)))
    }

    /// Rotation days − age. Negative from one day after it became overdue.
    pub fn days_left(&self, limits: AgeLimits) -> Option<i64> {
        Some(i64::from(limits.rotation_days) - i64::from(self.age_days?))
    }
}

/// Whether an instant of the past, such as a creation, is later than the clock, so that it cannot be trusted.
pub(super) fn is_in_the_future(instant: Timestamp, times: &RunTimes) -> bool {
    instant > times.read_until.plus_seconds(CLOCK_TOLERANCE_SECONDS)
}

/// The instant of a date of the past, such as a creation, if it can be read and trusted.
pub(super) fn trusted(date: DateReading, times: &RunTimes) -> Option<Timestamp> {
    date.instant()
        .filter(|instant| !is_in_the_future(*instant, times))
}

fn expiry_state(expires_on: DateReading, as_of: Timestamp) -> ExpiryState {
    let Some(expires_on) = expires_on.instant() else {
        return if expires_on == DateReading::MISSING {
            ExpiryState::None
        } else {
            ExpiryState::Unreadable
        };
    };
    if expires_on <= as_of {
        ExpiryState::Expired
    } else if expires_on <= as_of.plus_days(EXPIRING_DAYS) {
        ExpiryState::Expiring
    } else {
        ExpiryState::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CreatorIndex, HolderIndex, ScimId, Scopes, TypeFact};
    use crate::text_store::{Span, TextStore};
    use crate::timestamp::parse_iso_8601;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        parse_iso_8601(text).expect("a date")
    }

    fn times() -> RunTimes {
        let now = at("2026-11-22T06:00:00Z");
        RunTimes {
            started: now,
            as_of: now,
            read_until: now.plus_seconds(60),
        }
    }

    fn credential(created: DateReading) -> Credential {
        Credential {
            id: ScimId::store("", &mut TextStore::default()),
            holder: HolderIndex::NONE,
            creator: CreatorIndex::NONE,
            created,
            last_modified: DateReading::MISSING,
            type_fact: TypeFact::new(
                CredentialType::ApiKeys,
                DateReading::MISSING,
                Scopes::UNKNOWN,
            ),
            expires_on: DateReading::MISSING,
            label: Span::EMPTY,
        }
    }

    fn judge(created: DateReading) -> AgeJudgment {
        AgeJudgment::of(
            &credential(created),
            CredentialType::ApiKeys,
            AgeLimits::default(),
            &times(),
        )
    }

    #[test]
    fn state_changes_on_the_exact_day() {
        for (age, state) in [
            (74, State::Ok),
            (75, State::Due),
            (89, State::Due),
            (90, State::Overdue),
            (91, State::Overdue),
        ] {
            let start = times().as_of.plus_days(-age);
            let judged = judge(start.into());
            assert_eq!(
                (judged.state, judged.age_days),
                (state, Some(age as i32)),
                "{age}"
            );
            assert_eq!(judged.days_left(AgeLimits::default()), Some(90 - age));
            let younger = Timestamp::from_microseconds(start.microseconds() + 1);
            assert_eq!(judge(younger.into()).age_days, Some(age as i32 - 1));
        }
    }

    #[test]
    fn warning_age_follows_from_the_rotation_age() {
        for (rotation_days, warning_days) in [
            (365, 350),
            (90, 75),
            (31, 16),
            (30, 15),
            (29, 24),
            (14, 11),
            (10, 8),
            (2, 1),
            (1, 0),
        ] {
            let limits = AgeLimits::of_rotation(rotation_days);
            assert_eq!(limits.warning_days, warning_days, "{rotation_days}");
            assert!(limits.warning_days < limits.rotation_days);
        }
    }

    #[test]
    fn untrusted_date_makes_the_age_unknown() {
        assert_eq!(judge(DateReading::MISSING).note, AgeNote::DateMissing);
        assert_eq!(judge(DateReading::UNREADABLE).note, AgeNote::DateUnreadable);
        let last_trusted = times().read_until.plus_seconds(300);
        assert_eq!(judge(last_trusted.into()).note, AgeNote::CreatedAfterAsOf);
        assert_eq!(judge(last_trusted.into()).age_days, Some(0));
        let first_untrusted = Timestamp::from_microseconds(last_trusted.microseconds() + 1);
        assert_eq!(judge(first_untrusted.into()).state, State::Unknown);
        assert_eq!(judge(first_untrusted.into()).note, AgeNote::DateInTheFuture);
    }

    #[test]
    fn age_of_a_database_credential_starts_when_its_password_was_set() {
        let mut row = credential(at("2026-01-01T00:00:00Z").into());
        let set = |date| TypeFact::new(CredentialType::DbCredentials, date, Scopes::UNKNOWN);
        row.type_fact = set(at("2026-11-21T00:00:00Z").into());
        let judged = AgeJudgment::of(
            &row,
            CredentialType::DbCredentials,
            AgeLimits::default(),
            &times(),
        );
        assert_eq!(
            (judged.basis, judged.age_days),
            (AgeBasis::LastSetDate, Some(1))
        );
        row.type_fact = set(DateReading::UNREADABLE);
        let judged = AgeJudgment::of(
            &row,
            CredentialType::DbCredentials,
            AgeLimits::default(),
            &times(),
        );
        assert_eq!(judged.state, State::Unknown);
    }

    #[test]
    fn expiry_date_does_not_change_the_state_by_age() {
        let mut row = credential(times().as_of.into());
        for (offset, expected) in [
            (-1, ExpiryState::Expired),
            (0, ExpiryState::Expired),
            (15, ExpiryState::Expiring),
            (16, ExpiryState::None),
        ] {
            row.expires_on = times().as_of.plus_days(offset).into();
            let judged = AgeJudgment::of(
                &row,
                CredentialType::AuthTokens,
                AgeLimits::default(),
                &times(),
            );
            assert_eq!(
                (judged.state, judged.expiry),
                (State::Ok, expected),
                "{offset}"
            );
        }
    }

    proptest! {
        #[test]
        fn older_credential_is_never_in_a_better_state(older in 0_i64..4_000_000_000, younger in 0_i64..4_000_000_000) {
            let (older, younger) = (older.max(younger), older.min(younger));
            let state = |age: i64| judge(times().as_of.plus_seconds(-age).into()).state;
            prop_assert!(state(older) <= state(younger));
        }
    }
}
