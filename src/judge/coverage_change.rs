//! What the previous run read and this run did not, or the reverse. Pure.

use std::fmt;

use crate::credential_type::CredentialType;
use crate::model::SearchPart;

/// A list that only one of two runs read, or read completely. Displayed as a sentence without its full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageChange {
    /// The list.
    pub list: ChangedList,
    /// Whether this run read it, and the previous run did not.
    pub is_read_now: bool,
}

/// A list whose coverage changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangedList {
    /// A part of the search for domains.
    Search(SearchPart),
    /// The users of the domain with this display name.
    Users(String),
    /// The credentials of a type in the domain with this display name.
    Credentials(String, CredentialType),
}

impl fmt::Display for CoverageChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let completely = match &self.list {
            ChangedList::Search(part) => {
                part.fmt(f)?;
                ""
            }
            ChangedList::Users(domain) => {
                write!(f, "domain {domain}: users")?;
                " completely"
            }
            ChangedList::Credentials(domain, credential_type) => {
                write!(f, "domain {domain}: {}", credential_type.row().plural)?;
                " completely"
            }
        };
        if self.is_read_now {
            write!(f, " can be read{completely} again")
        } else {
            write!(f, " could not be read{completely}")
        }
    }
}
