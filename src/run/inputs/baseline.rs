//! Finds the baseline, the run to compare with, and reads its findings.
//!
//! The baseline is the newest earlier run of the same scope with a `delivered.json`: its digest was published, or none was due.
//! A run whose publishing failed is skipped, so that the next digest has its changes. The search lists months, then days,
//! backwards: forty days without a run cost three requests.

use std::collections::BTreeMap;
use std::fmt::Display;

use chrono::{Datelike, Days, NaiveDate};
use sha2::Digest;

use crate::blocking::run_blocking;
use crate::hex::hex;
use crate::http::client::CallError;
use crate::http::deadline::Deadline;
use crate::judge::changes::{Baseline, NoComparison, PastFindings};
use crate::oci::object_storage::{Bucket, StorageCause, StorageError};
use crate::report::digest::NotInHub;
use crate::report::manifest::{Delivered, Limits, Manifest, SCHEMA_VERSION, thresholds};
use crate::report::record::DomainSettingRecord;
use crate::run::buckets::HUB_FAILED;
use crate::run::plan::RunPlan;
use crate::server_text::{FailureText, ServerText};
use crate::shard::Shard;
use crate::timestamp::Timestamp;

use super::findings_reader::{FindingsReader, LineError, MAX_FINDINGS, MAX_FINDINGS_BYTES};
use super::json_values::has_at_most;

/// Max age of a baseline in days, including the day of `as_of`.
const DAYS_BACK: u64 = 40;
const DAYS_OF_WEEK: i64 = 7;
/// Max runs to look at: one day of runs every 15 minutes.
const MAX_CANDIDATES: usize = 100;
const MANIFEST_BYTES: u64 = 8 * 1024 * 1024;
/// Max values in a manifest. One of a thousand domains has 60,000.
const MANIFEST_VALUES: usize = 500_000;
const DELIVERED_BYTES: u64 = 64 * 1024;

/// The run to find a baseline for.
#[derive(Clone, Debug)]
pub struct BaselineQuery {
    /// Prefix of every object.
    prefix: String,
    /// The time to judge ages at.
    as_of: Timestamp,
    /// Whether the invocation set it. Only then other what-if runs are baselines.
    as_of_given: bool,
    domain_setting: DomainSettingRecord,
    shard: Option<Shard>,
    /// The types to read, by name.
    credential_types: Vec<String>,
    /// The limits, by the name of the type.
    thresholds: BTreeMap<String, Limits>,
}

impl BaselineQuery {
    /// Queries the runs below `prefix`.
    pub fn new(plan: &RunPlan, prefix: &str) -> Self {
        let credential_types = plan.credential_types.iter();
        Self {
            prefix: plan.prefix(prefix),
            as_of: plan.as_of,
            as_of_given: plan.as_of_given,
            domain_setting: (&plan.domain_setting()).into(),
            shard: plan.shard,
            credential_types: credential_types
                .map(|credential_type| credential_type.name().to_owned())
                .collect(),
            thresholds: thresholds(&plan.thresholds),
        }
    }
}

