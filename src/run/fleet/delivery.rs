//! Stores an overview, and publishes its digest.

use std::sync::Arc;

use crate::blocking::run_blocking;
use crate::chunks::ChunkSource;
use crate::config::{Config, Notify};
use crate::event::Effect;
use crate::fleet::Overview;
use crate::http::client::SignedClient;
use crate::http::deadline::{Deadline, StageDeadlines};
use crate::http::retry::RetryRules;
use crate::message::Message;
use crate::model::Verdict;
use crate::oci::notifications::{PublishError, Topic};
use crate::oci::object_storage::{ObjectContent, StorageError};
use crate::report::console_links::ConsoleLinks;
use crate::report::digest::{FleetFiles, compose_fleet, compose_fleet_failed};
use crate::report::fleet::{csv, json, page};
use crate::run::buckets::{ReportsFolder, object_storage, reports_bucket};
use crate::summary::{Notification, SkipReason, StoredObject};

use super::error::FleetError;

/// The folder of overviews below the prefix of reports.
const FOLDER: &str = "fleet-overview";

/// What delivers an overview.
pub(super) struct FleetDelivery<'a> {
    config: &'a Config,
    client: &'a Arc<SignedClient>,
    effect: Effect,
    /// When the stages of the run end.
    pub(super) stages: StageDeadlines,
}

impl<'a> FleetDelivery<'a> {
    pub(super) fn new(
        config: &'a Config,
        client: &'a Arc<SignedClient>,
        deadline: Deadline,
        effect: Effect,
    ) -> Self {
        let publishes = effect == Effect::Deliver && config.notify != Notify::Never;
        Self {
            config,
            client,
            effect,
            stages: StageDeadlines::until(deadline, publishes),
        }
    }

    /// Stores the overview and publishes its digest.
    pub(super) async fn deliver(
        &self,
        overview: &Arc<Overview>,
    ) -> Result<(Vec<StoredObject>, Notification), FleetError> {
        let (folder, objects) = match self.store(overview).await {
            Ok(stored) => stored,
            Err(error) => {
                let files = FleetFiles::NotStored(error.to_string());
                let digest = match self.config.notify {
                    Notify::Never => None,
                    _ => self.publish(&self.compose(overview, &files)).await.err(),
                };
                return Err(FleetError::NotStored {
                    error: Box::new(error),
                    digest,
                });
            }
        };
        if let Some(reason) = self.skip_reason(overview) {
            return Ok((objects, Notification::Skipped(reason)));
        }
        let location = folder.location();
        let link = ConsoleLinks::to(overview.console.as_ref(), Some(&location)).bucket();
        let files = FleetFiles::Stored {
            place: link.unwrap_or_else(|| {
                format!(
                    "bucket {}, namespace {}",
                    location.bucket, location.namespace
                )
            }),
            folder: location.folder,
        };
        let id = self
            .publish(&self.compose(overview, &files))
            .await
            .map_err(FleetError::NotPublished)?;
        Ok((objects, Notification::MessageId(id)))
    }

    /// Publishes that the hub was not read.
    pub(super) async fn hub_not_read(&self, run_id: &str, error: StorageError) -> FleetError {
        let publishes = self.effect == Effect::Deliver && self.config.notify != Notify::Never;
        let message = compose_fleet_failed(run_id, &error.to_string(), self.region());
        let digest = if publishes {
            self.publish(&message).await.err()
        } else {
            None
        };
        FleetError::HubNotRead {
            error: Box::new(error),
            digest,
        }
    }

    /// Why no digest is due. An overview has no earlier one to compare with, so `changes` publishes each.
    fn skip_reason(&self, overview: &Overview) -> Option<SkipReason> {
        let has_findings =
            overview.totals.figures.to_act() > 0 || overview.verdict() != Verdict::Complete;
        match self.config.notify {
            Notify::Never => Some(SkipReason::NotifyNever),
            Notify::Findings if !has_findings => Some(SkipReason::NoFindings),
            Notify::Findings | Notify::Changes | Notify::Always => None,
        }
    }

    fn region(&self) -> Option<&str> {
        let region = self.config.topic.region.as_str();
        (!region.is_empty()).then_some(region)
    }

    fn compose(&self, overview: &Overview, files: &FleetFiles) -> Message {
        compose_fleet(overview, files, self.config.digest_rows, self.region())
    }

    async fn publish(&self, message: &Message) -> Result<String, PublishError> {
        let topic = Topic {
            client: Arc::clone(self.client),
            endpoint: self.config.topic.endpoint.clone(),
            id: self.config.topic.id.clone(),
        };
        topic
            .publish(message, &message.as_repeat(), self.stages.end)
            .await
    }

    /// Stores page, CSV file and JSON. `fleet.json` is the last: it exists only if the others do.
    async fn store(
        &self,
        overview: &Arc<Overview>,
    ) -> Result<(ReportsFolder, Vec<StoredObject>), StorageError> {
        let storage = &self.config.storage;
        let service = object_storage(self.client, storage);
        let end = self.stages.storing;
        let namespace = match &storage.namespace {
            Some(namespace) => namespace.clone(),
            None => service.namespace_with(RetryRules::STORE, end).await?,
        };
        let date = overview.now.to_chrono().format("%Y/%m/%d");
        let folder = ReportsFolder {
            bucket: reports_bucket(service, namespace, storage),
            path: format!("{}{FOLDER}/{date}/{}/", storage.prefix, overview.run_id),
        };
        let rows = csv(overview, self.config.reading.report_options);
        let reports = [
            ("fleet.html", "text/html; charset=utf-8", page(overview)),
            ("fleet.csv", "text/csv; charset=utf-8", rows),
        ];
        let mut objects = Vec::new();
        for (name, content_type, chunks) in reports {
            objects.push(store(&folder, name, measured(content_type, chunks).await, end).await?);
        }
        let json = json(overview);
        let content = ObjectContent::whole("application/json", json);
        objects.push(store(&folder, "fleet.json", content, end).await?);
        Ok((folder, objects))
    }
}

async fn measured(content_type: &'static str, chunks: ChunkSource) -> ObjectContent {
    run_blocking(move || ObjectContent::measure(content_type, chunks, || false)).await
}

async fn store(
    folder: &ReportsFolder,
    name: &str,
    content: ObjectContent,
    deadline: Deadline,
) -> Result<StoredObject, StorageError> {
    let name = format!("{}{name}", folder.path);
    folder.bucket.create(&name, &content, deadline).await?;
    tracing::info!(object = name, bytes = content.length, "stored");
    Ok(StoredObject {
        name,
        bytes: content.length,
        sha256: content.sha256.clone(),
    })
}
