//! The IAM service: the tenancy, region subscriptions, compartments and identity domains, under `/20160918`.
//!
//! One listener serves all regions. The first segment of the path is the region, so that the endpoint
//! `http://127.0.0.1:<port>/{region}` is that of `https://identity.{region}.oci.oraclecloud.com`. Without it the home
//! region answers. The signature covers the path as sent, with the region.

mod tenancy_by_id;

use crate::reply::Reply;
use crate::target::parameter;
use crate::tenancy::Compartment;
use crate::wire::Request;
use serde_json::{Value as Json, json};
use std::sync::{Mutex, PoisonError};

/// The data of IAM.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) tenancy: String,
    /// The tenancy's name.
    pub(crate) name: String,
    pub(crate) home_region: String,
    pub(crate) regions: Vec<String>,
    pub(crate) compartments: Vec<Compartment>,
    pub(crate) domains: Vec<ListedDomain>,
    pub(crate) paging: Mutex<Paging>,
}

/// A domain as ListDomains returns it.
#[derive(Clone, Debug)]
pub(crate) struct ListedDomain {
    pub(crate) ocid: String,
    pub(crate) name: String,
    pub(crate) compartment: String,
    pub(crate) url: String,
    pub(crate) license: String,
    pub(crate) is_default: bool,
    pub(crate) lifecycle_state: String,
    pub(crate) regions: Vec<String>,
}

/// How IAM pages its lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paging {
    /// Items per page unless the request limits them.
    pub(crate) size: usize,
    /// Whether the first page is empty although more follow, which Oracle documents as possible.
    pub(crate) empty_first_page: bool,
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            size: 1000,
            empty_first_page: false,
        }
    }
}

