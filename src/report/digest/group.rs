//! Groups of credentials, one per section of the digest: the findings of each, and its words.

use crate::display::counted;
use crate::judge::age::{ExpiryState, State};
use crate::judge::{Audit, Finding};
use crate::report::view::CredentialView;
use crate::timestamp::Timestamp;

/// `DUE WITHIN 7 DAYS`.
const SOON_DAYS: i32 = 7;

/// A group of credentials; variants are in the order of the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Overdue,
    DueSoon,
    DueLater,
    NewerExists,
    Expiring,
    ExpiryUnreadable,
    Unknown,
    Orphaned,
    UserInactive,
    NotListed,
    Excepted,
}

pub(super) const GROUPS: [Group; 11] = [
    Group::Overdue,
    Group::DueSoon,
    Group::DueLater,
    Group::NewerExists,
    Group::Expiring,
    Group::ExpiryUnreadable,
    Group::Unknown,
    Group::Orphaned,
    Group::UserInactive,
    Group::NotListed,
    Group::Excepted,
];

impl Group {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Overdue => "OVERDUE",
            Self::DueSoon => "DUE WITHIN 7 DAYS",
            Self::DueLater => "DUE LATER",
            Self::NewerExists => "ROTATIONS IN PROGRESS",
            Self::Expiring => "EXPIRING OR EXPIRED",
            Self::ExpiryUnreadable => "UNREADABLE EXPIRY DATE",
            Self::Unknown => "UNKNOWN AGE",
            Self::Orphaned => "ORPHANED",
            Self::UserInactive => "INACTIVE USERS",
            Self::NotListed => "NOT LISTED",
            Self::Excepted => "EXCEPTIONS",
        }
    }

    pub(super) const fn advice(self, supposed_day: bool) -> &'static str {
        match self {
            Self::Overdue if supposed_day => "rotate by the date shown, at once if it is past",
            Self::Overdue => "rotate now",
            Self::DueSoon | Self::DueLater => "rotate by the date shown",
            Self::NewerExists => "verify that the newer one is in use, then delete the old one",
            Self::Expiring => "replace before the date shown; delete what has expired",
            Self::ExpiryUnreadable => "may have expired: check each, replace if in doubt",
            Self::Unknown => "no valid date: check each, rotate if in doubt",
            Self::Orphaned => "the user lacks the capability: delete, or grant the capability",
            Self::UserInactive => "held by inactive users: delete",
            Self::NotListed => "held by no listed user: find the owner, then delete",
            Self::Excepted => "accepted until the date shown, and not counted above",
        }
    }

    /// Heading of the columns before the user.
    pub(super) const fn lead_heading(self, supposed_day: bool) -> &'static str {
        match self {
            Self::Overdue if !supposed_day => "overdue since    age",
            Self::NewerExists => "delete by        age",
            Self::Expiring => "date         state",
            Self::Unknown => "why",
            Self::Excepted => "until         state",
            _ => "rotate by        age",
        }
    }

    pub(super) fn holds(self, finding: &Finding) -> bool {
        let soon = finding.days_left.is_some_and(|days| days <= SOON_DAYS);
        match self {
            Self::Overdue => finding.alerting_state() == State::Overdue,
            Self::DueSoon => finding.alerting_state() == State::Due && soon,
            Self::DueLater => finding.alerting_state() == State::Due && !soon,
            Self::NewerExists => finding.hints.newer_exists(),
            Self::Expiring => {
                matches!(finding.expiry, ExpiryState::Expiring | ExpiryState::Expired)
            }
            Self::ExpiryUnreadable => finding.expiry == ExpiryState::Unreadable,
            Self::Unknown => finding.alerting_state() == State::Unknown,
            Self::Orphaned => finding.marks.orphaned,
            Self::UserInactive => finding.marks.user_inactive,
            Self::NotListed => finding.marks.not_listed,
            Self::Excepted => finding.is_excepted(),
        }
    }

    /// The columns before the user.
    pub(super) fn lead(self, audit: &Audit, view: &CredentialView<'_>) -> String {
        let day =
            |date: Option<Timestamp>| date.map_or_else(|| "unknown".to_owned(), Timestamp::date);
        match self {
            Self::Unknown => view.age.note.text().to_owned(),
            Self::Excepted => {
                let until = audit.exception(view.finding);
                let until = until.map(|exception| exception.until.to_string());
                format!(
                    "{:<10}  {:>7}",
                    until.unwrap_or_default(),
                    view.finding.state.word()
                )
            }
            Self::Expiring => format!(
                "{:<10}  {:>8}",
                day(view.credential.expires_on.instant()),
                view.finding.expiry.word()
            ),
            _ => {
                let age = view.age.age_days.map_or_else(
                    || "-".to_owned(),
                    |days| counted(u64::try_from(days).unwrap_or(0), "day", "days"),
                );
                format!("{:<10}  {age:>9}", day(view.rotate_by()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential_type::CredentialType;

    #[test]
    fn every_state_and_mark_has_a_section() {
        let mut finding = Finding {
            domain: 0,
            credential_type: CredentialType::ApiKeys,
            index: 0,
            holder_rank: 1,
            state: State::Ok,
            expiry: ExpiryState::None,
            marks: crate::judge::Marks::default(),
            hints: crate::judge::hints::Hints::default(),
            days_left: Some(8),
            exception: None,
            change: crate::judge::changes::Change::NotCompared,
        };
        let groups = |finding: &Finding| -> Vec<_> {
            GROUPS
                .into_iter()
                .filter(|group| group.holds(finding))
                .collect()
        };
        assert_eq!(groups(&finding), []);
        finding.state = State::Due;
        assert_eq!(groups(&finding), [Group::DueLater]);
        finding.days_left = Some(7);
        finding.expiry = ExpiryState::Expired;
        assert_eq!(groups(&finding), [Group::DueSoon, Group::Expiring]);
        finding.marks.orphaned = true;
        finding.marks.user_inactive = true;
        finding.state = State::Overdue;
        finding.days_left = Some(-40);
        assert_eq!(
            groups(&finding),
            [
                Group::Overdue,
                Group::Expiring,
                Group::Orphaned,
                Group::UserInactive
            ]
        );
    }
}
