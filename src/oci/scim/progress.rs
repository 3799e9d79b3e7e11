//! How far the reading of a tenancy is, for whoever shows it meanwhile.
//!
//! Reading tells, and is never told anything: this is an observer, and no part of a run's result. A handle that nobody
//! watches keeps nothing. Pages come some hundred times a second at most, so that a lock for each costs nothing.

use std::sync::{Arc, Mutex, PoisonError};

/// The segment of the list of users; every other is one of credentials.
const USERS: &str = "Users";

/// The domains of a run. Clones are handles of the same.
#[derive(Clone, Debug, Default)]
pub struct ReadingProgress(Option<Arc<Mutex<Vec<DomainProgress>>>>);

impl ReadingProgress {
    /// Progress that somebody looks at.
    pub fn watched() -> Self {
        Self(Some(Arc::default()))
    }

    /// Progress that nobody looks at.
    pub const fn unwatched() -> Self {
        Self(None)
    }

    /// Whether anybody looks.
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

    /// How far each domain is, in the order in which they were added.
    pub fn domains(&self) -> Vec<DomainCounts> {
        let Some(domains) = &self.0 else {
            return Vec::new();
        };
        let domains = domains.lock().unwrap_or_else(PoisonError::into_inner);
        domains.iter().filter_map(DomainProgress::counts).collect()
    }
}

/// One domain. Clones are handles of the same.
#[derive(Clone, Debug, Default)]
pub struct DomainProgress(Option<Arc<Mutex<Lists>>>);

impl DomainProgress {
    /// Its name is known by now.
    pub fn rename(&self, name: &str) {
        self.with(|lists| name.clone_into(&mut lists.name));
    }

    /// A page of a list was taken: how many of its rows are known by now, and how many the service counts.
    pub fn page_taken(&self, segment: &'static str, known: u64, total: Option<u64>) {
        self.with(|lists| {
            let list = lists.list(segment);
            list.rows = known;
            if !list.in_parts {
                list.total = list.total.max(total);
            }
        });
    }

    /// The pages of a list count parts of it from here on, such as what some users hold. The whole is `total`, if that is
    /// known.
    pub fn read_in_parts(&self, segment: &'static str, total: Option<u64>) {
        self.with(|lists| {
            let list = lists.list(segment);
            list.in_parts = true;
            list.total = total;
        });
    }

    /// Nothing more is read of this domain.
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

/// What is known of one domain.
#[derive(Debug, Default)]
struct Lists {
    name: String,
    /// Those of which a page has come.
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
            // Rows that come while a list is read may be more than it counted before.
            total: self.total.map(|total| total.max(self.rows)),
        }
    }
}

/// How far one domain is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainCounts {
    /// Its name, as it came.
    pub name: String,
    /// Users.
    pub users: Count,
    /// Credentials of all types of which a page has come.
    pub credentials: Count,
    /// Whether nothing more is read of it.
    pub ended: bool,
}

/// So many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Rows read.
    pub read: u64,
    /// Rows that there are; `None` where that is not known, as before the first page.
    pub total: Option<u64>,
}

impl Count {
    /// Both together: their total is known if each one's is.
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
        first.page_taken(USERS, 1000, Some(2500));
        first.page_taken("ApiKeys", 1000, Some(4000));
        first.page_taken("AuthTokens", 7, Some(7));
        first.page_taken("ApiKeys", 2000, Some(4000));
        second.ended();
        let [default, dev] = &progress.domains()[..] else {
            panic!("two domains");
        };
        assert_eq!(default.name, "Default");
        assert_eq!(default.users, count(1000, Some(2500)));
        assert_eq!(default.credentials, count(2007, Some(4007)));
        assert!(!default.ended && dev.ended);
        assert_eq!(
            dev.users,
            count(0, None),
            "nothing is known before a page came"
        );
    }

    #[test]
    fn a_total_that_is_not_told_leaves_the_sum_open() {
        let progress = ReadingProgress::watched();
        let domain = progress.domain("Default");
        domain.page_taken("ApiKeys", 10, Some(20));
        domain.page_taken("AuthTokens", 5, None);
        assert_eq!(progress.domains()[0].credentials, count(15, None));
    }

    #[test]
    fn a_list_that_is_read_again_does_not_go_back_and_one_that_grows_has_no_more_than_all() {
        let progress = ReadingProgress::watched();
        let domain = progress.domain("Default");
        domain.page_taken("ApiKeys", 900, Some(1000));
        domain.page_taken("ApiKeys", 900, Some(950));
        assert_eq!(progress.domains()[0].credentials, count(900, Some(1000)));
        domain.page_taken("ApiKeys", 1004, Some(1000));
        assert_eq!(progress.domains()[0].credentials, count(1004, Some(1004)));
    }

    #[test]
    fn a_list_that_is_read_in_parts_is_held_against_what_users_claim() {
        let progress = ReadingProgress::watched();
        let domain = progress.domain("Default");
        domain.read_in_parts("ApiKeys", Some(120));
        domain.page_taken("ApiKeys", 50, Some(50));
        assert_eq!(progress.domains()[0].credentials, count(50, Some(120)));
        domain.read_in_parts("AuthTokens", None);
        domain.page_taken("AuthTokens", 3, Some(3));
        assert_eq!(progress.domains()[0].credentials, count(53, None));
    }

    #[test]
    fn what_nobody_watches_keeps_nothing() {
        let progress = ReadingProgress::unwatched();
        let domain = progress.domain("Default");
        domain.page_taken(USERS, 1000, Some(2500));
        assert!(progress.domains().is_empty() && domain.0.is_none());
    }
}
