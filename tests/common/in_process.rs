//! An audit of a simulated tenancy, carried out in this process, and what must hold of every one.

#![allow(dead_code, reason = "each test binary uses a part of what stands here")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests, where a failure is a finding"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use credential_audit::auth::resource_principal::ResourcePrincipal;
use credential_audit::auth::{CredentialError, CredentialSource, Identity, Renewal};
use credential_audit::check;
use credential_audit::check::result::CheckReport;
use credential_audit::clock::{Clock, SystemClock};
use credential_audit::config::{CheckSettings, Config};
use credential_audit::credential_type::CredentialType;
use credential_audit::event::{AuditRequest, CheckMode};
use credential_audit::http::deadline::Deadline;
use credential_audit::http::reqwest_transport::ReqwestTransport;
use credential_audit::model::CrossCheck;
use credential_audit::report::manifest::Manifest;
use credential_audit::run::deliver::DeliveryError;
use credential_audit::run::{Dependencies, RunError, run};
use credential_audit::summary::{Coverage, Summary};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tenancy_sim::{
    Credential, Domain, Fault, Previous, Rejection, RequestRecord, ResourceType, Tenancy,
    TenancySim, User,
};

/// `created` of credentials that are overdue whenever the tests run.
pub(crate) const LONG_AGO: &str = "2020-01-01T00:00:00.000Z";

/// A resource principal whose files are only looked at again after a 401: a token that was replaced between the signature
/// and the answer.
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

/// A tenancy in service, and the settings it is audited with.
pub(crate) struct InProcess {
    pub(crate) sim: TenancySim,
    settings: BTreeMap<String, String>,
    principal: Arc<KeptUntilRefused>,
    /// Making one reads all root certificates, which a debug build takes its time for.
    transport: OnceLock<Arc<ReqwestTransport>>,
    time: Duration,
    /// Holds the resource principal's files.
    _directory: TempDir,
}

impl InProcess {
    /// Serves the tenancy. Domains are named by the settings, digests always published, and no pace is kept.
    pub(crate) fn serve(tenancy: Tenancy) -> Self {
        let sim = tenancy.start().expect("free ports");
        let directory = tempfile::tempdir().expect("a directory");
        let mut settings: BTreeMap<_, _> = sim
            .environment(directory.path())
            .expect("a resource principal")
            .into_iter()
            .collect();
        settings.insert("AUDIT_RATE_LIMIT".to_owned(), "off".to_owned());
        settings.insert("AUDIT_NOTIFY".to_owned(), "always".to_owned());
        let principal = ResourcePrincipal::from_settings(|name| settings.get(name).cloned());
        Self {
            principal: Arc::new(KeptUntilRefused {
                principal: principal.expect("a resource principal"),
                kept: Mutex::default(),
            }),
            sim,
            settings,
            transport: OnceLock::new(),
            time: Duration::from_secs(60),
            _directory: directory,
        }
    }

    /// Serves domains of generated users.
    pub(crate) fn generated(users: usize, seed: u64) -> Self {
        Self::serve(Tenancy::generated(users, seed, SystemClock.now()))
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Leaves a setting out; without `AUDIT_DOMAIN_URLS` domains are discovered.
    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.settings.remove(name);
        self
    }

