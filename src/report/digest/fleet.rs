//! The digest of a fleet: one message for all tenancies, which names no person.

use crate::display::{self, counted};
use crate::fleet::{Figures, Oldest, Overview, Standing, TenancyRow};
use crate::message::Message;
use crate::model::Verdict;
use crate::report::fleet::{FleetHeadline, hub_link, trend_words, work_words};

use super::body::{Body, json_bytes};
use super::form::{self, MAX_BYTES, MAX_TITLE_CHARS, marker_of};
use super::section::{self, Section};

/// Max characters of a remark.
const REMARK_CHARS: usize = 300;

/// `6 to rotate, 11 to remove`.
fn work(figures: &Figures) -> String {
    work_words(figures, |count| count.to_string())
}

/// What became of the files of a fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FleetFiles {
    /// They are in this folder.
    Stored {
        /// The page of the console with the bucket, or the words that name it.
        place: String,
        /// The folder.
        folder: String,
    },
    /// They are not: a clause that says why.
    NotStored(String),
}

/// Writes the digest of a fleet, with at most `rows` items a section. `region` is that of the service that mails it.
pub fn compose_fleet(
    overview: &Overview,
    files: &FleetFiles,
    rows: usize,
    region: Option<&str>,
) -> Message {
    let frame = json_bytes(r#"{"title":"","body":""}"#) + 4 * MAX_TITLE_CHARS;
    let mut body = Body::new(MAX_BYTES.saturating_sub(frame));
    body.lines(&opening(overview, files));
    let run = run_lines(&overview.run_id, Some(overview), region);
    body.reserve(&run);
    section::write(&sections(overview, files, rows), &mut body);
    body.release(&run);
    body.lines(&run);
    form::message(&subject(overview, files), body.into_text())
}

/// Writes that the hub could not be read. `reason` is a clause.
pub fn compose_fleet_failed(run_id: &str, reason: &str, region: Option<&str>) -> Message {
    let mut body = Body::new(MAX_BYTES);
    let reason = display::line(reason, 1_000);
    body.line(&format!("FAILED: the hub could not be read, so nothing is known about any tenancy. Nothing was stored. Reason: {reason}"));
    body.lines(&run_lines(run_id, None, region));
    form::message("fleet: FAILED, no tenancy could be read", body.into_text())
}

/// `fleet of 200: INCOMPLETE, 2 not current, 6 to rotate, 11 to remove now`.
fn subject(overview: &Overview, files: &FleetFiles) -> String {
    let figures = &overview.totals.figures;
    let stored = matches!(files, FleetFiles::NotStored(_)).then_some("REPORTS NOT STORED, ");
    let word = (overview.verdict() != Verdict::Complete).then_some("INCOMPLETE, ");
    let work = work(figures);
    let work = match (work.is_empty(), word) {
        (false, _) => format!("{work} now"),
        (true, None) => "nothing to do now".to_owned(),
        (true, Some(_)) if overview.rows.is_empty() => "no tenancy has reported".to_owned(),
        (true, Some(_)) => "nothing known to do now".to_owned(),
    };
    let not_current: u64 = overview.totals.not_current().map(|(count, _)| count).sum();
    let not_current = match not_current {
        0 => String::new(),
        count => format!("{count} not current, "),
    };
    let (stored, word) = (stored.unwrap_or_default(), word.unwrap_or_default());
    format!(
        "fleet of {}: {stored}{word}{not_current}{work}",
        overview.rows.len()
    )
}

fn opening(overview: &Overview, files: &FleetFiles) -> Vec<String> {
    let headline = FleetHeadline::new(overview, |count| count.to_string());
    let word = headline
        .word
        .map_or_else(String::new, |word| format!("{word}: "));
    let mut lines = vec![format!("{word}{}", headline.work)];
    lines.extend(
        headline
            .doubts
            .iter()
            .map(|doubt| display::line(doubt, 700)),
    );
    lines.push(format!(
        "Coverage: {} - {}.",
        overview.verdict(),
        headline.coverage
    ));
    lines.push(match files {
        FleetFiles::Stored { place, folder } => {
            format!(
                "Report: {} (folder {}, open fleet.html)",
                display::line(place, 1_100),
                display::line(folder, 1_100)
            )
        }
        FleetFiles::NotStored(why) => format!("Report: not stored. {}", display::line(why, 1_000)),
    });
    let hub = &overview.hub;
    let place = hub_link(overview)
        .unwrap_or_else(|| format!("bucket {}, namespace {}", hub.bucket, hub.namespace));
    lines.push(format!(
        "Runs of the tenancies: {} (below {})",
        display::line(&place, 1_100),
        display::line(&hub.prefix, 1_100)
    ));
    lines
}

fn sections(overview: &Overview, files: &FleetFiles, rows: usize) -> Vec<Section> {
    let elsewhere = match files {
        FleetFiles::Stored { .. } => "in fleet.html",
        FleetFiles::NotStored(_) => "",
    };
    let lacking = overview
        .rows
        .iter()
        .filter(|row| !row.standing.is_current());
    let partial = overview
        .rows
        .iter()
        .filter(|row| row.standing == Standing::Partial);
    let first = overview.rows.iter().filter(|row| row.standing.is_current());
    let first = first
        .filter_map(|row| Some((row, row.figures.as_ref()?)))
        .filter(|(_, figures)| figures.to_act() > 0);
    vec![
        Section::new("NO CURRENT RUN", lacking.map(not_current), rows, elsewhere),
        Section::new(
            "FIRST",
            first.map(|(row, figures)| to_act(row, figures)),
            rows,
            elsewhere,
        ),
        Section::new(
            "NOT READ COMPLETELY",
            partial.map(|row| format!("{}: {}", name(row), remarks(row))),
            rows,
            elsewhere,
        ),
    ]
}

/// `acme-prod (…abc123)`: a tenancy gives itself its name, so the end of its OCID follows.
fn name(row: &TenancyRow) -> String {
    match &row.name {
        Some(name) => format!("{} ({})", display::line(name, 60), row.id_end()),
        None => row.display_name(),
    }
}

fn remarks(row: &TenancyRow) -> String {
    let remarks: Vec<_> = row
        .remarks()
        .iter()
        .map(|remark| display::line(remark, REMARK_CHARS))
        .collect();
    remarks.join("; ")
}

fn not_current(row: &TenancyRow) -> String {
    let known = row.figures.as_ref().map_or_else(String::new, |figures| {
        let work = work(figures);
        if work.is_empty() {
            String::new()
        } else {
            format!(". Known before: {work}")
        }
    });
    format!(
        "{}: {}, {}{known}.",
        name(row),
        row.standing.word(),
        remarks(row)
    )
}

fn to_act(row: &TenancyRow, figures: &Figures) -> String {
    let oldest = match figures.oldest {
        Oldest::Days(days) => format!(", oldest {}", counted(days, "day", "days")),
        Oldest::None | Oldest::Unknown => String::new(),
    };
    let trend = figures.trend.map_or_else(String::new, |trend| {
        format!(
            ". All work: {}",
            trend_words(trend, |count| count.to_string())
        )
    });
    format!(
        "{}: {} now, {} overdue, {}{oldest}{trend}.",
        name(row),
        work(figures),
        figures.overdue,
        counted(figures.people, "person", "people")
    )
}

fn run_lines(run_id: &str, overview: Option<&Overview>, region: Option<&str>) -> Vec<String> {
    let mut lines = vec![String::new(), "RUN".to_owned()];
    let run = display::line(run_id, 100);
    lines.push(match overview {
        Some(overview) => format!(
            "- run {run} of the fleet, credential-audit {}, runs up to {}, all dates are UTC",
            overview.version,
            overview.now.rfc3339()
        ),
        None => format!("- run {run} of the fleet"),
    });
    if let Some(region) = region {
        lines.push(format!(
            "- this mail is sent by OCI Notifications in region {}",
            display::line(region, 60)
        ));
    }
    lines.push(marker_of(run_id));
    lines
}
