//! The handle of a running tenancy.

mod direct;
mod start;

use crate::email::Email;
use crate::faults::Faults;
use crate::identity::Paging;
use crate::journal::{Effect, RequestRecord, Totals};
use crate::logging_search::{AuditEvent, SearchBehavior};
use crate::monitoring::Metric;
use crate::notifications::Message;
use crate::object_storage::Bucket;
use crate::principal::{Issued, Issuer, Previous};
use crate::resource_type::ResourceType;
use crate::scim::{DomainService, Misbehavior, Query, RateLimit, limits_of};
use crate::state::State;
use crate::tenancy::Directory;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// A running tenancy. It serves from its own thread and runtime, unaffected by the paused clock or the load of a test, and
/// ends when the handle is dropped.
#[derive(Debug)]
pub struct TenancySim {
    state: Arc<State>,
    tenancy: String,
    region: String,
    namespace: String,
    bucket: String,
    topic: String,
    urls: Urls,
    token_lifetime: Duration,
    issued: Issued,
    /// Ends the thread when dropped.
    _stop: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Urls {
    domains: Vec<(String, String)>,
    identity: String,
    object_storage: String,
    notifications: String,
    monitoring: String,
    email: String,
    logging_search: String,
    instance: String,
}

impl TenancySim {
    /// The tenancy's OCID.
    #[must_use]
    pub fn tenancy(&self) -> &str {
        &self.tenancy
    }

    /// The home region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The Object Storage namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name of the bucket that exists from the start.
    #[must_use]
    pub fn bucket_name(&self) -> &str {
        &self.bucket
    }

    /// The OCID of the topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The URLs of the identity domains, in the order in which the domains were added.
    #[must_use]
    pub fn domain_urls(&self) -> Vec<String> {
        self.urls
            .domains
            .iter()
            .map(|(_, url)| url.clone())
            .collect()
    }

