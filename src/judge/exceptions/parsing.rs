//! Reads the file. Pure.

use chrono::{NaiveDate, TimeDelta};
use serde_json::value::RawValue;

use crate::credential_type::CredentialType;
use crate::json::Entries;

use super::{Exception, Exceptions, Flaw, Gap, Pattern, Place};

/// Entries of one list that are read. The file is for people to write.
pub(super) const MAX_ENTRIES: usize = 5_000;
/// An entry may hold for this many days from today: whoever accepts a risk looks at it once a year.
pub(super) const MAX_DAYS_AHEAD: i64 = 366;
/// A text of an entry has at most this many characters: it stands in a cell of every report that names the entry.
pub(super) const MAX_TEXT_CHARS: usize = 1_000;
/// Characters of a text of the file in a message about it.
const EXCERPT: usize = 60;
/// The two lists of the file.
const LISTS: [&str; 2] = ["exceptions", "gaps"];
const EXCEPTION_FIELDS: &[&str] = &[
    "user",
    "domain",
    "type",
    "credential_id",
    "owner",
    "reason",
    "ticket",
    "until",
];
const GAP_FIELDS: &[&str] = &["domain", "type", "reason", "until"];

impl Exceptions {
    /// Reads the content of the file. `today` is the clock's UTC date, whatever day is judged.
    pub fn parse(source: &str, content: &[u8], sha256: String, today: NaiveDate) -> Self {
        let mut read = Self {
            source: Some(source.to_owned()),
            sha256: Some(sha256),
            ..Self::default()
        };
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        if let Err(error) = serde_json::from_slice::<&RawValue>(content) {
            read.unreadable = Some(format!("it is no JSON: {error}"));
            return read;
        }
        let Ok(Entries(file)) = serde_json::from_slice(content) else {
            read.unreadable =
                Some("it is no JSON object with the lists `exceptions` and `gaps`".to_owned());
            return read;
        };
        let is_twice = |list: &&str| file.iter().filter(|(field, _)| field == list).count() > 1;
        let twice: Vec<_> = LISTS.into_iter().filter(is_twice).collect();
        for list in &twice {
            read.bad.add(Place::List(list), Flaw::ListTwice);
        }
        for (field, value) in &file {
            let Some(list) = LISTS.into_iter().find(|list| list == field) else {
                let place = Place::UnknownField(excerpt(field));
                read.bad.add(place, Flaw::NoList);
                continue;
            };
            if !twice.contains(&list) {
                read.take(list, value, today);
            }
        }
        read
    }

    fn take(&mut self, list: &'static str, value: &RawValue, today: NaiveDate) {
        let Ok(entries) = serde_json::from_str::<Vec<&RawValue>>(value.get()) else {
            self.bad.add(Place::List(list), Flaw::NotAList);
            return;
        };
        if entries.len() > MAX_ENTRIES {
            self.bad.add(Place::List(list), Flaw::TooManyEntries);
        }
        for (index, entry) in entries.into_iter().take(MAX_ENTRIES).enumerate() {
            let understood = match list {
                "exceptions" => {
                    exception(index, entry, today).map(|entry| self.entries.push(entry))
                }
                _ => gap(index, entry, today).map(|entry| self.gaps.push(entry)),
            };
            if let Err(flaw) = understood {
                self.bad.add(Place::Entry(list, index), flaw);
            }
        }
    }
}

fn exception(index: usize, entry: &RawValue, today: NaiveDate) -> Result<Exception, Flaw> {
    let fields = Fields::of(entry, EXCEPTION_FIELDS)?;
    let pattern = |name| Ok::<_, Flaw>(fields.text(name)?.map(|text| Pattern::new(&text)));
    let exception = Exception {
        index,
        user: Pattern::new(&fields.required("user")?),
        domain: pattern("domain")?,
        credential_type: fields.credential_type()?,
        credential_id: pattern("credential_id")?,
        owner: fields.text("owner")?,
        reason: fields.required("reason")?,
        ticket: fields.text("ticket")?,
        until: fields.until(today)?,
        matches: 0,
        alerting: 0,
    };
    let narrowed = |pattern: &Option<Pattern>| pattern.as_ref().is_some_and(|it| !it.is_anything());
    if exception.user.is_anything()
        && exception.credential_type.is_none()
        && !narrowed(&exception.domain)
        && !narrowed(&exception.credential_id)
    {
        return Err(Flaw::EveryCredential);
    }
    Ok(exception)
}

