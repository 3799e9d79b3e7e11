//! Logging Search over the events of OCI Audit: `POST /20190909/search`.
//!
//! One listener serves all regions, as IAM's does: the first segment of the path is the region. An event is found only in the
//! region where it happened. Sources: `loggingsearch` of Oracle's Python SDK 2.189.0 for the operation and its models, Oracle's
//! pages "Searching Logs" and "Logging Query Language Specification" for the window of 14 days and the language, and answers
//! of live tenancies in public issues for pages of 1,000 rows, repeated rows, flat keys and milliseconds.

mod event;
mod lexer;
mod parser;
mod query;
mod results;

pub use event::AuditEvent;
pub use query::QueryFeature;

use crate::reply::Reply;
use crate::target::parameter;
use crate::wire::Request;
use chrono::{DateTime, TimeDelta, Utc};
use query::Query;
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Maximum rows of a page, and the rows of a page if the request names no limit.
const MAX_PAGE: usize = 1000;
/// Longest window of a search.
const LONGEST_WINDOW: TimeDelta = TimeDelta::days(14);

/// How the service behaves.
#[derive(Clone, Debug)]
pub struct SearchBehavior {
    /// Parts of the query language that are not known: a query with one is answered with 400.
    pub unknown_features: Vec<QueryFeature>,
    /// Windows that are longer are answered with 503.
    pub fails_beyond: Option<TimeDelta>,
    /// Windows that are longer take this much time.
    pub slow_beyond: Option<(TimeDelta, Duration)>,
    /// Whether each row comes twice, which happens to rows without `summarize`, and counts too much.
    pub repeats_rows: bool,
    /// Whether `*` in a string means itself.
    pub literal_wildcards: bool,
    /// How long events are kept.
    pub retention: TimeDelta,
    /// Rows of a page at most.
    pub page_size: usize,
}

impl Default for SearchBehavior {
    fn default() -> Self {
        Self {
            unknown_features: Vec::new(),
            fails_beyond: None,
            slow_beyond: None,
            repeats_rows: false,
            literal_wildcards: false,
            retention: TimeDelta::days(365),
            page_size: MAX_PAGE,
        }
    }
}

/// The events of all regions.
#[derive(Debug)]
pub(crate) struct LoggingSearch {
    tenancy: String,
    regions: Vec<String>,
    events: Mutex<Arc<Vec<AuditEvent>>>,
    behavior: Mutex<SearchBehavior>,
}

/// A search: its body, parsed.
struct Search {
    region: String,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    query: Query,
    with_fields: bool,
}

impl LoggingSearch {
    pub(crate) fn new(tenancy: &str, regions: &[String], events: Vec<AuditEvent>) -> Self {
        Self {
            tenancy: tenancy.to_owned(),
            regions: regions.to_vec(),
            events: Mutex::new(Arc::new(events)),
            behavior: Mutex::default(),
        }
    }

