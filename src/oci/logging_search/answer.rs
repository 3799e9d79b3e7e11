//! The rows of an answer. Pure.
//!
//! In the place of a key, a row may have a whole session token (`ST$...`). So the text is looked at where it is parsed, and only
//! the fingerprint and the user of an API key of the own tenancy leave this file. Nothing here keeps or prints another text: an
//! error does not have the words of serde, which quote values.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::json::at_most;
use crate::model::{Fingerprint, KeyId};
use crate::timestamp::{Timestamp, parse_iso_8601};

use super::query::Form;

/// Max rows of a page: ten times as many as are asked for. More cost memory, and no key has so many rows.
const MAX_ROWS: usize = 10_000;
/// Max bytes of an OCID ("a maximum of 255 characters", page "Resource Identifiers").
const MAX_OCID_BYTES: usize = 255;

/// A use of a key, of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundUse {
    /// The key.
    pub key: KeyId,
    /// Its newest use in the window; of [`Form::Days`], the begin of the day.
    pub newest: Timestamp,
    /// An instant at which a use is known, or shortly after it: nothing older is.
    pub oldest: Timestamp,
}

/// The body of a success is not an answer. It has no words of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the response is not the result of a search")]
pub struct MalformedAnswer;

/// Parses the rows of a page: the uses of API keys of this tenancy, in any order, and repeated if the service repeats them.
///
/// # Errors
///
/// If the body is not an answer, or a row with a key of this tenancy has no time.
pub fn parse(form: &Form, tenancy: &str, body: &[u8]) -> Result<Vec<FoundUse>, MalformedAnswer> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| MalformedAnswer)?;
    let mut uses = Vec::new();
    for Row { data } in answer.results {
        let raw = data
            .log_content
            .and_then(|content| content.data?.identity?.credentials);
        let Some(Caller(Some((own, key)))) = data.credentials.or(raw) else {
            continue;
        };
        if *own != *tenancy {
            continue;
        }
        uses.push(
            match (form, data.newest, data.oldest, data.day, data.datetime) {
                (Form::Newest, Some(Instant(newest)), Some(Instant(oldest)), ..)
                    if oldest <= newest =>
                {
                    FoundUse {
                        key,
                        newest,
                        oldest,
                    }
                }
                (Form::Days, _, _, Some(Instant(day)), _) => FoundUse {
                    key,
                    newest: day,
                    // The use may be as late as the end of the day.
                    oldest: day.plus_days(1),
                },
                (Form::OneKey(asked), _, _, _, Some(Instant(at))) if *asked == key => FoundUse {
                    key,
                    newest: at,
                    oldest: at,
                },
                _ => return Err(MalformedAnswer),
            },
        );
    }
    Ok(uses)
}

#[derive(Deserialize)]
struct Answer {
    #[serde(deserialize_with = "rows")]
    results: Vec<Row>,
}

/// The rows, if they are not too many.
fn rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Row>, D::Error> {
    at_most::<_, _, MAX_ROWS>(deserializer)
}

#[derive(Deserialize)]
struct Row {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "data.identity.credentials", default)]
    credentials: Option<Caller>,
    #[serde(default)]
    newest: Option<Instant>,
    #[serde(default)]
    oldest: Option<Instant>,
    #[serde(default)]
    day: Option<Instant>,
    #[serde(default)]
    datetime: Option<Instant>,
    #[serde(rename = "logContent", default)]
    log_content: Option<LogContent>,
}

#[derive(Deserialize)]
struct LogContent {
    data: Option<Event>,
}

#[derive(Deserialize)]
struct Event {
    identity: Option<EventIdentity>,
}

#[derive(Deserialize)]
struct EventIdentity {
    credentials: Option<Caller>,
}

/// The tenancy and the key of a caller; `None` if it did not sign with an API key.
struct Caller(Option<(Box<str>, KeyId)>);

impl Caller {
    /// `<tenancy>/<user>/<fingerprint>`.
    fn parse(text: &str) -> Self {
        let mut parts = text.split('/');
        let (tenancy, user) = (parts.next(), parts.next());
        let fingerprint = parts.next().and_then(Fingerprint::parse);
        let is_user = |user: &&str| user.starts_with("ocid1.") && user.len() <= MAX_OCID_BYTES;
        Self(
            match (tenancy, user.filter(is_user), fingerprint, parts.next()) {
                (Some(tenancy), Some(user), Some(fingerprint), None) => {
                    let key = KeyId {
                        fingerprint,
                        user: user.into(),
                    };
                    Some((tenancy.into(), key))
                }
                _ => None,
            },
        )
    }
}

/// Any JSON value that is not a text is a caller without an API key.
impl<'de> Deserialize<'de> for Caller {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CallerVisitor)
    }
}

struct CallerVisitor;

