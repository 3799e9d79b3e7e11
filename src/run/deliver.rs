//! Stores the reports, then the manifest, publishes the digest, and stores the record of it.
//!
//! Because of this order, a run that is killed at any point leaves something true behind. A manifest exists only with all its
//! reports. A digest never names reports that do not exist. `delivered.json` exists only if the digest was published or none
//! was due. See "Order of a run" in docs/design.md.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

use crate::blocking::run_blocking;
use crate::config::{Config, HolderMailSettings, Notify};
use crate::http::client::SignedClient;
use crate::http::deadline::{Deadline, StageDeadlines};
use crate::judge::Audit;
use crate::message::Message;
use crate::oci::notifications::{PublishError, Topic};
use crate::oci::object_storage::{ObjectContent, StorageCause, StorageError};
use crate::report::digest::{DigestKind, DigestOptions, NotInHub, SuppressedMails, compose};
use crate::report::manifest::{Delivered, Manifest};
use crate::report::{Report, ReportOptions, ReportSet, reports};
use crate::summary::{Delivery, Notification, SkipReason, StoredObject};

use super::buckets::ReportsFolder;
use super::holder_mail::preview_of;
use super::meter::Meter;
use super::notify::NotifyRule;

/// An object to store.
struct PendingObject {
    name: String,
    /// Its content once it is measured.
    content: BoxFuture<'static, ObjectContent>,
}

impl PendingObject {
    fn new(report: Report, storing: &Storing) -> Self {
        let (content_type, chunks) = (report.content_type, report.chunks);
        let (is_over, measuring) = (Arc::clone(&storing.is_over), Arc::clone(&storing.measuring));
        let content = async move {
            // It is never closed.
            let _permit = measuring.acquire().await.ok();
            let is_over = move || is_over.load(Ordering::Relaxed);
            run_blocking(move || ObjectContent::measure(content_type, chunks, is_over)).await
        };
        Self {
            name: report.object_name,
            content: content.boxed(),
        }
    }
}

/// Storing, from its begin to its end. Measurements that still run when it ends are stopped: publishing needs the processor.
struct Storing {
    is_over: Arc<AtomicBool>,
    /// In the order in which reports are to be stored.
    measuring: Arc<Semaphore>,
}

impl Storing {
    fn begin() -> Self {
        Self {
            is_over: Arc::default(),
            measuring: Arc::new(Semaphore::new(MAX_CONCURRENT_MEASUREMENTS)),
        }
    }

    /// Counts for the manifest, after the reports that wait to be measured: what they prepare takes memory too. It is not stopped if
    /// storing ends early: 0.3 s for 100,000 users.
    async fn count(&self, audit: &Arc<Audit>) -> Manifest {
        let _permit = self.measuring.acquire().await.ok();
        let audit = Arc::clone(audit);
        run_blocking(move || Manifest::new(&audit, Vec::new(), 0, 0)).await
    }
}

impl Drop for Storing {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Max objects to upload concurrently. Each is generated while it is sent, so this also bounds memory.
const MAX_CONCURRENT_PUTS: usize = 8;
/// Max reports to measure concurrently: one per core of the platform's smallest whole machine.
const MAX_CONCURRENT_MEASUREMENTS: usize = 2;
const JSON: &str = "application/json";

/// What a run delivers, and to whom.
#[derive(Debug)]
pub struct CloudDelivery {
    /// The topic.
    pub topic: Topic,
    /// Reports to upload.
    pub reports: ReportSet,
    /// How they are written.
    pub report_options: ReportOptions,
    /// When to publish.
    pub notify: NotifyRule,
    /// How the digest is written.
    pub digest: DigestOptions,
    /// When storing and publishing end.
    pub stages: StageDeadlines,
    /// Mails to holders, which may be stored as a preview.
    pub holder_mail: Option<HolderMailSettings>,
}

/// Why a run could not be delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// A report or the manifest could not be stored. No manifest is known to exist.
    #[error("the reports are not stored: {error}{}", neither_published(digest.as_ref()))]
    NotStored {
        /// Why.
        error: Box<StorageError>,
        /// Why the digest of the failure was not published either.
        digest: Option<PublishError>,
    },
    /// The digest could not be published. Reports and manifest are stored.
    #[error("the reports are stored, but the digest was not published: {0}")]
    NotPublished(PublishError),
}

