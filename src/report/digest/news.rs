//! What changed since the run before: credentials created since, what is fixed, and changes of coverage.

use crate::display::{self, counted};
use crate::judge::changes::{Changes, Comparison};
use crate::judge::discovery::GoneDomain;
use crate::judge::{Audit, Finding};
use crate::report::instruction::credential_name;
use crate::report::names::{Names, masked};
use crate::report::person::person;
use crate::report::view::CredentialView;
use crate::timestamp::Timestamp;

use super::section::Section;

const NAME_CHARS: usize = 60;
const SENTENCE_CHARS: usize = 600;
/// Max domains that the first lines name; the page names all.
const MAX_GONE: usize = 3;

/// `Domain Dev (last found 2026-11-20) was not found: it was deleted, or a permission is missing.`
pub(super) fn gone(audit: &Audit) -> Option<String> {
    let dated = |gone: &GoneDomain| {
        format!(
            "{} (last found {})",
            display::line(&gone.name, NAME_CHARS),
            gone.last_found.date()
        )
    };
    let names: Vec<_> = audit.gone_domains().map(dated).collect();
    let (shown, others) = names.split_at(names.len().min(MAX_GONE));
    let which = match others.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    };
    match names.len() {
        0 => None,
        1 => Some(format!(
            "Domain {which} was not found: it was deleted, or a permission is missing. Its credentials were not read."
        )),
        _ => Some(format!(
            "Domains {which} were not found: they were deleted, or a permission is missing. Their credentials were not read."
        )),
    }
}

/// `Since Saturday 2026-11-28: 3 new, 1 escalated, 2 fixed.`
pub(super) fn since(audit: &Audit) -> Option<String> {
    match &audit.comparison {
        Comparison::NotMade => None,
        Comparison::Impossible(reason) => {
            let reason = display::line(&reason.to_string(), SENTENCE_CHARS);
            Some(format!("No comparison: {reason}."))
        }
        Comparison::Made(changes) => {
            let domains = |domains: &[String], what: &str| {
                let count = domains.len() as u64;
                (count > 0).then(|| format!("{} {what}", counted(count, "domain", "domains")))
            };
            let mut parts = vec![
                format!("{} new", changes.new),
                format!("{} escalated", changes.escalated),
                format!("{} fixed", changes.resolved),
            ];
            let further = [
                (changes.accepted, "now accepted"),
                (count_not_read(changes), "not read in this run"),
            ];
            let further = further.into_iter().filter(|(count, _)| *count > 0);
            parts.extend(further.map(|(count, what)| format!("{count} {what}")));
            parts.extend(domains(&changes.added_domains, "added"));
            parts.extend(domains(&changes.missing_domains, "missing"));
            if changes.exceptions_changed {
                parts.push("exceptions changed".to_owned());
            }
            Some(format!(
                "Since {}: {}.",
                since_day(audit, changes),
                parts.join(", ")
            ))
        }
    }
}

/// `Saturday 2026-11-28`; with the time if the run before was on the same day.
fn since_day(audit: &Audit, changes: &Changes) -> String {
    if changes.since.date() == audit.run.as_of().date() {
        changes.since.rfc3339()
    } else {
        weekday(changes.since)
    }
}

/// `Saturday 2026-11-28`.
pub(super) fn weekday(date: Timestamp) -> String {
    date.to_chrono().format("%A %Y-%m-%d").to_string()
}

/// Credentials with something to do in the run before, in lists that this run did not read.
fn count_not_read(changes: &Changes) -> u64 {
    changes
        .not_read
        .iter()
        .map(|not_read| not_read.findings)
        .sum()
}

/// Lists that were not read, with what was known of them.
pub(super) fn known_before(audit: &Audit) -> impl Iterator<Item = String> {
    let changes = audit.comparison.changes();
    let not_read = changes.into_iter().flat_map(|changes| &changes.not_read);
    not_read.map(|not_read| {
        let row = not_read.credential_type.row();
        format!(
            "known before, domain {}: {}, {} overdue, last read {}",
            display::line(&not_read.domain, NAME_CHARS),
            counted(not_read.findings, row.title, row.plural),
            not_read.overdue,
            not_read.last_seen.date()
        )
    })
}

/// Changes of coverage and of the list of domains.
pub(super) fn coverage(audit: &Audit) -> impl Iterator<Item = String> {
    let changes = audit.comparison.changes();
    changes.into_iter().flat_map(|changes| {
        let named = |name: &String, what: &str| {
            format!("domain {} {what}", display::line(name, NAME_CHARS))
        };
        let added = changes.added_domains.iter();
        let missing = changes.missing_domains.iter();
        added
            .map(move |name| named(name, "is new"))
            .chain(missing.map(move |name| named(name, "is missing")))
            .chain(
                changes
                    .coverage
                    .iter()
                    .map(|change| display::line(&change.to_string(), SENTENCE_CHARS)),
            )
    })
}

/// Credentials that were created since the run before, those of administrators first.
pub(super) fn created(
    audit: &Audit,
    names: Names,
    rows: usize,
    elsewhere: &str,
) -> Option<Section> {
    let changes = audit.comparison.changes()?;
    let created = |finding: &Finding| {
        audit
            .created(finding)
            .filter(|created| *created > changes.since)
    };
    let mut new: Vec<_> = audit
        .findings
        .iter()
        .filter_map(|finding| Some((!finding.hints.administrator(), created(finding)?, finding)))
        .collect();
    new.sort_by_key(|(others, created, _)| (*others, *created));
    let items = new.iter().take(rows).filter_map(|(_, created, finding)| {
        let view = CredentialView::of(audit, finding)?;
        let mark = if finding.hints.administrator() {
            "ADMIN "
        } else {
            ""
        };
        Some(format!(
            "{mark}{}: {}, created {}{}",
            person(&view, names),
            credential_name(&view, names),
            created.date(),
            creator(&view, names)
        ))
    });
    Some(Section::counted(
        format!("NEW SINCE {}", changes.since.date()),
        &items.collect::<Vec<_>>(),
        new.len() as u64,
        elsewhere,
    ))
}

/// ` by ops@example.com`.
fn creator(view: &CredentialView<'_>, names: Names) -> String {
    let creator = view.created_by();
    let creator = match names {
        _ if creator.is_empty() => return String::new(),
        Names::Full => creator.to_owned(),
        Names::Masked | Names::None => masked(creator),
    };
    format!(" by {}", display::line(&creator, NAME_CHARS))
}

/// What is fixed since the run before, by list. Names are not stored, so fixed credentials are counted.
pub(super) fn fixed(audit: &Audit, rows: usize, elsewhere: &str) -> Option<Section> {
    let changes = audit.comparison.changes()?;
    let items = changes.resolved_by_list.iter().map(|list| {
        let row = list.credential_type.row();
        format!(
            "{}: {}",
            display::line(&list.domain, NAME_CHARS),
            counted(list.findings, row.title_in_sentence().as_str(), row.plural)
        )
    });
    Some(Section::new(
        format!("FIXED SINCE {}", changes.since.date()),
        items,
        rows,
        elsewhere,
    ))
}
