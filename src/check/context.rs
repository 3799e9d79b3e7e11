//! What the steps of a check share.

use std::sync::Arc;

use crate::config::CheckSettings;
use crate::event::CheckMode;
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
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
