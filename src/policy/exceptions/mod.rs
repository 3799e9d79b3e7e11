//! What a security team has accepted: exceptions from the rule, and gaps in coverage that are known. Pure.
//!
//! ```json
//! {"exceptions": [{"user": "svc-*@example.com", "type": "api_keys", "reason": "vendor", "ticket": "INC-1", "until": "2027-01-31"}],
//!  "gaps": [{"domain": "Dev", "type": "smtp_credentials", "reason": "no right yet", "until": "2027-01-31"}]}
//! ```
//!
//! Whatever is not understood accepts nothing: an entry with a misspelt field would otherwise accept more than its author
//! meant. `*` stands for any text, the only wildcard there is, and case does not matter. `until` is the last day, in UTC,
//! on which an entry holds.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU16;

use chrono::{NaiveDate, TimeDelta};
use serde_json::value::RawValue;

use crate::inventory::DomainInventory;
use crate::json::Entries;
use crate::kind::{CredentialKind, KINDS};
use crate::model::HolderIndex;

/// Entries of one list that are read. The file is for people to write.
const MOST_ENTRIES: usize = 5_000;
/// An entry may hold for this many days from today: whoever accepts a risk looks at it once a year.
const LONGEST_DAYS: i64 = 366;
/// A text of an entry has at most this many characters: it stands in a cell of every report that names the entry.
const LONGEST_TEXT: usize = 1_000;
/// Bad entries that are kept: they stand in the manifest, which the next run reads only while it is small.
const MOST_BAD: usize = 100;
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

/// The file, as far as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acceptances {
    /// Name of the object, or path of the file; `None` where none is configured.
    pub source: Option<String>,
    /// SHA-256 of its content, 64 hexadecimal digits; `None` where it could not be read.
    pub sha256: Option<String>,
    /// Why nothing in it is accepted: it cannot be read, or is not of the form above.
    pub unreadable: Option<String>,
    /// Exceptions, in the order of the file, without the bad ones.
    pub exceptions: Vec<Exception>,
    /// Gaps, in the order of the file, without the bad ones.
    pub gaps: Vec<Gap>,
    /// What accepts nothing since it is not understood.
    pub bad: BadEntries,
}

/// The file of a run, as far as it matters whether the next run has another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AcceptancesFile {
    /// None is configured.
    #[default]
    None,
    /// It could not be read.
    NotRead,
    /// It was read; the SHA-256 of its content.
    Read(String),
}

/// Credentials that need not be rotated for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its place in the file, from 0.
    pub index: usize,
    /// `userName` of the holder.
    pub user: Pattern,
    /// Display name of the domain.
    pub domain: Option<Pattern>,
    /// The kind.
    pub kind: Option<CredentialKind>,
    /// SCIM id of the credential.
    pub credential_id: Option<Pattern>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why.
    pub reason: String,
    /// Where it was decided.
    pub ticket: Option<String>,
    /// The last day, in UTC.
    pub until: NaiveDate,
    /// Credentials of any state that it fits, whether it still holds or not.
    pub matches: u64,
    /// Of one that ended: credentials that are overdue, due or of unknown age, and accepted by no other.
    pub alerting: u64,
}

/// Which exception accepts a credential: an index into [`Acceptances::exceptions`] that takes two bytes, also where there
/// is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionPlace(NonZeroU16);

impl ExceptionPlace {
    pub(super) fn new(index: u16) -> Option<Self> {
        NonZeroU16::new(index.checked_add(1)?).map(Self)
    }

    /// The index.
    pub const fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A kind of credential of a domain that is known not to be readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its place in the file, from 0.
    pub index: usize,
    /// Display name of the domain.
    pub domain: Pattern,
    /// The kind; `None` for all kinds.
    pub kind: Option<CredentialKind>,
    /// Why.
    pub reason: String,
    /// The last day, in UTC.
    pub until: NaiveDate,
    /// Lists that could not be read completely and that it fits, whether it still holds or not.
    pub matches: u64,
}

/// What accepts nothing: the first of it, and how much more there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BadEntries {
    /// The first hundred.
    pub first: Vec<BadEntry>,
    /// How many others there are.
    pub others: u64,
}

