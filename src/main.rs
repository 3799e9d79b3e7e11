//! Entry point: the function where the platform started it, help everywhere else. Decides nothing else.

use std::process::ExitCode;
use std::sync::Arc;

use credential_audit::clock::SystemClock;
use credential_audit::function::Function;
use credential_audit::{config, env, fdk, logging};

const HELP: &str = "\
credential-audit tells which IAM credentials of an OCI tenancy must be rotated, and what it could not see.

It is an OCI Function: the platform starts it with FN_LISTENER set, and invokes it through that socket.
Try it without a tenancy, from a checkout:

    cargo run --release --example demo

Settings, reports and rules: README.md
";

fn main() -> ExitCode {
    let level = env::lookup(env::LOG_LEVEL).and_then(|text| config::parse_log_level(&text));
    logging::start(level.unwrap_or(tracing::Level::INFO));
    if env::lookup(env::FN_LISTENER).is_some() {
        let function = Arc::new(Function::new(Arc::new(env::lookup), Arc::new(SystemClock)));
        return fdk::run(
            env::lookup,
            fdk::Options::new("credential-audit", env!("CARGO_PKG_VERSION")),
            move |request| {
                let function = Arc::clone(&function);
                async move { function.invoke(request).await }
            },
        );
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
