//! Checks Logging Search: tries the query for the last use of API keys once, in the region of the run.

use crate::oci::logging_search::query::Form;
use crate::remedy::Remedy;
use crate::run::last_use::LastUseSearch;

use super::context::Check;
use super::result::{CheckResult, Step, Subject};

/// Tries the query; no step if last use is not searched for.
pub(super) async fn check(check: &Check<'_>) -> Option<Step> {
    let settings = &check.settings.reading;
    let deadline = check.step_deadline();
    let search = LastUseSearch::new(check.plan, settings, check.client, deadline)?;
    if !search.knows_tenancy() {
        let why = "the session token does not name its tenancy";
        return Some(Step::not_checked(Subject::LastUse, why));
    }
    let region = &settings.region.identifier;
    Some(match search.try_once().await {
        Ok(form) => {
            let detail = match form {
                Form::Newest => {
                    format!("region {region}; the service knows the query for all keys")
                }
                Form::Days => format!("region {region}; the service knows the query by day"),
                Form::OneKey(_) => {
                    format!(
                        "region {region}; the service knows no query for all keys, so a run asks for overdue keys alone"
                    )
                }
            };
            Step::new(Subject::LastUse, CheckResult::Works).with_detail(detail)
        }
        Err(error) => {
            let step = Step::new(Subject::LastUse, error.cause.into());
            let step = step.with_detail(error.reason.clone());
            let step = match &error.statement {
                Some(statement) => step.with_statement(statement, check.place()),
                None => step.with_remedy(Remedy::of_refusal(error.cause).as_ref(), check.place()),
            };
            step.and(
                "a run is complete without it, and its reports then say that last use is not known",
            )
        }
    })
}
