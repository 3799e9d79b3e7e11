//! What of the file accepts nothing, and why. Pure.

use std::fmt;

use chrono::NaiveDate;

use super::parsing::{MAX_DAYS_AHEAD, MAX_ENTRIES, MAX_TEXT_CHARS};

/// Bad entries that are kept: they stand in the manifest, which the next run reads only while it is small.
const MAX_BAD: usize = 100;

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

    pub(super) fn add(&mut self, place: Place, flaw: Flaw) {
        if self.first.len() < MAX_BAD {
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
            Flaw::UnknownCredentialType { .. } => {
                format!(
                    "`type` is no kind; expected one of {}",
                    crate::credential_type::names()
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
    #[error("has more than {MAX_ENTRIES} entries; the others are not read")]
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
    #[error("`{0}` has more than {MAX_TEXT_CHARS} characters")]
    TooLong(&'static str),
    /// Name a type.
    #[error(
        "`type` is `{word}`; expected one of {}",
        crate::credential_type::names()
    )]
    UnknownCredentialType {
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
    #[error("`until` is {0}, more than {MAX_DAYS_AHEAD} days ahead")]
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
