//! Stores what a run found in the hub of several tenancies, after everything else. A failure is a warning in log and answer, and
//! never fails a run.
//!
//! The hub may belong to another tenancy. So its files have the names of people as the digest has them, and are written once
//! more. `delivered.json` is the last of them, as in the bucket of the run: what a killed run leaves is not read. A run that failed
//! stores `failed.json` alone, so that it is not just missing.

use std::sync::Arc;
use std::time::Duration;

use crate::blocking::run_blocking;
use crate::config::{Config, HubSettings};
use crate::event::Effect;
use crate::http::client::{CallError, SignedClient};
use crate::http::deadline::Deadline;
use crate::judge::Audit;
use crate::oci::object_storage::{Bucket, ObjectContent, StorageCause, StorageError};
use crate::report::failed_run::FailedRun;
use crate::report::for_hub;
use crate::report::manifest::{Delivered, Manifest};
use crate::summary::{
    Delivery, HubFailure, HubFailureCause, HubSkipReason, HubSummary, StoredObject,
};

use super::buckets::{HUB_FAILED, ReportsFolder, hub_bucket, hub_prefix};
use super::error::RunError;
use super::meter::Meter;
use super::plan::RunPlan;

/// Max share of a run's time, which is a tenth.
const MAX_SHARE: Duration = Duration::from_secs(300);
/// Max part of the time that a run has left; the rest is for the answer.
const MAX_PART_OF_TIME: f64 = 0.9;
/// Why the hub is not known.
const NO_NAMESPACE: &str = "the namespace of the own tenancy is not known; set AUDIT_HUB_NAMESPACE";
const JSON: &str = "application/json";

/// Why the folder of a run is unknown.
pub(crate) const NO_TENANCY: &str = "the credentials do not name their tenancy";

/// The time at the end of a run that is for the hub.
pub(super) fn share(
    config: &Config,
    plan: &RunPlan,
    effect: Effect,
    deadline: Deadline,
) -> Duration {
    if config.hub.is_some() && skip_reason(plan, effect).is_none() {
        MAX_SHARE.min(deadline.remaining() / 10)
    } else {
        Duration::ZERO
    }
}

/// A run that may be stored in the hub.
pub(super) struct Hub<'a> {
    pub(super) config: &'a Config,
    pub(super) client: &'a Arc<SignedClient>,
    pub(super) plan: &'a RunPlan,
    pub(super) effect: Effect,
    /// The folder of the reports, if it is known.
    pub(super) folder: Option<&'a ReportsFolder>,
    pub(super) meter: &'a Meter,
    /// The deadline of the run.
    pub(super) deadline: Deadline,
}

