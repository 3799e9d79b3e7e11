//! Whether the run is in the hub of several tenancies.

use serde::{Deserialize, Serialize};

/// `{"stored":"fleet/<tenancy>/2026/11/22/<run id>/"}`, `{"skipped":"dry_run"}` or `{"failed":{"cause":"refused","message":"..."}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HubSummary {
    /// Stored, in this folder.
    Stored(String),
    /// Not stored, and why.
    Skipped(HubSkipReason),
    /// Not everything is known to be stored: a warning, whatever the verdict.
    Failed(HubFailure),
}

/// Why a run is not stored in the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HubSkipReason {
    /// A dry run leaves nothing behind.
    DryRun,
    /// The invocation sets `as_of`, and the hub is about the present.
    AsOf,
    /// The invocation narrows the run.
    Scoped,
}

/// Why a run is not known to be in the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubFailure {
    /// The cause.
    pub cause: HubFailureCause,
    /// The response, and what to do about it. Without the words of a service.
    pub message: String,
}

/// Why a run is not known to be in the hub, by what the operator must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HubFailureCause {
    /// The credentials do not name their tenancy, whose OCID names the folder.
    NoTenancy,
    /// The settings name no namespace, and that of the own tenancy could not be read.
    NoNamespace,
    /// Object Storage refused: a permission may be missing.
    Refused,
    /// No response.
    NoResponse,
    /// The time of the run was used up.
    OutOfTime,
    /// A response that is not Object Storage's, or an object with other content.
    InvalidResponse,
}
