//! `last-use.json`: what is known of the last use of API keys, from which the next run continues.
//!
//! Others may write to the bucket, so nothing here decides more than how a use is described, and whether a deletion is
//! a review first. A date that is later than now refuses the file: a search that continued there would have a gap.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::chunks::ChunkSource;
use crate::credential_type::CredentialType;
use crate::json::at_most;
use crate::judge::Audit;
use crate::model::{
    Fingerprint, Interval, KeyId, KeyUse, LastUses, Precision, RegionUses, SeenKey,
};
use crate::timestamp::{Timestamp, parse_iso_8601};

use super::view::CredentialView;

/// The object's name in the folder of the run.
pub const NAME: &str = "last-use.json";
/// Max bytes to read back: a hundred thousand keys with a use, and as many with a finding.
pub const MAX_BYTES: u64 = 48 * 1024 * 1024;
const SCHEMA_VERSION: u32 = 1;
const MAX_ROWS: usize = 100_000;
const MAX_REGIONS: usize = 1_000;
/// Keys that were not listed for so long are forgotten.
const MAX_DAYS_SEEN: i64 = 90;
/// Clocks of two runs may differ by as much.
const TOLERANCE_SECONDS: i64 = 300;

#[derive(Serialize, Deserialize)]
struct File {
    schema_version: u32,
    /// When the oldest use was that a search found.
    oldest: Option<String>,
    #[serde(deserialize_with = "at_most::<_, _, MAX_REGIONS>")]
    regions: Vec<Region>,
    /// Names that `uses` refers to by position.
    #[serde(deserialize_with = "at_most::<_, _, MAX_REGIONS>")]
    region_names: Vec<String>,
    #[serde(deserialize_with = "at_most::<_, _, MAX_ROWS>")]
    uses: Vec<Use>,
    /// API keys with a finding.
    #[serde(deserialize_with = "at_most::<_, _, MAX_ROWS>")]
    seen: Vec<Seen>,
}

