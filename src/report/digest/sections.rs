//! Sections by urgency, each with one line per credential, as many as fit.

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::judge::{Audit, Finding};
use crate::report::view::CredentialView;

use super::body::Body;
use super::form::{INDENT, WIDTH};
use super::group::{GROUPS, Group};
use super::options::{DigestOptions, Names};
use super::table::{Columns, Row};

/// No digest has room for more lines.
const MAX_LINES: usize = 1_500;

/// An administrator's API key opens the whole tenancy, so it precedes what is more urgent by date.
fn comes_first(finding: &Finding) -> bool {
    finding.credential_type == CredentialType::ApiKeys && finding.hints.administrator()
}

/// A section that is not empty.
struct Section {
    group: Group,
    /// Whether the day is only supposed, so that nothing is due now.
    supposed_day: bool,
    count: u64,
    by_type: [u64; CREDENTIAL_TYPES.len()],
    /// While sections are collected: rows that [`comes_first`].
    first_rows: Vec<usize>,
    /// Indices into [`Audit::findings`], at most [`MAX_LINES`], in the order of the section.
    rows: Vec<usize>,
}

/// Writes every section that is not empty: always its heading, and its lines while they fit. Room for all headings is
/// reserved first, so that many overdue credentials hide no other count.
pub(super) fn write(
    audit: &Audit,
    options: &DigestOptions,
    more_in: Option<&str>,
    body: &mut Body,
) {
    let sections = collect(audit);
    let frames: Vec<_> = sections
        .iter()
        .map(|section| section.frame(options.names, more_in))
        .collect();
    for frame in &frames {
        body.reserve(frame);
    }
    for (section, frame) in sections.iter().zip(&frames) {
        body.release(frame);
        body.line("");
        body.line(&section.heading());
        if options.names == Names::None {
            body.line(&section.credential_types());
        } else {
            section.write_rows(audit, options.names, more_in, body);
        }
    }
    let listed: u64 = sections.iter().map(|section| section.count).sum();
    let findings = audit
        .findings
        .iter()
        .filter(|finding| finding.is_finding())
        .count();
    if listed > findings as u64 {
        body.line("");
        body.line("A credential is listed in every section that applies to it.");
    }
}

/// The sections that are not empty, in their order.
fn collect(audit: &Audit) -> Vec<Section> {
    let mut sections: Vec<_> = GROUPS
        .iter()
        .map(|group| Section {
            group: *group,
            supposed_day: audit.run.is_what_if(),
            count: 0,
            by_type: [0; CREDENTIAL_TYPES.len()],
            first_rows: Vec::new(),
            rows: Vec::new(),
        })
        .collect();
    for (index, finding) in audit.findings.iter().enumerate() {
        for section in &mut sections {
            if section.group.holds(finding) {
                section.count += 1;
                section.by_type[finding.credential_type.index()] += 1;
                // Findings are sorted by urgency of age; those that expire are sorted below.
                let rows = if comes_first(finding) {
                    &mut section.first_rows
                } else {
                    &mut section.rows
                };
                if rows.len() < MAX_LINES || section.group == Group::Expiring {
                    rows.push(index);
                }
            }
        }
    }
    for section in &mut sections {
        let rest = std::mem::take(&mut section.rows);
        section.rows = std::mem::take(&mut section.first_rows);
        section.rows.extend(rest);
    }
    for section in &mut sections {
        if section.group == Group::Expiring {
            section.rows.sort_by_cached_key(|index| {
                let (_, credential) = audit.credential(&audit.findings[*index])?;
                credential.expires_on.instant()
            });
            section.rows.truncate(MAX_LINES);
        }
    }
    sections.retain(|section| section.count > 0);
    sections
}

impl Section {
    fn heading(&self) -> String {
        let advice = self.group.advice(self.supposed_day);
        format!("{}: {} - {advice}", self.group.title(), self.count)
    }

    /// `API keys 3, Auth tokens 1`.
    fn credential_types(&self) -> String {
        let credential_types: Vec<_> = CredentialType::all()
            .filter(|credential_type| self.by_type[credential_type.index()] > 0)
            .map(|credential_type| {
                format!(
                    "{} {}",
                    credential_type.row().plural,
                    self.by_type[credential_type.index()]
                )
            })
            .collect();
        format!("{INDENT}{}", credential_types.join(", "))
    }

    fn more(&self, count: u64, more_in: Option<&str>) -> String {
        match more_in {
            Some(object) => format!("{INDENT}\u{2026} and {count} more in {object}"),
            None => format!("{INDENT}\u{2026} and {count} more"),
        }
    }

    /// The lines that a section always has, at their longest.
    fn frame(&self, names: Names, more_in: Option<&str>) -> Vec<String> {
        let mut lines = vec![String::new(), self.heading()];
        if names == Names::None {
            lines.push(self.credential_types());
        } else {
            lines.push("x".repeat(WIDTH));
            lines.push(self.more(self.count, more_in));
        }
        lines
    }

    fn write_rows(&self, audit: &Audit, names: Names, more_in: Option<&str>, body: &mut Body) {
        let rows: Vec<_> = self
            .rows
            .iter()
            .filter_map(|index| CredentialView::of(audit, &audit.findings[*index]))
            .map(|view| Row::of(audit, self.group, &view, names))
            .collect();
        let lead = self.group.lead_heading(self.supposed_day);
        let columns = Columns::of(lead, &rows, audit.domains.len() > 1);
        body.line(&columns.heading(lead));
        let more = [self.more(self.count, more_in)];
        body.reserve(&more);
        let lines = |row: &Row| {
            let mut lines = vec![columns.line(row)];
            lines.extend_from_slice(&row.below);
            lines
        };
        let shown = rows
            .iter()
            .take_while(|row| body.lines_if_they_fit(&lines(row)))
            .count();
        body.release(&more);
        let missing = self.count - shown as u64;
        if missing > 0 {
            body.line(&self.more(missing, more_in));
        }
    }
}
