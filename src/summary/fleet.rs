//! The overview of a fleet in JSON: the answer of an invocation, and `fleet.json`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::fleet::{Figures, Oldest, Overview, Standing, TenancyRow, Trend};
use crate::judge::action::Work;
use crate::model::Verdict;

use super::{Notification, StoredObject};

/// Rows of an answer, which has at most 5 MB. A row has about a kilobyte.
const MAX_ROWS: usize = 1_000;

/// The answer of an invocation with `fleet`.
#[derive(Clone, Debug, Serialize)]
pub struct FleetAnswer {
    /// What was found.
    #[serde(flatten)]
    pub fleet: FleetSummary,
    /// Tenancies after the first thousand, which `fleet.json` has.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub further_tenancies: u64,
    /// Stored objects, in the order of storing.
    pub objects: Vec<StoredObject>,
    /// Whether a digest was published.
    pub notification: Notification,
    /// Requests sent, including retries.
    pub requests: u64,
    /// Milliseconds from the start of the run.
    pub elapsed_ms: u64,
}

/// The overview of a fleet.
#[derive(Clone, Debug, Serialize)]
pub struct FleetSummary {
    /// `<YYYYMMDD>T<HHMMSS>Z-<6 hex>`.
    pub run_id: String,
    /// The version of this program.
    pub version: String,
    /// The time that runs are compared with.
    pub as_of: String,
    /// `COMPLETE` if every tenancy is, else `PARTIAL`.
    pub verdict: Verdict,
    /// The place of the runs.
    pub hub: HubSummary,
    /// Number of tenancies.
    pub tenancies: u64,
    /// The same by standing.
    pub standings: BTreeMap<&'static str, u64>,
    /// Tenancies without a run in 36 hours, or with such a shard.
    pub silent: u64,
    /// Folders of the hub that no tenancy names.
    pub other_folders: u64,
    /// The sums.
    #[serde(flatten)]
    pub totals: FiguresSummary,
    /// The tenancies, the most urgent first.
    pub rows: Vec<TenancySummaryRow>,
}

/// The place of the runs.
#[derive(Clone, Debug, Serialize)]
pub struct HubSummary {
    /// Object Storage namespace.
    pub namespace: String,
    /// Bucket.
    pub bucket: String,
    /// Prefix of every object.
    pub prefix: String,
}

/// Numbers of credentials.
#[derive(Clone, Debug, Serialize)]
pub struct FiguresSummary {
    /// Identity domains.
    pub domains: u64,
    /// Users that were read.
    pub users: u64,
    /// Credentials that were read.
    pub credentials: u64,
    /// To rotate now.
    pub to_rotate: u64,
    /// To remove now.
    pub to_remove: u64,
    /// To review now.
    pub to_review: u64,
    /// To act upon within seven days.
    pub within_7_days: u64,
    /// In state `OVERDUE`.
    pub overdue: u64,
    /// In state `DUE`.
    pub due: u64,
    /// In state `UNKNOWN`.
    pub unknown: u64,
    /// `EXPIRING` or `EXPIRED`.
    pub expiring: u64,
    /// People who must act.
    pub people: u64,
    /// Age of the oldest credential; null if there is none, or if it is not known.
    pub oldest_days: Option<u64>,
    /// Work compared with that of about a week before; null if that is not known.
    pub trend: Option<TrendSummary>,
}

/// Work compared with that of an earlier run.
#[derive(Clone, Debug, Serialize)]
pub struct TrendSummary {
    /// Credentials to act upon, now and later, compared with then.
    pub change: i64,
    /// The date of the earlier run.
    pub since: String,
}

/// A tenancy.
#[derive(Clone, Debug, Serialize)]
pub struct TenancySummaryRow {
    /// Its name, as it says itself.
    pub name: String,
    /// Its OCID.
    pub id: String,
    /// What is known of it.
    pub standing: &'static str,
    /// Why it is not known as it is today, and what else to know.
    pub remarks: Vec<String>,
    /// Whether no run of it, or of a shard, was delivered in 36 hours.
    pub silent: bool,
    /// Number of shards; null if one run audits the whole.
    pub shards: Option<u8>,
    /// Shards that are not known as they are today: `3/8`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_shards: Vec<String>,
    /// When the earliest of its newest runs started; null if there is none.
    pub last_run: Option<String>,
    /// Whole hours since then.
    pub age_hours: Option<i64>,
    /// Its numbers; null without a run.
    pub figures: Option<FiguresSummary>,
    /// The folders of its newest runs.
    pub folders: Vec<String>,
}

impl FleetSummary {
    /// Sums up an overview.
    pub fn new(overview: &Overview) -> Self {
        let (hub, totals) = (&overview.hub, &overview.totals);
        let standings = Standing::ALL.map(|standing| (standing.name(), totals.with(standing)));
        Self {
            run_id: overview.run_id.clone(),
            version: overview.version.to_owned(),
            as_of: overview.now.rfc3339(),
            verdict: overview.verdict(),
            hub: HubSummary {
                namespace: hub.namespace.clone(),
                bucket: hub.bucket.clone(),
                prefix: hub.prefix.clone(),
            },
            tenancies: overview.rows.len() as u64,
            standings: standings.into_iter().collect(),
            silent: totals.silent,
            other_folders: overview.other_folders,
            totals: FiguresSummary::new(&totals.figures),
            rows: overview
                .rows
                .iter()
                .map(|row| TenancySummaryRow::new(row, overview))
                .collect(),
        }
    }

    /// An answer about it, with the first tenancies.
    pub fn answer(
        mut self,
        objects: Vec<StoredObject>,
        notification: Notification,
        requests: u64,
        elapsed_ms: u64,
    ) -> FleetAnswer {
        let further = self.rows.len().saturating_sub(MAX_ROWS) as u64;
        self.rows.truncate(MAX_ROWS);
        FleetAnswer {
            fleet: self,
            further_tenancies: further,
            objects,
            notification,
            requests,
            elapsed_ms,
        }
    }
}

impl FiguresSummary {
    fn new(figures: &Figures) -> Self {
        Self {
            domains: figures.domains,
            users: figures.users,
            credentials: figures.credentials,
            to_rotate: figures.of_work(Work::Rotate),
            to_remove: figures.of_work(Work::Remove),
            to_review: figures.of_work(Work::Review),
            within_7_days: figures.week,
            overdue: figures.overdue,
            due: figures.due,
            unknown: figures.unknown,
            expiring: figures.expiring,
            people: figures.people,
            oldest_days: match figures.oldest {
                Oldest::Days(days) => Some(days),
                Oldest::None | Oldest::Unknown => None,
            },
            trend: figures.trend.map(|Trend { change, since }| TrendSummary {
                change,
                since: since.date(),
            }),
        }
    }
}

impl TenancySummaryRow {
    fn new(row: &TenancyRow, overview: &Overview) -> Self {
        let shards = row.problems.iter().map(|problem| problem.part);
        Self {
            name: row.display_name(),
            id: row.id.to_string(),
            standing: row.standing.name(),
            remarks: row.remarks(),
            silent: row.is_silent,
            shards: row.shards,
            missing_shards: shards
                .filter(|part| part.is_shard())
                .map(|part| part.to_string())
                .collect(),
            last_run: row.last_run.map(|last_run| last_run.rfc3339()),
            age_hours: row.age_hours(overview.now),
            figures: row.figures.as_ref().map(FiguresSummary::new),
            folders: row.runs.iter().map(|run| run.folder.clone()).collect(),
        }
    }
}