/// The end of an error's text, if the digest of the failure was not published either.
pub(super) fn neither_published(digest: Option<&PublishError>) -> String {
    digest
        .map(|error| format!("; the digest was not published either: {error}"))
        .unwrap_or_default()
}

impl DeliveryError {
    /// Whether delivery failed only because the run's time was used up.
    pub const fn is_out_of_time(&self) -> bool {
        match self {
            Self::NotStored {
                digest: Some(digest),
                error,
            } => error.cause.is_out_of_time() || digest.is_out_of_time(),
            Self::NotStored { error, .. } => error.cause.is_out_of_time(),
            Self::NotPublished(error) => error.is_out_of_time(),
        }
    }
}

/// The digest of a run whose reports are stored.
enum RegularDigest {
    Due(Message),
    NotDue(SkipReason),
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
    /// What the settings say.
    pub fn new(
        config: &Config,
        client: &Arc<SignedClient>,
        stages: StageDeadlines,
        suppressed: Option<SuppressedMails>,
        not_in_hub: Option<NotInHub>,
    ) -> Self {
        Self {
            topic: Topic {
                client: Arc::clone(client),
                endpoint: config.topic.endpoint.clone(),
                id: config.topic.id.clone(),
            },
            reports: config.reports,
            report_options: config.reading.report_options,
            notify: NotifyRule::of(config),
            digest: DigestOptions {
                names: config.digest_names,
                reports: config.reports,
                rows: config.digest_rows,
                next: NotifyRule::of(config).next(),
                region: Some(config.topic.region.clone()),
                suppressed,
                not_in_hub,
            },
            stages,
            holder_mail: config.holder_mail.clone(),
        }
    }

    /// Delivers an audit with at least one domain that was read.
    ///
    /// # Errors
    ///
    /// If reports could not be stored, or the digest could not be published.
    pub async fn deliver(
        &self,
        audit: &Arc<Audit>,
        folder: &ReportsFolder,
        meter: &Meter,
    ) -> Result<Delivery, DeliveryError> {
        // Composed during the upload, and published after it.
        let digest = async {
            self.notify.log_changes(audit);
            match self.notify.skip_reason(audit) {
                Some(reason) => RegularDigest::NotDue(reason),
                None => RegularDigest::Due(self.compose_digest(audit).await),
            }
        };
        let (objects, digest) = tokio::join!(self.store_reports(audit, folder, meter), digest);
        let mut objects = match objects {
            Ok(objects) => objects,
            Err(failure) => return Err(self.publish_store_failure(audit, failure).await),
        };
        let notification = match digest {
            RegularDigest::NotDue(reason) => Notification::Skipped(reason),
            RegularDigest::Due(message) => {
                let id = self.publish(&message).await;
                Notification::MessageId(id.map_err(DeliveryError::NotPublished)?)
            }
        };
        let delivered = Delivered::new(audit, &notification).to_json();
        let content = ObjectContent::whole(JSON, delivered);
        let end = self.stages.end;
        match self.store(folder, "delivered.json", &content, end).await {
            Ok(object) => objects.push(object),
            // Reports are stored and the digest is published: the run succeeded.
            Err(error) => {
                tracing::warn!(%error, "delivered.json could not be stored; the next run compares with an older one");
            }
        }
        Ok(Delivery {
            objects,
            notification,
            metrics: None,
            owner_topics: None,
            holder_mail: None,
            hub: None,
            requests: meter.requests(),
            elapsed_ms: meter.elapsed_ms(),
        })
    }

    async fn compose_digest(&self, audit: &Arc<Audit>) -> Message {
        let (audit, options) = (Arc::clone(audit), self.digest.clone());
        run_blocking(move || compose(&audit, &options, &DigestKind::Regular)).await
    }

    async fn publish(&self, message: &Message) -> Result<String, PublishError> {
        self.topic
            .publish(message, &message.as_repeat(), self.stages.end)
            .await
    }

