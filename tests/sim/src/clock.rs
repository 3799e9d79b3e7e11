//! The simulator's clock: the clock of the machine, plus an offset.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, PoisonError};

#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset: Mutex<TimeDelta>,
}

impl Clock {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        Utc::now() + *self.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_offset(&self, offset: TimeDelta) {
        *self.offset.lock().unwrap_or_else(PoisonError::into_inner) = offset;
    }
}

/// The form of a `date` header (RFC 9110, IMF-fixdate).
pub(crate) fn http_date(instant: DateTime<Utc>) -> String {
    instant.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
