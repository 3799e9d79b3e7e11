//! What a run reads from Object Storage while it reads domains: the namespace, the exceptions, and the run to compare with.
//!
//! None of them can make a run fail, except the namespace: without it no report can be stored.

pub mod baseline;
pub mod exceptions;
mod findings_reader;

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::event::Effect;
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::judge::ReportsLocation;
use crate::judge::changes::NoComparison;
use crate::judge::exceptions::Exceptions;
use crate::oci::object_storage::{Bucket, StorageError};

use self::baseline::{BaselineQuery, BaselineSearch};
use super::buckets::{ReportsFolder, object_storage, reports_bucket};
use super::plan::RunPlan;

/// Max time for earlier runs and exceptions: a bucket that does not answer must not use up the run.
const MAX_READ_TIME: Duration = Duration::from_secs(45);

/// What a run reads from Object Storage.
#[derive(Debug)]
pub(super) struct RunInputs {
    pub(super) destination: Destination,
    pub(super) exceptions: Exceptions,
    pub(super) baseline: BaselineSearch,
}

/// The place a run delivers its reports to.
#[derive(Debug)]
pub(super) enum Destination {
    /// Nowhere: a dry run stores and publishes nothing.
    DryRun,
    /// A folder of its own in the bucket for reports.
    Folder(ReportsFolder),
    /// Not known: the namespace of the bucket could not be read.
    NamespaceNotRead(StorageError),
}

impl Destination {
    /// The location in reports.
    pub(super) fn location(&self) -> Option<ReportsLocation> {
        match self {
            Self::Folder(folder) => Some(folder.location()),
            Self::DryRun | Self::NamespaceNotRead(_) => None,
        }
    }
}

/// Reads the inputs of a run.
pub(super) struct InputsReader<'a> {
    pub(super) client: &'a Arc<SignedClient>,
    pub(super) config: &'a Config,
    pub(super) plan: &'a RunPlan,
    /// When the run must have delivered.
    pub(super) deadline: Deadline,
    /// When reading ends.
    pub(super) read_deadline: Deadline,
}

impl InputsReader<'_> {
    /// Reads the inputs of a run.
    pub(super) async fn read(&self, effect: Effect) -> RunInputs {
        match effect {
            Effect::Deliver => self.read_for_delivery().await,
            Effect::DryRun => self.read_for_dry_run().await,
        }
    }

    async fn read_for_delivery(&self) -> RunInputs {
        match self.resolve_bucket().await {
            Ok(bucket) => {
                let prefix = &self.config.storage.prefix;
                let (exceptions, baseline) =
                    tokio::join!(self.read_exceptions(&bucket), self.find_baseline(&bucket));
                let path = self.plan.folder(prefix);
                RunInputs {
                    destination: Destination::Folder(ReportsFolder { bucket, path }),
                    exceptions,
                    baseline,
                }
            }
            Err(error) => RunInputs {
                exceptions: self.unreadable_exceptions(&error),
                baseline: BaselineSearch::Failed(NoComparison::NotRead(error.to_string())),
                destination: Destination::NamespaceNotRead(error),
            },
        }
    }

    /// A dry run reads only the exceptions, so that its counts are those of a run that delivers.
    async fn read_for_dry_run(&self) -> RunInputs {
        let exceptions = match &self.config.exceptions {
            None => Exceptions::default(),
            Some(_) => match self.resolve_bucket().await {
                Ok(bucket) => self.read_exceptions(&bucket).await,
                Err(error) => self.unreadable_exceptions(&error),
            },
        };
        RunInputs {
            destination: Destination::DryRun,
            exceptions,
            baseline: BaselineSearch::Skipped,
        }
    }

    async fn resolve_bucket(&self) -> Result<Bucket, StorageError> {
        let settings = &self.config.storage;
        let service = object_storage(self.client, settings);
        let namespace = match &settings.namespace {
            Some(namespace) => namespace.clone(),
            // Without the namespace nothing can be stored, so it may take the whole run.
            None => service.namespace(self.deadline).await?,
        };
        Ok(reports_bucket(service, namespace, settings))
    }

    async fn read_exceptions(&self, reports: &Bucket) -> Exceptions {
        let Some(settings) = &self.config.exceptions else {
            return Exceptions::default();
        };
        let today = self.plan.started.to_chrono().date_naive();
        let read = exceptions::read(reports, settings, today, self.inputs_deadline()).await;
        if let Some(reason) = &read.unreadable {
            tracing::warn!(
                reason,
                "the exceptions cannot be read, so nothing is accepted"
            );
        }
        for bad in &read.bad.first {
            // A misplaced value may be a name, which must not reach the log.
            tracing::warn!(
                entry = bad.without_quotes(),
                "an entry is invalid and has no effect"
            );
        }
        if read.bad.others > 0 {
            tracing::warn!(
                entries = read.bad.others,
                "further entries are invalid and have no effect"
            );
        }
        read
    }

    async fn find_baseline(&self, reports: &Bucket) -> BaselineSearch {
        let query = BaselineQuery::new(self.plan, &self.config.storage.prefix);
        baseline::search(reports, &query, self.inputs_deadline()).await
    }

    fn unreadable_exceptions(&self, error: &StorageError) -> Exceptions {
        match &self.config.exceptions {
            None => Exceptions::default(),
            Some(settings) => {
                Exceptions::unreadable(&exceptions::source(settings), error.to_string())
            }
        }
    }

    /// When reading the inputs ends.
    fn inputs_deadline(&self) -> Deadline {
        self.read_deadline.within(MAX_READ_TIME)
    }
}
