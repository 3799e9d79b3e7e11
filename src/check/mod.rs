//! Preflight check: tries every request a run needs and names the missing IAM statements.
//!
//! The tenancy's name is read, and the first page of each list, with the requests, the rate limits and the fallbacks of a run. The bucket is listed, and
//! the exceptions are read. If metrics are posted, those of their namespace are listed. If last use is searched for, its query is
//! tried in one region. Only on request, the check stores one object outside of the runs' folders, publishes one message
//! headed TEST to the topic of the digest and to those of owners, posts one metric, sends one mail headed TEST, and stores one object in the
//! hub.
//!
//! [`result`], `step` and [`text`] are pure.

mod bucket;
mod context;
mod domains;
mod holder_mail;
mod hub;
mod last_use;
mod metrics;
mod owner_topics;
pub mod result;
mod step;
mod tenancy_name;
pub mod text;
mod topic;

use crate::auth::CredentialError;
use crate::config::{CheckSettings, SettingError};
use crate::event::{AuditRequest, CheckMode};
use crate::http::deadline::Deadline;
use crate::run::Dependencies;
use crate::run::meter::Meter;
use crate::run::plan::RunPlan;

use self::context::Check;
use self::result::{CheckReport, CheckResult};

/// Why a check could not start, by what the operator must do.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Correct the credentials.
    #[error("no request can be signed: {0}")]
    Credentials(#[from] CredentialError),
    /// Correct the invocation.
    #[error("invocation: {0}")]
    Invocation(SettingError),
}

/// Checks everything that the settings name, narrowed by the request.
///
/// # Errors
///
/// If nothing can be checked. A failed step is not an error: the report lists it.
pub async fn run(
    request: &AuditRequest,
    mode: CheckMode,
    settings: &CheckSettings,
    dependencies: Dependencies,
    deadline: Deadline,
) -> Result<CheckReport, CheckError> {
    let plan = RunPlan::new(request, &settings.reading, dependencies.now())
        .map_err(CheckError::Invocation)?;
    let client = dependencies.client()?;
    let meter = Meter::start(&client);
    let check = Check {
        client: &client,
        settings,
        plan: &plan,
        mode,
        deadline,
    };
    let (name, mut steps, last_use, in_bucket, in_topic, metrics, mail, in_hub) = tokio::join!(
        tenancy_name::check(&check),
        domains::check(&check),
        last_use::check(&check),
        bucket::check(&check),
        topic::check(&check),
        metrics::check(&check, dependencies.now()),
        holder_mail::check(&check),
        hub::check(&check)
    );
    steps.insert(0, name);
    steps.extend(last_use);
    let (in_bucket, owners) = in_bucket;
    steps.extend(in_bucket);
    steps.push(in_topic);
    steps.extend(owner_topics::check(&check, &owners).await);
    steps.extend(metrics);
    steps.extend(mail);
    steps.extend(in_hub);
    let report = CheckReport::new(
        plan.id,
        plan.started,
        mode,
        steps,
        meter.requests(),
        meter.elapsed_ms(),
    );
    log(&report);
    Ok(report)
}

/// Logs one line per step, and one for the whole check.
fn log(report: &CheckReport) {
    for step in &report.checks {
        let domain = step.domain.as_ref().map(|domain| domain.name.as_str());
        let (service, what) = (step.service.name(), step.what.word());
        let statement = step.statement.as_deref();
        let (result, detail) = (step.result.words(), step.logged_detail.as_deref());
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
