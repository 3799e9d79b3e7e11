//! Searches for the last use of API keys, while domains are read. Nothing depends on it: a failure is a warning, and makes no run
//! PARTIAL. It ends after half of the time for reading, and after two minutes.
//!
//! The first run searches 98 days, with seven searches per region. Later ones continue where the run that they are compared
//! with ended, by its `last-use.json`. A what-if run searches nothing, and knows what that run knew.

mod keys;
mod merged;
mod region;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};

use crate::blocking::run_blocking;
use crate::config::{LastUseSettings, ReadSettings};
use crate::credential_type::CredentialType;
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::judge::changes::Baseline;
use crate::model::{DomainReading, Fingerprint, Interval, KeyId, LastUses};
use crate::oci::identity::IdentityClient;
use crate::oci::logging_search::query::{Form, window_before};
use crate::oci::logging_search::{AuditEvents, NextStep, SearchError};
use crate::oci::object_storage::Bucket;
use crate::oci::regions::{Region, is_region_name};
use crate::report::last_use_file;
use crate::server_text::FailureText;
use crate::timestamp::Timestamp;

use self::merged::Merged;
use self::region::{KeyLimit, RegionSearch};
use super::plan::RunPlan;
use super::run_shares::RunShares;

/// Max time for all searches of a run.
const MAX_TIME: Duration = Duration::from_secs(120);
/// Max time to list regions, and to read the file of the run before.
const MAX_STEP_TIME: Duration = Duration::from_secs(15);
/// Max regions to search concurrently, each with one request at a time.
const MAX_CONCURRENT_REGIONS: usize = 5;
/// The window that a check searches.
const CHECKED_SECONDS: i64 = 3_600;

/// The search of a run.
pub struct LastUseSearch<'a> {
    plan: &'a RunPlan,
    settings: &'a ReadSettings,
    iam: IdentityClient,
    events: Option<AuditEvents>,
    keys: KeyLimit,
    deadline: Deadline,
}

/// What was found while domains were read.
#[derive(Debug)]
pub struct Found {
    uses: LastUses,
    /// Regions whose service knows no query that groups by key.
    by_key: Vec<Region>,
}

impl Found {
    const fn all(uses: LastUses) -> Self {
        Self {
            uses,
            by_key: Vec::new(),
        }
    }
}

/// Why nothing can be searched for.
const UNKNOWN_TENANCY: &str = "the session token does not name its tenancy";

impl<'a> LastUseSearch<'a> {
    /// A search that ends before `reading` does; `None` if the settings or the types of the run ask for none.
    pub fn new(
        plan: &'a RunPlan,
        settings: &'a ReadSettings,
        client: &Arc<SignedClient>,
        reading: Deadline,
    ) -> Option<Self> {
        let own = settings.last_use.as_ref()?;
        if !plan.credential_types.contains(CredentialType::ApiKeys) {
            return None;
        }
        let deadline = reading.within(MAX_TIME.min(reading.remaining() / 2));
        Some(Self {
            plan,
            settings,
            iam: iam(settings, client, deadline),
            events: events(own, client, deadline),
            keys: KeyLimit::of(settings.memory.responses),
            deadline,
        })
    }

    /// What the run before knew; `None` if it has no such file, or one that cannot be read.
    pub async fn earlier(
        &self,
        bucket: &Bucket,
        prefix: &str,
        baseline: &Baseline,
    ) -> Option<LastUses> {
        let date = baseline.as_of.to_chrono().format("%Y/%m/%d");
        let name = format!("{prefix}{date}/{}/{}", baseline.run_id, last_use_file::NAME);
        let deadline = self.deadline.within(MAX_STEP_TIME);
        let limit = last_use_file::MAX_BYTES.min(self.settings.memory.responses / 2);
        let content = bucket.get(&name, limit, deadline).await;
        let now = self.plan.started;
        let read = match content {
            Ok(content) => {
                let read = move || last_use_file::read(&content, now);
                run_blocking(read).await.filter(names_regions)
            }
            Err(error) => {
                tracing::info!(%error, "the last use of API keys is searched for from the beginning");
                return None;
            }
        };
        if read.is_none() {
            tracing::warn!(
                object = name,
                "it is malformed, so the last use of API keys is searched for from the beginning"
            );
        }
        read
    }