/// Why no baseline was found.
#[derive(Debug, thiserror::Error)]
enum NoBaseline {
    /// Earlier runs cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Another reason.
    #[error(transparent)]
    Other(#[from] NoComparison),
}

impl NoBaseline {
    /// Whether no other run can be read either: reading is denied, or the time of the run or of a request is used up.
    const fn holds_for_every_run(&self) -> bool {
        matches!(
            self,
            Self::Storage(StorageError {
                cause: StorageCause::NotFoundOrDenied { .. }
                    | StorageCause::NoResponse(
                        CallError::OutOfTime(_) | CallError::StepOutOfTime { .. }
                    ),
                ..
            })
        )
    }
}

impl From<NoBaseline> for NoComparison {
    fn from(reason: NoBaseline) -> Self {
        match reason {
            NoBaseline::Storage(error) => Self::NotRead(error.to_string()),
            NoBaseline::Other(reason) => reason,
        }
    }
}

/// What a search for a baseline returned.
#[derive(Debug)]
pub enum BaselineSearch {
    /// The run is not compared.
    Skipped,
    /// No run is comparable, or the search failed.
    Failed(NoComparison),
    /// The run to compare with.
    Found(Box<Baseline>),
}

impl BaselineSearch {
    /// The run to compare with, if it is not in the hub, for the digest.
    pub(crate) fn not_in_hub(&self) -> Option<NotInHub> {
        match self {
            Self::Found(baseline) if baseline.hub_failed => Some(NotInHub {
                run_id: baseline.run_id.clone(),
                as_of: baseline.as_of,
            }),
            Self::Found(_) | Self::Failed(_) | Self::Skipped => None,
        }
    }
}

/// Finds the baseline of a run and reads it.
pub async fn search(bucket: &Bucket, query: &BaselineQuery, deadline: Deadline) -> BaselineSearch {
    match find(bucket, query, deadline).await {
        Ok(baseline) => BaselineSearch::Found(Box::new(baseline)),
        Err(error) => {
            tracing::info!(%error, "this run is not compared with another");
            BaselineSearch::Failed(error.into())
        }
    }
}

async fn find(
    bucket: &Bucket,
    query: &BaselineQuery,
    deadline: Deadline,
) -> Result<Baseline, NoBaseline> {
    let mut candidates = 0;
    let mut unreadable = None;
    let today = query.as_of.to_chrono().date_naive();
    let first = today
        .checked_sub_days(Days::new(DAYS_BACK - 1))
        .unwrap_or(NaiveDate::MIN);
    for (year, month) in months(first, today) {
        let prefix = format!("{}{year:04}/{month:02}/", query.prefix);
        let mut days = bucket.list(&prefix, deadline).await?.folders;
        days.retain(|folder| {
            let day = last_segment(folder).parse().ok();
            let date = day.and_then(|day| NaiveDate::from_ymd_opt(year, month, day));
            date.is_some_and(|date| (first..=today).contains(&date))
        });
        for day in days.iter().rev() {
            // Run ids begin with the time of the clock, so the last one is the newest.
            let runs = bucket.list(day, deadline).await?.folders;
            for folder in runs.iter().rev() {
                if candidates == MAX_CANDIDATES {
                    let max = MAX_CANDIDATES;
                    let too_many = NoComparison::TooManyOthers { max };
                    return Err(unreadable.unwrap_or(too_many.into()));
                }
                candidates += 1;
                let candidate = Candidate {
                    bucket,
                    folder,
                    deadline,
                };
                match candidate.read_if_it_fits(query).await {
                    Ok(Some(baseline)) => return Ok(baseline),
                    Ok(None) => {}
                    Err(error) if error.holds_for_every_run() => return Err(error),
                    Err(error) => {
                        let folder = ServerText::new(folder);
                        tracing::warn!(%folder, %error, "an earlier run cannot be read; trying the one before it");
                        // Report the error of the newest run.
                        unreadable.get_or_insert(error);
                    }
                }
            }
        }
    }
    let none = NoComparison::NoEarlierRun { days: DAYS_BACK };
    Err(unreadable.unwrap_or(none.into()))
}

/// The oldest delivered run of the same scope in the seven days up to `as_of`; `None` if there is none.
///
/// # Errors
///
/// If the bucket cannot be listed, or that run cannot be read.
pub async fn oldest_of_week(
    bucket: &Bucket,
    query: &BaselineQuery,
    deadline: Deadline,
) -> Result<Option<Baseline>, NoComparison> {
    let find = async || {
        let first = query.as_of.plus_days(-DAYS_OF_WEEK);
        let today = query.as_of.to_chrono().date_naive();
        let mut candidates = 0;
        for date in first.to_chrono().date_naive().iter_days() {
            if date > today {
                break;
            }
            let day = format!("{}{}/", query.prefix, date.format("%Y/%m/%d"));
            for folder in bucket.list(&day, deadline).await?.folders {
                if candidates == MAX_CANDIDATES {
                    return Ok(None);
                }
                candidates += 1;
                let candidate = Candidate {
                    bucket,
                    folder: &folder,
                    deadline,
                };
                match candidate.read_if_it_fits(query).await? {
                    Some(run) if run.as_of >= first => return Ok(Some(run)),
                    _ => {}
                }
            }
        }
        Ok::<_, NoBaseline>(None)
    };
    find().await.map_err(Into::into)
}

/// The months from `last` back to `first`.
pub(super) fn months(first: NaiveDate, last: NaiveDate) -> Vec<(i32, u32)> {
    let mut months = Vec::new();
    let mut date = last;
    while date >= first {
        months.push((date.year(), date.month()));
        let Some(before) = date.with_day(1).and_then(|date| date.pred_opt()) else {
            break;
        };
        date = before;
    }
    months
}

pub(super) fn last_segment(folder: &str) -> &str {
    let name = folder.trim_end_matches('/');
    name.rsplit('/').next().unwrap_or(name)
}

/// An earlier run that may be the baseline.
struct Candidate<'a> {
    bucket: &'a Bucket,
    folder: &'a str,
    deadline: Deadline,
}