    /// The time that the run has.
    pub(crate) fn within(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Sends through this.
    pub(crate) fn through(self, transport: &Arc<ReqwestTransport>) -> Self {
        Self {
            transport: Arc::clone(transport).into(),
            ..self
        }
    }

    /// Has the platform renew the token after it was read: a 401 leads to the new one.
    pub(crate) fn renew_token(&self, previous: Previous) {
        let read = self.principal.current(SystemClock.now());
        read.expect("a resource principal");
        let renewed = self
            .sim
            .renew_resource_principal(Duration::from_secs(3600), previous);
        renewed.expect("a new token");
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.sim.faults().add(fault);
    }

    pub(crate) fn config(&self) -> Config {
        let lookup = |name: &str| self.settings.get(name).cloned();
        Config::from_lookup(self.sim.region(), lookup).expect("settings that are right")
    }

    /// Audits.
    pub(crate) async fn run(&self) -> Result<Summary, RunError> {
        self.run_as(AuditRequest::default()).await
    }

    pub(crate) async fn run_as(&self, request: AuditRequest) -> Result<Summary, RunError> {
        let deadline = Deadline::after(self.time);
        let result = run(request, &self.config(), self.dependencies(), deadline).await;
        self.assert_honest(&result);
        result
    }

    /// Checks what works.
    pub(crate) async fn check(&self, mode: CheckMode) -> CheckReport {
        self.check_as(&AuditRequest::default(), mode).await
    }

    pub(crate) async fn check_as(&self, request: &AuditRequest, mode: CheckMode) -> CheckReport {
        let settings = CheckSettings::from(self.config());
        let deadline = Deadline::after(self.time);
        let report = check::run(request, mode, &settings, self.dependencies(), deadline).await;
        assert_eq!(
            self.sim.totals().secrets_served,
            0,
            "a secret was asked for"
        );
        report.expect("there is something to begin with")
    }

    fn dependencies(&self) -> Dependencies {
        Dependencies {
            transport: Arc::clone(self.transport.get_or_init(transport)) as _,
            credentials: Arc::clone(&self.principal) as _,
            clock: Arc::new(SystemClock),
        }
    }

    /// Audits, and expects an answer.
    pub(crate) async fn audit(&self) -> Summary {
        match self.run().await {
            Ok(summary) => summary,
            Err(error) => panic!("the run failed: {error}"),
        }
    }

    /// The requests for one list of one domain.
    pub(crate) fn requests_for(&self, credential_type: ResourceType) -> Vec<RequestRecord> {
        let path = format!("/admin/v1/{}", credential_type.segment());
        let mut requests = self.sim.requests();
        requests.retain(|request| {
            request.path() == path || request.path() == format!("{path}/.search")
        });
        requests
    }

    /// Ids of credentials in the newest `credentials.csv`, by domain and type.
    pub(crate) fn reported(&self) -> BTreeMap<(String, String), BTreeSet<String>> {
        let mut ids = BTreeMap::<_, BTreeSet<_>>::new();
        for row in self.credential_rows() {
            let place = (row["domain"].clone(), row["credential_type"].clone());
            ids.entry(place)
                .or_default()
                .insert(row["credential_id"].clone());
        }
        ids
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

    /// Name and content of the newest object of that name.
    pub(crate) fn newest(&self, name: &str) -> (String, Vec<u8>) {
        let objects = self.sim.bucket(self.sim.bucket_name()).objects();
        let newest = objects
            .into_iter()
            .filter(|(key, _)| key.ends_with(&format!("/{name}")))
            .max_by_key(|(_, object)| object.created);
        match newest {
            Some((key, object)) => (key, object.body.to_vec()),
            None => panic!("the bucket holds no {name}"),
        }
    }

    /// The property that everything here is about: whatever the faults, no credential that exists is both unread and
    /// uncounted. Each is among the rows, or its type in its domain is not COMPLETE, and then the run is not either.
    /// Returns how many exist and are unread.
    pub(crate) fn assert_nothing_unread_is_uncounted(&self, summary: &Summary) -> u64 {
        self.assert_nothing_unread_is_uncounted_unless_hidden(summary, &BTreeSet::new())
    }

    /// The same where the lists of some types in the domain `Default` leave rows out and do not count them. Nothing but users
    /// tells of such rows, so where not all users could be read either, nobody can know that a list lacks something; the
    /// domain and the run are not COMPLETE all the same, for want of the users.
    pub(crate) fn assert_nothing_unread_is_uncounted_unless_hidden(
        &self,
        summary: &Summary,
        hiding: &BTreeSet<ResourceType>,
    ) -> u64 {
        let reported = self.reported();
        let mut unread = 0;
        for domain in &summary.run.domains {
            let directory = self.sim.directory(&domain.name);
            for credential_type in CredentialType::all() {
                let coverage = &domain.coverage[credential_type.name()];
                if coverage.left_out {
                    continue;
                }
                let place = (domain.name.clone(), credential_type.name().to_owned());
                let read = reported.get(&place).cloned().unwrap_or_default();
                let missing = existing(&directory, credential_type)
                    .difference(&read)
                    .count();
                unread += missing as u64;
                if missing > 0 {
                    let nobody_can_know = domain.name == "Default"
                        && hiding.contains(&resource_type(credential_type))
                        && !is_complete(&domain.users_coverage);
                    assert!(
                        nobody_can_know || !is_complete(coverage),
                        "{missing} of {place:?} are unread, and nothing says so: {coverage:?}"
                    );
                    assert_ne!(domain.verdict, "COMPLETE", "{place:?}");
                    assert_ne!(summary.run.verdict, "COMPLETE", "{place:?}");
                }
            }
        }
        unread
    }

    /// What holds of every run, whatever became of it.
    fn assert_honest(&self, result: &Result<Summary, RunError>) {
        self.assert_manifests_are_true();
        assert_eq!(
            self.sim.totals().secrets_served,
            0,
            "a secret was asked for"
        );
        for rejection in self.sim.totals().rejections.keys() {
            assert_eq!(
                *rejection,
                Rejection::TokenRevoked,
                "a signature was refused"
            );
        }
        if self.says_that_everything_was_read(result) {
            return;
        }
        for message in self.sim.messages() {
            assert_no_all_clear(message.title.as_deref().unwrap_or_default());
            assert_no_all_clear(&message.body);
        }
        let not_stored = matches!(
            result,
            Err(RunError::Delivery(DeliveryError::NotStored { .. }))
        );
        for (name, object) in self.sim.bucket(self.sim.bucket_name()).objects() {
            let page = String::from_utf8_lossy(&object.body);
            // A page cannot know that what is stored beside it or after it will be refused: it tells what was read.
            let told_what_was_read =
                not_stored && page.contains("everything that was to be read was read");
            if name.ends_with(".html") && !told_what_was_read {
                assert_no_all_clear(&page);
            }
        }
    }

    /// By the answer; where nobody could be told, by the manifest. Where reports are not stored there is neither, and whoever
    /// reads of it has to act.
    fn says_that_everything_was_read(&self, result: &Result<Summary, RunError>) -> bool {
        let verdict = match result {
            Ok(summary) => summary.run.verdict.clone(),
            Err(RunError::Delivery(DeliveryError::NotPublished(_))) => {
                let (_, manifest) = self.newest("manifest.json");
                let manifest: Manifest = serde_json::from_slice(&manifest).expect("a manifest");
                manifest.run.verdict
            }
            Err(_) => return false,
        };
        verdict == "COMPLETE"
    }

    /// No manifest without all the reports it names, with their sizes and digests.
    pub(crate) fn assert_manifests_are_true(&self) -> usize {
        let bucket = self.sim.bucket(self.sim.bucket_name());
        let objects = bucket.objects();
        let manifests = objects
            .iter()
            .filter(|(name, _)| name.ends_with("/manifest.json"));
        let mut count = 0;
        for (name, manifest) in manifests {
            let manifest: Manifest = serde_json::from_slice(&manifest.body).expect("a manifest");
            assert!(!manifest.objects.is_empty(), "{name} names no report");
            for report in &manifest.objects {
                let Some(stored) = objects.get(&report.name) else {
                    panic!("{name} names {}, which is not there", report.name);
                };
                assert_eq!(stored.body.len() as u64, report.bytes, "{}", report.name);
                let digest = Sha256::digest(&stored.body);
                let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(digest, report.sha256, "{}", report.name);
            }
            count += 1;
        }
        count
    }
}

pub(crate) fn transport() -> Arc<ReqwestTransport> {
    Arc::new(ReqwestTransport::new(None).expect("a client"))
}

/// Ids of the credentials of one type that a domain holds.
pub(crate) fn existing(
    directory: &tenancy_sim::Directory,
    credential_type: CredentialType,
) -> BTreeSet<String> {
    directory
        .credentials(resource_type(credential_type))
        .iter()
        .map(|credential| credential.id.clone())
        .collect()
}

/// The type as the simulator names it.
pub(crate) fn resource_type(credential_type: CredentialType) -> ResourceType {
    ResourceType::CREDENTIALS[credential_type.index()]
}

/// Whether coverage says that everything was read.
pub(crate) fn is_complete(coverage: &Coverage) -> bool {
    !coverage.left_out
        && coverage.read.is_some()
        && coverage.error.is_none()
        && coverage.gaps.is_empty()
        && coverage
            .cross_check
            .is_none_or(|check| !matches!(check, CrossCheck::Missing { .. }))
}

/// What no text of a run may say that did not see everything.
pub(crate) fn assert_no_all_clear(text: &str) {
    let text = text.to_lowercase();
    for words in [
        "all clear",
        "nothing to act on",
        "no credentials require rotation",
    ] {
        assert!(
            !text.contains(words),
            "`{words}` in a run that did not see everything:\n{text}"
        );
    }
}

/// A domain in which each of `users` users holds `each` credentials of every type, all overdue.
pub(crate) fn even_domain(name: &str, users: usize, each: usize) -> Domain {
    even_domain_since(LONG_AGO, name, users, each)
}

/// The same with credentials that were created then.
pub(crate) fn even_domain_since(created: &str, name: &str, users: usize, each: usize) -> Domain {
    let mut domain = Domain::named(name);
    for number in 0..users {
        let user = User::named(&format!("user-{number:05}@example.com"));
        for credential_type in ResourceType::CREDENTIALS {
            for credential in 0..each.min(credential_type.max_per_user()) {
                domain =
                    domain.credential(Credential::of(&user, credential_type, credential, created));
            }
        }
        domain = domain.user(user);
    }
    domain
}
