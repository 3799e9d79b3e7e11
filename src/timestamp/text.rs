//! Dates and instants as text.

use std::ops::Deref;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

/// A date or an instant as text, without an allocation. Reports of a large tenancy have millions: with a format string, they took a
/// third of the time.
#[derive(Clone, Copy, Debug)]
pub struct TimestampText {
    ascii: [u8; LONGEST_TEXT.len()],
    length: usize,
}

/// An instant of the last year that chrono knows.
const LONGEST_TEXT: &str = "+262142-12-31T23:59:59.999999Z";

impl TimestampText {
    /// `2026-11-22`.
    pub(super) fn of_date(date: NaiveDate) -> Self {
        let mut text = Self {
            ascii: [0; LONGEST_TEXT.len()],
            length: 0,
        };
        match u32::try_from(date.year()) {
            Ok(year) if year <= 9_999 => {
                text.push_two_digits(year / 100);
                text.push_two_digits(year % 100);
            }
            // ISO 8601 writes such years with a sign.
            _ => format!("{:+05}", date.year())
                .bytes()
                .for_each(|byte| text.push(&[byte])),
        }
        for number in [date.month(), date.day()] {
            text.push(b"-");
            text.push_two_digits(number);
        }
        text
    }

    /// RFC 3339 in UTC, with 0, 3 or 6 digits of a fraction, as needed.
    pub(super) fn of_instant(instant: NaiveDateTime) -> Self {
        let mut text = Self::of_date(instant.date());
        text.push_time(instant.time());
        text
    }

    fn push_time(&mut self, time: NaiveTime) {
        for (separator, number) in [
            (b"T", time.hour()),
            (b":", time.minute()),
            (b":", time.second()),
        ] {
            self.push(separator);
            self.push_two_digits(number);
        }
        let microseconds = time.nanosecond() / 1_000;
        if microseconds > 0 {
            self.push(b".");
            self.push_three_digits(microseconds / 1_000);
            if !microseconds.is_multiple_of(1_000) {
                self.push_three_digits(microseconds % 1_000);
            }
        }
        self.push(b"Z");
    }

    /// Of a number below 1,000.
    fn push_three_digits(&mut self, number: u32) {
        self.push(&[digit(number / 100)]);
        self.push_two_digits(number % 100);
    }

    /// Of a number below 100.
    fn push_two_digits(&mut self, number: u32) {
        self.push(&[digit(number / 10), digit(number)]);
    }

    fn push<const N: usize>(&mut self, ascii: &[u8; N]) {
        // There is room for the longest text.
        if let Some(rest) = self.ascii[self.length..].first_chunk_mut() {
            *rest = *ascii;
            self.length += N;
        }
    }
}

/// The last digit of a number.
const fn digit(number: u32) -> u8 {
    b'0' + (number % 10) as u8
}

impl Deref for TimestampText {
    type Target = str;

    fn deref(&self) -> &str {
        // Each byte is a digit, a letter or a sign.
        str::from_utf8(&self.ascii[..self.length]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::timestamp::Timestamp;

    /// To the microsecond.
    fn expect_as_chrono_writes(timestamp: Timestamp) -> String {
        let text = timestamp.rfc3339();
        let chrono = timestamp.to_chrono().trunc_subsecs(6);
        assert_eq!(text, chrono.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        assert_eq!(timestamp.date(), text.split_once('T').expect("a time").0);
        text
    }

    #[test]
    fn first_and_last_instant_are_written_whole() {
        for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let text = expect_as_chrono_writes(instant.into());
            assert!(
                text.len() <= LONGEST_TEXT.len() && text.ends_with('Z'),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn instants_are_written_as_by_chrono(instant in any::<i64>(), near in -99_999_999_999_999_999..=99_999_999_999_999_999_i64, scale in prop::sample::select(vec![1, 1_000, 1_000_000])) {
            for microseconds in [instant, near / scale * scale] {
                expect_as_chrono_writes(Timestamp::from_microseconds(microseconds));
            }
        }
    }
}
