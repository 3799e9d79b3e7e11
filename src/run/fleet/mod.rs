//! The overview of a fleet: reads the hub, stores the overview, and publishes one digest for all tenancies.
//!
//! Its files are below the prefix of this program's own reports, where no tenancy can write, and which no overview reads.

mod context;
mod delivery;
mod error;
mod part;
mod reading;

use std::sync::Arc;

use crate::config::{Config, HubSettings, SettingError};
use crate::env;
use crate::event::{AuditRequest, Effect};
use crate::fleet::{Hub, Overview, TenancyId};
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::iam_statement::Statement;
use crate::judge::Console;
use crate::oci::object_storage::{Bucket, ObjectStorage, StorageError};
use crate::summary::fleet::{FleetAnswer, FleetSummary};
use crate::summary::{Notification, SkipReason};
use crate::timestamp::Timestamp;

use super::Dependencies;
use super::meter::Meter;
use super::plan::run_id;

pub use self::error::FleetError;

use self::context::FleetReader;
use self::delivery::FleetDelivery;

/// What an overview is made from.
pub struct FleetRun<'a> {
    /// Signs and sends.
    pub client: &'a Arc<SignedClient>,
    /// The hub.
    pub hub: &'a HubSettings,
    /// Tenancies that must be there.
    pub tenancies: &'a [TenancyId],
    /// Console that links lead to.
    pub console: Option<&'a Console>,
    /// The time that runs are compared with.
    pub now: Timestamp,
}

impl FleetRun<'_> {
    /// Reads the hub.
    ///
    /// # Errors
    ///
    /// If it cannot be listed.
    pub async fn read(&self, deadline: Deadline) -> Result<Overview, StorageError> {
        let settings = self.hub;
        let service = ObjectStorage {
            client: Arc::clone(self.client),
            endpoint: settings.endpoint.clone(),
        };
        let namespace = match &settings.namespace {
            Some(namespace) => namespace.clone(),
            None => service.namespace(deadline).await?,
        };
        let (name, prefix) = (settings.bucket.clone(), settings.prefix.clone());
        let bucket = Bucket {
            service,
            namespace: namespace.clone(),
            statement: Statement::ReadHub {
                bucket: name.clone(),
                prefix: prefix.clone(),
            },
            name: name.clone(),
        };
        let reading = FleetReader::new(&bucket, &prefix, self.now, deadline)
            .read()
            .await?;
        let hub = Hub {
            namespace,
            bucket: name,
            prefix: prefix.clone(),
        };
        let run = (run_id(self.now), env!("CARGO_PKG_VERSION"));
        // People read it.
        let now = self.now.microseconds();
        let now = Timestamp::from_microseconds(now - now.rem_euclid(1_000_000));
        let overview = Overview::new(
            run,
            now,
            hub,
            self.console.cloned(),
            reading.tenancies,
            self.tenancies,
        );
        Ok(overview.with_other_folders(reading.other_folders))
    }
}

/// Reads the hub, stores the overview and publishes its digest.
///
/// # Errors
///
/// If the hub cannot be read, or the overview cannot be delivered. Whatever could be stored and published was.
pub async fn run_fleet(
    request: &AuditRequest,
    config: &Config,
    dependencies: &Dependencies,
    deadline: Deadline,
) -> Result<FleetAnswer, FleetError> {
    let settings = config.hub.as_ref().ok_or_else(|| {
        FleetError::NoHub(SettingError {
            setting: env::HUB_BUCKET.to_owned(),
            value: None,
            expected: "the name of the bucket of the hub, because the invocation has `audit.fleet`"
                .to_owned(),
        })
    })?;
    // As where a run of this tenancy stores.
    let hub = HubSettings {
        namespace: settings
            .namespace
            .clone()
            .or_else(|| config.storage.namespace.clone()),
        ..settings.clone()
    };
    let client = dependencies.client()?;
    let meter = Meter::start(&client);
    let now = dependencies.now();
    let delivery = FleetDelivery::new(config, &client, deadline, request.effect);
    let run = FleetRun {
        client: &client,
        hub: &hub,
        tenancies: &config.fleet_tenancies,
        console: config.reading.console.as_ref(),
        now,
    };
    let overview = match run.read(delivery.stages.reading).await {
        Ok(overview) => Arc::new(overview),
        Err(error) => return Err(delivery.hub_not_read(&run_id(now), error).await),
    };
    log(&overview);
    let (objects, notification) = match request.effect {
        Effect::DryRun => (Vec::new(), Notification::Skipped(SkipReason::DryRun)),
        Effect::Deliver => delivery.deliver(&overview).await?,
    };
    let summary = FleetSummary::new(&overview);
    Ok(summary.answer(objects, notification, meter.requests(), meter.elapsed_ms()))
}

fn log(overview: &Overview) {
    tracing::info!(
        run_id = overview.run_id,
        verdict = overview.verdict().word(),
        tenancies = overview.rows.len(),
        silent = overview.totals.silent,
        to_act = overview.totals.figures.to_act(),
        "read the fleet"
    );
    for row in overview
        .rows
        .iter()
        .filter(|row| !row.standing.is_current())
    {
        tracing::warn!(
            tenancy = row.id.as_str(),
            standing = row.standing.name(),
            "no current run"
        );
    }
}
