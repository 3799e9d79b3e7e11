//! Runs a case, and keeps everything that people and programs would read of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use credential_audit::clock::{Clock, SystemClock};
use credential_audit::event::AuditRequest;
use credential_audit::http::deadline::Deadline;
use credential_audit::run::{Dependencies, RunError, run};
use credential_audit::summary::Summary;
use serde_json::Value as Json;
use tenancy_sim::{Directory, Message};
use tokio::time::Instant;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

use super::attack::{Attack, FalsePut};
use super::case::Case;
use super::evidence::Evidence;
use super::services::HostileServices;
use crate::common::served_tenancy::ServedTenancy;

/// What is left of a run.
pub(super) struct Outcome {
    /// The answer, or why the run failed.
    pub(super) result: Result<Json, String>,
    /// Whether the error is that no domain was read.
    pub(super) nothing_read: bool,
    pub(super) log: String,
    /// Objects of this run, by name.
    pub(super) objects: BTreeMap<String, Vec<u8>>,
    pub(super) messages: Vec<Message>,
    pub(super) evidence: Evidence,
    /// Content of the domains before and after the run.
    pub(super) before: Vec<Arc<Directory>>,
    pub(super) after: Vec<Arc<Directory>>,
    /// URLs of the domains.
    pub(super) urls: Vec<String>,
    pub(super) secrets_served: u64,
    /// Whether an attack changed objects on their way.
    corrupted: bool,
}

/// The clock of a case: it begins at the time of the computer and follows the paused clock.
#[derive(Debug)]
struct CaseClock {
    base: DateTime<Utc>,
    from: Instant,
}

impl Clock for CaseClock {
    fn now(&self) -> DateTime<Utc> {
        self.base + TimeDelta::from_std(self.from.elapsed()).unwrap_or_default()
    }
}

/// The log of one case, also from the threads of its runtime.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Every event of the program, as it logs them, but for the level.
    fn dispatch(&self) -> tracing::Dispatch {
        let filter = tracing_subscriber::filter::Targets::new()
            .with_target("credential_audit", tracing::Level::TRACE);
        let lines = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_ansi(false)
            .with_writer(self.clone());
        tracing_subscriber::registry()
            .with(filter)
            .with(lines)
            .into()
    }

    fn text(&self) -> String {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&log).into_owned()
    }
}

/// Runs a case on a paused clock.
pub(super) fn outcome_of(case: &Case) -> Outcome {
    let log = Log::default();
    let dispatch = log.dispatch();
    let of_threads = dispatch.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .max_blocking_threads(2)
        .on_thread_start(move || {
            std::mem::forget(tracing::dispatcher::set_default(&of_threads));
        })
        .build()
        .expect("a runtime");
    let _logging = tracing::dispatcher::set_default(&dispatch);
    // The jitter of retries is part of the case.
    fastrand::seed(case.seed);
    let mut outcome = runtime.block_on(audit(case));
    outcome.log = log.text();
    outcome
}

async fn audit(case: &Case) -> Outcome {
    let mut tenancy = ServedTenancy::start(case.tenancy()).set_all(&[
        ("AUDIT_NOTIFY", "always"),
        (
            "AUDIT_REPORTS",
            "expiry,usage,credentials,html,ocsf,calendar",
        ),
    ]);
    if case.discovers {
        tenancy = tenancy.unset("AUDIT_DOMAIN_URLS");
    }
    let tenancy = Arc::new(tenancy);
    let services = HostileServices::new(&tenancy, case);
    let clock = Arc::new(CaseClock {
        base: SystemClock.now(),
        from: Instant::now(),
    });
    let dependencies = Dependencies {
        transport: Arc::clone(&services) as _,
        credentials: Arc::new(tenancy.principal()),
        clock,
        known_secrets: Arc::default(),
    };
    let config = tenancy.config();
    let bucket = tenancy.sim.bucket(tenancy.sim.bucket_name());
    let mut earlier = Vec::new();
    if case.follows_a_run {
        let deadline = Deadline::after(Duration::from_secs(60));
        let _ = run(
            AuditRequest::default(),
            &config,
            dependencies.clone(),
            deadline,
        )
        .await;
        earlier = bucket.names();
        tenancy.sim.clear_messages();
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    let directories = || {
        let names = case.domains.iter().map(|plan| plan.name);
        names
            .map(|name| tenancy.sim.directory(name))
            .collect::<Vec<_>>()
    };
    let before = directories();
    services.attack();
    let deadline = Deadline::after(Duration::from_secs(case.seconds));
    let result = run(AuditRequest::default(), &config, dependencies, deadline).await;
    let mut objects = bucket.objects();
    objects.retain(|name, _| !earlier.contains(name));
    let objects = objects
        .into_iter()
        .map(|(name, object)| (name, object.body.to_vec()));
    Outcome {
        nothing_read: matches!(result, Err(RunError::NothingRead { .. })),
        result: answer(result),
        log: String::new(),
        objects: objects.collect(),
        messages: tenancy.sim.messages(),
        evidence: services.take_evidence(),
        before,
        after: directories(),
        urls: tenancy.sim.domain_urls(),
        secrets_served: tenancy.sim.totals().secrets_served,
        corrupted: case.attacks.iter().any(|attack| {
            matches!(
                attack,
                Attack::Put {
                    how: FalsePut::Corrupt,
                    ..
                }
            )
        }),
    }
}

fn answer(result: Result<Summary, RunError>) -> Result<Json, String> {
    match result {
        Ok(summary) => Ok(serde_json::to_value(&summary).expect("JSON")),
        Err(error) => Err(error.to_string()),
    }
}

impl Outcome {
    /// The object with this file name.
    pub(super) fn object(&self, file_name: &str) -> Option<&[u8]> {
        let end = format!("/{file_name}");
        let mut objects = self.objects.iter();
        objects
            .find(|(name, _)| name.ends_with(&end))
            .map(|(_, body)| body.as_slice())
    }

    /// What the run says about itself: the answer, or else its manifest.
    pub(super) fn summary(&self) -> Option<Json> {
        match &self.result {
            Ok(summary) => Some(summary.clone()),
            Err(_) => serde_json::from_slice(self.object("manifest.json")?).ok(),
        }
    }

    /// The rows of a CSV file; `None` if it is not stored, or an attack changed it on its way.
    pub(super) fn rows(&self, file_name: &str) -> Option<Vec<BTreeMap<String, String>>> {
        let mut reader = csv::Reader::from_reader(self.object(file_name)?);
        let rows = reader.deserialize();
        match self.corrupted {
            true => None,
            false => Some(rows.map(|row| row.expect("a row")).collect()),
        }
    }

    /// Everything that leaves the program, with its name.
    pub(super) fn outputs(&self) -> Vec<(String, String)> {
        let answer = match &self.result {
            Ok(summary) => summary.to_string(),
            Err(error) => error.clone(),
        };
        let mut outputs = vec![
            ("log".to_owned(), self.log.clone()),
            ("answer".to_owned(), answer),
        ];
        for message in &self.messages {
            let title = message.title.clone().unwrap_or_default();
            outputs.push(("subject".to_owned(), title));
            outputs.push(("digest".to_owned(), message.body.clone()));
        }
        for (name, body) in &self.objects {
            let file = name.rsplit('/').next().unwrap_or_default();
            outputs.push((file.to_owned(), name.clone()));
            outputs.push((file.to_owned(), String::from_utf8_lossy(body).into_owned()));
        }
        outputs
    }
}
