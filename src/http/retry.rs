//! When to retry a request, and the backoff. Pure: the random number is an argument.
//!
//! Exponential backoff with full jitter: a random delay between zero and a bound that doubles, so that failed callers do not
//! retry in step. Retries 429, 408, 5xx except 501 and 511, and connection errors. `Retry-After` is the min delay.
//!
//! A request that is not idempotent is retried until its deadline, because it was certainly not carried out. It is the
//! publish of a run, and nothing comes after it that could use the time.
//!
//! Written by hand, because 429s and faults have separate attempt limits.

use std::time::Duration;

use http::StatusCode;

use super::transport::TransportErrorKind;

/// Whether a request may be carried out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// Reads, and writes that only create.
    Idempotent,
    /// Retried only if it was certainly not carried out: after a 429, or without a connection.
    NonIdempotent,
}

/// Limits of the retries of one request.
#[derive(Clone, Copy, Debug)]
pub struct RetryRules {
    /// Whether the request may be carried out twice.
    pub idempotency: Idempotency,
    /// Max time from the first attempt to the start of the last. The caller's deadline may be earlier.
    pub total: Duration,
    /// Max time of one attempt, from connecting to the last byte. An object has more, by its size.
    pub attempt: Duration,
    /// How long to wait for new credentials after a 401.
    pub renewal: RenewalWait,
}

/// How long a request waits for new credentials after a 401, while their files may be being replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewalWait {
    /// A moment, once per credentials: some services answer 401 to a caller without permission.
    Briefly,
    /// Until the deadline of the request: without it the run is lost.
    UntilDeadline,
}

impl RetryRules {
    /// For reads.
    pub const READ: Self = Self {
        idempotency: Idempotency::Idempotent,
        total: Duration::from_secs(120),
        // A slow response must not use up the run.
        attempt: Duration::from_secs(60),
        renewal: RenewalWait::Briefly,
    };
    /// For checks, which somebody waits for.
    pub const CHECK: Self = Self {
        idempotency: Idempotency::Idempotent,
        total: Duration::from_secs(12),
        attempt: Duration::from_secs(10),
        renewal: RenewalWait::Briefly,
    };
    /// For Object Storage: lists and reads.
    pub const OBJECT_STORAGE: Self = Self {
        idempotency: Idempotency::Idempotent,
        total: Duration::from_secs(10),
        attempt: Duration::from_secs(10),
        renewal: RenewalWait::Briefly,
    };
    /// For storing an object. Leaves time for a retry if an attempt hangs.
    pub const STORE: Self = Self {
        idempotency: Idempotency::Idempotent,
        total: Duration::from_secs(30),
        attempt: Duration::from_secs(10),
        renewal: RenewalWait::UntilDeadline,
    };
    /// For metrics, which a run can do without. A value that arrives twice changes no maximum and no minimum.
    pub const METRICS: Self = Self {
        idempotency: Idempotency::Idempotent,
        total: Duration::from_secs(8),
        attempt: Duration::from_secs(4),
        renewal: RenewalWait::Briefly,
    };
    /// For a mail, which has no retry token, either. A run that sends hundreds spends little time on one.
    pub const MAIL: Self = Self {
        idempotency: Idempotency::NonIdempotent,
        total: Duration::from_secs(10),
        attempt: Duration::from_secs(5),
        renewal: RenewalWait::Briefly,
    };
    /// For publishing, which has no retry token.
    pub const PUBLISH: Self = Self {
        idempotency: Idempotency::NonIdempotent,
        // Until the deadline.
        total: Duration::MAX,
        // Leaves time for a retry if an attempt hangs.
        attempt: Duration::from_secs(4),
        renewal: RenewalWait::UntilDeadline,
    };
}

/// The outcome of an attempt, as it matters for a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// A response.
    Answered {
        /// Status.
        status: StatusCode,
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// No response.
    NoResponse(TransportErrorKind),
}

impl AttemptOutcome {
    /// Whether the service limits the rate of requests.
    pub fn is_throttled(self) -> bool {
        matches!(
            self,
            Self::Answered {
                status: StatusCode::TOO_MANY_REQUESTS,
                ..
            }
        )
    }
}

