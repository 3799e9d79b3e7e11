//! Rate limits of identity domains, by license.
//!
//! Source of the limits: the page "IAM Identity Domain Types" (Oracle documentation, Identity/sku/overview.htm), per domain
//! and for all callers together. Console users share them, so this program uses three quarters, in any second and in any 60
//! seconds.
//!
//! A sliding-window log of 60 seconds, not a token bucket: in the first minute, a bucket allows its capacity and its refill,
//! which is twice the limit. Written by hand, because rate-limiter crates use buckets.
//!
//! A request counts from when it is sent until one window after its response. The domain counts it somewhere in between, so
//! slow connections do not bunch requests.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// When to check again if as many requests are in flight as the limit allows.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// A 429 halves the rate, at most down to this fraction.
const MAX_DIVISOR: u32 = 8;
/// The rate doubles again after this time without a 429, because quota used by others becomes available every minute.
const RECOVERY_INTERVAL: Duration = Duration::from_secs(10);

/// The request limits of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// In any one second.
    pub per_second: u32,
    /// In any 60 seconds.
    pub per_minute: u32,
}

impl RateLimit {
    /// The limit of a Free domain, and of a domain with an unknown license.
    pub const FREE: Self = Self {
        per_second: 20,
        per_minute: 150,
    };

    /// The limit of a license type of the domain list; `None` if it is unknown.
    pub fn of_license(license: &str) -> Option<Self> {
        let (per_second, per_minute) = match license.to_ascii_lowercase().as_str() {
            "free" => (20, 150),
            "oracle-apps" => (50, 1500),
            "oracle-apps-premium" => (55, 1750),
            "premium" => (90, 5000),
            "external-user" => (80, 4000),
            _ => return None,
        };
        Some(Self {
            per_second,
            per_minute,
        })
    }
}

impl RateLimit {
    /// Three quarters, rounded down to a multiple of five from 5 on: 15 per second and 110 per minute for Free.
    fn three_quarters(self) -> Self {
        let of = |number: u32| match number.saturating_mul(3) / 4 {
            few @ 0..=4 => few.max(1),
            many => many - many % 5,
        };
        Self {
            per_second: of(self.per_second),
            per_minute: of(self.per_minute),
        }
    }
}

/// The setting `AUDIT_RATE_LIMIT`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateLimitSetting {
    /// By the license in the domain list, [`RateLimit::FREE`] if unknown.
    #[default]
    ByLicense,
    /// A fixed limit for every domain.
    Fixed(RateLimit),
    /// No limit.
    Off,
}

impl RateLimitSetting {
    /// Limit of a domain with this license; `None` for no limit.
    pub fn of(self, license: Option<&str>) -> Option<RateLimit> {
        match self {
            Self::ByLicense => Some(
                license
                    .and_then(RateLimit::of_license)
                    .unwrap_or(RateLimit::FREE),
            ),
            Self::Fixed(limit) => Some(limit),
            Self::Off => None,
        }
    }
}

/// An invalid `AUDIT_RATE_LIMIT`. `Display` prints the accepted values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitError;

impl fmt::Display for RateLimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a license (free, oracle-apps, oracle-apps-premium, premium, external-user), <per second>/<per minute>, or off")
    }
}

impl FromStr for RateLimitSetting {
    type Err = RateLimitError;

    fn from_str(text: &str) -> Result<Self, RateLimitError> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self::Off);
        }
        if let Some(limit) = RateLimit::of_license(text) {
            return Ok(Self::Fixed(limit));
        }
        let (per_second, per_minute) = text.split_once('/').ok_or(RateLimitError)?;
        let number = |text: &str| {
            text.trim()
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .ok_or(RateLimitError)
        };
        Ok(Self::Fixed(RateLimit {
            per_second: number(per_second)?,
            per_minute: number(per_minute)?,
        }))
    }
}

/// The rate limiter of one domain, shared by all its requests.
#[derive(Debug)]
pub struct RateLimiter {
    state: Mutex<RateLimiterState>,
}

#[derive(Debug)]
struct RateLimiterState {
    limit: Option<RateLimit>,
    /// 1 at the full rate; doubled by a 429, halved after [`RECOVERY_INTERVAL`].
    divisor: u32,
    /// Last change of the divisor.
    changed: Instant,
    /// Earliest time of the next request, from `Retry-After`.
    not_before: Option<Instant>,
    /// Requests without a response yet.
    in_flight: usize,
    /// When requests completed, for the last 60 seconds.
    completed: VecDeque<Instant>,
}

/// Permission to send one request. Drop it when the request completed or failed.
#[derive(Debug)]
pub struct Permit<'a>(&'a RateLimiter);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        state.completed.push_back(Instant::now());
    }
}

impl RateLimiter {
    /// Creates a limiter for three quarters of `limit`. Without a limit, only `Retry-After` delays requests.
    pub fn new(limit: Option<RateLimit>) -> Self {
        let state = RateLimiterState {
            limit: limit.map(RateLimit::three_quarters),
            divisor: 1,
            changed: Instant::now(),
            not_before: None,
            in_flight: 0,
            completed: VecDeque::new(),
        };
        Self {
            state: Mutex::new(state),
        }
    }

    /// Replaces the limit. Earlier requests still count.
    pub fn set_limit(&self, limit: Option<RateLimit>) {
        self.lock().limit = limit.map(RateLimit::three_quarters);
    }

