//! The identity domains that a run reads: those that settings or invocation name, or all domains of the tenancy.
//!
//! A domain is in a compartment, and its region's list may be the only one that shows it. So the search lists the domains of
//! every compartment in every subscribed region. Each list that cannot be read becomes a gap and makes the run PARTIAL.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};

use crate::http::endpoint::Endpoint;
use crate::model::{Domain, SearchPart, SkippedDomain};
use crate::oci::hosts::DomainHostRule;
use crate::oci::identity::{
    Compartment, DiscoveryError, IdentityClient, ListedDomain, RegionSubscription, Rows,
};
use crate::oci::regions::{Region, is_region_name};
use crate::server_text::{FailureText, ServerText};
use crate::shard::Shard;

use super::domain_names::first_label;
use super::known_domains::{KnownDomains, UnreadableRows};
use super::listed_domain::{base_url, base_urls, exclusion, known, shard_key, unknown};
use super::search_gap::SearchGap;

/// Max lists of domains to read concurrently.
const MAX_CONCURRENT_LISTS: usize = 8;
/// Max time to look up names and licenses of named domains. A run can do without them.
const MAX_NAME_LOOKUP_TIME: Duration = Duration::from_secs(5);
/// Receives each domain to read, with its base URL, as soon as it is found.
pub type TakeDomain<'a> = &'a mut (dyn FnMut(Domain, Endpoint) + Send);

/// What a search found in addition to the domains to read.
#[derive(Debug, Default)]
pub struct DomainSearchResult {
    /// Lists that could not be read, and domains that must not be read. Each makes the run PARTIAL.
    pub gaps: Vec<SearchGap>,
    /// Domains that are excluded on purpose.
    pub skipped_domains: Vec<SkippedDomain>,
    /// Base URLs of domains that were found but are not read, in every form. A comparison must not report them as gone.
    pub found_not_read: Vec<String>,
    /// Domains of other shards.
    pub in_other_shards: u64,
}

/// Finds every domain of the tenancy.
pub async fn discover(
    iam: &IdentityClient,
    own_region: &Region,
    tenancy: &str,
    rule: &DomainHostRule,
    shard: Option<Shard>,
    to_read: TakeDomain<'_>,
) -> DomainSearchResult {
    // The other half of the time is for reading what was found.
    let iam = &IdentityClient {
        deadline: iam.deadline.within(iam.deadline.remaining() / 2),
        ..iam.clone()
    };
    let mut domains = DomainSearchResult::default();
    let mut not_to_be_read = Vec::new();
    let mut take = |listed: ListedDomain| {
        if shard.is_some_and(|shard| !shard.contains(&shard_key(&listed))) {
            domains.in_other_shards += 1;
            return;
        }
        let name = String::from(listed.name());
        match exclusion(&listed) {
            Some(reason) => {
                domains.found_not_read.extend(base_urls(&listed));
                domains.skipped_domains.push(SkippedDomain {
                    domain: name,
                    reason,
                });
            }
            None => match base_url(&listed, rule) {
                Ok(endpoint) => to_read(known(&listed, &endpoint), endpoint),
                Err(reason) => {
                    let text = FailureText::quoting(
                        format!("domain {name} is not read: {reason}"),
                        format!("domain {name} is not read: {reason:#}"),
                    );
                    not_to_be_read.push(SearchGap::about(SearchPart::Domain(name), text));
                    domains.found_not_read.extend(base_urls(&listed));
                }
            },
        }
    };
    let mut gaps = Vec::new();
    list_everywhere(iam, own_region, tenancy, &mut gaps, &mut take).await;
    // The order must not depend on which list was read first.
    not_to_be_read.sort_by(|left, right| left.parts.cmp(&right.parts));
    domains
        .skipped_domains
        .sort_by(|left, right| left.domain.cmp(&right.domain));
    gaps.append(&mut not_to_be_read);
    DomainSearchResult { gaps, ..domains }
}

