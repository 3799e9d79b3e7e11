//! The command line as a process: `audit`, `check`, the progress it draws, and the README that describes them.
//!
//! A test belongs here if it needs the command line, a terminal or the README.

#![allow(
    clippy::disallowed_methods,
    reason = "tests look at clocks, files, processes and sockets"
)]

#[path = "../common/in_process.rs"]
mod in_process;

mod check;
mod command_line;
mod progress;
mod readme;
