//! Why a request is invalid, and the fields that it may have.

use super::quoting::{Arrived, HOW_TO_QUOTE};

/// The fields of `audit`.
pub(super) const FIELDS: [&str; 7] = [
    "as_of",
    "domain_urls",
    "credential_types",
    "shard",
    "dry_run",
    "check",
    "fleet",
];

/// Why a request is invalid. The run fails, and nothing is read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// `audit` is not an object.
    #[error(
        "invocation: `audit` is {found}; expected an object such as {{\"audit\":{{\"dry_run\":true}}}}"
    )]
    NotAnObject {
        /// Its JSON type.
        found: &'static str,
    },
    /// A text that seems to be a request, and is not JSON.
    #[error(
        "invocation: the body seems to be a request and is not valid JSON ({reason}); it starts with: {arrived} ; {HOW_TO_QUOTE}"
    )]
    NotJson {
        /// The syntax error.
        reason: String,
        /// The start of the body.
        arrived: Arrived,
    },
    /// The key `audit` in another form, such as `Audit`.
    #[error(
        "invocation: the body has the key {key:?}; expected \"audit\"; it starts with: {arrived} ; {HOW_TO_QUOTE}"
    )]
    OtherKey {
        /// The key.
        key: String,
        /// The start of the body.
        arrived: Arrived,
    },
    /// A duplicate key.
    #[error("invocation: `{field}` is a duplicate; remove one")]
    Duplicate {
        /// Its name.
        field: String,
    },
    /// An unknown field.
    #[error("invocation: `audit.{field}` is unknown; expected one of {}", FIELDS.join(", "))]
    UnknownField {
        /// Its name.
        field: String,
    },
    /// A field with an invalid value.
    #[error("invocation: `audit.{field}` is {value}; expected {expected}")]
    InvalidValue {
        /// Its name.
        field: &'static str,
        /// Its value.
        value: String,
        /// The expected value.
        expected: String,
    },
    /// Fields that a check does not support.
    #[error(
        "invocation: {} cannot be combined with `audit.check`, which judges no credentials and stores and publishes only if it is \"send\"; remove one or the other",
        fields.iter().map(|field| format!("`audit.{field}`")).collect::<Vec<_>>().join(" and ")
    )]
    NotInCheck {
        /// Their names.
        fields: Vec<&'static str>,
    },
    /// Fields that the overview of a fleet does not support.
    #[error(
        "invocation: {} cannot be combined with `audit.fleet`, which reads what tenancies stored; remove one or the other",
        fields.iter().map(|field| format!("`audit.{field}`")).collect::<Vec<_>>().join(" and ")
    )]
    NotInFleet {
        /// Their names.
        fields: Vec<&'static str>,
    },
    /// A field of `audit` at the top level.
    #[error(
        "invocation: `{field}` is outside of `audit`; did you mean {{\"audit\":{{\"{field}\": ...}}}}?"
    )]
    OutsideAudit {
        /// Its name.
        field: &'static str,
    },
}
