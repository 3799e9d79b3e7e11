//! What a run was asked to do. Pure.

use crate::credential_type::CredentialTypes;
use crate::model::RunTimes;
use crate::timestamp::Timestamp;

use super::age::Thresholds;

/// What a run was told to do, and under which name it goes into the reports.
#[derive(Clone, Debug)]
pub struct RunDescription {
    /// `<YYYYMMDD>T<HHMMSS>Z-<6 hex>`, unique.
    pub id: String,
    /// The version of this program.
    pub version: &'static str,
    /// The instants it is judged by.
    pub times: RunTimes,
    /// Whether the invocation gave `as_of`.
    pub as_of_given: bool,
    /// The types that were to be read.
    pub credential_types: CredentialTypes,
    /// The ages at which credentials are due and overdue.
    pub thresholds: Thresholds,
    /// What the run was narrowed to by its invocation.
    pub scope: Scope,
    /// Where its domains come from; runs are compared only where it is the same.
    pub domain_setting: DomainSetting,
    /// Where reports go; `None` at a desk and in a dry run.
    pub location: Option<ReportsLocation>,
}

impl RunDescription {
    /// The instant that ages are judged at.
    pub const fn as_of(&self) -> Timestamp {
        self.times.as_of
    }

    /// `as_of` lies more than 24 hours from the clock, so every text says `WHAT-IF <date>`.
    pub const fn is_what_if(&self) -> bool {
        let (as_of, started) = (self.times.as_of, self.times.started);
        as_of.is_more_than_days_after(started, 1) || started.is_more_than_days_after(as_of, 1)
    }
}

/// Where the domains of a run come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DomainSetting {
    /// Every domain of the tenancy was looked for.
    #[default]
    Discovered,
    /// The settings name their URLs.
    Settings(Vec<String>),
    /// The invocation names their URLs.
    Invocation(Vec<String>),
}

/// What an invocation narrowed its run to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The invocation named its domains.
    pub domains: bool,
    /// The invocation named its types.
    pub credential_types: bool,
}

impl Scope {
    /// Whether every text says `SCOPED`.
    pub const fn is_narrowed(&self) -> bool {
        self.domains || self.credential_types
    }
}

/// Where reports lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportsLocation {
    /// Object Storage namespace.
    pub namespace: String,
    /// Bucket.
    pub bucket: String,
    /// Folder of this run, with a slash at its end.
    pub folder: String,
}
