//! Joins what the searches of all regions found with what an earlier run knew.

use std::collections::HashMap;

use crate::model::{Interval, KeyId, KeyUse, LastUses, Precision, RegionUses};
use crate::place::Place;
use crate::timestamp::Timestamp;

use super::region::RegionSearch;

/// Max keys with a use: far more than a function can judge, and as many as `last-use.json` has.
const MAX_KEYS: usize = 100_000;
/// Uses that are older are forgotten: Audit keeps events for a year at most.
const MAX_DAYS: i64 = 400;

/// What several searches and the run before know.
pub(super) struct Merged {
    uses: HashMap<KeyId, (Timestamp, Precision, u16)>,
    known: LastUses,
}

impl Merged {
    pub(super) fn of(earlier: Option<LastUses>, now: Timestamp) -> Self {
        let earlier = earlier.unwrap_or_else(|| LastUses::nothing(now));
        let uses = earlier.uses.into_iter();
        let uses = uses.filter(|used| used.at.plus_days(MAX_DAYS) >= now);
        let uses = uses.map(|used| (used.key, (used.at, used.precision, used.region)));
        Self {
            uses: uses.collect(),
            known: LastUses {
                oldest: earlier.oldest,
                region_names: earlier.region_names,
                seen: earlier.seen,
                regions: earlier.regions,
                failure: earlier.failure,
                ..LastUses::nothing(now)
            },
        }
    }

    pub(super) fn add(&mut self, search: RegionSearch<'_>, past: Option<Interval>, place: Place) {
        let name = &search.region.identifier;
        let names = &mut self.known.region_names;
        let position = names
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                names.push(name.clone());
                names.len() - 1
            });
        let region = u16::try_from(position).unwrap_or(u16::MAX);
        for (key, (at, precision)) in search.found.uses {
            let newest = self.uses.entry(key).or_insert((at, precision, region));
            if newest.1.latest(newest.0) < precision.latest(at) {
                *newest = (at, precision, region);
            }
        }
        self.known.oldest = match (self.known.oldest, search.found.oldest) {
            (Some(known), Some(found)) => Some(known.min(found)),
            (known, found) => known.or(found),
        };
        self.known.regions.retain(|known| known.region != *name);
        self.known.regions.push(RegionUses {
            region: name.clone(),
            // What an earlier run knew is the begin of the next search.
            searched: search.searched.or(past),
            failure: search.failure.map(|error| error.with_advice(place)),
        });
    }

    pub(super) fn finish(self) -> LastUses {
        let Self { uses, mut known } = self;
        let uses = uses.into_iter();
        let mut uses: Vec<_> = uses
            .map(|(key, (at, precision, region))| KeyUse {
                key,
                at,
                precision,
                region,
            })
            .collect();
        if uses.len() > MAX_KEYS {
            known.failure = Some(format!("more than {MAX_KEYS} keys were used").into());
            uses.truncate(MAX_KEYS);
            // A later run must not take what is lost for searched.
            for region in &mut known.regions {
                region.searched = None;
            }
        }
        uses.sort_unstable_by(|left, right| left.key.cmp(&right.key));
        known.uses = uses;
        known
            .regions
            .sort_by(|left, right| left.region.cmp(&right.region));
        known
    }
}
