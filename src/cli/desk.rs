//! `credential-audit audit`: read, judge, write files, show what is due.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant as Stopwatch;

use crate::auth::CredentialSource;
use crate::auth::config_file::{ConfigFile, CredentialPreference};
use crate::auth::error::CredentialError;
use crate::auth::ini::DEFAULT_PROFILE;
use crate::auth::resource_principal::{REGION, ResourcePrincipal, VERSION};
use crate::blocking::run_blocking;
use crate::cli::files::{self, CancelFlag, FileError};
use crate::clock::{Clock, SystemClock};
use crate::config::{ConfigError, ReadSettings};
use crate::env;
use crate::event::AuditRequest;
use crate::hex::hex;
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::http::reqwest_transport::{ClientError, ReqwestTransport};
use crate::http::transport::Chunks;
use crate::iam_statement::FOR_A_PERSON;
use crate::judge::Audit;
use crate::judge::exceptions::Exceptions;
use crate::model::Verdict;
use crate::report::{self, ReportKind};
use crate::run::describe;
use crate::run::tenancy::{TenancyReading, read_tenancy};
use crate::timestamp::Timestamp;

use super::ExitStatus;
use super::arguments::{AuditArguments, Auth, FailOn, Target, TenancyArguments};
use super::{may_colour, progress, say, table};

/// Nobody waits longer at a desk; the pace of a Free domain reads its largest in a minute.
const MAX_RUN_TIME: Duration = Duration::from_secs(3600);
/// How long an interrupted write may take to end.
const MAX_STOP_TIME: Duration = Duration::from_millis(500);

