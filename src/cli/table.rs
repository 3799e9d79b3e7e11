//! What is overdue and due, as a table for people, and the verdict beneath it.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};

use crate::audit::failure_reasons;
use crate::kind::CredentialKind;
use crate::model::Verdict;
use crate::policy::age::State;
use crate::policy::{Audit, Finding};
use crate::report::digest::notes;

use super::{one_line, terminal_width};

/// Rows that are shown; the rest is counted, and stands in the reports.
const MOST_ROWS: usize = 200;
/// Columns of a terminal that does not tell how many it has.
const FALLBACK_WIDTH: u16 = 120;
/// A terminal that claims to have fewer columns is not believed.
const NARROWEST: u16 = 40;

/// The table and the verdict. `fit` cuts columns to the width of the terminal.
pub(super) fn render(audit: &Audit, colour: bool, fit: bool) -> String {
    let due: Vec<_> = audit
        .findings
        .iter()
        .filter(|finding| finding.alerting_state() != State::Ok)
        .collect();
    let mut text = String::new();
    if !due.is_empty() {
        let several = audit.domains.len() > 1;
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header(header(several));
        table.set_content_arrangement(if fit {
            ContentArrangement::Dynamic
        } else {
            ContentArrangement::Disabled
        });
        if fit {
            let width = terminal_width().filter(|width| *width >= NARROWEST);
            table.set_width(width.unwrap_or(FALLBACK_WIDTH));
        } else {
            table.force_no_tty();
        }
        if colour {
            table.enforce_styling();
        }
        if let Some(column) = table.column_mut(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        for finding in due.iter().take(MOST_ROWS) {
            table.add_row(row(audit, finding, several, colour));
        }
        for line in table.lines() {
            text.push_str(line.trim_end().strip_prefix(' ').unwrap_or(&line));
            text.push('\n');
        }
        if due.len() > MOST_ROWS {
            text.push_str(&format!(
                "... and {} more in the reports\n",
                due.len() - MOST_ROWS
            ));
        }
        text.push('\n');
    }
    text.push_str(&verdict(audit));
    text
}

fn header(several: bool) -> Vec<&'static str> {
    let mut header = vec!["STATE", "ROTATE BY", "AGE", "USER", "TYPE", "LABEL"];
    if several {
        header.push("DOMAIN");
    }
    header
}

fn row(audit: &Audit, finding: &Finding, several: bool, colour: bool) -> Vec<Cell> {
    let Some((inventory, credential)) = audit.credential(finding) else {
        return Vec::new();
    };
    let age = audit.age(finding.kind, credential);
    let limits = audit.limits(finding.kind);
    let user = inventory.user(credential.holder).map_or_else(
        || {
            format!(
                "(not listed: {})",
                inventory.reading().holders.id(credential.holder)
            )
        },
        |user| inventory.user_name(user).to_owned(),
    );
    let state = Cell::new(finding.state.word());
    let state = match (colour, finding.state) {
        (true, State::Overdue) => state.fg(Color::Red),
        (true, State::Due) => state.fg(Color::Yellow),
        _ => state,
    };
    let mut row = vec![
        state,
        Cell::new(
            age.rotate_by(limits)
                .map(|date| date.date())
                .unwrap_or_default(),
        ),
        Cell::new(
            age.age_days
                .map(|days| days.to_string())
                .unwrap_or_default(),
        ),
        Cell::new(one_line(&user)),
        Cell::new(finding.kind.row().title),
        Cell::new(one_line(inventory.label(finding.kind, credential))),
    ];
    if several {
        row.push(Cell::new(one_line(&inventory.reading().domain.name)));
    }
    row
}

fn verdict(audit: &Audit) -> String {
    let (counts, run) = (&audit.counts, &audit.run);
    let mut text = String::new();
    if run.is_what_if() {
        text.push_str(&format!(
            "WHAT-IF {}: ages are judged at {}, of the credentials there are today\n",
            run.as_of().date(),
            run.as_of()
        ));
    }
    text.push_str(&format!(
        "{}: {} credentials of {} domains; {} overdue, {} due, {} of unknown age, {} expiring, {} orphaned",
        audit.verdict.word(),
        counts.credentials,
        audit.domains.len(),
        counts.overdue,
        counts.due,
        counts.unknown,
        counts.expiring,
        counts.orphaned
    ));
    if counts.excepted > 0 {
        text.push_str(&format!("; {} excepted", counts.excepted));
    }
    text.push('\n');
    let left_out = CredentialKind::all().filter(|kind| !run.kinds.contains(*kind));
    let left_out: Vec<_> = left_out.map(|kind| kind.row().plural).collect();
    if !left_out.is_empty() {
        text.push_str(&format!("  not audited: {}\n", left_out.join(", ")));
    }
    if audit.verdict != Verdict::Complete {
        for reason in failure_reasons(audit) {
            text.push_str(&format!("  not read: {}\n", one_line(&reason)));
        }
    }
    for passed_over in &audit.passed_over {
        text.push_str(&format!("  {}\n", one_line(&passed_over.to_string())));
    }
    for line in notes(audit) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}
