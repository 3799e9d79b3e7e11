//! Sends the requests for pages to one domain.
//!
//! Each page has memory before it is requested: as much as the largest page of its list so far, and a little more. A page that is
//! larger is requested again with more memory, or else with fewer rows.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::http::client::{CallError, CallRules, SignedClient};
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::rate_limiter::RateLimiter;
use crate::http::retry::RetryRules;
use crate::model::{FailureCause, ReadFailure};
use crate::server_text::FailureText;
use crate::shares::{Held, Share};

use crate::oci::service_error::{ServiceError, cause_of};

use super::lists_under_way::ListsUnderWay;
use super::progress::DomainProgress;
use super::query::Query;
use super::row_budget::DomainRows;

/// Max retries of a page that is not a list: proxies answer 200 with pages of their own.
pub(super) const INVALID_PAGE_RETRIES: u32 = 2;
pub(super) const INVALID_PAGE_RETRY_DELAY: Duration = Duration::from_millis(200);
/// Max size of a page. One of 1,000 users has some megabytes, and more with many groups.
const MAX_PAGE_BYTES: u64 = 16 * 1024 * 1024;
/// Memory for a page that is expected to have no rows.
const MIN_PAGE_BYTES: u64 = 64 * 1024;
/// Max wait for more memory for a page that is larger than expected.
const MAX_WAIT_FOR_MORE: Duration = Duration::from_secs(2);

/// Sends the requests to one domain.
#[derive(Debug)]
pub struct DomainClient {
    /// Signs and sends.
    pub client: Arc<SignedClient>,
    /// The domain's base URL.
    pub endpoint: Endpoint,
    /// The rate limit of this domain.
    pub rate_limiter: Arc<RateLimiter>,
    /// When reading ends.
    pub deadline: Deadline,
    /// Bounds the concurrent requests of the whole run.
    pub slots: Arc<Share>,
    /// Memory for its responses.
    pub memory: Arc<Share>,
    /// How much of each list is read.
    pub extent: Extent,
    /// Receives the row counts of every page.
    pub progress: DomainProgress,
    /// Memory for the rows of its lists.
    pub rows: DomainRows,
    /// How many of its lists are being read.
    pub lists_under_way: ListsUnderWay,
}

/// How much of a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// Its first page, as a run requests it: that shows whether the list can be read, and its total. A second page if the first
    /// one contradicts the total.
    FirstPage,
}

impl Extent {
    const fn retry(self) -> RetryRules {
        match self {
            Self::Whole => RetryRules::READ,
            Self::FirstPage => RetryRules::CHECK,
        }
    }
}

/// The body of a page, not yet parsed.
#[derive(Debug)]
pub struct PageBody {
    pub(super) bytes: Bytes,
    /// Rows that it was requested with.
    pub(super) requested: u64,
    /// Memory for it, until its rows are kept.
    _memory: Held,
}

impl DomainClient {
    /// Requests one page and returns its body.
    ///
    /// # Errors
    ///
    /// If the service refused, or did not respond, or the smallest page is too large.
    pub async fn fetch(&self, query: &Query, start: u64) -> Result<PageBody, ReadFailure> {
        let memory = self.memory_for(query).await;
        self.fetch_into(memory, query, start).await
    }

    /// Waits for memory for a page; `None` if the run has no time left.
    pub(super) async fn memory_for(&self, query: &Query) -> Option<Held> {
        let bytes = self.expected_bytes(query);
        self.memory.acquire(bytes, self.deadline.instant()).await
    }

    /// Memory for a page, if there is any now.
    pub(super) fn memory_now(&self, query: &Query) -> Option<Held> {
        self.memory.try_acquire(self.expected_bytes(query))
    }

    /// The size of the next page: a little more than the largest one so far, or a part of the memory for a first page.
    fn expected_bytes(&self, query: &Query) -> u64 {
        let expected = match query.page_size.largest_bytes() {
            Some(largest) => largest + largest / 4 + MIN_PAGE_BYTES,
            None => self.memory.pool().total() / query.page_size.first_page_part(),
        };
        expected.min(self.max_page_bytes())
    }

    fn max_page_bytes(&self) -> u64 {
        MAX_PAGE_BYTES.min(self.memory.pool().total() / 4)
    }

    /// Requests one page into `memory`. If it is too large, requests it with more memory, or else with fewer rows.
    pub(super) async fn fetch_into(
        &self,
        memory: Option<Held>,
        query: &Query,
        start: u64,
    ) -> Result<PageBody, ReadFailure> {
        let no_memory = || {
            let reason = "the time ran out while it waited for memory";
            failed(query, FailureCause::OutOfTime, &reason)
        };
        let mut memory = memory.ok_or_else(no_memory)?;
        loop {
            let (rows, bytes) = (query.page_size.rows(), memory.amount());
            let failure = match self.fetch_rows(query, start, rows, bytes).await {
                Ok(body) => {
                    query.page_size.received(body.len() as u64);
                    memory.shrink_to(body.len() as u64);
                    return Ok(PageBody {
                        bytes: body,
                        requested: rows,
                        _memory: memory,
                    });
                }
                Err(failure) if failure.cause == FailureCause::TooLarge => failure,
                Err(failure) => return Err(failure),
            };
            drop(memory);
            let more = (bytes * 4).min(self.max_page_bytes());
            let larger = if more > bytes {
                // Later pages of the list may hold what others wait for, so not for long.
                let until = Instant::now() + MAX_WAIT_FOR_MORE;
                self.memory.acquire(more, until).await
            } else {
                None
            };
            memory = match larger {
                Some(larger) => larger,
                None if query.page_size.halve(rows) => {
                    let until = self.deadline.instant();
                    let again = self.memory.acquire(bytes, until).await;
                    again.ok_or_else(no_memory)?
                }
                None => return Err(failure),
            };
        }
    }

    async fn fetch_rows(
        &self,
        query: &Query,
        start: u64,
        count: u64,
        max_bytes: u64,
    ) -> Result<Bytes, ReadFailure> {
        let mut request = query.request(&self.endpoint, start, count);
        request.max_response_bytes = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        let rules = CallRules {
            deadline: self.deadline,
            retry: self.extent.retry(),
            rate_limiter: Some(&self.rate_limiter),
            slots: Some(&self.slots),
        };
        let mut retries = 0;
        loop {
            match self.client.send(&request, rules).await {
                Ok(call) if call.response.status.is_success() => return Ok(call.response.body),
                Ok(call) => {
                    let error = ServiceError::from_response(&call);
                    return Err(failed(query, error.cause(), &error));
                }
                Err(CallError::QuotesCredentials(_)) if retries < INVALID_PAGE_RETRIES => {
                    retries += 1;
                    tokio::time::sleep(INVALID_PAGE_RETRY_DELAY).await;
                }
                Err(error) => return Err(failed(query, cause_of(&error), &error)),
            }
        }
    }
}

/// A failure to read the list of a query.
pub(super) fn failed(query: &Query, cause: FailureCause, error: &impl Display) -> ReadFailure {
    let segment = query.segment;
    ReadFailure {
        cause,
        message: FailureText::quoting(
            format!("{segment}: {error}"),
            format!("{segment}: {error:#}"),
        ),
    }
}