/// Why a command at a desk came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeskError {
    #[error("{0}")]
    WrongUse(String),
    #[error(transparent)]
    Settings(#[from] ConfigError),
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cannot write to standard output: {0}")]
    StandardOutput(std::io::Error),
    #[error("no domain was read: {}", .0.join("\n  "))]
    NothingRead(Vec<String>),
    #[error("the runtime cannot be started: {0}")]
    Runtime(std::io::Error),
    #[error("interrupted; {0}")]
    Interrupted(&'static str),
}

impl DeskError {
    /// One reason per line. Statements are written for the function, so a person reads how to adapt them.
    fn nothing_read(audit: &Audit) -> Self {
        let mut lines: Vec<_> = audit.coverage_gaps().map(|gap| gap.to_string()).collect();
        if audit.needs_statement() {
            lines.push(FOR_A_PERSON.to_owned());
        }
        Self::NothingRead(lines)
    }

    const fn exit_status(&self) -> ExitStatus {
        match self {
            Self::WrongUse(_) | Self::Settings(_) => ExitStatus::WrongUse,
            // What a file or profile is named is the user's word; what is in it is a failure of its own.
            Self::Credentials(CredentialError::NoSuchProfile { .. }) => ExitStatus::WrongUse,
            Self::Interrupted(_) => ExitStatus::Interrupted,
            _ => ExitStatus::Failed,
        }
    }
}

/// Carries out `audit`, and says how it ended. What went wrong is told on standard error.
pub(super) fn audit(arguments: &AuditArguments) -> ExitStatus {
    carry_out(
        arguments.contradiction(env::lookup),
        interruptible(arguments),
    )
}

/// Does `work`, unless there is a contradiction in what it is asked for, and says how it ended. What went wrong is told on
/// standard error.
pub(super) fn carry_out(
    contradiction: Option<String>,
    work: impl Future<Output = Result<ExitStatus, DeskError>>,
) -> ExitStatus {
    let result = match contradiction {
        Some(contradiction) => Err(DeskError::WrongUse(contradiction)),
        None => tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(DeskError::Runtime)
            .and_then(|runtime| {
                let result = runtime.block_on(work);
                runtime.shutdown_background();
                result
            }),
    };
    match result {
        Err(error) => {
            say(&error);
            error.exit_status()
        }
        Ok(exit_status) => exit_status,
    }
}

async fn interruptible(arguments: &AuditArguments) -> Result<ExitStatus, DeskError> {
    let (settings, credentials) = set_up(arguments)?;
    let read = tokio::select! {
        read = read_and_judge(arguments, &settings, credentials) => read?,
        _ = tokio::signal::ctrl_c() => return Err(DeskError::Interrupted("nothing was written")),
    };
    if read.audit.verdict == Verdict::Failed {
        return Err(DeskError::nothing_read(&read.audit));
    }
    let read = Arc::new(read);
    let written = write_interruptibly(arguments, &read).await;
    // What was found is told also where it cannot be written: the reading may have taken an hour.
    tell(arguments, &read.audit);
    written?;
    Ok(exit_status(arguments, &read.audit))
}

/// Writes what was asked for, off the thread that listens for Ctrl-C: a pipe that nobody reads is waited for without end.
async fn write_interruptibly(
    arguments: &AuditArguments,
    read: &Arc<Read>,
) -> Result<(), DeskError> {
    let stop = CancelFlag::default();
    let (arguments, read, asked) = (arguments.clone(), Arc::clone(read), stop.clone());
    let mut writing = pin!(run_blocking(move || write_reports(
        &arguments, &read, &asked
    )));
    tokio::select! {
        written = &mut writing => written,
        _ = tokio::signal::ctrl_c() => {
            stop.ask();
            // A file that is being written is removed meanwhile; what hangs at a pipe leaves none.
            let _ = tokio::time::timeout(MAX_STOP_TIME, writing).await;
            Err(DeskError::Interrupted("what was not told to be written is not there"))
        }
    }
}

/// Settings and credentials. Flags come first, then the environment.
fn set_up(
    arguments: &AuditArguments,
) -> Result<(ReadSettings, Arc<dyn CredentialSource>), DeskError> {
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
    let (region, credentials) = credentials(&arguments.tenancy)?;
    let settings = ReadSettings::from_lookup(&region, lookup)?;
    Ok((settings, credentials))
}

/// Looks a setting up: in the flags that every command has, then in the environment.
pub(super) fn lookup_of(arguments: &TenancyArguments) -> impl Fn(&str) -> Option<String> + use<> {
    let join = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(",");
    let urls = join(&mut arguments.domain_url.iter().map(ToString::to_string));
    let credential_types = join(&mut arguments.credential_types.iter().map(ToString::to_string));
    move |name| match name {
        env::DOMAIN_URLS if !urls.is_empty() => Some(urls.clone()),
        env::CREDENTIAL_TYPES if !credential_types.is_empty() => Some(credential_types.clone()),
        _ => env::lookup(name),
    }
}

/// Who signs, and the region they are in.
pub(super) fn credentials(
    arguments: &TenancyArguments,
) -> Result<(String, Arc<dyn CredentialSource>), DeskError> {
    let names_a_profile = arguments.config_file.is_some() || arguments.profile.is_some();
    let principal_is_there = env::lookup(VERSION).is_some_and(|it| !it.trim().is_empty());
    let by_principal = match arguments.auth {
        Auth::ResourcePrincipal => true,
        Auth::Auto => principal_is_there && !names_a_profile,
        Auth::ApiKey | Auth::SecurityToken => false,
    };
    if by_principal {
        let principal = ResourcePrincipal::from_settings(env::lookup)?;
        return Ok((env::lookup(REGION).unwrap_or_default(), Arc::new(principal)));
    }
    let wanted = match arguments.auth {
        Auth::ApiKey => CredentialPreference::ApiKey,
        Auth::SecurityToken => CredentialPreference::SecurityToken,
        Auth::Auto | Auth::ResourcePrincipal => CredentialPreference::Any,
    };
    let profile = arguments.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
    let file = ConfigFile::load(
        arguments.config_file.as_deref(),
        profile,
        wanted,
        env::lookup,
    )?;
    for warning in file.warnings() {
        say(&warning);
    }
    Ok((file.region().to_owned(), Arc::new(file)))
}

async fn read_and_judge(
    arguments: &AuditArguments,
    settings: &ReadSettings,
    credentials: Arc<dyn CredentialSource>,
) -> Result<Read, DeskError> {
    let clock = SystemClock;
    let stopwatch = Stopwatch::now();
    let started = Timestamp::from(clock.now());
    let exceptions = read_exceptions(arguments, started)?;
    let transport = ReqwestTransport::new(settings.extra_ca_file.as_deref())?;
    let client = Arc::new(SignedClient::new(
        Arc::new(transport),
        credentials,
        Arc::new(clock),
    ));
    client.identity()?;
    let request = AuditRequest {
        as_of: arguments.as_of,
        ..AuditRequest::default()
    };
    let deadline = Deadline::after(MAX_RUN_TIME);
    let progress = progress::begin();
    let reading = read_tenancy(&request, settings, &client, deadline, &progress);
    let found: TenancyReading = progress::show(&progress, &client, reading).await;
    let run = describe(&request, settings, started, Timestamp::from(clock.now()));
    let audit = match exceptions {
        Some(exceptions) => found.judge(run).accepting(exceptions),
        None => found.judge(run),
    };
    Ok(Read {
        audit: Arc::new(audit),
        requests: client.requests(),
        elapsed_ms: u64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// What `--exceptions` accepts. A file that cannot be read ends the run: at a desk somebody is there to mend it.
#[expect(
    clippy::disallowed_methods,
    reason = "the file that the command line names"
)]
fn read_exceptions(
    arguments: &AuditArguments,
    now: Timestamp,
) -> Result<Option<Exceptions>, DeskError> {
    let Some(path) = &arguments.exceptions else {
        return Ok(None);
    };
    let unreadable = |reason: String| {
        let path = path.display();
        DeskError::WrongUse(format!("--exceptions: {path}: {reason}"))
    };
    let content = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let sha256 = hex(&Sha256::digest(&content));
    let today = now.to_chrono().date_naive();
    let read = Exceptions::parse(&path.display().to_string(), &content, sha256, today);
    match &read.unreadable {
        Some(reason) => Err(unreadable(reason.clone())),
        None => Ok(Some(read)),
    }
}

/// A finished audit, and what it took.
struct Read {
    audit: Arc<Audit>,
    requests: u64,
    elapsed_ms: u64,
}

fn write_reports(
    arguments: &AuditArguments,
    read: &Read,
    stop: &CancelFlag,
) -> Result<(), DeskError> {
    let audit = &read.audit;
    let other_reports = arguments.json.is_some() || arguments.html.is_some();
    if let Some(target) = arguments.csv_target(other_reports) {
        write_csv(arguments.report, &target, audit, stop)?;
    }
    if let Some(path) = &arguments.html {
        for report in report::of_kind(audit, ReportKind::Html) {
            write(&Target::File(path.clone()), (report.chunks)(), stop)?;
        }
    }
    if let Some(target) = &arguments.json {
        write(
            target,
            report::manifest_with_findings(audit, read.requests, read.elapsed_ms),
            stop,
        )?;
    }
    Ok(())
}

/// One file, or one for each domain where the report is by domain and there are several.
fn write_csv(
    kind: ReportKind,
    target: &Target,
    audit: &Arc<Audit>,
    stop: &CancelFlag,
) -> Result<(), DeskError> {
    let reports = report::of_kind(audit, kind);
    let [only] = &reports[..] else {
        let Target::File(path) = target else {
            return Err(DeskError::WrongUse(format!(
                "--csv - can hold one domain's {} report, and there are {}; use --report credentials, --domain-url, or a file name",
                kind.word(),
                reports.len()
            )));
        };
        for (report, domain) in reports.iter().zip(&audit.domains) {
            let name = &domain.inventory.reading().domain.object_name;
            write(&Target::File(beside(path, name)), (report.chunks)(), stop)?;
        }
        return Ok(());
    };
    write(target, (only.chunks)(), stop)
}

/// `<stem>-<domain>.csv`.
fn beside(path: &Path, domain: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path
        .extension()
        .map(|extension| format!(".{}", extension.to_string_lossy()));
    path.with_file_name(format!("{stem}-{domain}{}", extension.unwrap_or_default()))
}

/// Writes to a file or to standard output.
pub(super) fn write(target: &Target, chunks: Chunks, stop: &CancelFlag) -> Result<(), DeskError> {
    match target {
        Target::File(path) => {
            files::write(path, chunks, stop)?;
            say(&format_args!("wrote {}", path.display()));
            Ok(())
        }
        Target::StandardOutput => match write_to_pipe(chunks) {
            // A reader that has seen enough, such as `head`, is no failure.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            result => result.map_err(DeskError::StandardOutput),
        },
    }
}

fn write_to_pipe(chunks: Chunks) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for chunk in chunks {
        out.write_all(&chunk)?;
    }
    out.flush()
}

/// The table of what is due, and the verdict; on standard error where standard output carries a report.
fn tell(arguments: &AuditArguments, audit: &Audit) {
    let piped = [&arguments.csv, &arguments.json].contains(&&Some(Target::StandardOutput));
    if piped {
        let stream = std::io::stderr();
        let text = table::render(audit, may_colour(&stream), stream.is_terminal());
        let _ = stream.lock().write_all(text.as_bytes());
    } else {
        let stream = std::io::stdout();
        let text = table::render(audit, may_colour(&stream), stream.is_terminal());
        let _ = stream.lock().write_all(text.as_bytes());
    }
}

fn exit_status(arguments: &AuditArguments, audit: &Audit) -> ExitStatus {
    let met = match arguments.fail_on {
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
