//! The digest: the one message of a run, which people read as a plain-text e-mail.
//!
//! Its first lines state what to do, by when, and whether everything was read. Then come the rule and one
//! line per credential, the most urgent first. A topic accepts 64 KB per request, so the message is filled up to
//! [`MAX_BYTES`] by urgency. What does not fit is counted, and counts are always exact.
//!
//! Untrusted text passes through `crate::display`: it must not break or reorder a line, or grow the message without bound.

mod body;
mod changes;
mod coverage;
mod form;
mod group;
mod headline;
mod holders;
mod notes;
mod options;
mod phrase;
mod rotation;
mod sections;
mod subject;
mod table;
mod test_message;
mod wording;

use crate::display;
use crate::judge::Audit;
use crate::model::Verdict;
use crate::report::ReportKind;

pub use crate::message::Message;
use body::{Body, json_bytes};
pub use form::{DIGEST_MARKER, MAX_BYTES, MAX_TITLE_CHARS, is_own_digest};
pub use options::{DigestKind, DigestOptions, Names};
pub(crate) use phrase::by_holder;
pub use test_message::compose_test;

// The page shows the same in its own form.
pub(super) use coverage::{IncompleteListText, incomplete_list_texts};
pub(super) use headline::{Headline, Numbers};

/// Writes the digest of a run.
pub fn compose(audit: &Audit, options: &DigestOptions, kind: &DigestKind) -> Message {
    let kind = match kind {
        DigestKind::Regular if audit.verdict == Verdict::Failed => &DigestKind::Failed,
        kind => kind,
    };
    let subject = subject::subject(audit, kind);
    // A repeat has a longer title, of up to four bytes per character.
    let frame = json_bytes(r#"{"title":"","body":""}"#) + 4 * MAX_TITLE_CHARS;
    let mut body = Body::new(MAX_BYTES.saturating_sub(frame));
    headline::write(audit, kind, &mut body);
    body.line("");
    coverage::write(audit, options.names, kind, &mut body);
    let mut tail = Vec::new();
    if !matches!(kind, DigestKind::Failed) {
        body.lines(&coverage::rules(audit));
        let more_in = more_in(audit, options, kind);
        tail = changes::notes(audit, options.names);
        tail.extend(holders::lines(
            audit,
            options.names,
            &elsewhere(more_in, options),
        ));
        tail.push(String::new());
        tail.extend(rotation::how_to(audit, more_in));
        tail.extend(place_and_run(audit, kind));
        body.reserve(&tail);
        sections::write(audit, options, more_in, &mut body);
        body.release(&tail);
    } else {
        tail.push(String::new());
        tail.extend(place_and_run(audit, kind));
    }
    body.lines(&tail);
    form::message(&subject, body.into_text())
}

/// What needs attention besides credentials: exceptions and gaps that ended, are invalid or unmatched, and what changed.
/// Each heading follows an empty line.
pub fn notes(audit: &Audit) -> Vec<String> {
    changes::notes(audit, Names::Full)
}

/// The object that lists what does not fit, if the run stores one.
fn more_in(audit: &Audit, options: &DigestOptions, kind: &DigestKind) -> Option<&'static str> {
    if audit.run.location.is_none() || *kind != DigestKind::Regular {
        None
    } else if options.reports.contains(ReportKind::Credentials) {
        Some("credentials.csv")
    } else {
        Some("findings.jsonl")
    }
}

/// The reports that list all users; [`holders`] names some.
fn elsewhere(more_in: Option<&'static str>, options: &DigestOptions) -> holders::Elsewhere {
    let place = |report, object| {
        let stored = options.reports.contains(report);
        more_in.map(|_| if stored { object } else { "manifest.json" })
    };
    holders::Elsewhere {
        notes: place(ReportKind::Credentials, "the notes of credentials.csv"),
        usage: place(
            ReportKind::Usage,
            "usage-*.csv, cells `ENABLED, None CONFIGURED`",
        ),
    }
}

/// Place of the reports, and id of the run.
fn place_and_run(audit: &Audit, kind: &DigestKind) -> Vec<String> {
    let mut lines = Vec::new();
    match (&audit.run.location, kind) {
        (Some(location), DigestKind::Regular) => lines.extend([
            format!(
                "REPORTS  namespace {}, bucket {}",
                display::line(&location.namespace, 100),
                display::line(&location.bucket, 300)
            ),
            format!("         folder {}", display::line(&location.folder, 1100)),
        ]),
        (None, DigestKind::Regular) => lines.push("REPORTS  none stored".to_owned()),
        (_, DigestKind::ReportsNotStored { .. }) => {
            lines.push("REPORTS  not all stored".to_owned());
        }
        (_, DigestKind::Failed) => lines.push("REPORTS  none stored".to_owned()),
    }
    if !matches!(kind, DigestKind::Failed) {
        lines.extend(changes::history(audit));
    }
    lines.push(format!(
        "RUN      {}, credential-audit {}",
        display::line(&audit.run.id, 100),
        audit.run.version
    ));
    lines.push(format!(
        "         ages as of {}; all dates are UTC",
        audit.run.as_of()
    ));
    lines.push(format!(
        "{DIGEST_MARKER}{}",
        display::line(&audit.run.id, 100)
    ));
    lines
}
