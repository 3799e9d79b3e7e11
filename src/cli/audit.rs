//! `credential-audit audit`: reads, judges, writes reports as files, and prints what is due.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::auth::CredentialSource;
use crate::blocking::run_blocking;
use crate::cli::files::CancelFlag;
use crate::clock::{Clock, SystemClock};
use crate::config::ReadSettings;
use crate::env;
use crate::event::AuditRequest;
use crate::hex::hex;
use crate::http::deadline::Deadline;
use crate::http::reqwest_transport::ReqwestTransport;
use crate::judge::exceptions::Exceptions;
use crate::judge::{Audit, Tenancy};
use crate::model::Verdict;
use crate::report::{self, ReportKind, ReportOptions};
use crate::run::last_use::LastUseSearch;
use crate::run::meter::Meter;
use crate::run::plan::RunPlan;
use crate::run::tenancy::read_tenancy;
use crate::run::{Dependencies, judge};
use crate::timestamp::Timestamp;

use super::arguments::{AuditArguments, FailOn};
use super::contradiction::InputFile;
use super::credentials::{Credentials, credentials, written_as};
use super::exit_status::ExitStatus;
use super::expired_session;
use super::session::{CommandError, lookup_of, print, run_command, say_dropped, write};
use super::table::{self, FullList, Outputs, Style};
use super::target::Target;
use super::terminal::{may_color, say, terminal_width};
use super::{opener, progress};

/// Max time of an audit. At the rate limit of a Free domain its largest list takes a minute.
const MAX_RUN_TIME: Duration = Duration::from_secs(3600);
/// Max time that an interrupted write may take to end.
const MAX_STOP_TIME: Duration = Duration::from_millis(500);

/// Runs `audit`. Errors are printed on standard error.
pub(super) fn audit(arguments: &AuditArguments) -> ExitStatus {
    run_command(
        arguments.contradiction(env::lookup),
        audit_until_interrupt(arguments),
    )
}

async fn audit_until_interrupt(arguments: &AuditArguments) -> Result<ExitStatus, CommandError> {
    let (settings, mut credentials) = set_up(arguments).await?;
    let profile = credentials.profile.take();
    let finished = tokio::select! {
        // First, so that the handler is installed before the first request is sent.
        biased;
        _ = tokio::signal::ctrl_c() => return Err(CommandError::Interrupted("nothing was written")),
        finished = read_and_judge(arguments, &settings, credentials.source, profile) => finished?,
    };
    if finished.audit.verdict == Verdict::Failed {
        return Err(CommandError::nothing_read(&finished.audit));
    }
    let finished = Arc::new(finished);
    let written = write_interruptibly(arguments, &finished).await;
    // Print the table also if a file could not be written: reading may have taken an hour.
    let printed = print_table(arguments, &finished.audit);
    written?;
    printed?;
    if let (true, Some(page)) = (arguments.open, &arguments.html) {
        opener::open(page).await;
    }
    Ok(exit_status(arguments, &finished.audit))
}

/// Writes the files on the blocking pool, so that Ctrl-C also interrupts a write to a pipe without a reader.
async fn write_interruptibly(
    arguments: &AuditArguments,
    finished: &Arc<FinishedAudit>,
) -> Result<(), CommandError> {
    let cancel = CancelFlag::default();
    let (arguments, finished) = (arguments.clone(), Arc::clone(finished));
    let mut writing = pin!(run_blocking({
        let cancel = cancel.clone();
        move || write_reports(&arguments, &finished, &cancel)
    }));
    tokio::select! {
        written = &mut writing => written,
        _ = tokio::signal::ctrl_c() => {
            cancel.cancel();
            // Time to remove a file that is half written. A blocked write to a pipe leaves none.
            let _ = tokio::time::timeout(MAX_STOP_TIME, writing).await;
            Err(CommandError::Interrupted("only the files listed above were written"))
        }
    }
}

