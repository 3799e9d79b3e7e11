//! Finds the domains of a tenancy, and reads each as soon as it is known.
//!
//! A run of a small tenancy is a chain of answers that are waited for, so nothing waits for one that it can do without: a
//! domain that the first list tells of is read while others are still looked for, and a domain that is named is read while
//! its name and its licence are asked for. Until its licence is known, its pace is that of a Free domain.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::{Semaphore, mpsc};

use crate::config::ReadSettings;
use crate::env;
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::rate_limiter::RateLimiter;
use crate::judge::changes::PastDomain;
use crate::judge::{Audit, RunDescription, evaluate};
use crate::model::{Domain, DomainReading};
use crate::oci::identity::IdentityClient;
use crate::oci::scim::progress::ReadingProgress;

use super::domain_names;
use super::domains::{self, DomainSearchResult, SearchGap, TakeDomain};
use super::plan::RunPlan;
use super::read::{DomainToRead, ReadContext, read_domain};

/// Requests under way in the whole run. A container has 350 file descriptors; far fewer saturate any domain.
pub(crate) const MAX_CONCURRENT_REQUESTS: usize = 16;
/// DomainSearchResult that are read at the same time.
pub(crate) const MAX_CONCURRENT_DOMAINS: usize = 8;

/// What was found in a tenancy, not yet judged.
#[derive(Debug)]
pub struct TenancyReading {
    domains: DomainSearchResult,
    readings: Vec<DomainReading>,
}

impl TenancyReading {
    fn new(domains: DomainSearchResult, mut readings: Vec<DomainReading>) -> Self {
        domain_names::name_objects(readings.iter_mut().map(|reading| &mut reading.domain));
        Self { domains, readings }
    }

    /// Names domains that no list told of as an earlier run did.
    pub fn name_as_before(&mut self, before: &[PastDomain]) {
        let domains = self.readings.iter_mut().map(|reading| &mut reading.domain);
        domain_names::name_as_before(domains, before);
    }

    /// Names of domains that were found and are not read.
    pub fn found_unread(&self) -> &[String] {
        &self.domains.found_unread
    }

    /// Judges it.
    pub fn judge(self, run: RunDescription) -> Audit {
        let gaps = self.domains.gaps.into_iter().map(Into::into).collect();
        evaluate(run, self.readings, gaps, self.domains.passed_over)
    }
}

/// Finds the domains of a tenancy, and reads them side by side. How far it is stands in `progress` meanwhile.
pub async fn read_tenancy(
    plan: &RunPlan,
    settings: &ReadSettings,
    client: &Arc<SignedClient>,
    deadline: Deadline,
    progress: &ReadingProgress,
) -> TenancyReading {
    let context = ReadContext {
        client: Arc::clone(client),
        slots: Arc::new(Semaphore::new(MAX_CONCURRENT_REQUESTS)),
        deadline,
        credential_types: plan.credential_types,
        rate_limit: settings.rate_limit,
    };
    let search = DomainSearch::new(plan, settings, client, &context.slots, deadline);
    match search.urls {
        Some(urls) if domains::are_of_different_domains(urls) => {
            read_while_looked_up(&context, &search, urls, progress).await
        }
        _ => read_while_searching(&context, &search, progress).await,
    }
}

/// Reads each domain from the moment in which it is found.
async fn read_while_searching(
    context: &ReadContext,
    search: &DomainSearch<'_>,
    progress: &ReadingProgress,
) -> TenancyReading {
    let (reading, to_read) = mpsc::unbounded_channel();
    let searching = async move {
        // The channel lasts as long as its readers, and ends with the search.
        let mut hand_over = |domain, endpoint| drop(reading.send((domain, endpoint)));
        search.run(&mut hand_over).await
    };
    let to_read = stream::unfold(to_read, |mut to_read| async {
        to_read.recv().await.map(|next| (next, to_read))
    });
    let reading = to_read
        .map(|(domain, endpoint): (Domain, Endpoint)| {
            let limit = context.rate_limit.of(domain.licence.as_deref());
            let to_read = DomainToRead {
                endpoint,
                rate_limiter: Arc::new(RateLimiter::new(limit)),
                progress: progress.domain(&domain.name),
            };
            read_domain(context, domain, to_read)
        })
        .buffer_unordered(MAX_CONCURRENT_DOMAINS)
        .collect();
    let (domains, readings) = tokio::join!(searching, reading);
    TenancyReading::new(domains, readings)
}

