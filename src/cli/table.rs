//! The table of credentials that are overdue, due or of unknown age, and the verdict below it.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};

use crate::credential_type::CredentialType;
use crate::display::counted;
use crate::iam_statement::FOR_A_PERSON;
use crate::judge::age::State;
use crate::judge::{Audit, Finding};
use crate::model::Verdict;
use crate::report::notes;

use super::terminal::{one_line, terminal_width};

/// Max rows. The rest is counted; the reports have every row.
const MAX_ROWS: usize = 200;
/// Columns of a terminal of unknown width.
const FALLBACK_WIDTH: u16 = 120;
/// Min columns. A terminal that reports fewer is not believed.
const MIN_WIDTH: u16 = 40;

/// Renders table and verdict. `fit` cuts columns to the width of the terminal.
pub(super) fn render(audit: &Audit, color: bool, fit: bool) -> String {
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
            let width = terminal_width().filter(|width| *width >= MIN_WIDTH);
            table.set_width(width.unwrap_or(FALLBACK_WIDTH));
        } else {
            table.force_no_tty();
        }
        if color {
            table.enforce_styling();
        }
        if let Some(column) = table.column_mut(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        for finding in due.iter().take(MAX_ROWS) {
            table.add_row(row(audit, finding, several, color));
        }
        for line in table.lines() {
            text.push_str(line.trim_end().strip_prefix(' ').unwrap_or(&line));
            text.push('\n');
        }
        if due.len() > MAX_ROWS {
            text.push_str(&format!(
                "... and {} more; --report credentials lists all of them\n",
                due.len() - MAX_ROWS
            ));
        }
        // A what-if date requires no action.
        text.push_str(if audit.run.is_what_if() {
            "\nDates are UTC.\n\n"
        } else {
            "\nRotate what is OVERDUE now, and what is DUE by its date (UTC). Check what is UNKNOWN. Add --html PATH to write a page with the rotation steps.\n\n"
        });
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

fn row(audit: &Audit, finding: &Finding, several: bool, color: bool) -> Vec<Cell> {
    let Some((inventory, credential)) = audit.credential(finding) else {
        return Vec::new();
    };
    let age = audit.age(finding.credential_type, credential);
    let limits = audit.limits(finding.credential_type);
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
    let state = match (color, finding.state) {
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
                .map(|days| counted(u64::try_from(days).unwrap_or(0), "day", "days"))
                .unwrap_or_default(),
        ),
        Cell::new(one_line(&user)),
        Cell::new(finding.credential_type.row().title),
        Cell::new(one_line(
            inventory.label(finding.credential_type, credential),
        )),
    ];
    if several {
        row.push(Cell::new(one_line(&inventory.reading().domain.name)));
    }
    row
}

fn verdict(audit: &Audit) -> String {
    let counts = &audit.counts;
    let run = &audit.run;
    let mut text = String::new();
    if run.is_what_if() {
        text.push_str(&format!(
            "WHAT-IF {}: ages are calculated as of {}, for the credentials that existed on {}.\n",
            run.as_of().date(),
            run.as_of(),
            run.times.started.date()
        ));
    }
    text.push_str(&format!(
        "{}: {} of {}; {} overdue, {} due, {} of unknown age, {} expiring or expired, {} orphaned",
        audit.verdict.word(),
        counted(counts.credentials, "credential", "credentials"),
        counted(audit.domains.len() as u64, "domain", "domains"),
        counts.overdue,
        counts.due,
        counts.unknown,
        counts.expiring,
        counts.orphaned
    ));
    if counts.expiry_unreadable > 0 {
        text.push_str(&format!(
            ", {} with an unreadable expiry date",
            counts.expiry_unreadable
        ));
    }
    if counts.excepted > 0 {
        text.push_str(&format!(", {} excepted", counts.excepted));
    }
    text.push('\n');
    if audit.verdict != Verdict::Complete {
        for gap in audit.coverage_gaps() {
            text.push_str(&format!("  not read: {}\n", one_line(&format!("{gap:#}"))));
        }
        if audit.needs_statement() {
            text.push_str(&format!("  {FOR_A_PERSON}\n"));
        }
    }
    for (domain, types) in audit.unconfirmed_lists() {
        let name = one_line(&domain.inventory.reading().domain.name);
        let types = types
            .iter()
            .map(|credential_type| credential_type.row().plural);
        text.push_str(&format!(
            "  not confirmed: domain {name}: {} (empty, and the user records do not list credentials)\n",
            types.collect::<Vec<_>>().join(", ")
        ));
    }
    let left_out: Vec<_> = CredentialType::all()
        .filter(|credential_type| !run.credential_types.contains(*credential_type))
        .map(|credential_type| credential_type.row().plural)
        .collect();
    if !left_out.is_empty() {
        text.push_str(&format!(
            "  not audited, left out: {}\n",
            left_out.join(", ")
        ));
    }
    for skipped in &audit.skipped_domains {
        text.push_str(&format!("  {}\n", one_line(&skipped.to_string())));
    }
    for line in notes(audit) {
        text.push_str(&format!("  {line}\n"));
    }
    text
}
