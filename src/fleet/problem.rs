//! Why a tenancy, or a shard of it, is not known as it is today.

use std::fmt;

use crate::server_text::ServerText;
use crate::timestamp::Timestamp;

use super::age::{SILENT_HOURS, is_silent};

/// Why a tenancy, or a shard of it, is not known as it is today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No run was ever delivered.
    NeverReported,
    /// No delivered run was found in the days that were searched. There may be earlier ones.
    NotFound,
    /// The newest delivered run is older than [`SILENT_HOURS`].
    Silent {
        /// When it started.
        since: Timestamp,
    },
    /// The newest run FAILED.
    Failed(FailedRun),
    /// The newest delivered run cannot be used.
    Unusable {
        /// Why.
        why: Unusable,
        /// When it started, if that is known.
        started: Option<Timestamp>,
    },
}

/// A run that FAILED.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRun {
    /// When it started.
    pub started: Timestamp,
    /// Why, in its own words.
    pub reason: ServerText,
    /// When the newest delivered run started, if there is one.
    pub delivered: Option<Timestamp>,
}

/// Why a stored run cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// The bucket did not list or return it: why.
    NotRead(String),
    /// The manifest is not the JSON of a manifest.
    Malformed,
    /// It is of another schema.
    OtherSchema {
        /// The schema of the manifest.
        version: u64,
    },
    /// A field has a value that no run writes.
    InvalidField(&'static str),
    /// It names another tenancy than its folder.
    OtherTenancy,
    /// It names another run than its folder.
    OtherRun,
    /// It names another part of the tenancy than its folder.
    OtherPart,
    /// It is later than now.
    Later,
    /// The tenancy has more of these than are read.
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The max.
        max: usize,
    },
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRead(why) => f.write_str(why),
            Self::Malformed => f.write_str("its manifest.json is malformed"),
            Self::OtherSchema { version } => write!(
                f,
                "its manifest.json has schema {version}, which this version does not read; use one version in all tenancies"
            ),
            Self::InvalidField(field) => write!(f, "its manifest.json has an invalid {field}"),
            Self::OtherTenancy => {
                f.write_str("its manifest.json names another tenancy than its folder")
            }
            Self::OtherRun => f.write_str("its manifest.json names another run than its folder"),
            Self::OtherPart => f.write_str("its manifest.json names another shard than its folder"),
            Self::Later => f.write_str("its manifest.json is dated later than now"),
            Self::TooMany { what, max } => write!(f, "it has more than {max} {what}"),
        }
    }
}

impl Problem {
    /// Whether nothing shows that a run was delivered in [`SILENT_HOURS`].
    pub fn is_silent(&self, now: Timestamp) -> bool {
        match self {
            Self::NeverReported | Self::NotFound | Self::Silent { .. } => true,
            Self::Failed(failed) => failed
                .delivered
                .is_none_or(|delivered| is_silent(delivered, now)),
            Self::Unusable { started, .. } => started.is_none_or(|started| is_silent(started, now)),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverReported => f.write_str("no run was ever delivered"),
            Self::NotFound => f.write_str("no run was found in the days that were searched"),
            Self::Silent { since } => {
                write!(
                    f,
                    "no run was delivered in {SILENT_HOURS} hours, the last at {}",
                    since.rfc3339()
                )
            }
            Self::Failed(FailedRun {
                started, reason, ..
            }) => {
                write!(f, "the run of {} FAILED", started.rfc3339())?;
                if reason.is_empty() {
                    Ok(())
                } else {
                    write!(f, ": {reason}")
                }
            }
            Self::Unusable { why, .. } => write!(f, "the newest run cannot be read: {why}"),
        }
    }
}
