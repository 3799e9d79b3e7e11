//! The rate limits of a license, over sliding windows.
//!
//! Source: Oracle's page "IAM identity domain types", section "API rate limits", group "Others". Requests that are
//! refused do not count. Oracle does not document whether they do.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Maximum numbers of requests per second and per minute.
pub(crate) fn limits_of(license: &str) -> (usize, usize) {
    match license {
        "oracle-apps" => (50, 1500),
        "oracle-apps-premium" => (55, 1750),
        "premium" => (90, 5000),
        "external-user" => (80, 4000),
        _ => (20, 150),
    }
}

/// The recent requests to one domain, of all callers.
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

    /// Whether a request at this instant is within the limits. Counts it if so.
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
    fn free_domain_permits_20_requests_per_second() {
        let mut limit = RateLimit::new(limits_of("free"));
        let start = Instant::now();
        assert!((0..20).all(|i| limit.admit(start + Duration::from_millis(i * 10))));
        assert!(!limit.admit(start + Duration::from_millis(999)));
        assert!(
            limit.admit(start + Duration::from_millis(1000)),
            "the first request left the window"
        );
        assert!(
            !limit.admit(start + Duration::from_millis(1001)),
            "only the first request left the window"
        );
    }

    #[test]
    fn free_domain_permits_150_requests_per_minute() {
        let mut limit = RateLimit::new(limits_of("free"));
        let start = Instant::now();
        assert!((0..150).all(|i| limit.admit(start + Duration::from_millis(i * 100))));
        assert!(!limit.admit(start + Duration::from_millis(59_999)));
        assert!(limit.admit(start + Duration::from_millis(60_000)));
    }

    #[test]
    fn unknown_license_has_the_lowest_limits() {
        assert_eq!(limits_of("?"), limits_of("free"));
        assert_eq!(limits_of("premium"), (90, 5000));
    }
}
