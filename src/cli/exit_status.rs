//! The exit statuses of the command.

use std::process::ExitCode;

/// The exit status of a command; the first that applies counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExitStatus {
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
