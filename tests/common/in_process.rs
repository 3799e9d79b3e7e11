//! Runs and checks of a simulated tenancy in the test's own process.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use credential_audit::auth::resource_principal::ResourcePrincipal;
use credential_audit::auth::{CredentialError, CredentialSource, Identity, Renewal};
use credential_audit::check;
use credential_audit::check::result::CheckReport;
use credential_audit::clock::{Clock, SystemClock};
use credential_audit::config::CheckSettings;
use credential_audit::event::{AuditRequest, CheckMode};
use credential_audit::http::deadline::Deadline;
use credential_audit::http::reqwest_transport::ReqwestTransport;
use credential_audit::run::{Dependencies, RunError, run};
use credential_audit::summary::Summary;
use tenancy_sim::{Previous, Tenancy};

use super::served_tenancy::ServedTenancy;

/// A resource principal that reads its files again only after a 401. So a token can be replaced between the signature and
/// the response.
#[derive(Debug)]
struct KeptUntilRefused {
    principal: ResourcePrincipal,
    kept: Mutex<Option<Arc<Identity>>>,
}

impl CredentialSource for KeptUntilRefused {
    fn current(&self, now: DateTime<Utc>) -> Result<Arc<Identity>, CredentialError> {
        let mut kept = self.kept.lock().expect("a lock");
        if let Some(identity) = &*kept {
            return Ok(Arc::clone(identity));
        }
        let identity = self.principal.current(now)?;
        *kept = Some(Arc::clone(&identity));
        Ok(identity)
    }

    fn renew(&self, now: DateTime<Utc>) -> Result<Renewal, CredentialError> {
        let renewal = self.principal.renew(now)?;
        *self.kept.lock().expect("a lock") = Some(Arc::clone(&renewal.identity));
        Ok(renewal)
    }
}

/// A served tenancy that is audited by calls of this process.
pub(crate) struct InProcess {
    tenancy: ServedTenancy,
    principal: Arc<KeptUntilRefused>,
    time_limit: Duration,
}

impl Deref for InProcess {
    type Target = ServedTenancy;

    fn deref(&self) -> &ServedTenancy {
        &self.tenancy
    }
}

impl InProcess {
    /// Serves the tenancy. Digests are always published.
    pub(crate) fn serve(tenancy: Tenancy) -> Self {
        let tenancy = ServedTenancy::start(tenancy).set("AUDIT_NOTIFY", "always");
        Self {
            principal: Arc::new(KeptUntilRefused {
                principal: tenancy.principal(),
                kept: Mutex::default(),
            }),
            tenancy,
            time_limit: Duration::from_secs(60),
        }
    }

    /// Serves a domain of generated users.
    pub(crate) fn generated(users: usize, seed: u64) -> Self {
        Self::serve(Tenancy::generated(users, seed, SystemClock.now()))
    }

    fn map(mut self, change: impl FnOnce(ServedTenancy) -> ServedTenancy) -> Self {
        self.tenancy = change(self.tenancy);
        self
    }

    pub(crate) fn set(self, name: &str, value: &str) -> Self {
        self.map(|tenancy| tenancy.set(name, value))
    }

    /// Removes a setting; without `AUDIT_DOMAIN_URLS` a run discovers the domains.
    pub(crate) fn unset(self, name: &str) -> Self {
        self.map(|tenancy| tenancy.unset(name))
    }

    /// Sends through a client that several tenancies share.
    pub(crate) fn through(self, transport: &Arc<ReqwestTransport>) -> Self {
        self.map(|tenancy| tenancy.through(transport))
    }

    /// Limits the time of a run.
    pub(crate) fn within(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Replaces the token after it was read, as the platform does; a 401 makes the run read the new one.
    pub(crate) fn renew_token(&self, previous: Previous) {
        let read = self.principal.current(SystemClock.now());
        read.expect("a resource principal");
        let renewed = self
            .sim
            .renew_resource_principal(Duration::from_secs(3600), previous);
        renewed.expect("a new token");
    }

    fn dependencies(&self) -> Dependencies {
        let principal = Arc::clone(&self.principal);
        self.tenancy.dependencies(principal, SystemClock)
    }

    /// Audits, and asserts what holds for every run.
    pub(crate) async fn run(&self) -> Result<Summary, RunError> {
        self.run_as(AuditRequest::default()).await
    }

    /// The same with a request.
    pub(crate) async fn run_as(&self, request: AuditRequest) -> Result<Summary, RunError> {
        let deadline = Deadline::after(self.time_limit);
        let result = run(request, &self.config(), self.dependencies(), deadline).await;
        self.assert_honest(&result);
        result
    }

    /// Audits, and expects a summary.
    pub(crate) async fn audit(&self) -> Summary {
        match self.run().await {
            Ok(summary) => summary,
            Err(error) => panic!("the run failed: {error}"),
        }
    }

    /// Checks what works.
    pub(crate) async fn check(&self, mode: CheckMode) -> CheckReport {
        self.check_as(&AuditRequest::default(), mode).await
    }

    /// The same with a request.
    pub(crate) async fn check_as(&self, request: &AuditRequest, mode: CheckMode) -> CheckReport {
        let settings = CheckSettings::from(self.config());
        let deadline = Deadline::after(self.time_limit);
        let report = check::run(request, mode, &settings, self.dependencies(), deadline).await;
        self.assert_no_secret_was_served();
        report.expect("a request and settings that can be checked")
    }

    /// The rows of the newest `credentials.csv`, by the names of their columns.
    pub(crate) fn credential_rows(&self) -> Vec<BTreeMap<String, String>> {
        let (_, csv) = self.newest("credentials.csv");
        let mut reader = csv::Reader::from_reader(&csv[..]);
        reader
            .deserialize()
            .map(|row| row.expect("a row"))
            .collect()
    }
}
