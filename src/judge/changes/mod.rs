//! Compares an audit with the previous run: new, escalated, still, resolved. Pure.
//!
//! A credential is identified by its domain's URL, its type and its id. A type of a domain is compared only if it was read
//! completely in both runs, so that a missing permission makes nothing resolved or new. Previous findings in a list that
//! could not be read are carried along as not read. Exceptions match names of users. If users could not all be listed, ages
//! that an exception may accept are not compared.

mod compare;
mod domains;
mod not_read;
mod past;

pub use super::comparison::{
    Change, Changes, Comparison, FindingsNotRead, HISTORY_RUNS, NoComparison, RunCounts,
};
pub use super::coverage_change::{ChangedList, CoverageChange};
pub use past::{Baseline, OfUnknownDomain, PastDomain, PastFindings, Severity};
