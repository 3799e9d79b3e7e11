//! When a run is too old, or from the future.

use crate::timestamp::Timestamp;

/// Hours without a delivered run after which a tenancy is silent: a daily run, and half a day for retries.
pub const SILENT_HOURS: i64 = 36;

/// Seconds that the clock of a tenancy may be ahead.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// Whether a run of this time is too old to speak for its tenancy.
pub(super) fn is_silent(run: Timestamp, now: Timestamp) -> bool {
    run.plus_seconds(SILENT_HOURS * 3_600) < now
}

/// Whether a time is later than now, by more than clocks differ.
pub(super) fn is_later(time: Timestamp, now: Timestamp) -> bool {
    time > now.plus_seconds(CLOCK_SKEW_SECONDS)
}
