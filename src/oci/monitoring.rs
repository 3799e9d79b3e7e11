//! Monitoring: posts metrics, and lists their names.
//!
//! Source: `monitoring_client.py` of Oracle's Python SDK 2.189.0. The service answers 200 although it refused some of the
//! metrics, and counts those in the body. The limits of a request hold by [`Streams`].

use std::fmt;
use std::sync::Arc;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::client::{CallError, CallResponse, CallRules, Content, Request, SignedClient};
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::retry::RetryRules;
use crate::iam_statement::Statement;
use crate::metrics::{MetricNamespace, Stream, Streams};
use crate::percent::percent_encode;
use crate::place::Place;
use crate::remedy::Remedy;
use crate::server_text::ServerText;
use crate::timestamp::Timestamp;

use super::service_error::ServiceError;

/// A namespace of metrics in a compartment.
#[derive(Clone, Debug)]
pub struct Monitoring {
    /// Signs and sends.
    pub client: Arc<SignedClient>,
    /// The endpoint that takes metrics.
    pub ingestion: Endpoint,
    /// The endpoint that lists them.
    pub listing: Endpoint,
    /// OCID of the compartment.
    pub compartment: String,
    /// The namespace.
    pub namespace: MetricNamespace,
}

/// Why Monitoring does not do what it was asked, by what the operator must do. Only the alternate form (`{:#}`) has the words
/// of the service. Neither has advice.
#[derive(Debug)]
pub enum MonitoringError {
    /// The permission for the namespace is missing, or the compartment.
    NotFoundOrDenied(ServiceError),
    /// The service refused for another reason, or all metrics.
    Refused(ServiceError),
    /// The service took the others, but not these.
    PartlyRefused {
        /// How many it refused.
        refused: u64,
        /// How many were posted.
        of: u64,
        /// Its words about the first of them.
        reason: Option<ServerText>,
    },
    /// No response.
    NoResponse(CallError),
    /// The response is malformed: it may be from a proxy.
    InvalidResponse,
}

impl fmt::Display for MonitoringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFoundOrDenied(error) | Self::Refused(error) => error.fmt(f),
            Self::PartlyRefused {
                refused,
                of,
                reason,
            } => {
                write!(f, "the service refused {refused} of {of} metrics")?;
                match reason.as_ref().filter(|_| f.alternate()) {
                    Some(reason) => write!(f, ": {}", reason.trim_end_matches('.')),
                    None => Ok(()),
                }
            }
            Self::NoResponse(error) => error.fmt(f),
            Self::InvalidResponse => f.write_str("the response is malformed"),
        }
    }
}

impl std::error::Error for MonitoringError {}

impl MonitoringError {
    /// The IAM statement that is probably missing.
    pub fn statement(&self, namespace: &MetricNamespace) -> Option<Statement> {
        matches!(self, Self::NotFoundOrDenied(_)).then(|| Statement::PostMetrics {
            namespace: namespace.to_string(),
        })
    }

    /// What else the operator can do, as a clause.
    pub fn advice(&self, place: Place) -> Option<String> {
        match self {
            Self::NotFoundOrDenied(_) | Self::PartlyRefused { .. } => None,
            Self::Refused(error) => {
                Remedy::of_refusal(error.cause()).map(|remedy| remedy.at(place))
            }
            Self::NoResponse(_) => Some(
                match place {
                    Place::Function => {
                        "check the function's subnet (a service gateway, or a NAT gateway) and AUDIT_MONITORING_ENDPOINT"
                    }
                    Place::CommandLine => {
                        "check your network, HTTPS_PROXY if requests must pass a proxy, and AUDIT_MONITORING_ENDPOINT"
                    }
                }
                .to_owned(),
            ),
            Self::InvalidResponse => Some(
                "check AUDIT_MONITORING_ENDPOINT, and that no proxy intercepts requests".to_owned(),
            ),
        }
    }
}

/// The body of a response to posted metrics.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostResult {
    failed_metrics_count: u64,
    #[serde(default)]
    failed_metrics: Option<Vec<FailedMetric>>,
}

#[derive(Deserialize)]
struct FailedMetric {
    #[serde(default)]
    message: Option<String>,
}

impl Monitoring {
    /// Posts the metrics, with the time `at`. The service takes times from two hours ago to ten minutes ahead of its clock, so
    /// `at` is the time of the clock.
    ///
    /// # Errors
    ///
    /// If the service is not known to have taken all of them.
    pub async fn post(
        &self,
        streams: &Streams,
        at: Timestamp,
        retry: RetryRules,
        deadline: Deadline,
    ) -> Result<(), MonitoringError> {
        let metrics: Vec<_> = streams.iter().map(|one| self.metric(one, at)).collect();
        let request = post(
            self.ingestion.clone(),
            "/20180401/metrics".to_owned(),
            &json!({ "metricData": metrics }),
        );
        let call = self.send(&request, retry, deadline).await?;
        let result: PostResult = serde_json::from_slice(&call.response.body)
            .map_err(|_| MonitoringError::InvalidResponse)?;
        let failed = result.failed_metrics.unwrap_or_default();
        let refused = result.failed_metrics_count.max(failed.len() as u64);
        if refused == 0 {
            return Ok(());
        }
        let reason = failed.into_iter().find_map(|metric| metric.message);
        Err(MonitoringError::PartlyRefused {
            refused,
            of: streams.count() as u64,
            reason: reason.as_deref().map(ServerText::new),
        })
    }

    /// Lists the metrics of the namespace, which the permission to post includes, and which changes nothing.
    ///
    /// # Errors
    ///
    /// If the service does not list them.
    pub async fn list(&self, retry: RetryRules, deadline: Deadline) -> Result<(), MonitoringError> {
        let path = format!(
            "/20180401/metrics/actions/listMetrics?compartmentId={}&limit=1",
            percent_encode(&self.compartment)
        );
        let body = json!({ "namespace": self.namespace.to_string() });
        let request = post(self.listing.clone(), path, &body);
        let call = self.send(&request, retry, deadline).await?;
        match serde_json::from_slice(&call.response.body) {
            Ok(Value::Array(_)) => Ok(()),
            _ => Err(MonitoringError::InvalidResponse),
        }
    }

    fn metric(&self, stream: &Stream, at: Timestamp) -> Value {
        let dimensions: serde_json::Map<_, _> = stream
            .dimensions
            .pairs()
            .map(|(key, value)| (key.to_owned(), Value::from(value)))
            .collect();
        json!({
            "namespace": self.namespace.to_string(),
            "compartmentId": self.compartment,
            "name": stream.name.name(),
            "dimensions": dimensions,
            "datapoints": [{ "timestamp": at.rfc3339(), "value": stream.value }],
        })
    }

    /// Sends a request; a response with another status than a success is an error.
    async fn send(
        &self,
        request: &Request,
        retry: RetryRules,
        deadline: Deadline,
    ) -> Result<CallResponse, MonitoringError> {
        let rules = CallRules {
            deadline,
            retry,
            rate_limiter: None,
            slots: None,
        };
        let call = self.client.send(request, rules).await;
        let call = call.map_err(MonitoringError::NoResponse)?;
        if call.response.status.is_success() {
            return Ok(call);
        }
        let error = ServiceError::from_response(&call);
        Err(if error.lacks_permission() {
            MonitoringError::NotFoundOrDenied(error)
        } else {
            MonitoringError::Refused(error)
        })
    }
}

fn post(endpoint: Endpoint, path_and_query: String, body: &Value) -> Request {
    Request {
        method: Method::POST,
        content: Content::Json(body.to_string().into()),
        ..Request::get(endpoint, path_and_query)
    }
}