/// Settings and credentials. Flags take precedence over the environment.
async fn set_up(arguments: &AuditArguments) -> Result<(ReadSettings, Credentials), CommandError> {
    let of_tenancy = lookup_of(&arguments.tenancy);
    let lookup = |name: &str| match name {
        env::ROTATION_DAYS if arguments.rotation_days.is_some() => {
            arguments.rotation_days.map(|days| days.to_string())
        }
        env::WARNING_DAYS if arguments.warning_days.is_some() => {
            arguments.warning_days.map(|days| days.to_string())
        }
        _ => of_tenancy(name),
    };
    let mut credentials = credentials(&arguments.tenancy.signing).await?;
    expired_session::check(&credentials, &arguments.tenancy.signing, SystemClock.now())?;
    let settings = ReadSettings::from_lookup(&credentials.region, lookup).map_err(|error| {
        error.as_written(|name| match name {
            env::ROTATION_DAYS if arguments.rotation_days.is_some() => {
                Some("--rotation-days".to_owned())
            }
            env::WARNING_DAYS if arguments.warning_days.is_some() => {
                Some("--warning-days".to_owned())
            }
            name => written_as(name, &arguments.tenancy, &credentials),
        })
    })?;
    say_dropped(&arguments.tenancy, &settings);
    if let Some(unknown) = &settings.unknown_region {
        say(unknown);
    }
    let roots = settings.network.roots.iter();
    let roots = roots.map(|file| InputFile::new(file.setting, (&file.path).into()));
    credentials.files.extend(roots);
    match arguments.overwritten(&credentials.files) {
        Some(contradiction) => Err(CommandError::InvalidUse(contradiction)),
        None => Ok((settings, credentials)),
    }
}

async fn read_and_judge(
    arguments: &AuditArguments,
    settings: &ReadSettings,
    credentials: Arc<dyn CredentialSource>,
    profile: Option<String>,
) -> Result<FinishedAudit, CommandError> {
    let started = Timestamp::from(SystemClock.now());
    let exceptions = read_exceptions(arguments, started)?;
    let dependencies = Dependencies {
        transport: Arc::new(ReqwestTransport::new(&settings.network)?),
        credentials,
        clock: Arc::new(SystemClock),
        known_secrets: Arc::default(),
    };
    let request = AuditRequest {
        as_of: arguments.as_of,
        shard: arguments.shard,
        ..AuditRequest::default()
    };
    let plan = RunPlan::new(&request, settings, started)
        .map_err(|problem| CommandError::InvalidUse(problem.to_string()))?;
    let client = dependencies.client()?;
    let meter = Meter::start(&client);
    let deadline = Deadline::after(MAX_RUN_TIME);
    let progress = progress::begin();
    let last_use = LastUseSearch::new(&plan, settings, &client, deadline);
    let reading = async {
        let reading = read_tenancy(&plan, settings, &client, deadline, &progress);
        let searching = async {
            match &last_use {
                Some(search) => Some(search.search(None).await),
                None => None,
            }
        };
        tokio::join!(reading, searching)
    };
    let (reading, found) = progress::show(&progress, &client, reading).await;
    let last_use = match (last_use, found) {
        (Some(search), Some(found)) => Some(search.finish(found, reading.readings()).await),
        _ => None,
    };
    let tenancy = Tenancy {
        profile,
        ..reading.tenancy().clone()
    };
    let run = plan.describe(dependencies.now(), tenancy, None);
    Ok(FinishedAudit {
        audit: Arc::new(judge(reading, run, exceptions, last_use).await.audit),
        requests: meter.requests(),
        elapsed_ms: meter.elapsed_ms(),
        options: settings.report_options,
    })
}

/// The file of `--exceptions`. If it cannot be read, the command fails: the user can correct it at once.
#[expect(
    clippy::disallowed_methods,
    reason = "the file that the command line names"
)]
fn read_exceptions(arguments: &AuditArguments, now: Timestamp) -> Result<Exceptions, CommandError> {
    let Some(path) = &arguments.exceptions else {
        return Ok(Exceptions::default());
    };
    let unreadable = |reason: String| {
        let path = path.display();
        CommandError::InvalidUse(format!("--exceptions: {path}: {reason}"))
    };
    let content = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let sha256 = hex(&Sha256::digest(&content));
    let today = now.to_chrono().date_naive();
    let read = Exceptions::parse(&path.display().to_string(), &content, sha256, today);
    match &read.unreadable {
        Some(reason) => Err(unreadable(reason.clone())),
        None => Ok(read),
    }
}

