//! The only caller of "now".

use std::fmt;

use chrono::{DateTime, Utc};

/// The wall clock, which tests replace.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Returns the current time. Jumps after a frozen container thaws.
    fn now(&self) -> DateTime<Utc>;
}

/// The system clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the only caller")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that returns a fixed time.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub DateTime<Utc>);

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}
