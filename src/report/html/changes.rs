//! What changed since the run before, and the exceptions.

use maud::{Markup, html};

use crate::credential_type::CredentialType;
use crate::judge::changes::{Changes, Comparison};
use crate::judge::exceptions::{Accepted, BadEntries, Exception, Exceptions, KnownGap};

use super::escape::Shown;
use super::numbers::{counted, number};
use super::page::Page;
use super::trend::trend;

/// What is new, escalated and resolved, what was not compared, and the counts of the last runs. Empty on the command line,
/// which compares nothing.
pub(super) fn changes(page: &Page) -> Markup {
    let body = match &page.audit.comparison {
        Comparison::NotMade => return Markup::default(),
        Comparison::Impossible(reason) => html! {
            p { b { "No comparison" } ": " (Shown(&reason.to_string())) "." }
        },
        Comparison::Made(changes) => made(changes),
    };
    html! {
        section aria-labelledby="changes" {
            h2 id="changes" { "What changed" }
            (body)
            (trend(&page.audit.history()))
        }
    }
}

fn made(changes: &Changes) -> Markup {
    let counts = [
        ("newly overdue", changes.newly_overdue),
        ("newly due", changes.newly_due),
        ("new", changes.new),
        ("escalated", changes.escalated),
        ("resolved", changes.resolved),
        ("now with an exception", changes.accepted),
        ("still open", changes.still),
    ];
    html! {
        p.legend { "Compared with the run of " (changes.since) ", per credential. Only lists that both runs read completely are compared." }
        ul.changes {
            @for (what, count) in counts {
                li.none[count == 0] { b { (number(count)) } " " (what) }
            }
        }
        @if !changes.not_read.is_empty() {
            h3 { "Not read in this run: the lists could not be read, so these credentials may still exist" }
            ul {
                @for not_read in &changes.not_read {
                    @let row = not_read.credential_type.row();
                    li {
                        "domain " bdi { (Shown(&not_read.domain)) } ": "
                        (counted(not_read.findings, row.title, row.plural))
                        ", " (number(not_read.overdue)) " overdue, last read " (not_read.last_seen.date())
                    }
                }
            }
        }
        @if !(changes.added_domains.is_empty() && changes.missing_domains.is_empty() && changes.coverage.is_empty()) {
            h3 { "Coverage changed" }
            ul {
                @for name in &changes.added_domains { li { "domain " bdi { (Shown(name)) } " is new" } }
                @for name in &changes.missing_domains { li { "domain " bdi { (Shown(name)) } " is missing" } }
                @for change in &changes.coverage { li { (Shown(&change.to_string())) } }
            }
        }
    }
}

/// Every entry of the exceptions file, what it accepts and until when, and why an entry is invalid. Empty if no file is
/// configured.
pub(super) fn exceptions(page: &Page) -> Markup {
    let exceptions = &page.audit.exceptions;
    let Some(source) = &exceptions.source else {
        return Markup::default();
    };
    html! {
        section.exceptions aria-labelledby="exceptions" {
            h2 id="exceptions" { "Exceptions" }
            @if let Some(reason) = &exceptions.unreadable {
                p.notice {
                    b { "Not read, so nothing is accepted" } ": " code { (Shown(source)) } ": "
                    (Shown(reason)) "."
                }
            } @else {
                p.legend {
                    (counted(page.audit.counts.excepted, "credential", "credentials")) " accepted by " code { (Shown(source)) }
                    ". An accepted credential keeps its state, needs no action, and never counts as compliant."
                }
                (table(page, exceptions))
            }
            (bad(&exceptions.bad))
        }
    }
}

fn bad(bad: &BadEntries) -> Markup {
    if bad.count() == 0 {
        return Markup::default();
    }
    html! {
        h3 { "Invalid entries, which have no effect" }
        ul {
            @for bad in &bad.first {
                li { code { (Shown(&bad.location.to_string())) } ": " (Shown(&bad.error.to_string())) }
            }
            @if bad.others > 0 { li.muted { "and " (number(bad.others)) " more" } }
        }
    }
}

fn table(page: &Page, exceptions: &Exceptions) -> Markup {
    if exceptions.entries.is_empty() && exceptions.gaps.is_empty() {
        return html! { p { "The file has no entries." } };
    }
    let unused = page.audit.unused_exceptions();
    let unused: Vec<usize> = unused.map(|exception| exception.index).collect();
    let unused_gaps = page.audit.unused_gaps();
    let unused_gaps: Vec<usize> = unused_gaps.map(|gap| gap.index).collect();
    html! {
        div.scroll tabindex="0" role="region" aria-label="Entries of the exceptions file" {
            table.lists {
                thead { tr {
                    th scope="col" { "Entry" } th scope="col" { "Status" } th scope="col" { "Covers" } th scope="col" { "Accepts" }
                    th scope="col" { "Until" } th scope="col" { "Reason" } th scope="col" { "Owner, ticket" }
                    th.num scope="col" { "Matches" }
                } }
                tbody {
                    @for exception in &exceptions.entries {
                        (exception_row(exception, &status(page, exception.until, unused.contains(&exception.index))))
                    }
                    @for gap in &exceptions.gaps {
                        (gap_row(gap, &status(page, gap.until, unused_gaps.contains(&gap.index))))
                    }
                }
            }
        }
    }
}

fn status(page: &Page, until: chrono::NaiveDate, unused: bool) -> Markup {
    let today = page.audit.run.as_of().to_chrono().date_naive();
    html! {
        @if until < today { span.no { "ended" } }
        @else if unused { span.no { "matches nothing" } }
        @else { span.yes { "active" } }
    }
}

fn credential_types(credential_type: Option<CredentialType>) -> &'static str {
    credential_type.map_or("all types", |credential_type| credential_type.row().plural)
}

fn exception_row(exception: &Exception, status: &Markup) -> Markup {
    let who: Vec<&str> = exception
        .owner
        .iter()
        .chain(&exception.ticket)
        .map(String::as_str)
        .collect();
    html! {
        tr {
            th scope="row" { "exceptions[" (exception.index) "]" }
            td { (status) }
            td {
                bdi { (Shown(exception.user.text())) } ", " (credential_types(exception.credential_type))
                @if let Some(id) = &exception.credential_id { ", id " code { (Shown(id.text())) } }
                @if let Some(domain) = &exception.domain { ", domain " bdi { (Shown(domain.text())) } }
            }
            td { (exception.accept.words().map(Accepted::word).collect::<Vec<_>>().join(", ")) }
            td { (exception.until) }
            td { (Shown(&exception.reason)) }
            td { (Shown(&who.join(", "))) }
            td.num { (number(exception.matches)) }
        }
    }
}

fn gap_row(gap: &KnownGap, status: &Markup) -> Markup {
    html! {
        tr {
            th scope="row" { "gaps[" (gap.index) "]" }
            td { (status) }
            td { "domain " bdi { (Shown(gap.domain.text())) } ", " (credential_types(gap.credential_type)) }
            td { "lists that are not read" }
            td { (gap.until) }
            td { (Shown(&gap.reason)) }
            td {}
            td.num { (number(gap.matches)) }
        }
    }
}
