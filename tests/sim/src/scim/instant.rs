//! Dates in filters and sorts.

use chrono::{DateTime, Utc};

/// An RFC 3339 instant; anything else is not a date and matches no comparison.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|instant| instant.to_utc())
}
