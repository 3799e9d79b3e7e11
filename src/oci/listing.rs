//! Reads one SCIM list to its end, by `startIndex`.
//!
//! # Why not by `opc-next-page`
//!
//! Oracle's SDK follows the `opc-next-page` header alone. Where attributes are named, the service says it also on the last
//! page (oracle/oci-python-sdk#708), and a server that never says it cuts the list off after one page without a word. So
//! the header is ignored: `totalResults` says how many rows there are, and the next page begins behind the rows that came.
//!
//! # How it is known that all came
//!
//! The first page tells the total; the others are asked for side by side. If the total stays the same, every page has the
//! rows that its place asks for, and the distinct ids are as many as the total, the list is complete. Otherwise rows moved
//! while they were read, or the server pages in a way of its own: the list is read once more from its start, one page after
//! another, advancing by what came, until as many distinct rows came as the total says or nothing new comes. That second
//! reading alone is judged; what either of them brought is kept.
//!
//! A total that is too low by whole pages fits its list all the same. What users claim to hold tells; where they tell
//! nothing, [`DomainClient::look_behind`] asks once for what lies behind the last full page. So it does for users where
//! a credential names somebody who is not among them.
//!
//! # How it is known to end
//!
//! No server can keep a reading going: a page without a new row ends it, and so do twice the pages that the first total
//! announces (a hundred where none is told).

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use http::{HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::Semaphore;

use crate::http::client::{CallError, CallRules, Content, Request, SignedClient};
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::pace::Pace;
use crate::http::retry::RetryRules;
use crate::kind::{KINDS, READ_USERS};
use crate::model::{FailureCause, ReadFailure};

use super::progress::DomainProgress;
use super::scim::{PageSummary, RowSink};
use super::service_error::{ServiceError, cause_of};
use super::statement::Statement;

/// The largest page that the API grants ("Maximum Value: 1000").
pub const PAGE_SIZE: u64 = 1000;
/// Pages of a list whose length the server does not tell: no identity domain leaves it out, so what comes may have no end,
/// and is kept in memory.
const MOST_PAGES: u64 = 100;
/// Pages of one list that are asked for at the same time.
const PAGES_SIDE_BY_SIDE: usize = 4;
/// A body that is no list is asked for again this often: proxies answer 200 with their own pages.
const INVALID_PAGE_REPEATS: u32 = 2;
const INVALID_PAGE_PAUSE: Duration = Duration::from_millis(200);

/// Everything but the unreserved characters of RFC 3986: what is signed must not be changed on the way.
pub const STRICT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

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
    fn request(&self, domain: &Endpoint, start: u64, count: u64) -> Request {
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
            path.push_str(&format!("filter={}&", utf8_percent_encode(filter, STRICT)));
        }
        path.push_str(&format!(
            "attributes={}",
            utf8_percent_encode(&self.attributes.join(","), STRICT)
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

/// What requests to one domain go through.
#[derive(Debug)]
pub struct DomainClient {
    /// Signs and sends.
    pub client: Arc<SignedClient>,
    /// The domain's base URL.
    pub endpoint: Endpoint,
    /// The pace of this domain.
    pub pace: Arc<Pace>,
    /// When reading ends.
    pub deadline: Deadline,
    /// Bounds the requests under way in the whole run.
    pub slots: Arc<Semaphore>,
    /// How much of each list is read.
    pub extent: Extent,
    /// Who is told of every page.
    pub progress: DomainProgress,
}

/// How much of a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// One row of its first page, in which the service says how many there are: whether it can be read at all.
    OneRow,
}

impl Extent {
    const fn page_size(self) -> u64 {
        match self {
            Self::Whole => PAGE_SIZE,
            Self::OneRow => 1,
        }
    }

    const fn retry(self) -> RetryRules {
        match self {
            Self::Whole => RetryRules::READ,
            Self::OneRow => RetryRules::CHECK,
        }
    }
}

/// How far a list was read, from its first page on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Distinct rows of the reading that is judged.
    pub read: u64,
    /// `totalResults` of its last page.
    pub total: Option<u64>,
    /// Why rows are missing.
    pub gaps: Vec<String>,
    /// What ended the reading before its end.
    pub failure: Option<ReadFailure>,
    /// Where the next page would begin, if the last was as long as a page can be.
    pub behind_full_page: Option<u64>,
}

impl Listed {
    /// As another reading of a list of which this was known. Where it broke off, what was read before was read all the same.
    #[must_use]
    pub fn read_again(&self, again: Self) -> Self {
        match again.failure {
            None => again,
            Some(_) => Self {
                read: again.read.max(self.read),
                total: again.total.or(self.total),
                ..again
            },
        }
    }
}

/// How pages are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageOrder {
    /// All that the first page's total announces, at the same time.
    SideBySide,
    /// One after another.
    OneByOne,
}

