//! A simulated OCI tenancy, and an agent that acts as Fn: the second, independent implementation that
//! `credential-audit` is tested against. It shares no code with what it tests.
//!
//! # Layout
//!
//! | module | what it owns |
//! | --- | --- |
//! | [`tenancy`](Tenancy) | the data set: domains, users, credentials, built by hand or from a seed |
//! | `scim` | the service of identity domains: filters, projections, pages, rate limits, misbehaviors |
//! | `identity` | IAM: the tenancy, region subscriptions, compartments, domains |
//! | `object_storage`, `notifications`, `monitoring`, `email` | the services that the audit writes to |
//! | `logging_search` | Logging Search over the events of OCI Audit, with a query language of its own |
//! | `signature` | verification of request signatures |
//! | `faults` | injected faults: statuses, resets, delays, broken bodies |
//! | `journal` | requests, counts and effects, for assertions |
//! | `principal` | resource principal, API key and session, written as files |
//! | `server`, `state`, [`sim`](TenancySim) | listeners, their shared state, and the handle |
//! | [`command_line`] | the program |
//! | [`agent`] | the agent that acts as Fn |
//!
//! # Use
//!
//! ```
//! use tenancy_sim::{Fault, ResourceType, Tenancy};
//!
//! let as_of = "2026-01-15T06:00:00Z".parse().expect("an instant");
//! let sim = Tenancy::generated(60, 1, as_of).start().expect("free ports");
//! sim.faults().add(Fault::status(429).header("retry-after", "1").resource_type(ResourceType::ApiKeys).first(2));
//! let url = sim.domain_url("Default");
//! assert!(url.starts_with("http://127.0.0.1:"));
//! assert_eq!(sim.totals().secrets_served, 0);
//! ```

pub mod agent;
mod clock;
pub mod command_line;
mod email;
mod faults;
mod hex;
mod identity;
mod instance;
mod journal;
mod logging_search;
mod monitoring;
mod notifications;
mod object_storage;
mod principal;
mod reply;
mod resource_type;
mod scim;
mod server;
mod signature;
mod sim;
mod state;
mod target;
mod tenancy;
mod wire;

pub use email::Email;
pub use faults::{Fault, Faults, Place, Quote};
pub use journal::{Effect, RequestRecord, Totals};
pub use logging_search::{AuditEvent, QueryFeature, SearchBehavior};
pub use monitoring::Metric;
pub use notifications::Message;
pub use object_storage::{Bucket, Permission, StoredObject};
pub use principal::Previous;
pub use resource_type::ResourceType;
pub use scim::Misbehavior;
pub use server::Service;
pub use signature::Rejection;
pub use sim::TenancySim;
pub use tenancy::{
    APPROVED_SENDER, Acme, Capabilities, Compartment, Credential, Directory, Domain,
    DomainIdentity, Holder, Tenancy, User,
};
