//! Parses the exceptions file. Pure.

use chrono::{NaiveDate, TimeDelta};
use serde_json::value::RawValue;

use crate::credential_type::CredentialType;
use crate::json::Entries;

use super::acceptance::{AcceptedSet, UnknownReason};
use super::accepted::{Exception, Exceptions, KnownGap, OwnerTopic};
use super::bad_entries::{EntryError, Location};
use super::limits::{MAX_DAYS_AHEAD, MAX_ENTRIES, MAX_TEXT_CHARS};
use super::owner::is_same_owner;
use super::pattern::Pattern;

/// Max number of characters that a message quotes.
const EXCERPT: usize = 60;
/// The lists of the file.
const LISTS: [&str; 3] = ["exceptions", "gaps", "owners"];
const EXCEPTION_FIELDS: &[&str] = &[
    "user",
    "domain",
    "type",
    "credential_id",
    "owner",
    "reason",
    "ticket",
    "until",
    "accept",
];
const GAP_FIELDS: &[&str] = &["domain", "type", "reason", "until"];
const OWNER_FIELDS: &[&str] = &["owner", "topic"];

impl Exceptions {
    /// Parses the content of the file. `today` is the clock's UTC date, even if ages are judged at another date.
    pub fn parse(source: &str, content: &[u8], sha256: String, today: NaiveDate) -> Self {
        let mut read = Self {
            source: Some(source.to_owned()),
            sha256: Some(sha256),
            ..Self::default()
        };
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        if let Err(error) = serde_json::from_slice::<&RawValue>(content) {
            read.unreadable = Some(format!("invalid JSON: {error}"));
            return read;
        }
        let Ok(Entries(file)) = serde_json::from_slice(content) else {
            read.unreadable =
                Some("not a JSON object with the lists `exceptions` and `gaps`".to_owned());
            return read;
        };
        let is_twice = |list: &&str| file.iter().filter(|(field, _)| field == list).count() > 1;
        let twice: Vec<_> = LISTS.into_iter().filter(is_twice).collect();
        for list in &twice {
            read.bad.add(Location::List(list), EntryError::ListTwice);
        }
        for (field, value) in &file {
            let Some(list) = LISTS.into_iter().find(|list| list == field) else {
                let location = Location::UnknownField(excerpt(field));
                read.bad.add(location, EntryError::UnknownList);
                continue;
            };
            if !twice.contains(&list) {
                read.parse_list(list, value, today);
            }
        }
        read
    }

    fn parse_list(&mut self, list: &'static str, value: &RawValue, today: NaiveDate) {
        let Ok(entries) = serde_json::from_str::<Vec<&RawValue>>(value.get()) else {
            self.bad.add(Location::List(list), EntryError::NotAList);
            return;
        };
        if entries.len() > MAX_ENTRIES {
            self.bad
                .add(Location::List(list), EntryError::TooManyEntries);
        }
        for (index, entry) in entries.into_iter().take(MAX_ENTRIES).enumerate() {
            let parsed = match list {
                "exceptions" => {
                    exception(index, entry, today).map(|entry| self.entries.push(entry))
                }
                "gaps" => gap(index, entry, today).map(|entry| self.gaps.push(entry)),
                _ => owner(index, entry, &self.owners).map(|entry| self.owners.push(entry)),
            };
            if let Err(error) = parsed {
                self.bad.add(Location::Entry(list, index), error);
            }
        }
    }
}

fn exception(index: usize, entry: &RawValue, today: NaiveDate) -> Result<Exception, EntryError> {
    let fields = Fields::of(entry, EXCEPTION_FIELDS)?;
    let pattern = |name| Ok::<_, EntryError>(fields.text(name)?.map(|text| Pattern::new(&text)));
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
        accept: fields.accept()?,
        matches: 0,
        alerting: 0,
    };
    let narrowed = |pattern: &Option<Pattern>| {
        pattern
            .as_ref()
            .is_some_and(|pattern| !pattern.is_anything())
    };
    if exception.user.is_anything()
        && exception.credential_type.is_none()
        && !narrowed(&exception.domain)
        && !narrowed(&exception.credential_id)
    {
        return Err(EntryError::EveryCredential);
    }
    Ok(exception)
}

fn gap(index: usize, entry: &RawValue, today: NaiveDate) -> Result<KnownGap, EntryError> {
    let fields = Fields::of(entry, GAP_FIELDS)?;
    fields.required("type")?;
    let gap = KnownGap {
        index,
        domain: Pattern::new(&fields.required("domain")?),
        credential_type: fields.credential_type()?,
        reason: fields.required("reason")?,
        until: fields.until(today)?,
        matches: 0,
    };
    if gap.domain.is_anything() && gap.credential_type.is_none() {
        return Err(EntryError::EveryGap);
    }
    Ok(gap)
}