/// Where a reading page by page ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEnd {
    /// Behind as many distinct rows as the total says.
    AtTotal,
    /// At a page without rows: the total is in doubt.
    AtEmptyPage,
}

impl PageEnd {
    /// How many times the pages that its total announces a server may send.
    const fn patience(self) -> u64 {
        match self {
            Self::AtTotal => 2,
            Self::AtEmptyPage => 10,
        }
    }
}

/// One reading of a list.
#[derive(Debug, Default)]
struct Pass {
    rows: u64,
    first_rows: u64,
    last_rows: u64,
    pages: u64,
    distinct: u64,
    unreadable: u64,
    first_total: Option<u64>,
    last_total: Option<u64>,
    total_moved: bool,
    /// A page had not the rows that its place asks for.
    misfit: bool,
    failure: Option<ReadFailure>,
}

impl Pass {
    fn take(&mut self, page: PageSummary) {
        if self.pages == 0 {
            self.first_rows = page.rows;
        }
        self.pages += 1;
        self.last_rows = page.rows;
        self.rows += page.rows;
        self.distinct += page.new;
        self.unreadable += page.unreadable;
        if self.first_total.is_none() {
            self.first_total = page.total;
        } else if page.total != self.last_total {
            self.total_moved = true;
        }
        self.last_total = page.total;
    }

    fn fits(&self) -> bool {
        !self.total_moved && !self.misfit && self.failure.is_none() && self.has_all()
    }

    /// Whether as many distinct rows came as the service counts.
    fn has_all(&self) -> bool {
        self.last_total == Some(self.distinct + self.unreadable)
    }

    /// Whether the pages are as many as a list of its length can have, with some patience.
    fn is_endless(&self, patience: u64) -> bool {
        let most = match self.first_total.max(
            self.last_total
                .min(self.first_total.map(|first| first.saturating_mul(2))),
        ) {
            Some(total) => total
                .div_ceil(self.first_rows.max(1))
                .saturating_mul(patience),
            None => MOST_PAGES,
        };
        self.pages >= most.saturating_add(2)
    }

    /// See [`Listed::behind_full_page`]. A single page is full only at the size that was asked for.
    fn behind_full_page(&self) -> Option<u64> {
        let full = if self.pages == 1 {
            PAGE_SIZE
        } else {
            self.first_rows
        };
        (self.rows > 0 && self.last_rows >= full).then_some(self.rows + 1)
    }
}

impl DomainClient {
    /// Reads a list to its end into `sink`.
    ///
    /// # Errors
    ///
    /// Where not even the first page could be read. What ends the reading later stands in [`Listed::failure`].
    pub async fn list(
        &self,
        query: &Query,
        order: PageOrder,
        sink: &mut dyn RowSink,
    ) -> Result<Listed, ReadFailure> {
        let first = self.fetch(query, 1).await?;
        self.list_from(query, &first, order, sink).await
    }

    /// Reads a list to its end whose first page was asked for already.
    ///
    /// # Errors
    ///
    /// Where the first page is no list.
    pub async fn list_from(
        &self,
        query: &Query,
        first: &[u8],
        order: PageOrder,
        sink: &mut dyn RowSink,
    ) -> Result<Listed, ReadFailure> {
        sink.start_over();
        let first = match sink.absorb(first) {
            Ok(first) => first,
            Err(_) => self.page_again(query, 1, sink).await?,
        };
        let mut pass = Pass::default();
        self.take(&mut pass, query, first, sink);
        if self.extent == Extent::OneRow {
            return Ok(listed(&pass, false));
        }
        match order {
            PageOrder::SideBySide => {
                self.rest_side_by_side(query, sink, &mut pass).await;
            }
            PageOrder::OneByOne => {
                self.rest_one_by_one(query, PageEnd::AtTotal, sink, &mut pass)
                    .await;
            }
        }
        if pass.fits() || pass.failure.is_some() {
            return Ok(listed(&pass, order == PageOrder::OneByOne));
        }
        let again = self.list_again(query, PageEnd::AtTotal, sink).await;
        Ok(listed(&pass, false).read_again(again))
    }