    /// The regions of the tenancy; an error if they are not known.
    async fn regions(&self) -> Result<Vec<Region>, FailureText> {
        let own = &self.settings.region;
        let Some(events) = &self.events else {
            return Err(UNKNOWN_TENANCY.into());
        };
        let iam = IdentityClient {
            deadline: self.deadline.within(MAX_STEP_TIME),
            ..self.iam.clone()
        };
        let listed = iam.region_subscriptions(own, &events.tenancy).await;
        let listed = listed.map_err(|error| {
            let mut text = FailureText::of(&error);
            if let Some(statement) = &error.statement {
                let statement = statement.at(self.settings.place);
                text.push_str(&format!("; check that this statement exists: {statement}"));
            }
            text
        })?;
        let names: Vec<_> = listed
            .rows
            .iter()
            .map(|row| row.region_name.to_ascii_lowercase())
            .collect();
        if names.is_empty()
            || listed.unreadable > 0
            || !names.iter().all(|name| is_region_name(name))
        {
            return Err("the list of region subscriptions is empty or malformed".into());
        }
        let mut regions: Vec<_> = names.iter().map(|name| own.sibling(name, None)).collect();
        regions.sort_by(|left, right| left.identifier.cmp(&right.identifier));
        regions.dedup_by(|left, right| left.identifier == right.identifier);
        Ok(regions)
    }

    /// Searches all regions for the uses of all keys.
    pub async fn search(&self, earlier: Option<LastUses>) -> Found {
        let now = self.plan.started;
        if self.plan.as_of_given {
            let unknown = "a what-if run does not search, and no earlier run has it";
            return Found::all(earlier.unwrap_or_else(|| not_searched(None, unknown.into(), now)));
        }
        let regions = match self.regions().await {
            Ok(regions) => regions,
            Err(failure) => return Found::all(not_searched(earlier, failure, now)),
        };
        let Some(events) = &self.events else {
            return Found::all(not_searched(earlier, UNKNOWN_TENANCY.into(), now));
        };
        let (past, earlier) = take_regions(earlier);
        let past = |region: &Region| past.get(&region.identifier).copied();
        let searches: Vec<_> = regions
            .iter()
            .map(|region| {
                let past = past(region);
                async move {
                    let mut search = RegionSearch::new(events, region, now, &self.keys);
                    search.search_all_keys(past).await;
                    search
                }
            })
            .collect();
        let searches: Vec<_> = stream::iter(searches)
            .buffered(MAX_CONCURRENT_REGIONS)
            .collect()
            .await;
        let by_key = searches.iter().filter(|search| search.needs_keys());
        let by_key = by_key.map(|search| search.region.clone()).collect();
        let mut merged = Merged::of(earlier, now);
        for search in searches {
            let past = past(search.region);
            merged.add(search, past, self.settings.place);
        }
        Found {
            uses: merged.finish(),
            by_key,
        }
    }

    /// Searches for overdue keys one by one, where no query groups by key. Logs what is missing.
    pub async fn finish(&self, found: Found, readings: &[DomainReading]) -> LastUses {
        let Found { mut uses, by_key } = found;
        if let (false, Some(events)) = (by_key.is_empty(), &self.events) {
            let limits = self.plan.thresholds.of(CredentialType::ApiKeys);
            let keys = keys::overdue(readings, self.plan.as_of, limits.rotation_days);
            let now = self.plan.started;
            let searches: Vec<_> = by_key
                .iter()
                .map(|region| async {
                    let mut search = RegionSearch::new(events, region, now, &self.keys);
                    search.search_keys(&keys).await;
                    search
                })
                .collect();
            let searches: Vec<_> = stream::iter(searches)
                .buffered(MAX_CONCURRENT_REGIONS)
                .collect()
                .await;
            let mut merged = Merged::of(Some(uses), now);
            for search in searches {
                merged.add(search, None, self.settings.place);
            }
            uses = merged.finish();
            uses.only = Some(keys);
        }
        log(&uses);
        uses
    }

