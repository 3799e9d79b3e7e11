//! `by-person.csv`: one row per person and actor with anything to do, for chats and tickets.
//!
//! Rows are in the order of each person's most urgent credential. What a person must do and what the security team must do about
//! the credentials of that person are two rows, because their texts go to different readers. A holder who is not listed is named
//! by its OCID or id; the credentials of a domain that name no user are one row. `text` is one line: a spreadsheet quotes a copied
//! cell that has several.

use std::sync::Arc;

use crate::display::{self, counted};
use crate::judge::action::{Urgency, Work};
use crate::judge::{Audit, Finding};
use crate::timestamp::Timestamp;

use super::cells::Cells;
use super::groups::Groups;
use super::heading::heading;
use super::instruction::Instruction;
use super::names::{Names, shown};
use super::person::{WorkCounts, person};
use super::view::CredentialView;
use crate::chunks::{ChunkSource, gather_into};

/// Max characters of a text: what a chat shows without a fold.
const TEXT_CHARS: usize = 600;

const COLUMNS: [&str; 16] = [
    "person",
    "user_email",
    "domain",
    "owner",
    "actor",
    "urgency",
    "rotate",
    "remove",
    "review",
    "first_act_by",
    "text",
    "service_user",
    "unlisted",
    "user_ocid",
    "run_id",
    "as_of",
];

/// Every person with anything to do.
pub(super) fn by_person(audit: Arc<Audit>) -> ChunkSource {
    by_person_as(audit, Names::Full)
}

/// The same for a file that another tenancy keeps.
pub(super) fn by_person_as(audit: Arc<Audit>, names: Names) -> ChunkSource {
    let people = Groups::of(&audit, |finding| {
        let key = (finding.domain, finding.holder_rank, finding.actor);
        finding.needs_action().then_some(key)
    });
    let (run_id, as_of) = (audit.run.id.clone(), audit.run.as_of().rfc3339());
    gather_into(
        |cells: &mut Cells| {
            COLUMNS.iter().for_each(|column| cells.word(column));
            cells.end_row();
        },
        people.len(),
        move |index, cells| {
            let findings = people.get(&audit, index);
            let first = findings.clone().next();
            if let Some(view) = first.and_then(|first| CredentialView::of(&audit, first)) {
                row(&audit, &view, findings, names, cells);
                cells.word(&run_id);
                cells.word(&as_of);
                cells.end_row();
            }
        },
    )
}

/// All but the last two cells. `first` is the most urgent of `findings`.
fn row<'a>(
    audit: &'a Audit,
    first: &CredentialView<'a>,
    findings: impl Iterator<Item = &'a Finding> + Clone,
    names: Names,
    cells: &mut Cells,
) {
    let (user, finding) = (first.user, first.finding);
    let work = WorkCounts::of(findings.clone());
    let number = |count: u64| i64::try_from(count).ok();
    match (first.user_name(), first.user_ocid()) {
        ("", "") => cells.untrusted(first.user_id()),
        ("", ocid) => cells.untrusted(ocid),
        (name, _) => cells.untrusted(&shown(name, names)),
    }
    cells.untrusted(&shown(first.user_email(), names));
    cells.untrusted(&first.domain().name);
    cells.untrusted(&shown(first.owner().cell(), names));
    cells.word(finding.actor.name());
    cells.word(finding.urgency.name());
    for kind in Work::ALL {
        cells.number(number(work.get(kind)));
    }
    cells.date(first_act_by(audit, finding.urgency, findings.clone()));
    let text = match names {
        Names::Full | Names::Masked => text(audit, first, findings, names),
        Names::None => String::new(),
    };
    cells.untrusted(&text);
    cells.flag(user.and_then(|user| user.service_user));
    cells.flag(first.holder_is_not_listed());
    cells.untrusted(first.user_ocid());
}

/// The earliest date to act by. `urgency` is that of the most urgent, which is the first.
fn first_act_by<'a>(
    audit: &Audit,
    urgency: Urgency,
    findings: impl Iterator<Item = &'a Finding>,
) -> Option<Timestamp> {
    match urgency {
        Urgency::Now => Some(audit.run.as_of()),
        Urgency::Week | Urgency::Later | Urgency::None => findings
            .take_while(|finding| finding.urgency == urgency)
            .filter_map(|finding| audit.act_by(finding))
            .min(),
    }
}

/// `acme-prod: 2 OCI credentials of jane.roe@example.com, Default: (1) now: rotate auth token "ocir-ci", 95 days, overdue since 2026-11-17.
/// (2) by 2026-11-24: ...`, cut at a whole item.
fn text<'a>(
    audit: &'a Audit,
    first: &CredentialView<'a>,
    findings: impl Iterator<Item = &'a Finding> + Clone,
    names: Names,
) -> String {
    let count = findings.clone().count();
    let of = match (first.user_id(), first.user_ocid()) {
        ("", "") => "with",
        _ => "of",
    };
    let credentials = counted(count as u64, "OCI credential", "OCI credentials");
    let mut text = format!(
        "{}{credentials} {of} {}:",
        heading(audit),
        person(first, names)
    );
    for (number, finding) in (1..).zip(findings) {
        let Some(view) = CredentialView::of(audit, finding) else {
            continue;
        };
        let by = match (finding.urgency, audit.act_by(finding)) {
            (Urgency::Now, _) | (_, None) => "now".to_owned(),
            (_, Some(act_by)) => format!("by {}", act_by.date()),
        };
        let sentence = Instruction::of(audit, &view, names).sentence();
        let item = format!(" ({number}) {by}: {}", sentence.trim_end());
        let more = match count - number {
            0 => String::new(),
            more => format!(" And {more} more."),
        };
        // The first always fits: all its parts are bounded.
        let length = text.chars().count() + item.chars().count() + more.chars().count();
        if number > 1 && length > TEXT_CHARS {
            text.push_str(&format!(" And {} more.", count + 1 - number));
            break;
        }
        text.push_str(&item);
    }
    display::cut(&text, TEXT_CHARS)
}
