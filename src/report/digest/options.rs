//! What a digest is about, and how it is written.

use crate::report::ReportSet;

/// How users are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// As they are.
    #[default]
    Full,
    /// `j***@example.com`, also if a label repeats the name.
    Masked,
    /// No names and no labels: counts per type only.
    None,
}

/// How a digest is written.
#[derive(Clone, Debug, Default)]
pub struct DigestOptions {
    /// How users are named.
    pub names: Names,
    /// The reports of the run; one holds what does not fit.
    pub reports: ReportSet,
}

/// What a digest is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestKind {
    /// A run whose reports are stored. If no domain was read, it is written as [`DigestKind::Failed`].
    Regular,
    /// A report or the manifest of the run was not stored, so the digest is the only output.
    ReportsNotStored {
        /// A clause.
        reason: String,
        /// Whether the manifest may be stored: its upload was tried, and the answer may have been lost.
        manifest_may_exist: bool,
    },
    /// A run that could read no domain.
    Failed,
}
