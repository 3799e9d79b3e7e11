//! Instants, and dates of SCIM resources.
//!
//! SCIM dates are strings (`2023-08-29T21:04:25.379Z` in Oracle's samples), and Oracle's SDK does not parse them.
//! [`DateReading::parse`] accepts what `datetime.fromisoformat` of Python 3.11 accepts after `Z` was replaced by `+00:00`, if
//! the string has a zone. The two scripts do the same, so both can read the same dates. This includes RFC 3339 with any
//! number of digits in its fraction.

mod text;

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

pub use self::text::TimestampText;

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
const MICROSECONDS_PER_DAY: i64 = 86_400 * MICROSECONDS_PER_SECOND;

/// A point in time: microseconds since 1970-01-01T00:00:00Z. Eight bytes, since a large tenancy holds millions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `microseconds` after the epoch.
    pub const fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// Microseconds since the epoch.
    pub const fn microseconds(self) -> i64 {
        self.0
    }

    /// Whole 24-hour days from `earlier` to this instant, rounded down; negative if `earlier` is later.
    pub const fn days_since(self, earlier: Self) -> i64 {
        self.0
            .saturating_sub(earlier.0)
            .div_euclid(MICROSECONDS_PER_DAY)
    }

    /// Whether this instant is more than `days` × 24 hours after `earlier`.
    pub const fn is_more_than_days_after(self, earlier: Self, days: i64) -> bool {
        self.0.saturating_sub(earlier.0) > days * MICROSECONDS_PER_DAY
    }

    /// The instant `days` × 24 hours later.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self(
            self.0
                .saturating_add(days.saturating_mul(MICROSECONDS_PER_DAY)),
        )
    }

    /// The instant `seconds` later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(
            self.0
                .saturating_add(seconds.saturating_mul(MICROSECONDS_PER_SECOND)),
        )
    }

    /// Converts to chrono's type. Instants outside of chrono's range are clamped.
    pub fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or(if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }

    /// The UTC date, as `2026-11-22`.
    pub fn date(self) -> String {
        (*self.date_text()).to_owned()
    }

    /// RFC 3339 in UTC, with 0, 3 or 6 digits of a fraction, as needed.
    pub fn rfc3339(self) -> String {
        (*self.rfc3339_text()).to_owned()
    }

    /// [`Timestamp::date`] without an allocation.
    pub fn date_text(self) -> TimestampText {
        TimestampText::of_date(self.to_chrono().date_naive())
    }

    /// [`Timestamp::rfc3339`] without an allocation.
    pub fn rfc3339_text(self) -> TimestampText {
        TimestampText::of_instant(self.to_chrono().naive_utc())
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(date: DateTime<Utc>) -> Self {
        Self(date.timestamp_micros())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339_text())
    }
}

/// A date of a SCIM resource: missing, malformed, or an instant. Eight bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DateReading(i64);

impl DateReading {
    /// The attribute was absent, null or empty.
    pub const MISSING: Self = Self(i64::MIN);
    /// The attribute is not a date with a zone.
    pub const UNREADABLE: Self = Self(i64::MIN + 1);

    /// Parses a date.
    pub fn parse(text: &str) -> Self {
        if text.is_empty() {
            return Self::MISSING;
        }
        parse_iso_8601(text).map_or(Self::UNREADABLE, |instant| Self(instant.0))
    }

    /// As a number: that of [`Self::from_bits`].
    pub(crate) const fn to_bits(self) -> u64 {
        self.0.cast_unsigned()
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits.cast_signed())
    }

    /// The instant, unless the date is missing or malformed.
    pub fn instant(self) -> Option<Timestamp> {
        (self != Self::MISSING && self != Self::UNREADABLE).then_some(Timestamp(self.0))
    }

    /// The earlier of two dates. An instant comes before a date that is missing or malformed, whose instant is unknown.
    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        match (self.instant(), other.instant()) {
            (Some(own), Some(others)) if others < own => other,
            (None, Some(_)) => other,
            _ => self,
        }
    }

    /// The later of two dates. Where either is missing or malformed, so is the later one: it may be any.
    #[must_use]
    pub fn later(self, other: Self) -> Self {
        match (self.instant(), other.instant()) {
            (Some(own), Some(others)) if others > own => other,
            (Some(_), Some(_)) => self,
            _ if self == Self::UNREADABLE || other == Self::UNREADABLE => Self::UNREADABLE,
            _ => Self::MISSING,
        }
    }
}

