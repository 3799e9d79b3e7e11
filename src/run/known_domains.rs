//! Rows of the lists of domains, compared with each other. Pure.
//!
//! A domain is in the list of each region that it is replicated to, with the same OCID and URL. Rows that contradict each other
//! do not make a run read less: two rows with one OCID and different URLs may be two domains, and both are read.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::display::counted;
use crate::model::SearchPart;
use crate::oci::identity::ListedDomain;

use super::listed_domain::{base_urls, exclusion};
use super::search_gap::SearchGap;

/// Domains found so far.
#[derive(Default)]
pub(super) struct KnownDomains {
    ocids: HashSet<String>,
    /// The OCID of the first row with a URL, by the URL.
    ocid_by_url: HashMap<String, Option<String>>,
    /// URLs of domains that every row so far excludes.
    excluded_urls: HashSet<String>,
    /// Names of domains, each with what its rows contradict each other in.
    contradictions: BTreeSet<(String, &'static str)>,
    /// Whether a row may be of the Default domain: its type is not `SECONDARY`, the only other one.
    may_have_default: bool,
    has_rows: bool,
}

impl KnownDomains {
    /// Whether the domain is new, or is to be read although no row before said so.
    pub(super) fn insert(&mut self, listed: &ListedDomain) -> bool {
        self.has_rows = true;
        self.may_have_default |= !listed
            .domain_type
            .as_deref()
            .is_some_and(|domain_type| domain_type.eq_ignore_ascii_case("SECONDARY"));
        let urls: Vec<String> = base_urls(listed).collect();
        let is_excluded = exclusion(listed).is_some();
        let mut is_to_be_read_after_all = false;
        for url in &urls {
            if is_excluded && !self.ocid_by_url.contains_key(url) {
                self.excluded_urls.insert(url.clone());
            } else if !is_excluded {
                is_to_be_read_after_all |= self.excluded_urls.remove(url);
            }
        }
        let with_url = urls.iter().find_map(|url| self.ocid_by_url.get(url));
        let has_ocid = listed
            .id
            .as_ref()
            .is_some_and(|ocid| self.ocids.contains(ocid));
        let (is_new, contradiction) = match with_url {
            Some(Some(ocid)) if listed.id.as_ref().is_some_and(|own| own != ocid) => {
                (false, Some("its URL is listed with different OCIDs"))
            }
            Some(_) => (false, None),
            None if has_ocid && urls.is_empty() => (false, None),
            None if has_ocid => (true, Some("its OCID is listed with different URLs")),
            None => (true, None),
        };
        if let Some(contradiction) = contradiction {
            let name = String::from(listed.name());
            self.contradictions.insert((name, contradiction));
        }
        self.ocids.extend(listed.id.clone());
        for url in urls {
            let ocid = self.ocid_by_url.entry(url);
            ocid.or_insert_with(|| listed.id.clone());
        }
        is_new || is_to_be_read_after_all
    }

    /// Whether domains are listed, and the Default domain is not. Each tenancy has one, in its root compartment, and nobody can
    /// delete it (Oracle documentation, The Default Identity Domain).
    pub(super) const fn lack_default(&self) -> bool {
        self.has_rows && !self.may_have_default
    }

    /// A gap about each domain whose rows contradict each other.
    pub(super) fn contradictions(self) -> impl Iterator<Item = SearchGap> {
        self.contradictions
            .into_iter()
            .map(|(name, contradiction)| {
                let text = format!("domain {name}: {contradiction}");
                SearchGap::about(SearchPart::Domain(name), text)
            })
    }
}

/// Rows of lists that could not be read.
#[derive(Default)]
pub(super) struct UnreadableRows {
    rows: u64,
    parts: BTreeSet<SearchPart>,
}

impl UnreadableRows {
    /// Adds the rows of one list.
    pub(super) fn add(&mut self, rows: u64, part: impl FnOnce() -> SearchPart) {
        if rows > 0 {
            self.rows += rows;
            self.parts.insert(part());
        }
    }

    /// A gap about all of them.
    pub(super) fn gap(self, lists: &str) -> Option<SearchGap> {
        let rows = counted(self.rows, "row", "rows");
        (self.rows > 0).then(|| SearchGap {
            parts: self.parts.into_iter().collect(),
            error: None,
            text: format!("{lists}: {rows} could not be read").into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ocid: &str, url: &str) -> ListedDomain {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        ListedDomain {
            id: text(ocid),
            url: text(url),
            ..ListedDomain::default()
        }
    }

    #[test]
    fn lists_lack_the_default_domain_only_if_every_row_has_another_type() {
        for (types, lack_default) in [
            (&[][..], false),
            (&[Some("SECONDARY"), Some("DEFAULT")], false),
            (&[Some("default")], false),
            (&[Some("SECONDARY"), None], false),
            (&[Some("SECONDARY"), Some("TERTIARY")], false),
            (&[Some("SECONDARY")], true),
            (&[Some("SECONDARY"), Some("secondary")], true),
        ] {
            let mut known = KnownDomains::default();
            for domain_type in types {
                known.insert(&ListedDomain {
                    domain_type: domain_type.map(str::to_owned),
                    ..row("a", "https://idcs-1.example.com")
                });
            }
            assert_eq!(known.lack_default(), lack_default, "{types:?}");
        }
    }

    #[test]
    fn rows_of_one_domain_count_once_and_contradictions_are_reported() {
        let (one, two) = (
            "https://idcs-1.example.com",
            "https://idcs-2.example.com:443",
        );
        for (rows, new, contradictions) in [
            ([row("a", one), row("a", one)], [true, false], 0),
            ([row("a", one), row("b", two)], [true, true], 0),
            ([row("a", one), row("a", two)], [true, true], 1),
            ([row("a", one), row("b", one)], [true, false], 1),
            ([row("", one), row("", two)], [true, true], 0),
            ([row("", one), row("", one)], [true, false], 0),
            ([row("a", one), row("", one)], [true, false], 0),
            ([row("", one), row("a", one)], [true, false], 0),
            ([row("a", one), row("a", "")], [true, false], 0),
            ([row("a", ""), row("a", one)], [true, true], 1),
        ] {
            let mut known = KnownDomains::default();
            assert_eq!(
                [known.insert(&rows[0]), known.insert(&rows[1])],
                new,
                "{rows:?}"
            );
            assert_eq!(known.contradictions().count(), contradictions, "{rows:?}");
        }
        // A domain that one row excludes and another does not is read.
        let excluded = |row: ListedDomain| ListedDomain {
            lifecycle_state: Some("DELETED".to_owned()),
            ..row
        };
        for (rows, new) in [
            ([excluded(row("a", one)), row("a", one)], [true, true]),
            ([excluded(row("", one)), row("a", one)], [true, true]),
            ([row("a", one), excluded(row("a", one))], [true, false]),
            (
                [excluded(row("a", one)), excluded(row("a", one))],
                [true, false],
            ),
        ] {
            let mut known = KnownDomains::default();
            assert_eq!(
                [known.insert(&rows[0]), known.insert(&rows[1])],
                new,
                "{rows:?}"
            );
            let was_read = rows.iter().any(|row| exclusion(row).is_none());
            assert_eq!(known.insert(&row("a", one)), !was_read, "{rows:?}");
        }
        // A domain has two URLs, and a row may have either.
        let mut known = KnownDomains::default();
        let both = ListedDomain {
            home_region_url: Some(two.to_owned()),
            ..row("a", one)
        };
        assert!(known.insert(&both) && !known.insert(&row("a", two)));
        assert_eq!(known.contradictions().count(), 0);
    }
}