    /// Reads a list once more, one page after another; this reading alone is judged.
    pub async fn list_again(&self, query: &Query, end: PageEnd, sink: &mut dyn RowSink) -> Listed {
        sink.start_over();
        let mut pass = Pass::default();
        match self.page(query, 1, sink).await {
            Ok(first) => {
                self.take(&mut pass, query, first, sink);
                self.rest_one_by_one(query, end, sink, &mut pass).await;
            }
            Err(failure) => pass.failure = Some(failure),
        }
        listed(&pass, true)
    }

    async fn rest_side_by_side(&self, query: &Query, sink: &mut dyn RowSink, pass: &mut Pass) {
        let page_rows = pass.first_rows;
        let Some(total) = pass.first_total else {
            pass.misfit = true;
            return;
        };
        if page_rows >= total {
            return;
        }
        if page_rows == 0 {
            pass.misfit = true;
            return;
        }
        let starts = (1..)
            .map(|page| page * page_rows + 1)
            .take_while(|start| *start <= total);
        let mut pages = stream::iter(starts.map(|start| self.fetch_at(query, start).boxed()))
            .buffered(PAGES_SIDE_BY_SIDE);
        while let Some((start, body)) = pages.next().await {
            let page = match body {
                Ok(body) => match sink.absorb(&body) {
                    Ok(page) => Ok(page),
                    Err(_) => self.page_again(query, start, sink).await,
                },
                Err(failure) => Err(failure),
            };
            match page {
                Ok(page) => {
                    self.take(pass, query, page, sink);
                    let expected = page_rows.min(total - (start - 1));
                    if page.rows != expected || page.new == 0 || pass.total_moved {
                        // Nothing more is learnt from pages whose rows are not where they were.
                        pass.misfit = true;
                        return;
                    }
                }
                Err(failure) => {
                    pass.failure = Some(failure);
                    return;
                }
            }
        }
    }

    async fn rest_one_by_one(
        &self,
        query: &Query,
        end: PageEnd,
        sink: &mut dyn RowSink,
        pass: &mut Pass,
    ) {
        while pass.rows > 0 && (end == PageEnd::AtEmptyPage || !pass.has_all()) {
            if pass.is_endless(end.patience()) {
                return;
            }
            match self.page(query, pass.rows + 1, sink).await {
                // The look behind the last row brought nothing; whatever total it states is none of the list's.
                Ok(page) if page.rows == 0 => return,
                Ok(page) => {
                    self.take(pass, query, page, sink);
                    if page.new == 0 && page.unreadable == 0 {
                        return;
                    }
                }
                Err(failure) => {
                    pass.failure = Some(failure);
                    return;
                }
            }
        }
    }

    /// Counts a page that the sink has taken.
    fn take(&self, pass: &mut Pass, query: &Query, page: PageSummary, sink: &dyn RowSink) {
        pass.take(page);
        self.progress
            .page_taken(query.segment, sink.known(), page.total);
    }

    /// Asks for one page and hands it to the sink.
    async fn page(
        &self,
        query: &Query,
        start: u64,
        sink: &mut dyn RowSink,
    ) -> Result<PageSummary, ReadFailure> {
        let body = self.fetch(query, start).await?;
        match sink.absorb(&body) {
            Ok(page) => Ok(page),
            Err(_) => self.page_again(query, start, sink).await,
        }
    }

    /// Asks for a page whose body was no list.
    async fn page_again(
        &self,
        query: &Query,
        start: u64,
        sink: &mut dyn RowSink,
    ) -> Result<PageSummary, ReadFailure> {
        let mut repeats = 1;
        loop {
            tokio::time::sleep(INVALID_PAGE_PAUSE).await;
            let body = self.fetch(query, start).await?;
            match sink.absorb(&body) {
                Ok(page) => return Ok(page),
                Err(_) if repeats < INVALID_PAGE_REPEATS => repeats += 1,
                Err(error) => {
                    return Err(ReadFailure {
                        cause: FailureCause::InvalidAnswer,
                        message: format!(
                            "{}: {error} ({} attempts); check that the URL is that of an identity domain",
                            query.segment,
                            repeats + 1
                        ),
                    });
                }
            }
        }
    }

