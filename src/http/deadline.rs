//! Deadlines on tokio's clock, which tests can pause.
//!
//! That clock (CLOCK_MONOTONIC) continues while a container is frozen, as the platform's deadline does.

use std::time::Duration;

use tokio::time::Instant;

/// The time after which no request starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

/// When the stages of a run end. A later stage has a share of the time that no earlier one can use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageDeadlines {
    /// When reading ends. What is not read by then is a coverage gap.
    pub reading: Deadline,
    /// When storing ends. What is not stored by then is given up.
    pub storing: Deadline,
    /// The deadline of the run, when publishing ends.
    pub end: Deadline,
}

/// Max share of publishing, in a run of 40 seconds or more.
const MAX_PUBLISHING_SHARE: Duration = Duration::from_secs(8);
/// Min share of storing.
const MIN_STORING_SHARE: Duration = Duration::from_secs(5);

impl StageDeadlines {
    /// Divides the time until `end`. The last fifth, at most 8 s, is for publishing, if the run publishes. A tenth before it, at
    /// least 5 s, is for storing. If less than 5 s are left for reading, storing and reading share the time equally.
    pub fn until(end: Deadline, publishes: bool) -> Self {
        let time = end.remaining();
        let publishing = if publishes {
            MAX_PUBLISHING_SHARE.min(time / 5)
        } else {
            Duration::ZERO
        };
        let before = time.saturating_sub(publishing);
        let storing = MIN_STORING_SHARE.max(time / 10).min(before / 2);
        let storing_end = end.earlier_by(publishing);
        Self {
            reading: storing_end.earlier_by(storing),
            storing: storing_end,
            end,
        }
    }
}

impl Deadline {
    /// A deadline `time` from now.
    pub fn after(time: Duration) -> Self {
        let now = Instant::now();
        // 30 years mean "never": longer sums overflow on some platforms.
        Self(
            now.checked_add(time)
                .unwrap_or_else(|| now + Duration::from_secs(30 * 365 * 86_400)),
        )
    }

    /// Remaining time; zero once the deadline has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether the deadline has passed.
    pub fn has_passed(self) -> bool {
        self.remaining().is_zero()
    }

    /// The deadline for tokio's timers.
    pub const fn instant(self) -> Instant {
        self.0
    }

    /// The deadline `time` before this one.
    #[must_use]
    pub fn earlier_by(self, time: Duration) -> Self {
        // The origin of the clock is never reached: no share is longer than the remaining time.
        Self(self.0.checked_sub(time).unwrap_or(self.0))
    }

    /// This deadline, or `limit` from now if that is earlier.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        self.min(Self::after(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds from the start at which reading and storing end in a run of `seconds`.
    fn ends(seconds: f64, publishes: bool) -> (f64, f64) {
        let end = Deadline::after(Duration::from_secs_f64(seconds));
        let stages = StageDeadlines::until(end, publishes);
        assert_eq!(stages.end, end);
        let seconds = |deadline: Deadline| {
            let milliseconds = deadline.remaining().as_secs_f64() * 1000.0;
            milliseconds.round() / 1000.0
        };
        (seconds(stages.reading), seconds(stages.storing))
    }

    #[tokio::test(start_paused = true)]
    async fn publishing_and_storing_have_the_last_shares() {
        for (seconds, reading, storing) in [
            (28.0, 17.4, 22.4),
            (40.0, 27.0, 32.0),
            (98.0, 80.2, 90.0),
            (298.0, 260.2, 290.0),
            (3598.0, 3230.2, 3590.0),
            // Less than five seconds for reading.
            (10.0, 4.0, 8.0),
            (3.0, 1.2, 2.4),
            (0.0, 0.0, 0.0),
        ] {
            assert_eq!(ends(seconds, true), (reading, storing), "{seconds} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn run_that_publishes_nothing_reserves_no_share_for_it() {
        assert_eq!(ends(28.0, false), (23.0, 28.0));
        assert_eq!(ends(298.0, false), (268.2, 298.0));
    }

    #[tokio::test(start_paused = true)]
    async fn time_without_end_can_be_divided() {
        let stages = StageDeadlines::until(Deadline::after(Duration::MAX), true);
        assert!(stages.reading < stages.storing && stages.storing < stages.end);
    }
}
