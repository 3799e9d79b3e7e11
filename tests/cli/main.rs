//! The command as a process: `audit`, `check`, their arguments, output and exit statuses, the progress on a terminal, and
//! the documents that describe them.
//!
//! A test belongs here if it needs the command, a terminal or the documents.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests and their helpers fail by a panic, and read and write files of their own"
)]

#[allow(dead_code, reason = "the tests of runs use the rest")]
#[path = "../common/mod.rs"]
mod common;

mod arguments;
mod audit;
mod causes;
mod check;
mod check_output;
mod circles;
mod credential_types;
mod documents;
mod exit_status;
mod fleet;
mod instance;
mod layout;
mod network;
mod progress;
mod secrecy;
mod selection;
mod signing;
mod source_files;
mod table;
mod terminal;
mod versions;
