//! What was read, what could not be read and how to fix it, and the age limits.

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::display::{self, counted, wrap};
use crate::judge::age::AgeLimits;
use crate::judge::coverage_gap::{GapCause, IncompleteLists, List};
use crate::judge::{Audit, DomainAudit};
use crate::model::Verdict;
use crate::server_text::FailureText;

use super::body::{Body, json_bytes};
use super::form::WIDTH;
use super::options::{DigestKind, Names};

/// Max bytes for what was not read; credentials need the rest. The manifest has all of it.
const INCOMPLETE_BYTES: usize = 10_000;
pub(super) const NAME_CHARS: usize = 60;
const SENTENCE_CHARS: usize = 600;

/// Lists that are not complete for one reason, as digest and page write them.
pub(in crate::report) struct IncompleteListText {
    /// `domain Default: SMTP credentials`.
    pub(in crate::report) subject: String,
    /// How far they were read, in short; may be empty.
    pub(in crate::report) extent: String,
    /// What came back and what to do about it; may be empty.
    pub(in crate::report) message: String,
}

/// How completely the tenancy was read, and everything that was not read.
pub(super) fn write(audit: &Audit, names: Names, kind: &DigestKind, body: &mut Body) {
    let incomplete: Vec<_> = incomplete_list_texts(audit, names)
        .iter()
        .map(IncompleteListText::lines)
        .collect();
    if *kind == DigestKind::Failed {
        body.line("What could not be read:");
        write_bounded(&incomplete, "", body);
        return;
    }
    body.lines(&wrap(&summary(audit), "", WIDTH));
    if audit.verdict != Verdict::Complete {
        body.line("What could not be read may hold overdue credentials:");
    }
    write_bounded(&incomplete, "in manifest.json", body);
    let left_out: CredentialTypes = CredentialType::all()
        .filter(|credential_type| !audit.run.credential_types.contains(*credential_type))
        .collect();
    if !left_out.is_empty() {
        let by = if audit.run.scope.credential_types {
            "the invocation"
        } else {
            "the settings"
        };
        let credential_types = plurals(left_out.iter());
        body.lines(&wrap(
            &format!("Not audited, left out by {by}: {credential_types}."),
            "",
            WIDTH,
        ));
    }
    if !audit.skipped_domains.is_empty() {
        body.line("Skipped:");
        let skipped = audit.skipped_domains.iter();
        let items: Vec<_> = skipped.map(|domain| item(&domain.to_string())).collect();
        write_bounded(&items, "in manifest.json", body);
    }
}

/// The ages at which credentials are due and overdue, one line for each pair of limits.
pub(super) fn rules(audit: &Audit) -> Vec<String> {
    let mut groups: Vec<(AgeLimits, CredentialTypes)> = Vec::new();
    for credential_type in audit.run.credential_types.iter() {
        let limits = audit.limits(credential_type);
        match groups.iter_mut().find(|(known, _)| *known == limits) {
            Some((_, credential_types)) => {
                *credential_types = credential_types.with(credential_type);
            }
            None => groups.push((limits, CredentialTypes::EMPTY.with(credential_type))),
        }
    }
    let all_alike = groups.len() == 1;
    let mut lines: Vec<String> = groups
        .iter()
        .flat_map(|(limits, credential_types)| {
            let of = if all_alike {
                String::new()
            } else {
                format!(" for {}", plurals(credential_types.iter()))
            };
            let rule = format!(
                "Rule{of}: due from an age of {} days, overdue from {} days.",
                limits.warning_days, limits.rotation_days
            );
            wrap(&rule, "", WIDTH)
        })
        .collect();
    let basis = if audit
        .run
        .credential_types
        .iter()
        .any(|credential_type| credential_type.row().age_from_last_set_date)
    {
        "Ages: whole 24-hour days since creation (database credentials: since their password was last set)."
    } else {
        "Ages: whole 24-hour days since creation."
    };
    lines.extend(wrap(basis, "", WIDTH));
    lines
}

