//! Stores the reports, then the manifest, then publishes the digest, then stores what became of it.
//!
//! The order is the promise ("Order of a run" in docs/design.md): a manifest is only ever there with all its reports, a digest never speaks
//! of reports that are not there, and `delivered.json` is there only if people were told. A run that is killed at any point
//! leaves something true behind.

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{BoxFuture, Either, Shared, select};
use futures_util::{FutureExt, StreamExt, stream};

use crate::blocking::run_blocking;
use crate::config::Notify;
use crate::http::deadline::Deadline;
use crate::judge::{Audit, ReportsLocation};
use crate::message::Message;
use crate::model::Verdict;
use crate::oci::notifications::{PublishError, Topic};
use crate::oci::object_storage::{ObjectContent, ObjectStorage, StorageError};
use crate::report::digest::{DigestKind, DigestOptions, compose};
use crate::report::manifest::{Delivered, Manifest};
use crate::report::{Report, ReportSet, stages};
use crate::summary::{Notification, StoredObject};

/// The name of an object, and its content once that is measured.
type Measured = (String, Shared<BoxFuture<'static, ObjectContent>>);

/// Objects of one stage that are stored at the same time. Each is made while it is sent, so this bounds memory too.
const MAX_CONCURRENT_PUTS: usize = 4;
/// Reports that are measured at the same time: as many as the platform's smallest whole machine has cores, beside what is
/// being sent.
const MAX_CONCURRENT_MEASUREMENTS: usize = 2;
const JSON: &str = "application/json";

/// Where and how a run is delivered.
#[derive(Debug)]
pub struct CloudDelivery {
    /// The bucket.
    pub storage: ObjectStorage,
    /// The topic.
    pub topic: Topic,
    /// Reports to upload.
    pub reports: ReportSet,
    /// When to publish.
    pub notify: Notify,
    /// How the digest is written.
    pub digest: DigestOptions,
    /// By when it has to be done.
    pub deadline: Deadline,
}

/// What was delivered.
#[derive(Debug)]
pub struct Outcome {
    /// What was stored, in the order of storing.
    pub objects: Vec<StoredObject>,
    /// What was published.
    pub notification: Notification,
}

/// What the manifest says of the run's cost so far.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Requests that were sent.
    pub requests: u64,
    /// Milliseconds since the run began.
    pub elapsed_ms: u64,
}

/// Why a run could not be delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// A report or the manifest could not be stored. There is no manifest.
    #[error("the reports are not stored: {error}{}", digest.as_ref().map(|error| format!("; nor could people be told: {error}")).unwrap_or_default())]
    NotStored {
        /// Why.
        error: StorageError,
        /// Why the digest that would have said so was not published either.
        digest: Option<PublishError>,
    },
    /// The digest could not be published. Reports and manifest are stored.
    #[error("the reports are stored, but nobody was told: {0}")]
    NotPublished(PublishError),
}

/// Reports or manifest that could not be stored.
struct StoreFailure {
    error: StorageError,
    /// Whether the manifest may exist: its upload was tried, and the answer may have been lost.
    manifest_may_exist: bool,
}

impl From<StorageError> for StoreFailure {
    fn from(error: StorageError) -> Self {
        Self {
            error,
            manifest_may_exist: false,
        }
    }
}

impl CloudDelivery {
    /// Delivers an audit of which at least one domain was read. `cost` is asked when the manifest is written.
    ///
    /// # Errors
    ///
    /// Where reports could not be stored, or the digest not be published.
    pub async fn deliver(
        &self,
        audit: &Arc<Audit>,
        location: &ReportsLocation,
        cost: impl Fn() -> Cost,
    ) -> Result<Outcome, DeliveryError> {
        // Written while reports are on their way; published only once they are there.
        let digest = async {
            match self.skip_reason(audit) {
                Some(reason) => Err(reason),
                None => Ok(self.compose_digest(audit).await),
            }
        };
        let (objects, digest) = tokio::join!(self.store_reports(audit, location, &cost), digest);
        let mut objects = match objects {
            Ok(objects) => objects,
            Err(failure) => return Err(self.publish_store_failure(audit, failure).await),
        };
        let notification = match digest {
            Err(reason) => Notification::Skipped(reason),
            Ok(message) => {
                let id = self.publish(&message).await;
                Notification::MessageId(id.map_err(DeliveryError::NotPublished)?)
            }
        };
        let delivered = Delivered::new(audit, &notification).to_json();
        let content = ObjectContent::whole(JSON, delivered);
        match self.store(location, "delivered.json", &content).await {
            Ok(object) => objects.push(object),
            // Reports are there and people were told: the run is a success. The next one compares with an older run.
            Err(error) => {
                tracing::warn!(%error, "what became of the digest could not be stored; the next run compares with an older one");
            }
        }
        Ok(Outcome {
            objects,
            notification,
        })
    }

    async fn compose_digest(&self, audit: &Arc<Audit>) -> Message {
        let (audit, options) = (Arc::clone(audit), self.digest.clone());
        run_blocking(move || compose(&audit, &options, &DigestKind::Regular)).await
    }

    async fn publish(&self, message: &Message) -> Result<String, PublishError> {
        self.topic
            .publish(message, &message.as_repeat(), self.deadline)
            .await
    }

