//! What a security team has accepted: exceptions for credentials, and known gaps in coverage. Pure.
//!
//! ```json
//! {"exceptions": [{"user": "svc-*@example.com", "type": "api_keys", "reason": "vendor", "ticket": "INC-1", "until": "2027-01-31"}],
//!  "gaps": [{"domain": "Dev", "type": "smtp_credentials", "reason": "no permission yet", "until": "2027-01-31"}],
//!  "owners": [{"owner": "payments", "topic": "ocid1.onstopic.oc1.phx.aaaa"}]}
//! ```
//!
//! An invalid entry accepts nothing; with a misspelled field it could otherwise accept more than its author meant. `*`
//! matches any text and is the only wildcard. Case does not matter. `until` is the last day of an entry, in UTC.

mod acceptance;
mod accepted;
mod bad_entries;
mod limits;
mod matching;
mod owner;
mod parsing;
mod pattern;

pub use acceptance::{Accepted, AcceptedSet, UnknownReason};
pub use accepted::{Exception, ExceptionIndex, Exceptions, ExceptionsFile, KnownGap, OwnerTopic};
pub use bad_entries::{BadEntries, BadEntry, EntryError, Location};
pub(super) use matching::{DomainExceptions, PossibleExceptions};
pub use pattern::Pattern;
