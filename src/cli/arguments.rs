//! The arguments of the command line, as types. They are parsed and checked only here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::credential_type::{self, CredentialType};
use crate::env;
use crate::http::domain_url::DomainUrl;
use crate::http::endpoint::EndpointError;
use crate::judge::age::AgeLimits;
use crate::report::ReportKind;
use crate::shard::{NotAShard, Shard};
use crate::timestamp::AsOf;

use super::fleet_arguments::{FLEET_ENDS, FleetArguments};
use super::row_filter::TableArguments;
use super::signing_arguments::SigningArguments;
use super::target::{TWO_ON_STANDARD_OUTPUT, Target};

/// The version, the commit, and the target that it was built for.
const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("BUILD_COMMIT"),
    ", ",
    env!("BUILD_TARGET"),
    ")"
);

const EXAMPLES: &str = "\
Examples:
  credential-audit audit
      Read every identity domain of the tenancy in ~/.oci/config, and write user_capabilities_expiry_audit.csv
  credential-audit audit --domain-url https://idcs-0123.identity.oraclecloud.com --report usage
      Read one domain, and write user_capabilities_audit.csv in the format of the usage script
  credential-audit audit --report credentials --csv - | head
      Print one row per credential of all domains to standard output
  credential-audit audit --as-of 2026-12-31 --fail-on overdue --html report.html
      List what will be overdue at the end of 2026-12-31, write a page, and exit with status 4 if anything is overdue
  credential-audit audit --user '*@example.com' --action rotate --limit 50 --open
      List up to 50 credentials of these users that need rotation, write a page of all, and open it
  credential-audit audit --auth security-token --profile dev
      Sign requests with the session of `oci session authenticate`
  credential-audit fleet --bucket axaxnpcrorw5/hub --html fleet.html --fail-on silent
      List the tenancies that store their runs in this bucket, and exit with status 4 if one has no run in 36 hours
  credential-audit check
      Check every request a run needs, and print the policy statements that are missing

`credential-audit <COMMAND> --help` lists the options and the exit status of a command. Without a command, and with
FN_LISTENER set, this program runs as the function.";

const AUDIT_ENDS: &str = "\
The command prints numbers by credential type, the most urgent credentials, and what was read to standard output. If an
option writes to -, it prints them to standard error.

Other settings come from the environment, as for the function, such as AUDIT_ROTATION_DAYS_API_KEYS: see docs/settings.md.

Exit status: 0 complete, 3 partial (something could not be read), 4 --fail-on was met, 1 failed, 2 invalid usage.
If several apply, the first in this order counts: 2, 1, 4, 3, 0. After Ctrl-C it is 130, and no file is half written.";

const CHECK_ENDS: &str = "\
Bucket, topic and exceptions come from the environment (AUDIT_BUCKET, AUDIT_TOPIC_ID, AUDIT_EXCEPTIONS_OBJECT).
Services that are not set are not checked.

Exit status: 0 every check works, 3 some fail, 1 no domain can be read, 2 invalid usage.";

/// Find OCI credentials that need rotation, and report anything that could not be read.
#[derive(Debug, Parser)]
#[command(name = "credential-audit", version = VERSION, after_help = EXAMPLES)]
pub(super) struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Read the tenancy, print what needs action, and write reports as files
    #[command(after_help = AUDIT_ENDS)]
    Audit(Box<AuditArguments>),
    /// Check every request a run needs, and name missing permissions
    #[command(after_help = CHECK_ENDS)]
    Check(Box<CheckArguments>),
    /// Read what many tenancies stored in a hub, and print which of them need action
    #[command(after_help = FLEET_ENDS)]
    Fleet(Box<FleetArguments>),
    /// Print completions for a shell
    Completions {
        /// Select the shell
        shell: Shell,
    },
}

/// A shell that completions are written for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Shell {
    /// For ~/.local/share/bash-completion/completions/credential-audit
    Bash,
    /// For _credential-audit in a folder of $fpath
    Zsh,
    /// For ~/.config/fish/completions/credential-audit.fish
    Fish,
}

/// What ends the program with exit status 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Anything that needs action now
    Now,
    /// Anything due or overdue
    Due,
    /// Anything overdue
    Overdue,
}

/// Credentials and scope, for the commands that read identity domains.
#[derive(Clone, Debug, Args)]
pub(super) struct TenancyArguments {
    /// Read only the identity domain at this URL; repeat the option for more [default: all domains of the tenancy]
    #[arg(long, value_name = "URL", value_parser = domain_url)]
    pub(super) domain_url: Vec<DomainUrl>,
    #[command(flatten)]
    pub(super) signing: SigningArguments,
    // Its help lists the types of the table.
    #[arg(long = "type", value_name = "TYPE", help = type_help())]
    pub(super) credential_types: Vec<CredentialType>,
}

fn type_help() -> String {
    format!(
        "Read only this credential type: {}; repeat the option for more [default: all]",
        credential_type::alternatives()
    )
}

/// Arguments of `check`. Bucket, topic and exceptions come from the environment, as for the function.
#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) tenancy: TenancyArguments,
    /// Also store one object in AUDIT_BUCKET, and publish one message headed TEST to AUDIT_TOPIC_ID
    #[arg(long)]
    pub(super) send: bool,
    /// Write the result as JSON to a file, or - for standard output
    #[arg(long, value_name = "PATH")]
    pub(super) json: Option<Target>,
}

