//! What a run reads from buckets while domains are read: the namespace, what has been accepted, and the run to compare
//! with. None of it can make a run fail but the namespace, without which nothing can be stored.

pub mod baseline;
pub mod exceptions;

use std::time::Duration;

use chrono::NaiveDate;

use self::baseline::BaselineQuery;
use super::buckets::bucket_of_exceptions;
use crate::config::Config;
use crate::http::deadline::Deadline;
use crate::judge::changes::Baseline;
use crate::judge::exceptions::Exceptions;
use crate::oci::object_storage::{ObjectStorage, StorageError};

/// Earlier runs and exceptions are read for as long as this: a bucket that does not answer must not use up the run.
const MAX_READ_TIME: Duration = Duration::from_secs(45);

/// What a run reads from buckets.
#[derive(Debug)]
pub(super) struct RunInputs {
    /// The namespace; `None` in a dry run, which stores nothing.
    pub(super) namespace: Result<Option<String>, StorageError>,
    /// What has been accepted.
    pub(super) exceptions: Exceptions,
    /// The run to compare with, or why there is none; `None` in a dry run.
    pub(super) baseline: Option<Result<Baseline, String>>,
}

/// How a run reads them.
pub(super) struct InputsReader<'a> {
    pub(super) storage: &'a ObjectStorage,
    pub(super) config: &'a Config,
    pub(super) dry_run: bool,
    /// By when the run has to be delivered.
    pub(super) deadline: Deadline,
    /// By when reading ends.
    pub(super) reading: Deadline,
    /// The clock's UTC date.
    pub(super) today: NaiveDate,
}

impl InputsReader<'_> {
    pub(super) async fn read(&self, query: &BaselineQuery) -> RunInputs {
        let accepts = self.config.exceptions.is_some();
        // A dry run stores nothing, but its counts are those of a run that does: it reads what has been accepted.
        if self.dry_run && !accepts {
            return RunInputs {
                namespace: Ok(None),
                exceptions: Exceptions::default(),
                baseline: None,
            };
        }
        let namespace = match &self.config.storage.namespace {
            Some(namespace) => Ok(namespace.clone()),
            None => self.storage.namespace(self.deadline).await,
        };
        let deadline = self.reading.within(MAX_READ_TIME);
        let (exceptions, baseline) = match &namespace {
            Ok(namespace) => tokio::join!(
                self.exceptions(namespace, deadline),
                self.baseline(namespace, query, deadline)
            ),
            Err(error) => (self.nothing_accepted(error), Some(Err(error.to_string()))),
        };
        RunInputs {
            namespace: match self.dry_run {
                true => Ok(None),
                false => namespace.map(Some),
            },
            exceptions,
            baseline: baseline.filter(|_| !self.dry_run),
        }
    }

    async fn baseline(
        &self,
        namespace: &str,
        query: &BaselineQuery,
        deadline: Deadline,
    ) -> Option<Result<Baseline, String>> {
        if self.dry_run {
            return None;
        }
        let found = baseline::find(self.storage, namespace, query, deadline).await;
        Some(found.map_err(|error| {
            tracing::info!(%error, "this run is compared with no other");
            error.to_string()
        }))
    }

    async fn exceptions(&self, namespace: &str, deadline: Deadline) -> Exceptions {
        let Some((storage, object)) = self.exceptions_object() else {
            return Exceptions::default();
        };
        let read = exceptions::read(&storage, namespace, object, self.today, deadline).await;
        if let Some(reason) = &read.unreadable {
            tracing::warn!(reason, "the exceptions cannot be read: nothing is accepted");
        }
        for bad in &read.bad.first {
            // A name that stands in the wrong place must not reach the log.
            tracing::warn!(entry = bad.without_quotes(), "accepts nothing");
        }
        if read.bad.others > 0 {
            tracing::warn!(entries = read.bad.others, "further ones accept nothing");
        }
        read
    }

    fn nothing_accepted(&self, error: &StorageError) -> Exceptions {
        self.exceptions_object()
            .map(|(storage, object)| {
                let source = exceptions::source(&storage, object);
                Exceptions::unreadable(&source, error.to_string())
            })
            .unwrap_or_default()
    }

    fn exceptions_object(&self) -> Option<(ObjectStorage, &str)> {
        let settings = self.config.exceptions.as_ref()?;
        let storage = bucket_of_exceptions(self.storage, settings);
        Some((storage, &settings.object))
    }
}
