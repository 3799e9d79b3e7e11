//! By when something has to be done.
//!
//! Kept on tokio's clock, so that tests can move it. That clock goes on while a container is frozen (it is
//! CLOCK_MONOTONIC), as the platform's deadline does.

use std::time::Duration;

use tokio::time::Instant;

/// A point in time after which no request is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

/// Reading stops this long before the run has to answer, or a tenth of the run's time, whichever is longer: time to
/// store and publish what is known (DESIGN.md section 10.6).
const DELIVERY_RESERVE: Duration = Duration::from_secs(5);

impl Deadline {
    /// A deadline `time` from now.
    pub fn after(time: Duration) -> Self {
        let now = Instant::now();
        // Thirty years stand for "never": longer sums overflow on some platforms.
        Self(
            now.checked_add(time)
                .unwrap_or_else(|| now + Duration::from_secs(30 * 365 * 86_400)),
        )
    }

    /// The time that is left; zero once it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub fn has_passed(self) -> bool {
        self.remaining().is_zero()
    }

    /// The same point for tokio's timers.
    pub const fn instant(self) -> Instant {
        self.0
    }

    /// When reading has to stop so that a run that ends at this deadline can still deliver. Where all the time is less
    /// than two reserves, half of it is kept.
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
    async fn reading_leaves_five_seconds_or_a_tenth() {
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
