//! The Fn contract: bytes on the socket, the probe started by the agent, and `fdk::serve` alone.
//!
//! A test belongs here if it needs nothing of this program but `src/fdk`. `examples/fdk_probe.rs` is the function under
//! test.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "tests look at clocks, files, processes and sockets, and fail by a panic"
)]

mod bytes;
mod documented;
mod imports;
mod serve;
mod stock_server;

use std::path::PathBuf;

/// The function under test: `examples/fdk_probe.rs`, or the program that `FDK_PROBE` names, such as a build for another machine.
fn probe() -> PathBuf {
    std::env::var_os("FDK_PROBE").map_or_else(
        || tenancy_sim::agent::example("fdk_probe").expect("cargo builds examples before tests"),
        PathBuf::from,
    )
}
