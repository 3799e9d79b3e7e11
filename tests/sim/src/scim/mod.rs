//! The SCIM service of identity domains, under `/admin/v1`.
//!
//! A request is parsed into a query. Its names are looked up in the schema of the resource type, the matching rows are
//! rendered once, and each page is a slice of them:
//!
//! ```text
//! query ─► filter ─► predicate ┐
//!    └───► projection ─────────┴─► listing (cached) ─► page, with misbehaviors
//! ```

mod credentials;
mod error;
mod filter;
mod instant;
mod listing;
mod misbehavior;
mod page;
mod predicate;
mod projection;
mod query;
mod rate_limit;
mod schema;
mod service;
mod users;

pub(crate) use error::scim_error;
pub use misbehavior::Misbehavior;
pub(crate) use query::Query;
pub(crate) use rate_limit::{RateLimit, limits_of};
pub(crate) use service::{DomainService, route};
