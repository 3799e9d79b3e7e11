//! The types of a comparison with the previous run. Pure.

use chrono::{Datelike, Weekday};

use crate::credential_type::CredentialType;
use crate::timestamp::Timestamp;

use super::coverage_change::CoverageChange;

/// Max number of days without a digest, so that silence never means "no findings".
pub(super) const DAYS_WITHOUT_DIGEST: i64 = 7;
/// Number of runs in the history, including this one.
pub const HISTORY_RUNS: usize = 30;

/// Change of a finding since the previous run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// Not a finding, or not comparable: no earlier run is comparable, or one of the two runs did not read the whole list.
    #[default]
    NotCompared,
    /// It was not a finding.
    New,
    /// It was a finding, and got worse.
    Escalated,
    /// It was a finding, and is not worse.
    Still,
}

impl Change {
    /// The word in `findings.jsonl`; `None` if not compared.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::NotCompared => None,
            Self::New => Some("new"),
            Self::Escalated => Some("escalated"),
            Self::Still => Some("still"),
        }
    }
}

/// The result of a comparison with the previous run.
#[derive(Debug, Default)]
pub enum Comparison {
    /// Not wanted: on the command line, and in a dry run.
    #[default]
    NotMade,
    /// Not possible.
    Impossible(NoComparison),
    /// Compared.
    Made(Box<Changes>),
}

/// Why a run is not compared with an earlier one. Displayed as a clause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoComparison {
    /// No run fits.
    #[error(
        "no earlier run of the same domains, types and thresholds was delivered in the last {days} days"
    )]
    NoEarlierRun {
        /// Max age of the earlier run.
        days: u64,
    },
    /// An older run may fit.
    #[error("none of the {max} newest runs has the same domains, types and thresholds")]
    TooManyOthers {
        /// Max runs that are looked at.
        max: usize,
    },
    /// Earlier runs cannot be read; the error of the storage, as displayed.
    #[error("{0}")]
    NotRead(String),
    /// The objects of the run do not match its manifest.
    #[error("{object} is not what its run stored: {what}")]
    Altered {
        /// The name of the object.
        object: String,
        /// What does not match, as a clause.
        what: String,
    },
}

impl Comparison {
    /// The changes, if runs were compared.
    pub const fn changes(&self) -> Option<&Changes> {
        match self {
            Self::Made(changes) => Some(changes),
            _ => None,
        }
    }
}

/// The changes since the previous run.
#[derive(Debug)]
pub struct Changes {
    /// Id of the previous run.
    pub baseline: String,
    /// `as_of` of the previous run.
    pub since: Timestamp,
    /// New findings.
    pub new: u64,
    /// Findings that got worse.
    pub escalated: u64,
    /// Findings that are not worse than before.
    pub still: u64,
    /// Previous findings that are resolved, not counting accepted ones.
    pub resolved: u64,
    /// Those, by list.
    pub resolved_by_list: Vec<ResolvedFindings>,
    /// Previous findings that an exception accepts today.
    pub accepted: u64,
    /// Findings that must be acted upon within a week, sooner than before.
    pub became_urgent: u64,
    /// Credentials of administrators that were created since, and API keys of users who became administrators.
    pub new_of_administrators: u64,
    /// New and escalated findings that became overdue.
    pub newly_overdue: u64,
    /// New and escalated findings that became due.
    pub newly_due: u64,
    /// Previous findings in lists that could not be read.
    pub not_read: Vec<FindingsNotRead>,
    /// Names of domains that the previous run did not have.
    pub added_domains: Vec<String>,
    /// Names of domains that only the previous run had.
    pub missing_domains: Vec<String>,
    /// Changes of coverage, without known gaps.
    pub coverage: Vec<CoverageChange>,
    /// Whether the exceptions file changed.
    pub exceptions_changed: bool,
    /// Exceptions and known gaps that ended between the two runs: `exceptions[2]`.
    pub ended: Vec<String>,
    /// `as_of` of the newest previous run whose digest was delivered.
    pub last_digest: Option<Timestamp>,
    /// Counts of previous runs, the newest last.
    pub history: Vec<RunCounts>,
}

impl Changes {
    /// The reasons for a digest under `AUDIT_NOTIFY=changes`.
    ///
    /// Everything but `weekday` may come from objects that others can write. So nothing stored delays a digest beyond it.
    pub fn reasons(&self, as_of: Timestamp, weekday: Weekday) -> Vec<&'static str> {
        let day = |instant: Timestamp| instant.to_chrono().date_naive();
        // In calendar days, so that a run that starts a second earlier than a week ago counts as a week later.
        let days_since = |instant: Timestamp| (day(as_of) - day(instant)).num_days();
        let is_recent =
            |instant: Timestamp| (0..DAYS_WITHOUT_DIGEST).contains(&days_since(instant));
        let silent_too_long = !self.last_digest.is_some_and(is_recent);
        let domains_changed = !self.added_domains.is_empty() || !self.missing_domains.is_empty();
        [
            (self.became_urgent > 0, "findings became urgent"),
            (
                self.new_of_administrators > 0,
                "administrators have new credentials",
            ),
            (!self.coverage.is_empty(), "coverage changed"),
            (domains_changed, "the list of domains changed"),
            (self.exceptions_changed, "the exceptions changed"),
            (!self.ended.is_empty(), "an exception or a gap ended"),
            (silent_too_long, "the last digest is seven days old"),
            (!is_recent(self.since), "the previous run is seven days old"),
            (
                day(as_of).weekday() == weekday,
                "it is the day of the weekly digest",
            ),
        ]
        .into_iter()
        .filter_map(|(holds, reason)| holds.then_some(reason))
        .collect()
    }
}

/// Previous findings of a type in a domain whose list could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingsNotRead {
    /// Display name of the domain.
    pub domain: String,
    /// Its base URL.
    pub domain_url: String,
    /// The type.
    pub credential_type: CredentialType,
    /// Number of findings in the run that read them last.
    pub findings: u64,
    /// Number of overdue findings among them.
    pub overdue: u64,
    /// `as_of` of the run that read them last; the earliest of several.
    pub last_seen: Timestamp,
}

/// Previous findings of a type in a domain that are resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedFindings {
    /// Display name of the domain.
    pub domain: String,
    /// The type.
    pub credential_type: CredentialType,
    /// Number of findings.
    pub findings: u64,
}

/// Counts of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunCounts {
    /// Id of the run.
    pub run_id: String,
    /// `as_of` of the run.
    pub as_of: Timestamp,
    /// Whether everything was read.
    pub complete: bool,
    /// Overdue credentials.
    pub overdue: u64,
    /// Credentials that were due.
    pub due: u64,
    /// Credentials to rotate or replace.
    pub to_rotate: u64,
    /// Credentials to retire or delete.
    pub to_remove: u64,
    /// Credentials to review, whose holder is to be found, or that are API keys of administrators.
    pub to_review: u64,
}
