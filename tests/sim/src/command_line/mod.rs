//! The program: serves a generated tenancy until a signal, and prints how to reach it.

mod instructions;
mod options;

use crate::{Domain, Fault, Previous, Tenancy, TenancySim};
use options::Options;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Runs the program with its arguments, without the name of the program.
///
/// Exit status: 0 after a signal, 1 if it cannot serve, 2 for a usage error.
#[must_use]
pub fn run(arguments: &[String]) -> ExitCode {
    let options = match Options::parse(arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print(options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("tenancy-sim: {problem}\nTry tenancy-sim --help.");
            return ExitCode::from(2);
        }
    };
    match serve(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tenancy-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: &Options) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Before the instructions are printed, since a reader may stop the program at once.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let sim = start(options)?;
        let (directory, temporary) = match &options.directory {
            Some(directory) => (directory.clone(), false),
            None => (temporary_directory(), true),
        };
        std::fs::create_dir_all(&directory)?;
        print(&instructions::text(&sim, options, &directory)?);
        loop {
            tokio::select! {
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                _ = hang_up.recv() => {
                    sim.renew_resource_principal(options.token_lifetime, Previous::Revoked)?;
                    print(instructions::renewed(options));
                }
            }
        }
        if temporary {
            std::fs::remove_dir_all(&directory)
        } else {
            Ok(())
        }
    })
}

fn start(options: &Options) -> io::Result<TenancySim> {
    let mut tenancy = Tenancy::empty()
        .latency(options.latency)
        .token_lifetime(options.token_lifetime);
    for host in &options.hosts {
        tenancy = tenancy.host(host);
    }
    for (seed, name) in (options.seed..).zip(options.domain_names()) {
        let mut domain =
            Domain::generated(&name, options.users, seed, options.as_of).license(&options.license);
        if options.rate_limits {
            domain = domain.enforcing_rate_limits();
        }
        tenancy = tenancy.domain(domain);
    }
    if options.audit_events {
        tenancy = tenancy.with_events(options.seed, options.as_of);
    }
    let sim = tenancy.start()?;
    for (resource_type, status) in &options.refused {
        let refused = Fault::scim_error(*status, "The option --refuse names this list.");
        sim.faults().add(refused.resource_type(*resource_type));
    }
    Ok(sim)
}

fn temporary_directory() -> PathBuf {
    std::env::temp_dir().join(format!("tenancy-sim-{}", std::process::id()))
}

/// Prints and flushes. Ignores errors, since the reader may be gone.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
