//! The order of steps of a run: plan, read, judge, deliver.

mod after_delivery;
pub mod buckets;
pub mod deliver;
pub mod domain_names;
pub mod domains;
mod error;
pub mod fleet;
pub(crate) mod holder_mail;
pub(crate) mod hub;
pub mod inputs;
mod known_domains;
pub mod last_use;
pub mod listed_domain;
pub mod meter;
pub(crate) mod metrics;
pub mod notify;
pub(crate) mod owner_topics;
pub mod plan;
pub mod read;
pub mod run_shares;
pub mod search_gap;
pub mod tenancy;
pub(crate) mod tenancy_name;

use std::sync::Arc;

use crate::auth::{CredentialError, CredentialSource};
use crate::blocking::run_blocking;
use crate::clock::Clock;
use crate::config::{Config, Notify};
use crate::event::{AuditRequest, Effect};
use crate::http::client::SignedClient;
use crate::http::deadline::{Deadline, StageDeadlines};
use crate::http::echo::KnownSecrets;
use crate::http::transport::Transport;
use crate::judge::changes::Baseline;
use crate::judge::exceptions::Exceptions;
use crate::judge::{Audit, RunDescription};
use crate::model::{LastUses, Verdict};
use crate::oci::scim::progress::ReadingProgress;
use crate::summary::{Delivery, Notification, SkipReason, Summary};
use crate::timestamp::Timestamp;

pub use self::deliver::DeliveryError;
pub use self::error::RunError;

use self::after_delivery::{AfterDelivery, LastShares};
use self::deliver::CloudDelivery;
use self::inputs::baseline::BaselineSearch;
use self::inputs::{Destination, InputsReader, RunInputs};
use self::last_use::LastUseSearch;
use self::meter::Meter;
use self::plan::RunPlan;
use self::tenancy::{TenancyReading, read_tenancy};

/// The seams of a run.
#[derive(Clone, Debug)]
pub struct Dependencies {
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// Who signs.
    pub credentials: Arc<dyn CredentialSource>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// What earlier runs of this process sent, and no response may send back.
    pub known_secrets: Arc<KnownSecrets>,
}

impl Dependencies {
    /// A client that can sign.
    ///
    /// # Errors
    ///
    /// If the credentials cannot be read.
    pub fn client(&self) -> Result<Arc<SignedClient>, CredentialError> {
        let client = SignedClient::new(
            Arc::clone(&self.transport),
            Arc::clone(&self.credentials),
            Arc::clone(&self.clock),
            Arc::clone(&self.known_secrets),
        );
        client.identity()?;
        Ok(Arc::new(client))
    }

    /// The time of the clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now().into()
    }
}

/// Runs an audit: plans it, reads domains and inputs concurrently, judges, and delivers.
///
/// # Errors
///
/// If the run FAILED ("Order of a run" in docs/design.md). Whatever could be stored and published was.
pub async fn run(
    request: AuditRequest,
    config: &Config,
    dependencies: Dependencies,
    deadline: Deadline,
) -> Result<Summary, RunError> {
    let (settings, prefix) = (&config.reading, &config.storage.prefix);
    let plan =
        RunPlan::new(&request, settings, dependencies.now()).map_err(RunError::Invocation)?;
    let client = dependencies.client()?;
    let meter = Meter::start(&client);
    let publishes = request.effect == Effect::Deliver && config.notify != Notify::Never;
    let shares = LastShares::new(config, &plan, request.effect, deadline);
    let stages = StageDeadlines::until(shares.until_people, publishes);
    let reader = InputsReader {
        client: &client,
        config,
        plan: &plan,
        effect: request.effect,
        stages,
    };
    let progress = ReadingProgress::unwatched();
    let last_use = LastUseSearch::new(&plan, settings, &client, stages.reading);
    let (reading, (inputs, found)) = tokio::join!(
        read_tenancy(&plan, settings, &client, stages.reading, &progress),
        async {
            let inputs = reader.read().await;
            let found = match &last_use {
                Some(search) => {
                    let earlier = inputs.earlier_uses(search, &plan.prefix(prefix)).await;
                    Some(search.search(earlier).await)
                }
                None => None,
            };
            (inputs, found)
        }
    );
    let last_use = match (last_use, found) {
        (Some(search), Some(found)) => Some(search.finish(found, reading.readings()).await),
        _ => None,
    };
    let inputs = reader.ask_again_if_needed(inputs).await;
    let RunInputs {
        destination,
        exceptions,
        baseline,
        past_mails,
        ..
    } = inputs;
    let run = plan.clone().describe(
        dependencies.now(),
        reading.tenancy().clone(),
        destination.location(),
    );
    let judged = judge(reading, run, exceptions, last_use).await;
    let oldest = reader
        .oldest_of_week(&judged.audit, &destination, &baseline)
        .await;
    let not_in_hub = baseline.not_in_hub();
    let audit = judged.compared_with(baseline, oldest).await;
    log_result(&audit);
    let folder = destination.folder().cloned();
    let delivery = CloudDelivery::new(config, &client, stages, past_mails.suppressed(), not_in_hub);
    let delivered = deliver_or_report_failure(&audit, destination, &delivery, &meter).await;
    let after = AfterDelivery {
        config,
        client: &client,
        plan: &plan,
        effect: request.effect,
        meter: &meter,
        now: dependencies.now(),
        shares,
    };
    let delivered = after.finish(&audit, delivered, folder, past_mails).await?;
    Ok(Summary::new(&audit, delivered))
}