const MAX_THROTTLED_ATTEMPTS: u32 = 8;
const MAX_FAULT_ATTEMPTS: u32 = 5;
const MAX_DELAY: Duration = Duration::from_secs(20);
/// Max delay of a request that is retried until its deadline.
const MAX_DELAY_UNTIL_DEADLINE: Duration = Duration::from_secs(5);
/// Remaining time in which a request is not retried anymore.
const TOO_LATE: Duration = Duration::from_millis(200);
/// Time for the last attempt before a deadline; half of the remaining time if that is shorter.
const LAST_ATTEMPT: Duration = Duration::from_secs(2);

/// Failed attempts of a request. 429s and faults have separate attempt limits.
#[derive(Clone, Copy, Debug, Default)]
pub struct FailureCounts {
    throttled: u32,
    faults: u32,
}

impl FailureCounts {
    /// Counts an outcome; returns the number of outcomes of its group.
    pub const fn record(&mut self, outcome: AttemptOutcome) -> u32 {
        let count = match outcome {
            AttemptOutcome::Answered {
                status: StatusCode::TOO_MANY_REQUESTS,
                ..
            } => &mut self.throttled,
            _ => &mut self.faults,
        };
        *count += 1;
        *count
    }
}

/// Returns the delay before the next attempt; `None` if `outcome` is final. `attempt` is the count from
/// [`FailureCounts::record`]; `random` is in 0..1.
pub fn delay(
    attempt: u32,
    outcome: AttemptOutcome,
    idempotency: Idempotency,
    random: f64,
) -> Option<Duration> {
    let (max_attempts, first_bound, min_delay) = match outcome {
        AttemptOutcome::Answered {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after,
        } => (MAX_THROTTLED_ATTEMPTS, Duration::from_secs(1), retry_after),
        AttemptOutcome::NoResponse(
            TransportErrorKind::Connect
            | TransportErrorKind::NotResolved
            | TransportErrorKind::Refused
            | TransportErrorKind::ConnectTimeout
            | TransportErrorKind::Tls,
        ) => (MAX_FAULT_ATTEMPTS, Duration::from_millis(500), None),
        AttemptOutcome::Answered {
            status,
            retry_after,
        } if is_fault(status) && idempotency == Idempotency::Idempotent => {
            (MAX_FAULT_ATTEMPTS, Duration::from_millis(500), retry_after)
        }
        AttemptOutcome::NoResponse(
            TransportErrorKind::Timeout | TransportErrorKind::Interrupted,
        ) if idempotency == Idempotency::Idempotent => {
            (MAX_FAULT_ATTEMPTS, Duration::from_millis(500), None)
        }
        _ => return None,
    };
    let (max_attempts, max_delay) = match idempotency {
        Idempotency::Idempotent => (max_attempts, MAX_DELAY),
        Idempotency::NonIdempotent => (u32::MAX, MAX_DELAY_UNTIL_DEADLINE),
    };
    if attempt >= max_attempts {
        return None;
    }
    let bound = first_bound
        .saturating_mul(2_u32.saturating_pow(attempt - 1))
        .min(max_delay);
    Some(min_delay.unwrap_or_default() + bound.mul_f64(random.clamp(0.0, 1.0)))
}

/// The delay that fits into the `remaining` time; `None` if it is too late for another attempt. A request that is retried until
/// its deadline is sent before it, even if the service asks for a longer delay.
pub fn fitting_delay(
    delay: Duration,
    idempotency: Idempotency,
    remaining: Duration,
) -> Option<Duration> {
    match idempotency {
        Idempotency::Idempotent => (delay < remaining).then_some(delay),
        Idempotency::NonIdempotent if remaining < TOO_LATE => None,
        Idempotency::NonIdempotent => Some(delay.min(remaining - LAST_ATTEMPT.min(remaining / 2))),
    }
}

/// Whether a status is a temporary fault.
fn is_fault(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT
        || (status.is_server_error()
            && status != StatusCode::NOT_IMPLEMENTED
            // The sign-in page of a network.
            && status != StatusCode::NETWORK_AUTHENTICATION_REQUIRED)
}

