//! What was read of the whole of a tenancy, or of a shard.

use crate::timestamp::Timestamp;

use super::age::is_silent;
use super::part::Part;
use super::problem::{FailedRun, Problem, Unusable};
use super::run_facts::RunFacts;

/// What was read of the whole of a tenancy, or of a shard.
#[derive(Clone, Debug)]
pub struct PartReading {
    /// Which part.
    pub part: Part,
    /// The newest delivered run, if it can be used.
    pub delivered: Option<RunFacts>,
    /// What is newer, or cannot be used.
    pub trouble: Option<Trouble>,
}

/// Why the newest delivered run does not speak for the part, whatever its age.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// A newer run FAILED.
    Failed(FailedRun),
    /// The newest delivered run cannot be used, and when it started.
    Unusable(Unusable, Option<Timestamp>),
    /// No run was found in the days that were searched. There may be earlier ones.
    NotFound,
}

impl PartReading {
    /// A part without a run.
    pub const fn missing(part: Part) -> Self {
        Self {
            part,
            delivered: None,
            trouble: None,
        }
    }

    /// Why the part is not known as it is today.
    pub(super) fn problem(&self, now: Timestamp) -> Option<Problem> {
        match (&self.trouble, &self.delivered) {
            (Some(Trouble::Failed(failed)), _) => Some(Problem::Failed(failed.clone())),
            (Some(Trouble::Unusable(why, started)), _) => Some(Problem::Unusable {
                why: why.clone(),
                started: *started,
            }),
            (Some(Trouble::NotFound), _) => Some(Problem::NotFound),
            (None, None) => Some(Problem::NeverReported),
            (None, Some(run)) => {
                let since = run.id.started();
                is_silent(since, now).then_some(Problem::Silent { since })
            }
        }
    }

    /// When it reported last, well or not.
    pub(super) fn reported(&self) -> Option<Timestamp> {
        let delivered = self.delivered.as_ref().map(|run| run.id.started());
        let trouble = match &self.trouble {
            Some(Trouble::Failed(failed)) => Some(failed.started),
            Some(Trouble::Unusable(_, started)) => *started,
            Some(Trouble::NotFound) | None => None,
        };
        delivered.max(trouble)
    }
}