#[derive(Serialize, Deserialize)]
struct Region {
    region: String,
    /// Both are null if nothing is known of the region: it is then missing in the next run too, if that does not search.
    searched_since: Option<String>,
    searched_until: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Use {
    user_ocid: Box<str>,
    fingerprint: String,
    at: String,
    /// `instant` or `day`.
    precision: String,
    region: u16,
}

#[derive(Serialize, Deserialize)]
struct Seen {
    fingerprint: String,
    credential_id: Box<str>,
    seen: String,
}

/// The file of an audit; `None` if last use was not searched for.
pub(super) fn last_use(audit: Arc<Audit>) -> Option<ChunkSource> {
    audit.last_use.as_ref()?;
    Some(Arc::new(move || {
        let text = audit.last_use.as_ref().map(|uses| text(&audit, uses));
        Box::new(text.map(Bytes::from).into_iter())
    }))
}

fn text(audit: &Audit, uses: &LastUses) -> String {
    let regions = uses.regions.iter().map(|region| Region {
        region: region.region.clone(),
        searched_since: region.searched.map(|searched| searched.since.rfc3339()),
        searched_until: region.searched.map(|searched| searched.until.rfc3339()),
    });
    let used = uses.uses.iter().map(|used| Use {
        user_ocid: used.key.user.clone(),
        fingerprint: used.key.fingerprint.to_string(),
        at: used.at.rfc3339(),
        precision: precision_word(used.precision).to_owned(),
        region: used.region,
    });
    let file = File {
        schema_version: SCHEMA_VERSION,
        oldest: uses.oldest.map(Timestamp::rfc3339),
        // A search for some keys alone is not continued.
        regions: regions.filter(|_| uses.only.is_none()).collect(),
        region_names: uses.region_names.clone(),
        uses: used.collect(),
        seen: seen(audit, uses),
    };
    // Strings and numbers always become JSON.
    let mut json = serde_json::to_string(&file).unwrap_or_default();
    json.push('\n');
    json
}

/// Keys with a finding, and those of earlier runs.
fn seen(audit: &Audit, uses: &LastUses) -> Vec<Seen> {
    let now = audit.run.times.started;
    let keys = audit.findings.iter().filter_map(|finding| {
        let is_key = finding.credential_type == CredentialType::ApiKeys && finding.is_finding();
        let view = CredentialView::of(audit, finding).filter(|_| is_key)?;
        Some(SeenKey {
            fingerprint: Fingerprint::parse(view.label())?,
            credential_id: (*view.id()).into(),
            seen: now,
        })
    });
    let mut keys: Vec<_> = keys.take(MAX_ROWS).collect();
    let id = |key: &SeenKey| (key.fingerprint, key.credential_id.clone());
    keys.sort_unstable_by_key(id);
    let earlier = uses.seen.iter().filter(|key| {
        key.seen.plus_days(MAX_DAYS_SEEN) >= now && keys.binary_search_by_key(&id(key), id).is_err()
    });
    let earlier: Vec<_> = earlier.cloned().collect();
    keys.extend(earlier);
    keys.truncate(MAX_ROWS);
    let keys = keys.into_iter().map(|key| Seen {
        fingerprint: key.fingerprint.to_string(),
        credential_id: key.credential_id,
        seen: key.seen.rfc3339(),
    });
    keys.collect()
}

/// Parses the file of an earlier run; `None` if it is malformed, of another version, or later than `now`.
pub fn read(content: &[u8], now: Timestamp) -> Option<LastUses> {
    let file: File = serde_json::from_slice(content).ok()?;
    let latest = now.plus_seconds(TOLERANCE_SECONDS);
    let date = |text: &str| parse_iso_8601(text).filter(|date| *date <= latest);
    if file.schema_version != SCHEMA_VERSION {
        return None;
    }
    let mut known = LastUses::nothing(now);
    if let Some(oldest) = &file.oldest {
        known.oldest = Some(date(oldest)?);
    }
    let names = file.region_names.len();
    known.region_names = file.region_names;
    for region in file.regions {
        let searched = match (region.searched_since, region.searched_until) {
            (Some(since), Some(until)) => Some(Interval {
                since: date(&since)?,
                until: date(&until)?,
            }),
            _ => None,
        };
        known.regions.push(RegionUses {
            region: region.region,
            searched: searched.filter(|searched| searched.since < searched.until),
            failure: None,
        });
    }
    // The knowledge of that run ends where the least of its regions does.
    let ends = known
        .regions
        .iter()
        .map(|region| region.searched.map(|searched| searched.until));
    known.until = ends.min().flatten().unwrap_or(now);
    for used in file.uses {
        let key = KeyId {
            fingerprint: Fingerprint::parse(&used.fingerprint)?,
            user: used.user_ocid,
        };
        if usize::from(used.region) >= names {
            return None;
        }
        known.uses.push(KeyUse {
            key,
            at: date(&used.at)?,
            precision: precision(&used.precision)?,
            region: used.region,
        });
    }
    known
        .uses
        .sort_unstable_by(|left, right| left.key.cmp(&right.key));
    known.uses.dedup_by(|left, right| left.key == right.key);
    for seen in file.seen {
        known.seen.push(SeenKey {
            fingerprint: Fingerprint::parse(&seen.fingerprint)?,
            credential_id: seen.credential_id,
            seen: date(&seen.seen)?,
        });
    }
    known.seen.sort_unstable_by_key(|key| key.fingerprint);
    Some(known)
}

const fn precision_word(precision: Precision) -> &'static str {
    match precision {
        Precision::Instant => "instant",
        Precision::Day => "day",
    }
}

fn precision(word: &str) -> Option<Precision> {
    [Precision::Instant, Precision::Day]
        .into_iter()
        .find(|precision| precision_word(*precision) == word)
}
