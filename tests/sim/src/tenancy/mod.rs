//! The tenancy as data, before it is served.

mod acme;
mod credential;
mod directory;
mod domain;
mod generate;
mod names;
mod user;

pub use acme::Acme;
pub use credential::Credential;
pub use directory::{Directory, DomainIdentity};
pub use domain::{Compartment, Domain};
pub use user::{Capabilities, Holder, User};

use crate::logging_search::AuditEvent;
use crate::{ResourceType, TenancySim};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The sender that Email Delivery of every tenancy approves.
pub const APPROVED_SENDER: &str = "credential-audit@mail.example.com";

/// The data that a simulator starts from.
#[derive(Clone, Debug)]
pub struct Tenancy {
    pub(crate) ocid: String,
    pub(crate) name: String,
    pub(crate) home_region: String,
    pub(crate) regions: Vec<String>,
    pub(crate) compartments: Vec<Compartment>,
    pub(crate) domains: Vec<Domain>,
    pub(crate) namespace: String,
    pub(crate) bucket: String,
    pub(crate) topic: String,
    pub(crate) further_topics: Vec<String>,
    /// Compartment, the root if `None`, and address.
    pub(crate) approved_senders: Vec<(Option<String>, String)>,
    pub(crate) hosts: Vec<String>,
    pub(crate) latency: Duration,
    pub(crate) token_lifetime: Duration,
    pub(crate) events: Vec<AuditEvent>,
}

impl Tenancy {
    /// A tenancy in `us-phoenix-1` with a bucket, a topic and an approved sender in its root compartment, and without identity domains.
    #[must_use]
    pub fn empty() -> Self {
        let ocid = "ocid1.tenancy.oc1..aaaaaaaatenancysimulator".to_owned();
        Self {
            home_region: "us-phoenix-1".to_owned(),
            regions: vec!["us-phoenix-1".to_owned()],
            compartments: Vec::new(),
            domains: Vec::new(),
            namespace: "axaxnpcrorw5".to_owned(),
            bucket: "audit".to_owned(),
            topic: "ocid1.onstopic.oc1.phx.aaaaaaaacredentialaudit".to_owned(),
            approved_senders: vec![(None, APPROVED_SENDER.to_owned())],
            further_topics: Vec::new(),
            hosts: Vec::new(),
            latency: Duration::ZERO,
            token_lifetime: Duration::from_secs(3600),
            events: Vec::new(),
            name: "tenancysimulator".to_owned(),
            ocid,
        }
    }

    /// A tenancy with one domain, `Default` of license `free`, generated from a seed: the same arguments give the same rows.
    ///
    /// All dates are relative to `as_of`; the edge cases are described at [`Domain::generated`].
    #[must_use]
    pub fn generated(users: usize, seed: u64, as_of: DateTime<Utc>) -> Self {
        Self::empty().domain(Domain::generated("Default", users, seed, as_of))
    }

    /// Renames the tenancy, which is called `tenancysimulator`.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Adds an identity domain.
    #[must_use]
    pub fn domain(mut self, mut domain: Domain) -> Self {
        // Each tenancy has a Default domain, whatever its name is.
        let is_named = domain.is_default;
        if is_named {
            for other in &mut self.domains {
                other.is_default = false;
            }
        }
        domain.is_default = is_named || self.domains.is_empty();
        self.domains.push(domain);
        self
    }

    /// Subscribes the tenancy to another region.
    #[must_use]
    pub fn subscribed_to(mut self, region: &str) -> Self {
        self.regions.push(region.to_owned());
        self
    }

    /// Moves the home region.
    #[must_use]
    pub fn home_region(mut self, region: &str) -> Self {
        self.regions
            .retain(|known| *known != self.home_region && known != region);
        self.regions.insert(0, region.to_owned());
        region.clone_into(&mut self.home_region);
        self
    }

    /// Adds a compartment; its OCID is [`Compartment::named`]'s.
    #[must_use]
    pub fn compartment(mut self, compartment: Compartment) -> Self {
        self.compartments.push(compartment);
        self
    }