/// Looks up names and licenses of the domains at `urls`, in their order. `None` for a second URL of a domain: each domain has
/// one for all regions and one for its home region, and must not be counted twice. If the list of domains cannot be read,
/// names come from the URLs.
pub async fn look_up(
    iam: &IdentityClient,
    own_region: &Region,
    tenancy: Option<&str>,
    urls: &[Endpoint],
) -> Vec<Option<Domain>> {
    let patience = MAX_NAME_LOOKUP_TIME.min(iam.deadline.remaining() / 4);
    let iam = &IdentityClient {
        deadline: iam.deadline.within(patience),
        ..iam.clone()
    };
    let mut listed = match tenancy {
        Some(tenancy) => iam.domains(own_region, tenancy).await.map_or_else(
            |error| {
                tracing::debug!(%error, "names and licenses of domains are unknown");
                Vec::new()
            },
            |list| list.rows,
        ),
        None => Vec::new(),
    };
    let is_at = |listed: &ListedDomain, url: &Endpoint| {
        [&listed.url, &listed.home_region_url]
            .into_iter()
            .flatten()
            .any(|text| Endpoint::parse(text).is_ok_and(|endpoint| endpoint == *url))
    };
    let all_found = urls
        .iter()
        .all(|url| listed.iter().any(|listed| is_at(listed, url)));
    if let (Some(tenancy), false, false) = (tenancy, all_found, listed.is_empty()) {
        // Some domains are not in the root compartment. Gaps of this search cost only names.
        listed.clear();
        let mut take = |domain| listed.push(domain);
        list_everywhere(iam, own_region, tenancy, &mut Vec::new(), &mut take).await;
    }
    let mut taken = HashSet::new();
    urls.iter()
        .map(|url| {
            let Some(row) = listed.iter().position(|listed| is_at(listed, url)) else {
                return Some(unknown(url));
            };
            taken.insert(row).then(|| known(&listed[row], url))
        })
        .collect()
}

/// Whether the URLs are known to be of different domains. Both forms of a domain's URL begin with its own label.
pub fn are_of_different_domains(urls: &[Endpoint]) -> bool {
    let mut seen = HashSet::new();
    let mut own_labels = urls.iter().map(own_label);
    urls.len() < 2 || own_labels.all(|label| label.is_some_and(|label| seen.insert(label)))
}

/// The label of a domain, which both forms of its URL begin with; of an address the whole authority. `None` for another host.
fn own_label(url: &Endpoint) -> Option<String> {
    let label = first_label(url);
    if label == url.host() {
        Some(url.authority().to_owned())
    } else {
        label.starts_with("idcs-").then_some(label)
    }
}

/// What decides the shard of a domain that is named by its URL: its label, else the whole URL. Not its OCID: the list that has it may
/// be readable for one shard and not for another.
pub fn shard_key_of_url(url: &Endpoint) -> String {
    own_label(url).unwrap_or_else(|| url.to_string())
}

/// Finds every domain in any compartment of any region, each once.
async fn list_everywhere(
    iam: &IdentityClient,
    own_region: &Region,
    tenancy: &str,
    gaps: &mut Vec<SearchGap>,
    found: &mut (dyn FnMut(ListedDomain) + Send),
) {
    let mut known = KnownDomains::default();
    let mut unreadable = UnreadableRows::default();
    let mut take = |list: Rows<ListedDomain>| {
        for domain in list.rows {
            if known.insert(&domain) {
                found(domain);
            }
        }
        list.unreadable
    };
    // Most domains are in the root compartment of the home region, so its list is read without waiting for the others.
    let (subscriptions, compartments, root_domains) = tokio::join!(
        iam.region_subscriptions(own_region, tenancy),
        iam.compartments(own_region, tenancy),
        async { iam.domains(own_region, tenancy).await.map(&mut take) }
    );
    let regions = regions_to_search(own_region, subscriptions, gaps);
    let compartment_ids = compartments_to_search(tenancy, compartments, gaps);
    // The future of a list is made when it is requested, because there may be a million lists.
    let (regions, ids) = (&regions, &compartment_ids);
    let lists = (1..regions.len() * ids.len())
        .map(|number| domains_of(iam, &regions[number / ids.len()], &ids[number % ids.len()]));
    let mut answers = stream::iter(lists).buffered(MAX_CONCURRENT_LISTS);
    let mut failures = Vec::new();
    let mut parts = BTreeSet::new();
    let mut next = Some((own_region, root_domains));
    while let Some((region, answer)) = next {
        let part = || SearchPart::Region(region.identifier.clone());
        match answer {
            Ok(rows) => unreadable.add(rows, part),
            Err(error) => {
                failures.push(error);
                parts.insert(part());
            }
        }
        next = match answers.next().await {
            Some((region, answer)) => Some((region, answer.map(&mut take))),
            None => None,
        };
    }
    gaps.extend(gap_of_lists(failures, parts));
    gaps.extend(unreadable.gap("lists of domains"));
    if gaps.is_empty() && known.lack_default() {
        gaps.push(SearchGap::about(
            SearchPart::Region(own_region.identifier.clone()),
            "the lists of domains lack the Default domain, and every tenancy has one",
        ));
    }
    gaps.extend(known.contradictions());
}

type DomainsOf<'a> = (&'a Region, Result<Rows<ListedDomain>, DiscoveryError>);

