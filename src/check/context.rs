//! What the steps of a check share.

use std::sync::Arc;

use crate::config::CheckSettings;
use crate::event::CheckMode;
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::http::retry::RetryRules;
use crate::place::Place;
use crate::run::plan::RunPlan;

/// What all parts of a check need.
pub(super) struct Check<'a> {
    pub(super) client: &'a Arc<SignedClient>,
    pub(super) settings: &'a CheckSettings,
    /// The plan of a run, for its id, its domains and its types.
    pub(super) plan: &'a RunPlan,
    pub(super) mode: CheckMode,
    pub(super) deadline: Deadline,
}

impl Check<'_> {
    /// The place of the run, by which advice differs.
    pub(super) const fn place(&self) -> Place {
        self.settings.reading.place
    }

    /// When a step ends that asks the bucket or the topic: a check reports what a run would still try.
    pub(super) fn step_deadline(&self) -> Deadline {
        self.deadline.within(RetryRules::CHECK.total)
    }
}
