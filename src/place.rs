//! The place of a run. Advice differs by it: a person has no subnet. Pure.

/// The place of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// In OCI Functions.
    #[default]
    Function,
    /// On the command line of a person or a job.
    CommandLine,
}