/// Reads domains that are named while it is looked up what they are called.
async fn read_while_looked_up(
    context: &ReadContext,
    search: &DomainSearch<'_>,
    urls: &[Endpoint],
    progress: &ReadingProgress,
) -> TenancyReading {
    let to_read: Vec<_> = urls
        .iter()
        .map(|url| DomainToRead {
            endpoint: url.clone(),
            rate_limiter: Arc::new(RateLimiter::new(context.rate_limit.of(None))),
            progress: progress.domain(&domains::unknown(url).name),
        })
        .collect();
    let looking_up = async {
        let domains = search.look_up(urls).await;
        for (domain, to_read) in domains.iter().zip(&to_read) {
            let limit = context.rate_limit.of(domain.licence.as_deref());
            to_read.rate_limiter.set_limit(limit);
            to_read.progress.rename(&domain.name);
        }
        domains
    };
    let reading: Vec<_> = to_read
        .iter()
        .map(|to_read| {
            let domain = domains::unknown(&to_read.endpoint);
            read_domain(context, domain, to_read.clone()).boxed()
        })
        .collect();
    let reading = stream::iter(reading)
        .buffered(MAX_CONCURRENT_DOMAINS)
        .collect::<Vec<_>>();
    let (domains, mut readings) = tokio::join!(looking_up, reading);
    for (reading, domain) in readings.iter_mut().zip(domains) {
        reading.domain = domain;
    }
    domains::keep_one_each(&mut readings, |reading| &reading.domain);
    TenancyReading::new(DomainSearchResult::default(), readings)
}

/// The domains that are named, or every one of the tenancy, and what the search came to beside them.
pub(crate) async fn find_domains(
    plan: &RunPlan,
    settings: &ReadSettings,
    client: &Arc<SignedClient>,
    slots: &Arc<Semaphore>,
    deadline: Deadline,
) -> (Vec<(Domain, Endpoint)>, DomainSearchResult) {
    let mut to_read = Vec::new();
    let mut hand_over = |domain, endpoint| to_read.push((domain, endpoint));
    let search = DomainSearch::new(plan, settings, client, slots, deadline);
    let domains = search.run(&mut hand_over).await;
    to_read
        .sort_by(|(left, _), (right, _)| (&left.name, &left.url).cmp(&(&right.name, &right.url)));
    (to_read, domains)
}

/// Which domains are looked for, and who is asked for them.
struct DomainSearch<'a> {
    iam: IdentityClient,
    settings: &'a ReadSettings,
    tenancy: Option<String>,
    /// Those that are named.
    urls: Option<&'a [Endpoint]>,
}

impl<'a> DomainSearch<'a> {
    fn new(
        plan: &'a RunPlan,
        settings: &'a ReadSettings,
        client: &Arc<SignedClient>,
        slots: &Arc<Semaphore>,
        deadline: Deadline,
    ) -> Self {
        let identity = client.identity().ok();
        Self {
            iam: IdentityClient {
                client: Arc::clone(client),
                endpoint_override: settings.identity_endpoint.clone(),
                deadline,
                slots: Arc::clone(slots),
            },
            settings,
            tenancy: identity.and_then(|identity| identity.tenancy.clone()),
            urls: plan.domain_urls.as_deref(),
        }
    }

    async fn look_up(&self, urls: &[Endpoint]) -> Vec<Domain> {
        domains::look_up(
            &self.iam,
            &self.settings.region,
            self.tenancy.as_deref(),
            urls,
        )
        .await
    }

    async fn run(&self, to_read: TakeDomain<'_>) -> DomainSearchResult {
        let region = &self.settings.region;
        match (self.urls, self.tenancy.as_deref()) {
            (Some(urls), _) => {
                let domains = self.look_up(urls).await;
                let mut named: Vec<_> = domains.into_iter().zip(urls).collect();
                domains::keep_one_each(&mut named, |(domain, _)| domain);
                for (domain, url) in named {
                    to_read(domain, url.clone());
                }
                DomainSearchResult::default()
            }
            (None, Some(tenancy)) => {
                let rule = &self.settings.host_rule;
                domains::discover(&self.iam, region, tenancy, rule, to_read).await
            }
            (None, None) => DomainSearchResult {
                gaps: vec![SearchGap::about(
                    "the domains of the tenancy",
                    format!(
                        "the session token does not name its tenancy, so its domains cannot be looked for; set {}",
                        env::DOMAIN_URLS
                    ),
                )],
                ..DomainSearchResult::default()
            },
        }
    }
}
