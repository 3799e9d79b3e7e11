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
mod group;
mod headline;
mod holders;
mod notes;
mod rotation;
mod sections;
mod subject;
mod table;
mod test_message;
mod wording;

use crate::display;
use crate::judge::Audit;
use crate::model::Verdict;
use crate::report::{ReportKind, ReportSet};

pub use crate::message::Message;
use body::{Body, json_bytes};
// The page shows the same in its own form.
pub(super) use coverage::{Unread, unread};
pub(super) use headline::{Headline, Numbers, saw_nothing};
pub use test_message::compose_test;

/// Max length of the JSON object; the service limits a request to 64 KB.
pub const MAX_BYTES: usize = 60_000;
/// Max characters of a title, which is the subject of the e-mail.
pub const MAX_TITLE_CHARS: usize = 100;
/// The last line of a digest is this and the id of its run.
pub const DIGEST_MARKER: &str = "credential-audit-digest: ";

/// Max characters of a line: sentences are wrapped, lines of credentials are cut.
const WIDTH: usize = 100;
/// Before lines below a heading.
const INDENT: &str = "  ";
/// What every title begins with, so that a mail rule can find it.
const TITLE_PREFIX: &str = "[OCI credentials] ";
const REPEAT: &str = "(may be a repeat) ";

/// How users are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// As they are.
    #[default]
    Full,
    /// `j***@example.com`, also if a label repeats the name.
    Masked,
    /// No names and no labels: counts per type only.
    None,
}

/// How a digest is written.
#[derive(Clone, Debug, Default)]
pub struct DigestOptions {
    /// How users are named.
    pub names: Names,
    /// The reports of the run; one holds what does not fit.
    pub reports: ReportSet,
}

/// What a digest is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestKind {
    /// A run whose reports are stored. If no domain was read, it is written as [`DigestKind::Failed`].
    Regular,
    /// A report or the manifest of the run was not stored, so the digest is the only output.
    ReportsNotStored {
        /// A sentence, without its full stop.
        reason: String,
        /// Whether the manifest may be stored: its upload was tried, and the answer may have been lost.
        manifest_may_exist: bool,
    },
    /// A run that could read no domain.
    Failed,
}

impl Message {
    /// This message, marked as a possible repeat: an earlier attempt to publish it got no answer.
    #[must_use]
    pub fn as_repeat(&self) -> Self {
        let rest = self.title.strip_prefix(TITLE_PREFIX);
        let title = format!("{TITLE_PREFIX}{REPEAT}{}", rest.unwrap_or(&self.title));
        Self {
            title: display::cut(&title, MAX_TITLE_CHARS),
            body: self.body.clone(),
        }
    }
}

/// Writes the digest of a run.
pub fn compose(audit: &Audit, options: &DigestOptions, kind: &DigestKind) -> Message {
    let kind = match kind {
        DigestKind::Regular if audit.verdict == Verdict::Failed => &DigestKind::Failed,
        kind => kind,
    };
    let title = subject::title(audit, kind);
    // A repeat has a longer title, of up to four bytes per character.
    let frame = json_bytes(r#"{"title":"","body":""}"#) + 4 * MAX_TITLE_CHARS;
    let mut body = Body::new(MAX_BYTES.saturating_sub(frame));
    headline::write(audit, kind, &mut body);
    body.line("");
    coverage::write(audit, kind, &mut body);
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
    Message {
        title,
        body: body.into_text(),
    }
}

/// Whether the body of an invocation is a digest of this program. A function that is subscribed to its own topic would
/// otherwise call itself without end. The topic may wrap the text, so the marker may be anywhere.
pub fn is_own_digest(body: &str) -> bool {
    body.contains(DIGEST_MARKER)
}

/// What needs attention besides credentials: exceptions and gaps that ended or accept nothing, and what changed. Each
/// heading follows an empty line.
pub fn notes(audit: &Audit) -> Vec<String> {
    changes::notes(audit, Names::Full)
}

/// The object that lists what does not fit, if there is one.
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
        (None, DigestKind::Regular) => lines.push("REPORTS  this run stores none".to_owned()),
        (_, DigestKind::ReportsNotStored { .. }) => {
            lines.push("REPORTS  not stored, or not all of them".to_owned());
        }
        (_, DigestKind::Failed) => lines.push("REPORTS  none are stored".to_owned()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeat_is_marked_and_fits_a_title() {
        let message = Message {
            title: format!("{TITLE_PREFIX}{}", "x".repeat(82)),
            body: String::new(),
        };
        let repeat = message.as_repeat().title;
        assert!(
            repeat.starts_with("[OCI credentials] (may be a repeat) xxx"),
            "{repeat}"
        );
        assert_eq!(repeat.chars().count(), MAX_TITLE_CHARS);
    }

    #[test]
    fn digest_is_recognized_by_its_marker_also_in_json() {
        let body = format!("x\n{DIGEST_MARKER}20261122T060000Z-7f3a91\n");
        assert!(is_own_digest(&body));
        assert!(is_own_digest(
            &serde_json::json!({ "message": body }).to_string()
        ));
        assert!(!is_own_digest("{}"));
    }
}
