//! Everything that people and programs read: pure functions over an [`Audit`].
//!
//! A report is a stream of chunks, never one buffer: the largest tenancy has 840,000 credentials, some 300 MB of CSV,
//! and a function has 256 MB. Storing a report runs it once for its length and digests and once as the body, so every run
//! yields the same bytes. Sorting and counting are done once.
//!
//! `REPORTS` is the table of all reports. The manifest and the digest are not in it: they are small, and describe the
//! other reports.

mod accepted;
mod by_owner;
mod by_person;
mod calendar;
mod cells;
pub(crate) mod coming_up;
pub mod console_links;
pub(crate) mod coverage;
mod credentials;
mod delete_command;
pub mod digest;
pub mod failed_run;
pub mod findings;
pub mod fleet;
mod groups;
mod heading;
pub(crate) mod headline;
pub mod holder_mail;
mod html;
mod instruction;
mod kind;
pub mod last_use;
pub mod last_use_file;
pub mod manifest;
pub mod names;
mod ocsf;
mod person;
mod read_ahead;
pub mod record;
mod remediation;
mod scripts;
mod view;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::judge::Audit;

use self::manifest::Manifest;
use self::names::Names;
use crate::chunks::{after, prepared};

pub use self::kind::{ReportKind, ReportOptions, ReportSet, UnknownReport, words};
pub use crate::chunks::{ChunkSource, Chunks};

/// One stored object, or one per domain.
struct ReportRow {
    /// Its setting; `None` if it is always stored.
    kind: Option<ReportKind>,
    /// The object's name before `-<domain>`.
    stem: &'static str,
    format: Format,
    objects: Objects,
}

/// The format of a stored object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// CSV as the two scripts write it, byte for byte.
    ScriptCsv,
    /// CSV with columns of this program.
    Csv,
    Html,
    /// One JSON object per line. Holds the extension.
    JsonLines(&'static str),
    /// One JSON object.
    Json,
    Calendar,
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Self::ScriptCsv | Self::Csv => "csv",
            Self::Html => "html",
            Self::JsonLines(extension) => extension,
            Self::Json => "json",
            Self::Calendar => "ics",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::ScriptCsv | Self::Csv => "text/csv; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::JsonLines(_) => "application/x-ndjson",
            Self::Json => "application/json",
            Self::Calendar => "text/calendar; charset=utf-8",
        }
    }

    /// What precedes the report. Without the byte order mark, some spreadsheets read UTF-8 as another encoding. Programs that read
    /// the files of the scripts do not expect it.
    const fn prefix(self, options: ReportOptions) -> Option<&'static [u8]> {
        match self {
            Self::Csv if options.csv_bom => Some(BYTE_ORDER_MARK),
            _ => None,
        }
    }
}

/// What one object of a report covers, and how it is written.
enum Objects {
    /// One object per domain; takes the index of the domain.
    PerDomain(fn(Arc<Audit>, usize) -> ChunkSource),
    /// One object for the whole run.
    PerRun(fn(Arc<Audit>) -> ChunkSource),
    /// The same, if the run has what the report is about.
    IfKnown(fn(Arc<Audit>) -> Option<ChunkSource>),
}

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One row per report, in the order of storing: the longest ones first, since one that starts late would end alone. A new report is one
/// more row, and a variant of [`ReportKind`] if a setting can ask for it.
const REPORTS: &[ReportRow] = &[
    ReportRow {
        kind: Some(ReportKind::Credentials),
        stem: "credentials",
        format: Format::Csv,
        objects: Objects::PerRun(credentials::credentials),
    },
    // The next run compares itself with it, so it is always stored.
    ReportRow {
        kind: None,
        stem: "findings",
        format: Format::JsonLines("jsonl"),
        objects: Objects::PerRun(findings::findings),
    },
    ReportRow {
        kind: Some(ReportKind::Credentials),
        stem: "by-person",
        format: Format::Csv,
        objects: Objects::PerRun(by_person::by_person),
    },
    ReportRow {
        kind: Some(ReportKind::Credentials),
        stem: "by-owner",
        format: Format::Csv,
        objects: Objects::IfKnown(by_owner::by_owner),
    },
    ReportRow {
        kind: Some(ReportKind::Html),
        stem: "report",
        format: Format::Html,
        objects: Objects::PerRun(html::html),
    },
    ReportRow {
        kind: Some(ReportKind::Ocsf),
        stem: "findings.ocsf",
        format: Format::JsonLines("json"),
        objects: Objects::PerRun(ocsf::findings),
    },
    ReportRow {
        kind: Some(ReportKind::Calendar),
        stem: "rotate-by",
        format: Format::Calendar,
        objects: Objects::PerRun(calendar::rotate_by),
    },
    // The next run continues its search.
    ReportRow {
        kind: None,
        stem: "last-use",
        format: Format::Json,
        objects: Objects::IfKnown(last_use_file::last_use),
    },
    ReportRow {
        kind: Some(ReportKind::Expiry),
        stem: "expiry",
        format: Format::ScriptCsv,
        objects: Objects::PerDomain(scripts::expiry),
    },
    ReportRow {
        kind: Some(ReportKind::Usage),
        stem: "usage",
        format: Format::ScriptCsv,
        objects: Objects::PerDomain(scripts::usage),
    },
];