impl BadEntries {
    /// How many there are.
    pub const fn count(&self) -> u64 {
        self.first.len() as u64 + self.others
    }

    fn add(&mut self, place: Place, flaw: Flaw) {
        if self.first.len() < MOST_BAD {
            self.first.push(BadEntry { place, flaw });
        } else {
            self.others += 1;
        }
    }
}

/// A part of the file that accepts nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {flaw}")]
pub struct BadEntry {
    /// Where it stands.
    pub place: Place,
    /// What is wrong with it.
    pub flaw: Flaw,
}

impl BadEntry {
    /// The same without any word of the file: whoever wrote a name into the wrong field has named somebody.
    pub fn without_quotes(&self) -> String {
        let place = match &self.place {
            Place::UnknownField(_) => "a field".to_owned(),
            place => place.to_string(),
        };
        let flaw = match &self.flaw {
            Flaw::UnknownField { expected, .. } => {
                format!(
                    "it has an unknown field; expected some of {}",
                    expected.join(", ")
                )
            }
            Flaw::UnknownKind { .. } => {
                format!(
                    "`type` is no kind; expected one of {}",
                    crate::kind::names()
                )
            }
            Flaw::NoDate { .. } => "`until` is no date such as 2027-01-31".to_owned(),
            flaw => flaw.to_string(),
        };
        format!("{place}: {flaw}")
    }
}

/// A part of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A field of the whole file that there is none of; its name, cut.
    UnknownField(String),
    /// A list.
    List(&'static str),
    /// An entry of a list, from 0.
    Entry(&'static str, usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownField(name) => f.write_str(name),
            Self::List(list) => f.write_str(list),
            Self::Entry(list, index) => write!(f, "{list}[{index}]"),
        }
    }
}

/// What is wrong with a part of the file, by what its author must do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Leave the field out, or correct its name.
    #[error("is no field; expected `exceptions` and `gaps`")]
    NoList,
    /// Make it a list.
    #[error("is no list")]
    NotAList,
    /// Keep one of both.
    #[error("is there twice, so neither is read")]
    ListTwice,
    /// Take out what is not needed any more.
    #[error("has more than {MOST_ENTRIES} entries; the others are not read")]
    TooManyEntries,
    /// Make it an object.
    #[error("is no object")]
    NotAnObject,
    /// Correct the name of the field.
    #[error("`{field}` is no field; expected some of {}", expected.join(", "))]
    UnknownField {
        /// Its name, cut.
        field: String,
        /// Those that there are.
        expected: &'static [&'static str],
    },
    /// Keep one of both: which one counts is anybody's guess.
    #[error("`{0}` is there twice")]
    FieldTwice(&'static str),
    /// Add the field.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Make the value a text.
    #[error("`{0}` is no text")]
    NoText(&'static str),
    /// Shorten the text.
    #[error("`{0}` has more than {LONGEST_TEXT} characters")]
    TooLong(&'static str),
    /// Name a kind.
    #[error("`type` is `{word}`; expected one of {}", crate::kind::names())]
    UnknownKind {
        /// What stands there, cut.
        word: String,
    },
    /// Write a date.
    #[error("`until` is `{text}`; expected a date such as 2027-01-31")]
    NoDate {
        /// What stands there, cut.
        text: String,
    },
    /// Choose an earlier date.
    #[error("`until` is {0}, more than {LONGEST_DAYS} days ahead")]
    TooFarAhead(NaiveDate),
    /// Narrow the exception.
    #[error(
        "`user` is `*` alone, which would accept everything; name users, or a domain, type or credential_id as well"
    )]
    EveryCredential,
    /// Narrow the gap.
    #[error("`domain` and `type` are both `*`, which would accept every gap")]
    EveryGap,
}

/// Text in which `*` stands for any text.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// In lower case, cut at every `*`.
    pieces: Vec<String>,
}