    /// Tries the query in one region; the form that its service knows.
    ///
    /// # Errors
    ///
    /// Why none works.
    pub async fn try_once(&self) -> Result<Form, SearchError> {
        let Some(events) = &self.events else {
            return Ok(Form::Newest);
        };
        let now = self.plan.started;
        let window = window_before(now, now.plus_seconds(-CHECKED_SECONDS), CHECKED_SECONDS);
        let region = &self.settings.region;
        let mut failure = None;
        for form in [Form::Newest, Form::Days] {
            match events.search(region, &form, window, |_| true).await {
                Ok(_) => return Ok(form),
                Err(error) if error.next == NextStep::OtherForm => failure = Some(error),
                Err(error) => return Err(error),
            }
        }
        let form = Form::OneKey(KeyId {
            fingerprint: Fingerprint::NONE,
            user: "ocid1.user.oc1..none".into(),
        });
        let found = events.search(region, &form, window, |_| true).await;
        found
            .map(|_| form)
            .map_err(|error| failure.unwrap_or(error))
    }

    /// Whether the tenancy is known.
    pub const fn knows_tenancy(&self) -> bool {
        self.events.is_some()
    }
}

/// Whether each region has the form of one. Reports show them, and others may write to the bucket.
fn names_regions(known: &LastUses) -> bool {
    let searched = known.regions.iter().map(|region| &region.region);
    let mut names = known.region_names.iter().chain(searched);
    names.all(|name| is_region_name(name))
}

/// Nothing was searched, but a use that an earlier run found still blocks a deletion, and the next run continues there.
fn not_searched(earlier: Option<LastUses>, failure: FailureText, now: Timestamp) -> LastUses {
    LastUses {
        failure: Some(failure),
        until: now,
        ..earlier.unwrap_or_else(|| LastUses::nothing(now))
    }
}

/// What was searched by region, and the rest of what an earlier run knew. Regions that are not subscribed anymore do not count.
fn take_regions(earlier: Option<LastUses>) -> (HashMap<String, Interval>, Option<LastUses>) {
    let mut earlier = earlier;
    let regions = earlier
        .as_mut()
        .map(|earlier| std::mem::take(&mut earlier.regions));
    let searched = regions.into_iter().flatten();
    let searched = searched.filter_map(|region| Some((region.region, region.searched?)));
    (searched.collect(), earlier)
}

fn iam(settings: &ReadSettings, client: &Arc<SignedClient>, deadline: Deadline) -> IdentityClient {
    let shares = RunShares::new(settings.memory);
    IdentityClient {
        client: Arc::clone(client),
        endpoint_override: settings.identity_endpoint.clone(),
        deadline,
        slots: shares.slots.share(),
        memory: shares.responses.share(),
        row_bytes: Arc::default(),
    }
}

fn events(
    settings: &LastUseSettings,
    client: &Arc<SignedClient>,
    deadline: Deadline,
) -> Option<AuditEvents> {
    let identity = client.identity().ok()?;
    Some(AuditEvents {
        client: Arc::clone(client),
        endpoint_override: settings.endpoint.clone(),
        tenancy: identity.tenancy.clone()?,
        deadline,
    })
}

fn log(uses: &LastUses) {
    if let Some(failure) = &uses.failure {
        tracing::warn!(reason = %failure, "the last use of API keys is not known");
    }
    for (region, failure) in uses.missing() {
        tracing::warn!(region, reason = %failure, "the last use of API keys was not searched for completely");
    }
    tracing::info!(
        keys = uses.uses.len(),
        regions = uses.regions.len(),
        known_since = uses.known_since().map(Timestamp::rfc3339),
        "searched for the last use of API keys"
    );
}
