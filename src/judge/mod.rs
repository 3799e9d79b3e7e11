//! Judges what was read. Pure: no clock, settings or network.

mod accepting;
pub mod age;
mod audit;
pub mod changes;
mod comparison;
pub mod controls;
mod coverage_change;
pub mod coverage_gap;
pub mod discovery;
mod evaluate;
pub mod exceptions;
mod finding;
pub mod hints;
mod run_description;
mod users;

pub use audit::{Audit, DomainAudit};
pub use evaluate::evaluate;
pub use finding::{Counts, Finding, Marks};
pub use run_description::{DomainSetting, ReportsLocation, RunDescription, Scope};
