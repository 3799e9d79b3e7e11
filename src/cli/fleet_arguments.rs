//! The arguments of `fleet`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::signing_arguments::SigningArguments;
use super::target::Target;

pub(super) const FLEET_ENDS: &str = "\
The command prints one line per tenancy, the most urgent first, to standard output. If an option writes to -, it prints them
to standard error. AUDIT_FLEET_TENANCIES in the environment lists the OCIDs of tenancies that must be there.

Exit status: 0 complete, 3 partial (a tenancy is not known completely), 4 --fail-on was met, 1 failed, 2 invalid usage.
If several apply, the first in this order counts: 2, 1, 4, 3, 0.";

/// Arguments of `fleet`.
#[derive(Clone, Debug, Args)]
pub(super) struct FleetArguments {
    /// Read the runs in this bucket of the hub
    #[arg(long, value_name = "NAMESPACE/BUCKET", value_parser = bucket)]
    pub(super) bucket: BucketName,
    /// Read only below this prefix [default: $AUDIT_HUB_PREFIX, else fleet/]
    #[arg(long, value_name = "PREFIX")]
    pub(super) prefix: Option<String>,
    #[command(flatten)]
    pub(super) signing: SigningArguments,
    /// Write one HTML page with all tenancies; it loads nothing from the network
    #[arg(long, value_name = "PATH")]
    pub(super) html: Option<PathBuf>,
    /// Write one row per tenancy as CSV to a file, or - for standard output
    #[arg(long, value_name = "PATH")]
    pub(super) csv: Option<Target>,
    /// Write all tenancies as JSON to a file, or - for standard output
    #[arg(long, value_name = "PATH")]
    pub(super) json: Option<Target>,
    /// Exit with status 4 if a tenancy has no run in 36 hours, or has overdue credentials
    #[arg(long, value_name = "STATE", value_enum)]
    pub(super) fail_on: Option<FailOnFleet>,
}

/// What ends `fleet` with exit status 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOnFleet {
    /// A tenancy, or a shard of one, without a delivered run in 36 hours
    Silent,
    /// Anything overdue in any tenancy
    Overdue,
}

/// A bucket with its namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BucketName {
    pub(super) namespace: String,
    pub(super) name: String,
}

impl FleetArguments {
    /// Treats files that are standard output as such.
    pub(super) fn resolved(mut self) -> Self {
        self.csv = self.csv.map(Target::resolved);
        self.json = self.json.map(Target::resolved);
        self
    }

    /// Whether a report goes to standard output, so that the table does not.
    pub(super) fn uses_standard_output(&self) -> bool {
        [&self.csv, &self.json].contains(&&Some(Target::StandardOutput))
    }
}

fn bucket(text: &str) -> Result<BucketName, String> {
    match text.split('/').collect::<Vec<_>>()[..] {
        [namespace, name] if !namespace.is_empty() && !name.is_empty() => Ok(BucketName {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }),
        _ => Err("expected the namespace and the name of a bucket: axaxnpcrorw5/hub".to_owned()),
    }
}
