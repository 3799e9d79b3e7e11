//! What is to be done, in numbers of credentials.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::judge::ActionCounts;
use crate::judge::action::{Action, Urgency, Work};

/// Credentials by the name of their action, but for those without one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionsSummary(BTreeMap<String, UrgencyCounts>);

/// Credentials with one action, by urgency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrgencyCounts {
    /// To act upon at `as_of`.
    pub now: u64,
    /// To act upon within seven days.
    pub week: u64,
    /// To act upon later.
    pub later: u64,
}

impl From<&ActionCounts> for ActionsSummary {
    fn from(counts: &ActionCounts) -> Self {
        let actions = Action::ALL
            .into_iter()
            .filter(|action| action.work().is_some());
        let by_urgency = |action| UrgencyCounts {
            now: counts.of(action, Urgency::Now),
            week: counts.of(action, Urgency::Week),
            later: counts.of(action, Urgency::Later),
        };
        Self(
            actions
                .map(|action| (action.name().to_owned(), by_urgency(action)))
                .collect(),
        )
    }
}

impl ActionsSummary {
    /// The number of credentials with this work. Counts of an earlier run are untrusted, so they do not overflow.
    pub fn of_work(&self, work: Work) -> u64 {
        Action::ALL
            .into_iter()
            .filter(|action| action.work() == Some(work))
            .filter_map(|action| self.0.get(action.name()))
            .flat_map(|counts| [counts.now, counts.week, counts.later])
            .fold(0, u64::saturating_add)
    }
}