/// The domains of a compartment, by the list of a region.
fn domains_of<'a>(
    iam: &'a IdentityClient,
    region: &'a Region,
    compartment: &'a str,
) -> BoxFuture<'a, DomainsOf<'a>> {
    async move { (region, iam.domains(region, compartment).await) }.boxed()
}

/// The own region, then the other valid regions that the tenancy subscribes to.
fn regions_to_search(
    own_region: &Region,
    subscriptions: Result<Rows<RegionSubscription>, DiscoveryError>,
    gaps: &mut Vec<SearchGap>,
) -> Vec<Region> {
    let mut regions = vec![own_region.clone()];
    match subscriptions {
        Ok(subscriptions) => {
            let mut unreadable = UnreadableRows::default();
            unreadable.add(subscriptions.unreadable, || SearchPart::RegionSubscriptions);
            gaps.extend(unreadable.gap("region subscriptions of the tenancy"));
            if subscriptions.rows.is_empty() && subscriptions.unreadable == 0 {
                gaps.push(SearchGap::about(
                    SearchPart::RegionSubscriptions,
                    "the list of region subscriptions is empty, and every tenancy has one; domains of other regions are not searched",
                ));
            }
            for name in subscriptions
                .rows
                .iter()
                .map(|subscription| &subscription.region_name)
            {
                if !is_region_name(&name.to_ascii_lowercase()) {
                    gaps.push(SearchGap::about(
                        SearchPart::RegionSubscriptions,
                        invalid_region(name),
                    ));
                    continue;
                }
                let region = own_region.sibling(name, None);
                if regions
                    .iter()
                    .all(|known| known.identifier != region.identifier)
                {
                    regions.push(region);
                }
            }
        }
        Err(error) => gaps.push(SearchGap {
            error: Some(error),
            ..SearchGap::about(
                SearchPart::RegionSubscriptions,
                "; domains of other regions are not searched",
            )
        }),
    }
    regions
}

/// The text may be any, so it has the words of the service.
fn invalid_region(name: &str) -> FailureText {
    let rest = "is not a valid region name; its domains are not searched";
    let with_words = format!("`{}` {rest}", ServerText::new(name));
    FailureText::quoting(
        format!("a name in the list of region subscriptions {rest}"),
        with_words,
    )
}

/// The ids of the root compartment and of every other compartment.
fn compartments_to_search(
    tenancy: &str,
    compartments: Result<Rows<Compartment>, DiscoveryError>,
    gaps: &mut Vec<SearchGap>,
) -> Vec<String> {
    let mut ids = vec![tenancy.to_owned()];
    match compartments {
        Ok(compartments) => {
            let mut unreadable = UnreadableRows::default();
            unreadable.add(compartments.unreadable, || SearchPart::Compartments);
            gaps.extend(unreadable.gap("compartments of the tenancy"));
            let rows = compartments.rows.into_iter();
            let mut known = HashSet::from([tenancy.to_owned()]);
            ids.extend(
                rows.map(|compartment| compartment.id)
                    .filter(|id| known.insert(id.clone())),
            );
        }
        Err(error) => gaps.push(SearchGap {
            error: Some(error),
            ..SearchGap::about(
                SearchPart::Compartments,
                "; domains outside of the root compartment are not searched",
            )
        }),
    }
    ids
}

/// One gap about all lists that could not be read. Without the permission, every list fails with the same error: it reports
/// the first, and counts the others.
fn gap_of_lists(failures: Vec<DiscoveryError>, parts: BTreeSet<SearchPart>) -> Option<SearchGap> {
    let others = failures.len().saturating_sub(1);
    let first = failures.into_iter().next()?;
    Some(SearchGap {
        parts: parts.into_iter().collect(),
        error: Some(first),
        text: match others {
            0 => FailureText::default(),
            _ => format!("; and {others} further lists of domains").into(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_labels_of_hosts_distinguish_domains() {
        for (urls, different) in [
            (&["https://login.example.com"][..], true),
            (
                &[
                    "https://idcs-1.identity.oraclecloud.com",
                    "https://idcs-2.identity.oraclecloud.com",
                ],
                true,
            ),
            (
                &[
                    "https://idcs-1.identity.oraclecloud.com",
                    "https://IDCS-1.eu-frankfurt-1-idcs-1.identity.eu-frankfurt-1.oci.oraclecloud.com",
                ],
                false,
            ),
            (
                &[
                    "https://idcs-1.identity.oraclecloud.com",
                    "https://login.example.com",
                ],
                false,
            ),
            (&["http://127.0.0.1:1", "http://127.0.0.1:2"], true),
        ] {
            let urls: Vec<_> = urls
                .iter()
                .map(|url| Endpoint::parse(url).expect("a URL"))
                .collect();
            assert_eq!(are_of_different_domains(&urls), different, "{urls:?}");
        }
    }
}
