//! What is known of a tenancy, in one word.

/// What is known of a tenancy, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It never delivered a run.
    NeverReported,
    /// Its newest delivered run is too old.
    Silent,
    /// Its newest run FAILED.
    Failed,
    /// Its newest run cannot be used.
    Unreadable,
    /// At least one of its shards is missing.
    ShardsMissing,
    /// Its newest run did not read everything.
    Partial,
    /// Its newest run read everything.
    Complete,
}

impl Standing {
    /// Each of them, the most urgent first.
    pub const ALL: [Self; 7] = [
        Self::NeverReported,
        Self::Silent,
        Self::Failed,
        Self::Unreadable,
        Self::ShardsMissing,
        Self::Partial,
        Self::Complete,
    ];

    /// The word of tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NeverReported => "NEVER REPORTED",
            Self::Silent => "SILENT",
            Self::Failed => "FAILED",
            Self::Unreadable => "UNREADABLE",
            Self::ShardsMissing | Self::Partial => "PARTIAL",
            Self::Complete => "COMPLETE",
        }
    }

    /// The value in JSON and CSV.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NeverReported => "never_reported",
            Self::Silent => "silent",
            Self::Failed => "failed",
            Self::Unreadable => "unreadable",
            Self::ShardsMissing => "shards_missing",
            Self::Partial => "partial",
            Self::Complete => "complete",
        }
    }

    /// As in `2 silent`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NeverReported => "never reported",
            Self::Silent => "silent",
            Self::Failed => "failed",
            Self::Unreadable => "unreadable",
            Self::ShardsMissing => "with missing shards",
            Self::Partial => "partial",
            Self::Complete => "complete",
        }
    }

    /// Whether the tenancy is known as it is today, at least in part.
    pub const fn is_current(self) -> bool {
        matches!(self, Self::Partial | Self::Complete)
    }
}
