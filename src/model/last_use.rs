//! The last use of API keys, as far as OCI Audit shows it.
//!
//! An event of Audit names the key that signed a request. It is recorded in the region of the request, for requests that are
//! audited: those that read or write objects are not, nor are requests to other tenancies. So the absence of an event never
//! means that a key is unused, and it means nothing at all unless every region was searched. Nothing shows how long a tenancy
//! keeps its events, or that a search finds keys, but the events themselves: knowledge begins at the oldest one that was found.
//!
//! These facts are a table of their own, one row per key that was used, so that a credential takes no memory for them.

use std::fmt;

use crate::server_text::FailureText;
use crate::timestamp::Timestamp;

/// MD5 of a public key: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// That of no key.
    pub const NONE: Self = Self([0; 16]);

    /// Parses `20:3b:97:...`, sixteen pairs of hexadecimal digits; `None` if it is another text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let mut pairs = text.split(':');
        for byte in &mut bytes {
            let pair = pairs.next().filter(|pair| pair.len() == 2)?;
            // `from_str_radix` accepts a sign.
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        pairs.next().is_none().then_some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02x}")?;
        }
        Ok(())
    }
}

/// An API key of a user, as a request names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId {
    /// Fingerprint of the public key.
    pub fingerprint: Fingerprint,
    /// OCID of the user.
    pub user: Box<str>,
}

/// How exactly the time of a use is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// To the instant.
    Instant,
    /// To the day in UTC: the use was at this instant or in the 24 hours after it.
    Day,
}

/// The newest use of a key that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The key.
    pub key: KeyId,
    /// When; of [`Precision::Day`], the begin of the day.
    pub at: Timestamp,
    /// How exactly that is known.
    pub precision: Precision,
    /// Position in [`LastUses::region_names`].
    pub region: u16,
}

impl Precision {
    /// The latest time that the use may have had.
    pub fn latest(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Instant => at,
            Self::Day => at.plus_days(1),
        }
    }
}

impl KeyUse {
    /// The latest time that it may have had.
    pub fn latest(&self) -> Timestamp {
        self.precision.latest(self.at)
    }
}

/// A time without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Its begin.
    pub since: Timestamp,
    /// Its end.
    pub until: Timestamp,
}

/// How far the events of one region were searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionUses {
    /// Identifier of the region.
    pub region: String,
    /// What was searched, by this run and those before it.
    pub searched: Option<Interval>,
    /// Why not more was searched.
    pub failure: Option<FailureText>,
}

/// An API key with a finding, of this run or an earlier one: the same fingerprint under another id was not rotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenKey {
    /// Fingerprint of the public key.
    pub fingerprint: Fingerprint,
    /// SCIM id of the credential.
    pub credential_id: Box<str>,
    /// When the newest run that listed it started.
    pub seen: Timestamp,
}

/// What is known of the last use of all API keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUses {
    /// The subscribed regions, sorted by name.
    pub regions: Vec<RegionUses>,
    /// Why no region was searched.
    pub failure: Option<FailureText>,
    /// The end of the search.
    pub until: Timestamp,
    /// When the oldest use was that a search found, of any key.
    pub oldest: Option<Timestamp>,
    /// Names that [`KeyUse::region`] refers to. A region with a use may no longer be subscribed.
    pub region_names: Vec<String>,
    /// Sorted by key.
    pub uses: Vec<KeyUse>,
    /// The only keys that were searched for, sorted; `None` if all were.
    pub only: Option<Vec<KeyId>>,
    /// Keys with a finding, of earlier runs, sorted by fingerprint.
    pub seen: Vec<SeenKey>,
}

impl LastUses {
    /// Nothing is known up to this end of a search.
    pub const fn nothing(until: Timestamp) -> Self {
        Self {
            regions: Vec::new(),
            failure: None,
            until,
            oldest: None,
            region_names: Vec::new(),
            uses: Vec::new(),
            only: None,
            seen: Vec::new(),
        }
    }

    /// The newest use of a key that was found.
    pub fn of(&self, key: &KeyId) -> Option<&KeyUse> {
        let index = self.uses.binary_search_by(|used| used.key.cmp(key)).ok()?;
        self.uses.get(index)
    }

    /// The region of a use.
    pub fn region(&self, used: &KeyUse) -> &str {
        let name = self.region_names.get(usize::from(used.region));
        name.map_or("", String::as_str)
    }

    /// Since when every audited use of every key that was searched for is known; `None` if a search up to the end is missing.
    pub fn known_since(&self) -> Option<Timestamp> {
        if self.failure.is_some() {
            return None;
        }
        let mut known = self.oldest?;
        for region in &self.regions {
            let searched = region.searched.filter(|own| own.until >= self.until)?;
            known = known.max(searched.since);
        }
        (!self.regions.is_empty()).then_some(known)
    }

