//! SCIM lists of an identity domain: what is asked for, and rows from the wire to the model.
//!
//! Rows are read leniently, field by field: an attribute of an unexpected type is as good as absent (a date: unreadable),
//! and only a row without an id counts as unreadable. Nothing that a domain can answer is silently less than it claims:
//! rows that cannot be read are counted.
//!
//! Sources: models of `oci.identity_domains` in Oracle's Python SDK (names, types, what is returned by default, on request
//! or never); Oracle documentation, "Query parameters" of the Identity Domains API, for `attributes`.

mod attributes;
pub mod fallback;
mod page;
pub mod pager;
mod pass;
pub mod progress;
mod query;
mod rows;
mod sinks;
mod wire;

pub use self::attributes::{credential_attributes, user_attributes};
pub use self::page::{InvalidPage, PageSummary};
pub use self::pager::{DomainClient, Extent, PageEnd, PageOrder};
pub use self::pass::Listed;
pub use self::query::Query;
pub use self::sinks::{CredentialSink, RowSink, SharedHolders, UserSink};