    /// Publishes that no domain could be read. Stores nothing.
    ///
    /// # Errors
    ///
    /// If the digest could not be published.
    pub async fn publish_nothing_read(&self, audit: &Audit) -> Result<(), PublishError> {
        if self.notify.notify == Notify::Never {
            return Ok(());
        }
        let message = compose(audit, &self.digest, &DigestKind::Failed);
        self.publish(&message).await.map(drop)
    }

    /// Publishes that no report could be stored.
    pub async fn publish_not_stored(&self, audit: &Audit, error: StorageError) -> DeliveryError {
        self.publish_store_failure(audit, error.into()).await
    }

    async fn publish_store_failure(&self, audit: &Audit, failure: StoreFailure) -> DeliveryError {
        let StoreFailure {
            error,
            manifest_may_exist,
        } = failure;
        let mut digest = None;
        if self.notify.notify != Notify::Never {
            let kind = DigestKind::ReportsNotStored {
                reason: error.to_string(),
                manifest_may_exist,
            };
            let message = compose(audit, &self.digest, &kind);
            digest = self.publish(&message).await.err();
        }
        DeliveryError::NotStored {
            error: Box::new(error),
            digest,
        }
    }

    /// Stores the reports, then the manifest.
    async fn store_reports(
        &self,
        audit: &Arc<Audit>,
        folder: &ReportsFolder,
        meter: &Meter,
    ) -> Result<Vec<StoredObject>, StoreFailure> {
        let mut reports = reports(audit, self.reports, self.report_options);
        reports.extend(preview_of(self.holder_mail.as_ref(), audit));
        let running = Storing::begin();
        // It names the reports, so it is written after them.
        let counting = async { Ok(running.count(audit).await) };
        let storing = self.store_concurrently(folder, reports, &running);
        let (mut objects, manifest) = tokio::try_join!(storing, counting)?;
        let (requests, elapsed_ms) = (meter.requests(), meter.elapsed_ms());
        let manifest = Manifest {
            objects: objects.clone(),
            requests,
            elapsed_ms,
            ..manifest
        };
        let manifest = ObjectContent::whole(JSON, manifest.to_json());
        let end = self.stages.storing;
        let manifest = self.store(folder, "manifest.json", &manifest, end).await;
        objects.push(manifest.map_err(|error| StoreFailure {
            error,
            manifest_may_exist: true,
        })?);
        Ok(objects)
    }

    /// Stores reports. The objects are in their order.
    async fn store_concurrently(
        &self,
        folder: &ReportsFolder,
        reports: Vec<Report>,
        running: &Storing,
    ) -> Result<Vec<StoredObject>, StorageError> {
        let storing = reports.into_iter().enumerate().map(|(place, report)| {
            let object = PendingObject::new(report, running);
            let stored = async move { Ok((place, self.store_pending(folder, object).await?)) };
            stored.boxed()
        });
        let storing: Vec<_> = storing.collect();
        let storing = stream::iter(storing).buffer_unordered(MAX_CONCURRENT_PUTS);
        let mut objects: Vec<(usize, StoredObject)> = storing.try_collect().await?;
        objects.sort_unstable_by_key(|(place, _)| *place);
        Ok(objects.into_iter().map(|(_, object)| object).collect())
    }

    /// Stores a report once it is measured, unless the time for storing ends before.
    async fn store_pending(
        &self,
        folder: &ReportsFolder,
        PendingObject { name, content }: PendingObject,
    ) -> Result<StoredObject, StorageError> {
        let end = self.stages.storing;
        match timeout_at(end.instant(), content).await {
            Ok(content) => self.store(folder, &name, &content, end).await,
            Err(_) => {
                let object = format!("{}{name}", folder.path);
                Err(StorageCause::NotGenerated.at(folder.bucket.store_step(&object)))
            }
        }
    }

    async fn store(
        &self,
        folder: &ReportsFolder,
        name: &str,
        content: &ObjectContent,
        deadline: Deadline,
    ) -> Result<StoredObject, StorageError> {
        let name = format!("{}{name}", folder.path);
        folder.bucket.create(&name, content, deadline).await?;
        tracing::info!(object = name, bytes = content.length, "stored");
        Ok(StoredObject {
            name,
            bytes: content.length,
            sha256: content.sha256.clone(),
        })
    }
}
