//! Finds the domains of a tenancy, and reads each as soon as it is found. Reads the tenancy's name meanwhile.
//!
//! Latency dominates the run of a small tenancy, so no step waits for a response that it does not need. The first domains are
//! read while the search goes on, and named domains are read while their names and licenses are looked up. Until a license
//! is known, the rate limit is that of a Free domain.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::mpsc;

use crate::config::ReadSettings;
use crate::env;
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::rate_limiter::RateLimiter;
use crate::judge::{Audit, RunDescription, Tenancy, evaluate};
use crate::model::{AdminGroups, Domain, DomainReading, SearchPart};
use crate::oci::identity::IdentityClient;
use crate::oci::scim::progress::ReadingProgress;
use crate::shard::Shard;

use super::domain_names;
use super::domains::{self, DomainSearchResult, TakeDomain};
use super::listed_domain;
use super::plan::RunPlan;
use super::read::{DomainToRead, ReadContext, read_domain};
use super::run_shares::RunShares;
use super::search_gap::SearchGap;
use super::tenancy_name;

/// Max domains to read concurrently.
pub(crate) const MAX_CONCURRENT_DOMAINS: usize = 8;

/// What a run read, not yet judged.
#[derive(Debug)]
pub struct TenancyReading {
    tenancy: Tenancy,
    domains: DomainSearchResult,
    readings: Vec<DomainReading>,
}

impl TenancyReading {
    fn new(
        tenancy: Tenancy,
        (domains, mut readings): (DomainSearchResult, Vec<DomainReading>),
    ) -> Self {
        domain_names::name_objects(readings.iter_mut().map(|reading| &mut reading.domain));
        Self {
            tenancy,
            domains,
            readings,
        }
    }

    /// The tenancy that was read.
    pub const fn tenancy(&self) -> &Tenancy {
        &self.tenancy
    }

    /// The domains that were read.
    pub fn readings(&self) -> &[DomainReading] {
        &self.readings
    }

    /// Base URLs of domains that were found but are not read.
    pub fn found_not_read(&self) -> &[String] {
        &self.domains.found_not_read
    }

    /// Marks administrators, now that each domain is known.
    fn mark_administrators(&mut self, groups: &AdminGroups, shard: Option<Shard>) {
        for reading in &mut self.readings {
            reading.mark_administrators(groups);
        }
        // The domain of such a group may be in another shard.
        if shard.is_some() {
            return;
        }
        let domains = self.readings.iter();
        let domains = domains.map(|reading| reading.domain.name.as_str());
        for domain in groups.domains_not_in(domains) {
            tracing::warn!(
                setting = env::ADMIN_GROUPS,
                domain,
                "no domain that was read has this name, so the administrators in its groups are not known"
            );
        }
    }

    /// Judges it.
    pub fn judge(self, run: RunDescription) -> Audit {
        let gaps = self.domains.gaps.into_iter().map(Into::into).collect();
        let run = run.with_domains_elsewhere(self.domains.in_other_shards);
        evaluate(run, self.readings, gaps, self.domains.skipped_domains)
    }
}

/// Finds the domains of a tenancy, reads them and the tenancy's name concurrently, and reports progress.
pub async fn read_tenancy(
    plan: &RunPlan,
    settings: &ReadSettings,
    client: &Arc<SignedClient>,
    deadline: Deadline,
    progress: &ReadingProgress,
) -> TenancyReading {
    let context = ReadContext {
        client: Arc::clone(client),
        shares: RunShares::new(settings.memory),
        started: plan.started,
        deadline,
        credential_types: plan.credential_types,
        users: settings.users.clone(),
        rate_limit: settings.rate_limit,
    };
    let search = DomainSearch::new(plan, settings, client, &context.shares, deadline);
    let reading = async {
        match &search.urls {
            Some(urls) if domains::are_of_different_domains(urls) => {
                read_while_looked_up(&context, &search, urls, progress).await
            }
            _ => read_while_searching(&context, &search, progress).await,
        }
    };
    let naming = tenancy_name::describe(&search.iam, settings, search.tenancy.as_deref());
    let (read, tenancy) = tokio::join!(reading, naming);
    let mut reading = TenancyReading::new(tenancy, read);
    reading.mark_administrators(&settings.users.admin_groups, plan.shard);
    reading
}

/// Reads each domain as soon as the search finds it.
async fn read_while_searching(
    context: &ReadContext,
    search: &DomainSearch<'_>,
    progress: &ReadingProgress,
) -> (DomainSearchResult, Vec<DomainReading>) {
    let (reading, to_read) = mpsc::unbounded_channel();
    let searching = async move {
        // The channel closes when the search ends.
        let mut send = |domain, endpoint| drop(reading.send((domain, endpoint)));
        search.run(&mut send).await
    };
    let to_read = stream::unfold(to_read, |mut to_read| async {
        to_read.recv().await.map(|next| (next, to_read))
    });
    let reading = to_read
        .map(|(domain, endpoint): (Domain, Endpoint)| {
            let limit = context.rate_limit.of(domain.license.as_deref());
            let to_read = DomainToRead {
                endpoint,
                rate_limiter: Arc::new(RateLimiter::new(limit)),
                progress: progress.domain(&domain.name),
            };
            read_domain(context, domain, to_read)
        })
        .buffer_unordered(MAX_CONCURRENT_DOMAINS)
        .collect();
    tokio::join!(searching, reading)
}

