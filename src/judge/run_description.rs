//! The parameters of a run. Pure.

use crate::credential_type::CredentialTypes;
use crate::model::RunTimes;
use crate::timestamp::Timestamp;

use super::age::Thresholds;

/// The parameters and the id of a run.
#[derive(Clone, Debug)]
pub struct RunDescription {
    /// `<YYYYMMDD>T<HHMMSS>Z-<6 hex>`, unique.
    pub id: String,
    /// The version of this program.
    pub version: &'static str,
    /// The instants that its ages are judged by.
    pub times: RunTimes,
    /// Whether the invocation gave `as_of`.
    pub as_of_given: bool,
    /// The types to read.
    pub credential_types: CredentialTypes,
    /// The ages at which credentials are due and overdue.
    pub thresholds: Thresholds,
    /// What the invocation narrowed.
    pub scope: Scope,
    /// The source of its domains. Only runs with the same source are compared.
    pub domain_setting: DomainSetting,
    /// Location of the reports; `None` on the command line and in a dry run.
    pub location: Option<ReportsLocation>,
}

impl RunDescription {
    /// The instant that ages are judged at.
    pub const fn as_of(&self) -> Timestamp {
        self.times.as_of
    }

    /// Whether `as_of` is more than 24 hours from the clock, so that every text says `WHAT-IF <date>`.
    pub const fn is_what_if(&self) -> bool {
        let (as_of, started) = (self.times.as_of, self.times.started);
        as_of.is_more_than_days_after(started, 1) || started.is_more_than_days_after(as_of, 1)
    }
}

/// The source of a run's domains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DomainSetting {
    /// Every domain of the tenancy.
    #[default]
    Discovered,
    /// URLs in the settings.
    Settings(Vec<String>),
    /// URLs in the invocation.
    Invocation(Vec<String>),
}

/// What the invocation narrowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The invocation lists domains.
    pub domains: bool,
    /// The invocation lists types.
    pub credential_types: bool,
}

impl Scope {
    /// Whether every text says `SCOPED`.
    pub const fn is_narrowed(&self) -> bool {
        self.domains || self.credential_types
    }
}

/// The location of the reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportsLocation {
    /// Object Storage namespace.
    pub namespace: String,
    /// Bucket.
    pub bucket: String,
    /// Folder of this run, with a trailing slash.
    pub folder: String,
}
