//! Requests that arrive without a connection.
//!
//! A test whose clock is paused cannot wait for a socket: its timers would fire meanwhile. It passes its requests here, and
//! may put whatever it likes between the caller and the answer.

use super::TenancySim;
use crate::server::{Service, answer_directly};
use crate::wire::Request;
use bytes::Bytes;

impl TenancySim {
    /// Answers a request as the listener of its URL does, without its connection. The signature is verified and the request
    /// recorded. Injected faults and the latency do not apply. `None` if no listener has this address.
    #[must_use]
    pub fn answer(&self, request: http::Request<Bytes>) -> Option<http::Response<Bytes>> {
        let (parts, body) = request.into_parts();
        let authority = parts.uri.authority()?.as_str();
        let (service, domain) = self.service_at(authority)?;
        let target = parts.uri.path_and_query()?.to_string();
        let request = Request {
            method: parts.method,
            target,
            headers: parts.headers,
            body,
            body_md5: None,
        };
        let reply = answer_directly(service, domain, authority, &request, &self.state);
        let mut response = http::Response::new(reply.body);
        *response.status_mut() = http::StatusCode::from_u16(reply.status).ok()?;
        response.headers_mut().extend(reply.headers);
        Some(response)
    }

    /// The service with this address, and the position of the domain if it is one.
    #[must_use]
    fn service_at(&self, authority: &str) -> Option<(Service, usize)> {
        let is_at = |url: &str| url.strip_prefix("http://") == Some(authority);
        let urls = &self.urls;
        if is_at(&urls.identity) {
            return Some((Service::Identity, 0));
        }
        if is_at(&urls.object_storage) {
            return Some((Service::ObjectStorage, 0));
        }
        if is_at(&urls.notifications) {
            return Some((Service::Notifications, 0));
        }
        if is_at(&urls.monitoring) {
            return Some((Service::Monitoring, 0));
        }
        if is_at(&urls.email) {
            return Some((Service::Email, 0));
        }
        if is_at(&urls.logging_search) {
            return Some((Service::LoggingSearch, 0));
        }
        let mut domains = urls.domains.iter();
        let domain = domains.position(|(_, url)| is_at(url))?;
        Some((Service::IdentityDomain, domain))
    }

    /// The service that a URL belongs to, and the name of the domain if it is one.
    #[must_use]
    pub fn service_of(&self, url: &str) -> Option<(Service, Option<String>)> {
        let uri: http::Uri = url.parse().ok()?;
        let (service, domain) = self.service_at(uri.authority()?.as_str())?;
        let name = || self.state.domains[domain].name.clone();
        Some((service, (service == Service::IdentityDomain).then(name)))
    }
}
