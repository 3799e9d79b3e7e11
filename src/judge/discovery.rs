//! Why it is not known that every domain was found. Pure.

use crate::remedy::Remedy;
use crate::timestamp::Timestamp;

use super::comparison::DAYS_WITHOUT_DIGEST;

/// Why it is not known that every domain was found. Each makes a run PARTIAL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryGap {
    /// Something could not be asked, or must not be.
    #[error("{message}")]
    NotAsked {
        /// What it is about, in words that are the same in every run: by them runs are compared.
        about: Vec<String>,
        /// What was asked for, and what came back.
        message: String,
        /// What to do about it.
        remedy: Option<Remedy>,
    },
    /// An earlier run found a domain, and this one did not.
    #[error(transparent)]
    Gone(GoneDomain),
}

impl DiscoveryGap {
    /// What the operator can do.
    pub const fn remedy(&self) -> Option<&Remedy> {
        match self {
            Self::NotAsked { remedy, .. } => remedy.as_ref(),
            Self::Gone(_) => None,
        }
    }

    /// What is about one thing alone.
    pub fn not_asked(about: impl Into<String>, message: impl Into<String>) -> Self {
        Self::NotAsked {
            about: vec![about.into()],
            message: message.into(),
            remedy: None,
        }
    }
}

/// A domain that an earlier run found and a later one did not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "domain {name}, which the run of {} knew, was not found: it was deleted, or a right is missing (said until {})",
    last_found.date(), self.said_until().date()
)]
pub struct GoneDomain {
    /// Its display name.
    pub name: String,
    /// Its base URL.
    pub url: String,
    /// The instant that the last run judged which found it.
    pub last_found: Timestamp,
    /// The clock at the first run that did not.
    pub since: Timestamp,
}

impl GoneDomain {
    /// The last day on which it is said. One PARTIAL run among many is easily missed, and a domain that was deleted must not
    /// keep runs from being COMPLETE for ever: so it is said for as long as there may be no digest, and two say it at least.
    pub const fn said_until(&self) -> Timestamp {
        self.since.plus_days(DAYS_WITHOUT_DIGEST)
    }
}