    /// Adds a value of `host` that every service accepts, for a proxy or a TLS server in front of them.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.hosts.push(host.to_owned());
        self
    }

    /// Adds an event of OCI Audit.
    #[must_use]
    pub fn event(mut self, event: AuditEvent) -> Self {
        self.events.push(event);
        self
    }

    /// Adds events of the API keys of all domains so far, in all regions so far, from a seed: of three keys, two were used in the
    /// 200 days before `as_of`. Beside them are events that do not count: of resource principals, whose key ids are tokens, of a
    /// key of another tenancy, and requests that were refused with 401.
    #[must_use]
    pub fn with_events(mut self, seed: u64, as_of: DateTime<Utc>) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let before = |rng: &mut fastrand::Rng, days: i64| {
            as_of - TimeDelta::milliseconds(rng.i64(1..days * 86_400_000))
        };
        for domain in &self.domains {
            for (index, key) in domain
                .directory
                .credentials(ResourceType::ApiKeys)
                .iter()
                .enumerate()
            {
                let region =
                    |rng: &mut fastrand::Rng| self.regions[rng.usize(..self.regions.len())].clone();
                if index % 3 != 2 {
                    for _ in 0..rng.usize(1..4) {
                        let at = before(&mut rng, 200);
                        self.events.push(AuditEvent::api_key(
                            &region(&mut rng),
                            at,
                            &self.ocid,
                            key,
                        ));
                    }
                }
                let refused = before(&mut rng, 30);
                self.events.push(
                    AuditEvent::api_key(&region(&mut rng), refused, &self.ocid, key).status(401),
                );
                if index % 10 == 0 {
                    let (at, token) = (before(&mut rng, 30), format!("SECRET-token-{index}"));
                    self.events.push(AuditEvent::resource_principal(
                        &region(&mut rng),
                        at,
                        &token,
                    ));
                    let foreign = "ocid1.tenancy.oc1..aaaaaaaaanothertenancy";
                    self.events
                        .push(AuditEvent::api_key(&region(&mut rng), at, foreign, key));
                }
            }
        }
        self
    }

    /// Delays every response, as a network does.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Sets the lifetime of resource principal and session tokens; one hour by default.
    #[must_use]
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Sets the name of the bucket that exists from the start.
    #[must_use]
    pub fn bucket(mut self, name: &str) -> Self {
        name.clone_into(&mut self.bucket);
        self
    }

    /// Sets the OCID of the topic that exists from the start.
    #[must_use]
    pub fn topic(mut self, ocid: &str) -> Self {
        ocid.clone_into(&mut self.topic);
        self
    }

    /// Adds another topic.
    #[must_use]
    pub fn further_topic(mut self, ocid: &str) -> Self {
        self.further_topics.push(ocid.to_owned());
        self
    }

    /// Approves a sender of mails in a compartment.
    #[must_use]
    pub fn approved_sender(mut self, compartment: &str, address: &str) -> Self {
        self.approved_senders
            .push((Some(compartment.to_owned()), address.to_owned()));
        self
    }

    /// Opens the listeners and serves until the handle is dropped.
    ///
    /// # Errors
    /// If a port of the loopback interface cannot be bound.
    pub fn start(self) -> std::io::Result<TenancySim> {
        TenancySim::start(self)
    }
}

/// An OCID of the commercial realm. Its unique part is the reversed id, so that OCIDs and ids sort differently.
pub(crate) fn ocid(resource: &str, id: &str) -> String {
    let mut text = format!("ocid1.{resource}.oc1..aaaaaaaa");
    text.extend(id.chars().rev());
    text
}

/// The id inside an OCID of [`ocid`].
pub(crate) fn id_of_ocid(ocid: &str) -> Option<String> {
    let (_, unique) = ocid.rsplit_once("..aaaaaaaa")?;
    Some(unique.chars().rev().collect())
}

/// 32 hexadecimal digits, the form of a SCIM `id` in an identity domain.
pub(crate) fn id_from_text(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    crate::hex::digits(&digest[..16]).collect()
}
