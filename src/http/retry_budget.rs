//! Limits the retries per host in a run, except those of a publish, which is retried until its deadline.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Retries per host in addition to one per request, so that retries end if a service is down.
const SPARE_RETRIES: u64 = 50;

/// One budget per host, so that a host that is down does not use up the retries of others.
#[derive(Debug, Default)]
pub(super) struct RetryBudgets(Mutex<HashMap<String, RetryBudget>>);

/// Requests to one host.
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

    /// Takes one retry from the budget of `host`: one per request and [`SPARE_RETRIES`]. `false` if none is left.
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
