//! The order of steps of a run: find the domains, read them, judge, deliver.

pub mod buckets;
pub mod deliver;
pub mod domains;
pub mod inputs;
pub mod read;
pub mod tenancy;

use std::sync::Arc;

use tokio::time::Instant as Stopwatch;

use crate::auth::{CredentialError, CredentialSource};
use crate::blocking::run_blocking;
use crate::clock::Clock;
use crate::config::{Config, ReadSettings, SettingError};
use crate::env;
use crate::event::AuditRequest;
use crate::http::client::{CallError, SignedClient};
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::transport::Transport;
use crate::judge::{Audit, DomainSetting, ReportsLocation, RunDescription, Scope};
use crate::model::{RunTimes, Verdict};
use crate::oci::notifications::{PublishError, Topic};
use crate::oci::object_storage::StorageError;
use crate::oci::scim::progress::ReadingProgress;
use crate::report::digest::DigestOptions;
use crate::report::manifest::thresholds;
use crate::run::buckets::bucket_for_reports;
use crate::run::deliver::{CloudDelivery, Cost, DeliveryError, Outcome};
use crate::run::inputs::baseline::BaselineQuery;
use crate::summary::{Delivery, Notification, Summary};
use crate::timestamp::Timestamp;

use self::inputs::{InputsReader, RunInputs};
use self::tenancy::read_tenancy;

/// What a run reaches the world through.
#[derive(Clone, Debug)]
pub struct Dependencies {
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// Who signs.
    pub credentials: Arc<dyn CredentialSource>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
}