/// A report that is to be stored.
#[derive(Clone)]
pub struct Report {
    /// Its name below the folder of the run: `expiry-Default.csv`.
    pub object_name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Runs the report from its beginning; the same bytes at every call.
    pub chunks: ChunkSource,
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("object_name", &self.object_name)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// The reports to store.
pub fn reports(audit: &Arc<Audit>, set: ReportSet, options: ReportOptions) -> Vec<Report> {
    let rows = REPORTS.iter();
    rows.filter(|row| row.kind.is_none_or(|kind| set.contains(kind)))
        .flat_map(|row| row.reports(audit, options))
        .collect()
}

/// Exceptions and known gaps that need attention, one line each.
pub fn notes(audit: &Audit) -> Vec<String> {
    let (mut lines, others) = accepted::to_look_at(audit, names::Names::Full);
    if others > 0 {
        lines.push(format!(
            "{others} more invalid entries in the exceptions file"
        ));
    }
    lines
}

/// The objects of one report: one per domain in the order of [`Audit::domains`], or one for the whole run. Of
/// [`ReportKind::Credentials`], `credentials.csv` alone.
pub fn of_kind(audit: &Arc<Audit>, kind: ReportKind, options: ReportOptions) -> Vec<Report> {
    row(kind).reports(audit, options)
}

/// The files that a run stores in the hub of several tenancies, with or without the names of people.
pub fn for_hub(audit: &Arc<Audit>, names: Names, options: ReportOptions) -> [Report; 2] {
    let report = |name: &str, write: fn(Arc<Audit>, Names) -> ChunkSource| {
        let audit = Arc::clone(audit);
        let chunks = prepared(move || write(Arc::clone(&audit), names));
        Report {
            object_name: name.to_owned(),
            content_type: Format::Csv.content_type(),
            chunks: match Format::Csv.prefix(options) {
                Some(prefix) => after(prefix, chunks),
                None => chunks,
            },
        }
    };
    [
        report("credentials.csv", credentials::credentials_as),
        report("by-person.csv", by_person::by_person_as),
    ]
}

fn row(kind: ReportKind) -> &'static ReportRow {
    REPORTS
        .iter()
        .find(|row| row.kind == Some(kind))
        // A test looks up every report, so this is never reached.
        .unwrap_or(&REPORTS[0])
}

/// The manifest of a run that stores no objects, with every finding in it: one JSON object.
pub fn manifest_with_findings(audit: &Arc<Audit>, requests: u64, elapsed_ms: u64) -> Chunks {
    let manifest = Manifest::new(audit, Vec::new(), requests, elapsed_ms).to_json();
    let open = manifest.trim_end().trim_end_matches('}').trim_end();
    let head = Bytes::from(format!("{open},\n  \"findings\": ["));
    let mut first = true;
    // A line of JSON has one line break, at its end.
    let lines = findings::findings(Arc::clone(audit))().map(move |chunk| {
        let mut items = Vec::with_capacity(chunk.len() + chunk.len() / 64);
        for line in chunk
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            items.extend_from_slice(if first { b"\n    " } else { b",\n    " });
            items.extend_from_slice(line);
            first = false;
        }
        Bytes::from(items)
    });
    let tail = Bytes::from_static(b"\n  ]\n}\n");
    Box::new(
        std::iter::once(head)
            .chain(lines)
            .chain(std::iter::once(tail)),
    )
}

impl ReportRow {
    fn reports(&self, audit: &Arc<Audit>, options: ReportOptions) -> Vec<Report> {
        let extension = self.format.extension();
        let report = |object_name, chunks| Report {
            object_name,
            content_type: self.format.content_type(),
            chunks: match self.format.prefix(options) {
                Some(prefix) => after(prefix, chunks),
                None => chunks,
            },
        };
        match self.objects {
            Objects::PerRun(write) => {
                let audit = Arc::clone(audit);
                vec![report(
                    format!("{}.{extension}", self.stem),
                    prepared(move || write(Arc::clone(&audit))),
                )]
            }
            Objects::IfKnown(write) => write(Arc::clone(audit))
                .map(|chunks| report(format!("{}.{extension}", self.stem), chunks))
                .into_iter()
                .collect(),
            Objects::PerDomain(write) => audit
                .domains
                .iter()
                .enumerate()
                .map(|(index, domain)| {
                    let domain = &domain.inventory.reading().domain.object_name;
                    let audit = Arc::clone(audit);
                    report(
                        format!("{}-{domain}.{extension}", self.stem),
                        prepared(move || write(Arc::clone(&audit), index)),
                    )
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_report_has_a_row() {
        for kind in ReportKind::all() {
            assert_eq!(row(kind).kind, Some(kind));
        }
    }
}
