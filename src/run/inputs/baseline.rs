//! Finds the run to compare with, and reads what it found.
//!
//! It is the newest earlier run of the same scope of which people were told, or would have been had there been anything to
//! tell: one with a `delivered.json`. Day folders are gone through backwards; a list of a month tells which of its days
//! have any run, so that forty days without one cost three requests. A run whose publish failed is passed over, and what
//! it would have told is told by the next.

use std::collections::BTreeMap;
use std::fmt::Display;

use chrono::{Datelike, Days, NaiveDate};
use sha2::{Digest, Sha256};

use crate::blocking::run_blocking;
use crate::hex::hex;
use crate::http::client::CallError;
use crate::http::deadline::Deadline;
use crate::judge::changes::{Baseline, OfUnknownDomain, PastFindings};
use crate::oci::object_storage::{ObjectStorage, StorageError};
use crate::report::findings::PastFinding;
use crate::report::manifest::{Delivered, Limits, Manifest, SCHEMA_VERSION};
use crate::report::record::DomainSettingRecord;
use crate::timestamp::Timestamp;

/// How far back a baseline is looked for, the day that is judged among them.
const DAYS_BACK: u64 = 40;
/// Runs that are looked at before the search is given up: a day of runs every quarter of an hour.
const MAX_CANDIDATES: usize = 100;
const MANIFEST_BYTES: u64 = 8 * 1024 * 1024;
const DELIVERED_BYTES: u64 = 64 * 1024;
/// Bytes of `findings.jsonl` that are taken. Whoever can write to the bucket must not use up a run's time and memory; the
/// largest tenancy that is provided for, 840,000 credentials, has 1,278 for each, and an ordinary line is 350 long.
const MAX_FINDINGS_BYTES: u64 = 1024 * 1024 * 1024;
/// Lines of it. Of each 16 bytes are kept.
const MAX_FINDINGS: u64 = 2_000_000;
/// Bytes of a line: the longest texts of an exception fit three times over.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// The run that a baseline is looked for.
#[derive(Clone, Debug)]
pub struct BaselineQuery {
    /// Prefix of every object.
    pub prefix: String,
    /// The instant that is judged.
    pub as_of: Timestamp,
    /// Whether the invocation gave it. A run without passes over runs with: they answer `what if`.
    pub as_of_given: bool,
    /// Where the domains come from.
    pub domain_setting: DomainSettingRecord,
    /// The types that are read, by name.
    pub credential_types: Vec<String>,
    /// The limits, by the name of the type.
    pub thresholds: BTreeMap<String, Limits>,
}

/// Why there is no baseline, as a clause.
#[derive(Debug, thiserror::Error)]
pub enum NoBaseline {
    /// There is no such run.
    #[error(
        "no earlier run of the same domains, kinds and limits was delivered in the last {DAYS_BACK} days"
    )]
    None,
    /// There may be one, further back.
    #[error("none of the {MAX_CANDIDATES} newest runs has the same domains, kinds and limits")]
    TooManyOthers,
    /// Earlier runs cannot be looked at.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What the run left behind is not what its manifest says.
    #[error("{object} is not what its run stored: {what}")]
    Altered {
        /// Its name.
        object: String,
        /// What is wrong with it.
        what: String,
    },
}

impl NoBaseline {
    /// Whether no other run can be read either: reading is refused, or there is no time left for it.
    const fn holds_for_every_run(&self) -> bool {
        matches!(
            self,
            Self::Storage(
                StorageError::ReadDenied { .. }
                    | StorageError::NoResponse {
                        error: CallError::OutOfTime { .. },
                        ..
                    }
            )
        )
    }
}

/// Finds the baseline of a run and reads it. A run that cannot be read is passed over.
///
/// # Errors
///
/// Where there is none, or it cannot be read: then nothing is said about changes, and nothing fails.
pub async fn find(
    storage: &ObjectStorage,
    namespace: &str,
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
        let mut days = storage.list(namespace, &prefix, deadline).await?.folders;
        days.retain(|folder| {
            let day = last_segment(folder).parse().ok();
            let date = day.and_then(|day| NaiveDate::from_ymd_opt(year, month, day));
            date.is_some_and(|date| (first..=today).contains(&date))
        });
        for day in days.iter().rev() {
            // Run ids begin with the time by the clock, so the last one is the newest.
            let runs = storage.list(namespace, day, deadline).await?.folders;
            for folder in runs.iter().rev() {
                if candidates == MAX_CANDIDATES {
                    return Err(unreadable.unwrap_or(NoBaseline::TooManyOthers));
                }
                candidates += 1;
                let run = Run {
                    storage,
                    namespace,
                    folder,
                    deadline,
                };
                match run.read_if_it_fits(query).await {
                    Ok(Some(baseline)) => return Ok(baseline),
                    Ok(None) => {}
                    Err(error) if error.holds_for_every_run() => return Err(error),
                    Err(error) => {
                        tracing::warn!(folder, %error, "a run cannot be compared with; the one before it is tried");
                        // The newest one is what people would look for.
                        unreadable.get_or_insert(error);
                    }
                }
            }
        }
    }
    Err(unreadable.unwrap_or(NoBaseline::None))
}

