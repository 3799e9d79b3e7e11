//! Reports, digest, page, manifest and summary, over tenancies that are built by hand: no network, no files.
//!
//! Files of `tests/golden/reports` are compared byte for byte; `SNAPSHOTS=overwrite cargo test --test reports` writes
//! them again; review the difference.

#![allow(
    clippy::disallowed_methods,
    reason = "tests look at clocks, files, processes and sockets"
)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests stand outside of test functions, and fail the test that calls them"
)]

mod answer;
mod changes;
mod controls;
mod csv_files;
mod digest;
mod findings;
mod fleet;
mod holder_mail;
mod html;
mod last_use;
mod outside;
mod scripts;
mod situations;
mod streams;
mod summary;
mod tenancy;

/// Compares with a golden file, line ends included.
#[macro_export]
macro_rules! assert_golden {
    ($actual:expr, $path:literal) => {
        snapbox::Assert::new()
            .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
            .eq(
                snapbox::Data::binary($actual),
                snapbox::file![$path: Binary],
            )
    };
}
