//! Controls of the CIS OCI Foundations Benchmark.

use std::fmt;

/// A control of the CIS OCI Foundations Benchmark.
#[derive(Clone, Copy, Debug)]
pub struct CisControl {
    /// Its number.
    pub number: ControlNumber,
    /// Its title.
    pub title: &'static str,
}

/// The number of a control, in the order of the benchmark: `1.9`, `1.10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ControlNumber {
    section: u8,
    control: u8,
}

impl ControlNumber {
    /// Control `1.8` is the eighth of section 1.
    pub const fn new(section: u8, control: u8) -> Self {
        Self { section, control }
    }
}

impl fmt::Display for ControlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.section, self.control)
    }
}