    /// Tells people that no domain could be read. Nothing is stored.
    ///
    /// # Errors
    ///
    /// Where the digest could not be published.
    pub async fn publish_failure(&self, audit: &Audit) -> Result<(), PublishError> {
        if self.notify == Notify::Never {
            return Ok(());
        }
        let message = compose(audit, &self.digest, &DigestKind::Failed);
        self.publish(&message).await.map(drop)
    }

    /// Tells people that no report could be stored.
    pub async fn publish_not_stored(&self, audit: &Audit, error: StorageError) -> DeliveryError {
        self.publish_store_failure(audit, error.into()).await
    }

    async fn publish_store_failure(&self, audit: &Audit, failure: StoreFailure) -> DeliveryError {
        let StoreFailure {
            error,
            manifest_may_exist,
        } = failure;
        let mut digest = None;
        if self.notify != Notify::Never {
            let kind = DigestKind::ReportsNotStored {
                reason: error.to_string(),
                manifest_may_exist,
            };
            let message = compose(audit, &self.digest, &kind);
            digest = self.publish(&message).await.err();
        }
        DeliveryError::NotStored { error, digest }
    }

    async fn store_reports(
        &self,
        audit: &Arc<Audit>,
        location: &ReportsLocation,
        cost: &impl Fn() -> Cost,
    ) -> Result<Vec<StoredObject>, StoreFailure> {
        // Measured in the order of storing, ahead of it: while one stage is on its way, the next is measured already.
        let stages: Vec<Vec<_>> = stages(audit, self.reports)
            .into_iter()
            .map(|stage| stage.into_iter().map(measured).collect())
            .collect();
        let reports: Vec<_> = stages.iter().flatten().cloned().collect();
        let measuring = stream::iter(reports)
            .for_each_concurrent(MAX_CONCURRENT_MEASUREMENTS, |(_, content)| {
                content.map(drop)
            });
        let storing = pin!(self.store_stages(location, stages));
        let mut objects = match select(storing, pin!(measuring)).await {
            Either::Left((objects, _)) => objects?,
            Either::Right(((), storing)) => storing.await?,
        };
        let Cost {
            requests,
            elapsed_ms,
        } = cost();
        let manifest = Manifest::new(audit, objects.clone(), requests, elapsed_ms).to_json();
        let manifest = ObjectContent::whole(JSON, manifest);
        let manifest = self.store(location, "manifest.json", &manifest).await;
        objects.push(manifest.map_err(|error| StoreFailure {
            error,
            manifest_may_exist: true,
        })?);
        Ok(objects)
    }

    /// Stores the reports of each stage side by side, the stages one after another.
    async fn store_stages(
        &self,
        location: &ReportsLocation,
        stages: Vec<Vec<Measured>>,
    ) -> Result<Vec<StoredObject>, StorageError> {
        let mut objects = Vec::new();
        for stage in stages {
            let storing: Vec<_> = stage
                .into_iter()
                .map(|(name, content)| {
                    async move { self.store(location, &name, &content.await).await }.boxed()
                })
                .collect();
            let mut stored = stream::iter(storing).buffered(MAX_CONCURRENT_PUTS);
            while let Some(object) = stored.next().await {
                objects.push(object?);
            }
        }
        Ok(objects)
    }

    async fn store(
        &self,
        location: &ReportsLocation,
        name: &str,
        content: &ObjectContent,
    ) -> Result<StoredObject, StorageError> {
        let name = format!("{}{name}", location.folder);
        self.storage
            .create(&location.namespace, &name, content, self.deadline)
            .await?;
        tracing::info!(object = name, bytes = content.length, "stored");
        Ok(StoredObject {
            name,
            bytes: content.length,
            sha256: content.sha256.clone(),
        })
    }

    /// Why no digest is due, if none is.
    fn skip_reason(&self, audit: &Audit) -> Option<String> {
        match self.notify {
            Notify::Always => None,
            Notify::Never => Some("AUDIT_NOTIFY is never".to_owned()),
            // What could not be seen is a finding too: silence would read as an all-clear.
            Notify::Findings if audit.counts.has_findings() || audit.has_unaccepted_gaps() => None,
            Notify::Findings => Some(match audit.verdict {
                Verdict::Complete => {
                    "nothing was found, everything was read, and AUDIT_NOTIFY is findings".to_owned()
                }
                _ => "nothing was found, what was not read is accepted as known, and AUDIT_NOTIFY is findings"
                    .to_owned(),
            }),
            // Without a run to compare with, anything may have changed.
            Notify::Changes => {
                let changes = audit.comparison.changes()?;
                let reasons = changes.reasons(audit.run.as_of());
                tracing::info!(since = changes.baseline, ?reasons, "changes");
                reasons.is_empty().then(|| {
                    format!(
                        "nothing changed since run {}, and AUDIT_NOTIFY is changes",
                        changes.baseline
                    )
                })
            }
        }
    }
}

fn measured(report: Report) -> Measured {
    let (content_type, chunks) = (report.content_type, report.chunks);
    let content = run_blocking(move || ObjectContent::measure(content_type, chunks));
    (report.object_name, content.boxed().shared())
}
