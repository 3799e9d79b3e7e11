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

use crate::auth::CredentialError;
use crate::config::{CheckSettings, SettingError};
use crate::event::{AuditRequest, CheckMode};
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::run::Dependencies;
use crate::run::meter::Meter;
use crate::run::plan::RunPlan;

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

/// What all parts of a check need.
struct Check<'a> {
    client: &'a Arc<SignedClient>,
    settings: &'a CheckSettings,
    /// The plan of a run, for its id, its domains and its types.
    plan: &'a RunPlan,
    mode: CheckMode,
    deadline: Deadline,
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
    let (mut steps, in_bucket, in_topic) = tokio::join!(
        domains::check(&check),
        bucket::check(&check),
        topic::check(&check)
    );
    steps.extend(in_bucket);
    steps.push(in_topic);
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
