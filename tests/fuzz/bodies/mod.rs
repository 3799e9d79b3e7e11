//! What holds for any bytes from outside: one function per fuzz target.
//!
//! Each function compares the program with another, simpler reading of the same bytes; a panic of the program is a failure
//! too. This is the library of the fuzz package. `tests/run/fuzzed.rs` includes it as a module, and runs every function on
//! the seeds and on mutations of them.

mod credentials;
mod dates;
mod earlier_run;
mod exceptions;
mod fleet;
mod fn_contract;
mod hosts;
mod invocation;
mod last_use;
mod lists;
mod refusals;
mod reports;
mod scim;

pub use credentials::{config_file, private_key, session_token};
pub use dates::date;
pub use earlier_run::{manifest, past_finding};
pub use exceptions::exceptions_file;
pub use fleet::fleet_manifest;
pub use fn_contract::{fn_deadline, fn_listener};
pub use hosts::{domain_host, endpoint};
pub use invocation::invocation;
pub use last_use::{audit_events, last_use};
pub use lists::{bucket_list, identity_list};
pub use refusals::service_error;
pub use reports::csv_cell;
pub use scim::scim_page;
