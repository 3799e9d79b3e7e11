//! What could not be read and what to do about it, and how far each list was read.

use maud::{Markup, html};

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::judge::Audit;
use crate::model::{ListCoverage, TypeReading, Verdict};
use crate::report::coverage::{IncompleteListText, incomplete_list_texts};
use crate::report::names::Names;

use super::escape::Shown;
use super::numbers::number;
use super::page::Page;

/// The coverage of a run that read everything, at the end of the page.
pub(super) fn complete_coverage(page: &Page) -> Markup {
    if page.audit.verdict == Verdict::Complete {
        coverage(page)
    } else {
        Markup::default()
    }
}

/// The coverage of a run that did not read everything, before anything else.
pub(super) fn incomplete_coverage(page: &Page) -> Markup {
    if page.audit.verdict == Verdict::Complete {
        Markup::default()
    } else {
        coverage(page)
    }
}

/// What could not be read and what to do about it, what was left out, and how far each list was read.
fn coverage(page: &Page) -> Markup {
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
                p { (if audit.run.shard.is_some_and(|shard| shard.domains_elsewhere > 0) { "This shard has no domain." } else { "No domain was found." }) }
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
