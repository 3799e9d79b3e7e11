//! Judges what was read. Pure: no clock, settings or network.

mod accepting;
pub mod action;
pub mod age;
mod audit;
mod braking;
pub mod changes;
mod comparison;
pub mod controls;
mod coverage_change;
pub mod coverage_gap;
mod deciding;
mod decision;
pub mod discovery;
mod evaluate;
pub mod exceptions;
mod finding;
pub mod hints;
pub mod holder_mail;
pub mod last_use;
mod mass_change;
mod newer;
mod run_description;
mod users;

pub use audit::{Audit, DomainAudit};
pub use evaluate::evaluate;
pub use finding::{ActionCounts, Counts, Finding, Marks, NewerIndex};
pub use run_description::{
    Console, DomainSetting, ReportsLocation, RunDescription, Scope, ShardScope, Tenancy,
    TenancyName,
};