/// Arguments of `audit`.
#[derive(Clone, Debug, Args)]
pub(super) struct AuditArguments {
    #[command(flatten)]
    pub(super) tenancy: TenancyArguments,
    /// Select the report to write as CSV: expiry (ages per user), usage (counts per user) or credentials (one row per credential)
    #[arg(long, value_name = "REPORT", value_parser = report, default_value = "expiry")]
    pub(super) report: ReportKind,
    /// Write the CSV report to a file, or - for standard output [default: the file name of the script that the report replaces; none with --json or --html]
    #[arg(long, value_name = "PATH")]
    pub(super) csv: Option<Target>,
    /// Write summary, coverage and findings as JSON to a file, or - for standard output
    #[arg(long, value_name = "PATH")]
    pub(super) json: Option<Target>,
    /// Write one HTML page with the findings and the rotation steps; it loads nothing from the network
    #[arg(long, value_name = "PATH")]
    pub(super) html: Option<PathBuf>,
    /// Open the HTML page at the end, with the program that the system has for it [default file: user_credentials_audit.html]
    #[arg(long)]
    pub(super) open: bool,
    /// Set the age in days at which a credential is overdue [default: 90]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(super) rotation_days: Option<u32>,
    /// Set the age in days at which a credential is due [default: 75]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(super) warning_days: Option<u32>,
    /// Calculate ages as of this time instead of now: a date such as 2026-12-31 for its end in UTC, days from now such as +30d
    /// or -7d, or a time such as 2026-12-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    pub(super) as_of: Option<AsOf>,
    /// Read only one shard of the domains, such as 2/8 for the second of eight parts
    #[arg(long, value_name = "K/N", value_parser = shard)]
    pub(super) shard: Option<Shard>,
    /// Read exceptions and known gaps from this file (format: docs/exceptions.md)
    #[arg(long, value_name = "FILE")]
    pub(super) exceptions: Option<PathBuf>,
    /// Exit with status 4 if a credential is in this state, or needs action now
    #[arg(long, value_name = "STATE", value_enum)]
    pub(super) fail_on: Option<FailOn>,
    #[command(flatten)]
    pub(super) table: TableArguments,
}

impl CheckArguments {
    /// Treats files that are standard output as such.
    pub(super) fn resolved(mut self) -> Self {
        self.json = self.json.map(Target::resolved);
        self
    }
}

impl AuditArguments {
    /// Treats files that are standard output as such, and names the page to open.
    pub(super) fn resolved(mut self) -> Self {
        if self.open {
            self.html.get_or_insert_with(|| DEFAULT_PAGE.into());
        }
        self.csv = self.csv.map(Target::resolved);
        self.json = self.json.map(Target::resolved);
        self
    }

    /// Arguments that contradict each other: a message. `lookup` reads the environment, which applies without a flag.
    pub(super) fn contradiction(&self, lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
        if self.csv == Some(Target::StandardOutput) && self.json == Some(Target::StandardOutput) {
            return Some(TWO_ON_STANDARD_OUTPUT.to_owned());
        }
        self.contradiction_of_files()
            .or_else(|| self.contradiction_of_days(lookup))
            .or_else(|| self.tenancy.signing.contradiction())
    }

    /// Whether a report goes to standard output, so that the table does not.
    pub(super) fn uses_standard_output(&self) -> bool {
        [&self.csv, &self.json].contains(&&Some(Target::StandardOutput))
    }

    /// Ages in the wrong order, if at least one is a flag. The settings check ages that are only in the environment.
    fn contradiction_of_days(&self, lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
        let days = |flag: Option<u32>, name, setting| {
            let text = lookup(setting).unwrap_or_default();
            match (flag, text.trim()) {
                (Some(days), _) => Some((name, days)),
                // The default fits the other one.
                (None, "") => None,
                (None, text) => Some((setting, text.parse().ok()?)),
            }
        };
        let rotation = days(self.rotation_days, "--rotation-days", env::ROTATION_DAYS);
        let default = AgeLimits::default().rotation_days;
        let (rotation_name, rotation) = rotation.unwrap_or(("the rotation age", default));
        let (warning_name, warning) = days(self.warning_days, "--warning-days", env::WARNING_DAYS)?;
        let is_flag = self.rotation_days.is_some() || self.warning_days.is_some();
        (is_flag && warning >= rotation).then(|| {
            format!(
                "{warning_name} is {warning}; expected fewer than {rotation_name}, which is {rotation}"
            )
        })
    }

    /// The target of the CSV; `None` if only other reports were requested.
    pub(super) fn csv_target(&self, other_reports: bool) -> Option<Target> {
        match &self.csv {
            Some(target) => Some(target.clone()),
            None if other_reports => None,
            None => Some(Target::File(default_csv(self.report).into())),
        }
    }
}

/// The page of `--open` without `--html`.
const DEFAULT_PAGE: &str = "user_credentials_audit.html";

/// The file names of the two scripts, and one for the report that no script has.
const fn default_csv(report: ReportKind) -> &'static str {
    match report {
        ReportKind::Usage => "user_capabilities_audit.csv",
        ReportKind::Credentials => "user_credentials_audit.csv",
        _ => "user_capabilities_expiry_audit.csv",
    }
}

fn domain_url(text: &str) -> Result<DomainUrl, String> {
    text.parse()
        .map_err(|error: EndpointError| format!("it {error}"))
}

fn shard(text: &str) -> Result<Shard, String> {
    text.parse()
        .map_err(|expected: NotAShard| format!("expected {expected}"))
}

fn report(text: &str) -> Result<ReportKind, String> {
    let expected = || "expected expiry, usage or credentials".to_owned();
    text.parse()
        .ok()
        .filter(|report| {
            matches!(
                report,
                ReportKind::Expiry | ReportKind::Usage | ReportKind::Credentials
            )
        })
        .ok_or_else(expected)
}

fn time(text: &str) -> Result<AsOf, String> {
    AsOf::parse(text).ok_or_else(|| format!("expected {}", AsOf::EXPECTED))
}
