//! The query for a list, and the request for one of its pages.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderValue, Method};

use crate::http::client::{Content, Request};
use crate::http::endpoint::Endpoint;
use crate::percent::percent_encode;

use super::attributes::is_optional;

/// The largest page that the API allows ("Maximum Value: 1000").
pub(super) const PAGE_SIZE: u64 = 1000;
/// The smallest page that is requested, after larger ones were too large.
const MIN_PAGE_SIZE: u64 = 50;

/// The size of the pages of a list. Clones share it.
#[derive(Clone, Debug)]
pub struct PageSize(Arc<Sizes>);

#[derive(Debug)]
struct Sizes {
    /// Rows to request: fewer once a page was too large.
    rows: AtomicU64,
    /// Bytes of the largest page so far; 0 before the first one.
    largest: AtomicU64,
    first_page_part: u64,
}

impl PageSize {
    /// For users. A page has several megabytes, because users name their groups and credentials.
    pub(super) fn of_users() -> Self {
        Self::new(8)
    }

    /// For credentials. A page has about 600 kB.
    pub(super) fn of_credentials() -> Self {
        Self::new(32)
    }

    fn new(first_page_part: u64) -> Self {
        Self(Arc::new(Sizes {
            rows: AtomicU64::new(PAGE_SIZE),
            largest: AtomicU64::new(0),
            first_page_part,
        }))
    }

    /// The part of the memory for all responses that the first page may take: one in this many.
    pub(super) fn first_page_part(&self) -> u64 {
        self.0.first_page_part
    }

    /// Rows to request.
    pub(super) fn rows(&self) -> u64 {
        self.0.rows.load(Ordering::Relaxed)
    }

    /// Bytes of the largest page; `None` before the first one.
    pub(super) fn largest_bytes(&self) -> Option<u64> {
        let largest = self.0.largest.load(Ordering::Relaxed);
        (largest > 0).then_some(largest)
    }

    /// Remembers the size of a page.
    pub(super) fn received(&self, bytes: u64) {
        self.0.largest.fetch_max(bytes, Ordering::Relaxed);
    }

    /// Halves the number after a page of `tried` rows was too large, unless another page did so already. Returns whether a smaller
    /// page can be requested.
    pub(super) fn halve(&self, tried: u64) -> bool {
        let half = (tried / 2).max(MIN_PAGE_SIZE);
        self.0.rows.fetch_min(half, Ordering::Relaxed);
        self.rows() < tried
    }
}

/// Which list to read, and which of its rows and attributes.
#[derive(Clone, Debug)]
pub struct Query {
    /// Path segment below `/admin/v1/`: `ApiKeys`.
    pub segment: &'static str,
    /// Attributes to request.
    pub attributes: Vec<String>,
    /// SCIM filter.
    pub filter: Option<String>,
    /// Whether to sort by `ocid`, which keeps rows in place while pages are read.
    pub sorted: bool,
    /// Whether to use `POST .search`, for a filter that is too long for a URL.
    pub search: bool,
    /// Rows per page.
    pub page_size: PageSize,
}

impl Query {
    /// All rows of a list, in the service's own order.
    pub fn all(segment: &'static str, attributes: Vec<String>, page_size: PageSize) -> Self {
        Self {
            segment,
            attributes,
            filter: None,
            sorted: false,
            search: false,
            page_size,
        }
    }

    /// The same query for the attributes that a list must have; `None` if it is for no others.
    pub(super) fn without_optional_attributes(&self) -> Option<Self> {
        let attributes = self.attributes.iter();
        let required: Vec<_> = attributes
            .filter(|name| !is_optional(name))
            .cloned()
            .collect();
        (required.len() < self.attributes.len()).then(|| Self {
            attributes: required,
            ..self.clone()
        })
    }

    pub(super) fn request(&self, domain: &Endpoint, start: u64, count: u64) -> Request {
        if self.search {
            let body = serde_json::json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
                "attributes": self.attributes,
                "filter": self.filter,
                "startIndex": start,
                "count": count,
            });
            return Request {
                method: Method::POST,
                endpoint: domain.clone(),
                path_and_query: format!("/admin/v1/{}/.search", self.segment),
                headers: vec![request_id()],
                content: Content::Json(body.to_string().into()),
                max_response_bytes: Request::MAX_RESPONSE_BYTES,
            };
        }
        let mut path = format!("/admin/v1/{}?", self.segment);
        if let Some(filter) = &self.filter {
            path.push_str(&format!("filter={}&", percent_encode(filter)));
        }
        path.push_str(&format!(
            "attributes={}",
            percent_encode(&self.attributes.join(","))
        ));
        if self.sorted {
            path.push_str("&sortBy=ocid");
        }
        path.push_str(&format!("&startIndex={start}&count={count}"));
        let mut request = Request::get(domain.clone(), path);
        request.headers.push(request_id());
        request
    }
}

/// A random id that lets Oracle's support find the request.
fn request_id() -> (http::HeaderName, HeaderValue) {
    let id = format!("{:016X}{:016X}", fastrand::u64(..), fastrand::u64(..));
    let value = HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("unknown"));
    (http::HeaderName::from_static("opc-request-id"), value)
}
