//! The fields of `manifest.json` that the overview reads.
//!
//! What else a manifest holds is skipped, and lists are summed while they are read. So it takes no more memory than its text.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::json::at_most;
use crate::judge::action::{Action, Work};
use crate::model::Verdict;
use crate::timestamp::{Timestamp, parse_iso_8601};

use super::figures::{Figures, Oldest, Trend};
use super::problem::Unusable;

/// A count of credentials, users or domains that no tenancy has.
const MAX_COUNT: u64 = 1_000_000_000;
/// A thousand years.
const MAX_DAYS: i64 = 366_000;
/// A manifest has thirty.
const MAX_HISTORY: usize = 100;
const TREND_DAYS_ALLOWED: std::ops::RangeInclusive<i64> = 4..=14;
/// The earlier run of a trend: as near to a week before as there is.
const TREND_DAYS: i64 = 7;

/// The fields of a manifest that are read.
#[derive(Deserialize)]
pub(super) struct ManifestRecord {
    pub(super) schema_version: u64,
    pub(super) run_id: String,
    #[serde(default)]
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) tenancy: TenancyRecord,
    pub(super) as_of: String,
    #[serde(default)]
    pub(super) what_if: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) scoped: Items,
    #[serde(default)]
    pub(super) shard: Option<String>,
    pub(super) verdict: Verdict,
    domains: DomainTotals,
    credentials: u64,
    overdue: u64,
    due: u64,
    unknown: u64,
    expiring: u64,
    actions: ActionTotals,
    #[serde(default)]
    people: u64,
    #[serde(default)]
    oldest: OldestRecord,
    #[serde(default, deserialize_with = "at_most::<_, _, MAX_HISTORY>")]
    history: Vec<HistoryEntry>,
}

#[derive(Default, Deserialize)]
pub(super) struct TenancyRecord {
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) id: Option<String>,
}

#[derive(Deserialize)]
struct HistoryEntry {
    run_id: String,
    as_of: String,
    to_rotate: u64,
    to_remove: u64,
    to_review: u64,
}

impl HistoryEntry {
    /// All work, now and later.
    fn work(&self) -> Option<i64> {
        let counts = [self.to_rotate, self.to_remove, self.to_review];
        let counts: Option<Vec<_>> = counts
            .into_iter()
            .map(|value| count(value, "history").ok())
            .collect();
        i64::try_from(counts?.iter().sum::<u64>()).ok()
    }
}

impl ManifestRecord {
    /// Its numbers. `as_of` is its date.
    ///
    /// # Errors
    ///
    /// If one is absurd.
    pub(super) fn figures(&self, as_of: Timestamp) -> Result<Figures, Unusable> {
        let [rotate, remove, review] = self.actions.now;
        let domains = &self.domains;
        Ok(Figures {
            domains: domains.domains,
            incomplete_domains: domains.incomplete,
            users: count(domains.users, "number of users")?,
            credentials: count(self.credentials, "number of credentials")?,
            overdue: count(self.overdue, "overdue")?,
            due: count(self.due, "due")?,
            unknown: count(self.unknown, "unknown")?,
            expiring: count(self.expiring, "expiring")?,
            now: [
                count(rotate, "actions")?,
                count(remove, "actions")?,
                count(review, "actions")?,
            ],
            week: count(self.actions.week, "actions")?,
            people: count(self.people, "people")?,
            oldest: match self.oldest {
                OldestRecord::Absent => Oldest::Unknown,
                OldestRecord::None => Oldest::None,
                // A clock may be behind that of the service.
                OldestRecord::Days(days) if days <= MAX_DAYS => {
                    Oldest::Days(u64::try_from(days).unwrap_or(0))
                }
                OldestRecord::Days(_) => return Err(Unusable::InvalidField("oldest")),
            },
            trend: self.trend(as_of),
        })
    }

    /// The change since the run about a week before. A history that says nothing of it costs only the trend.
    fn trend(&self, as_of: Timestamp) -> Option<Trend> {
        let today = self
            .history
            .iter()
            .rfind(|entry| entry.run_id == self.run_id)?
            .work()?;
        let earlier = self.history.iter().filter_map(|entry| {
            let since = parse_iso_8601(&entry.as_of)?;
            let days = as_of.days_since(since);
            TREND_DAYS_ALLOWED
                .contains(&days)
                .then_some((since, days, entry))
        });
        let (since, _, entry) = earlier.min_by_key(|(_, days, _)| (days - TREND_DAYS).abs())?;
        Some(Trend {
            change: today - entry.work()?,
            since,
        })
    }
}

fn count(value: u64, field: &'static str) -> Result<u64, Unusable> {
    if value > MAX_COUNT {
        return Err(Unusable::InvalidField(field));
    }
    Ok(value)
}

/// The field `oldest`. Manifests of older versions lack it; it is null if no credential to rotate or replace has a known age.
#[derive(Clone, Copy, Default)]
enum OldestRecord {
    #[default]
    Absent,
    None,
    Days(i64),
}

impl<'de> Deserialize<'de> for OldestRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Age {
            age_days: i64,
        }
        let age = Option::<Age>::deserialize(deserializer)?;
        Ok(age.map_or(Self::None, |age| Self::Days(age.age_days)))
    }
}

/// Whether a list has an item. The items are not kept.
pub(super) struct Items {
    pub(super) is_empty: bool,
}

impl Default for Items {
    fn default() -> Self {
        Self { is_empty: true }
    }
}

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Items;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items, A::Error> {
                let mut items = Items::default();
                while list.next_element::<IgnoredAny>()?.is_some() {
                    items.is_empty = false;
                }
                Ok(items)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

/// The sums over the domains of a run. The domains are not kept.
#[derive(Default)]
struct DomainTotals {
    domains: u64,
    incomplete: u64,
    users: u64,
}

impl<'de> Deserialize<'de> for DomainTotals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct DomainRecord {
            users: u64,
            verdict: Verdict,
        }
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = DomainTotals;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of domains")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<DomainTotals, A::Error> {
                let mut totals = DomainTotals::default();
                while let Some(domain) = list.next_element::<DomainRecord>()? {
                    totals.domains += 1;
                    totals.incomplete += u64::from(domain.verdict != Verdict::Complete);
                    totals.users = totals.users.saturating_add(domain.users);
                }
                Ok(totals)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

/// The sums over the actions of a run. An action that this version does not know is to review.
#[derive(Default)]
struct ActionTotals {
    now: [u64; Work::ALL.len()],
    week: u64,
}

impl<'de> Deserialize<'de> for ActionTotals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Counts {
            now: u64,
            week: u64,
        }
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = ActionTotals;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of actions")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ActionTotals, A::Error> {
                let mut totals = ActionTotals::default();
                while let Some((name, counts)) = map.next_entry::<String, Counts>()? {
                    let action = Action::ALL.into_iter().find(|action| action.name() == name);
                    let work = action.map_or(Some(Work::Review), Action::work);
                    if let Some(work) = work {
                        let now = &mut totals.now[work as usize];
                        *now = now.saturating_add(counts.now);
                        totals.week = totals.week.saturating_add(counts.week);
                    }
                }
                Ok(totals)
            }
        }
        deserializer.deserialize_map(Map)
    }
}
