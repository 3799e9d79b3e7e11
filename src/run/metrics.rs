//! Posts the metrics of a run, after it has ended. A failure is a warning in log and answer, and never fails a run.

use std::sync::Arc;

use crate::blocking::run_blocking;
use crate::config::{Config, MetricsSettings};
use crate::event::Effect;
use crate::http::client::{CallError, SignedClient};
use crate::http::deadline::Deadline;
use crate::http::retry::RetryRules;
use crate::judge::Audit;
use crate::metrics::Streams;
use crate::oci::monitoring::{Monitoring, MonitoringError};
use crate::place::Place;
use crate::summary::{MetricsFailure, MetricsFailureCause, MetricsSkipReason, MetricsSummary};
use crate::timestamp::Timestamp;

/// Max part of the time that a run has left.
const MAX_PART_OF_TIME: f64 = 0.9;

/// Why metrics cannot be posted without a compartment.
pub(crate) const NO_COMPARTMENT: &str = "the credentials name no compartment to post metrics to";

/// Monitoring in the compartment of the caller, which only the token of a function names.
pub(crate) fn monitoring(
    settings: &MetricsSettings,
    client: &Arc<SignedClient>,
) -> Option<Monitoring> {
    let compartment = client.identity().ok()?.compartment.clone()?;
    Some(Monitoring {
        client: Arc::clone(client),
        ingestion: settings.ingestion.clone(),
        listing: settings.listing.clone(),
        compartment,
        namespace: settings.namespace.clone(),
    })
}

/// Posts the metrics of a run, unless it is of another time, scope or effect than the runs of a schedule: an alarm compares
/// values of the same sort. `None` without a namespace. `is_delivered`: whether the run did not fail. `now` is the time of
/// the clock.
pub(super) async fn post(
    audit: &Arc<Audit>,
    (effect, is_delivered): (Effect, bool),
    (config, client): (&Config, &Arc<SignedClient>),
    now: Timestamp,
    deadline: Deadline,
) -> Option<MetricsSummary> {
    let settings = config.metrics.as_ref()?;
    if let Some(reason) = skip_reason(audit, effect) {
        return Some(MetricsSummary::Skipped(reason));
    }
    let Some(monitoring) = monitoring(settings, client) else {
        tracing::warn!(run_id = audit.run.id, "no metrics: {NO_COMPARTMENT}");
        return Some(MetricsSummary::Failed(MetricsFailure {
            cause: MetricsFailureCause::NoCompartment,
            message: NO_COMPARTMENT.to_owned(),
        }));
    };
    let counted = Arc::clone(audit);
    let streams = run_blocking(move || Streams::of_run(&counted, is_delivered)).await;
    // The rest is for the answer, which is then the same as without metrics.
    let deadline = deadline.within(deadline.remaining().mul_f64(MAX_PART_OF_TIME));
    let rules = RetryRules::METRICS;
    Some(
        match monitoring.post(&streams, now, rules, deadline).await {
            Ok(()) => {
                let posted = streams.count() as u64;
                tracing::info!(run_id = audit.run.id, posted, "metrics posted");
                MetricsSummary::Posted(posted)
            }
            Err(error) => {
                let message = warning(&error, &monitoring, config.reading.place);
                tracing::warn!(
                    run_id = audit.run.id,
                    reason = message,
                    "metrics not posted"
                );
                MetricsSummary::Failed(MetricsFailure {
                    cause: cause(&error),
                    message,
                })
            }
        },
    )
}

/// Why a run posts no metrics.
fn skip_reason(audit: &Audit, effect: Effect) -> Option<MetricsSkipReason> {
    if effect == Effect::DryRun {
        Some(MetricsSkipReason::DryRun)
    } else if audit.run.as_of_given {
        Some(MetricsSkipReason::AsOf)
    } else if audit.run.scope.is_narrowed() {
        Some(MetricsSkipReason::Scoped)
    } else if audit.run.shard.is_some() {
        Some(MetricsSkipReason::Shard)
    } else {
        None
    }
}

fn warning(error: &MonitoringError, monitoring: &Monitoring, place: Place) -> String {
    let statement = error.statement(&monitoring.namespace).map(|statement| {
        format!(
            "add this policy statement, which is probably missing: {}",
            statement.at(place)
        )
    });
    let parts = [Some(error.to_string()), statement, error.advice(place)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    parts.join("; ")
}

const fn cause(error: &MonitoringError) -> MetricsFailureCause {
    match error {
        MonitoringError::NotFoundOrDenied(_) | MonitoringError::Refused(_) => {
            MetricsFailureCause::Refused
        }
        MonitoringError::PartlyRefused { .. } => MetricsFailureCause::PartlyRefused,
        MonitoringError::NoResponse(CallError::OutOfTime(_) | CallError::StepOutOfTime { .. }) => {
            MetricsFailureCause::OutOfTime
        }
        MonitoringError::NoResponse(_) => MetricsFailureCause::NoResponse,
        MonitoringError::InvalidResponse => MetricsFailureCause::InvalidResponse,
    }
}
