//! How far a list was read, and why it may be incomplete.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::server_text::FailureText;

use super::cross_check::CrossCheck;

/// Which requests a list was read by. The order in which they are tried: [`crate::oci::scim::fallback`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadingMode {
    /// One list for the whole domain, sorted.
    Bulk,
    /// One list for the whole domain, in the service's own order.
    Unsorted,
    /// One list for the whole domain, with a filter that every dated row passes.
    FilteredByDate,
    /// One request per chunk of users.
    UserChunks,
    /// One request per user.
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

/// Why a list could not be read. Each cause needs another remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// 401 or 403 of the service: a permission is missing.
    Unauthorized(u16),
    /// Any other error status. 404 may be a missing permission.
    Status(u16),
    /// 401, 403 or 404 of the service for a reason that it names, and that no permission removes.
    Refused(u16),
    /// Something between this program and the service answered, with this status.
    Intermediary(u16),
    /// 401: the service does not know the API key.
    KeyNotAccepted,
    /// 401: the session token has expired, by its own claim.
    SessionExpired,
    /// 401: the clocks of this program and of the service differ too much.
    ClockSkew,
    /// No response: connection refused or reset, or name not found.
    Connection,
    /// No response in time.
    Timeout,
    /// A response that is not a SCIM list.
    InvalidResponse,
    /// A defect of this program.
    ProgramFault,
    /// The request could not be signed: the credentials cannot be read, or have expired. No service was asked.
    NotSigned,
    /// The request cannot be sent, which is a bug.
    BrokenExchange,
    /// A response is too large, also with the fewest rows that are requested.
    TooLarge,
    /// The run has no memory for more rows of this domain.
    RowsDoNotFit,
    /// The run had no time left for this list.
    OutOfTime,
    /// A request for this list used up the total of its retries. The run had time left.
    StepOutOfTime {
        /// Whether the domain throttled the last attempt.
        throttled: bool,
    },
}

impl FailureCause {
    /// The status of a refusal that may be about the form of the request, so that another form may be accepted. An
    /// intermediary may refuse one form and pass another, too.
    pub const fn refused_form(self) -> Option<u16> {
        match self {
            Self::Status(status @ (400 | 405 | 413)) | Self::Intermediary(status @ (400 | 405)) => {
                Some(status)
            }
            _ => None,
        }
    }

    /// The cell that the two scripts write for this cause: `UNAUTHORIZED` or `ERROR:<status>`. The scripts crash without a
    /// status; this cell has a word instead.
    pub fn cell(self) -> String {
        match self {
            Self::Unauthorized(_)
            | Self::NotSigned
            | Self::KeyNotAccepted
            | Self::SessionExpired
            | Self::ClockSkew
            | Self::Refused(401 | 403)
            | Self::Intermediary(401 | 403) => "UNAUTHORIZED".to_owned(),
            // A page of a proxy, where a list was expected.
            Self::Intermediary(200..300) => "ERROR:INVALID_ANSWER".to_owned(),
            Self::Status(status) | Self::Refused(status) | Self::Intermediary(status) => {
                format!("ERROR:{status}")
            }
            Self::Connection => "ERROR:CONNECTION".to_owned(),
            Self::Timeout => "ERROR:TIMEOUT".to_owned(),
            Self::InvalidResponse | Self::ProgramFault | Self::BrokenExchange | Self::TooLarge => {
                "ERROR:INVALID_ANSWER".to_owned()
            }
            Self::RowsDoNotFit => "ERROR:OUT_OF_MEMORY".to_owned(),
            Self::OutOfTime | Self::StepOutOfTime { .. } => "ERROR:OUT_OF_TIME".to_owned(),
        }
    }
}

/// Why a list, or a part of it, could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFailure {
    /// The cause.
    pub cause: FailureCause,
    /// The step and the response, as a clause. For advice see [`Remedy`](crate::remedy::Remedy).
    pub message: FailureText,
}

