//! Runs a function's process: signals, runtime, exit code.

use std::fmt::Display;
use std::io;
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use super::environment::Environment;
use super::handler::Handler;
use super::options::Options;
use super::serve::serve;
use super::socket::Socket;

/// Worker threads. A small function has an eighth of a core; the second worker enforces the deadline if a handler blocks
/// the first.
const WORKER_THREADS: usize = 2;

/// Max threads for blocking work such as name resolution. A container can have 50 threads; the default of the runtime is
/// 512.
const MAX_BLOCKING_THREADS: usize = 8;

/// Opens the socket of the environment and serves calls until SIGTERM or SIGINT. Returns the exit code.
///
/// Opens the socket first: the platform waits 5 seconds for it, and the container has a fraction of a core. Do setup that
/// is slow or can fail in the first call, where its failure is reported.
///
/// Logs a panic through `tracing` as one record with message and location, because the log service splits the standard
/// report into one record per line.
///
/// Prints one line on stderr and returns failure if the socket cannot be opened.
pub fn run<H: Handler>(
    lookup: impl Fn(&str) -> Option<String>,
    options: Options,
    handler: H,
) -> ExitCode {
    std::panic::set_hook(Box::new(report_panic));
    let environment = match Environment::parse(lookup) {
        Ok(environment) => environment,
        Err(error) => return fail(&error),
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format_args!("cannot start the runtime: {error}")),
    };
    let served = runtime.block_on(async {
        // Signal handlers first. Without them, process 1 of a container ignores SIGTERM, and any other process ends
        // without removing its files.
        let shutdown =
            shutdown().map_err(|error| format!("cannot install signal handlers: {error}"))?;
        let socket = Socket::bind(&environment.listener).map_err(|error| error.to_string())?;
        serve(socket, shutdown, environment, options, handler)
            .await
            .map_err(|error| error.to_string())
    });
    // A handler that blocks its thread must not keep the process alive.
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .max_blocking_threads(MAX_BLOCKING_THREADS)
        .thread_name("fdk")
        .enable_all()
        .build()
}

fn shutdown() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn report_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no message");
    let location = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    tracing::error!(location, "panic: {message}");
}

fn fail(reason: &dyn Display) -> ExitCode {
    eprintln!("function not started: {reason}");
    ExitCode::FAILURE
}
