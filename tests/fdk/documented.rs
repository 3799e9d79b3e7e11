//! The contract as Oracle documents it.

#[path = "contract.rs"]
mod contract;

fn options() -> tenancy_sim::agent::Options {
    tenancy_sim::agent::Options::default()
}
