//! Whether metrics were posted.

use serde::{Deserialize, Serialize};

/// `{"posted":42}`, `{"skipped":"dry_run"}` or `{"failed":{"cause":"refused","message":"..."}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricsSummary {
    /// Posted, with the number of values.
    Posted(u64),
    /// Not posted, and why.
    Skipped(MetricsSkipReason),
    /// Not all of them are known to be posted: a warning, whatever the verdict.
    Failed(MetricsFailure),
}

/// Why a run posts no metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricsSkipReason {
    /// A dry run leaves nothing behind.
    DryRun,
    /// The invocation sets `as_of`, and metrics are of the present.
    AsOf,
    /// The invocation narrows the run.
    Scoped,
    /// The run is a shard: `people` and `complete` of shards do not add up to those of the tenancy.
    Shard,
}

/// Why metrics are not known to be posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsFailure {
    /// The cause.
    pub cause: MetricsFailureCause,
    /// The response, and what to do about it. Without the words of a service.
    pub message: String,
}

/// Why metrics are not known to be posted, by what the operator must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricsFailureCause {
    /// The credentials name no compartment: they are not a function's.
    NoCompartment,
    /// Monitoring refused all of them: a permission may be missing.
    Refused,
    /// Monitoring refused some of them.
    PartlyRefused,
    /// No response.
    NoResponse,
    /// The time of the run, or of this step, was used up.
    OutOfTime,
    /// A response that is not Monitoring's.
    InvalidResponse,
}
