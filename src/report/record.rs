//! Scope, changes and exceptions in the manifest, from which the next run continues.

use serde::{Deserialize, Serialize};

use crate::display::first_chars;
use crate::judge::changes::{Comparison, FindingsNotRead, RunCounts};
use crate::judge::discovery::GoneDomain;
use crate::judge::exceptions::{Exceptions, ExceptionsFile};
use crate::judge::{Audit, DomainSetting};
use crate::timestamp::{Timestamp, parse_iso_8601};

/// Max characters of a text that is read back. Longer ones are cut: others may write to the bucket.
const MAX_TEXT_CHARS: usize = 300;

/// Source of the domains of a run: `{"source":"discovered","urls":[]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainSettingRecord {
    /// `discovered`, `settings` or `invocation`.
    pub source: String,
    /// What was named, sorted; empty for `discovered`.
    pub urls: Vec<String>,
}

impl From<&DomainSetting> for DomainSettingRecord {
    fn from(setting: &DomainSetting) -> Self {
        let (source, urls) = match setting {
            DomainSetting::Discovered => ("discovered", &[][..]),
            DomainSetting::Settings(urls) => ("settings", &urls[..]),
            DomainSetting::Invocation(urls) => ("invocation", &urls[..]),
        };
        let mut urls = urls.to_vec();
        // Order and duplicates do not change the scope.
        urls.sort_unstable();
        urls.dedup();
        Self {
            source: source.to_owned(),
            urls,
        }
    }
}

/// What changed since the run before, or why that is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonRecord {
    /// Why the run was not compared.
    NotPossible(String),
    /// What changed.
    Made(ChangesRecord),
}

/// Counts of what changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesRecord {
    /// `run_id` of the run before.
    pub baseline: String,
    /// Its `as_of`.
    pub since: String,
    /// Findings that did not exist before.
    pub new: u64,
    /// Findings that got worse.
    pub escalated: u64,
    /// Findings that are as bad as they were, or less.
    pub still: u64,
    /// Findings that no longer exist.
    pub resolved: u64,
    /// Findings that an exception accepts now.
    pub accepted: u64,
    /// Names of domains that were added.
    pub added_domains: Vec<String>,
    /// Names of domains that are missing.
    pub missing_domains: Vec<String>,
    /// Lists that are read again, or no longer.
    pub coverage: Vec<String>,
    /// Whether the exceptions file changed.
    pub exceptions_changed: bool,
    /// Exceptions and gaps that ended since: `exceptions[2]`.
    pub ended: Vec<String>,
}

impl ComparisonRecord {
    /// The comparison of an audit; `None` if none was requested.
    pub fn of(audit: &Audit) -> Option<Self> {
        Some(match &audit.comparison {
            Comparison::NotMade => return None,
            Comparison::Impossible(reason) => Self::NotPossible(reason.to_string()),
            Comparison::Made(changes) => Self::Made(ChangesRecord {
                baseline: changes.baseline.clone(),
                since: changes.since.rfc3339(),
                new: changes.new,
                escalated: changes.escalated,
                still: changes.still,
                resolved: changes.resolved,
                accepted: changes.accepted,
                added_domains: changes.added_domains.clone(),
                missing_domains: changes.missing_domains.clone(),
                coverage: changes.coverage.iter().map(ToString::to_string).collect(),
                exceptions_changed: changes.exceptions_changed,
                ended: changes.ended.clone(),
            }),
        })
    }
}

/// A domain that earlier runs found: kept for a week, unless it is found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoneDomainRecord {
    /// Display name.
    pub domain: String,
    /// Base URL.
    pub domain_url: String,
    /// `as_of` of the run that found it last.
    pub last_found: String,
    /// The clock at the first run that did not find it.
    pub since: String,
}

impl From<&GoneDomain> for GoneDomainRecord {
    fn from(gone: &GoneDomain) -> Self {
        Self {
            domain: gone.name.clone(),
            domain_url: gone.url.clone(),
            last_found: gone.last_found.rfc3339(),
            since: gone.since.rfc3339(),
        }
    }
}

impl GoneDomainRecord {
    /// Parses the record; `None` if a date is invalid.
    pub fn read(&self) -> Option<GoneDomain> {
        Some(GoneDomain {
            name: bounded_text(&self.domain),
            url: bounded_text(&self.domain_url),
            last_found: instant(&self.last_found)?,
            since: instant(&self.since)?,
        })
    }
}