    /// The same for one key.
    pub fn known_since_of(&self, key: &KeyId) -> Option<Timestamp> {
        match &self.only {
            Some(only) if only.binary_search(key).is_err() => None,
            _ => self.known_since(),
        }
    }

    /// Whether a key was used in the last `days` before the end of the search.
    pub fn was_used_within(&self, key: &KeyId, days: i64) -> bool {
        let used = self.of(key);
        used.is_some_and(|used| used.latest().plus_days(days) >= self.until)
    }

    /// Whether it is known that a key has no audited use in the last `days`.
    pub fn has_no_use_within(&self, key: &KeyId, days: i64) -> bool {
        let since = self.known_since_of(key);
        since.is_some_and(|since| since.plus_days(days) <= self.until)
            && !self.was_used_within(key, days)
    }

    /// Regions that were not searched as far as they should be, each with the reason.
    pub fn missing(&self) -> impl Iterator<Item = (&str, &FailureText)> {
        self.regions
            .iter()
            .filter_map(|region| Some((region.region.as_str(), region.failure.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_microseconds(0).plus_days(day)
    }

    fn key(user: &str) -> KeyId {
        KeyId {
            fingerprint: Fingerprint([7; 16]),
            user: user.into(),
        }
    }

    fn region(name: &str, since: i64, until: i64) -> RegionUses {
        RegionUses {
            region: name.to_owned(),
            searched: Some(Interval {
                since: day(since),
                until: day(until),
            }),
            failure: None,
        }
    }

    #[test]
    fn fingerprint_is_sixteen_pairs_of_digits() {
        let text = "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34";
        let parsed = Fingerprint::parse(text);
        assert_eq!(
            parsed.map(|parsed| parsed.to_string()).as_deref(),
            Some(text)
        );
        assert_eq!(Fingerprint::parse(&text.to_uppercase()), parsed);
        for other in [
            "",
            "20:3b",
            "laptop",
            &text[3..],
            &format!("{text}:00"),
            &text.replace("20", "+2"),
            &text.replace(':', "-"),
        ] {
            assert_eq!(Fingerprint::parse(other), None, "{other}");
        }
    }

    #[test]
    fn knowledge_begins_where_every_region_was_searched_and_an_event_was_found() {
        let uses = LastUses {
            regions: vec![region("a", 10, 100), region("b", 20, 100)],
            oldest: Some(day(5)),
            ..LastUses::nothing(day(100))
        };
        assert_eq!(uses.known_since(), Some(day(20)));
        assert!(uses.has_no_use_within(&key("u"), 80));
        assert!(!uses.has_no_use_within(&key("u"), 81));
        let kept = LastUses {
            oldest: Some(day(60)),
            ..uses.clone()
        };
        assert_eq!(kept.known_since(), Some(day(60)));
        for unknown in [
            LastUses {
                oldest: None,
                ..uses.clone()
            },
            LastUses {
                failure: Some("refused".into()),
                ..uses.clone()
            },
            LastUses {
                regions: vec![region("a", 10, 100), region("b", 20, 99)],
                ..uses.clone()
            },
            LastUses {
                regions: Vec::new(),
                ..uses.clone()
            },
            LastUses {
                only: Some(vec![key("other")]),
                ..uses
            },
        ] {
            assert!(!unknown.has_no_use_within(&key("u"), 1), "{unknown:?}");
        }
    }

    #[test]
    fn use_is_known_even_if_later_use_is_not() {
        let used = KeyUse {
            key: key("u"),
            at: day(70),
            precision: Precision::Instant,
            region: 0,
        };
        let uses = LastUses {
            region_names: vec!["a".to_owned()],
            uses: vec![used.clone()],
            ..LastUses::nothing(day(100))
        };
        assert_eq!(uses.of(&key("u")), Some(&used));
        assert_eq!(uses.region(&used), "a");
        assert!(uses.was_used_within(&key("u"), 30));
        assert!(!uses.was_used_within(&key("u"), 29));
        assert!(!uses.was_used_within(&key("other"), 30));
        // A use on a day may be as late as its end.
        let by_day = LastUses {
            regions: vec![region("a", 0, 100)],
            oldest: Some(day(0)),
            uses: vec![KeyUse {
                precision: Precision::Day,
                ..used
            }],
            ..uses
        };
        assert!(by_day.was_used_within(&key("u"), 29));
        assert!(!by_day.has_no_use_within(&key("u"), 29));
        assert!(by_day.has_no_use_within(&key("u"), 28));
    }
}
