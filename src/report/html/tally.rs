//! What the page counts, in one pass over all credentials.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::judge::age::State;
use crate::judge::{Audit, Finding};

/// Max weeks with a count each; later ones are counted together.
pub(super) const MAX_WEEKS: u64 = 16;
/// Bars of a chart below twice the rotation age; one more counts what is older.
const BARS: u32 = 36;

/// Counts by state, in the order of [`State`].
pub(super) type ByState = [u64; 4];

/// Everything that is counted.
pub(super) struct Tally {
    /// One per type, in the order of [`CREDENTIAL_TYPES`].
    pub(super) credential_types: [TypeTally; CREDENTIAL_TYPES.len()],
    /// Credentials that are not overdue yet, by the Monday of the week in which they become overdue, and by type.
    pub(super) weeks: BTreeMap<NaiveDate, [u64; CREDENTIAL_TYPES.len()]>,
    /// Those that become overdue after the last of these weeks, by type.
    pub(super) later: [u64; CREDENTIAL_TYPES.len()],
    /// The axis of all charts.
    pub(super) scale: Scale,
}

/// What is counted of one type.
#[derive(Clone, Default)]
pub(super) struct TypeTally {
    /// Without those that are excepted.
    pub(super) states: ByState,
    /// Those that an exception accepts.
    pub(super) excepted: u64,
    /// Counts by state per bar of the chart.
    pub(super) bars: Vec<ByState>,
    pub(super) oldest: Option<i32>,
}

impl TypeTally {
    pub(super) fn credentials(&self) -> u64 {
        self.states.iter().sum::<u64>() + self.excepted
    }
}

/// The axis of ages.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    /// Days per bar.
    pub(super) step: u32,
    /// The age at which the last bar begins; it is open-ended.
    pub(super) end: u32,
}

impl Scale {
    fn of(audit: &Audit) -> Self {
        let credential_types = audit.run.credential_types.iter();
        let rotation = credential_types
            .map(|credential_type| audit.limits(credential_type).rotation_days)
            .max();
        // Four marks divide the axis, and each falls on a whole day.
        let rotation = rotation.unwrap_or(90).clamp(2, 100_000).next_multiple_of(2);
        let end = rotation * 2;
        Self {
            step: end.div_ceil(BARS),
            end,
        }
    }

    fn bars(self) -> usize {
        self.end.div_ceil(self.step) as usize + 1
    }

    fn bar(self, age: i32) -> usize {
        let age = u32::try_from(age).unwrap_or(0);
        if age >= self.end {
            self.bars() - 1
        } else {
            (age / self.step) as usize
        }
    }
}

impl Tally {
    pub(super) fn of(audit: &Audit) -> Self {
        let scale = Scale::of(audit);
        let mut tally = Self {
            credential_types: std::array::from_fn(|_| TypeTally {
                bars: vec![ByState::default(); scale.bars()],
                ..TypeTally::default()
            }),
            weeks: BTreeMap::new(),
            later: [0; CREDENTIAL_TYPES.len()],
            scale,
        };
        let first = monday(audit.run.as_of().to_chrono().date_naive());
        let last = first
            .checked_add_days(Days::new(7 * (MAX_WEEKS - 1)))
            .unwrap_or(NaiveDate::MAX);
        for finding in &audit.findings {
            tally.count_age(audit, finding);
            if let Some(week) = rotation_week(audit, finding) {
                if week > last {
                    tally.later[finding.credential_type.index()] += 1;
                } else {
                    tally.weeks.entry(week).or_default()[finding.credential_type.index()] += 1;
                }
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

    /// Max credentials that become overdue in one week.
    pub(super) fn fullest_week(&self) -> u64 {
        let weeks = self
            .weeks
            .values()
            .map(|credential_types| credential_types.iter().sum());
        weeks.max().unwrap_or(0)
    }

    fn count_age(&mut self, audit: &Audit, finding: &Finding) {
        let credential_type = &mut self.credential_types[finding.credential_type.index()];
        if finding.is_excepted {
            credential_type.excepted += 1;
        } else {
            credential_type.states[finding.state as usize] += 1;
        }
        let age = audit
            .credential(finding)
            .and_then(|(_, credential)| audit.age(finding.credential_type, credential).age_days);
        if let Some(age) = age {
            credential_type.bars[self.scale.bar(age)][finding.state as usize] += 1;
            credential_type.oldest = credential_type.oldest.max(Some(age));
        }
    }
}

/// The Monday of the week in which a credential becomes overdue, unless it is overdue or of unknown age.
fn rotation_week(audit: &Audit, finding: &Finding) -> Option<NaiveDate> {
    if finding.is_excepted || !matches!(finding.state, State::Due | State::Ok) {
        return None;
    }
    let (_, credential) = audit.credential(finding)?;
    let limits = audit.limits(finding.credential_type);
    let rotate_by = audit
        .age(finding.credential_type, credential)
        .rotate_by(limits)?;
    Some(monday(rotate_by.to_chrono().date_naive()))
}

fn monday(day: NaiveDate) -> NaiveDate {
    let back = u64::from(day.weekday().num_days_from_monday());
    day.checked_sub_days(Days::new(back)).unwrap_or(day)
}

/// The types that were to be read.
pub(super) fn audited(audit: &Audit) -> impl Iterator<Item = CredentialType> {
    audit.run.credential_types.iter()
}
