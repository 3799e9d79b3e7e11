//! The command line: the same reading and judgement as the function's, with files and a table instead of a bucket and a topic.
//!
//! Flags become settings: `--rotation-days 30` is `AUDIT_ROTATION_DAYS=30`, and what no flag sets comes from the environment. So
//! both ways in share one parser and one set of rules.

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

/// How a command ends; the first that applies counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything was read, and `--fail-on` was not met; or everything that was checked works.
    Complete,
    /// Something could not be read, or does not work.
    Partial,
    /// `--fail-on` was met.
    FailOn,
    /// Nothing could be read or written, or no domain can be read.
    Failed,
    /// The words of the command line, or a setting, are wrong.
    WrongUse,
    /// Interrupted by the user.
    Interrupted,
}

impl From<ExitStatus> for ExitCode {
    fn from(exit_status: ExitStatus) -> Self {
        Self::from(match exit_status {
            ExitStatus::Complete => 0,
            ExitStatus::Failed => 1,
            ExitStatus::WrongUse => 2,
            ExitStatus::Partial => 3,
            ExitStatus::FailOn => 4,
            // As shells have it: 128 and the number of SIGINT.
            ExitStatus::Interrupted => 130,
        })
    }
}

/// Runs the command that `arguments` ask for; the first of them is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    if arguments.len() < 2 {
        let _ = CommandLine::command().print_help();
        return ExitStatus::Complete.into();
    }
    let words = match CommandLine::try_parse_from(arguments) {
        Ok(words) => words,
        Err(error) => {
            // Help and version are errors to clap; they go to standard output, with status 0.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match words.command {
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

/// Logs are quiet unless asked for: a person at a desk gets sentences.
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

/// Tells the user something on standard error. Where nobody reads it any more, as with `2>&1 | head`, that is no failure.
fn say(text: &dyn Display) {
    let _ = writeln!(std::io::stderr().lock(), "credential-audit: {text}");
}

/// Whether text for this stream may be coloured: a terminal, and nobody who set `NO_COLOR` (no-color.org).
fn may_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && env::lookup(env::NO_COLOR).is_none_or(|value| value.is_empty())
}

/// Columns of the terminal, where there is one that tells. Both streams of a terminal have the same width, and one of them
/// may be piped elsewhere.
fn terminal_width() -> Option<u16> {
    let by_output = Table::new().width();
    let width = by_output.or_else(|| Table::new().use_stderr().width());
    width.filter(|width| *width > 0)
}

/// Of a name or a sentence from outside at most as much is shown: a column is as wide as its longest cell.
const MAX_LINE_CHARS: usize = 2000;

/// Text of the tenancy must neither break or reorder a line of the terminal, nor speak to it in control sequences, nor
/// bury it.
fn one_line(text: &str) -> String {
    line(text, MAX_LINE_CHARS)
}