/// A finished audit and its cost.
struct FinishedAudit {
    audit: Arc<Audit>,
    requests: u64,
    elapsed_ms: u64,
    options: ReportOptions,
}

fn write_reports(
    arguments: &AuditArguments,
    finished: &FinishedAudit,
    cancel: &CancelFlag,
) -> Result<(), CommandError> {
    let audit = &finished.audit;
    let other_reports = arguments.json.is_some() || arguments.html.is_some();
    if let Some(target) = arguments.csv_target(other_reports) {
        write_csv(arguments.report, &target, finished, cancel)?;
    }
    if let Some(path) = &arguments.html {
        for report in report::of_kind(audit, ReportKind::Html, finished.options) {
            write(&Target::File(path.clone()), (report.chunks)(), cancel)?;
        }
    }
    if let Some(target) = &arguments.json {
        write(
            target,
            report::manifest_with_findings(audit, finished.requests, finished.elapsed_ms),
            cancel,
        )?;
    }
    Ok(())
}

/// Writes one file, or one per domain if the report is by domain and there are several.
fn write_csv(
    kind: ReportKind,
    target: &Target,
    finished: &FinishedAudit,
    cancel: &CancelFlag,
) -> Result<(), CommandError> {
    let audit = &finished.audit;
    let reports = report::of_kind(audit, kind, finished.options);
    match &reports[..] {
        [only] => write(target, (only.chunks)(), cancel),
        many => {
            let Target::File(path) = target else {
                return Err(CommandError::InvalidUse(format!(
                    "--csv - can write the {} report of one domain, but this run has {}; use --report credentials, --domain-url, or a file name",
                    kind.word(),
                    many.len()
                )));
            };
            for (report, domain) in many.iter().zip(&audit.domains) {
                let name = &domain.inventory.reading().domain.object_name;
                write(
                    &Target::File(path_for_domain(path, name)),
                    (report.chunks)(),
                    cancel,
                )?;
            }
            Ok(())
        }
    }
}

/// `<stem>-<domain>.csv`.
fn path_for_domain(path: &Path, domain: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path
        .extension()
        .map(|extension| format!(".{}", extension.to_string_lossy()));
    path.with_file_name(format!("{stem}-{domain}{}", extension.unwrap_or_default()))
}

/// Prints the table and the verdict, on standard error if a report goes to standard output.
fn print_table(arguments: &AuditArguments, audit: &Audit) -> Result<(), CommandError> {
    let render = |style| table::render(audit, &arguments.table, &arguments.table_outputs(), style);
    if arguments.uses_standard_output() {
        let stream = std::io::stderr();
        let text = render(style_of(&stream));
        let _ = stream.lock().write_all(text.as_bytes());
        Ok(())
    } else {
        print(&render(style_of(&std::io::stdout())))
    }
}

fn style_of(stream: &impl IsTerminal) -> Style {
    if stream.is_terminal() {
        Style::of_terminal(may_color(stream), terminal_width())
    } else {
        Style::PLAIN
    }
}

impl AuditArguments {
    /// The output that has every credential, if one does, and whether there is a page.
    fn table_outputs(&self) -> Outputs {
        let html = self.html.clone().map(Target::File);
        let page = html.is_some();
        let csv = self.csv_target(self.json.is_some() || html.is_some());
        let csv = csv.filter(|_| self.report == ReportKind::Credentials);
        let full_list = match html.or(csv).or_else(|| self.json.clone()) {
            Some(Target::File(path)) => FullList::File(path.display().to_string()),
            Some(Target::StandardOutput) => FullList::StandardOutput,
            None => FullList::None,
        };
        Outputs { full_list, page }
    }
}

fn exit_status(arguments: &AuditArguments, audit: &Audit) -> ExitStatus {
    let met = match arguments.fail_on {
        Some(FailOn::Now) => audit.now().next().is_some(),
        Some(FailOn::Overdue) => audit.counts.overdue > 0,
        Some(FailOn::Due) => audit.counts.overdue + audit.counts.due > 0,
        None => false,
    };
    if met {
        ExitStatus::FailOn
    } else if audit.verdict == Verdict::Complete {
        ExitStatus::Complete
    } else {
        ExitStatus::Partial
    }
}
