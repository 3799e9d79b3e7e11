//! Progress of reading a tenancy, for the command line.
//!
//! An observer: reading reports to it and reads nothing from it, and it is not part of a run's result. Unwatched handles
//! keep nothing. Each page takes a lock; a run reads at most some hundred pages per second.

use std::sync::{Arc, Mutex, PoisonError};

/// Segment of the user list. Every other segment is a list of credentials.
const USERS: &str = "Users";

/// The domains of a run. Clones share their state.
#[derive(Clone, Debug, Default)]
pub struct ReadingProgress(Option<Arc<Mutex<Vec<DomainProgress>>>>);

impl ReadingProgress {
    /// Progress that is displayed.
    pub fn watched() -> Self {
        Self(Some(Arc::default()))
    }

    /// Progress that is not displayed.
    pub const fn unwatched() -> Self {
        Self(None)
    }

    /// Whether it is displayed.
    pub const fn is_watched(&self) -> bool {
        self.0.is_some()
    }

    /// Adds a domain that will be read.
    pub fn domain(&self, name: &str) -> DomainProgress {
        let Some(domains) = &self.0 else {
            return DomainProgress::default();
        };
        let domain = DomainProgress(Some(Arc::new(Mutex::new(Lists {
            name: name.to_owned(),
            ..Lists::default()
        }))));
        let mut domains = domains.lock().unwrap_or_else(PoisonError::into_inner);
        domains.push(domain.clone());
        domain
    }

    /// The counts of each domain, in the order of [`Self::domain`] calls.
    pub fn domains(&self) -> Vec<DomainCounts> {
        let Some(domains) = &self.0 else {
            return Vec::new();
        };
        let domains = domains.lock().unwrap_or_else(PoisonError::into_inner);
        domains.iter().filter_map(DomainProgress::counts).collect()
    }
}

/// One domain. Clones share their state.
#[derive(Clone, Debug, Default)]
pub struct DomainProgress(Option<Arc<Mutex<Lists>>>);

impl DomainProgress {
    /// Sets its display name, once known.
    pub fn rename(&self, name: &str) {
        self.with(|lists| name.clone_into(&mut lists.name));
    }

    /// Records a page: the distinct rows of the list so far, and the service's count.
    pub fn page_read(&self, segment: &'static str, rows: u64, total: Option<u64>) {
        self.with(|lists| {
            let list = lists.list(segment);
            list.rows = rows;
            if !list.in_parts {
                list.total = list.total.max(total);
            }
        });
    }

    /// From here on, the totals of a list's pages count parts of it, such as the credentials of some users. `total` is the
    /// total of the whole list, if known.
    pub fn read_in_parts(&self, segment: &'static str, total: Option<u64>) {
        self.with(|lists| {
            let list = lists.list(segment);
            list.in_parts = true;
            list.total = total;
        });
    }

    /// Marks the domain as read.
    pub fn ended(&self) {
        self.with(|lists| lists.ended = true);
    }

