//! The subject of the e-mail: the tenancy, what to do now, and what is new. What does not fit goes from the end.

use crate::display;
use crate::judge::Audit;
use crate::judge::action::{Urgency, Work};
use crate::model::Verdict;
use crate::report::coming_up::{ComingUp, next_act_by};
use crate::report::headline::found_nothing;
use crate::timestamp::Timestamp;

use super::options::DigestKind;

/// Characters of the tenancy's name.
const NAME_CHARS: usize = 30;

/// The subject of the e-mail after its prefix: `acme-prod: 6 to rotate, 11 to remove, 2 to review now; 3 new since 2026-11-28`.
pub(super) fn subject(audit: &Audit, kind: &DigestKind) -> String {
    let mut words = Vec::new();
    if audit.run.is_what_if() {
        words.push(format!("WHAT-IF {}", audit.run.as_of().date()));
    }
    if audit.run.scope.is_narrowed() {
        words.push("SCOPED".to_owned());
    }
    if let Some(shard) = audit.run.shard {
        words.push(format!("SHARD {}", shard.shard));
    }
    match kind {
        DigestKind::Failed => words.push("FAILED".to_owned()),
        DigestKind::ReportsNotStored { .. } => words.push("REPORTS NOT STORED".to_owned()),
        DigestKind::Regular => {}
    }
    if audit.verdict == Verdict::Partial {
        words.push("INCOMPLETE".to_owned());
    }
    if !audit.mass_changes().is_empty() {
        words.push("MASS CHANGE".to_owned());
    }
    let words = match words.join(", ") {
        words if words.is_empty() => words,
        words => format!("{words}, "),
    };
    let tenancy = display::line(&audit.run.tenancy.display_name(), NAME_CHARS);
    format!("{tenancy}: {words}{}", core(audit, kind))
}

fn core(audit: &Audit, kind: &DigestKind) -> String {
    if matches!(kind, DigestKind::Failed) {
        return "no credential could be audited".to_owned();
    }
    let actions = &audit.counts.actions;
    let now: Vec<_> = Work::ALL
        .into_iter()
        .map(|work| (actions.of_work(Some(work), Some(Urgency::Now)), work.verb()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, verb)| format!("{count} to {verb}"))
        .collect();
    if !now.is_empty() {
        let when = if audit.run.is_what_if() { "" } else { " now" };
        return format!("{}{when}{}", now.join(", "), new(audit));
    }
    if audit.verdict != Verdict::Complete {
        return "not everything could be read".to_owned();
    }
    if found_nothing(audit) {
        return "no credential was found".to_owned();
    }
    if audit.unconfirmed_lists().next().is_some() {
        return "empty lists are not confirmed".to_owned();
    }
    let none = match kind {
        // Somebody has to see to the reports.
        DigestKind::ReportsNotStored { .. } => "no credential needs action now",
        DigestKind::Regular | DigestKind::Failed => "nothing to do now",
    };
    let next = next_act_by(audit).or_else(|| ComingUp::next_date(audit));
    match next.map(Timestamp::date) {
        Some(date) => format!("{none}, next by {date}"),
        None => none.to_owned(),
    }
}

/// `; 3 new since 2026-11-28`.
fn new(audit: &Audit) -> String {
    match audit.comparison.changes() {
        Some(changes) if changes.new > 0 => {
            format!("; {} new since {}", changes.new, changes.since.date())
        }
        _ => String::new(),
    }
}
