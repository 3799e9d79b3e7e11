//! The tenancy as a caller meets it: over sockets, byte by byte.

// Marked although all of this is a test, so that clippy takes the functions they share for tests too.
#[cfg(test)]
mod caller;
#[cfg(test)]
mod identity_domain;
#[cfg(test)]
mod services;
