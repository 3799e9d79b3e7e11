//! Which of the schemes of a tenancy is shown: the whole, or a number of shards.
//!
//! A scheme whose number of shards changed stays in the hub. A set of shards speaks for its tenancy only if it is complete, so the
//! newest complete one is shown. If none is complete, it is the one that reported last, with its missing shards.

use std::collections::BTreeMap;

use crate::timestamp::Timestamp;

use super::age::is_silent;
use super::part::Part;
use super::part_reading::PartReading;

/// All parts of one number of shards.
pub(super) struct Scheme {
    pub(super) parts: Vec<PartReading>,
}

impl Scheme {
    /// The scheme to show, and the numbers of parts of the others that reported lately.
    pub(super) fn choose(parts: Vec<PartReading>, now: Timestamp) -> (Option<Self>, Vec<u8>) {
        let mut schemes: BTreeMap<u8, Vec<PartReading>> = BTreeMap::new();
        for part in parts {
            schemes.entry(part.part.of()).or_default().push(part);
        }
        let mut schemes: Vec<_> = schemes
            .into_iter()
            .map(|(of, parts)| Self::new(of, parts))
            .collect();
        // The best is last.
        schemes.sort_by_key(|scheme| (scheme.is_complete(now), scheme.reported(), scheme.of()));
        let chosen = schemes.pop();
        let others = schemes.iter().rev();
        let others = others.filter(|other| {
            other
                .reported()
                .is_some_and(|reported| !is_silent(reported, now))
        });
        let others = others.map(Self::of).collect();
        (chosen, others)
    }

    fn new(of: u8, mut parts: Vec<PartReading>) -> Self {
        let missing: Vec<_> = Part::all_of(of)
            .filter(|part| parts.iter().all(|reading| reading.part != *part))
            .collect();
        parts.extend(missing.into_iter().map(PartReading::missing));
        parts.sort_by_key(|reading| reading.part);
        Self { parts }
    }

    fn of(&self) -> u8 {
        self.parts.first().map_or(0, |reading| reading.part.of())
    }

    fn is_complete(&self, now: Timestamp) -> bool {
        self.parts
            .iter()
            .all(|reading| reading.problem(now).is_none())
    }

    /// When any of its parts reported last.
    fn reported(&self) -> Option<Timestamp> {
        self.parts.iter().filter_map(PartReading::reported).max()
    }
}
