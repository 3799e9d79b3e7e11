//! When a request is sent again, and how long to wait before. Pure: the random number is an argument.
//!
//! Full jitter (a random delay between zero and an exponentially growing bound): callers that failed together do not come
//! back together. 429, 5xx but 501, 408 and faults of the connection are worth another try; nothing else is. A `Retry-After` is a
//! lower bound for the delay.

use std::time::Duration;

use http::StatusCode;

use super::transport::TransportErrorKind;

/// Whether a request may be carried out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// Reads, and writes that only ever create.
    Idempotent,
    /// Only while it is certain that it was not carried out: after 429, or without a connection.
    NonIdempotent,
}

/// The limits of one request's retries.
#[derive(Clone, Copy, Debug)]
pub struct RetryRules {
    /// Whether it may be carried out twice.
    pub idempotency: Idempotency,
    /// From the first attempt until the last may begin; the caller's deadline may be earlier.
    pub total: Duration,
    /// The longest that one attempt may take, from connecting to the last byte. An object may take as long as it moves.
    pub attempt: Duration,
}

impl RetryRules {
    /// For reading.
    pub const READ: Self = Self {
        idempotency: Idempotency::Idempotent,
        total: Duration::from_secs(120),
        // A body that drips must not use up the run.
        attempt: Duration::from_secs(60),
    };
    /// For one row of a list, which somebody waits for: a service that does not answer is named soon.
    pub const CHECK: Self = Self {
        idempotency: Idempotency::Idempotent,
        total: Duration::from_secs(12),
        attempt: Duration::from_secs(10),
    };
    /// For storing: the limit is that of DESIGN.md section 5.
    pub const STORE: Self = Self {
        idempotency: Idempotency::Idempotent,
        total: Duration::from_secs(10),
        attempt: Duration::from_secs(10),
    };
    /// For publishing: there is no token that would make a repeat harmless.
    pub const PUBLISH: Self = Self {
        idempotency: Idempotency::NonIdempotent,
        total: Duration::from_secs(10),
        // One that hangs must leave time for the repeat.
        attempt: Duration::from_secs(4),
    };
}

/// What came of an attempt, as far as a retry is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// A response.
    Answered {
        /// Its status.
        status: StatusCode,
        /// Its `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// None.
    NoResponse(TransportErrorKind),
}

const THROTTLED_ATTEMPTS: u32 = 8;
const FAULT_ATTEMPTS: u32 = 5;
const MAX_DELAY: Duration = Duration::from_secs(20);

/// How often a request was throttled, and how often it met a fault: a service that asks for patience is not a broken one,
/// and the one must not use up the tries of the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct FailureCounts {
    throttled: u32,
    faults: u32,
}

impl FailureCounts {
    /// Counts an outcome, and says how many there were like it.
    pub const fn record(&mut self, outcome: AttemptOutcome) -> u32 {
        let alike = match outcome {
            AttemptOutcome::Answered {
                status: StatusCode::TOO_MANY_REQUESTS,
                ..
            } => &mut self.throttled,
            _ => &mut self.faults,
        };
        *alike += 1;
        *alike
    }
}

/// The delay before another attempt, or `None` where `outcome` is final. `attempt` counts the outcomes of this sort from 1
/// ([`FailureCounts::record`]); `random` lies in 0..1.
pub fn delay(
    attempt: u32,
    outcome: AttemptOutcome,
    idempotency: Idempotency,
    random: f64,
) -> Option<Duration> {
    let (attempts, first_bound, at_least) = match outcome {
        AttemptOutcome::Answered {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after,
        } => (THROTTLED_ATTEMPTS, Duration::from_secs(1), retry_after),
        AttemptOutcome::NoResponse(TransportErrorKind::Connect) => {
            (FAULT_ATTEMPTS, Duration::from_millis(500), None)
        }
        AttemptOutcome::Answered {
            status,
            retry_after,
        } if is_fault(status) && idempotency == Idempotency::Idempotent => {
            (FAULT_ATTEMPTS, Duration::from_millis(500), retry_after)
        }
        AttemptOutcome::NoResponse(
            TransportErrorKind::Timeout | TransportErrorKind::Interrupted,
        ) if idempotency == Idempotency::Idempotent => {
            (FAULT_ATTEMPTS, Duration::from_millis(500), None)
        }
        _ => return None,
    };
    if attempt >= attempts {
        return None;
    }
    let bound = first_bound
        .saturating_mul(2_u32.saturating_pow(attempt - 1))
        .min(MAX_DELAY);
    Some(at_least.unwrap_or_default() + bound.mul_f64(random.clamp(0.0, 1.0)))
}

/// Whether a status is a fault that may pass.
fn is_fault(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT
        || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED)
}

/// Reads `Retry-After` in seconds, a day at most: no run is longer, and a sum with a larger number may overflow. The form
/// with a date is not read: clocks differ, and OCI's services send seconds.
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
    fn what_may_pass_is_tried_again_and_nothing_else() {
        let again = |outcome, idempotency| delay(1, outcome, idempotency, 0.5).is_some();
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(again(answered(status), Idempotency::Idempotent), "{status}");
        }
        for status in [200, 301, 400, 401, 403, 404, 405, 409, 412, 413, 501] {
            assert!(
                !again(answered(status), Idempotency::Idempotent),
                "{status}"
            );
        }
        assert!(again(answered(429), Idempotency::NonIdempotent));
        assert!(again(
            AttemptOutcome::NoResponse(TransportErrorKind::Connect),
            Idempotency::NonIdempotent
        ));
        for kind in [TransportErrorKind::Timeout, TransportErrorKind::Interrupted] {
            assert!(again(
                AttemptOutcome::NoResponse(kind),
                Idempotency::Idempotent
            ));
            assert!(!again(
                AttemptOutcome::NoResponse(kind),
                Idempotency::NonIdempotent
            ));
        }
        assert!(!again(answered(503), Idempotency::NonIdempotent));
        assert!(!again(
            AttemptOutcome::NoResponse(TransportErrorKind::TooLarge),
            Idempotency::Idempotent
        ));
    }

    #[test]
    fn delays_grow_to_a_bound_and_attempts_end() {
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
    fn patience_and_faults_are_counted_apart() {
        let mut failures = FailureCounts::default();
        let counted = [429, 500, 429, 503, 500].map(|status| failures.record(answered(status)));
        assert_eq!(counted, [1, 1, 2, 2, 3]);
        let refused = AttemptOutcome::NoResponse(TransportErrorKind::Connect);
        assert_eq!(failures.record(refused), 4);
    }

    #[test]
    fn a_retry_after_is_the_least_delay() {
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
