//! Entry point: the function where the platform started it, help everywhere else. Decides nothing else.

use std::process::ExitCode;

use credential_audit::{env, function};

const HELP: &str = "\
credential-audit tells which IAM credentials of an OCI tenancy must be rotated, and what it could not see.

It is an OCI Function: the platform starts it with FN_LISTENER set, and invokes it through that socket.
Try it without a tenancy, from a checkout:

    cargo run --release --example demo

Settings, reports and rules: README.md
";

fn main() -> ExitCode {
    if env::lookup(env::FN_LISTENER).is_some() {
        return function::serve();
    }
    match std::env::args().nth(1).as_deref() {
        Some("--version" | "-V") => println!("credential-audit {}", env!("CARGO_PKG_VERSION")),
        None | Some("--help" | "-h" | "help") => print!("{HELP}"),
        Some(other) => {
            eprintln!("credential-audit: `{other}` is no argument of this version\n\n{HELP}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
