//! The place of reports.

use crate::judge::Audit;
use crate::report::ReportKind;

use super::options::{DigestKind, DigestOptions};

/// The place of the rest of a section: `in report.html`; empty if nothing is stored.
pub(super) fn elsewhere(audit: &Audit, options: &DigestOptions, kind: &DigestKind) -> String {
    if audit.run.location.is_none() || *kind != DigestKind::Regular {
        return String::new();
    }
    format!("in {}", main_report(options))
}

/// The object that people open first.
pub(super) fn main_report(options: &DigestOptions) -> &'static str {
    if options.reports.contains(ReportKind::Html) {
        "report.html"
    } else if options.reports.contains(ReportKind::Credentials) {
        "credentials.csv"
    } else {
        "findings.jsonl"
    }
}
