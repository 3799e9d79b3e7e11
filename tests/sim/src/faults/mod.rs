//! Faults that tests inject into a running simulator.

mod delivery;
mod echo;
mod fault;

pub(crate) use delivery::{Delivery, ReplyBody, deliver};
pub(crate) use echo::Echo;
pub use echo::{Place, Quote};
pub use fault::Fault;
pub(crate) use fault::Outcome;

use crate::resource_type::ResourceType;
use crate::server::Service;
use crate::tenancy::Directory;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The properties of a request that faults match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestInfo<'a> {
    pub(crate) service: Service,
    pub(crate) domain: Option<&'a str>,
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) resource_type: Option<ResourceType>,
}

/// A change of the content of a domain between two requests.
pub(crate) type Change = Arc<dyn Fn(&mut Directory) + Send + Sync>;

/// A change of the JSON of an answer.
pub(crate) type Edit = Arc<dyn Fn(&mut serde_json::Value) + Send + Sync>;

/// The effects of all faults on one request.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) delay: Duration,
    pub(crate) changes: Vec<Change>,
    pub(crate) edits: Vec<Edit>,
    /// The outcome, and whether the service acts in spite of it.
    pub(crate) outcome: Option<(Outcome, bool)>,
}

/// The injected faults, in order.
#[derive(Debug, Default)]
pub struct Faults {
    list: Mutex<Vec<Fault>>,
    latency: Mutex<Duration>,
}

impl Faults {
    /// Injects a fault, effective from the next request on.
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

    /// Delays every response of every service.
    pub fn set_latency(&self, latency: Duration) {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner) = latency;
    }

    /// How often the injected faults struck, in total.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(Fault::struck)
            .sum()
    }

    /// Adds up delays, collects changes and edits, and takes the first outcome.
    pub(crate) fn plan(&self, asked: RequestInfo<'_>) -> Plan {
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
                Outcome::Edit(edit) => plan.edits.push(Arc::clone(edit)),
                outcome if plan.outcome.is_none() => {
                    plan.outcome = Some((outcome.clone(), fault.keeps_effect()));
                }
                _ => {}
            }
        }
        plan
    }
}