    /// The URL of the domain with this name; empty if there is none.
    #[must_use]
    pub fn domain_url(&self, name: &str) -> String {
        self.urls
            .domains
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, url)| url.clone())
            .unwrap_or_default()
    }

    /// The endpoint of IAM with the placeholder `{region}`.
    #[must_use]
    pub fn identity_endpoint(&self) -> String {
        format!("{}/{{region}}", self.urls.identity)
    }

    /// The endpoint of Object Storage.
    #[must_use]
    pub fn object_storage_endpoint(&self) -> &str {
        &self.urls.object_storage
    }

    /// The endpoint of Notifications.
    #[must_use]
    pub fn notifications_endpoint(&self) -> &str {
        &self.urls.notifications
    }

    /// The endpoint of Monitoring.
    #[must_use]
    pub fn monitoring_endpoint(&self) -> &str {
        &self.urls.monitoring
    }

    /// The endpoint of Email Delivery.
    #[must_use]
    pub fn email_endpoint(&self) -> &str {
        &self.urls.email
    }

    /// The endpoint of Logging Search with the placeholder `{region}`.
    #[must_use]
    pub fn logging_search_endpoint(&self) -> String {
        format!("{}/{{region}}", self.urls.logging_search)
    }

    /// Adds an event of OCI Audit.
    pub fn record(&self, event: AuditEvent) {
        self.state.logging_search.record(event);
    }

    /// The newest use of each key id and where, as the events have it, whichever tenancy the key is of. A refused request (401)
    /// does not count.
    #[must_use]
    pub fn uses(&self) -> BTreeMap<String, (DateTime<Utc>, String)> {
        let mut uses: BTreeMap<String, (DateTime<Utc>, String)> = BTreeMap::new();
        for event in self.state.logging_search.events().iter() {
            let is_newer = uses
                .get(&event.credentials)
                .is_none_or(|(at, _)| *at < event.at);
            if event.status != 401 && is_newer {
                let last = (event.at, event.region.clone());
                uses.insert(event.credentials.clone(), last);
            }
        }
        uses
    }

    /// Sets how Logging Search behaves.
    pub fn search_behavior(&self, behavior: SearchBehavior) {
        self.state.logging_search.set_behavior(behavior);
    }

    /// The environment of a compute instance: where its metadata service is, and the auth service.
    #[must_use]
    pub fn instance_environment(&self) -> [(&'static str, String); 2] {
        let url = &self.urls.instance;
        [
            ("OCI_METADATA_BASE_URL", format!("{url}/opc/v2")),
            ("OCI_CLI_FEDERATION_ENDPOINT", format!("{url}/v1/x509")),
        ]
    }

    /// The injected faults.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// Makes the list of one type in one domain misbehave.
    ///
    /// # Panics
    /// If the tenancy has no domain with this name.
    pub fn misbehave(&self, domain: &str, resource_type: ResourceType, misbehavior: Misbehavior) {
        self.with_domain(domain, |domain| {
            domain.misbehave(Some(resource_type), misbehavior);
        });
    }

    /// Makes every list of one domain misbehave.
    ///
    /// # Panics
    /// If the tenancy has no domain with this name.
    pub fn misbehave_everywhere(&self, domain: &str, misbehavior: Misbehavior) {
        self.with_domain(domain, |domain| domain.misbehave(None, misbehavior));
    }

    /// Ends all misbehavior of all domains.
    pub fn behave(&self) {
        self.state.domains.iter().for_each(DomainService::behave);
    }

    /// Sets how IAM pages its lists: items per page, and whether the first page is empty although more follow.
    pub fn page_identity_lists(&self, size: usize, empty_first_page: bool) {
        let paging = Paging {
            size: size.max(1),
            empty_first_page,
        };
        *self
            .state
            .identity
            .paging
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = paging;
    }

    /// Starts or stops enforcing the rate limits of a license in one domain.
    ///
    /// # Panics
    /// If the tenancy has no domain with this name.
    pub fn enforce_rate_limits(&self, domain: &str, license: Option<&str>) {
        self.with_domain(domain, |domain| {
            let limit = license.map(|license| RateLimit::new(limits_of(license)));
            *domain
                .rate_limit
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = limit;
        });
    }

    /// The current content of a domain; empty if the domain does not exist.
    #[must_use]
    pub fn directory(&self, domain: &str) -> Arc<Directory> {
        self.domain(domain)
            .map(DomainService::directory)
            .unwrap_or_default()
    }

    /// Changes the content of a domain.
    ///
    /// # Panics
    /// If the tenancy has no domain with this name.
    pub fn change(&self, domain: &str, change: impl FnOnce(&mut Directory)) {
        self.with_domain(domain, |domain| domain.change(change));
    }

    /// Renders a list ahead of its first request, given the query of a GET; false if the query is invalid.
    pub fn prepare(&self, domain: &str, resource_type: ResourceType, query: &str) -> bool {
        let query = Query::from_uri(query);
        self.domain(domain)
            .zip(query.ok())
            .is_some_and(|(domain, query)| domain.prepare(resource_type, &query).is_ok())
    }

    /// A bucket, created if it does not exist.
    #[must_use]
    pub fn bucket(&self, name: &str) -> Arc<Bucket> {
        self.state.object_storage.bucket(name)
    }

    /// A bucket of another tenancy, which admits the caller; created if it does not exist.
    #[must_use]
    pub fn foreign_bucket(&self, namespace: &str, name: &str) -> Arc<Bucket> {
        self.state.object_storage.foreign_bucket(namespace, name)
    }

    /// Removes a bucket.
    pub fn remove_bucket(&self, name: &str) {
        self.state.object_storage.remove_bucket(name);
    }

    /// Messages published so far.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.state.notifications.messages()
    }

    /// Clears the messages.
    pub fn clear_messages(&self) {
        self.state.notifications.clear();
    }

    /// Metrics posted so far.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        self.state.monitoring.metrics()
    }

    /// Mails accepted so far.
    #[must_use]
    pub fn emails(&self) -> Vec<Email> {
        self.state.email.emails()
    }

    /// Clears the accepted mails.
    pub fn clear_emails(&self) {
        self.state.email.clear();
    }

    /// Puts an address on the list of suppressed recipients.
    pub fn suppress_recipient(&self, address: &str) {
        self.state.email.suppress(address);
    }

    /// Sets how many mails Email Delivery accepts within a minute; no limit at first.
    pub fn limit_emails(&self, per_minute: Option<usize>) {
        self.state.email.limit(per_minute);
    }

    /// Stored objects, published messages, posted metrics and accepted mails since the start or the last reset, in order.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        self.state.journal.effects()
    }

    /// Requests since the start or the last reset, in the order of their responses.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.state.journal.requests()
    }

    /// Counts since the start or the last reset.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.state.journal.totals()
    }

    /// Clears requests, effects and counts. Objects and messages stay.
    pub fn reset_journal(&self) {
        self.state.journal.reset();
    }

    /// Sets the offset of the simulator's clock, which signatures, tokens, `date` headers and times of objects follow.
    pub fn set_clock_offset(&self, offset: TimeDelta) {
        self.state.clock.set_offset(offset);
    }

    /// Writes `rpst` and `private.pem` into a directory, as Functions does.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub fn write_resource_principal(&self, directory: &Path) -> io::Result<()> {
        self.issuer().write_resource_principal(
            &self.issued,
            directory,
            self.token_lifetime,
            Previous::StaysValid,
        )
    }

    /// Writes a new token and key over those written last.
    ///
    /// # Errors
    /// If the files cannot be written, or none were written before.
    pub fn renew_resource_principal(
        &self,
        lifetime: Duration,
        previous: Previous,
    ) -> io::Result<()> {
        let directory = self
            .issued
            .directory()
            .ok_or_else(|| io::Error::other("no resource principal was written"))?;
        self.issuer()
            .write_resource_principal(&self.issued, &directory, lifetime, previous)
    }

    /// Accepts the public key of another caller, in PEM, under the key id `<tenancy>/<user>/<fingerprint>` or `ST$<token>`.
    /// False if the key cannot be read.
    pub fn accept_key(&self, key_id: &str, public_key_pem: &str) -> bool {
        self.state.keys.register_pem(key_id, public_key_pem)
    }

    /// Refuses the resource principal's current token from now on.
    pub fn revoke_resource_principal(&self) {
        self.state.keys.revoke(&self.issued.token());
    }

    /// Accepts all refused tokens again.
    pub fn accept_revoked_tokens(&self) {
        self.state.keys.unrevoke_all();
    }

    /// Writes `config` and its keys into a directory: profile `DEFAULT` with an API key, and profile `SESSION` with a
    /// security token. Returns the path of the configuration file.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub fn write_oci_config(&self, directory: &Path) -> io::Result<PathBuf> {
        self.issuer().write_config(directory, self.token_lifetime)
    }

    /// The environment of a function in this tenancy, with a fresh resource principal in the directory.
    ///
    /// `AUDIT_DOMAIN_URLS` names every domain; without it a run discovers them.
    ///
    /// # Errors
    /// If the files of the resource principal cannot be written.
    pub fn environment(&self, directory: &Path) -> io::Result<Vec<(String, String)>> {
        if self.issued.directory().as_deref() != Some(directory) {
            self.write_resource_principal(directory)?;
        }
        let path = |name: &str| directory.join(name).display().to_string();
        let pairs = [
            ("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2".to_owned()),
            ("OCI_RESOURCE_PRINCIPAL_RPST", path("rpst")),
            ("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", path("private.pem")),
            ("OCI_RESOURCE_PRINCIPAL_REGION", self.region.clone()),
            ("AUDIT_DOMAIN_URLS", self.domain_urls().join(",")),
            ("AUDIT_BUCKET", self.bucket.clone()),
            ("AUDIT_TOPIC_ID", self.topic.clone()),
            ("AUDIT_IDENTITY_ENDPOINT", self.identity_endpoint()),
            (
                "AUDIT_OBJECT_STORAGE_ENDPOINT",
                self.urls.object_storage.clone(),
            ),
            (
                "AUDIT_NOTIFICATIONS_ENDPOINT",
                self.urls.notifications.clone(),
            ),
            ("AUDIT_MONITORING_ENDPOINT", self.urls.monitoring.clone()),
            ("AUDIT_EMAIL_ENDPOINT", self.urls.email.clone()),
            (
                "AUDIT_LOGGING_SEARCH_ENDPOINT",
                self.logging_search_endpoint(),
            ),
        ];
        Ok(pairs.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn issuer(&self) -> Issuer<'_> {
        Issuer {
            tenancy: &self.tenancy,
            region: &self.region,
            state: &self.state,
        }
    }

    fn domain(&self, name: &str) -> Option<&DomainService> {
        self.state.domains.iter().find(|domain| domain.name == name)
    }

    #[expect(clippy::panic, reason = "a test with a misspelled domain must fail")]
    fn with_domain(&self, name: &str, act: impl FnOnce(&DomainService)) {
        match self.domain(name) {
            Some(domain) => act(domain),
            None => panic!("the tenancy has no domain named {name}"),
        }
    }
}
