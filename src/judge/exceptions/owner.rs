//! Names of owners in the exceptions file.

/// Whether two owners are one. Case does not matter.
pub(super) fn is_same_owner(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}