/// Parses `Retry-After` in seconds. At most a day, because larger values may overflow a sum. The date form is not supported:
/// clocks differ, and OCI's services send seconds.
pub fn parse_retry_after(value: &str) -> Option<Duration> {
    let seconds: u64 = value.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(86_400)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> AttemptOutcome {
        AttemptOutcome::Answered {
            status: StatusCode::from_u16(status).expect("a status"),
            retry_after: None,
        }
    }

    #[test]
    fn only_temporary_failures_are_retried() {
        let retries = |outcome, idempotency| delay(1, outcome, idempotency, 0.5).is_some();
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(
                retries(answered(status), Idempotency::Idempotent),
                "{status}"
            );
        }
        for status in [200, 301, 400, 401, 403, 404, 405, 409, 412, 413, 501, 511] {
            assert!(
                !retries(answered(status), Idempotency::Idempotent),
                "{status}"
            );
        }
        assert!(retries(answered(429), Idempotency::NonIdempotent));
        assert!(retries(
            AttemptOutcome::NoResponse(TransportErrorKind::Connect),
            Idempotency::NonIdempotent
        ));
        for kind in [TransportErrorKind::Timeout, TransportErrorKind::Interrupted] {
            assert!(retries(
                AttemptOutcome::NoResponse(kind),
                Idempotency::Idempotent
            ));
            assert!(!retries(
                AttemptOutcome::NoResponse(kind),
                Idempotency::NonIdempotent
            ));
        }
        assert!(!retries(answered(503), Idempotency::NonIdempotent));
        assert!(!retries(
            AttemptOutcome::NoResponse(TransportErrorKind::TooLarge),
            Idempotency::Idempotent
        ));
        for idempotency in [Idempotency::Idempotent, Idempotency::NonIdempotent] {
            for kind in [
                TransportErrorKind::NotResolved,
                TransportErrorKind::Refused,
                TransportErrorKind::ConnectTimeout,
                TransportErrorKind::Tls,
            ] {
                assert!(retries(AttemptOutcome::NoResponse(kind), idempotency));
                assert!(!kind.may_have_been_done());
            }
            for kind in [
                TransportErrorKind::Certificate,
                TransportErrorKind::ProxyAuthentication,
            ] {
                assert!(!retries(AttemptOutcome::NoResponse(kind), idempotency));
                assert!(!kind.may_have_been_done());
            }
        }
    }

    #[test]
    fn delays_grow_to_a_bound_and_attempts_are_limited() {
        let bounds: Vec<_> = (1..10)
            .map_while(|attempt| delay(attempt, answered(500), Idempotency::Idempotent, 1.0))
            .collect();
        assert_eq!(bounds, [500, 1000, 2000, 4000].map(Duration::from_millis));
        let throttled: Vec<_> = (1..20)
            .map_while(|attempt| delay(attempt, answered(429), Idempotency::Idempotent, 1.0))
            .map(|delay| delay.as_secs())
            .collect();
        assert_eq!(throttled, [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(
            delay(1, answered(500), Idempotency::Idempotent, 0.0),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn publish_is_retried_until_its_deadline() {
        let refused = AttemptOutcome::NoResponse(TransportErrorKind::Connect);
        for outcome in [answered(429), refused] {
            let delay = delay(1000, outcome, Idempotency::NonIdempotent, 1.0);
            assert_eq!(delay, Some(MAX_DELAY_UNTIL_DEADLINE));
        }
        let fits = |delay, remaining| {
            let [delay, remaining] = [delay, remaining].map(Duration::from_millis);
            fitting_delay(delay, Idempotency::NonIdempotent, remaining)
                .map(|delay| delay.as_millis())
        };
        assert_eq!(fits(700, 9000), Some(700));
        assert_eq!(fits(60_000, 9000), Some(7000));
        assert_eq!(fits(60_000, 3000), Some(1500));
        assert_eq!(fits(0, 199), None);
        let (long, short) = (Duration::from_secs(9), Duration::from_secs(8));
        let read = |delay, remaining| fitting_delay(delay, Idempotency::Idempotent, remaining);
        assert_eq!(read(long, short), None);
        assert_eq!(read(short, long), Some(short));
    }

    #[test]
    fn throttling_and_faults_are_counted_separately() {
        let mut failures = FailureCounts::default();
        let counted = [429, 500, 429, 503, 500].map(|status| failures.record(answered(status)));
        assert_eq!(counted, [1, 1, 2, 2, 3]);
        let refused = AttemptOutcome::NoResponse(TransportErrorKind::Connect);
        assert_eq!(failures.record(refused), 4);
    }

    #[test]
    fn retry_after_is_the_min_delay() {
        let outcome = AttemptOutcome::Answered {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: parse_retry_after(" 7 "),
        };
        assert_eq!(
            delay(1, outcome, Idempotency::Idempotent, 0.0),
            Some(Duration::from_secs(7))
        );
        assert_eq!(parse_retry_after("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(parse_retry_after("-1"), None);
        assert_eq!(
            parse_retry_after("18446744073709551615"),
            Some(Duration::from_secs(86_400))
        );
    }
}
