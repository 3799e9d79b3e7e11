//! Checks IAM: reads the tenancy's name, which a run can do without.

use std::sync::Arc;

use crate::http::deadline::StageDeadlines;
use crate::oci::identity::IdentityClient;
use crate::run::run_shares::RunShares;
use crate::run::tenancy_name;
use crate::server_text::FailureText;

use super::context::Check;
use super::result::{CheckResult, Step, Subject};

/// Reads the name of the tenancy.
pub(super) async fn check(check: &Check<'_>) -> Step {
    let settings = &check.settings.reading;
    if settings.tenancy_name.is_some() {
        return Step::not_checked(Subject::TenancyName, "AUDIT_TENANCY_NAME is set");
    }
    let identity = check.client.identity().ok();
    let Some(tenancy) = identity.and_then(|identity| identity.tenancy.clone()) else {
        let why = "the session token does not name its tenancy; set AUDIT_TENANCY_NAME";
        return Step::not_checked(Subject::TenancyName, why);
    };
    let shares = RunShares::new(settings.memory);
    let iam = IdentityClient {
        client: Arc::clone(check.client),
        endpoint_override: settings.identity_endpoint.clone(),
        deadline: StageDeadlines::until(check.deadline, false).reading,
        slots: shares.slots.share(),
        memory: shares.responses.share(),
        row_bytes: Arc::default(),
    };
    match tenancy_name::read(&iam, &settings.region, &tenancy).await {
        Ok(name) => Step::new(Subject::TenancyName, CheckResult::Works).with_detail(name),
        Err(error) => Step::new(Subject::TenancyName, error.cause.into())
            .with_detail(FailureText::of(&error))
            .with_remedy(tenancy_name::remedy(&error).as_ref(), check.place())
            .and("a run does not need it, and reports then have the end of the tenancy's OCID"),
    }
}
