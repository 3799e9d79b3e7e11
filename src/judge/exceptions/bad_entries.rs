//! Invalid parts of the exceptions file, which have no effect. Pure.

use std::fmt;

use chrono::NaiveDate;

use super::acceptance::Accepted;
use super::limits::{MAX_DAYS_AHEAD, MAX_ENTRIES, MAX_TEXT_CHARS};

/// Bad entries to keep: the manifest lists them, and the next run reads it only if it is small.
const MAX_BAD: usize = 100;

/// Invalid parts of the file: the first ones, and the number of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BadEntries {
    /// The first hundred.
    pub first: Vec<BadEntry>,
    /// The number of others.
    pub others: u64,
}

impl BadEntries {
    /// The number of all.
    pub const fn count(&self) -> u64 {
        self.first.len() as u64 + self.others
    }

    pub(super) fn add(&mut self, location: Location, error: EntryError) {
        if self.first.len() < MAX_BAD {
            self.first.push(BadEntry { location, error });
        } else {
            self.others += 1;
        }
    }
}

/// An invalid part of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{location}: {error}")]
pub struct BadEntry {
    /// Its location in the file.
    pub location: Location,
    /// Why it is invalid.
    pub error: EntryError,
}

impl BadEntry {
    /// The message without any text of the file, which may hold a name in the wrong field.
    pub fn without_quotes(&self) -> String {
        let location = match &self.location {
            Location::UnknownField(_) => "a field".to_owned(),
            location => location.to_string(),
        };
        let error = match &self.error {
            EntryError::UnknownField { expected, .. } => {
                format!("unknown field; expected one of {}", expected.join(", "))
            }
            EntryError::UnknownCredentialType { .. } => {
                format!(
                    "unknown credential type; expected one of {}",
                    crate::credential_type::names()
                )
            }
            EntryError::UnknownReason { .. } => {
                format!(
                    "`accept` has an unknown reason; expected a list of {}",
                    reasons()
                )
            }
            EntryError::NotADate { .. } => "`until` is not a date such as 2027-01-31".to_owned(),
            error => error.to_string(),
        };
        format!("{location}: {error}")
    }
}

fn reasons() -> String {
    Accepted::ALL.map(Accepted::word).join(", ")
}

/// A location in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// An unknown field of the file's object; the start of its name.
    UnknownField(String),
    /// A list.
    List(&'static str),
    /// A list, and the index of an entry.
    Entry(&'static str, usize),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownField(name) => f.write_str(name),
            Self::List(list) => f.write_str(list),
            Self::Entry(list, index) => write!(f, "{list}[{index}]"),
        }
    }
}

/// Why a part of the file is invalid. Each variant's comment says how to correct it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Remove the field, or correct its name.
    #[error("unknown field; expected `exceptions`, `gaps` and `owners`")]
    UnknownList,
    /// Make it a list.
    #[error("not a list")]
    NotAList,
    /// Keep one of the two lists.
    #[error("appears twice, so neither is read")]
    ListTwice,
    /// Keep one topic of the owner.
    #[error("names an owner that an entry before has")]
    OwnerTwice,
    /// Give the OCID of a topic.
    #[error("`topic` is not the OCID of a topic: ocid1.onstopic.<realm>.<region>.<unique>")]
    NotATopic,
    /// Remove entries that are not needed.
    #[error("has more than {MAX_ENTRIES} entries; the rest is not read")]
    TooManyEntries,
    /// Make it an object.
    #[error("not an object")]
    NotAnObject,
    /// Correct the name of the field.
    #[error("unknown field `{field}`; expected one of {}", expected.join(", "))]
    UnknownField {
        /// The start of its name.
        field: String,
        /// The known fields.
        expected: &'static [&'static str],
    },
    /// Keep one of the two fields.
    #[error("`{0}` appears twice")]
    FieldTwice(&'static str),
    /// Add the field.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Make the value a string.
    #[error("`{0}` is not a string")]
    NotAString(&'static str),
    /// Make it a list of strings.
    #[error("`{0}` is not a list of strings")]
    NotAListOfStrings(&'static str),
    /// Name a reason, or remove the field to accept ages.
    #[error(
        "`accept` is empty, so the exception accepts nothing; expected a list of {}",
        reasons()
    )]
    AcceptsNothing,
    /// Name a reason that can be accepted.
    #[error("`accept` has `{word}`; expected a list of {}", reasons())]
    UnknownReason {
        /// The start of the value.
        word: String,
    },
    /// Shorten the text.
    #[error("`{0}` has more than {MAX_TEXT_CHARS} characters")]
    TooLong(&'static str),
    /// Name a type.
    #[error(
        "unknown credential type `{word}`; {}",
        crate::credential_type::advice(word)
    )]
    UnknownCredentialType {
        /// The start of the value.
        word: String,
    },
    /// Write a date.
    #[error("`until` is `{text}`; expected a date such as 2027-01-31")]
    NotADate {
        /// The start of the value.
        text: String,
    },
    /// Choose an earlier date.
    #[error("`until` is {0}, more than {MAX_DAYS_AHEAD} days ahead")]
    TooFarAhead(NaiveDate),
    /// Narrow the exception.
    #[error(
        "`user` is `*` alone, or has no letter or digit beside it, which would accept everything; name users, or a domain, type or credential_id as well"
    )]
    EveryCredential,
    /// Narrow the gap.
    #[error(
        "`domain` and `type` are both `*`, or no letter or digit is beside it, which would accept every gap"
    )]
    EveryGap,
}
