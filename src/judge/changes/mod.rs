//! What changed since the run before: new, escalated, still there, resolved. Pure.
//!
//! A credential is told apart by its domain's URL, its type and its id. A statement is made only where a type of a domain
//! was read completely in both runs: what a list lacks for want of a right is neither resolved nor new. What was found
//! before and could not be looked at today is carried along as not seen. An exception goes by the name of a user, so where
//! not all users could be listed nothing is stated about an age that one may accept.

mod compare;
mod domains;
mod past;

pub use super::comparison::{Change, Changes, Comparison, HISTORY_RUNS, NotSeen, RunCounts};
pub use past::{Baseline, OfUnknownDomain, PastDomain, PastFindings, Severity};
