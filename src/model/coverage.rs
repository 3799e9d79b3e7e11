//! How far a list was read, and why not further.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a list was read: the rung of the ladder (DESIGN.md section 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadingMode {
    /// One list for the whole domain, sorted.
    Bulk,
    /// One list for the whole domain, in the service's own order.
    Unsorted,
    /// One list for the whole domain, with a filter by date that every row passes.
    FilteredByDate,
    /// Chunks of users.
    UserChunks,
    /// One request a user.
    SingleUsers,
}

impl ReadingMode {
    /// The word in summary and manifest.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::Unsorted => "unsorted",
            Self::FilteredByDate => "filtered_by_date",
            Self::UserChunks => "user_chunks",
            Self::SingleUsers => "single_users",
        }
    }
}

/// Why a list could not be read, by what the operator must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// 401 or 403: a policy is missing, or the signature is not accepted.
    Unauthorized(u16),
    /// Any other status that is not a success.
    Status(u16),
    /// No answer: refused, reset, name not found.
    Connection,
    /// No answer in time.
    Timeout,
    /// An answer that is not a SCIM list.
    InvalidAnswer,
    /// A defect of this program.
    ProgramFault,
    /// The time of the run was used up before this list was read.
    OutOfTime,
}

impl FailureCause {
    /// What the scripts write into the cells of such a type: `UNAUTHORIZED`, or `ERROR:<status>`. Where the scripts
    /// would have crashed for want of a status, a word stands in its place.
    pub fn cell(self) -> String {
        match self {
            Self::Unauthorized(_) => "UNAUTHORIZED".to_owned(),
            Self::Status(status) => format!("ERROR:{status}"),
            Self::Connection => "ERROR:CONNECTION".to_owned(),
            Self::Timeout => "ERROR:TIMEOUT".to_owned(),
            Self::InvalidAnswer | Self::ProgramFault => "ERROR:INVALID_ANSWER".to_owned(),
            Self::OutOfTime => "ERROR:OUT_OF_TIME".to_owned(),
        }
    }
}

/// A list, or a part of it, that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFailure {
    /// Why.
    pub cause: FailureCause,
    /// The step and what came back, as a clause. Never a secret, never a user name. What to do about it is a
    /// [`Remedy`](crate::remedy::Remedy).
    pub message: String,
}

/// Why rows of a list may be missing, although the list itself was read. Displayed as a clause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListGap {
    /// Rows that cannot be identified.
    #[error("{0} rows have no id that can be read")]
    RowsWithoutId(u64),
    /// The service did not return `totalResults`.
    #[error("{returned} rows came, and the service did not say how many there are")]
    NoTotal {
        /// Rows that the service returned.
        returned: u64,
    },
    /// `totalResults` changed during both passes over the list.
    #[error(
        "the list changed while it was read, twice: {returned} rows came, {counted} were counted at the end"
    )]
    ChangedTwice {
        /// Rows that the service returned.
        returned: u64,
        /// `totalResults` of the last page.
        counted: u64,
    },
    /// The service returned fewer rows than it counts.
    #[error(
        "{} rows are missing: the service counted {counted} and returned {returned}",
        counted - returned
    )]
    RowsMissing {
        /// Rows that the service returned.
        returned: u64,
        /// `totalResults` of the last page.
        counted: u64,
    },
    /// The service returned more rows than it counts.
    #[error(
        "the service counted {counted} rows and returned {returned}: its count cannot be trusted"
    )]
    TotalTooLow {
        /// Rows that the service returned.
        returned: u64,
        /// `totalResults` of the last page.
        counted: u64,
    },
    /// The list of users is empty.
    #[error(
        "no user is visible; a domain has at least one, so this is a missing right and no result"
    )]
    NoUserVisible,
    /// Credentials were listed by users, and not all users are known.
    #[error("asked user by user, and not all users could be read")]
    ListedByIncompleteUsers,
    /// A filter by date hides rows without a date, and not all users are known who could claim them.
    #[error(
        "asked with a filter that rows without a date do not pass, and not all users could be read"
    )]
    FilteredByDateWithIncompleteUsers,
    /// Further chunks of users, or users, with gaps.
    #[error("and likewise of {0} further chunks or users")]
    FurtherRequests(u64),
}

