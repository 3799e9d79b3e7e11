//! The Fn contract: bytes on the socket, the probe started by the agent, and `fdk::serve` alone.
//!
//! A test belongs here if it needs nothing of this program but `src/fdk`. `examples/fdk_probe.rs` is the function under
//! test.

#![allow(
    clippy::disallowed_methods,
    reason = "tests look at clocks, files, processes and sockets"
)]

mod bytes;
mod documented;
mod imports;
mod serve;
mod stock_server;
