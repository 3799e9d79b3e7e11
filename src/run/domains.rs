//! Which identity domains a run reads: those of the settings, or every one of the tenancy.
//!
//! DomainSearchResult lie in compartments, and their list is regional: a domain may be shown by one region only. So every compartment
//! is asked in every region that the tenancy is subscribed to. Whatever cannot be asked is named, and makes the run
//! PARTIAL: a domain that nobody looked for is a domain that nobody audited.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};

use crate::http::endpoint::{Endpoint, redact_user_info};
use crate::judge::discovery::DiscoveryGap;
use crate::model::{Domain, PassedOver, PassedOverFor};
use crate::oci::hosts::DomainHostRule;
use crate::oci::identity::{DiscoveryError, IdentityClient, ListedDomain};
use crate::oci::regions::{Region, is_label};
use crate::remedy::Remedy;

use super::domain_names::first_label;

/// Lists of domains that are asked for at the same time.
const MAX_CONCURRENT_LISTS: usize = 8;
/// Names and licences of given domains are not waited for longer: a run can do without them.
const MAX_NAME_LOOKUP_TIME: Duration = Duration::from_secs(5);
/// Types of domains whose users have none of the six credential types. Any other type, known or not, is read.
const EXTERNAL_LICENCES: [&str; 2] = ["external-user", "external-active-user"];
/// States in which a domain has no credential that anybody could use: "users can no longer authenticate to it" once it is
/// being deactivated, and it must be before it is deleted (Oracle documentation, to-deactivate-a-domain.htm and
/// to-delete-a-domain.htm). In any other, known or not, it is read.
const DEAD_STATES: [&str; 4] = ["CREATING", "INACTIVE", "DELETING", "DELETED"];
/// Takes a domain that is to be read, with the base URL that requests go to, as soon as it is known.
pub type TakeDomain<'a> = &'a mut (dyn FnMut(Domain, Endpoint) + Send);

/// What a search for domains came to, beside those that are to be read.
#[derive(Debug, Default)]
pub struct DomainSearchResult {
    /// What could not be asked or must not be read; each makes the run PARTIAL.
    pub gaps: Vec<SearchGap>,
    /// What is passed over on purpose.
    pub passed_over: Vec<PassedOver>,
    /// Names of domains that were found and are not read, for whatever reason: they are not gone.
    pub found_unread: Vec<String>,
}

/// Why domains may be missing, with what it is for a check to tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchGap {
    /// What it is about, in words that are the same in every run.
    pub about: Vec<String>,
    /// The list that could not be read, if it is for want of one.
    pub error: Option<DiscoveryError>,
    /// What follows from it, as the rest of its sentence; without a list, the whole sentence.
    pub text: String,
}

impl SearchGap {
    /// What is about one thing alone, and not for want of a list.
    pub fn about(about: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            about: vec![about.into()],
            error: None,
            text: text.into(),
        }
    }
}

impl fmt::Display for SearchGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            error.fmt(f)?;
        }
        f.write_str(&self.text)
    }
}

impl From<SearchGap> for DiscoveryGap {
    fn from(gap: SearchGap) -> Self {
        let message = gap.to_string();
        let statement = gap.error.and_then(|error| error.statement);
        Self::NotAsked {
            message,
            about: gap.about,
            remedy: statement.map(Remedy::GrantStatementOrNameDomains),
        }
    }
}

/// Hands over every domain of the tenancy.
pub async fn discover(
    iam: &IdentityClient,
    own_region: &Region,
    tenancy: &str,
    rule: &DomainHostRule,
    to_read: TakeDomain<'_>,
) -> DomainSearchResult {
    // What cannot be found in half of the time is named, so that what was found can be read.
    let iam = &IdentityClient {
        deadline: iam.deadline.within(iam.deadline.remaining() / 2),
        ..iam.clone()
    };
    let mut domains = DomainSearchResult::default();
    let mut not_to_be_read = Vec::new();
    let mut take = |listed: ListedDomain| {
        let name = listed
            .display_name
            .clone()
            .unwrap_or_else(|| listed.id.clone());
        match exclusion(&listed) {
            Some(reason) => {
                domains.found_unread.push(name.clone());
                domains.passed_over.push(PassedOver {
                    domain: name,
                    reason,
                });
            }
            None => match base_url(&listed, rule) {
                Ok(endpoint) => to_read(known(&listed, &endpoint), endpoint),
                Err(reason) => {
                    not_to_be_read.push(SearchGap::about(
                        format!("domain {name}"),
                        format!("domain {name} is not read: {reason}"),
                    ));
                    domains.found_unread.push(name);
                }
            },
        }
    };
    let mut gaps = Vec::new();
    list_everywhere(iam, own_region, tenancy, &mut gaps, &mut take).await;
    // In an order that does not depend on which list told of them first.
    not_to_be_read.sort_by(|left, right| left.about.cmp(&right.about));
    domains
        .passed_over
        .sort_by(|left, right| left.domain.cmp(&right.domain));
    gaps.append(&mut not_to_be_read);
    DomainSearchResult { gaps, ..domains }
}

