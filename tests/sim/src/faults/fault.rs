//! One fault: its outcome, the requests it matches, and when it strikes.

use super::{Change, Echo, Edit, Place, Quote, RequestInfo};
use crate::reply::Reply;
use crate::resource_type::ResourceType;
use crate::server::Service;
use crate::tenancy::Directory;
use fastrand::Rng;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a fault does.
#[derive(Clone)]
pub(crate) enum Outcome {
    Answer(Reply),
    Delay(Duration),
    Change(Change),
    Edit(Edit),
    ResetBeforeAnswer,
    ResetInBody(usize),
    Truncate(usize),
    Replace(&'static str),
    Echo(Echo),
    ContentType(String),
    Drip(usize, Duration),
    Endless,
    Hang,
}

/// Which of the matching requests a fault strikes.
#[derive(Clone, Debug)]
pub(crate) enum When {
    Always,
    Nth(u64),
    First(u64),
    After(u64),
    Every(u64),
    Probability(f64, Rng),
}

/// A fault. By default it strikes every request to every service.
///
/// ```
/// use tenancy_sim::{Fault, ResourceType, Service};
/// let throttled = Fault::status(429).header("retry-after", "1").resource_type(ResourceType::ApiKeys).first(2);
/// let lost_response = Fault::reset_before_answer().service(Service::ObjectStorage).method("PUT").nth(1).after_effect();
/// # let _ = (throttled, lost_response);
/// ```
#[derive(Clone)]
pub struct Fault {
    outcome: Outcome,
    service: Option<Service>,
    domain: Option<String>,
    method: Option<String>,
    target: Option<String>,
    target_end: Option<String>,
    resource_type: Option<ResourceType>,
    when: When,
    after_effect: bool,
    seen: u64,
    struck: u64,
}

impl Fault {
    fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            service: None,
            domain: None,
            method: None,
            target: None,
            target_end: None,
            resource_type: None,
            when: When::Always,
            after_effect: false,
            seen: 0,
            struck: 0,
        }
    }

    /// Answers with this status and OCI's error body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let code = match status {
            400 => "InvalidParameter",
            401 => "NotAuthenticated",
            403 => "NotAuthorized",
            404 => "NotAuthorizedOrNotFound",
            409 => "IncorrectState",
            412 => "NoEtagMatch",
            429 => "TooManyRequests",
            503 => "ServiceUnavailable",
            _ => "InternalServerError",
        };
        Self::new(Outcome::Answer(Reply::oci_error(
            status,
            code,
            "A fault was injected.",
        )))
    }

    /// Answers with this status and the SCIM error body of an identity domain.
    #[must_use]
    pub fn scim_error(status: u16, detail: &str) -> Self {
        Self::new(Outcome::Answer(crate::scim::scim_error(
            status,
            "error.injected",
            detail,
        )))
    }

    /// Answers with an HTML page, as a proxy or gateway might.
    #[must_use]
    pub fn html(status: u16) -> Self {
        let page = "<html><head><title>Error</title></head><body><h1>Service unavailable</h1></body></html>";
        Self::new(Outcome::Answer(
            Reply::new(status).content_type("text/html").body(page),
        ))
    }

    /// Answers with a redirect.
    #[must_use]
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::new(Outcome::Answer(
            Reply::new(status).header("location", location),
        ))
    }

    /// Waits before answering.
    #[must_use]
    pub fn delay(delay: Duration) -> Self {
        Self::new(Outcome::Delay(delay))
    }

    /// Changes the content of the domain before it answers, so that rows appear or vanish between two pages.
    #[must_use]
    pub fn change(change: impl Fn(&mut Directory) + Send + Sync + 'static) -> Self {
        Self::new(Outcome::Change(Arc::new(change)))
    }

    /// Edits the JSON of every answer: rows that no real service returns, members that it leaves out. Edits add up.
    #[must_use]
    pub fn edit(edit: impl Fn(&mut serde_json::Value) + Send + Sync + 'static) -> Self {
        Self::new(Outcome::Edit(Arc::new(edit)))
    }

    /// Edits each row of every SCIM list: see [`Fault::edit`].
    #[must_use]
    pub fn edit_rows(edit: impl Fn(&mut serde_json::Value) + Send + Sync + 'static) -> Self {
        Self::edit(move |list| {
            let rows = list
                .get_mut("Resources")
                .and_then(|rows| rows.as_array_mut());
            rows.into_iter().flatten().for_each(&edit);
        })
    }

    /// Resets the connection instead of answering.
    #[must_use]
    pub fn reset_before_answer() -> Self {
        Self::new(Outcome::ResetBeforeAnswer)
    }

    /// Resets the connection after this many bytes of the body.
    #[must_use]
    pub fn reset_in_body(bytes: usize) -> Self {
        Self::new(Outcome::ResetInBody(bytes))
    }

    /// Ends the body after this many bytes, with a matching content length: valid HTTP, broken JSON.
    #[must_use]
    pub fn truncated_body(bytes: usize) -> Self {
        Self::new(Outcome::Truncate(bytes))
    }

    /// Answers with malformed JSON under the usual content type.
    #[must_use]
    pub fn invalid_json() -> Self {
        Self::new(Outcome::Replace("{\"totalResults\": malformed"))
    }

    /// Quotes the request's own `authorization` header. The service acts.
    #[must_use]
    pub fn echo(quote: Quote, place: Place) -> Self {
        Self::new(Outcome::Echo(Echo { quote, place }))
    }

    /// Answers as usual under another content type.
    #[must_use]
    pub fn content_type(content_type: &str) -> Self {
        Self::new(Outcome::ContentType(content_type.to_owned()))
    }

    /// Sends the body in pieces of this many bytes, with a pause after each.
    #[must_use]
    pub fn drip(bytes: usize, pause: Duration) -> Self {
        Self::new(Outcome::Drip(bytes.max(1), pause))
    }

    /// Sends a body that never ends.
    #[must_use]
    pub fn endless_body() -> Self {
        Self::new(Outcome::Endless)
    }

    /// Never answers and keeps the connection open.
    #[must_use]
    pub fn hang() -> Self {
        Self::new(Outcome::Hang)
    }

    /// Sets a header, if the fault is a response.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Outcome::Answer(reply) = &mut self.outcome {
            *reply = reply.clone().header(name, value);
        }
        self
    }

    /// Sets the body, if the fault is a response.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: &str) -> Self {
        if let Outcome::Answer(reply) = &mut self.outcome {
            *reply = reply
                .clone()
                .content_type(content_type)
                .body(body.to_owned());
        }
        self
    }

    /// Only requests to this service.
    #[must_use]
    pub fn service(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    /// Only requests to the identity domain with this name.
    #[must_use]
    pub fn domain(mut self, name: &str) -> Self {
        self.domain = Some(name.to_owned());
        self
    }

    /// Only requests with this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only requests whose path and query, as sent, contain this text.
    #[must_use]
    pub fn target_contains(mut self, text: &str) -> Self {
        self.target = Some(text.to_owned());
        self
    }

    /// Only requests whose path and query, as sent, end with this text.
    #[must_use]
    pub fn target_ends_with(mut self, text: &str) -> Self {
        self.target_end = Some(text.to_owned());
        self
    }

    /// Only SCIM requests for this resource type.
    #[must_use]
    pub fn resource_type(mut self, resource_type: ResourceType) -> Self {
        self.resource_type = Some(resource_type);
        self
    }

    /// Only the n-th matching request, counted from 1 at injection.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.when = When::Nth(n);
        self
    }

    /// Only the first n matching requests.
    #[must_use]
    pub fn first(mut self, n: u64) -> Self {
        self.when = When::First(n);
        self
    }

    /// Every matching request but the first n.
    #[must_use]
    pub fn after(mut self, n: u64) -> Self {
        self.when = When::After(n);
        self
    }

    /// Every n-th matching request.
    #[must_use]
    pub fn every(mut self, n: u64) -> Self {
        self.when = When::Every(n.max(1));
        self
    }

    /// Each matching request with this probability, from a seed.
    #[must_use]
    pub fn probability(mut self, probability: f64, seed: u64) -> Self {
        self.when = When::Probability(probability, Rng::with_seed(seed));
        self
    }

    /// The service acts first: an object is stored or a message published, and only the response is lost.
    #[must_use]
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }

    pub(crate) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    pub(crate) fn keeps_effect(&self) -> bool {
        self.after_effect
    }

    pub(crate) fn struck(&self) -> u64 {
        self.struck
    }

    pub(crate) fn strikes(&mut self, asked: RequestInfo<'_>) -> bool {
        let matches = self.service.is_none_or(|service| service == asked.service)
            && self
                .domain
                .as_deref()
                .is_none_or(|domain| asked.domain == Some(domain))
            && self
                .method
                .as_deref()
                .is_none_or(|method| method == asked.method)
            && self
                .target
                .as_deref()
                .is_none_or(|text| asked.target.contains(text))
            && self
                .target_end
                .as_deref()
                .is_none_or(|text| asked.target.ends_with(text))
            && self
                .resource_type
                .is_none_or(|resource_type| asked.resource_type == Some(resource_type));
        if !matches {
            return false;
        }
        self.seen += 1;
        let strikes = match &mut self.when {
            When::Always => true,
            When::Nth(n) => self.seen == *n,
            When::First(n) => self.seen <= *n,
            When::After(n) => self.seen > *n,
            When::Every(n) => self.seen.is_multiple_of(*n),
            When::Probability(probability, rng) => rng.f64() < *probability,
        };
        self.struck += u64::from(strikes);
        strikes
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            domain,
            method,
            target,
            target_end,
            resource_type,
            when,
            seen,
            struck,
            ..
        } = self;
        formatter
            .debug_struct("Fault")
            .field("service", service)
            .field("domain", domain)
            .field("method", method)
            .field("target", target)
            .field("target_end", target_end)
            .field("resource_type", resource_type)
            .field("when", when)
            .field("seen", seen)
            .field("struck", struck)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(mut fault: Fault, requests: u64) -> Vec<u64> {
        let asked = RequestInfo {
            service: Service::IdentityDomain,
            domain: Some("Default"),
            method: "GET",
            target: "/x",
            resource_type: None,
        };
        (1..=requests).filter(|_| fault.strikes(asked)).collect()
    }

    #[test]
    fn fault_strikes_the_chosen_requests() {
        assert_eq!(struck(Fault::status(503), 3), [1, 2, 3]);
        assert_eq!(struck(Fault::status(503).nth(2), 5), [2]);
        assert_eq!(struck(Fault::status(503).first(2), 5), [1, 2]);
        assert_eq!(struck(Fault::status(503).after(3), 5), [4, 5]);
        assert_eq!(struck(Fault::status(503).every(2), 5), [2, 4]);
        assert_eq!(struck(Fault::status(503).method("PUT"), 5), [] as [u64; 0]);
        assert_eq!(
            struck(Fault::status(503).target_ends_with("x").first(1), 5),
            [1]
        );
        assert_eq!(
            struck(Fault::status(503).target_ends_with("/"), 5),
            [] as [u64; 0]
        );
        assert_eq!(
            struck(Fault::status(503).domain("Other"), 5),
            [] as [u64; 0]
        );
        assert_eq!(
            struck(Fault::status(503).resource_type(ResourceType::Users), 5),
            [] as [u64; 0]
        );
    }

    #[test]
    fn probability_is_reproducible_by_seed() {
        let (left, right) = (
            Fault::status(503).probability(0.3, 7),
            Fault::status(503).probability(0.3, 7),
        );
        let left = struck(left, 1000);
        assert_eq!(left, struck(right, 1000));
        assert!((200..400).contains(&left.len()), "{}", left.len());
    }
}
