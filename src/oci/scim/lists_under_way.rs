//! How many lists of a domain are read concurrently, and so how many pages of each.
//!
//! Lists have different lengths. The longest one of a large domain ends seconds after the others if it stays with its part of the
//! requests.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Max concurrent page requests of one list while all others of its domain are read too, and of the last three. Each page takes memory
/// until its rows are kept.
const MAX_CONCURRENT_PAGES: [usize; 2] = [4, 8];
/// About as many of all lists of a domain. Requests and memory of a run have bounds of their own.
const MAX_CONCURRENT_PAGES_OF_DOMAIN: usize = 28;

/// The lists of a domain that are read concurrently.
#[derive(Debug, Default)]
pub struct ListsUnderWay(AtomicUsize);

impl ListsUnderWay {
    /// A further list, until the value is dropped.
    pub(super) fn begin(&self) -> ListUnderWay<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        ListUnderWay(self)
    }
}

/// One of the lists, until it is dropped.
pub(super) struct ListUnderWay<'a>(&'a ListsUnderWay);

impl ListUnderWay<'_> {
    /// How many pages of it may be requested concurrently now, after as many as `read`: more as soon as other lists have ended. Never
    /// many more than it had so far, since its total may be false, and then they are requested in vain.
    pub(super) fn max_concurrent_pages(&self, read: u64) -> usize {
        let lists = self.0.0.load(Ordering::Relaxed).max(1);
        let [min, max] = MAX_CONCURRENT_PAGES;
        let max = usize::try_from(read).unwrap_or(max).clamp(min, max);
        (MAX_CONCURRENT_PAGES_OF_DOMAIN / lists).clamp(min, max)
    }
}

impl Drop for ListUnderWay<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_lists_have_more_concurrent_pages() {
        let lists = ListsUnderWay::default();
        let mut under_way: Vec<_> = (0..9).map(|_| lists.begin()).collect();
        let mut pages = Vec::new();
        while let Some(list) = under_way.last() {
            pages.push(list.max_concurrent_pages(100));
            under_way.pop();
        }
        assert_eq!(pages, [4, 4, 4, 4, 5, 7, 8, 8, 8]);
        let list = lists.begin();
        let pages = [1, 4, 5, 8, 9].map(|read| list.max_concurrent_pages(read));
        assert_eq!(pages, [4, 4, 5, 8, 8]);
    }
}
