//! The handle of a running tenancy.

use crate::clock::Clock;
use crate::faults::Faults;
use crate::identity::{Identity, ListedDomain, Paging};
use crate::journal::{Effect, Journal, RequestRecord, Totals};
use crate::notifications::{Message, Notifications};
use crate::object_storage::{Bucket, ObjectStorage};
use crate::principal::{Caller, Issued, Previous};
use crate::resource_type::ResourceType;
use crate::scim::{DomainService, Misbehaviour, Query, RateLimit, limits_of};
use crate::server::{Listener, Service, serve};
use crate::signature::{KeyRing, TestKey};
use crate::state::State;
use crate::tenancy::{Directory, DomainIdentity, Tenancy};
use chrono::TimeDelta;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A running tenancy. It serves from a thread and a runtime of its own, so that neither a paused clock nor a busy test
/// disturbs it, and ends when the handle is dropped.
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
    /// Dropped with the handle, which ends the thread.
    _stop: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Urls {
    domains: Vec<(String, String)>,
    identity: String,
    object_storage: String,
    notifications: String,
}

impl TenancySim {
    pub(crate) fn start(tenancy: Tenancy) -> io::Result<Self> {
        let mut listeners = Vec::new();
        let mut bind = |service, domain| {
            let listener = Listener::bind(service, domain)?;
            let url = listener.url();
            listeners.push(listener);
            io::Result::Ok(url)
        };
        let identity_url = bind(Service::Identity, 0)?;
        let object_storage_url = bind(Service::ObjectStorage, 0)?;
        let notifications_url = bind(Service::Notifications, 0)?;

        let (mut domains, mut listed, mut domain_urls) = (Vec::new(), Vec::new(), Vec::new());
        for (position, domain) in tenancy.domains.into_iter().enumerate() {
            let url = bind(Service::IdentityDomain, position)?;
            let compartment = domain.compartment.unwrap_or_else(|| tenancy.ocid.clone());
            let mut directory = domain.directory;
            directory.identity = DomainIdentity {
                ocid: domain.ocid.clone(),
                tenancy: tenancy.ocid.clone(),
                compartment: compartment.clone(),
                url: url.clone(),
            };
            let rate_limit = domain
                .enforces_rate_limits
                .then(|| RateLimit::new(limits_of(&domain.licence)));
            domain_urls.push((domain.name.clone(), url.clone()));
            listed.push(ListedDomain {
                ocid: domain.ocid,
                name: domain.name.clone(),
                compartment,
                url,
                licence: domain.licence,
                is_default: domain.is_default,
                lifecycle_state: domain.lifecycle_state,
                regions: domain.listed_in.unwrap_or_else(|| {
                    if domain.is_default {
                        tenancy.regions.clone()
                    } else {
                        vec![tenancy.home_region.clone()]
                    }
                }),
            });
            domains.push(DomainService::new(domain.name, directory, rate_limit));
        }

        let state = Arc::new(State {
            started: Instant::now(),
            clock: Clock::default(),
            keys: KeyRing::new(),
            journal: Journal::default(),
            faults: Faults::default(),
            domains,
            identity: Identity {
                tenancy: tenancy.ocid.clone(),
                home_region: tenancy.home_region.clone(),
                regions: tenancy.regions,
                compartments: tenancy.compartments,
                domains: listed,
                paging: std::sync::Mutex::default(),
            },
            object_storage: ObjectStorage::new(tenancy.namespace.clone(), &tenancy.bucket),
            notifications: Notifications::new(vec![tenancy.topic.clone()]),
            answers: AtomicU64::new(1),
        });
        state.faults.set_latency(tenancy.latency);
        let stop = spawn(listeners, Arc::clone(&state))?;
        let sim = Self {
            state,
            tenancy: tenancy.ocid,
            region: tenancy.home_region,
            namespace: tenancy.namespace,
            bucket: tenancy.bucket,
            topic: tenancy.topic,
            urls: Urls {
                domains: domain_urls,
                identity: identity_url,
                object_storage: object_storage_url,
                notifications: notifications_url,
            },
            token_lifetime: tenancy.token_lifetime,
            issued: Issued::default(),
            _stop: stop,
        };
        sim.state
            .keys
            .register(&sim.caller().api_key_id(), TestKey::ApiKey.public());
        Ok(sim)
    }

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

    /// The name of the bucket that exists from the beginning.
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

    /// The URL of the domain of this name; empty when there is none.
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

    /// The faults in force.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// Lets the listing of one type in one domain misbehave.
    ///
    /// # Panics
    /// When the tenancy has no domain of this name.
    pub fn misbehave(&self, domain: &str, resource_type: ResourceType, misbehaviour: Misbehaviour) {
        self.with_domain(domain, |domain| {
            domain.misbehave(Some(resource_type), misbehaviour);
        });
    }

    /// Lets every listing of one domain misbehave.
    ///
    /// # Panics
    /// When the tenancy has no domain of this name.
    pub fn misbehave_everywhere(&self, domain: &str, misbehaviour: Misbehaviour) {
        self.with_domain(domain, |domain| domain.misbehave(None, misbehaviour));
    }

    /// Ends all misbehaviour of all domains.
    pub fn behave(&self) {
        self.state.domains.iter().for_each(DomainService::behave);
    }

    /// How IAM pages its lists: items in a page, and whether the first page is empty although more is to come.
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