impl Candidate<'_> {
    async fn get(&self, name: &str, limit: u64) -> Result<Vec<u8>, StorageError> {
        let object = format!("{}{name}", self.folder);
        self.bucket.get(&object, limit, self.deadline).await
    }

    fn altered(&self, name: &str, what: &dyn Display) -> NoBaseline {
        let altered = NoComparison::Altered {
            object: ServerText::new(&format!("{}{name}", self.folder)).into(),
            what: what.to_string(),
        };
        altered.into()
    }

    /// Reads the run if it was delivered and has the scope of the query. A manifest of another schema, or a malformed one,
    /// does not fit.
    async fn read_if_it_fits(&self, query: &BaselineQuery) -> Result<Option<Baseline>, NoBaseline> {
        let listed = self.bucket.list(self.folder, self.deadline).await?.objects;
        let has = |name: &str| listed.iter().any(|object| last_segment(object) == name);
        if !has("delivered.json") || !has("manifest.json") {
            return Ok(None);
        }
        let manifest = self.get("manifest.json", MANIFEST_BYTES).await?;
        let parse = move || {
            let is_small = has_at_most(&manifest, MANIFEST_VALUES);
            is_small.then(|| serde_json::from_slice::<Manifest>(&manifest).ok())?
        };
        match run_blocking(parse).await {
            Some(manifest) if fits(&manifest, query) => {
                let baseline = self.read(manifest).await?;
                Ok(Some(Baseline {
                    hub_failed: has(HUB_FAILED),
                    ..baseline
                }))
            }
            _ => Ok(None),
        }
    }

    async fn read(&self, manifest: Manifest) -> Result<Baseline, NoBaseline> {
        let (delivered, findings) = tokio::join!(
            self.get("delivered.json", DELIVERED_BYTES),
            self.findings(&manifest)
        );
        let delivered: Delivered = serde_json::from_slice(&delivered?).map_err(|error| {
            let problem = FailureText::of_json("it is malformed", &error);
            self.altered("delivered.json", &problem)
        })?;
        manifest
            .into_baseline(&delivered, findings?)
            .ok_or_else(|| {
                self.altered(
                    "manifest.json",
                    &"it has an invalid run id, date or credential type",
                )
            })
    }

    async fn findings(&self, manifest: &Manifest) -> Result<PastFindings, NoBaseline> {
        const NAME: &str = "findings.jsonl";
        let stored = manifest
            .objects
            .iter()
            .find(|object| last_segment(&object.name) == NAME)
            .ok_or_else(|| self.altered("manifest.json", &"it does not name findings.jsonl"))?;
        let name = format!("{}{NAME}", self.folder);
        let too_large =
            |limit, unit| StorageCause::TooLarge { limit, unit }.at(self.bucket.read_step(&name));
        if stored.bytes > MAX_FINDINGS_BYTES {
            return Err(too_large(MAX_FINDINGS_BYTES, "bytes").into());
        }
        let mut reader = FindingsReader::new(manifest);
        let mut ranges = self.bucket.ranges(&name, stored.bytes, self.deadline);
        while let Some(range) = ranges.next().await? {
            let taken;
            // A range has ten thousand lines.
            (reader, taken) = run_blocking(move || {
                let taken = reader.take(&range);
                (reader, taken)
            })
            .await;
            taken.map_err(|problem| match problem {
                LineError::TooMany => too_large(MAX_FINDINGS, "lines").into(),
                problem => self.altered(NAME, &problem),
            })?;
        }
        if ranges.length() != stored.bytes || hex(&reader.sha256.finalize()) != stored.sha256 {
            return Err(self.altered(NAME, &"its length or SHA-256 differs from the manifest"));
        }
        let mut findings = reader.findings;
        Ok(run_blocking(move || {
            findings.finish();
            findings
        })
        .await)
    }
}

fn fits(manifest: &Manifest, query: &BaselineQuery) -> bool {
    let as_of = crate::timestamp::parse_iso_8601(&manifest.run.as_of);
    manifest.schema_version == SCHEMA_VERSION
        && manifest.domain_setting.as_ref() == Some(&query.domain_setting)
        && manifest.run.shard == query.shard
        && manifest.credential_types == query.credential_types
        && manifest.thresholds == query.thresholds
        && (query.as_of_given || !manifest.as_of_given)
        && as_of.is_some_and(|as_of| as_of <= query.as_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn forty_days_span_two_or_three_months() {
        let months = |text: &str| {
            let last = date(text);
            months(last - Days::new(DAYS_BACK - 1), last)
        };
        assert_eq!(months("2026-11-22"), [(2026, 11), (2026, 10)]);
        assert_eq!(months("2027-01-05"), [(2027, 1), (2026, 12), (2026, 11)]);
        assert_eq!(months("2026-03-01"), [(2026, 3), (2026, 2), (2026, 1)]);
    }
}
