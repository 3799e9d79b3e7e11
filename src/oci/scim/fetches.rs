//! Requests pages concurrently, and returns them in order.
//!
//! Each page has memory for its body before it is requested: as much as the largest page of its list so far, and more for a first
//! page. A list waits for memory only while it has no page in memory. So no list waits for another one that waits for it.

use std::collections::VecDeque;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};

use crate::model::ReadFailure;

use super::domain_client::{DomainClient, PageBody};
use super::query::Query;

/// A page to request, and what its caller knows it by.
pub(super) struct PageRequest<K> {
    pub(super) key: K,
    pub(super) query: Query,
    pub(super) start: u64,
}

type Fetched<K> = (PageRequest<K>, Result<PageBody, ReadFailure>);

/// Pages under way, and those to request.
pub(super) struct Fetches<'a, K, W> {
    domain: &'a DomainClient,
    pub(super) max_concurrent: usize,
    waiting: W,
    next: VecDeque<PageRequest<K>>,
    requested: FuturesOrdered<BoxFuture<'a, Fetched<K>>>,
}

impl<'a, K, W> Fetches<'a, K, W>
where
    K: Send + 'a,
    W: Iterator<Item = PageRequest<K>>,
{
    /// Requests `waiting` pages, at most `max_concurrent` at a time.
    pub(super) fn new(domain: &'a DomainClient, max_concurrent: usize, waiting: W) -> Self {
        Self {
            domain,
            max_concurrent,
            waiting,
            next: VecDeque::new(),
            requested: FuturesOrdered::new(),
        }
    }

    /// The next page; `None` after the last one.
    pub(super) async fn next(&mut self) -> Option<Fetched<K>> {
        while self.requested.len() < self.max_concurrent {
            let Some(page) = self.next.pop_front().or_else(|| self.waiting.next()) else {
                break;
            };
            let domain = self.domain;
            let memory = if self.requested.is_empty() {
                domain.memory_for(&page.query).await
            } else {
                match domain.memory_now(&page.query) {
                    None => {
                        self.next.push_front(page);
                        break;
                    }
                    memory => memory,
                }
            };
            let request = async move {
                let body = domain.fetch_into(memory, &page.query, page.start).await;
                (page, body)
            };
            self.requested.push_back(request.boxed());
        }
        self.requested.next().await
    }

    /// Requests no further page. Returns those that are not requested.
    pub(super) fn stop(&mut self) -> Vec<PageRequest<K>> {
        let waiting = self.waiting.by_ref();
        self.next.drain(..).chain(waiting).collect()
    }
}
