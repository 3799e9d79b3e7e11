//! What must be rotated or replaced soon, by date alone. Pure.

use crate::judge::{Audit, Finding};
use crate::timestamp::Timestamp;

/// The last days of the three periods that are counted, from `as_of`.
const PERIODS: [i64; 3] = [7, 14, 28];

/// Numbers of credentials that become overdue or expire in days 1 to 7, 8 to 14 and 15 to 28.
pub(crate) struct ComingUp {
    as_of: Timestamp,
    counts: [u64; PERIODS.len()],
}

impl ComingUp {
    /// Counts every credential, but for those with an exception.
    pub(crate) fn of(audit: &Audit) -> Self {
        let as_of = audit.run.as_of();
        let mut counts = [0; PERIODS.len()];
        for date in dates(audit).filter(|date| *date > as_of) {
            let period = PERIODS
                .into_iter()
                .position(|days| date <= as_of.plus_days(days));
            if let Some(period) = period {
                counts[period] += 1;
            }
        }
        Self { as_of, counts }
    }

    /// The periods that have credentials: their number, and the last day.
    pub(crate) fn periods(&self) -> impl Iterator<Item = (u64, Timestamp)> {
        let days = PERIODS.map(|days| self.as_of.plus_days(days));
        self.counts
            .into_iter()
            .zip(days)
            .filter(|(count, _)| *count > 0)
    }

    /// When the next credential becomes overdue or expires.
    pub(crate) fn next_date(audit: &Audit) -> Option<Timestamp> {
        let as_of = audit.run.as_of();
        dates(audit).filter(|date| *date > as_of).min()
    }
}

/// The rotate-by date of each credential, or its expiry date if that is earlier.
fn dates(audit: &Audit) -> impl Iterator<Item = Timestamp> {
    let date = |finding: &Finding| {
        let (_, credential) = audit.credential(finding)?;
        let rotate_by = audit
            .age(finding.credential_type, credential)
            .rotate_by(audit.limits(finding.credential_type));
        match (rotate_by, credential.expires_on.instant()) {
            (Some(rotate_by), Some(expires_on)) => Some(rotate_by.min(expires_on)),
            (known, other) => known.or(other),
        }
    };
    audit
        .findings
        .iter()
        .filter(|finding| !finding.is_excepted)
        .filter_map(date)
}

/// The earliest date to act by after `as_of`.
pub(super) fn next_act_by(audit: &Audit) -> Option<Timestamp> {
    audit
        .findings
        .iter()
        .filter(|finding| finding.needs_action())
        .filter_map(|finding| audit.act_by(finding))
        .filter(|act_by| *act_by > audit.run.as_of())
        .min()
}
