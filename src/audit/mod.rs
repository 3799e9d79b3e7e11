//! The order of steps of a run: read, judge, deliver.

pub mod read;
