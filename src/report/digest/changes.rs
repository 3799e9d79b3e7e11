//! What changed since the run before, and the exceptions.
//!
//! The first lines have the numbers. The notes below the sections name what needs attention: exceptions that ended, entries
//! that are invalid or unmatched, findings of lists that were not read.

use chrono::NaiveDate;

use crate::display::{self, counted, wrap};
use crate::judge::changes::{Changes, Comparison};
use crate::judge::discovery::GoneDomain;
use crate::judge::exceptions::{Exception, KnownGap};
use crate::judge::{Audit, DomainAudit};

use super::form::WIDTH;
use super::notes::{Heading, Notes};
use super::options::Names;
use super::wording::masked;

const NAME_CHARS: usize = 60;
const SENTENCE_CHARS: usize = 300;
/// Max domains that the first lines name; the notes name all.
const MAX_GONE: usize = 3;

/// Sentences for the first lines.
pub(super) fn first_lines(audit: &Audit) -> Vec<String> {
    let mut lines = Vec::new();
    let exceptions = &audit.exceptions;
    if let Some(reason) = &exceptions.unreadable {
        let source = exceptions.source.as_deref().unwrap_or_default();
        lines.push(format!(
            "EXCEPTIONS NOT READ, so nothing is accepted: {}: {}.",
            display::line(source, SENTENCE_CHARS),
            display::line(reason, 2 * SENTENCE_CHARS)
        ));
    }
    lines.extend(gone(audit));
    match &audit.comparison {
        Comparison::NotMade => {}
        Comparison::Impossible(reason) => {
            let reason = display::line(&reason.to_string(), 2 * SENTENCE_CHARS);
            lines.push(format!("No comparison: {reason}."));
        }
        Comparison::Made(changes) => lines.push(since(audit, changes)),
    }
    let changed = audit.comparison.changes();
    let parts: Vec<String> = [
        changed
            .filter(|changes| changes.exceptions_changed)
            .map(|_| "the file changed".to_owned()),
        counted_if_any(ended(audit).len() as u64, "has ended", "have ended"),
        counted_if_any(
            exceptions.bad.count() + unused(audit).len() as u64,
            "invalid or unmatched",
            "invalid or unmatched",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !parts.is_empty() {
        lines.push(format!("Exceptions: {}.", parts.join(", ")));
    }
    lines
}

/// `Domain Dev (last found 2026-11-20) was not found: the domain was deleted, or a permission is missing. The credentials of
/// domain Dev were not read.`
fn gone(audit: &Audit) -> Option<String> {
    let name = |gone: &GoneDomain| display::line(&gone.name, NAME_CHARS);
    let dated =
        |gone: &GoneDomain| format!("{} (last found {})", name(gone), gone.last_found.date());
    let gone: Vec<_> = audit.gone_domains().collect();
    let names: Vec<_> = gone.iter().map(|gone| dated(gone)).collect();
    let (shown, others) = names.split_at(names.len().min(MAX_GONE));
    let which = match others.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    };
    match gone[..] {
        [] => None,
        [only] => Some(format!(
            "Domain {which} was not found: the domain was deleted, or a permission is missing. The credentials of \
             domain {} were not read.",
            name(only)
        )),
        _ => Some(format!(
            "Domains {which} were not found: the domains were deleted, or a permission is missing. The credentials of \
             these {} domains were not read.",
            gone.len()
        )),
    }
}

fn counted_if_any(count: u64, one: &str, many: &str) -> Option<String> {
    (count > 0).then(|| counted(count, one, many))
}

/// `Since 2026-11-21: 1 newly overdue, 2 newly due, 4 resolved.`
fn since(audit: &Audit, changes: &Changes) -> String {
    let other =
        (changes.new + changes.escalated).saturating_sub(changes.newly_overdue + changes.newly_due);
    let domains = |domains: &[String], what: &str| {
        let count = domains.len() as u64;
        (count > 0).then(|| format!("{} {what}", counted(count, "domain", "domains")))
    };
    let mut parts: Vec<_> = [
        (changes.newly_overdue, "newly overdue"),
        (changes.newly_due, "newly due"),
        (other, "other new or escalated"),
        (changes.resolved, "resolved"),
        (changes.accepted, "now excepted"),
        (count_not_read(changes), "not read in this run"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    parts.extend(domains(&changes.added_domains, "added"));
    parts.extend(domains(&changes.missing_domains, "missing"));
    let what = if parts.is_empty() {
        "no finding is new, escalated or resolved".to_owned()
    } else {
        parts.join(", ")
    };
    // Two runs of one day differ in their times.
    let since = if changes.since.date() == audit.run.as_of().date() {
        changes.since.rfc3339()
    } else {
        changes.since.date()
    };
    format!("Since {since}: {what}.")
}

/// Credentials with a finding in the run before, in lists that this run did not read.
fn count_not_read(changes: &Changes) -> u64 {
    changes
        .not_read
        .iter()
        .map(|not_read| not_read.findings)
        .sum()
}

/// Lines below the sections, each note after an empty line.
pub(super) fn notes(audit: &Audit, names: Names) -> Vec<String> {
    let mut notes = Notes::default();
    if let Some(changes) = audit.comparison.changes() {
        let not_read = changes.not_read.iter().map(|not_read| {
            format!(
                "domain {}: {}, {} overdue, last read {}",
                display::line(&not_read.domain, NAME_CHARS),
                counted_type(not_read.findings, not_read.credential_type),
                not_read.overdue,
                not_read.last_seen.date()
            )
        });
        notes.add_counted(
            Heading::with_advice(
                "NOT READ IN THIS RUN",
                "the lists could not be read, so these credentials may still exist",
            ),
            count_not_read(changes),
            &not_read.collect::<Vec<_>>(),
            0,
        );
        let domains = [
            (&changes.added_domains, "is new"),
            (&changes.missing_domains, "is missing"),
        ];
        let domains = domains.into_iter().flat_map(|(domains, what)| {
            let line =
                move |name: &String| format!("domain {} {what}", display::line(name, NAME_CHARS));
            domains.iter().map(line)
        });
        let coverage = changes.coverage.iter();
        let coverage = coverage.map(|change| display::line(&change.to_string(), SENTENCE_CHARS));
        notes.add(Heading::of("COVERAGE CHANGED"), domains.chain(coverage));
    }
    let unknown = audit.domains_with_unknown_holders();
    notes.add_counted(
        Heading::with_advice(
            "HOLDERS NOT FULLY KNOWN",
            "they may be inactive or without the capability: compare with the console",
        ),
        audit.counts.holder_unknown,
        &unknown.map(describe_unknown_holders).collect::<Vec<_>>(),
        0,
    );
    notes.add(
        Heading::with_advice(
            "EXCEPTIONS AND GAPS THAT ENDED",
            "renew them, or remove them from the file",
        ),
        ended(audit).iter().map(|entry| entry.line(audit, names)),
    );
    let today = today(audit);
    let gaps = audit.exceptions.gaps.iter();
    notes.add(
        Heading::with_advice("KNOWN GAPS", "accepted, and still not read"),
        gaps.filter(|gap| gap.until >= today && gap.matches > 0)
            .map(|gap| describe_gap(gap, names)),
    );
    let bad = &audit.exceptions.bad;
    let not_understood = bad.first.iter().map(|bad| {
        // Any text of the file may be a name.
        let line = match names {
            Names::Full => bad.to_string(),
            Names::Masked | Names::None => bad.without_quotes(),
        };
        display::line(&line, SENTENCE_CHARS)
    });
    let unused = unused(audit);
    let unused = unused
        .iter()
        .map(|entry| format!("{}: matches nothing", entry.describe(names)));
    notes.add_some(
        Heading::of("INVALID OR UNMATCHED EXCEPTIONS AND GAPS"),
        not_understood.chain(unused),
        bad.others,
    );
    notes.lines
}

fn describe_unknown_holders((domain, credentials): (&DomainAudit, u64)) -> String {
    let name = display::line(&domain.inventory.reading().domain.name, NAME_CHARS);
    let what = if domain.facts.capabilities_returned {
        "the service did not return whether their users are active, or whether the capability is on"
    } else {
        "the service returned no user's capabilities"
    };
    let credentials = counted(credentials, "credential", "credentials");
    format!("domain {name}: {credentials}: {what}")
}

/// Counts of the last runs: `HISTORY  overdue 9 7 7 3, due 5 5 4 4`.
pub(super) fn history(audit: &Audit) -> Vec<String> {
    let history = audit.history();
    if history.len() < 2 {
        return Vec::new();
    }
    let partial = history.iter().any(|run| !run.complete);
    let column = |count: fn(&crate::judge::changes::RunCounts) -> u64| {
        let counts = history.iter().map(|run| {
            let mark = if run.complete { "" } else { "*" };
            format!("{}{mark}", count(run))
        });
        counts.collect::<Vec<_>>().join(" ")
    };
    let note = if partial { "; * = PARTIAL" } else { "" };
    let line = format!(
        "overdue {}, due {} (last {} runs, newest last{note})",
        column(|run| run.overdue),
        column(|run| run.due),
        history.len()
    );
    let mut lines = wrap(&line, "         ", WIDTH);
    if let Some(first) = lines.first_mut() {
        first.replace_range(..9, "HISTORY  ");
    }
    lines
}

/// An entry of the exceptions file.
#[derive(Clone, Copy)]
enum ExceptionsEntry<'a> {
    Exception(&'a Exception),
    Gap(&'a KnownGap),
}

impl ExceptionsEntry<'_> {
    fn describe(self, names: Names) -> String {
        match self {
            Self::Exception(exception) => describe_exception(exception, names),
            Self::Gap(gap) => describe_gap(gap, names),
        }
    }

    /// The line of an entry that ended.
    fn line(self, audit: &Audit, names: Names) -> String {
        let again = match self {
            Self::Exception(exception) => match (exception.alerting, exception.matches) {
                (0, 0) => "no longer matches anything".to_owned(),
                (0, _) => "no credential alerts".to_owned(),
                (1, _) => "1 credential alerts again".to_owned(),
                (count, _) => format!("{count} credentials alert again"),
            },
            Self::Gap(gap) if gap.matches == 0 => "no longer matches anything".to_owned(),
            Self::Gap(_) => "no longer accepted".to_owned(),
        };
        let until = match self {
            Self::Exception(exception) => exception.until,
            Self::Gap(gap) => gap.until,
        };
        let since = audit
            .comparison
            .changes()
            .is_some_and(|changes| until >= changes.since.to_chrono().date_naive());
        let new = if since { " (NEW)" } else { "" };
        format!("{}: {again}{new}", self.describe(names))
    }
}

fn today(audit: &Audit) -> NaiveDate {
    audit.run.as_of().to_chrono().date_naive()
}

fn ended(audit: &Audit) -> Vec<ExceptionsEntry<'_>> {
    let today = today(audit);
    let exceptions = audit.exceptions.entries.iter();
    let exceptions = exceptions.filter(|exception| exception.until < today);
    let gaps = audit.exceptions.gaps.iter();
    let gaps = gaps.filter(|gap| gap.until < today);
    let mut ended: Vec<_> = exceptions.map(ExceptionsEntry::Exception).collect();
    ended.extend(gaps.map(ExceptionsEntry::Gap));
    ended
}

fn unused(audit: &Audit) -> Vec<ExceptionsEntry<'_>> {
    let exceptions = audit.unused_exceptions().map(ExceptionsEntry::Exception);
    exceptions
        .chain(audit.unused_gaps().map(ExceptionsEntry::Gap))
        .collect()
}

/// `exceptions[0] svc-*@example.com, API keys, INC-1, until 2026-12-01`. Reasons may name people, so they are shown only if
/// people are.
fn describe_exception(exception: &Exception, names: Names) -> String {
    let mut line = format!("exceptions[{}]", exception.index);
    if names != Names::None {
        let user = exception.user.text();
        let user = match names {
            Names::Masked => masked(user),
            _ => user.to_owned(),
        };
        line.push_str(&format!(" {}", display::line(&user, NAME_CHARS)));
    }
    if let Some(credential_type) = exception.credential_type {
        line.push_str(&format!(", {}", credential_type.row().plural));
    }
    if names == Names::Full
        && let Some(ticket) = &exception.ticket
    {
        line.push_str(&format!(", {}", display::line(ticket, NAME_CHARS)));
    }
    line.push_str(&format!(", until {}", exception.until));
    line
}

/// `gaps[0] domain Dev: SMTP credentials, until 2026-12-01, no permission yet`.
fn describe_gap(gap: &KnownGap, names: Names) -> String {
    let credential_types = gap
        .credential_type
        .map_or("all types", |credential_type| credential_type.row().plural);
    let domain = display::line(gap.domain.text(), NAME_CHARS);
    let mut line = format!(
        "gaps[{}] domain {domain}: {credential_types}, until {}",
        gap.index, gap.until
    );
    if names == Names::Full {
        line.push_str(&format!(", {}", display::line(&gap.reason, NAME_CHARS)));
    }
    line
}

fn counted_type(count: u64, credential_type: crate::credential_type::CredentialType) -> String {
    counted(
        count,
        credential_type.row().title,
        credential_type.row().plural,
    )
}
