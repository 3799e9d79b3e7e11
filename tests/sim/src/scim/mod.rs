//! The identity domains' SCIM service, under `/admin/v1`.
//!
//! A request is read into a query, its names are looked up in the schema of the resource type, the matching rows are
//! rendered once, and a page is cut from them:
//!
//! ```text
//! query ─► filter ─► predicate ┐
//!    └───► projection ─────────┴─► listing (kept) ─► page, with misbehaviours
//! ```

mod credentials;
mod error;
mod filter;
mod instant;
mod listing;
mod misbehaviour;
mod page;
mod predicate;
mod projection;
mod query;
mod rate_limit;
mod schema;
mod service;
mod users;

pub(crate) use error::scim_error;
pub use misbehaviour::Misbehaviour;
pub(crate) use query::Query;
pub(crate) use rate_limit::{RateLimit, limits_of};
pub(crate) use service::{DomainService, route};