fn owner(index: usize, entry: &RawValue, known: &[OwnerTopic]) -> Result<OwnerTopic, EntryError> {
    let fields = Fields::of(entry, OWNER_FIELDS)?;
    let (owner, topic) = (fields.required("owner")?, fields.required("topic")?);
    if known
        .iter()
        .any(|known| is_same_owner(&known.owner, &owner))
    {
        return Err(EntryError::OwnerTwice);
    }
    // Realm and region become parts of a host that receives a signature.
    let is_label = |text: &str| {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !text.is_empty() && text.len() <= 63 && text.bytes().all(is_plain)
    };
    match topic.split('.').collect::<Vec<_>>()[..] {
        ["ocid1", "onstopic", realm, region, .., unique]
            if is_label(realm) && is_label(region) && !unique.is_empty() =>
        {
            Ok(OwnerTopic {
                index,
                owner,
                realm: realm.to_owned(),
                region: region.to_owned(),
                topic: topic.clone(),
            })
        }
        _ => Err(EntryError::NotATopic),
    }
}

/// The fields of an entry. Each name is known and appears once.
struct Fields(Vec<(&'static str, Box<RawValue>)>);

impl Fields {
    fn of(entry: &RawValue, known: &'static [&'static str]) -> Result<Self, EntryError> {
        let Entries(entries) =
            serde_json::from_str(entry.get()).map_err(|_| EntryError::NotAnObject)?;
        let mut fields: Vec<(&'static str, _)> = Vec::new();
        for (field, value) in entries {
            let Some(name) = known.iter().copied().find(|name| *name == field) else {
                return Err(EntryError::UnknownField {
                    field: excerpt(&field),
                    expected: known,
                });
            };
            if fields.iter().any(|(seen, _)| *seen == name) {
                return Err(EntryError::FieldTwice(name));
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// The trimmed string of a field; `None` if it is absent, null or empty.
    fn text(&self, name: &'static str) -> Result<Option<String>, EntryError> {
        let Some((_, value)) = self.0.iter().find(|(field, _)| *field == name) else {
            return Ok(None);
        };
        let text: Option<String> =
            serde_json::from_str(value.get()).map_err(|_| EntryError::NotAString(name))?;
        let text = text.as_deref().unwrap_or_default().trim();
        if text.chars().nth(MAX_TEXT_CHARS).is_some() {
            return Err(EntryError::TooLong(name));
        }
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    fn required(&self, name: &'static str) -> Result<String, EntryError> {
        self.text(name)?.ok_or(EntryError::Missing(name))
    }

    /// The type; `None` for any type.
    fn credential_type(&self) -> Result<Option<CredentialType>, EntryError> {
        match self.text("type")?.as_deref() {
            None | Some("*") => Ok(None),
            Some(word) => match word.to_lowercase().parse() {
                Ok(credential_type) => Ok(Some(credential_type)),
                Err(_) => Err(EntryError::UnknownCredentialType {
                    word: excerpt(word),
                }),
            },
        }
    }

    /// The reasons that an exception accepts: those about ages, unless it has a list.
    fn accept(&self) -> Result<AcceptedSet, EntryError> {
        let Some((_, value)) = self.0.iter().find(|(field, _)| *field == "accept") else {
            return Ok(AcceptedSet::default());
        };
        let words: Option<Vec<String>> = serde_json::from_str(value.get())
            .map_err(|_| EntryError::NotAListOfStrings("accept"))?;
        let Some(words) = words else {
            return Ok(AcceptedSet::default());
        };
        if words.is_empty() {
            return Err(EntryError::AcceptsNothing);
        }
        words
            .iter()
            .map(|word| {
                word.trim().to_lowercase().parse().map_err(|UnknownReason| {
                    EntryError::UnknownReason {
                        word: excerpt(word),
                    }
                })
            })
            .collect()
    }

    fn until(&self, today: NaiveDate) -> Result<NaiveDate, EntryError> {
        let text = self.required("until")?;
        let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d")
            .ok()
            // chrono also accepts `2027-1-31` and signs before years.
            .filter(|date| date.to_string() == text)
            .ok_or_else(|| EntryError::NotADate {
                text: excerpt(&text),
            })?;
        if date - today > TimeDelta::days(MAX_DAYS_AHEAD) {
            return Err(EntryError::TooFarAhead(date));
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
    fn every_field_is_parsed() {
        let read = read(
            r#"{"exceptions":[{"user":"svc-*@example.com","domain":"Default","type":"API_Keys","credential_id":"abc","owner":"cloud team",
                "reason":"vendor","ticket":"INC-1","until":"2027-01-31"}],
                "gaps":[{"domain":"Dev","type":"smtp_credentials","reason":"no permission yet","until":"2026-12-31"}]}"#,
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
    fn invalid_entry_accepts_nothing_and_is_reported_with_its_location() {
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
                "unknown field `creditial_id`",
            ),
            (
                r#"{"exceptions":[{"user":"a","type":"keys","reason":"r","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "unknown credential type `keys`",
            ),
            (
                r#"{"exceptions":[{"user":["a"],"reason":"r","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`user` is not a string",
            ),
            (
                r#"{"exceptions":[],"gaps":["Dev"]}"#,
                "gaps[0]",
                "not an object",
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
            (r#"{"exeptions":[]}"#, "exeptions", "unknown field"),
            (r#"{"gaps":{}}"#, "gaps", "not a list"),
            (
                r#"{"exceptions":[{"user":"a","reason":"r","until":"2026-12-01","until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`until` appears twice",
            ),
            (
                r#"{"gaps":[{"domain":"Dev","domain":"Dev","type":"*","reason":"r","until":"2027-01-31"}]}"#,
                "gaps[0]",
                "`domain` appears twice",
            ),
            (
                r#"{"exceptions":[{"user":"a","reason":"r","until":"2027-01-31"}],"exceptions":[],"exceptions":[]}"#,
                "exceptions",
                "appears twice, so neither is read",
            ),
            (
                r#"{"exceptions":[{"user":"a","reason":1e999,"until":"2027-01-31"}]}"#,
                "exceptions[0]",
                "`reason` is not a string",
            ),
        ];
        for (json, location, reason) in cases {
            let read = read(json);
            assert!(
                read.entries.is_empty() && read.gaps.is_empty(),
                "{json}: {read:?}"
            );
            let [bad] = &read.bad.first[..] else {
                panic!("{json}: {read:?}")
            };
            assert_eq!(bad.location.to_string(), location, "{json}");
            assert!(bad.error.to_string().contains(reason), "{json}: {bad}");
        }
    }

    #[test]
    fn pattern_of_punctuation_narrows_nothing() {
        let exception = |fields: serde_json::Value| {
            let mut fields = fields;
            fields["reason"] = "r".into();
            fields["until"] = "2027-01-31".into();
            read(&serde_json::json!({ "exceptions": [fields] }).to_string())
        };
        for user in [
            "*@*",
            "*.*",
            "*@*.*",
            "**.**",
            "?*",
            "*-*",
            "*_*@*",
            "* *",
            "*\u{200b}*",
            "*%*",
            "\u{ff20}*",
        ] {
            for fields in [
                serde_json::json!({ "user": user }),
                serde_json::json!({ "user": user, "domain": "*" }),
                serde_json::json!({ "user": user, "domain": "*.*", "credential_id": "*-*" }),
                serde_json::json!({ "user": "*", "domain": user }),
                serde_json::json!({ "user": "*", "credential_id": user }),
            ] {
                let read = exception(fields.clone());
                assert!(read.entries.is_empty(), "{fields}");
                assert_eq!(read.bad.first[0].error, EntryError::EveryCredential);
            }
            let gap = serde_json::json!({"gaps": [
                {"domain": user, "type": "*", "reason": "r", "until": "2027-01-31"},
            ]});
            assert_eq!(read(&gap.to_string()).gaps, [], "{user}");
        }
        for fields in [
            serde_json::json!({ "user": "*@example.com" }),
            serde_json::json!({ "user": "svc*" }),
            serde_json::json!({ "user": "*@*.example" }),
            serde_json::json!({ "user": "@" }),
            serde_json::json!({ "user": "*\u{5b57}*" }),
            serde_json::json!({ "user": "*@*", "domain": "D*" }),
            serde_json::json!({ "user": "*@*", "credential_id": "0a1b" }),
        ] {
            assert_eq!(exception(fields.clone()).entries.len(), 1, "{fields}");
        }
    }

    #[test]
    fn exception_accepts_ages_unless_it_lists_reasons() {
        use super::super::Accepted;
        let accepts = |fields: &str| {
            let file = format!(
                r#"{{"exceptions":[{{"user":"a","reason":"r","until":"2027-01-31"{fields}}}]}}"#
            );
            let read = read(&file);
            let accepted = read
                .entries
                .first()
                .map(|entry| entry.accept.words().collect::<Vec<_>>());
            accepted.ok_or_else(|| read.bad.first[0].error.to_string())
        };
        assert_eq!(accepts(""), Ok(vec![Accepted::Age]));
        assert_eq!(accepts(r#","accept":null"#), Ok(vec![Accepted::Age]));
        assert_eq!(
            accepts(r#","accept":["Newer"," inactive ","newer"]"#),
            Ok(vec![Accepted::Newer, Accepted::Inactive])
        );
        let all = r#","accept":["age","expiry","newer","inactive","capability","administrator"]"#;
        assert_eq!(accepts(all), Ok(Accepted::ALL.to_vec()));
        for (fields, expected) in [
            (r#","accept":[]"#, "`accept` is empty"),
            (r#","accept":"age""#, "`accept` is not a list of strings"),
            (r#","accept":[1]"#, "`accept` is not a list of strings"),
            (
                r#","accept":["age","not_listed"]"#,
                "`accept` has `not_listed`; expected a list of age, ",
            ),
            (r#","accept":["mass_change"]"#, "`accept` has `mass_change`"),
            (r#","accept":["*"]"#, "`accept` has `*`"),
            (
                r#","accept":["age"],"accept":["newer"]"#,
                "`accept` appears twice",
            ),
        ] {
            let error = accepts(fields).expect_err(fields);
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn invalid_entry_does_not_affect_other_entries() {
        let read = read(
            r#"{"exceptions":[{"user":"a"},{"user":"*","type":"api_keys","reason":"r","until":"2027-11-23"},
                {"user":"*","credential_id":"x","reason":"r","until":"2020-01-01"}]}"#,
        );
        assert_eq!(read.bad.count(), 1);
        let indices: Vec<_> = read.entries.iter().map(|entry| entry.index).collect();
        assert_eq!(indices, [1, 2]);
    }

    #[test]
    fn first_hundred_invalid_entries_are_kept_and_others_are_counted() {
        let fields = (0..100_000).map(|number| format!("\"field-{number:06}\":[]"));
        let fields: Vec<_> = fields.collect();
        let read = read(&format!("{{{},\"gaps\":[1,2,3]}}", fields.join(",")));
        assert_eq!((read.bad.first.len(), read.bad.others), (100, 99_903));
        assert_eq!(read.bad.count(), 100_003);
        assert_eq!(read.bad.first[99].location.to_string(), "field-000099");
    }

    #[test]
    fn entries_over_the_max_are_not_read_and_that_is_said() {
        let of = |entries: usize| {
            let entry = r#"{"user":"a","reason":"r","until":"2027-01-31"}"#;
            read(&format!(
                "{{\"exceptions\":[{}]}}",
                vec![entry; entries].join(",")
            ))
        };
        let most = of(MAX_ENTRIES);
        assert_eq!((most.entries.len(), most.bad.count()), (MAX_ENTRIES, 0));
        let more = of(MAX_ENTRIES + 1);
        assert_eq!(more.entries.len(), MAX_ENTRIES);
        assert_eq!(more.bad.first[0].error, EntryError::TooManyEntries);
    }

    #[test]
    fn string_has_at_most_a_thousand_characters() {
        let with = |length: usize| {
            let reason = "\u{fc}".repeat(length);
            read(&format!(
                r#"{{"exceptions":[{{"user":"a","reason":" {reason} ","until":"2027-01-31"}}]}}"#
            ))
        };
        assert_eq!(with(1_000).entries.len(), 1);
        let longer = with(1_001);
        assert_eq!(longer.entries.len(), 0);
        assert_eq!(longer.bad.first[0].error, EntryError::TooLong("reason"));
    }

    #[test]
    fn error_can_be_reported_without_text_of_the_file() {
        let secret = "jane.roe@example.com";
        let read = read(&format!(
            r#"{{"{secret}":1,"exceptions":[{{"{secret}":"a"}},
                {{"user":"a","reason":"r","until":"{secret}"}},
                {{"user":"a","type":"{secret}","reason":"r","until":"2027-01-31"}},
                "{secret}",{{"user":"a","reason":"{secret}"}}],"gaps":"{secret}"}}"#
        ));
        let reported: Vec<_> = read
            .bad
            .first
            .iter()
            .map(BadEntry::without_quotes)
            .collect();
        assert_eq!(
            reported,
            [
                "a field: unknown field; expected `exceptions`, `gaps` and `owners`",
                "exceptions[0]: unknown field; expected one of user, domain, type, credential_id, owner, reason, ticket, until, accept",
                "exceptions[1]: `until` is not a date such as 2027-01-31",
                "exceptions[2]: unknown credential type; expected one of api_keys, auth_tokens, customer_secret_keys, db_credentials, \
                 oauth2_client_credentials, smtp_credentials",
                "exceptions[3]: not an object",
                "exceptions[4]: `until` is missing",
                "gaps: not a list",
            ]
        );
        assert!(read.bad.first[0].to_string().starts_with(secret));
    }

    #[test]
    fn malformed_file_accepts_nothing() {
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
        fn any_bytes_are_parsed_without_a_panic(content in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Exceptions::parse("x", &content, String::new(), day("2026-11-22"));
        }
    }
}
