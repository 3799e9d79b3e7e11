//! What was read, judged. Pure: no clock, no settings lookup, no network.

mod accepting;
pub mod age;
mod audit;
pub mod changes;
pub mod controls;
pub mod coverage_gap;
pub mod discovery;
pub mod exceptions;
pub mod hints;

pub use audit::{
    Audit, Counts, DomainAudit, DomainSetting, Finding, Marks, ReportsLocation, RunDescription,
    Scope, evaluate,
};
