//! The subject of the e-mail: flags, counts, the next date, and the place.

use crate::display;
use crate::judge::Audit;
use crate::model::Verdict;
use crate::timestamp::Timestamp;

use super::form::{MAX_TITLE_CHARS, TITLE_PREFIX};
use super::headline::{
    Numbers, found_nothing, is_unreserved, next_deadline, next_to_become_due, other_findings,
};
use super::options::DigestKind;

/// The subject of the e-mail after [`TITLE_PREFIX`]: flags, counts and the worst state, the next date, where, when.
pub(super) fn subject(audit: &Audit, kind: &DigestKind) -> String {
    let mut subject = String::new();
    let mut flags = Vec::new();
    if audit.run.is_what_if() {
        flags.push(format!("WHAT-IF {}", audit.run.as_of().date()));
    }
    if audit.run.scope.is_narrowed() {
        flags.push("SCOPED".to_owned());
    }
    match kind {
        DigestKind::Failed => flags.push("FAILED".to_owned()),
        DigestKind::ReportsNotStored { .. } => flags.push("REPORTS NOT STORED".to_owned()),
        DigestKind::Regular => {}
    }
    if audit.verdict == Verdict::Partial {
        flags.push("PARTIAL".to_owned());
    }
    if !flags.is_empty() {
        subject.push_str(&flags.join(", "));
        subject.push_str(": ");
    }
    subject.push_str(&core(audit, kind));
    let date = format!(" - {}", audit.run.as_of().date());
    let taken = [TITLE_PREFIX, &subject, &date];
    let taken: usize = taken.iter().map(|part| part.chars().count()).sum();
    let left = MAX_TITLE_CHARS.saturating_sub(taken);
    // A name is left out if only its first characters would fit.
    if left >= " - domain Defa".len() {
        subject.push_str(&display::line(&format!(" - {}", place(audit)), left));
    }
    subject.push_str(&date);
    subject
}

fn core(audit: &Audit, kind: &DigestKind) -> String {
    if matches!(kind, DigestKind::Failed) {
        return "no credential could be audited".to_owned();
    }
    let counts = &audit.counts;
    let next = next_deadline(audit).map(Timestamp::date);
    let next = next.unwrap_or_default();
    match (counts.overdue, counts.due) {
        (0, 0) => {}
        (overdue, 0) => return format!("{overdue} OVERDUE"),
        (0, due) => return format!("{due} DUE, first by {next}"),
        (overdue, due) => return format!("{overdue} OVERDUE, {due} due, first by {next}"),
    }
    match &other_findings(counts, &Numbers::PLAIN)[..] {
        [] => {}
        [only] => return only.clone(),
        [first, ..] => return format!("{first}, and other findings"),
    }
    if audit.verdict != Verdict::Complete {
        return "not everything could be read".to_owned();
    }
    let clear = if found_nothing(audit) {
        "no credential was found"
    } else if audit.unconfirmed_lists().next().is_some() {
        "no findings, empty lists are not confirmed"
    } else if matches!(kind, DigestKind::ReportsNotStored { .. }) {
        "no findings"
    } else if is_unreserved(audit) {
        "all clear"
    } else {
        "nothing to act on"
    };
    match next_to_become_due(audit) {
        Some(date) => format!("{clear}, next due on {}", date.date()),
        None => clear.to_owned(),
    }
}

fn place(audit: &Audit) -> String {
    match audit.domains.as_slice() {
        [] => "tenancy".to_owned(),
        [domain] => format!("domain {}", domain.inventory.reading().domain.name),
        domains => format!("{} domains", domains.len()),
    }
}
