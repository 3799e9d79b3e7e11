//! Monitoring: PostMetricData and ListMetrics, with the refusals that Oracle documents or that the service was seen to answer.
//!
//! One listener serves both of the service's hosts, `telemetry-ingestion` and `telemetry`.

mod validation;

use crate::journal::{Effect, Journal};
use crate::reply::Reply;
use crate::target::parameter;
use crate::wire::Request;
use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use self::validation::checked;

/// Most streams of one request.
const MAX_STREAMS: usize = 50;

/// One value of a metric, as posted.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// The namespace.
    pub namespace: String,
    /// The compartment's OCID.
    pub compartment: String,
    /// The name.
    pub name: String,
    /// Keys and values.
    pub dimensions: BTreeMap<String, String>,
    /// The time of the value.
    pub timestamp: DateTime<Utc>,
    /// The value.
    pub value: f64,
}

/// The compartments, and the metrics that were posted to them.
#[derive(Debug)]
pub(crate) struct Monitoring {
    compartments: Vec<String>,
    metrics: Mutex<Vec<Metric>>,
}

impl Monitoring {
    pub(crate) fn new(compartments: Vec<String>) -> Self {
        Self {
            compartments,
            metrics: Mutex::default(),
        }
    }

    pub(crate) fn metrics(&self) -> Vec<Metric> {
        self.metrics
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn answer(&self, request: &Request, journal: &Journal, now: DateTime<Utc>) -> Reply {
        let body =
            || serde_json::from_slice::<Json>(&request.body).map_err(|error| error.to_string());
        match (request.method.as_str(), request.path()) {
            ("POST", "/20180401/metrics") => match body() {
                Ok(body) => self.post(&body, journal, now),
                Err(error) => invalid(&format!("The body is not JSON: {error}")),
            },
            ("POST", "/20180401/metrics/actions/listMetrics") => match body() {
                Ok(body) => self.list(&body, request.query()),
                Err(error) => invalid(&format!("The body is not JSON: {error}")),
            },
            _ => not_found(),
        }
    }

    fn post(&self, body: &Json, journal: &Journal, now: DateTime<Utc>) -> Reply {
        let Some(posted) = body.get("metricData").and_then(Json::as_array) else {
            return invalid("metricData can not be null or empty");
        };
        let is_atomic = match body.get("batchAtomicity").map(Json::as_str) {
            None | Some(Some("NON_ATOMIC")) => false,
            Some(Some("ATOMIC")) => true,
            Some(_) => return invalid("batchAtomicity must be ATOMIC or NON_ATOMIC"),
        };
        let streams: BTreeSet<String> = posted.iter().map(stream).collect();
        if !(1..=MAX_STREAMS).contains(&streams.len()) {
            return invalid("The valid range is 1 to 50 for unique metric streams.");
        }
        let compartment = |metric: &Json| {
            let id = metric.get("compartmentId").and_then(Json::as_str);
            id.is_none_or(|id| self.compartments.iter().any(|known| known == id))
        };
        if !posted.iter().all(compartment) {
            return not_found();
        }
        let (mut accepted, mut failed) = (Vec::new(), Vec::new());
        for metric in posted {
            match checked(metric, now) {
                Ok(values) => accepted.extend(values),
                Err(message) => failed.push(json!({ "message": message, "metricData": metric })),
            }
        }
        if !failed.is_empty() && (is_atomic || failed.len() == posted.len()) {
            let message = failed[0]["message"].as_str().unwrap_or_default();
            return invalid(message);
        }
        for metrics in accepted.chunk_by(|one, next| one.namespace == next.namespace) {
            journal.effect(Effect::Measured {
                namespace: metrics[0].namespace.clone(),
                values: metrics.len(),
            });
        }
        let mut metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        metrics.extend(accepted);
        drop(metrics);
        Reply::json(
            200,
            &json!({ "failedMetricsCount": failed.len(), "failedMetrics": failed }),
        )
    }

    fn list(&self, body: &Json, query: &str) -> Reply {
        let Some(compartment) = parameter(query, "compartmentId") else {
            return Reply::oci_error(400, "MissingParameter", "compartmentId is required.");
        };
        if !self.compartments.contains(&compartment) {
            return not_found();
        }
        let limit = match parameter(query, "limit").map(|limit| limit.parse::<usize>()) {
            None => 1000,
            Some(Ok(limit @ 1..=1000)) => limit,
            Some(_) => return invalid("limit must be from 1 to 1000"),
        };
        let asked = |name: &str| body.get(name).and_then(Json::as_str);
        let fits = |metric: &Metric| {
            metric.compartment == compartment
                && asked("namespace").is_none_or(|namespace| namespace == metric.namespace)
                && asked("name").is_none_or(|name| name == metric.name)
        };
        let mut listed: Vec<Json> = Vec::new();
        for metric in self.metrics().iter().filter(|metric| fits(metric)) {
            let definition = json!({
                "namespace": metric.namespace,
                "compartmentId": metric.compartment,
                "name": metric.name,
                "dimensions": metric.dimensions,
            });
            if !listed.contains(&definition) {
                listed.push(definition);
            }
        }
        listed.truncate(limit);
        Reply::json(200, &Json::Array(listed))
    }
}

/// What identifies a stream.
fn stream(metric: &Json) -> String {
    [
        "namespace",
        "compartmentId",
        "resourceGroup",
        "name",
        "dimensions",
    ]
    .map(|field| metric.get(field).map_or_else(String::new, Json::to_string))
    .join(" ")
}

fn invalid(message: &str) -> Reply {
    Reply::oci_error(400, "InvalidParameter", message)
}

fn not_found() -> Reply {
    Reply::oci_error(
        404,
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
    )
}
