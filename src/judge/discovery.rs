//! Reasons why a domain may be missing. Pure.

use std::fmt;

use crate::model::SearchPart;
use crate::remedy::Remedy;
use crate::server_text::FailureText;
use crate::timestamp::Timestamp;

use super::comparison::DAYS_WITHOUT_DIGEST;

/// A reason why a domain may be missing. Each makes a run PARTIAL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscoveryGap {
    /// A part of the search failed or was not allowed.
    SearchFailed {
        /// The parts, by which runs are compared.
        parts: Vec<SearchPart>,
        /// The request and its result.
        message: FailureText,
        /// What the operator can do.
        remedy: Option<Remedy>,
    },
    /// An earlier run found the domain, and this one did not.
    Gone(GoneDomain),
}

impl fmt::Display for DiscoveryGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SearchFailed { message, .. } => message.fmt(f),
            Self::Gone(gone) => gone.fmt(f),
        }
    }
}

impl std::error::Error for DiscoveryGap {}

impl DiscoveryGap {
    /// What the operator can do.
    pub const fn remedy(&self) -> Option<&Remedy> {
        match self {
            Self::SearchFailed { remedy, .. } => remedy.as_ref(),
            Self::Gone(_) => None,
        }
    }

    /// A failure of one part of the search, without a remedy.
    pub fn search_failed(part: SearchPart, message: impl Into<FailureText>) -> Self {
        Self::SearchFailed {
            parts: vec![part],
            message: message.into(),
            remedy: None,
        }
    }
}

/// A domain that an earlier run found and this one did not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "domain {name}, last found on {}, was not found: it was deleted, or a permission is missing (reported until {})",
    last_found.date(), self.reported_until().date()
)]
pub struct GoneDomain {
    /// Its display name.
    pub name: String,
    /// Its base URL.
    pub url: String,
    /// `as_of` of the last run that found it.
    pub last_found: Timestamp,
    /// Start of the first run that did not find it.
    pub since: Timestamp,
}

impl GoneDomain {
    /// The last day on which it is reported: at least two digests report it, and a deleted domain does not make runs PARTIAL
    /// forever.
    pub const fn reported_until(&self) -> Timestamp {
        self.since.plus_days(DAYS_WITHOUT_DIGEST)
    }

    /// Whether a run that starts at `now` reports it. A date in the future is none: it would never be over.
    pub(super) fn is_reported_at(&self, now: Timestamp) -> bool {
        let day = |time: Timestamp| time.to_chrono().date_naive();
        (day(self.since)..=day(self.reported_until())).contains(&day(now))
    }
}
