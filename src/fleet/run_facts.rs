//! What the overview reads of a stored run: `manifest.json` and `failed.json`.
//!
//! Only the fields that the overview shows are kept, so the memory of a manifest is that of its text, whatever else is in it.
//! Counts and days that no tenancy has are refused, texts are cut, and invisible characters are replaced.

use serde::Deserialize;

use crate::model::Verdict;
use crate::server_text::ServerText;
use crate::timestamp::{Timestamp, parse_iso_8601};

use super::age::is_later;
use super::figures::Figures;
use super::folder::{RunId, StoredRun, TenancyId};
use super::manifest_record::ManifestRecord;
use super::part::Part;
use super::problem::{FailedRun, Unusable};

/// The schema of a manifest that is understood.
const SCHEMA_VERSION: u64 = 2;
/// Max characters of the name of a tenancy.
const NAME_CHARS: usize = 60;
const VERSION_CHARS: usize = 30;
/// Max characters of the reason of a failure.
const REASON_CHARS: usize = 200;

/// A delivered run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFacts {
    /// Its id.
    pub id: RunId,
    /// The folder of its objects, with a slash at its end.
    pub folder: String,
    /// The name of the tenancy, as it says itself.
    pub name: Option<ServerText>,
    /// The version that ran.
    pub version: Option<ServerText>,
    /// Whether it read everything.
    pub is_complete: bool,
    /// Its numbers.
    pub figures: Figures,
}

impl RunFacts {
    /// Reads `manifest.json`. `None` if it is a what-if or of a narrower scope, and so does not speak for the tenancy.
    ///
    /// # Errors
    ///
    /// If it cannot be used.
    pub fn read(
        manifest: &[u8],
        run: &StoredRun,
        tenancy: &TenancyId,
        part: Part,
        now: Timestamp,
    ) -> Result<Option<Self>, Unusable> {
        let record: ManifestRecord =
            serde_json::from_slice(manifest).map_err(|_| other_schema(manifest))?;
        if record.schema_version != SCHEMA_VERSION {
            return Err(Unusable::OtherSchema {
                version: record.schema_version,
            });
        }
        if record
            .tenancy
            .id
            .as_deref()
            .is_some_and(|id| id != tenancy.as_str())
        {
            return Err(Unusable::OtherTenancy);
        }
        if record.run_id != run.id.as_str() {
            return Err(Unusable::OtherRun);
        }
        let is_part = match record.shard.as_deref() {
            None => !part.is_shard(),
            Some(shard) => part.is_shard() && Part::parse(shard) == Some(part),
        };
        if !is_part {
            return Err(Unusable::OtherPart);
        }
        if record.what_if.is_some() || !record.scoped.is_empty {
            return Ok(None);
        }
        let as_of = parse_iso_8601(&record.as_of).ok_or(Unusable::InvalidField("as_of"))?;
        if is_later(as_of, now) {
            return Err(Unusable::Later);
        }
        let is_complete = match record.verdict {
            Verdict::Complete => true,
            Verdict::Partial => false,
            Verdict::Failed => return Err(Unusable::InvalidField("verdict")),
        };
        Ok(Some(Self {
            id: run.id.clone(),
            folder: run.folder.clone(),
            name: shown(record.tenancy.name.as_deref(), NAME_CHARS),
            version: shown(record.version.as_deref(), VERSION_CHARS),
            is_complete,
            figures: record.figures(as_of)?,
        }))
    }
}

impl FailedRun {
    /// Reads `failed.json`. Whatever it holds, the run FAILED.
    pub fn read(content: &[u8], run: &StoredRun, delivered: Option<Timestamp>) -> Self {
        #[derive(Deserialize)]
        struct FailedRecord {
            #[serde(default)]
            reason: Option<String>,
        }
        let record: Option<FailedRecord> = serde_json::from_slice(content).ok();
        let reason = record.and_then(|record| record.reason).unwrap_or_default();
        Self {
            started: run.id.started(),
            reason: ServerText::new(&reason).cut(REASON_CHARS),
            delivered,
        }
    }
}

/// A text on one line, if there is one.
fn shown(text: Option<&str>, chars: usize) -> Option<ServerText> {
    let text = ServerText::new(text?).cut(chars);
    (!text.is_empty()).then_some(text)
}

/// Why a document is not a manifest: another schema, if it names one.
fn other_schema(manifest: &[u8]) -> Unusable {
    #[derive(Deserialize)]
    struct Schema {
        schema_version: u64,
    }
    match serde_json::from_slice::<Schema>(manifest) {
        Ok(Schema { schema_version }) if schema_version != SCHEMA_VERSION => {
            Unusable::OtherSchema {
                version: schema_version,
            }
        }
        _ => Unusable::Malformed,
    }
}
