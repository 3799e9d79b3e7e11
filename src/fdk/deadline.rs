//! `Fn-Deadline`, and the two earlier times at which a call stops.
//!
//! At the deadline the platform kills the container, and unstored results are lost. A function that returns 504 before the
//! deadline keeps its container. So a call has two earlier times. The budget is the time left when the call arrives:
//!
//! | time | before the deadline | purpose |
//! | --- | --- | --- |
//! | [`CallDeadline::finish_by`] | 2 s, or half of a budget under 4 s | the handler stores its results |
//! | [`CallDeadline::stop_at`] | 0.5 s, or a fifth of a budget under 2.5 s | the shim returns 504 |
//!
//! The header is truncated to seconds, so the actual deadline is up to 999 ms later. Container and platform share the
//! host's clock, so there can be no skew.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderValue;

/// Budget of a call with a missing or malformed deadline: the max duration of a synchronous call.
pub const DEFAULT_BUDGET: Duration = Duration::from_secs(300);

const FINISH_MARGIN: TimeDelta = TimeDelta::seconds(2);
const STOP_MARGIN: TimeDelta = TimeDelta::milliseconds(500);

/// The deadline of a call and the two times before it; see the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallDeadline {
    /// When the platform kills the call: `Fn-Deadline`, or the default budget after its arrival.
    pub at: DateTime<Utc>,
    /// When the handler should finish.
    pub finish_by: DateTime<Utc>,
    /// When the handler is dropped and the response is 504.
    pub stop_at: DateTime<Utc>,
}

impl CallDeadline {
    /// No deadline, for a request that did not come through the socket.
    pub const NEVER: Self = Self {
        at: DateTime::<Utc>::MAX_UTC,
        finish_by: DateTime::<Utc>::MAX_UTC,
        stop_at: DateTime::<Utc>::MAX_UTC,
    };

    /// Parses the deadline of a call that arrived at `now`: RFC 3339, with any offset and fraction.
    ///
    /// A missing or malformed deadline does not fail the call: it gets `default_budget`.
    #[must_use]
    pub fn read(
        header: Option<&HeaderValue>,
        now: DateTime<Utc>,
        default_budget: Duration,
    ) -> Self {
        let default = || now.checked_add_signed(TimeDelta::from_std(default_budget).ok()?);
        let at = header
            .and_then(parse)
            .or_else(default)
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        let budget = (at - now).max(TimeDelta::zero());
        Self {
            at,
            finish_by: at - FINISH_MARGIN.min(budget / 2),
            stop_at: at - STOP_MARGIN.min(budget / 5),
        }
    }

    /// Whether the deadline has passed at `now`.
    #[must_use]
    pub fn is_past(&self, now: DateTime<Utc>) -> bool {
        self.at <= now
    }

    /// Time until [`Self::stop_at`]; zero once it has passed.
    pub(super) fn until_stop(&self, now: DateTime<Utc>) -> Duration {
        (self.stop_at - now).to_std().unwrap_or_default()
    }
}

fn parse(header: &HeaderValue) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(header.as_bytes()).ok()?;
    DateTime::parse_from_rfc3339(text.trim())
        .ok()
        .map(|instant| instant.to_utc())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn read(header: &str) -> CallDeadline {
        let header = HeaderValue::from_bytes(header.as_bytes()).unwrap();
        CallDeadline::read(Some(&header), at("2026-11-22T06:00:00Z"), DEFAULT_BUDGET)
    }

    #[test]
    fn offsets_and_fractions_are_parsed() {
        for text in [
            "2026-11-22T06:00:30Z",
            "2026-11-22T11:30:30+05:30",
            "2026-11-22T06:00:30.000000000Z",
            " 2026-11-22t06:00:30z ",
        ] {
            assert_eq!(read(text).at, at("2026-11-22T06:00:30Z"), "{text}");
        }
    }

    #[test]
    fn malformed_deadline_gets_the_default_budget() {
        for text in [
            "",
            "soon",
            "2026-11-22",
            "2026-11-22T06:00:30",
            "1795327230",
            "2026-13-22T06:00:30Z",
            "\u{fffd}",
        ] {
            assert_eq!(read(text).at, at("2026-11-22T06:05:00Z"), "{text}");
        }
        assert_eq!(
            CallDeadline::read(None, at("2026-11-22T06:00:00Z"), Duration::MAX).at,
            DateTime::<Utc>::MAX_UTC
        );
    }

    #[test]
    fn long_budget_has_margins_of_two_and_half_a_second() {
        let deadline = read("2026-11-22T06:01:00Z");
        assert_eq!(deadline.finish_by, at("2026-11-22T06:00:58Z"));
        assert_eq!(deadline.stop_at, at("2026-11-22T06:00:59.500Z"));
    }

    #[test]
    fn short_budget_has_proportional_margins() {
        let deadline = read("2026-11-22T06:00:02Z");
        assert_eq!(deadline.finish_by, at("2026-11-22T06:00:01Z"));
        assert_eq!(deadline.stop_at, at("2026-11-22T06:00:01.600Z"));
    }

    #[test]
    fn deadline_is_past_at_its_exact_time() {
        assert!(read("2026-11-22T06:00:00Z").is_past(at("2026-11-22T06:00:00Z")));
        assert!(!read("2026-11-22T06:00:00.001Z").is_past(at("2026-11-22T06:00:00Z")));
        assert!(!read("9999-12-31T23:59:59Z").is_past(at("2026-11-22T06:00:00Z")));
    }

    proptest! {
        #[test]
        fn any_header_is_parsed_and_times_are_ordered(header in proptest::collection::vec(any::<u8>(), 0..40), budget in 0u64..100_000) {
            let now = at("2026-11-22T06:00:00Z");
            if let Ok(value) = HeaderValue::from_bytes(&header) {
                let _ = CallDeadline::read(Some(&value), now, DEFAULT_BUDGET);
            }
            let deadline = CallDeadline::read(None, now, Duration::from_millis(budget));
            prop_assert!(now <= deadline.finish_by && deadline.finish_by <= deadline.stop_at && deadline.stop_at <= deadline.at);
        }
    }
}
