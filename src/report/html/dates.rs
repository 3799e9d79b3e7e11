//! Dates as the page shows them, and as its data holds them: as days from that of the run.

use crate::timestamp::Timestamp;

use super::numbers::counted;

/// Calendar days in UTC from `as_of` to `instant`; negative before it.
pub(super) fn days_after(instant: Timestamp, as_of: Timestamp) -> i32 {
    let day = |instant: Timestamp| instant.to_chrono().date_naive();
    let days = (day(instant) - day(as_of)).num_days();
    i32::try_from(days).unwrap_or(i32::MAX)
}

/// `in 5 days`, `46 days ago`, by calendar days.
pub(super) fn days_from_now(days: i32) -> String {
    let count = counted(u64::from(days.unsigned_abs()), "day", "days");
    match days {
        0 => "today".to_owned(),
        1.. => format!("in {count}"),
        _ => format!("{count} ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::parse_iso_8601;

    #[test]
    fn days_are_those_of_the_calendar() {
        let at = |text| parse_iso_8601(text).expect("a date");
        let as_of = at("2026-11-22T06:00:00Z");
        for (instant, days, text) in [
            ("2026-11-22T23:59:59Z", 0, "today"),
            ("2026-11-23T00:00:00Z", 1, "in 1 day"),
            ("2026-11-21T23:59:59Z", -1, "1 day ago"),
            ("2026-10-22T05:00:00Z", -31, "31 days ago"),
        ] {
            assert_eq!(days_after(at(instant), as_of), days);
            assert_eq!(days_from_now(days), text);
        }
    }
}