impl Pattern {
    /// A pattern as the file has it.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            pieces: text.to_lowercase().split('*').map(str::to_owned).collect(),
        }
    }

    /// As the file has it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it fits every text.
    fn is_anything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// Whether it fits a text.
    pub fn matches(&self, text: &str) -> bool {
        self.matches_lower(&text.to_lowercase())
    }

    /// Whether it fits a text that is in lower case already. Each piece is looked for once, from left to right: no text
    /// makes this slow.
    fn matches_lower(&self, text: &str) -> bool {
        let (Some(first), Some(last)) = (self.pieces.first(), self.pieces.last()) else {
            return text.is_empty();
        };
        if self.pieces.len() == 1 {
            return text == first;
        }
        let Some(mut rest) = text
            .strip_prefix(first.as_str())
            .and_then(|rest| rest.strip_suffix(last.as_str()))
        else {
            return false;
        };
        for piece in &self.pieces[1..self.pieces.len() - 1] {
            let Some(at) = rest.find(piece.as_str()) else {
                return false;
            };
            rest = &rest[at + piece.len()..];
        }
        true
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Exception {
    /// In one cell: `reason; INC-1; until 2027-01-31`.
    pub fn cell(&self) -> String {
        let mut cell = self.reason.clone();
        for further in self.ticket.iter().chain(&self.owner) {
            cell.push_str("; ");
            cell.push_str(further);
        }
        cell.push_str(&format!("; until {}", self.until));
        cell
    }

    /// Whether it fits a kind of a domain, whoever holds it.
    pub fn covers(&self, domain_name: &str, kind: CredentialKind) -> bool {
        self.kind.is_none_or(|own| own == kind)
            && self
                .domain
                .as_ref()
                .is_none_or(|domain| domain.matches(domain_name))
    }
}

impl Gap {
    /// Whether it fits a kind of a domain.
    pub fn covers(&self, domain_name: &str, kind: CredentialKind) -> bool {
        self.kind.is_none_or(|own| own == kind) && self.domain.matches(domain_name)
    }
}

impl Acceptances {
    /// A file that accepts nothing, since it could not be read.
    pub fn unreadable(source: &str, reason: String) -> Self {
        Self {
            source: Some(source.to_owned()),
            unreadable: Some(reason),
            ..Self::default()
        }
    }

    /// Which file this is.
    pub fn file(&self) -> AcceptancesFile {
        match (&self.source, &self.sha256) {
            (None, _) => AcceptancesFile::None,
            (Some(_), None) => AcceptancesFile::NotRead,
            (Some(_), Some(sha256)) => AcceptancesFile::Read(sha256.clone()),
        }
    }

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
        for (field, value) in &file {
            let Some(list) = LISTS.into_iter().find(|list| list == field) else {
                let place = Place::UnknownField(excerpt(field));
                read.bad.add(place, Flaw::NoList);
                continue;
            };
            let is_it = |(name, _): &&(String, Box<RawValue>)| name == list;
            if file.iter().filter(is_it).count() > 1 {
                let place = Place::List(list);
                // Said once, however often it is there.
                if read.bad.first.iter().all(|bad| bad.place != place) {
                    read.bad.add(place, Flaw::ListTwice);
                }
                continue;
            }
            read.take(list, value, today);
        }
        read
    }

    fn take(&mut self, list: &'static str, value: &RawValue, today: NaiveDate) {
        let Ok(entries) = serde_json::from_str::<Vec<&RawValue>>(value.get()) else {
            self.bad.add(Place::List(list), Flaw::NotAList);
            return;
        };
        if entries.len() > MOST_ENTRIES {
            self.bad.add(Place::List(list), Flaw::TooManyEntries);
        }
        for (index, entry) in entries.into_iter().take(MOST_ENTRIES).enumerate() {
            let understood = match list {
                "exceptions" => {
                    exception(index, entry, today).map(|entry| self.exceptions.push(entry))
                }
                _ => gap(index, entry, today).map(|entry| self.gaps.push(entry)),
            };
            if let Err(flaw) = understood {
                self.bad.add(Place::Entry(list, index), flaw);
            }
        }
    }

    /// Whether a gap that is accepted on `day` fits this kind of this domain.
    pub fn known_gap(
        &self,
        day: NaiveDate,
        domain_name: &str,
        kind: CredentialKind,
    ) -> Option<&Gap> {
        self.gaps
            .iter()
            .find(|gap| gap.until >= day && gap.covers(domain_name, kind))
    }
}

