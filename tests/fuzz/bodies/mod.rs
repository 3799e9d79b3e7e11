//! What must hold for whatever bytes come from outside: a function a target, each for any bytes.
//!
//! This is the library of the fuzz package, and a module of `tests/run/fuzzed.rs`, which runs every function over the seeds
//! and over mutations of them wherever the tests run. A function asserts what another, simpler reading of the same bytes
//! says; a panic of the program is found besides.

mod credentials;
mod dates;
mod earlier_run;
mod exceptions;
mod fn_contract;
mod hosts;
mod invocation;
mod refusals;
mod reports;
mod scim;

pub use credentials::{config_file, private_key, session_token};
pub use dates::date;
pub use earlier_run::{manifest, past_finding};
pub use exceptions::exceptions_file;
pub use fn_contract::{fn_deadline, fn_listener};
pub use hosts::{domain_host, endpoint};
pub use invocation::invocation;
pub use refusals::service_error;
pub use reports::csv_cell;
pub use scim::scim_page;
