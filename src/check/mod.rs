//! Says what works of all that a run needs, and which policy statement is missing for what does not.
//!
//! Every list is asked for one row, by the same requests, at the same pace and on the same rungs as in a run; the bucket is
//! listed, and the exceptions are read. Nothing is stored or published unless that is asked for: then one object, in a
//! place where no run looks, and one message that is headed TEST.
//!
//! [`result`] and [`text`] are pure; the others ask.

mod bucket;
mod domains;
pub mod result;
pub mod text;
mod topic;

use std::sync::Arc;

use tokio::time::Instant as Stopwatch;

use crate::auth::CredentialError;
use crate::config::{CheckSettings, SettingError};
use crate::event::{AuditRequest, CheckMode};
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::run::{Dependencies, refused_host, run_id};
use crate::timestamp::Timestamp;

use self::result::{CheckReport, CheckResult};

/// Why nothing could be checked, by what the operator must do.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Correct the credentials.
    #[error("no request can be signed: {0}")]
    Credentials(#[from] CredentialError),
    /// Correct the invocation.
    #[error("invocation: {0}")]
    Invocation(SettingError),
}

/// A check under way: what all its parts need.
struct Check<'a> {
    client: &'a Arc<SignedClient>,
    settings: &'a CheckSettings,
    mode: CheckMode,
    /// Unique, and part of the name of what is stored.
    id: &'a str,
    started: Timestamp,
    deadline: Deadline,
}

/// Checks everything that the settings name, narrowed by the request.
///
/// # Errors
///
/// Where there is nothing to begin with. What does not work is no error: it is what the report is about.
pub async fn run(
    request: &AuditRequest,
    mode: CheckMode,
    settings: &CheckSettings,
    dependencies: Dependencies,
    deadline: Deadline,
) -> Result<CheckReport, CheckError> {
    let stopwatch = Stopwatch::now();
    let started = Timestamp::from(dependencies.clock.now());
    if let Some(problem) = refused_host(request, &settings.reading) {
        return Err(CheckError::Invocation(problem));
    }
    let client = Arc::new(SignedClient::new(
        dependencies.transport,
        dependencies.credentials,
        Arc::clone(&dependencies.clock),
    ));
    client.identity()?;
    let id = run_id(started);
    let check = Check {
        client: &client,
        settings,
        mode,
        id: &id,
        started,
        deadline,
    };
    let (mut steps, in_bucket, in_topic) = tokio::join!(
        domains::check(&check, request),
        bucket::check(&check),
        topic::check(&check)
    );
    steps.extend(in_bucket);
    steps.push(in_topic);
    let report = CheckReport::new(
        id,
        started,
        mode,
        steps,
        client.requests(),
        u64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(u64::MAX),
    );
    log(&report);
    Ok(report)
}

/// A line for each step, and one for all.
fn log(report: &CheckReport) {
    for step in &report.checks {
        let domain = step.domain.as_ref().map(|domain| domain.name.as_str());
        let (service, what) = (step.service.name(), step.what.word());
        let statement = step.statement.as_deref();
        let (result, detail) = (step.result.words(), step.detail.as_deref());
        match step.result {
            CheckResult::Works | CheckResult::NotChecked => {
                tracing::info!(service, domain, what, result, detail, "checked");
            }
            _ => tracing::warn!(service, domain, what, result, detail, statement, "checked"),
        }
    }
    tracing::info!(
        check_id = report.check_id,
        verdict = report.verdict.word(),
        requests = report.requests,
        "check done"
    );
}