impl Hub<'_> {
    /// Stores the run. `None` if the settings name no hub.
    pub(super) async fn store(
        self,
        audit: &Arc<Audit>,
        delivered: &Result<Delivery, RunError>,
    ) -> Option<HubSummary> {
        let settings = self.config.hub.as_ref()?;
        if let Some(reason) = skip_reason(self.plan, self.effect) {
            return Some(HubSummary::Skipped(reason));
        }
        let stored = self.try_store(settings, audit, delivered).await;
        Some(match stored {
            Ok(folder) => {
                tracing::info!(run_id = audit.run.id, folder, "stored in the hub");
                HubSummary::Stored(folder)
            }
            Err(failure) => {
                let reason = &failure.message;
                tracing::warn!(run_id = audit.run.id, reason, "not stored in the hub");
                if delivered.is_ok() {
                    self.record(&failure).await;
                }
                HubSummary::Failed(failure)
            }
        })
    }

    /// Leaves a record in the folder of the reports, for the digest of the next run: that of this one is published.
    async fn record(&self, failure: &HubFailure) {
        let Some(ReportsFolder { bucket, path }) = self.folder else {
            return;
        };
        let name = format!("{path}{HUB_FAILED}");
        let json = serde_json::to_string(failure).unwrap_or_default();
        let content = ObjectContent::whole(JSON, format!("{json}\n"));
        if let Err(error) = bucket.create(&name, &content, self.deadline).await {
            tracing::warn!(%error, "the next digest does not say that this run is not in the hub");
        }
    }

    async fn try_store(
        &self,
        settings: &HubSettings,
        audit: &Arc<Audit>,
        delivered: &Result<Delivery, RunError>,
    ) -> Result<String, HubFailure> {
        let tenancy = audit.run.tenancy.id.as_deref();
        let prefix = hub_prefix(settings, tenancy).ok_or_else(|| HubFailure {
            cause: HubFailureCause::NoTenancy,
            message: NO_TENANCY.to_owned(),
        })?;
        let own = self.folder.map(|folder| folder.bucket.namespace.as_str());
        let namespace = settings.namespace.as_deref().or(own);
        let namespace = namespace.ok_or_else(|| HubFailure {
            cause: HubFailureCause::NoNamespace,
            message: NO_NAMESPACE.to_owned(),
        })?;
        let folder = HubFolder {
            path: self.plan.folder(&prefix),
            bucket: hub_bucket(self.client, settings, namespace.to_owned(), prefix, own),
            deadline: self
                .deadline
                .within(self.deadline.remaining().mul_f64(MAX_PART_OF_TIME)),
        };
        let stored = match delivered {
            Ok(delivery) => self.store_delivered(&folder, audit, delivery).await,
            Err(error) => {
                let failed = FailedRun::new(audit, &error.to_string()).to_json();
                folder.store_json("failed.json", failed).await.map(drop)
            }
        };
        stored.map_err(|error| HubFailure {
            cause: cause(&error.cause),
            message: error.to_string(),
        })?;
        Ok(folder.path)
    }

    async fn store_delivered(
        &self,
        folder: &HubFolder,
        audit: &Arc<Audit>,
        delivery: &Delivery,
    ) -> Result<(), StorageError> {
        let names = self.config.digest_names;
        let mut objects = Vec::new();
        for report in for_hub(audit, names, self.config.reading.report_options) {
            let (content_type, chunks) = (report.content_type, report.chunks);
            let deadline = folder.deadline;
            let measure =
                move || ObjectContent::measure(content_type, chunks, || deadline.has_passed());
            let content = run_blocking(measure).await;
            objects.push(folder.store(&report.object_name, &content).await?);
        }
        let (requests, elapsed_ms) = (self.meter.requests(), self.meter.elapsed_ms());
        let manifest = Manifest::new(audit, objects, requests, elapsed_ms).as_named(audit, names);
        folder
            .store_json("manifest.json", manifest.to_json())
            .await?;
        let delivered = Delivered::new(audit, &delivery.notification).to_json();
        folder.store_json("delivered.json", delivered).await?;
        Ok(())
    }
}

/// The folder of a run in the hub.
struct HubFolder {
    bucket: Bucket,
    /// Full name, with a slash at its end.
    path: String,
    deadline: Deadline,
}

impl HubFolder {
    async fn store_json(&self, name: &str, json: String) -> Result<StoredObject, StorageError> {
        self.store(name, &ObjectContent::whole(JSON, json)).await
    }

    async fn store(
        &self,
        name: &str,
        content: &ObjectContent,
    ) -> Result<StoredObject, StorageError> {
        let name = format!("{}{name}", self.path);
        // What was measured after the deadline is not whole.
        if self.deadline.has_passed() {
            return Err(StorageCause::NotGenerated.at(self.bucket.store_step(&name)));
        }
        self.bucket.create(&name, content, self.deadline).await?;
        Ok(StoredObject {
            name,
            bytes: content.length,
            sha256: content.sha256.clone(),
        })
    }
}

/// Why a run is not stored in the hub. Shards are.
const fn skip_reason(plan: &RunPlan, effect: Effect) -> Option<HubSkipReason> {
    if matches!(effect, Effect::DryRun) {
        Some(HubSkipReason::DryRun)
    } else if plan.as_of_given {
        Some(HubSkipReason::AsOf)
    } else if plan.scope.is_narrowed() {
        Some(HubSkipReason::Scoped)
    } else {
        None
    }
}

const fn cause(cause: &StorageCause) -> HubFailureCause {
    match cause {
        StorageCause::NotFoundOrDenied { .. }
        | StorageCause::KeyNotUsable(_)
        | StorageCause::Refused(_) => HubFailureCause::Refused,
        StorageCause::NotGenerated
        | StorageCause::NoResponse(CallError::OutOfTime(_) | CallError::StepOutOfTime { .. }) => {
            HubFailureCause::OutOfTime
        }
        StorageCause::NoResponse(_) => HubFailureCause::NoResponse,
        StorageCause::TooLarge { .. }
        | StorageCause::AlreadyExists
        | StorageCause::OtherContent { .. }
        | StorageCause::InvalidResponse => HubFailureCause::InvalidResponse,
    }
}
