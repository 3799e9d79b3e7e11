//! The names of the metrics. Alarms depend on them.

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetricName {
    /// 1 for each run.
    Run,
    /// 1 if everything was read and delivered, else 0.
    Complete,
    /// Credentials to rotate now.
    ToRotateNow,
    /// Credentials to remove now.
    ToRemoveNow,
    /// Credentials to review now.
    ToReviewNow,
    /// Of these three, those that administrators hold.
    AdminNow,
    /// People who must act now.
    People,
    /// Credentials in state `OVERDUE`.
    Overdue,
    /// Credentials in state `DUE`.
    Due,
    /// Credentials in state `UNKNOWN`.
    Unknown,
    /// Credentials whose own expiry date has passed.
    Expired,
    /// Lists of credentials that were not read completely.
    NotRead,
    /// 1 for each check that may send.
    Check,
}

impl MetricName {
    /// Each of them.
    pub const ALL: [Self; 13] = [
        Self::Run,
        Self::Complete,
        Self::ToRotateNow,
        Self::ToRemoveNow,
        Self::ToReviewNow,
        Self::AdminNow,
        Self::People,
        Self::Overdue,
        Self::Due,
        Self::Unknown,
        Self::Expired,
        Self::NotRead,
        Self::Check,
    ];

    /// The name in Monitoring: letters and underscores.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Complete => "complete",
            Self::ToRotateNow => "to_rotate_now",
            Self::ToRemoveNow => "to_remove_now",
            Self::ToReviewNow => "to_review_now",
            Self::AdminNow => "admin_now",
            Self::People => "people",
            Self::Overdue => "overdue",
            Self::Due => "due",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::NotRead => "not_read",
            Self::Check => "check",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_form_that_monitoring_accepts() {
        for name in MetricName::ALL.map(MetricName::name) {
            let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            assert!(name.bytes().all(is_allowed), "{name}");
            assert!(!name.starts_with('_') && !name.ends_with('_'), "{name}");
        }
    }
}
