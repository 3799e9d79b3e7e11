//! Runs and checks of a simulated tenancy: reading, faults, limits, changes from run to run, and the function as a process.
//!
//! A test belongs here if it needs a tenancy, and neither the command nor a terminal. The fuzz targets are tried here too.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests and their helpers fail by a panic, and read the files and variables of their own"
)]

#[allow(dead_code, reason = "the command line's tests use the rest")]
#[path = "../common/mod.rs"]
mod common;

mod changes;
mod check;
mod connections;
mod delivery;
mod discovery;
mod faults;
mod fleet;
mod function;
mod fuzzed;
mod hostile_tenancies;
mod instance;
mod killed;
mod large_data;
mod last_use;
mod limits;
mod metrics;
mod object_storage;
mod people;
mod random_faults;
mod reading;
mod retries;
mod shards;
mod tenancy_name;
