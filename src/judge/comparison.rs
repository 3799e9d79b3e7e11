//! What changed since the run before, as types. Pure.

use crate::credential_type::CredentialType;
use crate::timestamp::Timestamp;

/// A digest is due when the last one is this old, so that silence does not come to mean anything.
pub(super) const DAYS_WITHOUT_DIGEST: i64 = 7;
/// Runs whose counts are told, this one among them.
pub const HISTORY_RUNS: usize = 8;

/// What became of a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// Nothing can be said: there is no run to compare with, or it was not read completely in both; or it is no finding.
    #[default]
    NotCompared,
    /// It was no finding.
    New,
    /// It was one, and got worse.
    Escalated,
    /// It was one.
    Still,
}

impl Change {
    /// The word in `findings.jsonl`; `None` where nothing can be said.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::NotCompared => None,
            Self::New => Some("new"),
            Self::Escalated => Some("escalated"),
            Self::Still => Some("still"),
        }
    }
}

/// Whether, and with what, a run was compared.
#[derive(Debug, Default)]
pub enum Comparison {
    /// Nobody asked for it: at a desk, and in a dry run.
    #[default]
    NotMade,
    /// It was not possible; why, as a clause.
    Impossible(String),
    /// It was.
    Made(Box<Changes>),
}

impl Comparison {
    /// What changed, where that is known.
    pub const fn changes(&self) -> Option<&Changes> {
        match self {
            Self::Made(changes) => Some(changes),
            _ => None,
        }
    }
}

/// What changed.
#[derive(Debug)]
pub struct Changes {
    /// The run that this one is compared with.
    pub baseline: String,
    /// The instant it judged.
    pub since: Timestamp,
    /// Findings that were none.
    pub new: u64,
    /// Findings that got worse.
    pub escalated: u64,
    /// Findings that are what they were, or less.
    pub still: u64,
    /// Findings of then that are none today, other than by an exception.
    pub resolved: u64,
    /// Findings of then that an exception accepts today.
    pub accepted: u64,
    /// Of the new and escalated: those that became overdue.
    pub newly_overdue: u64,
    /// Of the new and escalated: those that became due.
    pub newly_due: u64,
    /// What was found before and could not be looked at.
    pub not_seen: Vec<NotSeen>,
    /// Names of domains that were not among those of the run before.
    pub added_domains: Vec<String>,
    /// Names of domains of the run before that are not among those of this one.
    pub missing_domains: Vec<String>,
    /// What can be read, or no longer be read, as sentences; known gaps are left out.
    pub coverage: Vec<String>,
    /// Whether the exceptions file is another.
    pub exceptions_changed: bool,
    /// Exceptions and gaps whose last day lies between the two runs: `exceptions[2]`.
    pub ended: Vec<String>,
    /// The instant judged by the newest run before this one whose digest was delivered.
    pub last_digest: Option<Timestamp>,
    /// Counts of the runs before this one, the newest last.
    pub history: Vec<RunCounts>,
}

impl Changes {
    /// Why a digest is due under `AUDIT_NOTIFY=changes`; empty where none is.
    pub fn reasons(&self, as_of: Timestamp) -> Vec<&'static str> {
        let day = |instant: Timestamp| instant.to_chrono().date_naive();
        // By calendar days: a run that begins a second earlier than the one of a week ago is no day late.
        let silent_too_long = self
            .last_digest
            .is_none_or(|last| (day(as_of) - day(last)).num_days() >= DAYS_WITHOUT_DIGEST);
        let domains_changed = !self.added_domains.is_empty() || !self.missing_domains.is_empty();
        [
            (self.new > 0, "findings are new"),
            (self.escalated > 0, "findings got worse"),
            (self.resolved > 0, "findings are resolved"),
            (!self.coverage.is_empty(), "coverage changed"),
            (domains_changed, "the list of domains changed"),
            (self.exceptions_changed, "the exceptions changed"),
            (!self.ended.is_empty(), "an exception or a gap ended"),
            (silent_too_long, "the last digest is seven days old"),
        ]
        .into_iter()
        .filter_map(|(holds, reason)| holds.then_some(reason))
        .collect()
    }
}

/// Findings of one type in one domain that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSeen {
    /// Display name of the domain.
    pub domain: String,
    /// Its base URL.
    pub domain_url: String,
    /// The type.
    pub credential_type: CredentialType,
    /// How many they were when they were last seen.
    pub findings: u64,
    /// How many of them were overdue.
    pub overdue: u64,
    /// The instant that the run judged which saw them last; of several the earliest.
    pub last_seen: Timestamp,
}

/// What a run counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunCounts {
    /// Of the run.
    pub run_id: String,
    /// The instant it judged.
    pub as_of: Timestamp,
    /// Whether everything was read.
    pub complete: bool,
    /// Overdue credentials.
    pub overdue: u64,
    /// Credentials that were due.
    pub due: u64,
}
