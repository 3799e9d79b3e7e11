//! SCIM lists of an identity domain, from the request to the model.
//!
//! - [`credential_listing`]: one type of credentials, in one domain
//! - [`user_listing`]: the users of one domain
//! - [`fallback`] and [`by_users`]: which requests list it, by what the service accepts
//! - [`pager`] and `pass`: one list, page by page to its end
//! - [`domain_client`] and `fetches`: requests for pages
//! - `page`, `lenient`, `wire` and `rows`: one page, row by row
//! - `row_budget`: how many rows a run keeps
//! - `sinks`, `user_sink` and `credential_sink`: rows into the model
//! - `seen_ids` and `claims`: each row once, and what users claim
//!
//! Rows are read leniently, attribute by attribute. A malformed attribute counts as absent (a malformed date: as
//! unreadable). Only a row without an id counts as unreadable, and every unreadable row is counted, so no response of a
//! domain yields fewer rows than it claims without a gap in the coverage.
//!
//! Sources: models of `oci.identity_domains` in Oracle's Python SDK (names, types, what is returned by default, on request
//! or never); Oracle documentation, "Query parameters" of the Identity Domains API, for `attributes`.

mod attributes;
pub mod by_users;
mod claims;
pub mod credential_listing;
mod credential_sink;
pub mod domain_client;
pub mod fallback;
mod fetches;
mod lenient;
mod lists_under_way;
mod owner;
mod owner_attributes;
mod page;
pub mod pager;
mod pass;
pub mod progress;
mod query;
mod row_budget;
mod rows;
mod seen_ids;
mod sinks;
pub mod user_listing;
mod user_sink;
mod wire;

pub use self::attributes::{Activity, UserSettings, credential_attributes, user_attributes};
pub use self::claims::{ClaimComparison, Claims};
pub use self::credential_sink::CredentialSink;
pub use self::domain_client::{DomainClient, Extent};
pub use self::lists_under_way::ListsUnderWay;
pub use self::page::{InvalidPage, PageSummary};
pub use self::pager::{PageEnd, PageOrder};
pub use self::pass::ListResult;
pub use self::query::Query;
pub use self::row_budget::{DomainRows, RowBudget, RowLimit, RowsDoNotFit, RowsSize};
pub use self::sinks::{RowSink, SharedHolders};
pub use self::user_sink::UserSink;
