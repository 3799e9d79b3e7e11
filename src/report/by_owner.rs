//! `by-owner.csv`: one row per owner with anything to do. It exists only if the setting `AUDIT_OWNER_FROM` names a source of owners.
//!
//! Rows are in the order of each owner's most urgent credential. Owners of several domains with the same name are one owner. The
//! credentials of users without an owner are one row, `(no owner)`, and so are those whose owner is unknown, with an empty cell.

use std::sync::Arc;

use crate::judge::action::{Urgency, Work};
use crate::judge::{Audit, Finding};

use super::cells::Cells;
use super::groups::Groups;
use super::person::WorkCounts;
use crate::chunks::{ChunkSource, gather_into};

const COLUMNS: [&str; 11] = [
    "owner", "urgency", "now", "week", "later", "rotate", "remove", "review", "people", "run_id",
    "as_of",
];

/// Every owner with anything to do; `None` if owners are not read.
pub(super) fn by_owner(audit: Arc<Audit>) -> Option<ChunkSource> {
    if !audit.has_owners() {
        return None;
    }
    let owners = Groups::of(&audit, |finding| {
        finding.needs_action().then(|| audit.owner(finding))
    });
    let (run_id, as_of) = (audit.run.id.clone(), audit.run.as_of().rfc3339());
    Some(gather_into(
        |cells: &mut Cells| {
            COLUMNS.iter().for_each(|column| cells.word(column));
            cells.end_row();
        },
        owners.len(),
        move |index, cells| {
            let findings = owners.get(&audit, index);
            if let Some(first) = findings.clone().next() {
                row(&audit, first, findings, cells);
                cells.word(&run_id);
                cells.word(&as_of);
                cells.end_row();
            }
        },
    ))
}

/// All but the last two cells. `first` is the most urgent of `findings`.
fn row<'a>(
    audit: &Audit,
    first: &Finding,
    findings: impl Iterator<Item = &'a Finding> + Clone,
    cells: &mut Cells,
) {
    let number = |count: u64| i64::try_from(count).ok();
    cells.untrusted(audit.owner(first).cell());
    cells.word(first.urgency.name());
    for urgency in Urgency::OF_ACTIONS {
        let of = findings
            .clone()
            .filter(|finding| finding.urgency == urgency);
        cells.number(number(of.count() as u64));
    }
    let work = WorkCounts::of(findings.clone());
    for kind in Work::ALL {
        cells.number(number(work.get(kind)));
    }
    let mut people: Vec<_> = findings
        .map(|finding| (finding.domain, finding.holder_rank))
        .collect();
    people.sort_unstable();
    people.dedup();
    cells.number(number(people.len() as u64));
}
