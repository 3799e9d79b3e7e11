//! What a run reads from Object Storage while it reads domains: the namespace, the exceptions, and the run to compare with.
//!
//! None of them can make a run fail, except the namespace: without it no report can be stored. It is asked for at the start, and
//! once more after reading, if the first answer failed.

pub mod baseline;
pub mod exceptions;
mod findings_reader;
mod json_values;
pub mod past_mails;

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, MailEffect};
use crate::event::Effect;
use crate::http::client::SignedClient;
use crate::http::deadline::{Deadline, StageDeadlines};
use crate::http::retry::RetryRules;
use crate::judge::changes::{Baseline, NoComparison};
use crate::judge::exceptions::Exceptions;
use crate::judge::{Audit, ReportsLocation};
use crate::model::LastUses;
use crate::oci::object_storage::{Bucket, StorageError};

use self::baseline::{BaselineQuery, BaselineSearch};
use self::past_mails::PastMailsReading;
use super::buckets::{ReportsFolder, object_storage, reports_bucket};
use super::last_use::LastUseSearch;
use super::plan::RunPlan;

/// Max time for earlier runs and exceptions: a bucket that does not answer must not use up the run.
const MAX_READ_TIME: Duration = Duration::from_secs(45);

/// Max time for the oldest run of a week.
const MAX_WEEK_TIME: Duration = Duration::from_secs(15);

/// What a run reads from Object Storage.
#[derive(Debug)]
pub(super) struct RunInputs {
    pub(super) destination: Destination,
    /// Whether the namespace could not be read, and so neither exceptions nor baseline.
    pub(super) namespace_failed: bool,
    pub(super) exceptions: Exceptions,
    pub(super) baseline: BaselineSearch,
    pub(super) past_mails: PastMailsReading,
}

impl RunInputs {
    /// What the run to compare with knew of the last use of API keys.
    pub(super) async fn earlier_uses(
        &self,
        search: &LastUseSearch<'_>,
        prefix: &str,
    ) -> Option<LastUses> {
        match (&self.destination, &self.baseline) {
            (Destination::Folder(folder), BaselineSearch::Found(baseline)) => {
                search.earlier(&folder.bucket, prefix, baseline).await
            }
            _ => None,
        }
    }
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
    /// The folder, if there is one.
    pub(super) const fn folder(&self) -> Option<&ReportsFolder> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::DryRun | Self::NamespaceNotRead(_) => None,
        }
    }

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
    /// Whether the run delivers.
    pub(super) effect: Effect,
    /// When the stages of the run end.
    pub(super) stages: StageDeadlines,
}

impl InputsReader<'_> {
    /// Reads the inputs of a run.
    pub(super) async fn read(&self) -> RunInputs {
        if self.effect == Effect::DryRun && self.config.exceptions.is_none() {
            return RunInputs {
                destination: Destination::DryRun,
                namespace_failed: false,
                exceptions: Exceptions::default(),
                baseline: BaselineSearch::Skipped,
                past_mails: PastMailsReading::NotNeeded,
            };
        }
        let deadline = self.inputs_deadline();
        let bucket = self.resolve_bucket(RetryRules::OBJECT_STORAGE, deadline);
        let bucket = bucket.await;
        self.read_from(bucket).await
    }

    /// Reads the inputs again if they failed because the namespace was not read: now the run needs it, and the service may answer
    /// again.
    pub(super) async fn ask_again_if_needed(&self, inputs: RunInputs) -> RunInputs {
        if !inputs.namespace_failed {
            return inputs;
        }
        let (retry, deadline) = match self.effect {
            Effect::Deliver => (RetryRules::STORE, self.stages.storing),
            Effect::DryRun => (RetryRules::OBJECT_STORAGE, self.stages.reading),
        };
        match self.resolve_bucket(retry, deadline).await {
            Ok(bucket) => self.read_from(Ok(bucket)).await,
            // The first error has the attempts of a whole reading.
            Err(error) if error.cause.is_out_of_time() => inputs,
            Err(error) => self.read_from(Err(error)).await,
        }
    }

    async fn read_from(&self, bucket: Result<Bucket, StorageError>) -> RunInputs {
        let namespace_failed = bucket.is_err();
        let mut past_mails = PastMailsReading::NotNeeded;
        let (exceptions, baseline) = match (&bucket, self.effect) {
            (Ok(bucket), Effect::Deliver) => {
                let (exceptions, baseline, past) = tokio::join!(
                    self.read_exceptions(bucket),
                    self.find_baseline(bucket),
                    self.read_past_mails(bucket)
                );
                past_mails = past;
                (exceptions, baseline)
            }
            // A dry run reads only the exceptions, so that its counts are those of a run that delivers.
            (Ok(bucket), Effect::DryRun) => {
                (self.read_exceptions(bucket).await, BaselineSearch::Skipped)
            }
            (Err(error), Effect::Deliver) => (
                self.unreadable_exceptions(error),
                BaselineSearch::Failed(NoComparison::NotRead(error.to_string())),
            ),
            (Err(error), Effect::DryRun) => {
                (self.unreadable_exceptions(error), BaselineSearch::Skipped)
            }
        };
        let path = self.plan.folder(&self.config.storage.prefix);
        let destination = match (self.effect, bucket) {
            (Effect::DryRun, _) => Destination::DryRun,
            (Effect::Deliver, Ok(bucket)) => Destination::Folder(ReportsFolder { bucket, path }),
            (Effect::Deliver, Err(error)) => Destination::NamespaceNotRead(error),
        };
        RunInputs {
            destination,
            namespace_failed,
            exceptions,
            baseline,
            past_mails,
        }
    }

    async fn resolve_bucket(
        &self,
        retry: RetryRules,
        deadline: Deadline,
    ) -> Result<Bucket, StorageError> {
        let settings = &self.config.storage;
        let service = object_storage(self.client, settings);
        let namespace = match &settings.namespace {
            Some(namespace) => namespace.clone(),
            None => service.namespace_with(retry, deadline).await?,
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

    async fn read_past_mails(&self, reports: &Bucket) -> PastMailsReading {
        let mail = self.config.holder_mail.as_ref();
        match mail.map(|mail| mail.effect) {
            Some(MailEffect::Send) if self.plan.may_mail() => {
                let prefix = &self.config.storage.prefix;
                let now = self.plan.started;
                past_mails::read(reports, prefix, now, self.inputs_deadline()).await
            }
            Some(MailEffect::Send | MailEffect::Preview) | None => PastMailsReading::NotNeeded,
        }
    }

    /// Reads the oldest run of the week before, if marks of this run may be a mass change. It decides whether they are.
    pub(super) async fn oldest_of_week(
        &self,
        audit: &Audit,
        destination: &Destination,
        baseline: &BaselineSearch,
    ) -> Option<Box<Baseline>> {
        let (Destination::Folder(folder), BaselineSearch::Found(_)) = (destination, baseline)
        else {
            return None;
        };
        if !audit.may_be_mass_change() {
            return None;
        }
        let query = BaselineQuery::new(self.plan, &self.config.storage.prefix);
        let deadline = self.stages.storing.within(MAX_WEEK_TIME);
        match baseline::oldest_of_week(&folder.bucket, &query, deadline).await {
            Ok(oldest) => oldest.map(Box::new),
            Err(error) => {
                tracing::warn!(%error, "the oldest run of a week cannot be read, so marks are not compared with it");
                None
            }
        }
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
        self.stages.reading.within(MAX_READ_TIME)
    }
}
