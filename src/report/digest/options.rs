//! What a digest is about, and how it is written.

use std::collections::BTreeSet;

use chrono::Weekday;

use crate::report::ReportSet;
use crate::report::names::Names;
use crate::timestamp::Timestamp;

/// Default max rows of each section.
pub const DEFAULT_ROWS: usize = 10;

/// When the next digest is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextDigest {
    /// If something changes, and on this day of the week.
    OnChange(Weekday),
    /// After each run with a finding or a gap.
    IfFound,
    /// After each run.
    Always,
    /// Never: this one is published because the run failed.
    Never,
}

/// How a digest is written.
#[derive(Clone, Debug)]
pub struct DigestOptions {
    /// How users are named.
    pub names: Names,
    /// The reports of the run; one holds what does not fit.
    pub reports: ReportSet,
    /// Max rows of each section.
    pub rows: usize,
    /// When the next one is published.
    pub next: NextDigest,
    /// The region whose Notifications service sends the mail, if known.
    pub region: Option<String>,
    /// Holders whom an earlier run could not mail.
    pub suppressed: Option<SuppressedMails>,
    /// The run before, if it is not in the hub.
    pub not_in_hub: Option<NotInHub>,
}

/// A run that could not be stored in the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotInHub {
    /// Its id.
    pub run_id: String,
    /// The instant that its ages are judged at.
    pub as_of: Timestamp,
}

/// Holders whom a run could not mail, because Email Delivery suppresses their addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressedMails {
    /// The time of the run.
    pub at: Timestamp,
    /// OCIDs of the users.
    pub users: BTreeSet<String>,
}

impl Default for DigestOptions {
    fn default() -> Self {
        Self {
            names: Names::default(),
            reports: ReportSet::default(),
            rows: DEFAULT_ROWS,
            next: NextDigest::OnChange(Weekday::Mon),
            region: None,
            suppressed: None,
            not_in_hub: None,
        }
    }
}

/// What a digest is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestKind {
    /// A run whose reports are stored. If no domain was read, it is written as [`DigestKind::Failed`].
    Regular,
    /// A report or the manifest of the run was not stored, so the digest is the only output.
    ReportsNotStored {
        /// A clause.
        reason: String,
        /// Whether the manifest may be stored: its upload was tried, and the answer may have been lost.
        manifest_may_exist: bool,
    },
    /// A run that could read no domain.
    Failed,
}
