//! The search of one region: from now backwards, window by window, so that what is known has no gap and ends now.
//!
//! A window that takes too long is halved. A query that the service does not know is replaced by the next form. What was found
//! before a failure stays known.

use std::collections::HashMap;

use crate::model::{Interval, KeyId, Precision};
use crate::oci::logging_search::answer::FoundUse;
use crate::oci::logging_search::query::{Form, MAX_WINDOW_DAYS, window_before};
use crate::oci::logging_search::{AuditEvents, NextStep, SearchError};
use crate::oci::regions::Region;
use crate::timestamp::Timestamp;

/// Days that the first search covers: as many windows as ninety days need.
const DAYS: i64 = 7 * MAX_WINDOW_DAYS;
/// Days that are to be known: a search that reached less goes on in the next run.
const WANTED_DAYS: i64 = 90;
/// The end of the last search is searched again: events are found some minutes after they happened.
const OVERLAP_SECONDS: i64 = 3_600;
const MAX_WINDOW_SECONDS: i64 = MAX_WINDOW_DAYS * 86_400;
const MIN_WINDOW_SECONDS: i64 = 6 * 3_600;
/// Max keys with a use, in a region and in all: far more than a function can judge.
pub(super) const MAX_KEYS: usize = 100_000;

/// What the search of one region found.
#[derive(Debug)]
pub(super) struct RegionSearch<'a> {
    events: &'a AuditEvents,
    pub(super) region: &'a Region,
    now: Timestamp,
    form: Form,
    window_seconds: i64,
    /// What this run and the one before it searched without a gap, up to now.
    pub(super) searched: Option<Interval>,
    pub(super) uses: HashMap<KeyId, (Timestamp, Precision)>,
    /// The oldest use that this run found.
    pub(super) oldest: Option<Timestamp>,
    pub(super) failure: Option<SearchError>,
}

impl<'a> RegionSearch<'a> {
    pub(super) fn new(events: &'a AuditEvents, region: &'a Region, now: Timestamp) -> Self {
        Self {
            events,
            region,
            now,
            form: Form::Newest,
            window_seconds: MAX_WINDOW_SECONDS,
            searched: None,
            uses: HashMap::new(),
            oldest: None,
            failure: None,
        }
    }

    /// Whether the service knows no query that groups by key.
    pub(super) fn needs_keys(&self) -> bool {
        self.failure
            .as_ref()
            .is_some_and(|error| error.next == NextStep::OtherForm)
    }

    /// Searches what the run before has not searched; `past` is what that run knew.
    pub(super) async fn search_all_keys(&mut self, past: Option<Interval>) {
        let first = self.now.plus_days(-DAYS);
        let continued = past.map(|past| (past, past.until.plus_seconds(-OVERLAP_SECONDS)));
        let continued = continued.filter(|(_, end)| *end > first);
        let target = continued.map_or(first, |(_, end)| end);
        if !self.search_back_to(target).await {
            return;
        }
        if let (Some((past, _)), Some(searched)) = (continued, &mut self.searched) {
            searched.since = searched.since.min(past.since);
            if searched.since > self.now.plus_days(-WANTED_DAYS) {
                self.search_back_to(first).await;
            }
        }
    }

    /// Searches from what is known back to `target`; false if that failed.
    async fn search_back_to(&mut self, target: Timestamp) -> bool {
        loop {
            let end = self.searched.map_or(self.now, |searched| searched.since);
            if end <= target {
                return true;
            }
            let Some((window, found)) = self.search_before(end, target).await else {
                return false;
            };
            for found in found {
                self.add(found);
            }
            if self.uses.len() > MAX_KEYS {
                self.failure = Some(too_many_keys());
                return false;
            }
            self.searched = Some(Interval {
                since: window.since,
                until: self.now,
            });
        }
    }

    /// Searches for each key alone, up to its newest use.
    pub(super) async fn search_keys(&mut self, keys: &[KeyId]) {
        let first = self.now.plus_days(-DAYS);
        self.failure = None;
        for key in keys {
            self.form = Form::OneKey(key.clone());
            let mut end = self.now;
            while end > first {
                let Some((window, found)) = self.search_before(end, first).await else {
                    return;
                };
                end = if found.is_empty() {
                    window.since
                } else {
                    first
                };
                for found in found {
                    self.add(found);
                }
            }
        }
        self.searched = Some(Interval {
            since: first,
            until: self.now,
        });
    }

    /// Searches the longest window before `end` that the service answers, and with the first form that it knows. `None` after a
    /// failure.
    async fn search_before(
        &mut self,
        end: Timestamp,
        first: Timestamp,
    ) -> Option<(Interval, Vec<FoundUse>)> {
        loop {
            let window = window_before(end, first, self.window_seconds);
            let error = match self.events.search(self.region, &self.form, window).await {
                Ok(found) => return Some((window, found)),
                Err(error) => error,
            };
            match (error.next, &self.form) {
                (NextStep::OtherForm, Form::Newest) => self.form = Form::Days,
                (NextStep::ShorterWindow, _) if self.window_seconds > MIN_WINDOW_SECONDS => {
                    self.window_seconds = (self.window_seconds / 2).max(MIN_WINDOW_SECONDS);
                }
                _ => {
                    self.failure = Some(error);
                    return None;
                }
            }
        }
    }

    fn add(&mut self, found: FoundUse) {
        let precision = match self.form {
            Form::Days => Precision::Day,
            Form::Newest | Form::OneKey(_) => Precision::Instant,
        };
        self.oldest = Some(
            self.oldest
                .map_or(found.oldest, |oldest| oldest.min(found.oldest)),
        );
        let newest = self.uses.entry(found.key);
        let newest = newest.or_insert((found.newest, precision));
        if newest.0 < found.newest {
            *newest = (found.newest, precision);
        }
    }
}

fn too_many_keys() -> SearchError {
    SearchError {
        reason: format!("more than {MAX_KEYS} keys were used").into(),
        next: NextStep::GiveUp,
        cause: crate::model::FailureCause::TooLarge,
        statement: None,
    }
}