impl From<Timestamp> for DateReading {
    fn from(instant: Timestamp) -> Self {
        Self(instant.0)
    }
}

impl fmt::Debug for DateReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (*self, self.instant()) {
            (_, Some(instant)) => write!(f, "{instant}"),
            (Self::MISSING, None) => f.write_str("missing"),
            _ => f.write_str("unreadable"),
        }
    }
}

/// Parses a date and time with a zone, in the forms of ISO 8601 that Python 3.11 accepts. `None` for anything else, including
/// a date without a zone.
pub fn parse_iso_8601(text: &str) -> Option<Timestamp> {
    let text = text.replace('Z', "+00:00");
    let (date, rest) = split_date(&text)?;
    let mut rest = rest.chars();
    // Any character may separate date and time.
    rest.next()?;
    let rest = rest.as_str();
    let zone_at = rest.find(['+', '-'])?;
    let (clock, zone) = rest.split_at(zone_at);
    let (sign, zone) = (if zone.starts_with('-') { -1 } else { 1 }, &zone[1..]);
    let seconds_of_day = parse_clock(clock)?;
    let offset = parse_clock(zone)?;
    let midnight = date.and_hms_opt(0, 0, 0)?.and_utc();
    let instant =
        midnight.checked_add_signed(TimeDelta::microseconds(seconds_of_day - sign * offset))?;
    Some(Timestamp(instant.timestamp_micros()))
}

/// `as_of`: the instant at which a run judges, as an invocation or an argument gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// An instant from 1970 to 9999 in UTC: folders and RFC 3339 need years of four digits.
    Instant(Timestamp),
    /// As many times 24 hours from the start of the run, back if negative.
    DaysFromNow(i64),
}

impl AsOf {
    /// What is accepted, for messages.
    pub const EXPECTED: &str = "a date such as 2026-12-31 for its end in UTC, a date and time with its zone such as 2026-12-31T00:00:00Z, or days from now such as +30d or -7d; from 1970 to 9999 in UTC";
    /// The first microsecond of the year 10000.
    const END: i64 = 253_402_300_800 * MICROSECONDS_PER_SECOND;
    /// 27 years, so that the result has a year of four digits for centuries.
    const MAX_DAYS: u32 = 9_999;

    /// Parses what [`parse_iso_8601`] accepts, a date alone, or `+30d`. `None` for anything else.
    ///
    /// A date alone is the last second of that day in UTC: what becomes overdue on a day is overdue at its end.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(days) = text.strip_suffix('d') {
            return days_from_now(days).map(Self::DaysFromNow);
        }
        let end_of_day = || match split_date(text)? {
            (date, "") => Some(date.and_hms_opt(23, 59, 59)?.and_utc().into()),
            _ => None,
        };
        let instant: Timestamp = parse_iso_8601(text).or_else(end_of_day)?;
        let is_in_range = (0..Self::END).contains(&instant.0);
        is_in_range.then_some(Self::Instant(instant))
    }

    /// The instant, of a run that starts `now`.
    #[must_use]
    pub fn instant(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Instant(instant) => instant,
            // Only a clock that is decades off leads out of the range.
            Self::DaysFromNow(days) => Timestamp(now.plus_days(days).0.clamp(0, Self::END - 1)),
        }
    }
}

/// Days with their sign: `+30`.
fn days_from_now(text: &str) -> Option<i64> {
    let (sign, days) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    let days = digits(days).filter(|days| *days <= AsOf::MAX_DAYS)?;
    Some(sign * i64::from(days))
}

/// Splits `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www[-D]` or `YYYYWww[D]` off the front.
fn split_date(text: &str) -> Option<(NaiveDate, &str)> {
    let bytes = text.as_bytes();
    let year = i32::try_from(digits(text.get(..4)?)?).ok()?;
    if !(1..=9999).contains(&year) {
        return None;
    }
    let dashed = bytes.get(4) == Some(&b'-');
    let position = if dashed { 5 } else { 4 };
    if bytes.get(position) == Some(&b'W') {
        let week = digits(text.get(position + 1..position + 3)?)?;
        let after = position + 3;
        let day_at = match (dashed, bytes.get(after)) {
            (true, Some(b'-')) if bytes.get(after + 1).is_some_and(u8::is_ascii_digit) => {
                Some(after + 1)
            }
            (false, Some(byte)) if byte.is_ascii_digit() => Some(after),
            _ => None,
        };
        let (day, end) = match day_at {
            Some(at) => (digits(text.get(at..=at)?)?, at + 1),
            None => (1, after),
        };
        let weekday = chrono::Weekday::try_from(u8::try_from(day.checked_sub(1)?).ok()?).ok()?;
        let date = NaiveDate::from_isoywd_opt(year, week, weekday)?;
        return (1..=9999)
            .contains(&date.year())
            .then_some((date, text.get(end..)?));
    }
    let month = digits(text.get(position..position + 2)?)?;
    let day_at = if dashed {
        (bytes.get(position + 2) == Some(&b'-')).then_some(position + 3)?
    } else {
        position + 2
    };
    let day = digits(text.get(day_at..day_at + 2)?)?;
    Some((
        NaiveDate::from_ymd_opt(year, month, day)?,
        text.get(day_at + 2..)?,
    ))
}

