//! Reports of a size that no buffer holds.
