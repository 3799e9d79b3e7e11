//! The whole life of a function's process, so that a `main` decides nothing.

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

/// Threads that run tasks. A small function has an eighth of a core; the second keeps deadlines when a handler
/// blocks the first.
const WORKER_THREADS: usize = 2;

/// Threads for blocking work such as name resolution. A container has 50 process ids for all its threads, of which the
/// runtime's default of 512 blocking threads would take every one.
const MAX_BLOCKING_THREADS: usize = 8;

/// Opens the socket named by the environment, serves calls until SIGTERM or SIGINT, and says how the process ends.
///
/// Does nothing before the socket is open: the platform waits 5 seconds for it, on a slice of a core. Set-up that takes
/// time or can fail belongs into the first call, where a failure is reported as one.
///
/// Panics are reported through `tracing`, as one record with message and location: the log service makes a record of
/// every line, and the standard report has dozens.
///
/// The exit code is failure when the socket cannot be opened, after one line on stderr that says why; otherwise success.
pub fn run<H: Handler>(
    lookup: impl Fn(&str) -> Option<String>,
    options: Options,
    handler: H,
) -> ExitCode {
    std::panic::set_hook(Box::new(report_panic));
    let environment = match Environment::parse(lookup) {
        Ok(environment) => environment,
        Err(error) => return refuse(&error),
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&format_args!("cannot start the runtime: {error}")),
    };
    let served = runtime.block_on(async {
        // Handlers first: a process without them ignores SIGTERM if it is the container's first, and dies with its
        // files left behind if it is not.
        let shutdown =
            shutdown().map_err(|error| format!("cannot install signal handlers: {error}"))?;
        let socket = Socket::bind(&environment.listener).map_err(|error| error.to_string())?;
        serve(socket, shutdown, environment, options, handler)
            .await
            .map_err(|error| error.to_string())
    });
    // A handler that blocks its thread must not keep the process.
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error),
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

fn refuse(reason: &dyn Display) -> ExitCode {
    eprintln!("function not started: {reason}");
    ExitCode::FAILURE
}