fn summary(audit: &Audit) -> String {
    let users: usize = audit
        .domains
        .iter()
        .map(|domain| domain.inventory.user_count())
        .sum();
    let failed = audit
        .domains
        .iter()
        .filter(|domain| domain.verdict == Verdict::Failed)
        .count();
    let domains = match (audit.domains.len(), failed) {
        (all, 0) => counted(all as u64, "domain", "domains"),
        (all, failed) => format!("{} of {all} domains", all - failed),
    };
    let read = format!(
        "{domains}, {}, {}",
        counted(users as u64, "user", "users"),
        counted(audit.counts.credentials, "credential", "credentials"),
    );
    match audit.verdict {
        Verdict::Complete => {
            let credential_types = match (audit.run.credential_types.len(), CREDENTIAL_TYPES.len())
            {
                (read, all) if read == all => format!("all {all} types"),
                (read, all) => format!("{read} of {all} types"),
            };
            format!("Coverage: COMPLETE - {read}, {credential_types} read.")
        }
        verdict => format!(
            "Coverage: {} - {read} read, but NOT everything.",
            verdict.word()
        ),
    }
}

/// Everything that was not read, or not completely. The words of a service may name users, so only full names permit them.
pub(in crate::report) fn incomplete_list_texts(
    audit: &Audit,
    names: Names,
) -> Vec<IncompleteListText> {
    audit
        .incomplete_lists()
        .map(|lists| IncompleteListText::new(&lists, names))
        .collect()
}

impl IncompleteListText {
    fn new(lists: &IncompleteLists<'_>, names: Names) -> Self {
        let shown = |text: FailureText| match names {
            Names::Full => text.with_words().to_owned(),
            Names::Masked | Names::None => text.plain().to_owned(),
        };
        let name = |domain: &DomainAudit| {
            display::line(&domain.inventory.reading().domain.name, NAME_CHARS)
        };
        let subject = match lists.list {
            List::Domains => "domain discovery".to_owned(),
            List::Users(domain) => format!("domain {}: users", name(domain)),
            List::Credentials(domain, _) => {
                format!("domain {}: {}", name(domain), plurals(lists.types.iter()))
            }
        };
        let mut extent = Vec::new();
        let mut message = String::new();
        for gap in &lists.gaps {
            match gap.cause {
                GapCause::Discovery(_) | GapCause::NoDomain => message = shown(gap.advice()),
                GapCause::Failure(failure) => {
                    extent.push(failure.cause.cell());
                    message = shown(gap.advice());
                }
                // The extent has the cause.
                GapCause::NotListed(_)
                | GapCause::UnreadableClaims(_)
                | GapCause::Rows(_)
                | GapCause::NotRead => {
                    if let (true, Some(remedy)) = (message.is_empty(), &gap.remedy) {
                        message = remedy.to_string();
                    }
                }
            }
        }
        if let Some(coverage) = lists
            .list
            .coverage()
            .filter(|coverage| !coverage.is_complete())
        {
            let expected = coverage.expected.map(|expected| format!(" of {expected}"));
            match coverage.contradiction() {
                Some(contradiction) => extent.push(contradiction),
                None if coverage.was_read() => extent.push(format!(
                    "{}{} read",
                    coverage.read,
                    expected.unwrap_or_default()
                )),
                None => {}
            }
            extent.extend(coverage.gaps.iter().map(ToString::to_string));
            if extent.is_empty() {
                extent.push("not read".to_owned());
            }
        }
        Self {
            subject,
            extent: extent.join("; "),
            message,
        }
    }

    fn lines(&self) -> Vec<String> {
        let separator = if self.extent.is_empty() { "" } else { ": " };
        let first = format!("{}{separator}{}", self.subject, self.extent);
        let mut lines = item(&first);
        let message = display::line(&self.message, SENTENCE_CHARS);
        lines.extend(wrap(&message, "    ", WIDTH));
        lines
    }
}

/// An item of a list, in as many lines as it needs.
fn item(sentence: &str) -> Vec<String> {
    let mut lines = wrap(&display::line(sentence, SENTENCE_CHARS), "    ", WIDTH);
    if let Some(first) = lines.first_mut() {
        first.replace_range(..4, "  - ");
    }
    lines
}

/// Writes items while they fit into [`INCOMPLETE_BYTES`], and counts the others.
fn write_bounded(items: &[Vec<String>], elsewhere: &str, body: &mut Body) {
    let mut left = INCOMPLETE_BYTES;
    for (index, lines) in items.iter().enumerate() {
        let cost: usize = lines.iter().map(|line| json_bytes(line) + 2).sum();
        if cost > left {
            let more = items.len() - index;
            body.line(format!("  \u{2026} and {more} more {elsewhere}").trim_end());
            return;
        }
        left -= cost;
        body.lines(lines);
    }
}

pub(super) fn plurals(credential_types: impl Iterator<Item = CredentialType>) -> String {
    let names: Vec<_> = credential_types
        .map(|credential_type| credential_type.row().plural)
        .collect();
    names.join(", ")
}