fn gap(index: usize, entry: &RawValue, today: NaiveDate) -> Result<Gap, Flaw> {
    let fields = Fields::of(entry, GAP_FIELDS)?;
    fields.required("type")?;
    let gap = Gap {
        index,
        domain: Pattern::new(&fields.required("domain")?),
        credential_type: fields.credential_type()?,
        reason: fields.required("reason")?,
        until: fields.until(today)?,
        matches: 0,
    };
    if gap.domain.is_anything() && gap.credential_type.is_none() {
        return Err(Flaw::EveryGap);
    }
    Ok(gap)
}

/// The fields of an entry, of which each is text, and there once.
struct Fields(Vec<(&'static str, Box<RawValue>)>);

impl Fields {
    fn of(entry: &RawValue, known: &'static [&'static str]) -> Result<Self, Flaw> {
        let Entries(entries) = serde_json::from_str(entry.get()).map_err(|_| Flaw::NotAnObject)?;
        let mut fields: Vec<(&'static str, _)> = Vec::new();
        for (field, value) in entries {
            let Some(name) = known.iter().copied().find(|name| *name == field) else {
                return Err(Flaw::UnknownField {
                    field: excerpt(&field),
                    expected: known,
                });
            };
            if fields.iter().any(|(seen, _)| *seen == name) {
                return Err(Flaw::FieldTwice(name));
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// The text of a field without blanks around it; absent, null and empty are the same.
    fn text(&self, name: &'static str) -> Result<Option<String>, Flaw> {
        let Some((_, value)) = self.0.iter().find(|(field, _)| *field == name) else {
            return Ok(None);
        };
        let text: Option<String> =
            serde_json::from_str(value.get()).map_err(|_| Flaw::NoText(name))?;
        let text = text.as_deref().unwrap_or_default().trim();
        if text.chars().nth(MAX_TEXT_CHARS).is_some() {
            return Err(Flaw::TooLong(name));
        }
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    fn required(&self, name: &'static str) -> Result<String, Flaw> {
        self.text(name)?.ok_or(Flaw::Missing(name))
    }

    /// `type`; `*` is any type.
    fn credential_type(&self) -> Result<Option<CredentialType>, Flaw> {
        match self.text("type")?.as_deref() {
            None | Some("*") => Ok(None),
            Some(word) => match word.to_lowercase().parse() {
                Ok(credential_type) => Ok(Some(credential_type)),
                Err(_) => Err(Flaw::UnknownCredentialType {
                    word: excerpt(word),
                }),
            },
        }
    }

    fn until(&self, today: NaiveDate) -> Result<NaiveDate, Flaw> {
        let text = self.required("until")?;
        let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d")
            .ok()
            // chrono also reads `2027-1-31`, and signs before years.
            .filter(|date| date.to_string() == text)
            .ok_or_else(|| Flaw::NoDate {
                text: excerpt(&text),
            })?;
        if date - today > TimeDelta::days(MAX_DAYS_AHEAD) {
            return Err(Flaw::TooFarAhead(date));
        }
        Ok(date)
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::exceptions::BadEntry;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn read(json: &str) -> Exceptions {
        Exceptions::parse(
            "exceptions.json",
            json.as_bytes(),
            "00".to_owned(),
            day("2026-11-22"),
        )
    }

    #[test]
    fn every_field_of_the_file_is_read() {
        let read = read(
            r#"{"exceptions":[{"user":"svc-*@example.com","domain":"Default","type":"API_Keys","credential_id":"abc","owner":"cloud team",
                "reason":"vendor","ticket":"INC-1","until":"2027-01-31"}],
                "gaps":[{"domain":"Dev","type":"smtp_credentials","reason":"no right yet","until":"2026-12-31"}]}"#,
        );
        assert_eq!((&read.unreadable, read.bad.count()), (&None, 0));
        let [exception] = &read.entries[..] else {
            panic!("{read:?}")
        };
        assert_eq!(exception.credential_type, Some(CredentialType::ApiKeys));
        assert_eq!(
            exception.cell(),
            "vendor; INC-1; cloud team; until 2027-01-31"
        );
        assert!(exception.user.matches("SVC-backup@Example.com"));
        let gap = |day_text| {
            read.known_gap(day(day_text), "dev", CredentialType::SmtpCredentials)
                .is_some()
        };
        assert!(gap("2026-12-31"), "until is inclusive");
        assert!(!gap("2027-01-01"));
        assert_eq!(
            read.known_gap(day("2026-12-01"), "Dev", CredentialType::ApiKeys),
            None
        );
    }

    #[test]
    fn a_bad_entry_accepts_nothing_and_is_told_with_its_place() {
        let cases = [
            (
                r#"{"exceptions":[{"reason":"r","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`user` is missing",
            ),
            (
                r#"{"exceptions":[{"user":"a","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`reason` is missing",
            ),
            (
                r#"{"exceptions":[{"user":"a","reason":" ","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`reason` is missing",
            ),
            (
                r#"{"exceptions":[{"user":"a","reason":"r"}]}"#,
                "exceptions[0]",
                "`until` is missing",
            ),
            (
                r#"{"exceptions":[{"user":"a","reason":"r","until":"31.01.2027"}]}"#,
                "exceptions[0]",
                "`until` is `31.01.2027`",
            ),
            (
                r#"{"exceptions":[{"user":"a","reason":"r","until":"2027-1-31"}]}"#,
                "exceptions[0]",
                "expected a date",
            ),
            (
                r#"{"exceptions":[{"user":"a","reason":"r","until":"2027-11-24"}]}"#,
                "exceptions[0]",
                "more than 366 days ahead",
            ),
            (
                r#"{"exceptions":[{"user":"*","reason":"r","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`*` alone",
            ),
            (
                r#"{"exceptions":[{"user":"**","domain":"*","credential_id":"*","reason":"r","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`*` alone",
            ),
            (
                r#"{"exceptions":[{"user":"a","creditial_id":"x","reason":"r","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`creditial_id` is no field",
            ),
            (
                r#"{"exceptions":[{"user":"a","type":"keys","reason":"r","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`type` is `keys`",
            ),
            (
                r#"{"exceptions":[{"user":["a"],"reason":"r","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`user` is no text",
            ),
            (
                r#"{"exceptions":[],"gaps":["Dev"]}"#,
                "gaps[0]",
                "is no object",
            ),
            (
                r#"{"gaps":[{"domain":"Dev","reason":"r","until":"2027-01-31"}]}"#,
                "gaps[0]",
                "`type` is missing",
            ),
            (
                r#"{"gaps":[{"domain":"*","type":"*","reason":"r","until":"2027-01-31"}]}"#,
                "gaps[0]",
                "both `*`",
            ),
            (r#"{"exeptions":[]}"#, "exeptions", "is no field"),
            (r#"{"gaps":{}}"#, "gaps", "is no list"),
            (
                r#"{"exceptions":[{"user":"a","reason":"r","until":"2026-12-01","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`until` is there twice",
            ),
            (
                r#"{"gaps":[{"domain":"Dev","domain":"Dev","type":"*","reason":"r","until":"2027-01-31"}]}"#,
                "gaps[0]",
                "`domain` is there twice",
            ),
            (
                r#"{"exceptions":[{"user":"a","reason":"r","until":"2027-01-31"}],"exceptions":[],"exceptions":[]}"#,
                "exceptions",
                "is there twice, so neither is read",
            ),
            (
                r#"{"exceptions":[{"user":"a","reason":1e999,"until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`reason` is no text",
            ),
        ];
        for (json, place, reason) in cases {
            let read = read(json);
            assert!(
                read.entries.is_empty() && read.gaps.is_empty(),
                "{json}: {read:?}"
            );
            let [bad] = &read.bad.first[..] else {
                panic!("{json}: {read:?}")
            };
            assert_eq!(bad.place.to_string(), place, "{json}");
            assert!(bad.flaw.to_string().contains(reason), "{json}: {bad}");
        }
    }

    #[test]
    fn a_bad_entry_leaves_the_others_as_they_are() {
        let read = read(
            r#"{"exceptions":[{"user":"a"},{"user":"*","type":"api_keys","reason":"r","until":"2027-11-23"},
                {"user":"*","credential_id":"x","reason":"r","until":"2020-01-01"}]}"#,
        );
        assert_eq!(read.bad.count(), 1);
        let indices: Vec<_> = read.entries.iter().map(|it| it.index).collect();
        assert_eq!(indices, [1, 2]);
    }

    #[test]
    fn of_very_many_bad_entries_the_first_hundred_are_kept_and_the_others_counted() {
        let fields = (0..100_000).map(|number| format!("\"field-{number:06}\":[]"));
        let fields: Vec<_> = fields.collect();
        let read = read(&format!("{{{},\"gaps\":[1,2,3]}}", fields.join(",")));
        assert_eq!((read.bad.first.len(), read.bad.others), (100, 99_903));
        assert_eq!(read.bad.count(), 100_003);
        assert_eq!(read.bad.first[99].place.to_string(), "field-000099");
    }

    #[test]
    fn a_text_of_a_thousand_characters_is_accepted_and_a_longer_one_is_not() {
        let with = |length: usize| {
            let reason = "\u{fc}".repeat(length);
            read(&format!(
                r#"{{"exceptions":[{{"user":"a","reason":" {reason} ","until":"2027-01-31"}}]}}"#
            ))
        };
        assert_eq!(with(1_000).entries.len(), 1);
        let longer = with(1_001);
        assert_eq!(longer.entries.len(), 0);
        assert_eq!(longer.bad.first[0].flaw, Flaw::TooLong("reason"));
    }

    #[test]
    fn what_is_wrong_can_be_told_without_a_word_of_the_file() {
        let secret = "jane.roe@example.com";
        let read = read(&format!(
            r#"{{"{secret}":1,"exceptions":[{{"{secret}":"a"}},
                {{"user":"a","reason":"r","until":"{secret}"}},
                {{"user":"a","type":"{secret}","reason":"r","until":"2027-01-31"}},
                "{secret}",{{"user":"a","reason":"{secret}"}}],"gaps":"{secret}"}}"#
        ));
        let told: Vec<_> = read
            .bad
            .first
            .iter()
            .map(BadEntry::without_quotes)
            .collect();
        assert_eq!(
            told,
            [
                "a field: is no field; expected `exceptions` and `gaps`",
                "exceptions[0]: it has an unknown field; expected some of user, domain, type, credential_id, owner, reason, ticket, until",
                "exceptions[1]: `until` is no date such as 2027-01-31",
                "exceptions[2]: `type` is no kind; expected one of api_keys, auth_tokens, customer_secret_keys, db_credentials, \
                 oauth2_client_credentials, smtp_credentials",
                "exceptions[3]: is no object",
                "exceptions[4]: `until` is missing",
                "gaps: is no list",
            ]
        );
        assert!(read.bad.first[0].to_string().starts_with(secret));
    }

    #[test]
    fn a_file_of_another_form_accepts_nothing() {
        for json in [
            "",
            "[]",
            "{\"exceptions\":[",
            "null",
            "\u{0}",
            "\"jane.roe\"",
        ] {
            let read = read(json);
            let reason = read.unreadable.as_deref().expect(json);
            assert!(!reason.contains("jane"), "{reason}");
            assert!(read.entries.is_empty() && read.bad.count() == 0);
        }
        let with_mark = read("\u{feff}{\"exceptions\":[]}");
        assert_eq!(with_mark.unreadable, None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(content in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Exceptions::parse("x", &content, String::new(), day("2026-11-22"));
        }
    }
}
