//! From a tenancy as data to a running one: ports, services, and the thread that serves them.

use super::{TenancySim, Urls};
use crate::clock::Clock;
use crate::email::EmailDelivery;
use crate::faults::Faults;
use crate::identity::{Identity, ListedDomain};
use crate::instance::{self, Instance};
use crate::journal::Journal;
use crate::logging_search::LoggingSearch;
use crate::monitoring::Monitoring;
use crate::notifications::Notifications;
use crate::object_storage::ObjectStorage;
use crate::principal::Issued;
use crate::scim::{DomainService, RateLimit, limits_of};
use crate::server::{Listener, Service, serve};
use crate::signature::{KeyRing, TestKey};
use crate::state::State;
use crate::tenancy::{Domain, DomainIdentity, Tenancy};
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::sync::oneshot;

impl TenancySim {
    /// Binds the ports and serves.
    pub(crate) fn start(mut tenancy: Tenancy) -> io::Result<Self> {
        let mut listeners = Vec::new();
        let mut bind = |service, domain| {
            let listener = Listener::bind(service, domain)?.known_as(&tenancy.hosts);
            let url = listener.url();
            listeners.push(listener);
            io::Result::Ok(url)
        };
        let mut urls = Urls {
            domains: Vec::new(),
            identity: bind(Service::Identity, 0)?,
            object_storage: bind(Service::ObjectStorage, 0)?,
            notifications: bind(Service::Notifications, 0)?,
            monitoring: bind(Service::Monitoring, 0)?,
            email: bind(Service::Email, 0)?,
            logging_search: bind(Service::LoggingSearch, 0)?,
            instance: bind(Service::Instance, 0)?,
        };
        let (mut domains, mut listed) = (Vec::new(), Vec::new());
        for (position, domain) in std::mem::take(&mut tenancy.domains).into_iter().enumerate() {
            let url = bind(Service::IdentityDomain, position)?;
            urls.domains.push((domain.name.clone(), url.clone()));
            listed.push(listed_domain(&domain, &tenancy, &url));
            domains.push(domain_service(domain, &tenancy, url));
        }

        let below = tenancy.compartments.iter().map(|below| below.ocid.clone());
        let compartments = std::iter::once(tenancy.ocid.clone()).chain(below).collect();
        let mut topics = vec![tenancy.topic.clone()];
        topics.append(&mut tenancy.further_topics);
        let senders = tenancy.approved_senders.into_iter();
        let senders = senders
            .map(|(compartment, address)| {
                (compartment.unwrap_or_else(|| tenancy.ocid.clone()), address)
            })
            .collect();
        let state = Arc::new(State {
            started: Instant::now(),
            clock: Clock::default(),
            keys: KeyRing::new(),
            journal: Journal::default(),
            faults: Faults::default(),
            domains,
            logging_search: LoggingSearch::new(&tenancy.ocid, &tenancy.regions, tenancy.events),
            identity: Identity {
                tenancy: tenancy.ocid.clone(),
                name: tenancy.name,
                home_region: tenancy.home_region.clone(),
                regions: tenancy.regions,
                compartments: tenancy.compartments,
                domains: listed,
                paging: Mutex::default(),
            },
            object_storage: ObjectStorage::new(tenancy.namespace.clone(), &tenancy.bucket),
            instance: Instance::new(&tenancy.ocid, &tenancy.home_region, tenancy.token_lifetime),
            notifications: Notifications::new(topics),
            monitoring: Monitoring::new(compartments),
            email: EmailDelivery::new(senders),
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
            urls,
            token_lifetime: tenancy.token_lifetime,
            issued: Issued::default(),
            _stop: stop,
        };
        sim.state
            .keys
            .register(&sim.issuer().api_key_id(), TestKey::ApiKey.public());
        sim.state
            .keys
            .register(&instance::key_id(), TestKey::Instance.public());
        Ok(sim)
    }
}

fn compartment_of(domain: &Domain, tenancy: &Tenancy) -> String {
    let compartment = domain.compartment.as_ref();
    compartment.unwrap_or(&tenancy.ocid).clone()
}

/// The domain as IAM lists it.
fn listed_domain(domain: &Domain, tenancy: &Tenancy, url: &str) -> ListedDomain {
    let regions = match &domain.listed_in {
        Some(regions) => regions.clone(),
        None if domain.is_default => tenancy.regions.clone(),
        None => vec![tenancy.home_region.clone()],
    };
    ListedDomain {
        ocid: domain.ocid.clone(),
        name: domain.name.clone(),
        compartment: compartment_of(domain, tenancy),
        url: url.to_owned(),
        license: domain.license.clone(),
        is_default: domain.is_default,
        lifecycle_state: domain.lifecycle_state.clone(),
        regions,
    }
}

/// The SCIM service of the domain.
fn domain_service(domain: Domain, tenancy: &Tenancy, url: String) -> DomainService {
    let compartment = compartment_of(&domain, tenancy);
    let rate_limit = domain
        .enforces_rate_limits
        .then(|| RateLimit::new(limits_of(&domain.license)));
    let mut directory = domain.directory;
    directory.identity = DomainIdentity {
        ocid: domain.ocid,
        tenancy: tenancy.ocid.clone(),
        compartment,
        url,
    };
    DomainService::new(domain.name, directory, rate_limit)
}

/// Serves all listeners from their own thread until the sender is dropped.
fn spawn(listeners: Vec<Listener>, state: Arc<State>) -> io::Result<oneshot::Sender<()>> {
    let (stop, stopped) = oneshot::channel::<()>();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Rendering a list keeps a thread busy.
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
