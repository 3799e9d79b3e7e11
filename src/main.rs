//! Entry point: runs the function if the platform started the process, else the command line.

use std::process::ExitCode;

use credential_audit::{cli, env, function};

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the arguments"
)]
fn main() -> ExitCode {
    if env::lookup(env::FN_LISTENER).is_some_and(|listener| !listener.is_empty()) {
        function::serve()
    } else {
        cli::run(std::env::args_os())
    }
}