    /// Whether there is nothing behind the last page, where that was a full one; if there is, the list is read once more, to
    /// its true end.
    pub async fn look_behind(
        &self,
        query: &Query,
        listed: Listed,
        sink: &mut dyn RowSink,
    ) -> Listed {
        let Some(start) = listed.behind_full_page else {
            return listed;
        };
        match self.page(query, start, sink).await {
            Ok(page) if page.rows == 0 => listed,
            Ok(_) => listed.read_again(self.list_again(query, PageEnd::AtEmptyPage, sink).await),
            Err(failure) => Listed {
                failure: Some(failure),
                ..listed
            },
        }
    }

    async fn fetch_at(
        &self,
        query: &Query,
        start: u64,
    ) -> (u64, Result<bytes::Bytes, ReadFailure>) {
        (start, self.fetch(query, start).await)
    }

    /// The body of one page.
    ///
    /// # Errors
    ///
    /// Where the service refused, or could not be asked.
    pub async fn fetch(&self, query: &Query, start: u64) -> Result<bytes::Bytes, ReadFailure> {
        let request = query.request(&self.endpoint, start, self.extent.page_size());
        let rules = CallRules {
            deadline: self.deadline,
            retry: self.extent.retry(),
            pace: Some(&self.pace),
            slots: Some(&self.slots),
        };
        match self.client.send(&request, rules).await {
            Ok(answer) if answer.response.status.is_success() => Ok(answer.response.body),
            Ok(answer) => Err(refused(query.segment, &ServiceError::from_answer(&answer))),
            Err(error) => Err(unanswered(query.segment, &error)),
        }
    }
}

fn listed(pass: &Pass, judged: bool) -> Listed {
    let mut gaps = Vec::new();
    if pass.unreadable > 0 {
        gaps.push(format!(
            "{} rows have no id that can be read",
            pass.unreadable
        ));
    }
    if judged && pass.failure.is_none() {
        let found = pass.distinct + pass.unreadable;
        match pass.last_total {
            None => gaps.push(format!(
                "{found} rows came, and the service did not say how many there are"
            )),
            Some(_) if pass.total_moved => {
                gaps.push(format!("the list changed while it was read, twice: {found} rows came, {} were counted at the end", pass.last_total.unwrap_or(0)));
            }
            Some(total) if total > found => {
                gaps.push(format!(
                    "{} rows are missing: the service counted {total} and returned {found}",
                    total - found
                ));
            }
            Some(total) if total < found => {
                gaps.push(format!("the service counted {total} rows and returned {found}: its count cannot be trusted"));
            }
            Some(_) => {}
        }
    }
    Listed {
        read: pass.distinct,
        total: pass.last_total,
        gaps,
        failure: pass.failure.clone(),
        behind_full_page: pass.behind_full_page(),
    }
}

/// A refusal, with what the operator can do about it.
fn refused(segment: &str, error: &ServiceError) -> ReadFailure {
    let remedy = match error.status {
        401 | 403 | 404 => {
            let kind = KINDS.iter().find(|row| row.segment == segment);
            Statement::InTenancy(kind.map_or(READ_USERS, |row| row.right)).remedy()
        }
        429 => "; other callers use up the domain's rate limit: run at another time, or set AUDIT_RATE_LIMIT lower".to_owned(),
        _ => String::new(),
    };
    ReadFailure {
        cause: error.cause(),
        message: format!("{segment}: {error}{remedy}"),
    }
}

fn unanswered(segment: &str, error: &CallError) -> ReadFailure {
    let cause = cause_of(error);
    let remedy = match cause {
        FailureCause::Connection => {
            "; check the function's subnet: identity domains are reached through a NAT gateway"
        }
        FailureCause::OutOfTime => {
            "; give the function a longer timeout, or set AUDIT_RATE_LIMIT to the domain's licence if it grants more"
        }
        _ => "",
    };
    ReadFailure {
        cause,
        message: format!("{segment}: {error}{remedy}"),
    }
}