fn exception(index: usize, entry: &RawValue, today: NaiveDate) -> Result<Exception, Flaw> {
    let fields = Fields::of(entry, EXCEPTION_FIELDS)?;
    let pattern = |name| Ok::<_, Flaw>(fields.text(name)?.map(|text| Pattern::new(&text)));
    let exception = Exception {
        index,
        user: Pattern::new(&fields.required("user")?),
        domain: pattern("domain")?,
        kind: fields.kind()?,
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
        && exception.kind.is_none()
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
        kind: fields.kind()?,
        reason: fields.required("reason")?,
        until: fields.until(today)?,
        matches: 0,
    };
    if gap.domain.is_anything() && gap.kind.is_none() {
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
        if text.chars().nth(LONGEST_TEXT).is_some() {
            return Err(Flaw::TooLong(name));
        }
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    fn required(&self, name: &'static str) -> Result<String, Flaw> {
        self.text(name)?.ok_or(Flaw::Missing(name))
    }

    /// `type`; `*` is any kind.
    fn kind(&self) -> Result<Option<CredentialKind>, Flaw> {
        match self.text("type")?.as_deref() {
            None | Some("*") => Ok(None),
            Some(word) => match word.to_lowercase().parse() {
                Ok(kind) => Ok(Some(kind)),
                Err(_) => Err(Flaw::UnknownKind {
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
        if date - today > TimeDelta::days(LONGEST_DAYS) {
            return Err(Flaw::TooFarAhead(date));
        }
        Ok(date)
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT).collect()
}

/// Which exceptions fit which credentials of one domain. Users are compared once each, not once a credential.
pub(super) struct DomainExceptions<'a> {
    acceptances: &'a Acceptances,
    inventory: &'a DomainInventory,
    /// By holder: indices into [`Acceptances::exceptions`] whose `user` and `domain` fit.
    by_holder: HashMap<HolderIndex, Vec<u16>>,
    /// The same for holders who are not among the users, so that nothing but `*` fits them.
    of_unlisted: Vec<u16>,
}

impl<'a> DomainExceptions<'a> {
    pub(super) fn new(acceptances: &'a Acceptances, inventory: &'a DomainInventory) -> Self {
        let name = &inventory.reading().domain.name;
        let here: Vec<_> = (0_u16..)
            .zip(&acceptances.exceptions)
            .filter(|(_, entry)| entry.domain.as_ref().is_none_or(|it| it.matches(name)))
            .collect();
        let fitting = |user_name: &str| -> Vec<u16> {
            here.iter()
                .filter(|(_, entry)| entry.user.matches_lower(user_name))
                .map(|(place, _)| *place)
                .collect()
        };
        let mut by_holder = HashMap::new();
        if !here.is_empty() {
            for user in &inventory.reading().users.rows {
                let fitting = fitting(&inventory.user_name(user).to_lowercase());
                if !fitting.is_empty() {
                    by_holder.insert(user.holder, fitting);
                }
            }
        }
        Self {
            acceptances,
            inventory,
            of_unlisted: fitting(""),
            by_holder,
        }
    }

    /// The exceptions that fit a credential, by their indices into [`Acceptances::exceptions`].
    pub(super) fn of(&self, kind: CredentialKind, place: u32) -> impl Iterator<Item = u16> {
        let credential = self.inventory.credential(kind, place);
        let holder = credential.map_or(HolderIndex::NONE, |it| it.holder);
        let candidates: &[u16] = match self.inventory.user(holder) {
            Some(_) => self.by_holder.get(&holder).map_or(&[], Vec::as_slice),
            None => &self.of_unlisted,
        };
        let id = credential.map_or("", |it| self.inventory.credential_id(kind, it));
        candidates.iter().copied().filter(move |place| {
            let entry = &self.acceptances.exceptions[usize::from(*place)];
            entry.kind.is_none_or(|own| own == kind)
                && entry.credential_id.as_ref().is_none_or(|it| it.matches(id))
        })
    }
}

/// Exceptions that may accept what a user of a domain holds who could not be listed, so that no name is there to compare.
pub(super) struct PossibleExceptions<'a> {
    inventory: &'a DomainInventory,
    /// By kind: those that hold, and fit all but the user; none where all users were listed.
    by_kind: [Vec<&'a Exception>; KINDS.len()],
}

impl<'a> PossibleExceptions<'a> {
    pub(super) fn new(
        acceptances: &'a Acceptances,
        inventory: &'a DomainInventory,
        day: NaiveDate,
    ) -> Self {
        let reading = inventory.reading();
        let mut by_kind: [Vec<&Exception>; KINDS.len()] = Default::default();
        if !reading.users_coverage.is_complete() {
            for entry in acceptances.exceptions.iter().filter(|it| it.until >= day) {
                for kind in CredentialKind::all() {
                    if entry.covers(&reading.domain.name, kind) {
                        by_kind[kind.index()].push(entry);
                    }
                }
            }
        }
        Self { inventory, by_kind }
    }

    /// Whether one of them may accept a credential. One that names no user has no holder whose name could ever be known.
    pub(super) fn may_accept(&self, kind: CredentialKind, place: u32) -> bool {
        let candidates = &self.by_kind[kind.index()];
        let Some(credential) = self.inventory.credential(kind, place) else {
            return false;
        };
        let holder = credential.holder;
        if candidates.is_empty()
            || holder == HolderIndex::NONE
            || self.inventory.user(holder).is_some()
        {
            return false;
        }
        let id = self.inventory.credential_id(kind, credential);
        let fits = |pattern: &Pattern| pattern.matches(id);
        candidates
            .iter()
            .any(|entry| entry.credential_id.as_ref().is_none_or(fits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn read(json: &str) -> Acceptances {
        Acceptances::parse(
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
        let [exception] = &read.exceptions[..] else {
            panic!("{read:?}")
        };
        assert_eq!(exception.kind, Some(CredentialKind::ApiKeys));
        assert_eq!(
            exception.cell(),
            "vendor; INC-1; cloud team; until 2027-01-31"
        );
        assert!(exception.user.matches("SVC-backup@Example.com"));
        let gap = |day_text| {
            read.known_gap(day(day_text), "dev", CredentialKind::SmtpCredentials)
                .is_some()
        };
        assert!(gap("2026-12-31"), "until is inclusive");
        assert!(!gap("2027-01-01"));
        assert_eq!(
            read.known_gap(day("2026-12-01"), "Dev", CredentialKind::ApiKeys),
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
                read.exceptions.is_empty() && read.gaps.is_empty(),
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
        let indices: Vec<_> = read.exceptions.iter().map(|it| it.index).collect();
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
        assert_eq!(with(1_000).exceptions.len(), 1);
        let longer = with(1_001);
        assert_eq!(longer.exceptions.len(), 0);
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
            assert!(read.exceptions.is_empty() && read.bad.count() == 0);
        }
        let with_mark = read("\u{feff}{\"exceptions\":[]}");
        assert_eq!(with_mark.unreadable, None);
    }

    #[test]
    fn a_star_stands_for_any_text_and_nothing_else_is_special() {
        for (pattern, text, expected) in [
            ("svc-*@example.com", "svc-@example.com", true),
            ("svc-*@example.com", "svc-a@example.org", false),
            ("*backup*", "SVC-Backup", true),
            ("a*a", "a", false),
            ("a*b*c", "abbc", true),
            ("a*b*c", "acb", false),
            ("a.c", "abc", false),
            ("a?c", "abc", false),
            ("[ab]", "a", false),
            ("*", "", true),
            ("\u{dc}mit", "\u{fc}mit", true),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(text),
                expected,
                "{pattern} {text}"
            );
        }
    }

    /// The definition, tried out in every way.
    fn fits(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|at| fits(rest, &text[at..])),
            Some((first, rest)) => text
                .split_first()
                .is_some_and(|(own, text)| own == first && fits(rest, text)),
        }
    }

    proptest! {
        #[test]
        fn patterns_fit_what_their_definition_says(pattern in "[ab*]{0,8}", text in "[ab]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), fits(&chars(&pattern), &chars(&text)));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(content in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Acceptances::parse("x", &content, String::new(), day("2026-11-22"));
        }
    }
}
