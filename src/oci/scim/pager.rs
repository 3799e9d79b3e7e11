//! Reads one SCIM list to its end, by `startIndex`.
//!
//! # Why not by `opc-next-page`
//!
//! Oracle's SDK follows the `opc-next-page` header alone. If attributes are named, the service also sends it with the last
//! page (oracle/oci-python-sdk#708). A server that never sends it ends the list after one page, without an error. So the
//! header is ignored: `totalResults` is the number of rows, and the next page starts after the rows returned so far.
//!
//! # When a list is complete
//!
//! The first page states the total; the other pages are requested concurrently. The list is complete if the total stays the
//! same, every page has the rows that its position requires, and there are as many distinct ids as the total. Otherwise rows
//! moved while they were read, or the server paginates in its own way. Then the list is re-read from its start, one page at
//! a time, advancing by the rows returned. The re-read ends when it has as many distinct rows as the total, or a page has no new
//! row. Only the re-read decides whether the list is complete; rows of both passes are kept.
//!
//! A total that is too low by whole pages agrees with its list. The credentials that users claim reveal it. If users claim
//! nothing, [`DomainClient::probe_past_end`] requests one page past a full last page. The users' own list is probed if a
//! credential names a user who is not listed.
//!
//! # Why reading ends
//!
//! No server can keep a reading going. A page without a new row ends it. Each pass has a maximum: twice the pages that the
//! total requires, ten times if the total is in doubt, 100 without a total. `row_budget` bounds the rows of a run.

use crate::model::{FailureCause, ReadFailure};

use crate::oci::service_error::{Answerer, intermediary_answered};

use super::domain_client::{
    DomainClient, Extent, INVALID_PAGE_RETRIES, INVALID_PAGE_RETRY_DELAY, PageBody, failed,
};
use super::fetches::{Fetches, PageRequest};
use super::page::{InvalidPage, PageSummary};
use super::pass::{ListResult, Pass};
use super::query::Query;
use super::row_budget::RowsSize;
use super::sinks::RowSink;

/// How pages are requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageOrder {
    /// All pages that the first page's total requires, concurrently.
    Concurrent,
    /// One page at a time.
    Sequential,
}

/// When a sequential pass ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEnd {
    /// After as many distinct rows as the total.
    AtTotal,
    /// At a page without rows, because the total is in doubt.
    AtEmptyPage,
}

impl PageEnd {
    /// Max pages, as a multiple of the pages that the total requires.
    const fn max_pages_factor(self) -> u64 {
        match self {
            Self::AtTotal => 2,
            // The total may be far too low. Ten times still ends an endless list.
            Self::AtEmptyPage => 10,
        }
    }
}

impl DomainClient {
    /// Reads a list to its end into `sink`.
    ///
    /// # Errors
    ///
    /// If the first page could not be read. A later failure is in [`ListResult::failure`].
    pub async fn list(
        &self,
        query: &Query,
        order: PageOrder,
        sink: &mut impl RowSink,
    ) -> Result<ListResult, ReadFailure> {
        let first = self.fetch(query, 1).await?;
        self.list_from(query, first, order, sink).await
    }

    /// Reads a list to its end, given the body of its first page.
    ///
    /// # Errors
    ///
    /// If the first page is not a list, and retries do not return one.
    pub async fn list_from(
        &self,
        query: &Query,
        first: PageBody,
        order: PageOrder,
        sink: &mut impl RowSink,
    ) -> Result<ListResult, ReadFailure> {
        sink.start_pass();
        let first = self.add_page(query, 1, first, sink).await?;
        let mut pass = Pass::default();
        self.count_page(&mut pass, query, first, sink);
        if self.extent == Extent::FirstPage {
            return Ok(self.check_end(query, sink, &pass).await);
        }
        match order {
            PageOrder::Concurrent => {
                self.read_rest_concurrently(query, sink, &mut pass).await;
            }
            PageOrder::Sequential => {
                self.read_rest_sequentially(query, PageEnd::AtTotal, sink, &mut pass)
                    .await;
            }
        }
        if pass.is_complete() || pass.failure.is_some() {
            return Ok(pass.checked_result());
        }
        let again = self.reread(query, PageEnd::AtTotal, sink).await;
        Ok(pass.unchecked_result().merge_reread(again))
    }

    /// The result of a list if only its first page is read. If that page has fewer rows than requested and than the
    /// service counts, the next one shows which of the two is true: the pages are smaller, or rows are missing.
    async fn check_end(&self, query: &Query, sink: &mut impl RowSink, pass: &Pass) -> ListResult {
        if !pass.ends_early() {
            return pass.unchecked_result();
        }
        match self.read_page(query, pass.rows + 1, sink).await {
            Ok(page) if page.new == 0 && page.unreadable == 0 => pass.checked_result(),
            Ok(_) => pass.unchecked_result(),
            Err(failure) => ListResult {
                failure: Some(failure),
                ..pass.unchecked_result()
            },
        }
    }

    /// Reads a list again, one page at a time. Only this pass decides whether the list is complete.
    pub async fn reread(&self, query: &Query, end: PageEnd, sink: &mut impl RowSink) -> ListResult {
        sink.start_pass();
        let mut pass = Pass::default();
        match self.read_page(query, 1, sink).await {
            Ok(first) => {
                self.count_page(&mut pass, query, first, sink);
                self.read_rest_sequentially(query, end, sink, &mut pass)
                    .await;
            }
            Err(failure) => pass.failure = Some(failure),
        }
        pass.checked_result()
    }

