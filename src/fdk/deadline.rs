//! `Fn-Deadline`, and when to stop before it.
//!
//! At the deadline the platform kills the container, and with it everything the run did not store. So there are two
//! earlier instants: the handler is told when to wrap up, and the shim answers 504 itself before the platform would,
//! since a function that says 504 in time keeps its container.
//!
//! With `budget` the time left when the call arrives:
//!
//! | instant | before the deadline | so that |
//! | --- | --- | --- |
//! | [`CallDeadline::finish_by`] | 2 s, or half of a budget under 4 s | the handler can store what it has |
//! | [`CallDeadline::stop_at`] | 0.5 s, or a fifth of a budget under 2.5 s | the answer is out before the axe |
//!
//! The header has whole seconds, truncated: the true limit is up to 999 ms later, which is left as a reserve. Container
//! and platform share the host's clock, so skew is no concern.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderValue;

/// Budget of a call that has no deadline, or one that cannot be read: the longest a synchronous call can last.
pub const DEFAULT_BUDGET: Duration = Duration::from_secs(300);

const FINISH_MARGIN: TimeDelta = TimeDelta::seconds(2);
const STOP_MARGIN: TimeDelta = TimeDelta::milliseconds(500);

/// The instants a call must keep to; the file's head has the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallDeadline {
    /// When the platform gives up: `Fn-Deadline`, or the default budget from the arrival of the call.
    pub at: DateTime<Utc>,
    /// When the handler should start to wrap up.
    pub finish_by: DateTime<Utc>,
    /// When the handler is dropped and the call answered with 504.
    pub stop_at: DateTime<Utc>,
}

impl CallDeadline {
    /// No limit at all: the deadline of a request that did not come through the socket.
    pub const NEVER: Self = Self {
        at: DateTime::<Utc>::MAX_UTC,
        finish_by: DateTime::<Utc>::MAX_UTC,
        stop_at: DateTime::<Utc>::MAX_UTC,
    };

    /// The deadline of a call that arrived at `now`.
    ///
    /// Any RFC 3339 text will do, with offset and fraction. What is missing or unreadable is no reason to fail a call:
    /// it counts as `default_budget`.
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

    /// Whether the platform has given up by `now`.
    #[must_use]
    pub fn is_past(&self, now: DateTime<Utc>) -> bool {
        self.at <= now
    }

    /// Time until the hard stop, zero once it is reached.
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
    fn offsets_and_fractions_name_the_same_instant() {
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
    fn what_cannot_be_read_counts_as_the_default_budget() {
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
    fn a_long_budget_leaves_two_seconds_to_the_handler_and_half_a_second_to_the_answer() {
        let deadline = read("2026-11-22T06:01:00Z");
        assert_eq!(deadline.finish_by, at("2026-11-22T06:00:58Z"));
        assert_eq!(deadline.stop_at, at("2026-11-22T06:00:59.500Z"));
    }

    #[test]
    fn a_short_budget_is_shared_out() {
        let deadline = read("2026-11-22T06:00:02Z");
        assert_eq!(deadline.finish_by, at("2026-11-22T06:00:01Z"));
        assert_eq!(deadline.stop_at, at("2026-11-22T06:00:01.600Z"));
    }

    #[test]
    fn a_deadline_is_past_at_its_own_instant() {
        assert!(read("2026-11-22T06:00:00Z").is_past(at("2026-11-22T06:00:00Z")));
        assert!(!read("2026-11-22T06:00:00.001Z").is_past(at("2026-11-22T06:00:00Z")));
        assert!(!read("9999-12-31T23:59:59Z").is_past(at("2026-11-22T06:00:00Z")));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_fail_and_the_order_holds(header in proptest::collection::vec(any::<u8>(), 0..40), budget in 0u64..100_000) {
            let now = at("2026-11-22T06:00:00Z");
            if let Ok(value) = HeaderValue::from_bytes(&header) {
                let _ = CallDeadline::read(Some(&value), now, DEFAULT_BUDGET);
            }
            let deadline = CallDeadline::read(None, now, Duration::from_millis(budget));
            prop_assert!(now <= deadline.finish_by && deadline.finish_by <= deadline.stop_at && deadline.stop_at <= deadline.at);
        }
    }
}
