//! The limits of a licence, over sliding windows.
//!
//! Source: Oracle's page "IAM identity domain types", section "API rate limits", group "Others". Requests that are
//! refused do not count; what Oracle's servers do with them is not documented.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Requests that a licence allows in any second and in any minute.
pub(crate) fn limits_of(licence: &str) -> (usize, usize) {
    match licence {
        "oracle-apps" => (50, 1500),
        "oracle-apps-premium" => (55, 1750),
        "premium" => (90, 5000),
        "external-user" => (80, 4000),
        _ => (20, 150),
    }
}

/// The recent requests of one domain, all callers together.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_second: usize,
    per_minute: usize,
    /// Instants of the requests of the last minute, oldest first.
    log: VecDeque<Instant>,
}

impl RateLimit {
    pub(crate) fn new((per_second, per_minute): (usize, usize)) -> Self {
        Self {
            per_second,
            per_minute,
            log: VecDeque::new(),
        }
    }

    /// Whether a request at this instant is within the limits; it is counted if so.
    pub(crate) fn admit(&mut self, now: Instant) -> bool {
        while self
            .log
            .front()
            .is_some_and(|oldest| now.duration_since(*oldest) >= Duration::from_secs(60))
        {
            self.log.pop_front();
        }
        let last_second = self
            .log
            .iter()
            .rev()
            .take_while(|instant| now.duration_since(**instant) < Duration::from_secs(1))
            .count();
        let admitted = last_second < self.per_second && self.log.len() < self.per_minute;
        if admitted {
            self.log.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_domain_answers_twenty_in_any_second() {
        let mut limit = RateLimit::new(limits_of("free"));
        let start = Instant::now();
        assert!((0..20).all(|i| limit.admit(start + Duration::from_millis(i * 10))));
        assert!(!limit.admit(start + Duration::from_millis(999)));
        assert!(
            limit.admit(start + Duration::from_millis(1000)),
            "the first one has left the window"
        );
        assert!(
            !limit.admit(start + Duration::from_millis(1001)),
            "and only the first"
        );
    }

    #[test]
    fn a_free_domain_answers_a_hundred_and_fifty_in_any_minute() {
        let mut limit = RateLimit::new(limits_of("free"));
        let start = Instant::now();
        assert!((0..150).all(|i| limit.admit(start + Duration::from_millis(i * 100))));
        assert!(!limit.admit(start + Duration::from_millis(59_999)));
        assert!(limit.admit(start + Duration::from_millis(60_000)));
    }

    #[test]
    fn an_unknown_licence_is_held_to_the_lowest_limits() {
        assert_eq!(limits_of("?"), limits_of("free"));
        assert_eq!(limits_of("premium"), (90, 5000));
    }
}