/// Findings of earlier runs whose list was not read: kept until it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingsNotReadRecord {
    /// Display name of the domain.
    pub domain: String,
    /// Its base URL.
    pub domain_url: String,
    /// The type, by name.
    pub credential_type: String,
    /// How many they were.
    pub findings: u64,
    /// How many of them were overdue.
    pub overdue: u64,
    /// `as_of` of the run that saw them last.
    pub last_seen: String,
}

impl From<&FindingsNotRead> for FindingsNotReadRecord {
    fn from(not_read: &FindingsNotRead) -> Self {
        Self {
            domain: not_read.domain.clone(),
            domain_url: not_read.domain_url.clone(),
            credential_type: not_read.credential_type.name().to_owned(),
            findings: not_read.findings,
            overdue: not_read.overdue,
            last_seen: not_read.last_seen.rfc3339(),
        }
    }
}

impl FindingsNotReadRecord {
    /// Parses the record; `None` if the type or date is invalid.
    pub fn read(&self) -> Option<FindingsNotRead> {
        Some(FindingsNotRead {
            domain: bounded_text(&self.domain),
            domain_url: bounded_text(&self.domain_url),
            credential_type: self.credential_type.parse().ok()?,
            findings: bounded(self.findings),
            overdue: bounded(self.overdue),
            last_seen: instant(&self.last_seen)?,
        })
    }
}

/// A count of an earlier run. Others may write to the bucket, and sums of counts must not overflow.
fn bounded(count: u64) -> u64 {
    count.min(u64::from(u32::MAX))
}

/// A text of an earlier run: a name, a URL or an id.
pub(super) fn bounded_text(text: &str) -> String {
    first_chars(text, MAX_TEXT_CHARS).to_owned()
}

/// Counts of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRecord {
    /// Of the run.
    pub run_id: String,
    /// Of the run.
    pub as_of: String,
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
    /// Credentials to review, to find the holder of, or API keys of administrators.
    pub to_review: u64,
}

impl From<RunCounts> for HistoryRecord {
    fn from(counts: RunCounts) -> Self {
        Self {
            run_id: counts.run_id,
            as_of: counts.as_of.rfc3339(),
            complete: counts.complete,
            overdue: counts.overdue,
            due: counts.due,
            to_rotate: counts.to_rotate,
            to_remove: counts.to_remove,
            to_review: counts.to_review,
        }
    }
}

impl HistoryRecord {
    /// Parses the record; `None` if a date is invalid.
    pub fn read(&self) -> Option<RunCounts> {
        Some(RunCounts {
            run_id: bounded_text(&self.run_id),
            as_of: instant(&self.as_of)?,
            complete: self.complete,
            overdue: bounded(self.overdue),
            due: bounded(self.due),
            to_rotate: bounded(self.to_rotate),
            to_remove: bounded(self.to_remove),
            to_review: bounded(self.to_review),
        })
    }
}

/// The exceptions file of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionsRecord {
    /// Object and bucket, or the path of the file.
    pub source: String,
    /// SHA-256 of its content; null if it was not read.
    pub sha256: Option<String>,
    /// Why nothing in it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// Valid exceptions.
    pub exceptions: u64,
    /// Valid gaps.
    pub gaps: u64,
    /// The first hundred invalid entries, one sentence each: `exceptions[3]: ...`.
    pub bad: Vec<String>,
    /// Number of other invalid entries.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub further_bad: u64,
}

impl ExceptionsRecord {
    /// The file of a run; `None` if none is configured.
    pub fn of(exceptions: &Exceptions) -> Option<Self> {
        Some(Self {
            source: exceptions.source.clone()?,
            sha256: exceptions.sha256.clone(),
            unreadable: exceptions.unreadable.clone(),
            exceptions: exceptions.entries.len() as u64,
            gaps: exceptions.gaps.len() as u64,
            bad: exceptions
                .bad
                .first
                .iter()
                .map(ToString::to_string)
                .collect(),
            further_bad: exceptions.bad.others,
        })
    }
}

impl ExceptionsRecord {
    /// Which file it was.
    pub fn file(&self) -> ExceptionsFile {
        match &self.sha256 {
            Some(sha256) => ExceptionsFile::Read(sha256.clone()),
            None => ExceptionsFile::NotRead,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Parses a timestamp of the manifest.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    parse_iso_8601(text)
}
