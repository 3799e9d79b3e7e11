//! A tenancy of the fleet: what was read of it, and its row.

use std::cmp::{Ordering, Reverse};

use crate::server_text::ServerText;
use crate::timestamp::Timestamp;

use super::figures::Figures;
use super::folder::TenancyId;
use super::part::Part;
use super::part_reading::PartReading;
use super::problem::{Problem, Unusable};
use super::run_facts::RunFacts;
use super::scheme::Scheme;
use super::standing::Standing;

/// Last characters of an OCID that stand for it.
const OCID_END_CHARS: usize = 6;

/// What was read of a tenancy.
#[derive(Clone, Debug)]
pub struct TenancyReading {
    /// Its OCID, by the folder.
    pub id: TenancyId,
    /// What was read of its parts, or why its folder could not be listed.
    pub parts: Result<Vec<PartReading>, Unusable>,
}

/// A problem of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartProblem {
    /// The part.
    pub part: Part,
    /// Its problem.
    pub problem: Problem,
}

/// A row of the overview.
#[derive(Clone, Debug)]
pub struct TenancyRow {
    /// Its OCID, by the folder.
    pub id: TenancyId,
    /// The name, as the tenancy says itself.
    pub name: Option<ServerText>,
    /// What is known of it.
    pub standing: Standing,
    /// Number of shards; `None` if one run audits the whole.
    pub shards: Option<u8>,
    /// Why parts are not known as they are today.
    pub problems: Vec<PartProblem>,
    /// Other numbers of shards that reported lately; 0 for the whole.
    pub other_shards: Vec<u8>,
    /// The numbers of the newest delivered runs; `None` without one.
    pub figures: Option<Figures>,
    /// When the earliest of them started.
    pub last_run: Option<Timestamp>,
    /// The newest delivered runs, by part.
    pub runs: Vec<RunFacts>,
    /// Whether no run of it, or of a shard, was delivered in time.
    pub is_silent: bool,
}

impl TenancyRow {
    /// The row of a tenancy.
    pub fn new(reading: TenancyReading, now: Timestamp) -> Self {
        let (chosen, other_shards, problem) = match reading.parts {
            Ok(parts) => {
                let (chosen, others) = Scheme::choose(parts, now);
                (chosen, others, Problem::NeverReported)
            }
            Err(why) => {
                let started = None;
                (None, Vec::new(), Problem::Unusable { why, started })
            }
        };
        let parts = chosen.map(|scheme| scheme.parts).unwrap_or_default();
        let mut problems: Vec<_> = parts
            .iter()
            .filter_map(|reading| {
                Some(PartProblem {
                    part: reading.part,
                    problem: reading.problem(now)?,
                })
            })
            .collect();
        if parts.is_empty() {
            problems.push(PartProblem {
                part: Part::WHOLE,
                problem,
            });
        }
        let count = parts.len().max(1);
        let of = parts.first().map(|reading| reading.part.of());
        let runs: Vec<_> = parts
            .into_iter()
            .filter_map(|reading| reading.delivered)
            .collect();
        Self {
            id: reading.id,
            name: runs.iter().rev().find_map(|run| run.name.clone()),
            standing: standing(&problems, count, &runs),
            shards: of.filter(|of| *of > 0),
            other_shards,
            figures: Figures::sum(runs.iter().map(|run| &run.figures)),
            last_run: runs.iter().map(|run| run.id.started()).min(),
            is_silent: problems.iter().any(|part| part.problem.is_silent(now)),
            runs,
            problems,
        }
    }

    /// The name, or else `tenancy …` with the end of its OCID.
    pub fn display_name(&self) -> String {
        match &self.name {
            Some(name) => name.to_string(),
            None => format!("tenancy {}", self.id_end()),
        }
    }

    /// The end of its OCID, which a name cannot imitate: `…abc123`.
    pub fn id_end(&self) -> String {
        let id = self.id.as_str();
        // An OCID is ASCII.
        format!("\u{2026}{}", &id[id.len().saturating_sub(OCID_END_CHARS)..])
    }

    /// The problems and what else to know, one sentence each.
    pub fn remarks(&self) -> Vec<String> {
        let problems = self.problems.iter().map(|PartProblem { part, problem }| {
            if part.is_shard() {
                format!("shard {part}: {problem}")
            } else {
                problem.to_string()
            }
        });
        let words = |of: u8| match of {
            0 => "the whole tenancy".to_owned(),
            1 => "1 shard".to_owned(),
            of => format!("{of} shards"),
        };
        let others = self.other_shards.iter().map(|of| {
            format!(
                "it also reported as {} lately; shown here: {}",
                words(*of),
                words(self.shards.unwrap_or(0))
            )
        });
        let incomplete = (self.standing == Standing::Partial).then(|| match &self.figures {
            Some(figures) if figures.incomplete_domains > 0 => format!(
                "not everything was read in {} of {} domains",
                figures.incomplete_domains, figures.domains
            ),
            _ => "not everything was read".to_owned(),
        });
        problems.chain(incomplete).chain(others).collect()
    }

    /// Whole hours since the last run.
    pub fn age_hours(&self, now: Timestamp) -> Option<i64> {
        let microseconds = now
            .microseconds()
            .saturating_sub(self.last_run?.microseconds());
        // A clock may be ahead of ours.
        Some((microseconds / 3_600_000_000).max(0))
    }

    fn figure(&self, of: impl Fn(&Figures) -> u64) -> u64 {
        self.figures.as_ref().map_or(0, of)
    }

    /// The most urgent first: those that are not known as they are today, then by what is to be done now.
    pub(super) fn by_urgency(&self, other: &Self) -> Ordering {
        let key = |row: &Self| {
            let unknown = (!row.standing.is_current()).then_some(row.standing);
            (
                // `None` is before `Some`.
                unknown.is_none(),
                unknown,
                Reverse(row.figure(Figures::to_act)),
                Reverse(row.figure(|figures| figures.overdue)),
                row.standing,
                Reverse(row.figure(|figures| figures.week)),
            )
        };
        let names = |row: &Self| (row.display_name().to_lowercase(), row.id.clone());
        key(self)
            .cmp(&key(other))
            .then_with(|| names(self).cmp(&names(other)))
    }
}

fn standing(problems: &[PartProblem], parts: usize, runs: &[RunFacts]) -> Standing {
    let of = |part: &PartProblem| match part.problem {
        Problem::NeverReported => Standing::NeverReported,
        Problem::NotFound | Problem::Silent { .. } => Standing::Silent,
        Problem::Failed(_) => Standing::Failed,
        Problem::Unusable { .. } => Standing::Unreadable,
    };
    match problems.iter().map(of).min() {
        // No part is known as it is today.
        Some(most_urgent) if problems.len() == parts => most_urgent,
        Some(_) => Standing::ShardsMissing,
        None if runs.iter().all(|run| run.is_complete) => Standing::Complete,
        None => Standing::Partial,
    }
}
