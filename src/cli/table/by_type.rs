//! Numbers of credentials by type: what to do now, what comes up, and what has no findings.
//!
//! A number never claims more than was read: an incomplete type is marked, and of a type without a readable list nothing is
//! counted.

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::judge::action::{Urgency, Work};
use crate::judge::controls::BrokenControls;
use crate::judge::{Audit, Finding};

use super::layout::{Cell, Column, ColumnWidth, lines};
use super::style::Style;

const COLUMNS: [Column; 7] = [
    column("TYPE", ColumnWidth::Fixed),
    column("TO ROTATE", ColumnWidth::Number),
    column("TO REMOVE", ColumnWidth::Number),
    column("TO REVIEW", ColumnWidth::Number),
    column("COMING UP", ColumnWidth::Number),
    column("NO FINDINGS", ColumnWidth::Number),
    column("TOTAL", ColumnWidth::Number),
];

const fn column(heading: &'static str, width: ColumnWidth) -> Column {
    Column { heading, width }
}

/// Numbers of credentials. Each credential is in one of the numbers, and in the total.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// To act upon now, in the order of [`Work::ALL`].
    now: [u64; Work::ALL.len()],
    /// To act upon within seven days or later.
    coming_up: u64,
    no_findings: u64,
    /// Without an action, because of an exception.
    accepted: u64,
    /// Without an action, but with a mark, or not compliant with a control.
    others: u64,
}

impl Counts {
    fn add(&mut self, audit: &Audit, broken: &BrokenControls, finding: &Finding) {
        let complies = || {
            audit.credential(finding).is_some_and(|(_, credential)| {
                broken.of_credential(audit, finding, credential).is_empty()
            })
        };
        let count = match (finding.urgency, finding.action.work()) {
            (Urgency::Now, Some(work)) => &mut self.now[work as usize],
            (Urgency::Week | Urgency::Later, _) => &mut self.coming_up,
            _ if finding.is_excepted => &mut self.accepted,
            _ if !finding.is_finding() && complies() => &mut self.no_findings,
            _ => &mut self.others,
        };
        *count += 1;
    }

    const fn plus(self, other: Self) -> Self {
        let [rotate, remove, review] = self.now;
        Self {
            now: [
                rotate + other.now[0],
                remove + other.now[1],
                review + other.now[2],
            ],
            coming_up: self.coming_up + other.coming_up,
            no_findings: self.no_findings + other.no_findings,
            accepted: self.accepted + other.accepted,
            others: self.others + other.others,
        }
    }

    fn total(&self) -> u64 {
        self.now.iter().sum::<u64>()
            + self.coming_up
            + self.no_findings
            + self.accepted
            + self.others
    }

    fn row(&self, title: &str, is_complete: bool) -> Vec<Cell> {
        let mark = if is_complete { "" } else { " *" };
        let [rotate, remove, review] = self.now;
        let numbers = [
            rotate,
            remove,
            review,
            self.coming_up,
            self.no_findings,
            self.total(),
        ];
        let numbers = numbers.into_iter().map(|number| {
            // A zero would claim that there is none.
            if self.total() == 0 && !is_complete {
                Cell::from("-")
            } else {
                number.to_string().into()
            }
        });
        std::iter::once(format!("{title}{mark}").into())
            .chain(numbers)
            .collect()
    }
}

/// One line per type that was audited, and one for all.
pub(super) fn render(audit: &Audit, style: Style) -> String {
    let broken = BrokenControls::of(audit);
    let mut by_type = [Counts::default(); CREDENTIAL_TYPES.len()];
    for finding in &audit.findings {
        by_type[finding.credential_type.index()].add(audit, &broken, finding);
    }
    let audited: Vec<_> = audit.run.credential_types.iter().collect();
    let is_complete = |credential_type: &CredentialType| {
        let mut readings = audit
            .domains
            .iter()
            .map(|domain| domain.inventory.reading());
        audit.discovery_gaps.is_empty()
            && readings.all(|reading| reading.is_complete(*credential_type))
    };
    let mut rows: Vec<_> = audited
        .iter()
        .map(|credential_type| {
            let counts = by_type[credential_type.index()];
            counts.row(
                credential_type.row().short_title,
                is_complete(credential_type),
            )
        })
        .collect();
    let all = by_type.into_iter().fold(Counts::default(), Counts::plus);
    let all_complete = audited.iter().all(is_complete);
    if audited.len() > 1 {
        rows.push(all.row("All", all_complete));
    }
    let mut text = lines(&COLUMNS, &rows, style.width);
    if !all_complete {
        text.push_str(&style.paragraph("* Not everything was read: at least this many.", ""));
    }
    let others = [
        (all.accepted, "with an exception"),
        (
            all.others,
            "without an action, which have a mark or do not comply with a CIS control",
        ),
    ];
    let others: Vec<_> = others
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !others.is_empty() {
        let sentence = format!("Only in the total: {}.", others.join("; "));
        text.push_str(&style.paragraph(&sentence, ""));
    }
    text
}
