//! What the runs of many tenancies stored in a hub, as one overview. Pure.
//!
//! Each tenancy writes below a folder that its OCID names, and nowhere else. So the folder is its identity, and nothing that is
//! stored in it is trusted: a manifest may be malformed, huge or of another tenancy, and a date may be in the future. What cannot be
//! used becomes a [`Problem`] of its own tenancy, and costs no other tenancy its row.

mod age;
mod figures;
mod folder;
mod manifest_record;
mod newest_runs;
mod overview;
mod part;
mod part_reading;
mod problem;
mod run_facts;
mod scheme;
mod standing;
mod tenancy;

pub use self::age::SILENT_HOURS;
pub use self::figures::{Figures, Oldest, Trend};
pub use self::folder::{RunId, StoredRun, StoredRunState, TenancyId};
pub use self::newest_runs::{FoundRuns, NewestRuns};
pub use self::overview::{Hub, Overview, Totals};
pub use self::part::Part;
pub use self::part_reading::{PartReading, Trouble};
pub use self::problem::{FailedRun, Problem, Unusable};
pub use self::run_facts::RunFacts;
pub use self::standing::Standing;
pub use self::tenancy::{PartProblem, TenancyReading, TenancyRow};
