//! Dates in the data of a tenancy and in invocations.

use chrono::DateTime;
use credential_audit::timestamp::{AsOf, DateReading, parse_iso_8601};

/// A parsed date survives writing and parsing, and RFC 3339 is parsed as chrono does.
pub fn date(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let read = parse_iso_8601(text);
    let reading = DateReading::parse(text);
    assert_eq!(reading.instant(), read);
    assert_eq!(reading == DateReading::MISSING, text.is_empty());
    if let Some(instant) = read {
        let written = instant.rfc3339();
        assert_eq!(
            written[..written.find('T').expect("a time")],
            instant.date()
        );
        let of_four_digits = written.as_bytes()[0].is_ascii_digit() && !written.starts_with("0000");
        if of_four_digits {
            assert_eq!(parse_iso_8601(&written), Some(instant), "{written}");
            let as_of = AsOf::Instant(instant);
            let is_in_range = written.as_str() >= "1970";
            assert_eq!(AsOf::parse(text), is_in_range.then_some(as_of));
        } else {
            // The zone moved the instant out of the years with four digits.
            assert_eq!(AsOf::parse(text), None);
        }
        assert_eq!(instant.plus_days(1).days_since(instant), 1);
        assert!(!instant.plus_days(1).is_more_than_days_after(instant, 1));
    }
    if let Ok(expected) = DateTime::parse_from_rfc3339(text)
        && is_in_both_grammars(text)
    {
        let microseconds = read.map(credential_audit::timestamp::Timestamp::microseconds);
        assert_eq!(microseconds, Some(expected.timestamp_micros()), "{text}");
    }
}

/// Whether Python accepts it too: chrono accepts a 60th second, a `z`, a minus sign other than the hyphen, and the year 0.
fn is_in_both_grammars(text: &str) -> bool {
    text.is_ascii()
        && !text.ends_with('z')
        && !text.starts_with("0000")
        && text.get(17..19) != Some("60")
}
