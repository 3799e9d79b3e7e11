//! A hub with runs of many tenancies, placed object by object. It knows only the layout of the hub, and nothing of the program.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tenancy_sim::Bucket;

/// The bucket of the hub.
pub(crate) const BUCKET: &str = "hub";
/// The prefix of every object.
pub(crate) const PREFIX: &str = "fleet/";

/// A hub in a bucket.
pub(crate) struct Hub {
    bucket: Arc<Bucket>,
    now: DateTime<Utc>,
}

/// A run to place.
#[derive(Clone, Debug)]
pub(crate) struct PlacedRun {
    pub(crate) tenancy: String,
    /// `2/8`.
    pub(crate) shard: Option<String>,
    pub(crate) started: DateTime<Utc>,
    pub(crate) manifest: Value,
}

/// The OCID of a tenancy.
pub(crate) fn ocid(name: &str) -> String {
    format!("ocid1.tenancy.oc1..aaaaaaaa{name}")
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// `20261122T060000Z-7f3a91`, the digits by the time.
fn run_id(started: DateTime<Utc>) -> String {
    let digits = started.timestamp() % 0x00ff_ffff;
    format!("{}-{digits:06x}", started.format("%Y%m%dT%H%M%SZ"))
}

impl PlacedRun {
    /// A complete run of a tenancy with three credentials to rotate, two to remove and one to review now.
    pub(crate) fn new(name: &str, started: DateTime<Utc>) -> Self {
        let history: Vec<_> = (0..14)
            .rev()
            .map(|days| {
                let at = started - TimeDelta::days(days);
                json!({"run_id": run_id(at), "as_of": rfc3339(at), "complete": true, "overdue": 4, "due": 2, "to_rotate": 5 + days, "to_remove": 2, "to_review": 1})
            })
            .collect();
        let manifest = json!({
            "schema_version": 2,
            "run_id": run_id(started),
            "version": "0.1.0",
            "tenancy": {"name": name, "id": ocid(name)},
            "as_of": rfc3339(started),
            "verdict": "COMPLETE",
            "domains": [{"name": "Default", "url": "https://idcs-1.identity.oraclecloud.com", "users": 40, "verdict": "COMPLETE"}],
            "credentials": 100, "overdue": 4, "due": 2, "unknown": 1, "expiring": 3, "orphaned": 0, "user_inactive": 0,
            "actions": {
                "rotate": {"now": 2, "week": 2, "later": 0}, "replace": {"now": 1, "week": 0, "later": 0},
                "delete": {"now": 2, "week": 0, "later": 0}, "review": {"now": 1, "week": 0, "later": 0},
            },
            "people": 5,
            "oldest": {"age_days": 200},
            "history": history,
            "objects": [],
        });
        Self {
            tenancy: ocid(name),
            shard: None,
            started,
            manifest,
        }
    }

    /// A shard.
    pub(crate) fn shard(mut self, shard: &str) -> Self {
        self.manifest["shard"] = json!(shard);
        self.shard = Some(shard.to_owned());
        self
    }

    /// Sets a field of the manifest.
    pub(crate) fn with(mut self, field: &str, value: Value) -> Self {
        self.manifest[field] = value;
        self
    }

    /// The full name of the folder, with a slash at its end.
    pub(crate) fn folder(&self) -> String {
        let shard = self.shard.as_ref().map_or_else(String::new, |shard| {
            format!("shard-{}/", shard.replace('/', "-of-"))
        });
        let date = self.started.format("%Y/%m/%d");
        format!(
            "{PREFIX}{}/{shard}{date}/{}/",
            self.tenancy,
            run_id(self.started)
        )
    }
}

impl Hub {
    pub(crate) fn new(bucket: Arc<Bucket>, now: DateTime<Utc>) -> Self {
        Self { bucket, now }
    }

    /// A time before now.
    pub(crate) fn hours_ago(&self, hours: i64) -> DateTime<Utc> {
        self.now - TimeDelta::hours(hours)
    }

    /// Places any object.
    pub(crate) fn object(&self, name: &str, body: impl Into<Vec<u8>>) -> &Self {
        let body: Vec<u8> = body.into();
        self.bucket.place(name, "application/json", body, self.now);
        self
    }

    /// Places a run with this manifest.
    pub(crate) fn delivered_with(&self, run: &PlacedRun, manifest: impl Into<Vec<u8>>) -> &Self {
        let folder = run.folder();
        self.object(&format!("{folder}credentials.csv"), "user_name\r\n")
            .object(&format!("{folder}by-person.csv"), "person\r\n")
            .object(&format!("{folder}manifest.json"), manifest)
            .object(&format!("{folder}delivered.json"), "{}")
    }

    /// Places a delivered run.
    pub(crate) fn delivered(&self, run: &PlacedRun) -> &Self {
        self.delivered_with(run, run.manifest.to_string())
    }

    /// Places a run that FAILED.
    pub(crate) fn failed(&self, run: &PlacedRun, reason: &str) -> &Self {
        let failed = json!({"schema": 1, "run_id": run_id(run.started), "reason": reason});
        self.object(&format!("{}failed.json", run.folder()), failed.to_string())
    }
}
