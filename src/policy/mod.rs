//! What was read, judged. Pure: no clock, no settings lookup, no network.

pub mod age;
mod audit;
pub mod controls;
pub mod findings;

pub use audit::{
    Audit, Counts, DomainAudit, Finding, Marks, ReportsLocation, RunDescription, Scope, evaluate,
};