/// Microseconds of `HH[:MM[:SS[.f…]]]` or `HH[MM[SS[.f…]]]`. Ignores digits of the fraction after the sixth.
fn parse_clock(text: &str) -> Option<i64> {
    let (whole, fraction) = match text.find(['.', ',']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (hours, minutes, seconds) = match (whole.len(), whole.contains(':')) {
        (2, _) => (whole, "0", "0"),
        (5, true) => (whole.get(..2)?, whole.get(2..)?.strip_prefix(':')?, "0"),
        (4, false) => (whole.get(..2)?, whole.get(2..)?, "0"),
        (8, true) => {
            let rest = whole.get(2..)?.strip_prefix(':')?;
            (
                whole.get(..2)?,
                rest.get(..2)?,
                rest.get(2..)?.strip_prefix(':')?,
            )
        }
        (6, false) => (whole.get(..2)?, whole.get(2..4)?, whole.get(4..)?),
        _ => return None,
    };
    // Python accepts a fraction, even an empty one, after any part, and always as a fraction of a second.
    let microseconds = match fraction {
        Some(fraction) if !fraction.is_empty() => {
            if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let microseconds: String = fraction.chars().chain("000000".chars()).take(6).collect();
            i64::from(digits(&microseconds)?)
        }
        _ => 0,
    };
    let (hours, minutes, seconds) = (digits(hours)?, digits(minutes)?, digits(seconds)?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let seconds = i64::from(hours * 3600 + minutes * 60 + seconds);
    Some(seconds * MICROSECONDS_PER_SECOND + microseconds)
}

/// The value of one to nine ASCII digits; `None` for anything else.
fn digits(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<String> {
        DateReading::parse(text).instant().map(Timestamp::rfc3339)
    }

    #[test]
    fn as_of_has_a_year_of_four_digits() {
        for text in ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"] {
            let instant = parse_iso_8601(text).map(AsOf::Instant);
            assert_eq!(AsOf::parse(text), instant, "{text}");
            assert!(instant.is_some(), "{text}");
        }
        for text in [
            "0001-01-01T00:00:00+23:59",
            "1970-01-01T00:00:00+00:01",
            "1969-12-31T23:59:59Z",
            "9999-12-31T23:59:59-23:59",
        ] {
            assert!(parse_iso_8601(text).is_some(), "{text}");
            assert_eq!(AsOf::parse(text), None, "{text}");
        }
    }

    #[test]
    fn as_of_is_the_end_of_a_day_or_days_from_now() {
        let now = parse_iso_8601("2026-11-29T18:30:00Z").expect("a date");
        let at = |text: &str| AsOf::parse(text).map(|as_of| as_of.instant(now).rfc3339());
        for (text, expected) in [
            ("2026-12-31", "2026-12-31T23:59:59Z"),
            ("20261231", "2026-12-31T23:59:59Z"),
            ("1970-01-01", "1970-01-01T23:59:59Z"),
            ("9999-12-31", "9999-12-31T23:59:59Z"),
            ("+30d", "2026-12-29T18:30:00Z"),
            ("-7d", "2026-11-22T18:30:00Z"),
            ("+0d", "2026-11-29T18:30:00Z"),
            ("-9999d", "1999-07-15T18:30:00Z"),
        ] {
            assert_eq!(at(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "d",
            "+d",
            "30d",
            "+30",
            "+30D",
            "+3 0d",
            "++3d",
            "+-3d",
            "+10000d",
            "+3.5d",
            "+\u{665}d",
            "1969-12-31",
            "2026-02-30",
            "2026-12",
            "2026-12-31 ",
            "2026-12-31T",
            "tomorrow",
        ] {
            assert_eq!(AsOf::parse(text), None, "{text}");
        }
        let early = Timestamp::from_microseconds(0);
        assert_eq!(AsOf::DaysFromNow(-1).instant(early), early);
    }

    #[test]
    fn dates_are_parsed_as_in_python() {
        let cases = [
            ("2023-08-29T21:04:25.379Z", Some("2023-08-29T21:04:25.379Z")),
            ("2023-08-29T21:04:25Z", Some("2023-08-29T21:04:25Z")),
            (
                "2023-08-29T21:04:25.123456789Z",
                Some("2023-08-29T21:04:25.123456Z"),
            ),
            (
                "2023-08-29T21:04:25.1+05:30",
                Some("2023-08-29T15:34:25.100Z"),
            ),
            ("2023-08-29 21:04-03:00", Some("2023-08-30T00:04:00Z")),
            ("20230829T210425+0000", Some("2023-08-29T21:04:25Z")),
            ("2024-02-29T00:00:00Z", Some("2024-02-29T00:00:00Z")),
            ("2023-W35-2T21+00", Some("2023-08-29T21:00:00Z")),
            ("2023W352T21:04Z", Some("2023-08-29T21:04:00Z")),
            ("2023-02-29T00:00:00Z", None),
            ("2023-08-29T24:00:00Z", None),
            ("2023-08-29T21:04:60Z", None),
            ("2023-08-29T21:04:25", None),
            ("2023-08-29", None),
            ("2023-08-29T21:04:25.Z", Some("2023-08-29T21:04:25Z")),
            ("2023-08-29T21:04,5Z", Some("2023-08-29T21:04:00.500Z")),
            ("2023-08-29T21:04:25z", None),
            ("0000-01-01T00:00:00Z", None),
            ("yesterday", None),
            ("1693343065", None),
            ("２０23-08-29T21:04:25Z", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
        assert_eq!(DateReading::parse(""), DateReading::MISSING);
        assert_eq!(DateReading::parse("2023-08-29"), DateReading::UNREADABLE);
    }

    #[test]
    fn ages_are_whole_days_rounded_down() {
        let created = parse_iso_8601("2026-01-01T12:00:00.500Z").expect("a date");
        let later = |text: &str| parse_iso_8601(text).expect("a date").days_since(created);
        assert_eq!(later("2026-04-01T12:00:00.499Z"), 89);
        assert_eq!(later("2026-04-01T12:00:00.500Z"), 90);
        assert_eq!(later("2026-01-01T12:00:00.499Z"), -1);
    }

    /// The same by chrono's formats.
    fn by_format(instant: Timestamp) -> (String, String) {
        let date = instant.to_chrono();
        let rfc3339 = date.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        (date.format("%Y-%m-%d").to_string(), rfc3339)
    }

    #[test]
    fn years_of_more_or_fewer_digits_are_written_as_by_chrono() {
        for microseconds in [
            -100_000_000_000_000_000,
            -62_135_596_800_000_001,
            -1,
            0,
            1,
            1_000,
            253_402_300_800_000_000,
        ] {
            let instant = Timestamp(microseconds);
            assert_eq!((instant.date(), instant.rfc3339()), by_format(instant));
        }
    }

    proptest! {
        #[test]
        fn dates_are_written_as_by_chrono(seconds in -62_135_596_800_i64..=253_402_300_799, fraction in prop_oneof![Just(0), Just(379_000), 0..1_000_000_i64]) {
            let instant = Timestamp(seconds * 1_000_000 + fraction);
            prop_assert_eq!((instant.date(), instant.rfc3339()), by_format(instant));
        }

        #[test]
        fn any_text_is_parsed_without_a_panic(text in "\\PC*") {
            let _ = DateReading::parse(&text);
        }

        #[test]
        fn text_similar_to_a_date_is_parsed_without_a_panic(text in "[0-9é]{4}-?W?[0-9é:]{2,5}[T é][0-9:.,é]{0,9}[-+Zé][0-9:é]{0,6}") {
            let _ = DateReading::parse(&text);
        }

        #[test]
        fn written_instant_is_parsed_back(microseconds in -62_135_596_800_000_000_i64..=253_402_300_799_999_999) {
            let instant = Timestamp::from_microseconds(microseconds);
            prop_assert_eq!(parse_iso_8601(&instant.rfc3339()), Some(instant));
        }
    }
}
