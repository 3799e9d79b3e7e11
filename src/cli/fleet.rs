//! `credential-audit fleet`: reads what many tenancies stored in a hub, writes the overview as files, and prints it.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::cli::files::CancelFlag;
use crate::clock::{Clock, SystemClock};
use crate::config::FleetSettings;
use crate::env;
use crate::fleet::Overview;
use crate::http::deadline::Deadline;
use crate::http::reqwest_transport::ReqwestTransport;
use crate::model::Verdict;
use crate::report::fleet as report;
use crate::run::Dependencies;
use crate::run::fleet::FleetRun;

use super::contradiction::InputFile;
use super::credentials::{Credentials, credentials, region_written_as};
use super::exit_status::ExitStatus;
use super::expired_session;
use super::fleet_arguments::{FailOnFleet, FleetArguments};
use super::regions_config;
use super::session::{CommandError, print, run_command, write};
use super::table::{Style, render_fleet};
use super::target::Target;
use super::terminal::{may_color, say, terminal_width};

/// Max time of an overview, which reads a few objects per tenancy.
const MAX_TIME: Duration = Duration::from_secs(900);

/// Runs `fleet`. Errors are printed on standard error.
pub(super) fn fleet(arguments: &FleetArguments) -> ExitStatus {
    run_command(arguments.contradiction(), fleet_until_interrupt(arguments))
}

async fn fleet_until_interrupt(arguments: &FleetArguments) -> Result<ExitStatus, CommandError> {
    let (settings, credentials) = set_up(arguments).await?;
    let dependencies = Dependencies {
        transport: Arc::new(ReqwestTransport::new(&settings.reading.network)?),
        credentials: credentials.source,
        clock: Arc::new(SystemClock),
        known_secrets: Arc::default(),
    };
    let client = dependencies.client()?;
    let run = FleetRun {
        client: &client,
        hub: &settings.hub,
        tenancies: &settings.tenancies,
        console: settings.reading.console.as_ref(),
        now: dependencies.now(),
    };
    let overview = tokio::select! {
        // First, so that the handler is installed before the first request is sent.
        biased;
        _ = tokio::signal::ctrl_c() => return Err(CommandError::Interrupted("nothing was written")),
        overview = run.read(Deadline::after(MAX_TIME)) => overview,
    };
    let overview = Arc::new(overview.map_err(|error| CommandError::HubNotRead(Box::new(error)))?);
    let written = write_reports(arguments, &settings, &overview);
    // Print the table also if a file could not be written.
    let printed = print_table(arguments, &overview);
    written?;
    printed?;
    Ok(exit_status(arguments, &overview))
}

/// Settings and credentials. Flags take precedence over the environment.
async fn set_up(arguments: &FleetArguments) -> Result<(FleetSettings, Credentials), CommandError> {
    let mut credentials = credentials(&arguments.signing).await?;
    expired_session::check(&credentials, &arguments.signing, SystemClock.now())?;
    let lookup = |name: &str| match name {
        env::HUB_NAMESPACE => Some(arguments.bucket.namespace.clone()),
        env::HUB_BUCKET => Some(arguments.bucket.name.clone()),
        env::HUB_PREFIX if arguments.prefix.is_some() => arguments.prefix.clone(),
        _ => regions_config::lookup(name),
    };
    let settings = FleetSettings::from_lookup(&credentials.region, lookup);
    let settings = settings.map_err(|error| {
        error.as_written(|name| match name {
            env::HUB_NAMESPACE | env::HUB_BUCKET => Some("--bucket".to_owned()),
            env::HUB_PREFIX if arguments.prefix.is_some() => Some("--prefix".to_owned()),
            name => region_written_as(name, &credentials),
        })
    })?;
    if let Some(unknown) = &settings.reading.unknown_region {
        say(unknown);
    }
    let roots = settings.reading.network.roots.iter();
    let roots = roots.map(|file| InputFile::new(file.setting, (&file.path).into()));
    credentials.files.extend(roots);
    match arguments.overwritten(&credentials.files) {
        Some(contradiction) => Err(CommandError::InvalidUse(contradiction)),
        None => Ok((settings, credentials)),
    }
}

fn write_reports(
    arguments: &FleetArguments,
    settings: &FleetSettings,
    overview: &Arc<Overview>,
) -> Result<(), CommandError> {
    let cancel = CancelFlag::default();
    if let Some(target) = &arguments.csv {
        let csv = report::csv(overview, settings.reading.report_options);
        write(target, csv(), &cancel)?;
    }
    if let Some(path) = &arguments.html {
        let page = report::page(overview);
        write(&Target::File(path.clone()), page(), &cancel)?;
    }
    if let Some(target) = &arguments.json {
        let json = Bytes::from(report::json(overview));
        write(target, Box::new(std::iter::once(json)), &cancel)?;
    }
    Ok(())
}

/// Prints the table, on standard error if a report goes to standard output.
fn print_table(arguments: &FleetArguments, overview: &Overview) -> Result<(), CommandError> {
    if arguments.uses_standard_output() {
        let stream = std::io::stderr();
        let text = render_fleet(overview, style_of(&stream));
        let _ = stream.lock().write_all(text.as_bytes());
        Ok(())
    } else {
        print(&render_fleet(overview, style_of(&std::io::stdout())))
    }
}

fn style_of(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> Style {
    if stream.is_terminal() {
        Style::of_terminal(may_color(stream), terminal_width())
    } else {
        Style::PLAIN
    }
}

fn exit_status(arguments: &FleetArguments, overview: &Overview) -> ExitStatus {
    let totals = &overview.totals;
    let met = match arguments.fail_on {
        Some(FailOnFleet::Silent) => totals.silent > 0 || overview.rows.is_empty(),
        Some(FailOnFleet::Overdue) => totals.figures.overdue > 0,
        None => false,
    };
    match overview.verdict() {
        _ if met => ExitStatus::FailOn,
        Verdict::Complete => ExitStatus::Complete,
        Verdict::Partial | Verdict::Failed => ExitStatus::Partial,
    }
}