impl<'de> Visitor<'de> for CallerVisitor {
    type Value = Caller;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a caller")
    }

    fn visit_str<E>(self, text: &str) -> Result<Caller, E> {
        Ok(Caller::parse(text))
    }

    fn visit_unit<E>(self) -> Result<Caller, E> {
        Ok(Caller(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Caller, E> {
        Ok(Caller(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Caller, E> {
        Ok(Caller(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Caller, E> {
        Ok(Caller(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Caller, E> {
        Ok(Caller(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Caller, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Caller(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Caller, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Caller(None))
    }
}

/// Milliseconds since 1970, or a date in a text.
struct Instant(Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InstantVisitor)
    }
}

struct InstantVisitor;

impl Visitor<'_> for InstantVisitor {
    type Value = Instant;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an instant")
    }

    fn visit_i64<E: serde::de::Error>(self, milliseconds: i64) -> Result<Instant, E> {
        let microseconds = milliseconds.checked_mul(1_000);
        let microseconds = microseconds.ok_or_else(|| E::custom("out of range"))?;
        Ok(Instant(Timestamp::from_microseconds(microseconds)))
    }

    fn visit_u64<E: serde::de::Error>(self, milliseconds: u64) -> Result<Instant, E> {
        match i64::try_from(milliseconds) {
            Ok(milliseconds) => self.visit_i64(milliseconds),
            Err(_) => Err(E::custom("out of range")),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, milliseconds: f64) -> Result<Instant, E> {
        // The largest number whose neighbors are whole.
        const MAX: f64 = 9_007_199_254_740_992.0;
        if !(0.0..MAX).contains(&milliseconds) {
            return Err(E::custom("out of range"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is in range")]
        self.visit_i64(milliseconds as i64)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Instant, E> {
        let parsed = parse_iso_8601(text).map(Instant);
        parsed.ok_or_else(|| E::custom("no date"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANCY: &str = "ocid1.tenancy.oc1..aaaa";
    const FINGERPRINT: &str = "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34";

    fn caller() -> String {
        format!("{TENANCY}/ocid1.user.oc1..u1/{FINGERPRINT}")
    }

    fn parse_rows(form: &Form, rows: &[String]) -> Result<Vec<FoundUse>, MalformedAnswer> {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| format!("{{\"data\":{row}}}"))
            .collect();
        let body = format!("{{\"results\":[{}],\"summary\":{{}}}}", rows.join(","));
        parse(form, TENANCY, body.as_bytes())
    }

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_microseconds(milliseconds * 1_000)
    }

    #[test]
    fn each_form_has_its_own_times() {
        let caller = caller();
        let newest = format!(
            "{{\"data.identity.credentials\":\"{caller}\",\"newest\":2000,\"oldest\":1000.0}}"
        );
        let uses = parse_rows(&Form::Newest, &[newest]).expect("rows");
        assert_eq!((uses[0].newest, uses[0].oldest), (at(2000), at(1000)));
        let day = format!("{{\"data.identity.credentials\":\"{caller}\",\"day\":0,\"uses\":7}}");
        let uses = parse_rows(&Form::Days, &[day]).expect("rows");
        assert_eq!((uses[0].newest, uses[0].oldest), (at(0), at(86_400_000)));
        let form = Form::OneKey(uses[0].key.clone());
        let raw = format!(
            "{{\"datetime\":\"1970-01-01T00:00:05Z\",\"logContent\":{{\"id\":\"x\",\"data\":{{\"identity\":{{\"credentials\":\"{caller}\"}}}}}}}}"
        );
        let uses = parse_rows(&form, &[raw]).expect("rows");
        assert_eq!(uses[0].newest, at(5000));
        assert_eq!(uses[0].key.fingerprint.to_string(), FINGERPRINT);
    }

    #[test]
    fn only_api_keys_of_the_tenancy_are_callers() {
        let mut rows = Vec::new();
        for credentials in [
            "\"ST$eyJhbGciOi.secret/x\"".to_owned(),
            format!("\"ST${TENANCY}/ocid1.user.oc1..u1/{FINGERPRINT}\""),
            format!("\"ocid1.tenancy.oc1..other/ocid1.user.oc1..u1/{FINGERPRINT}\""),
            format!("\"{TENANCY}/ocid1.user.oc1..u1/{FINGERPRINT}/x\""),
            format!("\"{TENANCY}/u1/{FINGERPRINT}\""),
            format!("\"{TENANCY}/ocid1.{}/{FINGERPRINT}\"", "x".repeat(250)),
            format!("\"{TENANCY}/ocid1.user.oc1..u1\""),
            "null".to_owned(),
            "7".to_owned(),
            "[\"x\"]".to_owned(),
            "{\"x\":1}".to_owned(),
        ] {
            rows.push(format!("{{\"data.identity.credentials\":{credentials}}}"));
        }
        rows.push("{}".to_owned());
        assert_eq!(parse_rows(&Form::Newest, &rows), Ok(Vec::new()));
    }

    #[test]
    fn rows_are_bounded() {
        let rows = |count| parse_rows(&Form::Newest, &vec!["{}".to_owned(); count]);
        assert_eq!(rows(MAX_ROWS), Ok(Vec::new()));
        assert_eq!(rows(MAX_ROWS + 1), Err(MalformedAnswer));
    }

    #[test]
    fn own_key_without_its_time_is_malformed() {
        let caller = caller();
        for times in [
            "\"x\":1",
            "\"newest\":1",
            "\"newest\":1,\"oldest\":2",
            "\"newest\":null,\"oldest\":1",
            "\"newest\":9223372036854775807,\"oldest\":1",
            "\"newest\":\"soon\",\"oldest\":1",
            "\"day\":1",
        ] {
            let row = format!("{{\"data.identity.credentials\":\"{caller}\",{times}}}");
            assert_eq!(
                parse_rows(&Form::Newest, &[row]),
                Err(MalformedAnswer),
                "{times}"
            );
        }
        for body in [
            "",
            "[]",
            "{}",
            "{\"results\":null}",
            "{\"results\":[7]}",
            "<html>",
        ] {
            let parsed = parse(&Form::Newest, TENANCY, body.as_bytes());
            assert_eq!(parsed, Err(MalformedAnswer), "{body}");
        }
    }
}
