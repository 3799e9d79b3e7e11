//! The numbers of a run, of a tenancy, and of a fleet.

use crate::judge::action::Work;
use crate::timestamp::Timestamp;

/// Numbers of credentials. Sums do not overflow: they are untrusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Identity domains.
    pub domains: u64,
    /// Domains that were not read completely.
    pub incomplete_domains: u64,
    /// Users that were read.
    pub users: u64,
    /// Credentials that were read.
    pub credentials: u64,
    /// In state `OVERDUE`.
    pub overdue: u64,
    /// In state `DUE`.
    pub due: u64,
    /// In state `UNKNOWN`.
    pub unknown: u64,
    /// `EXPIRING` or `EXPIRED`.
    pub expiring: u64,
    /// To act upon now, in the order of [`Work::ALL`].
    pub now: [u64; Work::ALL.len()],
    /// To act upon within seven days.
    pub week: u64,
    /// People who must act.
    pub people: u64,
    /// The age of the oldest credential to rotate or replace.
    pub oldest: Oldest,
    /// The change in about a week; `None` if an earlier run is not known.
    pub trend: Option<Trend>,
}

/// The age of the oldest credential to rotate or replace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oldest {
    /// The run does not say: it is of an older version.
    #[default]
    Unknown,
    /// No credential to rotate or replace has a known age.
    None,
    /// In whole days.
    Days(u64),
}

/// How much work there is now, compared with an earlier run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trend {
    /// Credentials to rotate, remove or review, now and later, compared with then.
    pub change: i64,
    /// `as_of` of the earlier run.
    pub since: Timestamp,
}

impl Figures {
    /// Credentials to act upon now.
    pub fn to_act(&self) -> u64 {
        self.now
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Credentials with this work now.
    pub const fn of_work(&self, work: Work) -> u64 {
        self.now[work as usize]
    }

    /// The sum of all; `None` of none. It has a trend only if each has one.
    pub fn sum<'a>(all: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut all = all.into_iter();
        let first = all.next()?.clone();
        Some(all.fold(first, |sum, next| sum.plus(next)))
    }

    fn plus(self, other: &Self) -> Self {
        let [rotate, remove, review] = self.now;
        let [more_rotate, more_remove, more_review] = other.now;
        Self {
            domains: self.domains.saturating_add(other.domains),
            incomplete_domains: self
                .incomplete_domains
                .saturating_add(other.incomplete_domains),
            users: self.users.saturating_add(other.users),
            credentials: self.credentials.saturating_add(other.credentials),
            overdue: self.overdue.saturating_add(other.overdue),
            due: self.due.saturating_add(other.due),
            unknown: self.unknown.saturating_add(other.unknown),
            expiring: self.expiring.saturating_add(other.expiring),
            now: [
                rotate.saturating_add(more_rotate),
                remove.saturating_add(more_remove),
                review.saturating_add(more_review),
            ],
            week: self.week.saturating_add(other.week),
            people: self.people.saturating_add(other.people),
            oldest: self.oldest.max(other.oldest),
            trend: self.trend.zip(other.trend).map(|(trend, more)| Trend {
                change: trend.change.saturating_add(more.change),
                since: trend.since.min(more.since),
            }),
        }
    }
}
