//! Deadlines on tokio's clock, which tests can pause.
//!
//! That clock (CLOCK_MONOTONIC) continues while a container is frozen, as the platform's deadline does.

use std::time::Duration;

use tokio::time::Instant;

/// The time after which no request starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

/// Time reserved to store and publish results: reading stops this long before the deadline of the run, or a tenth of the
/// remaining time if that is longer.
const DELIVERY_RESERVE: Duration = Duration::from_secs(5);

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

    /// The deadline of reading, so that a run can still deliver before this one. The reserve is at most half of the
    /// remaining time.
    #[must_use]
    pub fn for_reading(self) -> Self {
        let remaining = self.remaining();
        let reserve = DELIVERY_RESERVE.max(remaining / 10).min(remaining / 2);
        Self(self.0 - reserve)
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

    #[tokio::test(start_paused = true)]
    async fn reading_leaves_five_seconds_or_a_tenth_for_delivery() {
        let reserve = |seconds| {
            let deadline = Deadline::after(Duration::from_secs(seconds));
            (deadline.remaining() - deadline.for_reading().remaining()).as_secs()
        };
        assert_eq!(reserve(30), 5);
        assert_eq!(reserve(300), 30);
        assert_eq!(reserve(6), 3);
        assert_eq!(reserve(0), 0);
    }
}