/// An audit that is not compared with earlier runs yet.
#[derive(Debug)]
pub struct Judged {
    /// The audit.
    pub audit: Audit,
    /// Base URLs of domains that were found and are not read.
    found_not_read: Vec<String>,
}

/// Judges what was read, with exceptions.
pub async fn judge(
    tenancy: TenancyReading,
    run: RunDescription,
    exceptions: Exceptions,
    last_use: Option<LastUses>,
) -> Judged {
    run_blocking(move || {
        let found_not_read = tenancy.found_not_read().to_vec();
        let audit = tenancy.judge(run).with_last_use(last_use);
        Judged {
            audit: audit.accepting(exceptions),
            found_not_read,
        }
    })
    .await
}

impl Judged {
    /// Compares with the baseline. Marks are compared with the oldest run of a week, or else with the baseline.
    async fn compared_with(
        self,
        baseline: BaselineSearch,
        oldest: Option<Box<Baseline>>,
    ) -> Arc<Audit> {
        run_blocking(move || {
            let newest = match &baseline {
                BaselineSearch::Found(baseline) => Some(baseline),
                BaselineSearch::Failed(_) | BaselineSearch::Skipped => None,
            };
            let audit = match oldest.as_ref().or(newest) {
                Some(past) => self.audit.with_mass_change_since(past),
                None => self.audit,
            };
            Arc::new(match baseline {
                BaselineSearch::Found(baseline) => {
                    audit.compared_with(&baseline, &self.found_not_read)
                }
                BaselineSearch::Failed(reason) => audit.not_compared(reason),
                BaselineSearch::Skipped => audit,
            })
        })
        .await
    }
}

async fn deliver_or_report_failure(
    audit: &Arc<Audit>,
    destination: Destination,
    delivery: &CloudDelivery,
    meter: &Meter,
) -> Result<Delivery, RunError> {
    let nothing_read = |digest| RunError::NothingRead {
        reasons: audit.coverage_gaps().map(|gap| gap.to_string()).collect(),
        digest,
    };
    match (destination, audit.verdict) {
        (Destination::DryRun, Verdict::Failed) => Err(nothing_read(None)),
        (_, Verdict::Failed) => {
            let digest = delivery.publish_nothing_read(audit).await;
            Err(nothing_read(digest.err()))
        }
        (Destination::DryRun, _) => Ok(Delivery {
            objects: Vec::new(),
            notification: Notification::Skipped(SkipReason::DryRun),
            metrics: None,
            owner_topics: None,
            holder_mail: None,
            hub: None,
            requests: meter.requests(),
            elapsed_ms: meter.elapsed_ms(),
        }),
        (Destination::Folder(folder), _) => Ok(delivery.deliver(audit, &folder, meter).await?),
        (Destination::NamespaceNotRead(error), _) => {
            Err(delivery.publish_not_stored(audit, error).await.into())
        }
    }
}

fn log_result(audit: &Audit) {
    tracing::info!(
        run_id = audit.run.id,
        verdict = audit.verdict.word(),
        domains = audit.domains.len(),
        credentials = audit.counts.credentials,
        overdue = audit.counts.overdue,
        due = audit.counts.due,
        unknown = audit.counts.unknown,
        "read and judged"
    );
    for gap in audit.coverage_gaps() {
        tracing::warn!(run_id = audit.run.id, reason = %gap, "not read");
    }
}
