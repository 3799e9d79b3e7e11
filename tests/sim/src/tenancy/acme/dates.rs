//! Instants at which people work: between 07:00 and 17:00 UTC.

use chrono::{DateTime, Datelike as _, Days, NaiveTime, SecondsFormat, TimeDelta, Utc, Weekday};
use fastrand::Rng;

/// Ages in days that are neither due nor soon so, also a day later and if their day was a Saturday.
const ORDINARY_AGES: std::ops::Range<i64> = 4..70;

/// The dates of one user, from its own random numbers.
pub(super) struct Dates {
    pub(super) rng: Rng,
    pub(super) as_of: DateTime<Utc>,
}

impl Dates {
    /// An instant in working hours, whose age is that many whole days.
    pub(super) fn days_ago(&mut self, days: i64) -> DateTime<Utc> {
        let latest = self.as_of - TimeDelta::days(days);
        let worked = latest.date_naive().and_time(self.working_hour()).and_utc();
        if worked <= latest {
            worked
        } else {
            worked - TimeDelta::days(1)
        }
    }

    /// When an ordinary credential was created: on a weekday, at an age that needs no action.
    pub(super) fn ordinary(&mut self) -> DateTime<Utc> {
        let days = self.rng.i64(ORDINARY_AGES);
        let created = self.days_ago(days);
        weekday(created)
    }

    /// A sign-in within the last weeks.
    pub(super) fn last_sign_in(&mut self) -> DateTime<Utc> {
        let days = self.rng.i64(0..21);
        let signed_in = self.days_ago(days);
        weekday(signed_in)
    }

    fn working_hour(&mut self) -> NaiveTime {
        let seconds = self.rng.u32(7 * 3600..17 * 3600);
        NaiveTime::from_num_seconds_from_midnight_opt(seconds, self.rng.u32(..1000) * 1_000_000)
            .unwrap_or_default()
    }
}

/// The Friday before, if it is a weekend.
fn weekday(instant: DateTime<Utc>) -> DateTime<Utc> {
    match instant.weekday() {
        Weekday::Sat => instant - Days::new(1),
        Weekday::Sun => instant - Days::new(2),
        _ => instant,
    }
}

/// The format of dates in Oracle's samples.
pub(super) fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}
