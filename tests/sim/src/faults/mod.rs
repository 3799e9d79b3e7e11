//! Faults that tests inject while the simulator runs.

mod delivery;
mod fault;

pub(crate) use delivery::{Delivery, ReplyBody, deliver};
pub use fault::Fault;
pub(crate) use fault::Outcome;

use crate::resource_type::ResourceType;
use crate::server::Service;
use crate::tenancy::Directory;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a fault is matched against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) service: Service,
    pub(crate) domain: Option<&'a str>,
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) resource_type: Option<ResourceType>,
}

/// A change of a domain's content between two requests.
pub(crate) type Change = Arc<dyn Fn(&mut Directory) + Send + Sync>;

/// What the faults in force make of one request.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) delay: Duration,
    pub(crate) changes: Vec<Change>,
    /// The outcome, and whether the service is to act all the same.
    pub(crate) outcome: Option<(Outcome, bool)>,
}

/// The faults in force, in the order of their injection.
#[derive(Debug, Default)]
pub struct Faults {
    list: Mutex<Vec<Fault>>,
    latency: Mutex<Duration>,
}

impl Faults {
    /// Injects a fault; it holds from the next request on.
    pub fn add(&self, fault: Fault) {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fault);
    }

    /// Removes every fault and the latency.
    pub fn clear(&self) {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.set_latency(Duration::ZERO);
    }

    /// Delays every answer of every service.
    pub fn set_latency(&self, latency: Duration) {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner) = latency;
    }

    /// How often a fault struck since it was injected, over all faults in force.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(Fault::struck)
            .sum()
    }

    /// Delays add up and every change is made; of the outcomes the first counts.
    pub(crate) fn plan(&self, asked: Asked<'_>) -> Plan {
        let mut plan = Plan {
            delay: *self.latency.lock().unwrap_or_else(PoisonError::into_inner),
            ..Plan::default()
        };
        for fault in self
            .list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter_mut()
        {
            if !fault.strikes(asked) {
                continue;
            }
            match fault.outcome() {
                Outcome::Delay(delay) => plan.delay += *delay,
                Outcome::Change(change) => plan.changes.push(Arc::clone(change)),
                outcome if plan.outcome.is_none() => {
                    plan.outcome = Some((outcome.clone(), fault.keeps_effect()));
                }
                _ => {}
            }
        }
        plan
    }
}