/// The months from `last` back to `first`.
fn months(first: NaiveDate, last: NaiveDate) -> Vec<(i32, u32)> {
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

fn last_segment(folder: &str) -> &str {
    let name = folder.trim_end_matches('/');
    name.rsplit('/').next().unwrap_or(name)
}

/// A run that may be the baseline.
struct Run<'a> {
    storage: &'a ObjectStorage,
    namespace: &'a str,
    folder: &'a str,
    deadline: Deadline,
}

impl Run<'_> {
    async fn get(&self, name: &str, limit: u64) -> Result<Vec<u8>, StorageError> {
        let name = format!("{}{name}", self.folder);
        self.storage
            .get(self.namespace, &name, limit, self.deadline)
            .await
    }

    fn altered(&self, name: &str, what: &dyn Display) -> NoBaseline {
        NoBaseline::Altered {
            object: format!("{}{name}", self.folder),
            what: what.to_string(),
        }
    }

    /// The run, if it was delivered and has the scope that is asked for. What another version of this program wrote, or no
    /// version at all, does not fit.
    async fn read_if_it_fits(&self, query: &BaselineQuery) -> Result<Option<Baseline>, NoBaseline> {
        let listed = self
            .storage
            .list(self.namespace, self.folder, self.deadline);
        let listed = listed.await?.objects;
        let has = |name: &str| listed.iter().any(|object| last_segment(object) == name);
        if !has("delivered.json") || !has("manifest.json") {
            return Ok(None);
        }
        let manifest = self.get("manifest.json", MANIFEST_BYTES).await?;
        let parse = move || serde_json::from_slice::<Manifest>(&manifest).ok();
        match run_blocking(parse).await {
            Some(manifest) if fits(&manifest, query) => self.read(manifest).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn read(&self, manifest: Manifest) -> Result<Baseline, NoBaseline> {
        let (delivered, findings) = tokio::join!(
            self.get("delivered.json", DELIVERED_BYTES),
            self.findings(&manifest)
        );
        let delivered: Delivered = serde_json::from_slice(&delivered?)
            .map_err(|error| self.altered("delivered.json", &error))?;
        manifest
            .into_baseline(&delivered, findings?)
            .ok_or_else(|| self.altered("manifest.json", &"it holds a date or a kind that is none"))
    }

    async fn findings(&self, manifest: &Manifest) -> Result<PastFindings, NoBaseline> {
        const NAME: &str = "findings.jsonl";
        let stored = manifest
            .objects
            .iter()
            .find(|object| last_segment(&object.name) == NAME)
            .ok_or_else(|| self.altered("manifest.json", &"it does not name findings.jsonl"))?;
        let name = format!("{}{NAME}", self.folder);
        let too_large = |limit, unit| StorageError::TooLarge {
            step: format!("reading {name} in bucket {}", self.storage.bucket),
            limit,
            unit,
        };
        if stored.bytes > MAX_FINDINGS_BYTES {
            return Err(too_large(MAX_FINDINGS_BYTES, "bytes").into());
        }
        let mut reader = FindingsReader::new(manifest);
        let mut ranges = self
            .storage
            .ranges(self.namespace, &name, stored.bytes, self.deadline);
        while let Some(piece) = ranges.next().await? {
            let taken;
            // A piece holds ten thousand lines.
            (reader, taken) = run_blocking(move || {
                let taken = reader.take(&piece);
                (reader, taken)
            })
            .await;
            taken.map_err(|problem| match problem {
                LineProblem::OneTooMany => too_large(MAX_FINDINGS, "lines").into(),
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
        && manifest.credential_types == query.credential_types
        && manifest.thresholds == query.thresholds
        && (query.as_of_given || !manifest.as_of_given)
        && as_of.is_some_and(|as_of| as_of <= query.as_of)
}

/// Reads `findings.jsonl` from pieces that end anywhere.
struct FindingsReader {
    sha256: Sha256,
    findings: PastFindings,
    /// The beginning of a line whose end is in a later piece.
    begun: Vec<u8>,
    lines: u64,
}

/// Why a line is none that is taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum LineProblem {
    /// It is no finding.
    #[error("line {0} cannot be understood")]
    NotUnderstood(u64),
    /// No run writes one that is as long.
    #[error("line {0} has more than {MAX_LINE_BYTES} bytes")]
    TooLong(u64),
    /// It is not of this run.
    #[error("line {0}: {1}")]
    UnknownDomain(u64, OfUnknownDomain),
    /// There are more than are taken.
    #[error("there are more than {MAX_FINDINGS} lines")]
    OneTooMany,
}

impl FindingsReader {
    fn new(manifest: &Manifest) -> Self {
        Self {
            sha256: Sha256::new(),
            findings: PastFindings::of_domains(manifest.domain_urls()),
            begun: Vec::new(),
            lines: 0,
        }
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), LineProblem> {
        self.sha256.update(piece);
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, others) = rest.split_at(end);
            if self.begun.is_empty() {
                self.line(line)?;
            } else {
                self.begin(line)?;
                let whole = std::mem::take(&mut self.begun);
                self.line(&whole)?;
            }
            rest = &others[1..];
        }
        self.begin(rest)
    }

    /// Keeps the beginning of a line, or more of it.
    fn begin(&mut self, part: &[u8]) -> Result<(), LineProblem> {
        if self.begun.len() + part.len() > MAX_LINE_BYTES {
            return Err(LineProblem::TooLong(self.lines + 1));
        }
        self.begun.extend_from_slice(part);
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), LineProblem> {
        self.lines += 1;
        if self.lines > MAX_FINDINGS {
            return Err(LineProblem::OneTooMany);
        }
        if line.len() > MAX_LINE_BYTES {
            return Err(LineProblem::TooLong(self.lines));
        }
        let finding = PastFinding::parse(line).ok_or(LineProblem::NotUnderstood(self.lines))?;
        self.findings
            .push(
                &finding.domain_url,
                finding.credential_type,
                &finding.credential_id,
                finding.severity,
            )
            .map_err(|error| LineProblem::UnknownDomain(self.lines, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn forty_days_lie_in_two_or_three_months() {
        let months = |text: &str| {
            let last = date(text);
            months(last - Days::new(DAYS_BACK - 1), last)
        };
        assert_eq!(months("2026-11-22"), [(2026, 11), (2026, 10)]);
        assert_eq!(months("2027-01-05"), [(2027, 1), (2026, 12), (2026, 11)]);
        assert_eq!(months("2026-03-01"), [(2026, 3), (2026, 2), (2026, 1)]);
    }

    const LINE: &str = r#"{"credential_id":"a","domain":"D","domain_url":"https://d","credential_type":"api_keys","state":"DUE","expiry_state":null,"marks":["orphaned"],"exception":null}"#;

    /// Of a run that read the domain of [`LINE`].
    fn reader() -> FindingsReader {
        FindingsReader {
            sha256: Sha256::new(),
            findings: PastFindings::of_domains(["https://c", "https://d"].into_iter()),
            begun: Vec::new(),
            lines: 0,
        }
    }

    proptest! {
        #[test]
        fn lines_are_read_whole_wherever_pieces_end(lines in 0_usize..20, cuts in prop::collection::vec(1_usize..400, 0..20)) {
            let content = format!("{LINE}\n").repeat(lines);
            let mut reader = reader();
            let mut rest = content.as_bytes();
            for cut in cuts {
                let (piece, others) = rest.split_at(cut.min(rest.len()));
                prop_assert_eq!(reader.take(piece), Ok(()));
                rest = others;
            }
            prop_assert_eq!(reader.take(rest), Ok(()));
            prop_assert_eq!(reader.lines, lines as u64);
            prop_assert_eq!(reader.sha256.finalize(), Sha256::digest(&content));
        }
    }

    #[test]
    fn the_first_line_that_is_no_finding_is_named() {
        let taken = reader().take(format!("{LINE}\n{{}}\nx\n").as_bytes());
        assert_eq!(taken, Err(LineProblem::NotUnderstood(2)));
    }

    #[test]
    fn a_line_of_a_domain_that_the_manifest_does_not_name_is_refused() {
        let stranger = LINE.replace("https://d", "https://e");
        let taken = reader().take(format!("{LINE}\n{stranger}\n").as_bytes());
        assert_eq!(taken, Err(LineProblem::UnknownDomain(2, OfUnknownDomain)));
    }

    #[test]
    fn a_line_without_end_is_given_up_and_not_kept() {
        let mut endless = reader();
        let piece = vec![b'x'; MAX_LINE_BYTES / 2];
        assert_eq!(endless.take(&piece), Ok(()));
        assert_eq!(endless.take(&piece), Ok(()));
        assert_eq!(endless.take(&piece), Err(LineProblem::TooLong(1)));
        assert!(endless.begun.len() <= MAX_LINE_BYTES);
        let in_one_piece = vec![b'x'; MAX_LINE_BYTES + 1];
        let with_end = [&in_one_piece[..], b"\n"].concat();
        assert_eq!(reader().take(&with_end), Err(LineProblem::TooLong(1)));
    }

    #[test]
    fn lines_beyond_those_that_are_taken_are_refused() {
        let mut reader = reader();
        reader.lines = MAX_FINDINGS - 1;
        let two = format!("{LINE}\n{LINE}\n");
        assert_eq!(reader.take(two.as_bytes()), Err(LineProblem::OneTooMany));
    }

    #[test]
    fn a_run_of_the_largest_tenancy_of_which_everything_is_a_finding_is_taken() {
        const LARGEST: u64 = 840_000;
        let fits = |lines: u64, bytes: u64| lines <= MAX_FINDINGS && bytes <= MAX_FINDINGS_BYTES;
        // `findings_jsonl_lines_fit_the_limit_of_a_later_run` holds lines to it.
        assert!(fits(LARGEST, LARGEST * 1_200));
        assert!(!fits(3 * LARGEST, 0) && !fits(0, 2 * LARGEST * 1_200));
    }
}
