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
//! nothing, [`DomainClient::probe_past_end`] asks once for what lies behind the last full page. So it does for users where
//! a credential names somebody who is not among them.
//!
//! # How it is known to end
//!
//! No server can keep a reading going: a page without a new row ends it, and so do twice the pages that the first total
//! announces (a hundred where none is told).

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::Semaphore;

use crate::http::client::{CallError, CallRules, SignedClient};
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::rate_limiter::RateLimiter;
use crate::http::retry::RetryRules;
use crate::model::{FailureCause, ReadFailure};

use super::page::PageSummary;
use super::progress::DomainProgress;
use super::sinks::RowSink;
use crate::oci::service_error::{ServiceError, cause_of};

use super::pass::{Pass, listed};

use super::pass::Listed;
use super::query::Query;

/// The largest page that the API grants ("Maximum Value: 1000").
pub const PAGE_SIZE: u64 = 1000;
/// Pages of one list that are asked for at the same time.
const MAX_CONCURRENT_PAGES: usize = 4;
/// A body that is no list is asked for again this often: proxies answer 200 with their own pages.
const INVALID_PAGE_REPEATS: u32 = 2;
const INVALID_PAGE_PAUSE: Duration = Duration::from_millis(200);

/// What requests to one domain go through.
#[derive(Debug)]
pub struct DomainClient {
    /// Signs and sends.
    pub client: Arc<SignedClient>,
    /// The domain's base URL.
    pub endpoint: Endpoint,
    /// The pace of this domain.
    pub rate_limiter: Arc<RateLimiter>,
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
        let again = self.relist(query, PageEnd::AtTotal, sink).await;
        Ok(listed(&pass, false).merge_reread(again))
    }

    /// Reads a list once more, one page after another; this reading alone is judged.
    pub async fn relist(&self, query: &Query, end: PageEnd, sink: &mut dyn RowSink) -> Listed {
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
            .buffered(MAX_CONCURRENT_PAGES);
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
                        message: format!("{}: {error} ({} attempts)", query.segment, repeats + 1),
                    });
                }
            }
        }
    }

    /// Whether there is nothing behind the last page, where that was a full one; if there is, the list is read once more, to
    /// its true end.
    pub async fn probe_past_end(
        &self,
        query: &Query,
        listed: Listed,
        sink: &mut dyn RowSink,
    ) -> Listed {
        let Some(start) = listed.past_full_page else {
            return listed;
        };
        match self.page(query, start, sink).await {
            Ok(page) if page.rows == 0 => listed,
            Ok(_) => listed.merge_reread(self.relist(query, PageEnd::AtEmptyPage, sink).await),
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
            rate_limiter: Some(&self.rate_limiter),
            slots: Some(&self.slots),
        };
        match self.client.send(&request, rules).await {
            Ok(answer) if answer.response.status.is_success() => Ok(answer.response.body),
            Ok(answer) => Err(refused(query.segment, &ServiceError::from_answer(&answer))),
            Err(error) => Err(unanswered(query.segment, &error)),
        }
    }
}

fn refused(segment: &str, error: &ServiceError) -> ReadFailure {
    ReadFailure {
        cause: error.cause(),
        message: format!("{segment}: {error}"),
    }
}

fn unanswered(segment: &str, error: &CallError) -> ReadFailure {
    ReadFailure {
        cause: cause_of(error),
        message: format!("{segment}: {error}"),
    }
}
