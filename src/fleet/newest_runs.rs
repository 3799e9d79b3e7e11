//! The newest runs among the names of a list.
//!
//! A tenancy may store thousands of names a day. So only the runs that an overview may look at are kept while names arrive. A run that
//! was stopped says nothing of its tenancy, and a failure only if it is the newest: none of them takes the place of a delivered run.

use std::collections::BTreeSet;

use crate::timestamp::Timestamp;

use super::age::is_later;
use super::folder::{RunId, StoredRun, StoredRunState, split};

/// Max delivered runs to look at: what-ifs and narrower runs are passed over.
const MAX_DELIVERED: usize = 20;

/// Keeps the newest runs of a part of a tenancy, from names in ascending order.
#[derive(Debug)]
pub struct NewestRuns<'a> {
    part_folder: &'a str,
    now: Timestamp,
    current: Option<CurrentRun>,
    delivered: BTreeSet<StoredRun>,
    failed: Option<StoredRun>,
    unfinished: Option<StoredRun>,
    has_more: bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundRuns {
    /// The newest delivered runs, the newest that FAILED and the newest that is unfinished, newest first.
    pub newest: Vec<StoredRun>,
    /// Whether there are more delivered runs.
    pub has_more: bool,
}

/// The run whose names arrive.
#[derive(Debug)]
struct CurrentRun {
    id: RunId,
    folder: String,
    has_manifest: bool,
    is_delivered: bool,
    is_failed: bool,
}

impl<'a> NewestRuns<'a> {
    /// None yet, of the part with this folder. Runs that are later than `now` are left out.
    pub const fn new(part_folder: &'a str, now: Timestamp) -> Self {
        Self {
            part_folder,
            now,
            current: None,
            delivered: BTreeSet::new(),
            failed: None,
            unfinished: None,
            has_more: false,
        }
    }

    /// Adds the full name of an object.
    pub fn add(&mut self, name: &str) {
        let Some((date, id, file)) = split(name, self.part_folder) else {
            return;
        };
        if date > self.now.to_chrono().date_naive() || is_later(id.started(), self.now) {
            return;
        }
        let folder = &name[..name.len() - file.len()];
        if self.current.as_ref().is_none_or(|run| run.folder != folder) {
            self.keep_current();
        }
        let run = self.current.get_or_insert_with(|| CurrentRun {
            id,
            folder: folder.to_owned(),
            has_manifest: false,
            is_delivered: false,
            is_failed: false,
        });
        match file {
            "manifest.json" => run.has_manifest = true,
            "delivered.json" => run.is_delivered = true,
            "failed.json" => run.is_failed = true,
            _ => {}
        }
    }

    /// What was found.
    pub fn found(mut self) -> FoundRuns {
        self.keep_current();
        let mut runs = self.delivered;
        runs.extend(self.failed);
        runs.extend(self.unfinished);
        FoundRuns {
            newest: runs.into_iter().rev().collect(),
            has_more: self.has_more,
        }
    }

    fn keep_current(&mut self) {
        let Some(run) = self.current.take().map(CurrentRun::stored) else {
            return;
        };
        let newest = match run.state {
            StoredRunState::Delivered => {
                self.delivered.insert(run);
                if self.delivered.len() > MAX_DELIVERED {
                    self.delivered.pop_first();
                    self.has_more = true;
                }
                return;
            }
            StoredRunState::Failed => &mut self.failed,
            StoredRunState::Unfinished => &mut self.unfinished,
        };
        *newest = newest.take().max(Some(run));
    }
}

impl CurrentRun {
    fn stored(self) -> StoredRun {
        let state = if self.has_manifest && self.is_delivered {
            StoredRunState::Delivered
        } else if self.is_failed {
            StoredRunState::Failed
        } else {
            StoredRunState::Unfinished
        };
        StoredRun {
            id: self.id,
            state,
            folder: self.folder,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::parse_iso_8601;
    use proptest::prelude::*;

    fn found(names: &[String]) -> FoundRuns {
        let now = parse_iso_8601("2026-11-23T12:00:00Z").expect("a time");
        let mut names = names.to_vec();
        names.sort_unstable();
        let mut runs = NewestRuns::new("fleet/t/", now);
        for name in &names {
            runs.add(name);
        }
        runs.found()
    }

    fn at(run: &str, file: &str) -> String {
        format!("fleet/t/2026/11/{}/{run}/{file}", &run[6..8])
    }

    #[test]
    fn runs_are_newest_first_and_none_is_from_the_future() {
        let found = found(&[
            at("20261122T060000Z-000001", "manifest.json"),
            at("20261122T060000Z-000001", "delivered.json"),
            at("20261123T060000Z-000002", "manifest.json"),
            at("20261123T070000Z-000003", "failed.json"),
            at("20261124T060000Z-000004", "delivered.json"),
            "fleet/t/2026/11/30/20261123T070000Z-000005/delivered.json".to_owned(),
            "fleet/t/2026/11/23/notes.txt".to_owned(),
            "fleet/t/2026/11/23/20261123T080000Z-000006/a/b".to_owned(),
            "fleet/t/2026/02/30/20261123T070000Z-000007/delivered.json".to_owned(),
        ]);
        let runs: Vec<_> = found
            .newest
            .iter()
            .map(|run| (run.id.as_str(), run.state))
            .collect();
        assert_eq!(
            runs,
            [
                ("20261123T070000Z-000003", StoredRunState::Failed),
                ("20261123T060000Z-000002", StoredRunState::Unfinished),
                ("20261122T060000Z-000001", StoredRunState::Delivered),
            ]
        );
        assert!(!found.has_more);
    }

    #[test]
    fn only_the_newest_runs_of_thousands_are_kept() {
        let mut names = Vec::new();
        for number in 0..2_000 {
            let run = |hour: u8| format!("20261123T{hour:02}0000Z-{number:06x}");
            names.push(at(&run(6), "delivered.json"));
            names.push(at(&run(6), "manifest.json"));
            names.push(at(&run(7), "failed.json"));
            names.push(at(&run(8), "manifest.json"));
        }
        let found = found(&names);
        let newest: Vec<_> = found.newest.iter().map(|run| run.id.as_str()).collect();
        assert_eq!(newest.len(), MAX_DELIVERED + 2);
        assert_eq!(
            newest[..3],
            [
                "20261123T080000Z-0007cf",
                "20261123T070000Z-0007cf",
                "20261123T060000Z-0007cf",
            ]
        );
        assert!(found.has_more);
    }

    proptest! {
        #[test]
        fn any_names_are_read_without_a_panic(names in proptest::collection::vec("(?s)(fleet/t/)?.{0,40}", 0..4)) {
            found(&names);
        }
    }
}