    /// Adds an event.
    pub(crate) fn record(&self, event: AuditEvent) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut events).push(event);
    }

    pub(crate) fn events(&self) -> Arc<Vec<AuditEvent>> {
        Arc::clone(&self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_behavior(&self, behavior: SearchBehavior) {
        *self.behavior.lock().unwrap_or_else(PoisonError::into_inner) = behavior;
    }

    fn behavior(&self) -> SearchBehavior {
        let behavior = self.behavior.lock();
        behavior.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long the service takes for this request.
    pub(crate) fn delay(&self, request: &Request) -> Duration {
        let slow = self.behavior().slow_beyond.zip(self.search(request).ok());
        match slow {
            Some(((window, delay), search)) if search.end - search.start > window => delay,
            _ => Duration::ZERO,
        }
    }

    pub(crate) fn answer(&self, request: &Request, now: DateTime<Utc>) -> Reply {
        let search = match self.search(request) {
            Ok(search) => search,
            Err(reply) => return *reply,
        };
        let behavior = self.behavior();
        let unknown = behavior.unknown_features.iter();
        if unknown.clone().any(|feature| search.query.uses(*feature)) {
            return *invalid("Unable to parse the search query");
        }
        if behavior
            .fails_beyond
            .is_some_and(|window| search.end - search.start > window)
        {
            return Reply::oci_error(503, "ServiceUnavailable", "The search took too long.");
        }
        let first = search.start.max(now - behavior.retention);
        let events = self.events();
        let found = events.iter().filter(|event| {
            event.region == search.region && event.at >= first && event.at < search.end
        });
        let rows = results::rows(&search.query, found, &behavior);
        self.page(request.query(), &search, rows, &behavior)
    }

    /// One page; the token is the position of its first row.
    fn page(
        &self,
        query: &str,
        search: &Search,
        rows: Vec<Json>,
        behavior: &SearchBehavior,
    ) -> Reply {
        let start = match parameter(query, "page").map(|token| token.parse::<usize>()) {
            None => 0,
            Some(Ok(start)) if start <= rows.len() => start,
            Some(_) => return *invalid("The page token is not valid"),
        };
        let most = behavior.page_size.min(MAX_PAGE);
        let limit = parameter(query, "limit").and_then(|limit| limit.parse().ok());
        let end = (start + limit.unwrap_or(most).clamp(1, most)).min(rows.len());
        let total = rows.len();
        let rows: Vec<Json> = rows.into_iter().skip(start).take(end - start).collect();
        let fields = results::fields(&rows);
        let mut body = json!({
            "summary": { "resultCount": rows.len(), "fieldCount": fields.len() },
            "results": rows.into_iter().map(|data| json!({ "data": data })).collect::<Vec<_>>(),
        });
        if search.with_fields {
            body["fields"] = Json::Array(fields);
        }
        let reply = Reply::json(200, &body);
        if end < total {
            reply.header("opc-next-page", &end.to_string())
        } else {
            reply
        }
    }

    fn search(&self, request: &Request) -> Result<Search, Box<Reply>> {
        let segments: Vec<&str> = request.path().trim_start_matches('/').split('/').collect();
        let ("POST", [region, "20190909", "search"]) =
            (request.method.as_str(), segments.as_slice())
        else {
            return Err(not_found());
        };
        if !self.regions.iter().any(|known| known == region) {
            return Err(not_found());
        }
        let body: Json = serde_json::from_slice(&request.body)
            .map_err(|error| invalid(&format!("The body is not JSON: {error}")))?;
        let text = |name: &str| {
            body.get(name).and_then(Json::as_str).ok_or_else(|| {
                let message = format!("The attribute '{name}' is required.");
                Box::new(Reply::oci_error(400, "MissingParameter", &message))
            })
        };
        let instant = |name: &str| {
            text(name)?
                .parse::<DateTime<Utc>>()
                .map_err(|_| invalid(&format!("{name} is not an RFC 3339 date")))
        };
        let (start, end) = (instant("timeStart")?, instant("timeEnd")?);
        if end <= start || end - start > LONGEST_WINDOW {
            return Err(invalid(
                "The time range must be positive, and at most 14 days",
            ));
        }
        let query = parser::parse(text("searchQuery")?)
            .map_err(|_| invalid("Unable to parse the search query"))?;
        let own = |scope: &String| {
            ["_Audit", "_Audit_Include_Subcompartment"]
                .iter()
                .any(|log| *scope == format!("{}/{log}", self.tenancy))
        };
        if !query.scopes.iter().all(own) {
            return Err(not_found());
        }
        Ok(Search {
            region: (*region).to_owned(),
            start,
            end,
            query,
            with_fields: body.get("isReturnFieldInfo") != Some(&Json::Bool(false)),
        })
    }
}

fn invalid(message: &str) -> Box<Reply> {
    Box::new(Reply::oci_error(400, "InvalidParameter", message))
}

fn not_found() -> Box<Reply> {
    Box::new(Reply::oci_error(
        404,
        "NotAuthorizedOrNotFound",
        "Authorization failed or requested resource not found.",
    ))
}