impl Identity {
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        let path = request.path();
        let (region, rest) = match path.trim_start_matches('/').split_once('/') {
            Some((first, rest)) if first != "20160918" => (first, rest),
            _ => (self.home_region.as_str(), path.trim_start_matches('/')),
        };
        if !self.regions.iter().any(|known| known == region) {
            return not_found();
        }
        let segments: Vec<&str> = rest.split('/').collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["20160918", "tenancies", tenancy]) => self.tenancy_by_id(tenancy),
            ("GET", ["20160918", "tenancies", tenancy, "regionSubscriptions"]) => {
                self.region_subscriptions(tenancy)
            }
            ("GET", ["20160918", "compartments"]) => self.list_compartments(request.query()),
            ("GET", ["20160918", "domains"]) => self.list_domains(region, request.query()),
            _ => not_found(),
        }
    }

    fn region_subscriptions(&self, tenancy: &str) -> Reply {
        if crate::target::segment(tenancy).as_deref() != Some(self.tenancy.as_str()) {
            return not_found();
        }
        let list: Vec<Json> = self
            .regions
            .iter()
            .map(|region| {
                json!({
                    "regionKey": region.get(3..6).unwrap_or(region).to_uppercase(),
                    "regionName": region,
                    "status": "READY",
                    "isHomeRegion": *region == self.home_region,
                })
            })
            .collect();
        Reply::json(200, &Json::Array(list))
    }

    /// The compartments below the tenancy, without the root.
    fn list_compartments(&self, query: &str) -> Reply {
        let Some(parent) = parameter(query, "compartmentId") else {
            return Reply::oci_error(
                400,
                "MissingParameter",
                "The required parameter 'compartmentId' is missing",
            );
        };
        let subtree = parameter(query, "compartmentIdInSubtree").as_deref() == Some("true");
        if parent != self.tenancy {
            if subtree {
                return Reply::oci_error(
                    400,
                    "InvalidParameter",
                    "compartmentIdInSubtree is for the root compartment only",
                );
            }
            return if self.knows(&parent) {
                self.page(query, Vec::new())
            } else {
                not_found()
            };
        }
        let state = parameter(query, "lifecycleState").unwrap_or_else(|| "ACTIVE".to_owned());
        let all = self
            .compartments
            .iter()
            .filter(|_| state == "ACTIVE")
            .map(|compartment| {
                json!({
                    "id": compartment.ocid,
                    "compartmentId": self.tenancy,
                    "name": compartment.name,
                    "description": compartment.name,
                    "timeCreated": "2020-01-01T00:00:00.000Z",
                    "lifecycleState": "ACTIVE",
                    "isAccessible": true,
                    "freeformTags": {},
                    "definedTags": {},
                })
            });
        self.page(query, all.collect())
    }

    /// The domains of one compartment that this region shows.
    fn list_domains(&self, region: &str, query: &str) -> Reply {
        let Some(compartment) = parameter(query, "compartmentId") else {
            return Reply::oci_error(
                400,
                "MissingParameter",
                "The required parameter 'compartmentId' is missing",
            );
        };
        if !self.knows(&compartment) {
            return not_found();
        }
        let wanted =
            |name: &str, value: &str| parameter(query, name).is_none_or(|wanted| wanted == value);
        let all = self.domains.iter().filter(|domain| {
            domain.compartment == compartment
                && domain.regions.iter().any(|own| own == region)
                && wanted("lifecycleState", &domain.lifecycle_state)
                && wanted("displayName", &domain.name)
                && wanted("licenseType", &domain.license)
        });
        let mut all: Vec<&ListedDomain> = all.collect();
        if parameter(query, "sortBy").as_deref() == Some("NAME") {
            all.sort_by(|left, right| left.name.cmp(&right.name));
        }
        self.page(
            query,
            all.into_iter()
                .map(|domain| domain.to_json(&self.home_region))
                .collect(),
        )
    }

    fn knows(&self, compartment: &str) -> bool {
        compartment == self.tenancy
            || self
                .compartments
                .iter()
                .any(|known| known.ocid == compartment)
    }

    /// One page of a list; the token is the position of the next item, or `first` after an empty first page.
    fn page(&self, query: &str, items: Vec<Json>) -> Reply {
        let paging = *self.paging.lock().unwrap_or_else(PoisonError::into_inner);
        let token = parameter(query, "page");
        if paging.empty_first_page && token.is_none() {
            return Reply::json(200, &json!([])).header("opc-next-page", "first");
        }
        let start = match token.as_deref() {
            None | Some("first") => 0,
            Some(token) => match token.parse::<usize>() {
                Ok(start) if start <= items.len() => start,
                _ => {
                    return Reply::oci_error(
                        400,
                        "InvalidParameter",
                        "The page token is not valid",
                    );
                }
            },
        };
        let asked = parameter(query, "limit")
            .and_then(|limit| limit.parse().ok())
            .unwrap_or(paging.size);
        let end = (start + asked.clamp(1, paging.size)).min(items.len());
        let more = end < items.len();
        let reply = Reply::json(
            200,
            &Json::Array(items.into_iter().skip(start).take(end - start).collect()),
        );
        if more {
            reply.header("opc-next-page", &end.to_string())
        } else {
            reply
        }
    }
}

impl ListedDomain {
    fn to_json(&self, home_region: &str) -> Json {
        let replicas: Vec<Json> = self
            .regions
            .iter()
            .filter(|region| *region != home_region)
            .map(|region| json!({ "region": region, "url": self.url, "regionKey": "", "state": "REPLICATION_ENABLED" }))
            .collect();
        json!({
            "id": self.ocid,
            "compartmentId": self.compartment,
            "displayName": self.name,
            "description": self.name,
            "url": self.url,
            "homeRegionUrl": self.url,
            "homeRegion": home_region,
            "replicaRegions": replicas,
            "type": if self.is_default { "DEFAULT" } else { "SECONDARY" },
            "licenseType": self.license,
            "isHiddenOnLogin": false,
            "timeCreated": "2020-01-01T00:00:00.000Z",
            "lifecycleState": self.lifecycle_state,
            "lifecycleDetails": null,
            "freeformTags": {},
            "definedTags": {},
        })
    }
}

fn not_found() -> Reply {
    Reply::oci_error(
        404,
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
    )
}