    fn with(&self, change: impl FnOnce(&mut Lists)) {
        if let Some(lists) = &self.0 {
            change(&mut lists.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn counts(&self) -> Option<DomainCounts> {
        let lists = self.0.as_ref()?;
        let lists = lists.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = |of_users: bool| {
            let own = lists
                .lists
                .iter()
                .filter(|list| (list.segment == USERS) == of_users);
            own.map(List::count).reduce(Count::plus).unwrap_or_default()
        };
        Some(DomainCounts {
            name: lists.name.clone(),
            users: sum(true),
            credentials: sum(false),
            ended: lists.ended,
        })
    }
}

/// The lists of one domain.
#[derive(Debug, Default)]
struct Lists {
    name: String,
    /// Lists with at least one page.
    lists: Vec<List>,
    ended: bool,
}

impl Lists {
    fn list(&mut self, segment: &'static str) -> &mut List {
        let known = self.lists.iter().position(|list| list.segment == segment);
        let position = known.unwrap_or_else(|| {
            self.lists.push(List {
                segment,
                ..List::default()
            });
            self.lists.len() - 1
        });
        &mut self.lists[position]
    }
}

#[derive(Debug, Default)]
struct List {
    segment: &'static str,
    rows: u64,
    total: Option<u64>,
    in_parts: bool,
}

impl List {
    fn count(&self) -> Count {
        Count {
            read: self.rows,
            // Rows created meanwhile may exceed an earlier total.
            total: self.total.map(|total| total.max(self.rows)),
        }
    }
}

/// Progress of one domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainCounts {
    /// Its name, as the domain list returned it.
    pub name: String,
    /// Users read.
    pub users: Count,
    /// Credentials read, of all types with at least one page.
    pub credentials: Count,
    /// Whether reading it has ended.
    pub ended: bool,
}

/// Rows read, out of a total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Rows read.
    pub read: u64,
    /// Total rows; `None` if unknown, as before the first page.
    pub total: Option<u64>,
}

impl Count {
    /// The sum of both. Its total is known if both totals are.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let total = self.total.zip(other.total);
        Self {
            read: self.read.saturating_add(other.read),
            total: total.map(|(own, others)| own.saturating_add(others)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn count(read: u64, total: Option<u64>) -> Count {
        Count { read, total }
    }

    #[test]
    fn pages_of_all_lists_add_up() {
        let progress = ReadingProgress::watched();
        let (first, second) = (progress.domain("Default"), progress.domain("Dev"));
        first.page_read(USERS, 1000, Some(2500));
        first.page_read("ApiKeys", 1000, Some(4000));
        first.page_read("AuthTokens", 7, Some(7));
        first.page_read("ApiKeys", 2000, Some(4000));
        second.ended();
        let [default, dev] = &progress.domains()[..] else {
            panic!("two domains");
        };
        assert_eq!(default.name, "Default");
        assert_eq!(default.users, count(1000, Some(2500)));
        assert_eq!(default.credentials, count(2007, Some(4007)));
        assert!(!default.ended && dev.ended);
        assert_eq!(dev.users, count(0, None), "no total before the first page");
    }

    #[test]
    fn unknown_total_makes_the_sum_unknown() {
        let progress = ReadingProgress::watched();
        let domain = progress.domain("Default");
        domain.page_read("ApiKeys", 10, Some(20));
        domain.page_read("AuthTokens", 5, None);
        assert_eq!(progress.domains()[0].credentials, count(15, None));
    }

    #[test]
    fn total_never_shrinks_and_is_never_below_the_rows() {
        let progress = ReadingProgress::watched();
        let domain = progress.domain("Default");
        domain.page_read("ApiKeys", 900, Some(1000));
        domain.page_read("ApiKeys", 900, Some(950));
        assert_eq!(progress.domains()[0].credentials, count(900, Some(1000)));
        domain.page_read("ApiKeys", 1004, Some(1000));
        assert_eq!(progress.domains()[0].credentials, count(1004, Some(1004)));
    }

    #[test]
    fn list_read_in_parts_keeps_the_total_of_the_whole() {
        let progress = ReadingProgress::watched();
        let domain = progress.domain("Default");
        domain.read_in_parts("ApiKeys", Some(120));
        domain.page_read("ApiKeys", 50, Some(50));
        assert_eq!(progress.domains()[0].credentials, count(50, Some(120)));
        domain.read_in_parts("AuthTokens", None);
        domain.page_read("AuthTokens", 3, Some(3));
        assert_eq!(progress.domains()[0].credentials, count(53, None));
    }

    #[test]
    fn unwatched_progress_keeps_nothing() {
        let progress = ReadingProgress::unwatched();
        let domain = progress.domain("Default");
        domain.page_read(USERS, 1000, Some(2500));
        assert!(progress.domains().is_empty() && domain.0.is_none());
    }
}
