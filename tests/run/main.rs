//! Runs of the audit against a simulated tenancy: reading, faults, changes from run to run, and the function as a process.
//!
//! A test belongs here if it needs a tenancy and no terminal.

#![allow(
    clippy::disallowed_methods,
    reason = "tests look at clocks, files, processes and sockets"
)]

#[path = "../common/in_process.rs"]
mod in_process;

mod changes;
mod discovery;
mod faults;
mod faults_random;
mod function;
mod fuzzed;
mod killed;
mod many_findings;
mod object_reading;
mod reading;
mod retrying;
