//! The digest.
