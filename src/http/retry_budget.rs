//! How many retries one host may still get in a run.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Retries at one host beyond one for each request that was sent to it: a service that is down is not asked for ever.
const SPARE_RETRIES: u64 = 50;

/// The budgets of all hosts, each of its own: retries at one that is down must not use up those of a bucket that hiccups
/// once.
#[derive(Debug, Default)]
pub(super) struct RetryBudgets(Mutex<HashMap<String, RetryBudget>>);

/// What was sent to one host.
#[derive(Clone, Copy, Debug, Default)]
struct RetryBudget {
    first_attempts: u64,
    retries: u64,
}

impl RetryBudgets {
    /// Counts the first attempt of a request to `host`.
    pub(super) fn record_first_attempt(&self, host: &str) {
        self.change(host, |budget| budget.first_attempts += 1);
    }

    /// Takes one retry from the host's budget: as many as requests were sent to it, and a few more. `false` if none is left.
    pub(super) fn try_take(&self, host: &str) -> bool {
        self.change(host, |budget| {
            let granted = budget.retries < budget.first_attempts + SPARE_RETRIES;
            budget.retries += u64::from(granted);
            granted
        })
    }

    fn change<T>(&self, host: &str, change: impl FnOnce(&mut RetryBudget) -> T) -> T {
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(budget) = budgets.get_mut(host) {
            return change(budget);
        }
        change(budgets.entry(host.to_owned()).or_default())
    }
}
