//! The most urgent credentials, one line each, in the order of every report.

use crate::credential_type::CredentialType;
use crate::display::counted;
use crate::inventory::DomainInventory;
use crate::judge::action::Urgency;
use crate::judge::{Audit, Finding};
use crate::model::{Credential, HolderIndex};

use super::layout::{Cell, Color, Column, ColumnWidth, Cut, cut_front, lines};
use super::style::{FullList, Outputs, Style};
use crate::cli::row_filter::TableArguments;
use crate::cli::terminal::one_line;

const COLUMNS: [Column; 6] = [
    column("ACTION", ColumnWidth::Fixed),
    column("ACT BY", ColumnWidth::Fixed),
    column("PERSON", ColumnWidth::Flexible { min: 18 }),
    column("TYPE", ColumnWidth::Fixed),
    column("LABEL", ColumnWidth::Flexible { min: ID_WIDTH }),
    column("DOMAIN", ColumnWidth::Flexible { min: 7 }),
];
/// Columns of an id or a fingerprint at a terminal, as in the digest.
const ID_WIDTH: usize = 9;
/// Columns of the id of a holder who is not listed, so that `(not listed …22bd)` fits the column.
const HOLDER_WIDTH: usize = 5;

const fn column(heading: &'static str, width: ColumnWidth) -> Column {
    Column { heading, width }
}

/// The rows that the arguments select, and how many there are. Without a filter only what needs action is listed.
pub(super) fn render(
    audit: &Audit,
    arguments: &TableArguments,
    outputs: &Outputs,
    style: Style,
) -> String {
    let is_listed = |finding: &&Finding| {
        if arguments.filters() {
            arguments.matches(audit, finding)
        } else {
            finding.needs_action()
        }
    };
    let limit = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    let mut shown = Vec::new();
    let mut matching = 0_u64;
    for finding in audit.findings.iter().filter(is_listed) {
        matching += 1;
        if shown.len() < limit {
            shown.push(finding);
        }
    }
    let columns = match audit.domains.len() {
        0 | 1 => &COLUMNS[..COLUMNS.len() - 1],
        _ => &COLUMNS[..],
    };
    let rows: Vec<_> = shown
        .iter()
        .filter_map(|finding| row(audit, finding, style))
        .collect();
    let full_list = &outputs.full_list;
    let extent = extent(audit, arguments, full_list, rows.len() as u64, matching);
    let mut text = String::new();
    let mut sentences = Vec::new();
    if !rows.is_empty() {
        text.push_str(&lines(columns, &rows, style.width));
        sentences.push("Dates are in UTC.".to_owned());
    }
    sentences.extend(extent);
    if !rows.is_empty() && !outputs.page {
        sentences.push("--open shows the steps for each on a page.".to_owned());
    }
    if !sentences.is_empty() {
        text.push_str(&style.paragraph(&sentences.join(" "), ""));
    }
    text
}

/// How many of all are shown, and where the others are.
fn extent(
    audit: &Audit,
    arguments: &TableArguments,
    full_list: &FullList,
    shown: u64,
    matching: u64,
) -> Option<String> {
    let all = counted(audit.counts.credentials, "credential", "credentials");
    let others = match full_list {
        FullList::File(path) => format!("All are in {}.", one_line(path)),
        FullList::StandardOutput => "All are in the report.".to_owned(),
        FullList::None => {
            "--limit N shows more, and --report credentials writes all to a file.".to_owned()
        }
    };
    let is_all = shown == matching;
    Some(match (arguments.filters(), matching) {
        (true, 0) => format!("None of {all} matches."),
        (true, _) if is_all => format!("Shown: {shown} of {all}, all that match."),
        (true, _) => format!("Shown: {shown} of {matching} that match, of {all}. {others}"),
        // All of them, or none by request.
        (false, _) if is_all || arguments.limit == 0 => return None,
        (false, _) => format!("Shown: {shown} of {matching} that need action. {others}"),
    })
}

fn row(audit: &Audit, finding: &Finding, style: Style) -> Option<Vec<Cell>> {
    let (inventory, credential) = audit.credential(finding)?;
    let act_by = match (finding.urgency, audit.act_by(finding)) {
        (Urgency::Now, _) if !audit.run.is_what_if() => "now".to_owned(),
        (_, act_by) => act_by.map(|act_by| act_by.date()).unwrap_or_default(),
    };
    let action = Cell {
        color: match finding.urgency {
            Urgency::Now if style.color => Some(Color::Red),
            Urgency::Week if style.color => Some(Color::Yellow),
            _ => None,
        },
        ..finding.action.name().into()
    };
    let mut row = vec![
        action,
        act_by.into(),
        person(inventory, credential, style).into(),
        finding.credential_type.row().short_title.into(),
        label(inventory, finding, credential, style),
    ];
    if audit.domains.len() > 1 {
        row.push(one_line(&inventory.reading().domain.name).into());
    }
    Some(row)
}

/// `userName` of the holder, or else its id.
fn person(inventory: &DomainInventory, credential: &Credential, style: Style) -> String {
    match inventory.user(credential.holder) {
        Some(user) if inventory.user_name(user).trim().is_empty() => {
            let id = inventory.reading().holders.id(user.holder);
            format!("(no name, id {})", shortened(id, HOLDER_WIDTH, style))
        }
        Some(user) => one_line(inventory.user_name(user)),
        None if credential.holder == HolderIndex::NONE => "(names no user)".to_owned(),
        None => {
            let id = inventory.reading().holders.id(credential.holder);
            format!("(not listed {})", shortened(id, HOLDER_WIDTH, style))
        }
    }
}

/// The label, or else the id.
fn label(
    inventory: &DomainInventory,
    finding: &Finding,
    credential: &Credential,
    style: Style,
) -> Cell {
    let label = inventory.label(finding.credential_type, credential).trim();
    let is_fingerprint = finding.credential_type == CredentialType::ApiKeys && !label.contains(' ');
    let (text, cut) = if label.is_empty() {
        let id = inventory.credential_id(finding.credential_type, credential);
        (shortened(&id, ID_WIDTH, style), Cut::Front)
    } else if is_fingerprint {
        (shortened(label, ID_WIDTH, style), Cut::Front)
    } else {
        (one_line(label), Cut::End)
    };
    Cell { cut, ..text.into() }
}

/// The end of an id or a fingerprint at a terminal. A file or a pipe, which may be searched, has it whole.
fn shortened(id: &str, width: usize, style: Style) -> String {
    let id = one_line(id);
    match style.width {
        Some(_) => cut_front(&id, width),
        None => id,
    }
}
