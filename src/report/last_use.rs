//! The last use of an API key, in words.
//!
//! Audit has no events of requests that read or write objects, and none of other tenancies. So a text never calls a key unused,
//! and says that a key has no audited use only for a time in which every region was searched.

use serde::{Deserialize, Serialize};

use crate::display::counted;
use crate::judge::Audit;
use crate::judge::last_use::{DAYS_WITHOUT_USE, UseOfKey};
use crate::model::{LastUses, Precision};
use crate::timestamp::Timestamp;

use super::view::CredentialView;

/// What is known, as a clause: `last audited use 2026-11-20`, `no audited use in 98 days`. `None` if nothing is.
pub(super) fn fact(audit: &Audit, view: &CredentialView<'_>) -> Option<String> {
    let known = audit.use_of(view.finding)?;
    let clause = clause(&known, view.credential.created.instant())?;
    Some(clause + &until(audit, known.until))
}

/// ` until 2026-11-20`, if the search ended on an earlier day: a what-if run knows what the run before it knew.
fn until(audit: &Audit, until: Timestamp) -> String {
    let (until, today) = (until.date(), audit.run.times.started.date());
    if until == today {
        String::new()
    } else {
        format!(" until {until}")
    }
}

fn clause(known: &UseOfKey<'_>, created: Option<Timestamp>) -> Option<String> {
    let UseOfKey {
        newest,
        known_since,
        until,
    } = known;
    match (newest, known_since) {
        (Some((used, _)), Some(since)) if used.latest() >= *since => {
            Some(format!("last audited use {}", used.at.date()))
        }
        (Some((used, _)), _) => Some(format!(
            "an audited use on {}, later use is not known",
            used.at.date()
        )),
        (None, Some(since)) => {
            // A key has no use before it exists.
            let since = created.map_or(*since, |created| created.max(*since));
            let days = u64::try_from(until.days_since(since)).ok()?;
            (days > 0).then(|| format!("no audited use in {}", counted(days, "day", "days")))
        }
        (None, None) => None,
    }
}

/// The same with the region and the time, for a note.
pub(super) fn note(audit: &Audit, view: &CredentialView<'_>) -> Option<String> {
    let known = audit.use_of(view.finding)?;
    let is_newest = |since: Timestamp| known.newest.is_some_and(|(used, _)| used.latest() >= since);
    let later_is_unknown = !known.known_since.is_some_and(is_newest);
    let use_of_region = known.newest.map(|(used, region)| {
        let at = match used.precision {
            Precision::Instant => used.at.rfc3339(),
            Precision::Day => used.at.date(),
        };
        if later_is_unknown {
            format!("an audited use {at} in {region}, later use is not known")
        } else {
            format!("newest audited use {at} in {region}")
        }
    });
    let use_of_region = use_of_region.or_else(|| fact(audit, view));
    let since = known.known_since;
    let since = since.map(|since| format!("audited use is known since {}", since.date()));
    let parts: Vec<_> = [use_of_region, since].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What a fingerprint shows that another key has too.
pub(super) const fn repeated(view: &CredentialView<'_>) -> Option<&'static str> {
    let hints = view.finding.hints;
    if hints.key_of_several_users() {
        Some("another user has a key with the same fingerprint, so both share its private key")
    } else if hints.key_added_again() {
        Some("a key with the same fingerprint was there under another id, so it was not rotated")
    } else {
        None
    }
}

/// What the whole run knows, one line each, for the digest and the summary.
pub(super) fn lines(audit: &Audit) -> Vec<String> {
    let Some(uses) = &audit.last_use else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let overdue = audit.overdue_without_use();
    if overdue > 0 {
        lines.push(format!(
            "{} without audited use in {DAYS_WITHOUT_USE} days{}: check whether anything needs them; requests for objects are not audited",
            counted(overdue, "overdue API key", "overdue API keys"),
            until(audit, uses.until)
        ));
    }
    let (shared, again) = audit.count_repeated_keys();
    if shared > 0 {
        lines.push(format!(
            "{} with the fingerprint of another user's key: they share a private key",
            counted(shared, "API key", "API keys")
        ));
    }
    if again > 0 {
        lines.push(format!(
            "{} added again under another id: the private key is the same, so it was not rotated",
            counted(again, "API key", "API keys")
        ));
    }
    lines.extend(missing(audit));
    if let Some(days) = uses.known_since().map(|since| uses.until.days_since(since))
        && days < DAYS_WITHOUT_USE
    {
        lines.push(format!(
            "audited use of API keys is known for {} only",
            counted(u64::try_from(days).unwrap_or(0), "day", "days")
        ));
    }
    lines
}

/// What could not be searched, one line each.
pub fn missing(audit: &Audit) -> Vec<String> {
    let Some(uses) = &audit.last_use else {
        return Vec::new();
    };
    let whole = uses.failure.iter();
    let whole = whole.map(|failure| format!("the last use of API keys is not known: {failure}"));
    let regions = uses.missing();
    let regions = regions.map(|(region, failure)| {
        format!(
            "the last use of API keys is not fully known, because of region {region}: {failure}"
        )
    });
    let nothing =
        uses.failure.is_none() && uses.missing().next().is_none() && uses.oldest.is_none();
    let nothing = nothing.then(|| {
        "the last use of API keys is not known: no search found a use of any key".to_owned()
    });
    whole.chain(regions).chain(nothing).collect()
}

/// What the manifest says of last use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUseRecord {
    /// Since when every audited use is known; null if it is not.
    pub known_since: Option<String>,
    /// The end of the search.
    pub until: String,
    /// Keys with an audited use, of all users that ever were in the tenancy.
    pub keys_with_use: u64,
    /// Overdue API keys that are known to have no audited use in ninety days.
    pub overdue_without_use: u64,
    /// API keys with the fingerprint of another user's key.
    pub keys_of_several_users: u64,
    /// API keys that were added again under another id.
    pub keys_added_again: u64,
    /// The subscribed regions.
    pub regions: Vec<RegionRecord>,
}

/// How far a region was searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionRecord {
    /// Identifier.
    pub region: String,
    /// The begin of what was searched without a gap; null if nothing was.
    pub searched_since: Option<String>,
    /// Its end.
    pub searched_until: Option<String>,
    /// Why not more was searched; null if all was.
    pub failure: Option<String>,
}

