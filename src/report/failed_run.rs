//! `failed.json`, which a run that failed stores in the hub of several tenancies: otherwise it would be missing there without a
//! reason.

use serde::{Deserialize, Serialize};

use crate::display;
use crate::judge::Audit;
use crate::shard::Shard;
use crate::summary::TenancySummary;

use super::manifest::{SCHEMA_VERSION, to_json};

/// Max characters of the reason.
const REASON_CHARS: usize = 600;

/// A run that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRun {
    /// [`SCHEMA_VERSION`] of the program that wrote it.
    pub schema: u32,
    /// Of the run.
    pub run_id: String,
    /// Of the run.
    pub as_of: String,
    /// The version of this program.
    pub version: String,
    /// The tenancy that was to be audited.
    pub tenancy: TenancySummary,
    /// The shard, if the run is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Why it failed. Without the words of a service.
    pub reason: String,
}

impl FailedRun {
    /// Describes a run that failed. `reason` is without the words of a service.
    pub fn new(audit: &Audit, reason: &str) -> Self {
        let run = &audit.run;
        Self {
            schema: SCHEMA_VERSION,
            run_id: run.id.clone(),
            as_of: run.as_of().rfc3339(),
            version: run.version.to_owned(),
            tenancy: TenancySummary::new(&run.tenancy),
            shard: run.shard.map(|shard| shard.shard),
            reason: display::line(reason, REASON_CHARS),
        }
    }

    /// The content of `failed.json`.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}
