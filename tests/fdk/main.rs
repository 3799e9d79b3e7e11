//! The Fn contract, seen from the platform: bytes on the socket, the probe started by the agent, and `fdk::serve` by itself.
//!
//! A test belongs here if it knows nothing of credentials; `examples/fdk_probe.rs` is the function under test.

#![allow(
    clippy::disallowed_methods,
    reason = "tests look at clocks, files, processes and sockets"
)]

mod bytes;
mod contract;
mod imports;
mod serve;