    /// Begins or ends to enforce the rate limits of a licence in one domain.
    ///
    /// # Panics
    /// When the tenancy has no domain of this name.
    pub fn enforce_rate_limits(&self, domain: &str, licence: Option<&str>) {
        self.with_domain(domain, |domain| {
            let limit = licence.map(|licence| RateLimit::new(limits_of(licence)));
            *domain
                .rate_limit
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = limit;
        });
    }

    /// The content of a domain as it is now; empty when there is no such domain.
    #[must_use]
    pub fn directory(&self, domain: &str) -> Arc<Directory> {
        self.domain(domain)
            .map(DomainService::directory)
            .unwrap_or_default()
    }

    /// Changes the content of a domain.
    ///
    /// # Panics
    /// When the tenancy has no domain of this name.
    pub fn change(&self, domain: &str, change: impl FnOnce(&mut Directory)) {
        self.with_domain(domain, |domain| domain.change(change));
    }

    /// Renders a listing ahead of its first request, given the query of a GET; false when the query is not valid.
    pub fn prepare(&self, domain: &str, resource_type: ResourceType, query: &str) -> bool {
        let query = Query::from_uri(query);
        self.domain(domain)
            .zip(query.ok())
            .is_some_and(|(domain, query)| domain.prepare(resource_type, &query).is_ok())
    }

    /// A bucket, made if it is not there.
    #[must_use]
    pub fn bucket(&self, name: &str) -> Arc<Bucket> {
        self.state.object_storage.bucket(name)
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

    /// Forgets the messages.
    pub fn clear_messages(&self) {
        self.state.notifications.clear();
    }

    /// What was stored and published since the start or the last reset, in order.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        self.state.journal.effects()
    }

    /// Every request since the start or the last reset, in the order of the answers.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.state.journal.requests()
    }

    /// What was counted since the start or the last reset.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.state.journal.totals()
    }

    /// Forgets requests, effects and counts. Objects and messages stay.
    pub fn reset_journal(&self) {
        self.state.journal.reset();
    }

    /// Moves the simulator's clock against the machine's: signatures, tokens, `date` headers and times of objects follow.
    pub fn set_clock_offset(&self, offset: TimeDelta) {
        self.state.clock.set_offset(offset);
    }

    /// Writes `rpst` and `private.pem` into a directory, as Functions does.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn write_resource_principal(&self, directory: &Path) -> io::Result<()> {
        self.caller().write_resource_principal(
            &self.issued,
            directory,
            self.token_lifetime,
            Previous::StaysValid,
        )
    }

    /// Writes a new token and key over those written last.
    ///
    /// # Errors
    /// When the files cannot be written, or none were written before.
    pub fn renew_resource_principal(
        &self,
        lifetime: Duration,
        previous: Previous,
    ) -> io::Result<()> {
        let directory = self
            .issued
            .directory()
            .ok_or_else(|| io::Error::other("no resource principal was written"))?;
        self.caller()
            .write_resource_principal(&self.issued, &directory, lifetime, previous)
    }

    /// Accepts another caller: the public key in PEM for a key id, which is `<tenancy>/<user>/<fingerprint>` or
    /// `ST$<token>`. False when the key cannot be read.
    pub fn accept_key(&self, key_id: &str, public_key_pem: &str) -> bool {
        self.state.keys.register_pem(key_id, public_key_pem)
    }

    /// Refuses the resource principal's current token from now on.
    pub fn revoke_resource_principal(&self) {
        self.state.keys.revoke(&self.issued.token());
    }

    /// Accepts every token again that was refused.
    pub fn accept_revoked_tokens(&self) {
        self.state.keys.unrevoke_all();
    }

    /// Writes `config` and its keys into a directory: profile `DEFAULT` with an API key, profile `SESSION` with a
    /// security token. Returns the path of the configuration file.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn write_oci_config(&self, directory: &Path) -> io::Result<PathBuf> {
        self.caller().write_config(directory, self.token_lifetime)
    }

    /// The environment of a function in this tenancy, with a fresh resource principal in the directory.
    ///
    /// `AUDIT_DOMAIN_URLS` names every domain; leave it out to have them discovered.
    ///
    /// # Errors
    /// When the files of the resource principal cannot be written.
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
        ];
        Ok(pairs.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn caller(&self) -> Caller<'_> {
        Caller {
            tenancy: &self.tenancy,
            region: &self.region,
            state: &self.state,
        }
    }

    fn domain(&self, name: &str) -> Option<&DomainService> {
        self.state.domains.iter().find(|domain| domain.name == name)
    }

    #[expect(
        clippy::panic,
        reason = "a misspelt domain in a test must not pass for a test that passes"
    )]
    fn with_domain(&self, name: &str, act: impl FnOnce(&DomainService)) {
        match self.domain(name) {
            Some(domain) => act(domain),
            None => panic!("the tenancy has no domain named {name}"),
        }
    }
}

/// Serves all listeners from a thread of their own until the sender is dropped.
fn spawn(listeners: Vec<Listener>, state: Arc<State>) -> io::Result<oneshot::Sender<()>> {
    let (stop, stopped) = oneshot::channel::<()>();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // A listing that is rendered for the first time keeps a thread busy.
        .worker_threads(4)
        .enable_all()
        .thread_name("tenancy-sim")
        .build()?;
    std::thread::Builder::new()
        .name("tenancy-sim".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                for listener in listeners {
                    tokio::spawn(serve(listener, Arc::clone(&state)));
                }
                let _ = stopped.await;
            });
            runtime.shutdown_background();
        })?;
    Ok(stop)
}
