//! The log: every request, counters, and every effect in order.

use crate::server::Service;
use crate::signature::Rejection;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One request, after it was answered.
#[derive(Clone, Debug)]
pub struct RequestRecord {
    /// The service.
    pub service: Service,
    /// The name of the identity domain, if it was a request to one.
    pub domain: Option<String>,
    /// The method.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// The status of the response; 0 if the connection was reset or kept hanging.
    pub status: u16,
    /// When the request had arrived, since the start of the simulator.
    pub at: Duration,
    /// Why the signature was refused, if it was.
    pub rejection: Option<Rejection>,
    /// `opc-request-id` or `opc-client-request-id` as sent.
    pub request_id: Option<String>,
    /// `authorization` as sent.
    pub authorization: Option<String>,
    /// `user-agent` as sent.
    pub user_agent: Option<String>,
    /// The number of the connection.
    pub connection: u64,
}

impl RequestRecord {
    /// The path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// A lasting effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An object was stored.
    Stored {
        /// The bucket.
        bucket: String,
        /// The object's name.
        object: String,
        /// Its length in bytes.
        bytes: usize,
    },
    /// A message was published.
    Published {
        /// The topic's OCID.
        topic: String,
        /// The message's id.
        message_id: String,
        /// The title, if any.
        title: Option<String>,
    },
    /// Metrics were posted.
    Measured {
        /// Their namespace.
        namespace: String,
        /// How many values.
        values: usize,
    },
    /// Email Delivery accepted a mail.
    Mailed {
        /// Who gets it.
        recipients: Vec<String>,
        /// Its `Message-ID`.
        message_id: String,
    },
}

/// Counts since the start or the last reset.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Requests of all services.
    pub requests: u64,
    /// Requests by service.
    pub by_service: BTreeMap<Service, u64>,
    /// Requests by service and path, without the query.
    pub by_path: BTreeMap<(Service, String), u64>,
    /// Responses 429, by limits and by faults.
    pub throttled: u64,
    /// Values of secret attributes that were sent. The `key` inside `userCredentials:User` is not counted, since it comes
    /// with the extension unasked.
    pub secrets_served: u64,
    /// Refused signatures by reason.
    pub rejections: BTreeMap<Rejection, u64>,
    /// Names in `attributes` that no schema has, and how often they were requested.
    pub unknown_attributes: BTreeMap<String, u64>,
}

/// Counters that services increment while they answer.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    secrets: AtomicU64,
    unknown: Mutex<BTreeMap<String, u64>>,
}

impl Counters {
    pub(crate) fn secrets_served(&self, number: usize) {
        self.secrets.fetch_add(number as u64, Ordering::Relaxed);
    }

    pub(crate) fn unknown_attributes(&self, names: &[String]) {
        if names.is_empty() {
            return;
        }
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names {
            *unknown.entry(name.clone()).or_default() += 1;
        }
    }
}

/// The log of a simulator.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) counters: Counters,
    requests: Mutex<Vec<RequestRecord>>,
    effects: Mutex<Vec<Effect>>,
}

impl Journal {
    pub(crate) fn request(&self, record: RequestRecord) {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(record);
    }

    pub(crate) fn effect(&self, effect: Effect) {
        self.effects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(effect);
    }

    pub(crate) fn requests(&self) -> Vec<RequestRecord> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn effects(&self) -> Vec<Effect> {
        self.effects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals {
            secrets_served: self.counters.secrets.load(Ordering::Relaxed),
            unknown_attributes: self
                .counters
                .unknown
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            ..Totals::default()
        };
        for record in self
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            totals.requests += 1;
            *totals.by_service.entry(record.service).or_default() += 1;
            *totals
                .by_path
                .entry((record.service, record.path().to_owned()))
                .or_default() += 1;
            totals.throttled += u64::from(record.status == 429);
            if let Some(rejection) = record.rejection {
                *totals.rejections.entry(rejection).or_default() += 1;
            }
        }
        totals
    }

    /// Clears requests, counts and effects. Stored objects and published messages stay.
    pub(crate) fn reset(&self) {
        self.counters.secrets.store(0, Ordering::Relaxed);
        self.counters
            .unknown
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.effects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