impl LastUseRecord {
    /// The record of a run; `None` if last use was not searched for.
    pub fn of(audit: &Audit) -> Option<Self> {
        let uses: &LastUses = audit.last_use.as_ref()?;
        let (keys_of_several_users, keys_added_again) = audit.count_repeated_keys();
        let regions = uses.regions.iter().map(|region| RegionRecord {
            region: region.region.clone(),
            searched_since: region.searched.map(|searched| searched.since.rfc3339()),
            searched_until: region.searched.map(|searched| searched.until.rfc3339()),
            failure: region.failure.as_ref().map(ToString::to_string),
        });
        Some(Self {
            known_since: uses.known_since().map(Timestamp::rfc3339),
            until: uses.until.rfc3339(),
            keys_with_use: uses.uses.len() as u64,
            overdue_without_use: audit.overdue_without_use(),
            keys_of_several_users,
            keys_added_again,
            regions: regions.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fingerprint, KeyId, KeyUse};

    fn day(day: i64) -> Timestamp {
        Timestamp::from_microseconds(0).plus_days(day)
    }

    #[test]
    fn clause_says_no_more_than_is_known() {
        let fingerprint = Fingerprint::parse("20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34");
        let used = KeyUse {
            key: KeyId {
                fingerprint: fingerprint.expect("a fingerprint"),
                user: "u".into(),
            },
            at: day(70),
            precision: Precision::Instant,
            region: 0,
        };
        let said = |newest: bool, since: Option<i64>, created: Option<i64>| {
            let known = UseOfKey {
                newest: newest.then_some((&used, "a")),
                known_since: since.map(day),
                until: day(100),
            };
            clause(&known, created.map(day)).unwrap_or_default()
        };
        assert_eq!(said(true, Some(10), None), "last audited use 1970-03-12");
        let later = "an audited use on 1970-03-12, later use is not known";
        assert_eq!(said(true, Some(80), None), later);
        assert_eq!(said(true, None, None), later);
        assert_eq!(said(false, Some(10), Some(0)), "no audited use in 90 days");
        assert_eq!(said(false, Some(10), Some(99)), "no audited use in 1 day");
        assert_eq!(said(false, Some(10), Some(100)), "");
        assert_eq!(said(false, None, Some(0)), "");
    }
}