/// What is known of the domains at `urls`, in their order. The domain list is asked only for names and licences, and may
/// fail.
pub async fn look_up(
    iam: &IdentityClient,
    own_region: &Region,
    tenancy: Option<&str>,
    urls: &[Endpoint],
) -> Vec<Domain> {
    let patience = MAX_NAME_LOOKUP_TIME.min(iam.deadline.remaining() / 4);
    let iam = &IdentityClient {
        deadline: iam.deadline.within(patience),
        ..iam.clone()
    };
    let mut listed = match tenancy {
        Some(tenancy) => iam
            .domains(own_region, tenancy)
            .await
            .unwrap_or_else(|error| {
                tracing::debug!(%error, "names and licences of domains are not known");
                Vec::new()
            }),
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
        // The root compartment has not all of them; whatever hinders the search elsewhere costs names alone.
        listed.clear();
        let mut take = |domain| listed.push(domain);
        list_everywhere(iam, own_region, tenancy, &mut Vec::new(), &mut take).await;
    }
    urls.iter()
        .map(|url| {
            listed
                .iter()
                .find(|listed| is_at(listed, url))
                .map_or_else(|| unknown(url), |listed| known(listed, url))
        })
        .collect()
}

/// Drops items of a domain that an item before it is of: a domain has one URL for all regions and one for its home region,
/// and by both it would be counted twice.
pub fn keep_one_each<T>(items: &mut Vec<T>, domain_of: impl Fn(&T) -> &Domain) {
    let mut ocids = HashSet::new();
    items.retain(|item| {
        let ocid = domain_of(item).ocid.as_ref();
        ocid.is_none_or(|ocid| ocids.insert(ocid.clone()))
    });
}

/// Whether no two URLs can be of one domain. Both forms of a domain's URL begin with a label of its own.
pub fn are_of_different_domains(urls: &[Endpoint]) -> bool {
    let mut seen = HashSet::new();
    let mut own_labels = urls.iter().map(|url| {
        let label = first_label(url);
        if label == url.host() {
            Some(url.authority().to_owned())
        } else {
            label.starts_with("idcs-").then_some(label)
        }
    });
    urls.len() < 2 || own_labels.all(|label| label.is_some_and(|label| seen.insert(label)))
}

/// Hands over every domain that any region lists in any compartment, each OCID once.
async fn list_everywhere(
    iam: &IdentityClient,
    own_region: &Region,
    tenancy: &str,
    gaps: &mut Vec<SearchGap>,
    found: &mut (dyn FnMut(ListedDomain) + Send),
) {
    let mut ocids = HashSet::new();
    let mut take = |listed: Vec<ListedDomain>| {
        for domain in listed {
            if ocids.insert(domain.id.clone()) {
                found(domain);
            }
        }
    };
    // Most domains lie at the root of the home region: its list depends on neither of the others.
    let (subscriptions, compartments, at_hand) = tokio::join!(
        iam.region_subscriptions(own_region, tenancy),
        iam.compartments(own_region, tenancy),
        async { iam.domains(own_region, tenancy).await.map(&mut take) }
    );
    let mut regions = vec![own_region.clone()];
    match subscriptions {
        Ok(subscriptions) => {
            for name in subscriptions.iter().map(|it| &it.region_name) {
                if !is_label(&name.to_ascii_lowercase()) {
                    let name = name.escape_debug();
                    gaps.push(SearchGap::about(
                        of_region(&name),
                        format!("`{name}` is no name of a region; its domains are not looked for"),
                    ));
                    continue;
                }
                let region = own_region.sibling(name, None);
                if regions.iter().all(|it| it.identifier != region.identifier) {
                    regions.push(region);
                }
            }
        }
        Err(error) => gaps.push(SearchGap {
            error: Some(error),
            ..SearchGap::about(
                "the region subscriptions of the tenancy",
                "; domains of other regions are not looked for",
            )
        }),
    }
    let mut places = vec![tenancy.to_owned()];
    match compartments {
        Ok(compartments) => {
            places.extend(compartments.into_iter().map(|compartment| compartment.id));
        }
        Err(error) => gaps.push(SearchGap {
            error: Some(error),
            ..SearchGap::about(
                "the compartments of the tenancy",
                "; domains outside of the root compartment are not looked for",
            )
        }),
    }
    let asked = regions
        .iter()
        .flat_map(|region| places.iter().map(move |place| (region, place)))
        .skip(1);
    let asked: Vec<_> = asked
        .map(|(region, place)| async move { (region, iam.domains(region, place).await) }.boxed())
        .collect();
    let mut answers = stream::iter(asked).buffered(MAX_CONCURRENT_LISTS);
    let mut failures = Vec::new();
    let mut about = BTreeSet::new();
    let mut next = Some((own_region, at_hand));
    while let Some((region, answer)) = next {
        if let Err(error) = answer {
            failures.push(error);
            about.insert(of_region(&region.identifier));
        }
        next = match answers.next().await {
            Some((region, answer)) => Some((region, answer.map(&mut take))),
            None => None,
        };
    }
    // Without the right to it every list fails alike: the first says it, the others are counted.
    let others = failures.len().saturating_sub(1);
    if let Some(first) = failures.into_iter().next() {
        gaps.push(SearchGap {
            about: about.into_iter().collect(),
            error: Some(first),
            text: if others == 0 {
                String::new()
            } else {
                format!("; and {others} further lists of domains")
            },
        });
    }
}

