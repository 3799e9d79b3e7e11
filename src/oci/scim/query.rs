//! What is asked of a list, and the request that asks for a page of it.

use http::{HeaderValue, Method};

use crate::http::client::{Content, Request};
use crate::http::endpoint::Endpoint;
use crate::http::percent::percent_encode;

/// A list, and which of its rows.
#[derive(Clone, Debug)]
pub struct Query {
    /// Path segment below `/admin/v1/`: `ApiKeys`.
    pub segment: &'static str,
    /// Attributes to ask for.
    pub attributes: Vec<String>,
    /// SCIM filter.
    pub filter: Option<String>,
    /// Whether to sort by `ocid`, which keeps rows in place while pages are read.
    pub sorted: bool,
    /// By `POST .search`, for a filter that is too long for a URL.
    pub search: bool,
}

impl Query {
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

/// A random id by which Oracle's support finds a request.
fn request_id() -> (http::HeaderName, HeaderValue) {
    let id = format!("{:016X}{:016X}", fastrand::u64(..), fastrand::u64(..));
    let value = HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("unknown"));
    (http::HeaderName::from_static("opc-request-id"), value)
}