/// How far a list was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCoverage {
    /// Distinct rows that were read.
    pub read: u64,
    /// `totalResults` of the last page, where any page was read.
    pub expected: Option<u64>,
    /// How it was read, where any page was read.
    pub mode: Option<ReadingMode>,
    /// Why rows are missing although the list could be read in part.
    pub gaps: Vec<ListGap>,
    /// Why the list could not be read, where it could not be read at all or not to its end.
    pub failure: Option<ReadFailure>,
    /// Ids that users claim to hold and the list lacks, after one more look.
    pub claimed_but_not_listed: u64,
    /// Whether users could be asked which credentials they hold.
    pub cross_checked: bool,
}

impl ListCoverage {
    /// Coverage of a list of which nothing could be read.
    pub fn failed(failure: ReadFailure) -> Self {
        Self {
            read: 0,
            expected: None,
            mode: None,
            gaps: Vec::new(),
            failure: Some(failure),
            claimed_but_not_listed: 0,
            cross_checked: false,
        }
    }

    /// Whether every row was read.
    pub fn is_complete(&self) -> bool {
        self.failure.is_none()
            && self.gaps.is_empty()
            && self.claimed_but_not_listed == 0
            && self.mode.is_some()
    }

    /// What users say about the list, after one more look at it.
    pub const fn cross_check(&self) -> CrossCheck {
        match self.claimed_but_not_listed {
            0 if self.cross_checked => CrossCheck::Ok,
            0 => CrossCheck::NotPossible,
            claimed => CrossCheck::Missing {
                listed: self.read,
                claimed,
            },
        }
    }

    /// Whether at least the list itself could be read, if perhaps with gaps.
    pub fn was_read(&self) -> bool {
        self.mode.is_some()
    }
}

/// What users say about a list: whether it has every credential that they claim to hold. Displayed, and in JSON, as `ok`,
/// `not possible`, or `listed 5, users hold 3 more`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum CrossCheck {
    /// Every credential that users claim is listed.
    Ok,
    /// Users say nothing about it, or not all of them were read.
    NotPossible,
    /// The list lacks credentials that users claim.
    Missing {
        /// Rows of the list.
        listed: u64,
        /// Credentials that users claim and the list lacks.
        claimed: u64,
    },
}

impl CrossCheck {
    /// Whether nothing speaks against the list.
    pub const fn finds_nothing_missing(self) -> bool {
        matches!(self, Self::Ok | Self::NotPossible)
    }
}

impl fmt::Display for CrossCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::NotPossible => f.write_str("not possible"),
            Self::Missing { listed: 0, claimed } => write!(f, "listed 0, users hold {claimed}"),
            Self::Missing { listed, claimed } => {
                write!(f, "listed {listed}, users hold {claimed} more")
            }
        }
    }
}

impl From<CrossCheck> for String {
    fn from(check: CrossCheck) -> Self {
        check.to_string()
    }
}

/// A text that is not a [`CrossCheck`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown cross-check `{0}`")]
pub struct UnknownCrossCheck(String);

impl TryFrom<String> for CrossCheck {
    type Error = UnknownCrossCheck;

    fn try_from(text: String) -> Result<Self, UnknownCrossCheck> {
        let missing = |text: &str| {
            let (listed, claimed) = text.strip_prefix("listed ")?.split_once(", users hold ")?;
            Some(Self::Missing {
                listed: listed.parse().ok()?,
                claimed: claimed.trim_end_matches(" more").parse().ok()?,
            })
        };
        match text.as_str() {
            "ok" => Ok(Self::Ok),
            "not possible" => Ok(Self::NotPossible),
            _ => missing(&text).ok_or(UnknownCrossCheck(text)),
        }
    }
}

/// How completely something was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Everything that was to be read was read.
    Complete,
    /// Not all of it.
    Partial,
    /// Nothing that could be judged.
    Failed,
}

impl Verdict {
    /// The word in every text: `COMPLETE`, `PARTIAL`, `FAILED`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Complete => "COMPLETE",
            Self::Partial => "PARTIAL",
            Self::Failed => "FAILED",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