/// Reads named domains while their names are looked up.
async fn read_while_looked_up(
    context: &ReadContext,
    search: &DomainSearch<'_>,
    urls: &[Endpoint],
    progress: &ReadingProgress,
) -> (DomainSearchResult, Vec<DomainReading>) {
    let to_read: Vec<_> = urls
        .iter()
        .map(|url| DomainToRead {
            endpoint: url.clone(),
            rate_limiter: Arc::new(RateLimiter::new(context.rate_limit.of(None))),
            progress: progress.domain(&listed_domain::unknown(url).name),
        })
        .collect();
    let looking_up = async {
        let domains = search.look_up(urls).await;
        for (domain, to_read) in domains.iter().zip(&to_read) {
            let Some(domain) = domain else { continue };
            let limit = context.rate_limit.of(domain.license.as_deref());
            to_read.rate_limiter.set_limit(limit);
            to_read.progress.rename(&domain.name);
        }
        domains
    };
    let reading: Vec<_> = to_read
        .iter()
        .map(|to_read| {
            let domain = listed_domain::unknown(&to_read.endpoint);
            read_domain(context, domain, to_read.clone()).boxed()
        })
        .collect();
    let reading = stream::iter(reading)
        .buffered(MAX_CONCURRENT_DOMAINS)
        .collect::<Vec<_>>();
    let (domains, readings) = tokio::join!(looking_up, reading);
    let readings = readings.into_iter().zip(domains);
    let readings = readings
        .filter_map(|(reading, domain)| {
            Some(DomainReading {
                domain: domain?,
                ..reading
            })
        })
        .collect();
    (search.named(), readings)
}

/// The named domains, or all domains of the tenancy, and what else the search found.
pub(crate) async fn find_domains(
    plan: &RunPlan,
    settings: &ReadSettings,
    client: &Arc<SignedClient>,
    shares: &RunShares,
    deadline: Deadline,
) -> (Vec<(Domain, Endpoint)>, DomainSearchResult) {
    let mut to_read = Vec::new();
    let mut send = |domain, endpoint| to_read.push((domain, endpoint));
    let search = DomainSearch::new(plan, settings, client, shares, deadline);
    let domains = search.run(&mut send).await;
    to_read
        .sort_by(|(left, _), (right, _)| (&left.name, &left.url).cmp(&(&right.name, &right.url)));
    (to_read, domains)
}

/// A search for domains.
struct DomainSearch<'a> {
    iam: IdentityClient,
    settings: &'a ReadSettings,
    tenancy: Option<String>,
    /// Base URLs of the named domains, as far as they are in the shard; `None` to discover all.
    urls: Option<Vec<Endpoint>>,
    /// Base URLs of named domains in other shards.
    elsewhere: u64,
    shard: Option<Shard>,
}

impl<'a> DomainSearch<'a> {
    fn new(
        plan: &'a RunPlan,
        settings: &'a ReadSettings,
        client: &Arc<SignedClient>,
        shares: &RunShares,
        deadline: Deadline,
    ) -> Self {
        let identity = client.identity().ok();
        let in_shard = |url: &&Endpoint| {
            let shard = plan.shard;
            shard.is_none_or(|shard| shard.contains(&domains::shard_key_of_url(url)))
        };
        let named = plan.domain_urls.as_deref();
        let urls = named.map(|urls| urls.iter().filter(in_shard).cloned().collect::<Vec<_>>());
        let elsewhere = named.unwrap_or_default().len() - urls.as_ref().map_or(0, Vec::len);
        Self {
            iam: IdentityClient {
                client: Arc::clone(client),
                endpoint_override: settings.identity_endpoint.clone(),
                deadline,
                slots: shares.slots.share(),
                memory: shares.responses.share(),
                row_bytes: Arc::default(),
            },
            settings,
            tenancy: identity.and_then(|identity| identity.tenancy.clone()),
            urls,
            elsewhere: elsewhere as u64,
            shard: plan.shard,
        }
    }

    /// The result of a search that looks for no further domains.
    fn named(&self) -> DomainSearchResult {
        DomainSearchResult {
            in_other_shards: self.elsewhere,
            ..DomainSearchResult::default()
        }
    }

    async fn look_up(&self, urls: &[Endpoint]) -> Vec<Option<Domain>> {
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
        match (&self.urls, self.tenancy.as_deref()) {
            (Some(urls), _) => {
                let domains = self.look_up(urls).await;
                for (domain, url) in domains.into_iter().zip(urls) {
                    if let Some(domain) = domain {
                        to_read(domain, url.clone());
                    }
                }
                self.named()
            }
            (None, Some(tenancy)) => {
                let rule = &self.settings.host_rule;
                domains::discover(&self.iam, region, tenancy, rule, self.shard, to_read).await
            }
            (None, None) => DomainSearchResult {
                gaps: vec![SearchGap::about(
                    SearchPart::Everything,
                    format!(
                        "the session token does not name its tenancy, so its domains cannot be discovered; set {}",
                        env::DOMAIN_URLS
                    ),
                )],
                ..DomainSearchResult::default()
            },
        }
    }
}
