//! The only caller of "now".

use std::fmt;

use chrono::{DateTime, Utc};

/// Where the wall clock comes from. Tests give another.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The wall clock, in UTC. It jumps when a frozen container thaws.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks for the time"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that always says the same.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub DateTime<Utc>);

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}