fn of_region(name: &impl fmt::Display) -> String {
    format!("the list of domains of region {name}")
}

/// Why a domain is passed over on purpose.
fn exclusion(listed: &ListedDomain) -> Option<PassedOverFor> {
    let licence = listed
        .license_type
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if EXTERNAL_LICENCES.contains(&licence.as_str()) {
        return Some(PassedOverFor::Type(licence));
    }
    let state = listed.lifecycle_state.as_deref().unwrap_or("ACTIVE");
    DEAD_STATES
        .iter()
        .any(|dead| state.eq_ignore_ascii_case(dead))
        .then(|| PassedOverFor::State(state.to_owned()))
}

fn base_url(listed: &ListedDomain, rule: &DomainHostRule) -> Result<Endpoint, String> {
    let url = listed
        .url
        .as_deref()
        .or(listed.home_region_url.as_deref())
        .ok_or("the list tells no URL")?;
    let endpoint = Endpoint::parse(url)
        .map_err(|error| format!("its URL `{}` {error}", redact_user_info(url)))?;
    if !rule.allows(&endpoint) {
        return Err(format!(
            "its host `{}` is none that may receive a signed request ({}); add it to AUDIT_ALLOWED_DOMAIN_HOSTS if it is right",
            endpoint.host(),
            rule.describe()
        ));
    }
    Ok(endpoint)
}

fn known(listed: &ListedDomain, endpoint: &Endpoint) -> Domain {
    Domain {
        name: listed
            .display_name
            .clone()
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| first_label(endpoint)),
        url: endpoint.to_string(),
        ocid: Some(listed.id.clone()),
        licence: listed.license_type.clone(),
        is_default: listed
            .domain_type
            .as_deref()
            .map(|credential_type| credential_type.eq_ignore_ascii_case("DEFAULT")),
        object_name: String::new(),
    }
}

/// A domain of which nothing is known but its URL.
pub fn unknown(endpoint: &Endpoint) -> Domain {
    Domain {
        name: first_label(endpoint),
        url: endpoint.to_string(),
        ocid: None,
        licence: None,
        is_default: None,
        object_name: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_domain_that_holds_nothing_anybody_can_use_is_passed_over() {
        let listed = |licence: &str, state: &str| {
            let listed =
                serde_json::json!({ "id": "x", "licenseType": licence, "lifecycleState": state });
            serde_json::from_value::<ListedDomain>(listed).expect("a domain")
        };
        for (licence, state, read) in [
            ("free", "ACTIVE", true),
            ("premium", "", true),
            ("free", "UPDATING", true),
            ("free", "FAILED", true),
            ("external-workforce", "ACTIVE", true),
            ("external", "ACTIVE", true),
            ("EXTERNAL-USER", "ACTIVE", false),
            ("external-active-user", "ACTIVE", false),
            ("free", "inactive", false),
            ("free", "DELETED", false),
        ] {
            let reason = exclusion(&listed(licence, state));
            assert_eq!(reason.is_none(), read, "{licence} {state}: {reason:?}");
        }
        assert_eq!(
            exclusion(&listed("free", "INACTIVE")),
            Some(PassedOverFor::State("INACTIVE".to_owned()))
        );
        assert_eq!(
            exclusion(&listed("External-User", "INACTIVE")),
            Some(PassedOverFor::Type("external-user".to_owned()))
        );
    }

    #[test]
    fn domains_are_told_apart_by_the_first_label_of_their_hosts() {
        for (urls, told_apart) in [
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
            assert_eq!(are_of_different_domains(&urls), told_apart, "{urls:?}");
        }
    }
}
