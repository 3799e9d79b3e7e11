//! Where this program runs. Advice differs by it: a person has no subnet, and a function has no proxy. Pure.

/// Where this program runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// In OCI Functions.
    #[default]
    Function,
    /// A person's command, or that of a job.
    Desk,
}
