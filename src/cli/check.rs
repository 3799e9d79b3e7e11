//! `credential-audit check`: the preflight check, with the settings of the environment.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::check::result::CheckReport;
use crate::check::{self, CheckError, text};
use crate::cli::files::CancelFlag;
use crate::clock::{Clock, SystemClock};
use crate::config::CheckSettings;
use crate::env;
use crate::event::{AuditRequest, CheckMode};
use crate::http::deadline::Deadline;
use crate::http::reqwest_transport::ReqwestTransport;
use crate::model::Verdict;
use crate::run::Dependencies;

use super::arguments::CheckArguments;
use super::contradiction::InputFile;
use super::credentials::{credentials, written_as};
use super::exit_status::ExitStatus;
use super::expired_session;
use super::session::{CommandError, lookup_of, print, run_command, say_dropped, write};
use super::target::Target;
use super::terminal::say;

/// Max time of a check, which reads one page per list.
const MAX_CHECK_TIME: Duration = Duration::from_secs(300);

/// Runs `check`. Errors are printed on standard error.
pub(super) fn check(arguments: &CheckArguments) -> ExitStatus {
    run_command(arguments.contradiction(), check_until_interrupt(arguments))
}

async fn check_until_interrupt(arguments: &CheckArguments) -> Result<ExitStatus, CommandError> {
    let mut credentials = credentials(&arguments.tenancy.signing).await?;
    expired_session::check(&credentials, &arguments.tenancy.signing, SystemClock.now())?;
    let settings = CheckSettings::from_lookup(&credentials.region, lookup_of(&arguments.tenancy))
        .map_err(|error| {
        error.as_written(|name| written_as(name, &arguments.tenancy, &credentials))
    })?;
    say_dropped(&arguments.tenancy, &settings.reading);
    if let Some(unknown) = &settings.reading.unknown_region {
        say(unknown);
    }
    let roots = settings.reading.network.roots.iter();
    let roots = roots.map(|file| InputFile::new(file.setting, (&file.path).into()));
    credentials.files.extend(roots);
    if let Some(contradiction) = arguments.overwritten(&credentials.files) {
        return Err(CommandError::InvalidUse(contradiction));
    }
    if arguments.send && settings.storage.is_none() && settings.topic.is_none() {
        return Err(CommandError::InvalidUse(format!(
            "--send stores and publishes, and neither {} nor {} is set; set one of them in the environment, or remove --send",
            env::BUCKET,
            env::TOPIC_ID
        )));
    }
    let mode = if arguments.send {
        CheckMode::Send
    } else {
        CheckMode::ReadOnly
    };
    let transport = ReqwestTransport::new(&settings.reading.network)?;
    let dependencies = Dependencies {
        transport: Arc::new(transport),
        credentials: credentials.source,
        clock: Arc::new(SystemClock),
        known_secrets: Arc::default(),
    };
    // Domains and types in flags are settings, not a narrower scope.
    let request = AuditRequest::default();
    let deadline = Deadline::after(MAX_CHECK_TIME);
    let report = tokio::select! {
        // First, so that the handler is installed before the first request is sent.
        biased;
        _ = tokio::signal::ctrl_c() => return Err(CommandError::Interrupted("anything already stored or published remains")),
        report = check::run(&request, mode, &settings, dependencies, deadline) => report,
    };
    let mut report = report.map_err(|error| match error {
        CheckError::Credentials(error) => CommandError::Credentials(error),
        CheckError::Invocation(problem) => CommandError::InvalidUse(problem.to_string()),
    })?;
    report.profile = credentials.profile;
    // Print the text also if the file cannot be written: a message may be published.
    let printed = print_text(arguments, &report);
    if let Some(target) = &arguments.json {
        let json = Bytes::from(report.to_json());
        write(
            target,
            Box::new(std::iter::once(json)),
            &CancelFlag::default(),
        )?;
    }
    printed?;
    Ok(match report.verdict {
        Verdict::Complete => ExitStatus::Complete,
        Verdict::Partial => ExitStatus::Partial,
        Verdict::Failed => ExitStatus::Failed,
    })
}

/// Prints the text, on standard error if JSON goes to standard output.
fn print_text(arguments: &CheckArguments, report: &CheckReport) -> Result<(), CommandError> {
    let text = text::render(report);
    if arguments.json == Some(Target::StandardOutput) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
        Ok(())
    } else {
        print(&text)
    }
}