    /// Halves the rate after a 429 for a request sent at `sent`, and waits for `retry_after`. Of several 429s for requests in
    /// flight at the same time, only the first halves the rate.
    pub fn on_throttled(&self, sent: Instant, retry_after: Option<Duration>) {
        let mut state = self.lock();
        let now = Instant::now();
        state.recover(now);
        if state.divisor == 1 || sent >= state.changed {
            state.divisor = (state.divisor * 2).min(MAX_DIVISOR);
            state.changed = now;
        }
        if let Some(wait) = retry_after {
            let until = now + wait;
            state.not_before = Some(state.not_before.map_or(until, |known| known.max(until)));
        }
    }

    /// Takes a permit to send a request now.
    ///
    /// # Errors
    ///
    /// The time to try again, if no request may be sent now.
    pub fn try_acquire(&self) -> Result<Permit<'_>, Instant> {
        let now = Instant::now();
        let mut state = self.lock();
        if let Some(not_before) = state.not_before.filter(|instant| *instant > now) {
            return Err(not_before);
        }
        state.recover(now);
        while state
            .completed
            .front()
            .is_some_and(|completed| now.duration_since(*completed) >= MINUTE)
        {
            state.completed.pop_front();
        }
        if let Some(limit) = state.limit {
            let next = state.next_free(limit.per_second, SECOND, now);
            if let Some(next) = next.max(state.next_free(limit.per_minute, MINUTE, now)) {
                // The rate may recover earlier.
                let slowed = state.divisor > 1;
                return Err(if slowed {
                    next.min(state.changed + RECOVERY_INTERVAL)
                } else {
                    next
                });
            }
        }
        state.in_flight += 1;
        Ok(Permit(self))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, RateLimiterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RateLimiterState {
    /// When a window allows another request; `None` for now.
    fn next_free(&self, allowed: u32, window: Duration, now: Instant) -> Option<Instant> {
        let allowed = (allowed / self.divisor).max(1) as usize;
        let Some(left) = allowed.checked_sub(self.in_flight).filter(|left| *left > 0) else {
            return Some(now + POLL_INTERVAL);
        };
        let index = self.completed.len().checked_sub(left)?;
        let free = *self.completed.get(index)? + window;
        (free > now).then_some(free)
    }

    fn recover(&mut self, now: Instant) {
        while self.divisor > 1 && now.duration_since(self.changed) >= RECOVERY_INTERVAL {
            self.divisor /= 2;
            self.changed += RECOVERY_INTERVAL;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_accepts_a_license_two_numbers_or_off() {
        assert_eq!("off".parse(), Ok(RateLimitSetting::Off));
        let fixed = |per_second, per_minute| {
            Ok(RateLimitSetting::Fixed(RateLimit {
                per_second,
                per_minute,
            }))
        };
        assert_eq!("premium".parse(), fixed(90, 5000));
        assert_eq!("3/100".parse(), fixed(3, 100));
        for text in ["", "0/1", "1/0", "1", "fast", "-1/5", "1/2/3"] {
            assert_eq!(
                text.parse::<RateLimitSetting>(),
                Err(RateLimitError),
                "{text}"
            );
        }
        assert_eq!(
            RateLimitSetting::ByLicense.of(Some("brand-new")),
            Some(RateLimit::FREE)
        );
    }

    async fn send_times(rate_limiter: &RateLimiter, count: usize) -> Vec<Duration> {
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..count {
            while let Err(later) = rate_limiter.try_acquire() {
                tokio::time::sleep_until(later).await;
            }
            times.push(start.elapsed());
        }
        times
    }

    fn max_within(times: &[Duration], window: Duration) -> usize {
        (0..times.len())
            .map(|first| {
                times[first..]
                    .iter()
                    .take_while(|time| **time < times[first] + window)
                    .count()
            })
            .max()
            .unwrap_or(0)
    }

    #[tokio::test(start_paused = true)]
    async fn free_domain_gets_at_most_15_requests_per_second_and_110_per_minute() {
        let times = send_times(&RateLimiter::new(Some(RateLimit::FREE)), 300).await;
        assert_eq!(max_within(&times, SECOND), 15);
        assert_eq!(max_within(&times, MINUTE), 110);
        // The 44 list requests of the largest Free domain take less than three seconds.
        assert!(times[43] < Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn status_429_halves_the_rate_and_retry_after_is_respected() {
        let rate_limiter = RateLimiter::new(Some(RateLimit::FREE));
        rate_limiter.on_throttled(Instant::now(), Some(Duration::from_secs(7)));
        let times = send_times(&rate_limiter, 14).await;
        assert!(times[0] >= Duration::from_secs(7));
        assert_eq!(max_within(&times, SECOND), 7);
        let unlimited = RateLimiter::new(None);
        unlimited.on_throttled(Instant::now(), Some(Duration::from_secs(2)));
        assert_eq!(
            send_times(&unlimited, 3).await,
            vec![Duration::from_secs(2); 3]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn concurrent_429s_halve_the_rate_once_and_it_recovers() {
        let rate_limiter = RateLimiter::new(Some(RateLimit::FREE));
        let sent = Instant::now();
        tokio::time::sleep(Duration::from_millis(20)).await;
        for _ in 0..15 {
            rate_limiter.on_throttled(sent, None);
        }
        assert_eq!(max_within(&send_times(&rate_limiter, 14).await, SECOND), 7);
        let rate_limiter = RateLimiter::new(Some(RateLimit::FREE));
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            rate_limiter.on_throttled(Instant::now(), None);
        }
        assert_eq!(max_within(&send_times(&rate_limiter, 3).await, SECOND), 1);
        tokio::time::sleep(MINUTE * 2).await;
        assert_eq!(max_within(&send_times(&rate_limiter, 45).await, SECOND), 15);
    }
}
