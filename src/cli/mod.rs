//! The command line: reads and judges as the function does, with files and a table instead of a bucket and a topic.
//!
//! Flags are settings: `--rotation-days 30` is `AUDIT_ROTATION_DAYS=30`. Other settings come from the environment. So function
//! and command line share one parser and one set of rules.

mod arguments;
mod audit;
mod check;
mod contradiction;
mod credentials;
mod exit_status;
mod expired_session;
pub mod files;
mod fleet;
mod fleet_arguments;
mod opener;
mod outputs;
mod progress;
mod regions_config;
mod row_filter;
mod session;
mod signing_arguments;
mod table;
mod target;
mod terminal;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::logging;
use crate::{config, env};

use self::arguments::{Command, CommandLine, Shell};
use self::exit_status::ExitStatus;

/// Runs the command in `arguments`, which start with the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    if arguments.len() < 2 {
        return printed(CommandLine::command().print_help()).into();
    }
    let command_line = match CommandLine::try_parse_from(arguments) {
        Ok(command_line) => command_line,
        Err(error) => {
            // For clap, help and version are errors with status 0 that go to standard output.
            return match (error.exit_code(), printed(error.print())) {
                (0, status) => status.into(),
                (status, _) => ExitCode::from(u8::try_from(status).unwrap_or(2)),
            };
        }
    };
    match command_line.command {
        Command::Audit(arguments) => {
            start_logging();
            audit::audit(&arguments.resolved()).into()
        }
        Command::Check(arguments) => {
            start_logging();
            check::check(&arguments.resolved()).into()
        }
        Command::Fleet(arguments) => {
            start_logging();
            fleet::fleet(&arguments.resolved()).into()
        }
        Command::Completions { shell } => completions(shell).into(),
    }
}

/// Logs only if `AUDIT_LOG_LEVEL` is set: people read the messages.
fn start_logging() {
    let level = env::lookup(env::LOG_LEVEL).and_then(|text| config::parse_log_level(&text));
    if let Some(level) = level {
        logging::start(level);
    }
}

fn completions(shell: Shell) -> ExitStatus {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut CommandLine::command(),
        "credential-audit",
        &mut script,
    );
    printed(std::io::stdout().write_all(&script))
}

/// The exit status of a command that only prints to standard output. A reader may stop early, as `head` does.
fn printed(result: std::io::Result<()>) -> ExitStatus {
    match result.and_then(|()| std::io::stdout().flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitStatus::Failed,
        _ => ExitStatus::Complete,
    }
}
