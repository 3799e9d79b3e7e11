//! The overview of a fleet: rows in the order of urgency, and totals.

use std::collections::BTreeSet;

use crate::judge::Console;
use crate::model::Verdict;
use crate::timestamp::Timestamp;

use super::figures::Figures;
use super::folder::TenancyId;
use super::standing::Standing;
use super::tenancy::{TenancyReading, TenancyRow};

/// The place of the runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    /// Object Storage namespace.
    pub namespace: String,
    /// Bucket.
    pub bucket: String,
    /// Prefix of every object, with a slash at its end.
    pub prefix: String,
}

/// The overview of a fleet.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The id of this run.
    pub run_id: String,
    /// The version that runs.
    pub version: &'static str,
    /// The time that runs are compared with.
    pub now: Timestamp,
    /// Their place.
    pub hub: Hub,
    /// Console that links lead to; `None` if the realm's is not known.
    pub console: Option<Console>,
    /// The tenancies, the most urgent first.
    pub rows: Vec<TenancyRow>,
    /// Their sums.
    pub totals: Totals,
    /// Folders of the hub that no tenancy names.
    pub other_folders: u64,
}

/// Sums over the tenancies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Tenancies with each [`Standing`], in the order of [`Standing::ALL`].
    standings: [u64; Standing::ALL.len()],
    /// The sum of their numbers.
    pub figures: Figures,
    /// Tenancies without a run in time, or with such a shard.
    pub silent: u64,
    /// Tenancies with something to act upon now.
    pub to_act: u64,
}

impl Totals {
    fn of(rows: &[TenancyRow]) -> Self {
        let count =
            |is: &dyn Fn(&TenancyRow) -> bool| rows.iter().filter(|row| is(row)).count() as u64;
        Self {
            standings: Standing::ALL.map(|standing| count(&|row| row.standing == standing)),
            figures: Figures::sum(rows.iter().filter_map(|row| row.figures.as_ref()))
                .unwrap_or_default(),
            silent: count(&|row| row.is_silent),
            to_act: count(&|row| {
                row.figures
                    .as_ref()
                    .is_some_and(|figures| figures.to_act() > 0)
            }),
        }
    }

    /// Tenancies with this standing.
    pub const fn with(&self, standing: Standing) -> u64 {
        self.standings[standing as usize]
    }

    /// Tenancies that are not known as they are today, by standing.
    pub fn not_current(&self) -> impl Iterator<Item = (u64, Standing)> {
        let standings = Standing::ALL
            .into_iter()
            .filter(|standing| !standing.is_current());
        standings
            .map(|standing| (self.with(standing), standing))
            .filter(|(count, _)| *count > 0)
    }
}

impl Overview {
    /// An overview of `readings`, and of the tenancies that must be there.
    pub fn new(
        (run_id, version): (String, &'static str),
        now: Timestamp,
        hub: Hub,
        console: Option<Console>,
        readings: Vec<TenancyReading>,
        required: &[TenancyId],
    ) -> Self {
        let found: BTreeSet<_> = readings.iter().map(|reading| reading.id.clone()).collect();
        let missing: BTreeSet<_> = required
            .iter()
            .filter(|id| !found.contains(id))
            .cloned()
            .collect();
        let missing = missing.into_iter().map(|id| TenancyReading {
            id,
            parts: Ok(Vec::new()),
        });
        let readings = readings.into_iter().chain(missing);
        let mut rows: Vec<_> = readings
            .map(|reading| TenancyRow::new(reading, now))
            .collect();
        rows.sort_by(TenancyRow::by_urgency);
        Self {
            run_id,
            version,
            now,
            hub,
            console,
            totals: Totals::of(&rows),
            rows,
            other_folders: 0,
        }
    }

    /// Also counts folders that no tenancy names.
    #[must_use]
    pub fn with_other_folders(self, other_folders: u64) -> Self {
        Self {
            other_folders,
            ..self
        }
    }

    /// COMPLETE if every tenancy is. Without a tenancy nothing is known.
    pub fn verdict(&self) -> Verdict {
        let complete = self.totals.with(Standing::Complete);
        if !self.rows.is_empty() && complete == self.rows.len() as u64 {
            Verdict::Complete
        } else {
            Verdict::Partial
        }
    }
}
