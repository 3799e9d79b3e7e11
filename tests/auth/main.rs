//! Credentials and signatures: keys, configuration files, resource principals, and golden cases from Oracle's SDK.
//!
//! A test belongs here if it needs neither a network nor a tenancy.

#![allow(
    clippy::disallowed_methods,
    reason = "tests look at clocks, files, processes and sockets"
)]

mod config_file;
mod key;
mod resource_principal;
mod secrets;
mod signing;