/// Why rows may be missing from a list that was read. Displayed as a clause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListGap {
    /// Rows without a readable id.
    #[error("{0} rows have no readable id")]
    RowsWithoutId(u64),
    /// The service did not return `totalResults`.
    #[error("the service returned {returned} rows and did not return a total")]
    NoTotal {
        /// Rows that the service returned.
        returned: u64,
    },
    /// `totalResults` changed during both passes over the list.
    #[error(
        "the list changed twice while it was read: the service returned {returned} rows and counted {counted} at the end"
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
        "no user is visible; every domain has at least one, so a permission is probably missing"
    )]
    NoUserVisible,
    /// Credentials were queried by user, and not all users are known.
    #[error("queried by user, and not all users could be read")]
    ListedByIncompleteUsers,
    /// The date filter hides rows without a date, and not all users are known who may claim them.
    #[error(
        "listed with a date filter, which hides rows without a date, and not all users could be read"
    )]
    FilteredByDateWithIncompleteUsers,
    /// Credentials were queried by user, and users whose record does not list credentials are too many to query each.
    #[error(
        "queried by user; {0} more users, whose records do not list credentials, were not queried"
    )]
    UsersNotQueried(u64),
    /// The date filter hides credentials without a date, and users do not claim what they hold.
    #[error(
        "listed with a date filter, which hides rows without a date, and the user records do not list all credentials"
    )]
    CredentialsWithoutDate,
    /// The date filter hides users without a date.
    #[error("listed with a date filter, which hides users without a date")]
    UsersWithoutDate,
    /// Users who exist, and whom the list lacks after a re-read.
    #[error("{0} users exist that the list lacks, after a re-read")]
    UsersNotListed(u64),
    /// More credentials name users who are not listed, after a re-read, than deleted users explain.
    #[error(
        "{credentials} of {of} credentials name users who are not listed, after a re-read: users are probably missing"
    )]
    HoldersNotListed {
        /// Credentials that name a user who is not listed.
        credentials: u64,
        /// Credentials that name any user.
        of: u64,
    },
    /// Rows that were returned more than once, with different content, or that give a user another OCID than other rows.
    #[error(
        "{0} rows contradict other rows, by a repeated id or by the OCID of their user; the earlier date counts"
    )]
    ContradictoryRows(u64),
    /// Gaps in the responses for further chunks or users.
    #[error("the responses for further chunks or users have {0} more gaps")]
    FurtherRequests(u64),
}

/// How far a list was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCoverage {
    /// Distinct rows read.
    pub read: u64,
    /// `totalResults` of the last page, if a page was read.
    pub expected: Option<u64>,
    /// How it was read; `None` if no page was read.
    pub mode: Option<ReadingMode>,
    /// Why rows may be missing from a list that was read.
    pub gaps: Vec<ListGap>,
    /// Why the list could not be read, or not to its end.
    pub failure: Option<ReadFailure>,
    /// Ids that users claim and the list lacks, after a re-read.
    pub claimed_but_not_listed: u64,
    /// Claims of users without a readable id, which confirm nothing.
    pub unreadable_claims: u64,
    /// Whether the credentials that users claim confirm the list.
    pub cross_checked: bool,
}

impl ListCoverage {
    /// Coverage of a list that could not be read at all.
    pub fn failed(failure: ReadFailure) -> Self {
        Self {
            read: 0,
            expected: None,
            mode: None,
            gaps: Vec::new(),
            failure: Some(failure),
            claimed_but_not_listed: 0,
            unreadable_claims: 0,
            cross_checked: false,
        }
    }

    /// Whether every row was read.
    pub fn is_complete(&self) -> bool {
        self.failure.is_none()
            && self.gaps.is_empty()
            && self.claimed_but_not_listed == 0
            && self.unreadable_claims == 0
            && self.mode.is_some()
    }

    /// How the list compares with what users claim, after a re-read.
    pub const fn cross_check(&self) -> CrossCheck {
        match (self.claimed_but_not_listed, self.unreadable_claims) {
            (0, 0) if self.cross_checked => CrossCheck::Ok,
            (0, 0) => CrossCheck::NotPossible,
            (0, unreadable) => CrossCheck::Unreadable(unreadable),
            (missing, _) => CrossCheck::Missing(missing),
        }
    }

    /// What users contradict, as a clause: `listed 0, users hold 37`.
    pub fn contradiction(&self) -> Option<String> {
        match self.cross_check() {
            CrossCheck::Ok | CrossCheck::NotPossible => None,
            CrossCheck::Missing(claimed) => {
                let more = if self.read == 0 { "" } else { " more" };
                Some(format!("listed {}, users hold {claimed}{more}", self.read))
            }
            CrossCheck::Unreadable(claims) => Some(format!(
                "listed {}, users hold {claims} whose ids cannot be read",
                self.read
            )),
        }
    }

    /// Whether the list is empty, and only the service's own count says so: the users' records do not list credentials.
    pub fn is_unconfirmed_empty(&self) -> bool {
        self.read == 0 && self.is_complete() && self.cross_check() == CrossCheck::NotPossible
    }

    /// Whether the list was read, perhaps with gaps.
    pub fn was_read(&self) -> bool {
        self.mode.is_some()
    }
}

/// How completely a list, a domain or a run was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Everything was read.
    Complete,
    /// Not all of it.
    Partial,
    /// Nothing, so nothing can be judged.
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