    async fn read_rest_concurrently(
        &self,
        query: &Query,
        sink: &mut impl RowSink,
        pass: &mut Pass,
    ) {
        let first_page_rows = pass.first_page_rows;
        let Some(total) = pass.first_total else {
            pass.needs_reread = true;
            return;
        };
        if first_page_rows >= total {
            return;
        }
        if first_page_rows == 0 {
            pass.needs_reread = true;
            return;
        }
        let pages = (1..)
            .map(|page| page * first_page_rows + 1)
            .take_while(|start| *start <= total)
            .map(|start| PageRequest {
                key: (),
                query: query.clone(),
                start,
            });
        let list = self.lists_under_way.begin();
        let mut pages = Fetches::new(self, list.max_concurrent_pages(pass.pages), pages);
        while let Some((PageRequest { start, .. }, body)) = pages.next().await {
            pages.max_concurrent = list.max_concurrent_pages(pass.pages);
            let page = match body {
                Ok(body) => self.add_page(query, start, body, sink).await,
                Err(failure) => Err(failure),
            };
            match page {
                Ok(page) => {
                    self.count_page(pass, query, page, sink);
                    let expected = first_page_rows.min(total - (start - 1));
                    if page.rows != expected || page.new == 0 || pass.total_changed {
                        // Rows moved, so further pages of this pass prove nothing.
                        pass.needs_reread = true;
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

    async fn read_rest_sequentially(
        &self,
        query: &Query,
        end: PageEnd,
        sink: &mut impl RowSink,
        pass: &mut Pass,
    ) {
        while pass.rows > 0 && (end == PageEnd::AtEmptyPage || !pass.has_all_rows()) {
            if pass.exceeds_max_pages(end.max_pages_factor()) {
                return;
            }
            match self.read_page(query, pass.rows + 1, sink).await {
                // A page past the last row. Its total is ignored.
                Ok(page) if page.rows == 0 => return,
                Ok(page) => {
                    self.count_page(pass, query, page, sink);
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

    /// Counts a page after its rows were added to the sink.
    fn count_page(&self, pass: &mut Pass, query: &Query, page: PageSummary, sink: &impl RowSink) {
        pass.add_page(page, query.page_size.rows());
        self.progress
            .page_read(query.segment, sink.row_count(), page.total);
    }

    /// Requests one page and adds its rows to the sink.
    async fn read_page(
        &self,
        query: &Query,
        start: u64,
        sink: &mut impl RowSink,
    ) -> Result<PageSummary, ReadFailure> {
        let body = self.fetch(query, start).await?;
        self.add_page(query, start, body, sink).await
    }

    /// Adds the rows of a page to the sink. Requests the page again if its body is not a list, or with fewer rows if it has too
    /// many.
    async fn add_page(
        &self,
        query: &Query,
        start: u64,
        mut body: PageBody,
        sink: &mut impl RowSink,
    ) -> Result<PageSummary, ReadFailure> {
        let mut retries = 0;
        loop {
            let requested = body.requested;
            let error = match self.add_rows(query, &body.bytes, sink)? {
                Ok(page) => return Ok(page),
                Err(error) => error,
            };
            let answerer = Answerer::of_success(&body.bytes);
            // Its memory, before the next one waits for some.
            drop(body);
            match error {
                InvalidPage::TooManyRows if query.page_size.halve(requested) => {}
                InvalidPage::TooManyRows => {
                    return Err(failed(query, FailureCause::TooLarge, &error));
                }
                InvalidPage::NotAList(_) if retries < INVALID_PAGE_RETRIES => {
                    retries += 1;
                    tokio::time::sleep(INVALID_PAGE_RETRY_DELAY).await;
                }
                InvalidPage::NotAList(_) => {
                    return Err(self.invalid_page(query, &error, answerer, retries + 1));
                }
            }
            body = self.fetch(query, start).await?;
        }
    }

    /// The failure of a list whose page is not a list, also after `attempts`.
    fn invalid_page(
        &self,
        query: &Query,
        error: &InvalidPage,
        answerer: Answerer,
        attempts: u32,
    ) -> ReadFailure {
        let cause = match answerer {
            Answerer::Service => FailureCause::InvalidResponse,
            Answerer::Intermediary => FailureCause::Intermediary(200),
        };
        let mut failure = failed(query, cause, error);
        failure.message.push_str(&format!(" ({attempts} attempts)"));
        if answerer == Answerer::Intermediary {
            let answered = intermediary_answered(self.endpoint.authority());
            failure.message.push_str(&format!("; {answered}"));
        }
        failure
    }

    /// Adds the rows of a body to the sink, if the domain has memory for them.
    fn add_rows(
        &self,
        query: &Query,
        body: &[u8],
        sink: &mut impl RowSink,
    ) -> Result<Result<PageSummary, InvalidPage>, ReadFailure> {
        let before = sink.size();
        // No text is longer than in its body.
        let at_most = RowsSize {
            rows: 0,
            bytes: body.len() as u64,
        };
        let reserved = self
            .rows
            .reserve(at_most)
            .map_err(|error| failed(query, FailureCause::RowsDoNotFit, &error))?;
        let added = sink.add_page(body);
        let after = sink.size();
        reserved.keep(RowsSize {
            rows: after.rows - before.rows,
            bytes: after.bytes - before.bytes,
        });
        Ok(added)
    }

    /// Requests one page past a full last page. If it has rows, or counts more than before, re-reads the list to its true end.
    pub async fn probe_past_end(
        &self,
        query: &Query,
        list: &ListResult,
        sink: &mut impl RowSink,
    ) -> ListResult {
        let Some(start) = list.past_full_page else {
            return list.clone();
        };
        match self.read_page(query, start, sink).await {
            Ok(page) if page.rows == 0 && page.total <= list.total => list.clone(),
            Ok(_) => list.merge_reread(self.reread(query, PageEnd::AtEmptyPage, sink).await),
            Err(failure) => ListResult {
                failure: Some(failure),
                ..list.clone()
            },
        }
    }
}
