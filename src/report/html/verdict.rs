//! The first screen: what to do, by when, and whether everything was read.

use maud::{Markup, html};

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::judge::Audit;
use crate::model::{ListCoverage, TypeReading, Verdict};
use crate::report::coverage::{IncompleteListText, incomplete_list_texts};
use crate::report::headline::Headline;
use crate::report::names::Names;

use super::escape::{Shown, shown};
use super::numbers::{counted, number};
use super::page::Page;

/// Class that colors the first screen; its words have the same meaning.
fn tone(audit: &Audit) -> &'static str {
    let counts = &audit.counts;
    if audit.verdict == Verdict::Failed || counts.overdue > 0 {
        "overdue"
    } else if counts.due > 0 {
        "due"
    } else if audit.verdict == Verdict::Partial
        || counts.has_findings()
        || audit.unconfirmed_lists().next().is_some()
    {
        "unknown"
    } else {
        "ok"
    }
}

/// The domain's name, or the number of domains.
pub(super) fn place(audit: &Audit) -> String {
    match audit.domains.as_slice() {
        [] => "no identity domain".to_owned(),
        [domain] => format!(
            "identity domain {}",
            shown(&domain.inventory.reading().domain.name)
        ),
        domains => format!("{} identity domains", domains.len()),
    }
}

/// The word, the title and the sentences of the first screen: the words of the digest.
fn headline(audit: &Audit) -> (String, String, Vec<String>) {
    if audit.verdict == Verdict::Failed {
        return (
            "FAILED".to_owned(),
            "No identity domain could be read".to_owned(),
            vec!["Nothing is known about any credential.".to_owned()],
        );
    }
    let headline = Headline::new(audit, number);
    let doubt = (!headline.doubt.is_empty()).then(|| capitalized(&headline.doubt));
    (
        headline.word.unwrap_or("COMPLETE").to_owned(),
        headline.work,
        doubt.into_iter().chain(headline.more).collect(),
    )
}

fn capitalized(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// The head of the page.
pub(super) fn verdict(page: &Page) -> Markup {
    let audit = &page.audit;
    let run = &audit.run;
    let (word, title, more) = headline(audit);
    html! {
        header.verdict.(tone(audit)) {
            p.eyebrow { "Credential audit \u{b7} " bdi { (place(audit)) } " \u{b7} " time datetime=(run.as_of()) { (run.as_of().date()) " (UTC)" } }
            @if run.is_what_if() {
                p.flag {
                    b { "WHAT-IF " (run.as_of().date()) } " Ages are calculated as of " (run.as_of())
                    ", for the credentials that existed on " (run.times.started.date()) "."
                }
            }
            @if run.scope.is_narrowed() {
                p.flag {
                    b { "SCOPED" } " This run covers some "
                    (match (run.scope.domains, run.scope.credential_types) {
                        (true, false) => "domains",
                        (false, true) => "credential types",
                        _ => "domains and credential types",
                    })
                    " only. It reports nothing about the others."
                }
            }
            p.word { (word) }
            h1 { (title) }
            @for sentence in more { p.lead { (sentence) } }
            p.coverage-line {
                span.badge.coverage.(audit.verdict.word().to_lowercase()) { (audit.verdict.word()) }
                " " (coverage_line(audit))
            }
        }
    }
}

fn coverage_line(audit: &Audit) -> String {
    let users: usize = audit
        .domains
        .iter()
        .map(|domain| domain.inventory.user_count())
        .sum();
    let read = format!(
        "{}, {}, {}",
        counted(audit.domains.len() as u64, "domain", "domains"),
        counted(users as u64, "user", "users"),
        counted(audit.counts.credentials, "credential", "credentials"),
    );
    match audit.verdict {
        Verdict::Complete => format!(
            "{read}, {} of {} types: everything in scope was read.",
            audit.run.credential_types.len(),
            CREDENTIAL_TYPES.len()
        ),
        Verdict::Partial => format!(
            "{read} read, but not everything. What could not be read may hold overdue credentials."
        ),
        Verdict::Failed => "Too little was read to judge any credential.".to_owned(),
    }
}

/// What could not be read and what to do about it, what was left out, and how far each list was read.
pub(super) fn coverage(page: &Page) -> Markup {
    let audit = &page.audit;
    let incomplete = incomplete_list_texts(audit, Names::Full);
    let left_out: Vec<_> = CredentialType::all()
        .filter(|credential_type| !audit.run.credential_types.contains(*credential_type))
        .map(|credential_type| credential_type.row().plural)
        .collect();
    html! {
        section.coverage aria-labelledby="coverage" {
            h2 id="coverage" { "Coverage" }
            @if !incomplete.is_empty() {
                div.holes {
                    h3 { "What could not be read" }
                    ul { @for incomplete in &incomplete { (incomplete_item(incomplete)) } }
                }
            }
            @if !left_out.is_empty() {
                p {
                    b { "Not audited" } ", left out by "
                    (if audit.run.scope.credential_types { "the invocation" } else { "the settings" })
                    ": " (left_out.join(", ")) "."
                }
            }
            @if !audit.skipped_domains.is_empty() {
                p { b { "Skipped" } ":" }
                ul { @for domain in &audit.skipped_domains { li { (Shown(&domain.to_string())) } } }
            }
            @if audit.domains.is_empty() {
                p { "No domain was found." }
            } @else {
                details open[audit.verdict != Verdict::Complete] {
                    summary { "Rows read per list" }
                    (lists(audit))
                }
            }
        }
    }
}

fn incomplete_item(incomplete: &IncompleteListText) -> Markup {
    html! {
        li {
            b { (Shown(&incomplete.subject)) }
            @if !incomplete.extent.is_empty() { " \u{2013} " (Shown(&incomplete.extent)) }
            @if !incomplete.message.is_empty() { p { (Shown(&incomplete.message)) } }
        }
    }
}

/// One row per domain, one column per list.
fn lists(audit: &Audit) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Rows read per list" {
            table.lists {
                thead { tr {
                    th scope="col" { "Domain" }
                    th scope="col" { "Verdict" }
                    th.num scope="col" { "Users" }
                    @for row in &CREDENTIAL_TYPES { th.num scope="col" { (row.plural) } }
                } }
                tbody {
                    @for domain in &audit.domains {
                        @let reading = domain.inventory.reading();
                        tr {
                            th scope="row" { bdi { (Shown(&reading.domain.name)) } }
                            td { (domain.verdict.word()) }
                            td.num {
                                (list_cell(&reading.users_coverage))
                            }
                            @for credential_type in &reading.credential_types {
                                td.num {
                                    @match credential_type {
                                        TypeReading::LeftOut => span.muted { "left out" },
                                        TypeReading::Read { coverage, .. } => (list_cell(coverage)),
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn list_cell(coverage: &ListCoverage) -> Markup {
    let of = match coverage.expected {
        Some(expected) if expected != coverage.read => format!(" of {}", number(expected)),
        _ => String::new(),
    };
    html! {
        @if coverage.was_read() { (number(coverage.read)) (of) " " } @else { "\u{2013} " }
        @if coverage.is_complete() {
            span.yes { "all" }
        } @else {
            span.no {
                @if let Some(failure) = &coverage.failure {
                    (failure.cause.cell())
                } @else if let Some(contradiction) = coverage.contradiction() {
                    (contradiction)
                } @else {
                    "not all"
                }
            }
        }
    }
}
