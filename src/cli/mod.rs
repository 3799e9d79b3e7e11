//! The command line: reads and judges as the function does, with files and a table instead of a bucket and a topic.
//!
//! Flags are settings: `--rotation-days 30` is `AUDIT_ROTATION_DAYS=30`. Other settings come from the environment. So function
//! and command line share one parser and one set of rules.

mod arguments;
mod audit;
mod check;
pub mod files;
mod progress;
mod session;
mod table;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use comfy_table::Table;

use crate::display::line;
use crate::logging;
use crate::{config, env};

use self::arguments::{Command, CommandLine, Shell};

/// The exit status of a command; the first that applies counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything was read, and `--fail-on` was not met; or every check works.
    Complete,
    /// Something could not be read, or a check failed.
    Partial,
    /// `--fail-on` was met.
    FailOn,
    /// Nothing could be read or written, or no domain can be read.
    Failed,
    /// Invalid arguments or settings.
    InvalidUse,
    /// Interrupted by the user.
    Interrupted,
}

impl From<ExitStatus> for ExitCode {
    fn from(exit_status: ExitStatus) -> Self {
        Self::from(match exit_status {
            ExitStatus::Complete => 0,
            ExitStatus::Failed => 1,
            ExitStatus::InvalidUse => 2,
            ExitStatus::Partial => 3,
            ExitStatus::FailOn => 4,
            // As in shells: 128 plus the number of SIGINT.
            ExitStatus::Interrupted => 130,
        })
    }
}

/// Runs the command in `arguments`, which start with the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    if arguments.len() < 2 {
        let _ = CommandLine::command().print_help();
        return ExitStatus::Complete.into();
    }
    let command_line = match CommandLine::try_parse_from(arguments) {
        Ok(command_line) => command_line,
        Err(error) => {
            // For clap, help and version are errors with status 0 that go to standard output.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match command_line.command {
        Command::Audit(arguments) => {
            start_logging();
            audit::audit(&arguments).into()
        }
        Command::Check(arguments) => {
            start_logging();
            check::check(&arguments).into()
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
    match std::io::stdout().write_all(&script) {
        Ok(()) => ExitStatus::Complete,
        Err(_) => ExitStatus::Failed,
    }
}

/// Prints a message on standard error. A closed stream, as with `2>&1 | head`, is not a failure.
fn say(text: &dyn Display) {
    let _ = writeln!(std::io::stderr().lock(), "credential-audit: {text}");
}

/// Whether to color text for this stream: only on a terminal, and unless `NO_COLOR` is set (no-color.org).
fn may_color(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && env::lookup(env::NO_COLOR).is_none_or(|value| value.is_empty())
}

/// Columns of the terminal, if known. Standard output and standard error of a terminal have the same width, and one of them
/// may be redirected.
fn terminal_width() -> Option<u16> {
    let by_output = Table::new().width();
    let width = by_output.or_else(|| Table::new().use_stderr().width());
    width.filter(|width| *width > 0)
}

/// Max characters of untrusted text per line: a column is as wide as its longest cell.
const MAX_LINE_CHARS: usize = 2000;

/// Makes untrusted text safe for a terminal: one line of bounded length, without control sequences or reordering.
fn one_line(text: &str) -> String {
    line(text, MAX_LINE_CHARS)
}
