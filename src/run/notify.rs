//! When a digest is due: `AUDIT_NOTIFY` and `AUDIT_DIGEST_WEEKDAY`.

use chrono::Weekday;

use crate::config::{Config, Notify};
use crate::judge::Audit;
use crate::model::Verdict;
use crate::report::digest::NextDigest;
use crate::summary::SkipReason;

/// When a digest is due.
#[derive(Clone, Copy, Debug)]
pub struct NotifyRule {
    /// Which runs publish one.
    pub notify: Notify,
    /// The day on which changes are always published.
    pub weekday: Weekday,
}

impl NotifyRule {
    /// The rule of the settings.
    pub const fn of(config: &Config) -> Self {
        Self {
            notify: config.notify,
            weekday: config.digest_weekday,
        }
    }

    /// When the next digest is published, for the digest's own text.
    pub const fn next(self) -> NextDigest {
        match self.notify {
            Notify::Changes => NextDigest::OnChange(self.weekday),
            Notify::Findings => NextDigest::IfFound,
            Notify::Always => NextDigest::Always,
            Notify::Never => NextDigest::Never,
        }
    }

    /// Logs what changed, if changes decide whether a digest is due.
    pub(super) fn log_changes(self, audit: &Audit) {
        if self.notify != Notify::Changes {
            return;
        }
        if let Some(changes) = audit.comparison.changes() {
            let reasons = changes.reasons(audit.run.as_of(), self.weekday);
            tracing::info!(since = changes.baseline, ?reasons, "changes");
        }
    }

    /// Why no digest is due; `None` if one is.
    pub(super) fn skip_reason(self, audit: &Audit) -> Option<SkipReason> {
        if audit.run.shard.is_some() {
            return Some(SkipReason::Shard);
        }
        match self.notify {
            Notify::Always => None,
            Notify::Never => Some(SkipReason::NotifyNever),
            // A gap is a finding too: silence would read as an all-clear.
            Notify::Findings if audit.counts.has_findings() || audit.has_unaccepted_gaps() => None,
            Notify::Findings => Some(match audit.verdict {
                Verdict::Complete => SkipReason::NoFindings,
                _ => SkipReason::OnlyKnownGaps,
            }),
            Notify::Changes if audit.has_unaccepted_gaps() || !audit.mass_changes().is_empty() => {
                None
            }
            // Without a baseline, anything may have changed.
            Notify::Changes => {
                let changes = audit.comparison.changes()?;
                let reasons = changes.reasons(audit.run.as_of(), self.weekday);
                reasons.is_empty().then(|| SkipReason::NoChanges {
                    since: changes.baseline.clone(),
                })
            }
        }
    }
}