/// Why a run failed, by what the operator must do.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Correct the credentials.
    #[error("no request can be signed: {0}")]
    Credentials(#[from] CredentialError),
    /// Correct the invocation.
    #[error("invocation: {0}")]
    Invocation(SettingError),
    /// See to it that at least one domain can be read.
    #[error("no domain was read: {}{}", reasons.join("; "), digest.as_ref().map(|error| format!("; nor could people be told: {error}")).unwrap_or_default())]
    NothingRead {
        /// Why, for each domain and for the search for domains.
        reasons: Vec<String>,
        /// Why the digest that would have said so was not published either.
        digest: Option<PublishError>,
    },
    /// See to bucket or topic.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

impl RunError {
    /// Whether the run failed for want of time alone.
    pub const fn is_out_of_time(&self) -> bool {
        const fn ran_out(error: &PublishError) -> bool {
            matches!(error, PublishError::NoResponse(CallError::OutOfTime { .. }))
        }
        match self {
            Self::Delivery(DeliveryError::NotStored {
                error:
                    StorageError::NoResponse {
                        error: CallError::OutOfTime { .. },
                        ..
                    },
                ..
            }) => true,
            // Nobody was told, for want of time.
            Self::NothingRead {
                digest: Some(error),
                ..
            }
            | Self::Delivery(
                DeliveryError::NotStored {
                    digest: Some(error),
                    ..
                }
                | DeliveryError::NotPublished(error),
            ) => ran_out(error),
            _ => false,
        }
    }
}

/// Runs an audit from its start to its end.
///
/// # Errors
///
/// Where it FAILED ("Order of a run" in docs/design.md); whatever could be stored and published was.
pub async fn run(
    request: AuditRequest,
    config: &Config,
    dependencies: Dependencies,
    deadline: Deadline,
) -> Result<Summary, RunError> {
    let stopwatch = Stopwatch::now();
    let started = Timestamp::from(dependencies.clock.now());
    if let Some(problem) = refused_host(&request, &config.reading) {
        return Err(RunError::Invocation(problem));
    }
    let client = Arc::new(SignedClient::new(
        dependencies.transport,
        dependencies.credentials,
        Arc::clone(&dependencies.clock),
    ));
    // Without credentials there is nothing to begin with.
    client.identity()?;
    let storage = bucket_for_reports(&client, &config.storage);
    let delivery_rules = CloudDelivery {
        topic: Topic {
            client: Arc::clone(&client),
            endpoint: config.topic.endpoint.clone(),
            id: config.topic.id.clone(),
        },
        reports: config.reports,
        notify: config.notify,
        digest: DigestOptions {
            names: config.digest_names,
            reports: config.reports,
        },
        deadline,
        storage,
    };

    let settings = &config.reading;
    let query = BaselineQuery {
        prefix: config.storage.prefix.clone(),
        as_of: request.as_of.unwrap_or(started),
        as_of_given: request.as_of.is_some(),
        domain_setting: (&domain_setting(&request, settings)).into(),
        credential_types: request
            .credential_types
            .unwrap_or(settings.credential_types)
            .iter()
            .map(|credential_type| credential_type.name().to_owned())
            .collect(),
        thresholds: thresholds(&settings.thresholds),
    };
    let buckets = InputsReader {
        storage: &delivery_rules.storage,
        config,
        dry_run: request.dry_run,
        deadline,
        reading: deadline.for_reading(),
        today: started.to_chrono().date_naive(),
    };
    // Nobody sits beside a function.
    let progress = ReadingProgress::unwatched();
    // What buckets hold is read while domains are read.
    let (mut reading, from_buckets) = tokio::join!(
        read_tenancy(
            &request,
            settings,
            &client,
            deadline.for_reading(),
            &progress
        ),
        buckets.read(&query),
    );
    let RunInputs {
        namespace,
        exceptions,
        baseline,
    } = from_buckets;

    let read_until = Timestamp::from(dependencies.clock.now());
    let mut run = describe(&request, settings, started, read_until);
    if let Ok(Some(namespace)) = &namespace {
        run.location = Some(ReportsLocation {
            namespace: namespace.clone(),
            bucket: config.storage.bucket.clone(),
            folder: folder(&config.storage.prefix, run.as_of(), &run.id),
        });
    }
    let location = run.location.clone();
    let found_unread = reading.found_unread().to_vec();
    let audit = run_blocking(move || {
        if let Some(Ok(baseline)) = &baseline {
            reading.name_as_before(&baseline.domains);
        }
        let audit = reading.judge(run).accepting(exceptions);
        match baseline {
            Some(Ok(baseline)) => audit.compared_with(&baseline, &found_unread),
            Some(Err(reason)) => audit.not_compared(reason),
            None => audit,
        }
    })
    .await;
    let audit = Arc::new(audit);
    log_result(&audit);

    if audit.verdict == Verdict::Failed {
        let digest = if request.dry_run {
            None
        } else {
            delivery_rules.publish_failure(&audit).await.err()
        };
        return Err(RunError::NothingRead {
            reasons: audit.coverage_gaps().map(|gap| gap.to_string()).collect(),
            digest,
        });
    }
    let elapsed_ms = || u64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(u64::MAX);
    let cost = || Cost {
        requests: client.requests(),
        elapsed_ms: elapsed_ms(),
    };
    let outcome = if request.dry_run {
        Outcome {
            objects: Vec::new(),
            notification: Notification::Skipped("dry run".to_owned()),
        }
    } else {
        match (namespace, &location) {
            (Err(error), _) => {
                return Err(delivery_rules
                    .publish_not_stored(&audit, error)
                    .await
                    .into());
            }
            (Ok(_), Some(location)) => delivery_rules.deliver(&audit, location, cost).await?,
            // Only a dry run has no namespace.
            (Ok(_), None) => Outcome {
                objects: Vec::new(),
                notification: Notification::Skipped("dry run".to_owned()),
            },
        }
    };
    let delivery = Delivery {
        objects: outcome.objects,
        notification: outcome.notification,
        requests: client.requests(),
        elapsed_ms: elapsed_ms(),
    };
    Ok(Summary::new(&audit, delivery))
}

/// Domains that an invocation names must pass the host rule as those of the settings do.
pub(crate) fn refused_host(
    request: &AuditRequest,
    settings: &ReadSettings,
) -> Option<SettingError> {
    let rule = &settings.host_rule;
    let url = request
        .domain_urls
        .iter()
        .flatten()
        .find(|url| !rule.allows(url))?;
    Some(SettingError {
        setting: "audit.domain_urls".to_owned(),
        value: Some(url.to_string()),
        expected: format!(
            "a host of the form {}; add others to {}",
            rule.describe(),
            env::ALLOWED_DOMAIN_HOSTS
        ),
    })
}

/// What a run is, once it is known until when it read.
pub fn describe(
    request: &AuditRequest,
    settings: &ReadSettings,
    started: Timestamp,
    read_until: Timestamp,
) -> RunDescription {
    RunDescription {
        id: run_id(started),
        version: env!("CARGO_PKG_VERSION"),
        times: RunTimes {
            started,
            as_of: request.as_of.unwrap_or(started),
            read_until,
        },
        as_of_given: request.as_of.is_some(),
        credential_types: request
            .credential_types
            .unwrap_or(settings.credential_types),
        thresholds: settings.thresholds,
        scope: Scope {
            domains: request.domain_urls.is_some(),
            credential_types: request.credential_types.is_some(),
        },
        domain_setting: domain_setting(request, settings),
        location: None,
    }
}

fn domain_setting(request: &AuditRequest, settings: &ReadSettings) -> DomainSetting {
    let texts = |urls: &Vec<Endpoint>| urls.iter().map(ToString::to_string).collect();
    match (&request.domain_urls, &settings.domain_urls) {
        (Some(urls), _) => DomainSetting::Invocation(texts(urls)),
        (None, Some(urls)) => DomainSetting::Settings(texts(urls)),
        (None, None) => DomainSetting::Discovered,
    }
}

/// `<YYYYMMDD>T<HHMMSS>Z-<6 hex>`: by the clock, and unique also within a second.
pub(crate) fn run_id(started: Timestamp) -> String {
    format!(
        "{}-{:06x}",
        started.to_chrono().format("%Y%m%dT%H%M%SZ"),
        fastrand::u32(..1 << 24)
    )
}

/// The folder of a run, by the UTC date that it judges.
fn folder(prefix: &str, as_of: Timestamp, run_id: &str) -> String {
    format!("{prefix}{}/{run_id}/", as_of.to_chrono().format("%Y/%m/%d"))
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
