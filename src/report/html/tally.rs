//! What the page counts, in one pass over all credentials.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::judge::action::Work;
use crate::judge::controls::BrokenControls;
use crate::judge::{Audit, Finding};
use crate::timestamp::Timestamp;

/// Max weeks with a count each, a quarter of a year; later ones are counted together.
pub(super) const MAX_WEEKS: u64 = 13;
/// The ages at which the bands begin, in days.
pub(super) const BANDS: [i32; 6] = [0, 30, 60, 90, 180, 365];

/// One number per type, in the order of [`CREDENTIAL_TYPES`].
pub(super) type ByType = [u64; CREDENTIAL_TYPES.len()];

/// Everything that is counted.
pub(super) struct Tally {
    /// One per type, in the order of [`CREDENTIAL_TYPES`].
    pub(super) credential_types: [TypeTally; CREDENTIAL_TYPES.len()],
    /// Credentials that are overdue or have expired, by type.
    pub(super) late: ByType,
    /// Others, by the Monday of the week in which they become overdue or expire, and by type.
    pub(super) weeks: BTreeMap<NaiveDate, ByType>,
    /// Those after the last of these weeks, by type.
    pub(super) later: ByType,
    /// Credentials without findings.
    pub(super) clean: u64,
    /// Credentials that need no action because an exception accepts it.
    pub(super) accepted: u64,
    /// Credentials that need no action, but have a finding or break a control, and that no exception accepts.
    pub(super) plain: u64,
}

/// What is counted of one type.
#[derive(Clone, Copy, Default)]
pub(super) struct TypeTally {
    pub(super) credentials: u64,
    /// By band of age.
    pub(super) bands: [u64; BANDS.len()],
    pub(super) unknown: u64,
    pub(super) oldest: Option<i32>,
    /// To rotate or to replace.
    pub(super) to_rotate: u64,
}

impl Tally {
    pub(super) fn of(audit: &Audit, broken: &BrokenControls) -> Self {
        let mut tally = Self {
            credential_types: [TypeTally::default(); CREDENTIAL_TYPES.len()],
            late: ByType::default(),
            weeks: BTreeMap::new(),
            later: ByType::default(),
            clean: 0,
            accepted: 0,
            plain: 0,
        };
        let first = monday(audit.run.as_of());
        let last = first
            .checked_add_days(Days::new(7 * (MAX_WEEKS - 1)))
            .unwrap_or(NaiveDate::MAX);
        for finding in &audit.findings {
            let index = finding.credential_type.index();
            tally.count(audit, broken, finding);
            match deadline(audit, finding) {
                None => {}
                Some(date) if date <= audit.run.as_of() => tally.late[index] += 1,
                Some(date) if monday(date) > last => tally.later[index] += 1,
                Some(date) => tally.weeks.entry(monday(date)).or_default()[index] += 1,
            }
        }
        // Weeks without a credential are shown too.
        if let Some((&end, _)) = tally.weeks.last_key_value() {
            let mondays = first.iter_weeks().take_while(|week| *week < end);
            for week in mondays {
                tally.weeks.entry(week).or_default();
            }
        }
        tally
    }

    /// Max credentials of one bar of the chart of weeks.
    pub(super) fn longest_week(&self) -> u64 {
        let weeks = self.weeks.values().chain([&self.late, &self.later]);
        weeks.map(total).max().unwrap_or(0)
    }

    /// Max credentials of one band of one type.
    pub(super) fn largest_band(&self) -> u64 {
        let bands = self.credential_types.iter().flat_map(|of_type| {
            let TypeTally { bands, unknown, .. } = of_type;
            bands.iter().chain([unknown])
        });
        bands.max().copied().unwrap_or(0)
    }

    fn count(&mut self, audit: &Audit, broken: &BrokenControls, finding: &Finding) {
        let Some((_, credential)) = audit.credential(finding) else {
            return;
        };
        let breaks_nothing = || broken.of_credential(audit, finding, credential).is_empty();
        if !finding.needs_action() {
            let count = if finding.is_excepted {
                &mut self.accepted
            } else if !finding.is_finding() && breaks_nothing() {
                &mut self.clean
            } else {
                &mut self.plain
            };
            *count += 1;
        }
        let of_type = &mut self.credential_types[finding.credential_type.index()];
        of_type.credentials += 1;
        of_type.to_rotate += u64::from(finding.action.work() == Some(Work::Rotate));
        match audit.age(finding.credential_type, credential).age_days {
            None => of_type.unknown += 1,
            Some(age) => {
                let band = BANDS.iter().rposition(|begin| *begin <= age).unwrap_or(0);
                of_type.bands[band] += 1;
                of_type.oldest = of_type.oldest.max(Some(age));
            }
        }
    }
}

pub(super) fn total(by_type: &ByType) -> u64 {
    by_type.iter().sum()
}

/// When a credential becomes overdue or expires, unless an exception accepts it. If one accepts its age alone, it expires.
fn deadline(audit: &Audit, finding: &Finding) -> Option<Timestamp> {
    let (_, credential) = audit.credential(finding)?;
    if finding.is_excepted {
        let expires_on = credential.expires_on.instant();
        return expires_on.filter(|_| finding.needs_action());
    }
    let rotate_by = audit
        .age(finding.credential_type, credential)
        .rotate_by(audit.limits(finding.credential_type));
    match (rotate_by, credential.expires_on.instant()) {
        (Some(rotate_by), Some(expires_on)) => Some(rotate_by.min(expires_on)),
        (known, other) => known.or(other),
    }
}

fn monday(instant: Timestamp) -> NaiveDate {
    let day = instant.to_chrono().date_naive();
    let back = u64::from(day.weekday().num_days_from_monday());
    day.checked_sub_days(Days::new(back)).unwrap_or(day)
}

/// The types that were to be read.
pub(super) fn audited(audit: &Audit) -> impl Iterator<Item = CredentialType> {
    audit.run.credential_types.iter()
}
