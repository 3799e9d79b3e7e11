//! The search of one region: from now backwards, window by window, so that what is known has no gap and ends now.
//!
//! A window that takes too long is halved. A query that the service does not know is replaced by the next form. What was found
//! before a failure stays known.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    pub(super) found: FoundKeys<'a>,
    pub(super) failure: Option<SearchError>,
}

impl<'a> RegionSearch<'a> {
    pub(super) fn new(
        events: &'a AuditEvents,
        region: &'a Region,
        now: Timestamp,
        limit: &'a KeyLimit,
    ) -> Self {
        Self {
            events,
            region,
            now,
            form: Form::Newest,
            window_seconds: MAX_WINDOW_SECONDS,
            searched: None,
            found: FoundKeys {
                limit,
                uses: HashMap::new(),
                oldest: None,
            },
            failure: None,
        }
    }

    /// Whether the service knows no query that groups by key. If it answered one, it refused another window for another reason.
    pub(super) fn needs_keys(&self) -> bool {
        let failure = self.failure.as_ref();
        self.searched.is_none() && failure.is_some_and(|error| error.next == NextStep::OtherForm)
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
            let Some((window, _)) = self.search_before(end, target).await else {
                return false;
            };
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
                let Some((window, is_used)) = self.search_before(end, first).await else {
                    return;
                };
                end = if is_used { first } else { window.since };
            }
        }
        self.searched = Some(Interval {
            since: first,
            until: self.now,
        });
    }

    /// Searches the longest window before `end` that the service answers, and with the first form that it knows. The window, and
    /// whether a use was found; `None` after a failure.
    async fn search_before(
        &mut self,
        end: Timestamp,
        first: Timestamp,
    ) -> Option<(Interval, bool)> {
        loop {
            let window = window_before(end, first, self.window_seconds);
            let precision = match self.form {
                Form::Days => Precision::Day,
                Form::Newest | Form::OneKey(_) => Precision::Instant,
            };
            let keep = |found| self.found.add(found, precision);
            let search = self.events.search(self.region, &self.form, window, keep);
            let error = match search.await {
                Ok(is_used) => return Some((window, is_used)),
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
}

/// The keys that a search found, and when they were used.
#[derive(Debug)]
pub(super) struct FoundKeys<'a> {
    limit: &'a KeyLimit,
    pub(super) uses: HashMap<KeyId, (Timestamp, Precision)>,
    /// The oldest use that this run found.
    pub(super) oldest: Option<Timestamp>,
}

impl FoundKeys<'_> {
    /// False if there is no memory for another key.
    fn add(&mut self, found: FoundUse, precision: Precision) -> bool {
        match self.uses.entry(found.key) {
            Entry::Occupied(mut newest) => {
                let (at, known) = *newest.get();
                if known.latest(at) < precision.latest(found.newest) {
                    newest.insert((found.newest, precision));
                }
            }
            Entry::Vacant(new) => {
                if !self.limit.take_one() {
                    return false;
                }
                new.insert((found.newest, precision));
            }
        }
        let oldest = self.oldest.map(|oldest| oldest.min(found.oldest));
        self.oldest = Some(oldest.unwrap_or(found.oldest));
        true
    }
}

/// How many keys all regions of a run may find. A key in two regions counts twice.
#[derive(Debug)]
pub(super) struct KeyLimit(AtomicUsize);

impl KeyLimit {
    /// Keys take a fourth of this share of a run's memory.
    pub(super) fn of(responses: u64) -> Self {
        const BYTES_PER_KEY: u64 = 256;
        let keys = responses / 4 / BYTES_PER_KEY;
        Self(AtomicUsize::new(
            usize::try_from(keys).unwrap_or(usize::MAX),
        ))
    }

    fn take_one(&self) -> bool {
        let taken = |left: usize| left.checked_sub(1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken)
            .is_ok()
    }
}
