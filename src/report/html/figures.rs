//! What is due by week, and ages by type.
//!
//! Bars are inline SVG without text: they stretch to any width, and the numbers beside them keep the reader's font size.

use chrono::{Datelike, Days, NaiveDate};
use maud::{Markup, html};

use crate::credential_type::CredentialType;
use crate::judge::age::State;

use super::numbers::{counted, number};
use super::page::Page;
use super::tally::{BANDS, ByType, MAX_WEEKS, TypeTally, audited, total};

/// Title of a state.
pub(super) const fn state_title(state: State) -> &'static str {
    match state {
        State::Overdue => "Overdue",
        State::Due => "Due",
        State::Unknown => "Unknown age",
        State::Ok => "Not due",
    }
}

/// A bar whose length is its share of `most`.
fn bar(count: u64, most: u64) -> Markup {
    html! {
        svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
            // One credential among thousands must be visible.
            @if count > 0 { rect x="0" y="0" height="10" width=((count * 1_000 / most.max(1)).max(4)) {} }
        }
    }
}

/// How many credentials become overdue, or expire, in each week.
pub(super) fn weeks(page: &Page) -> Markup {
    let tally = &page.tally;
    let most = tally.longest_week();
    html! {
        section aria-labelledby="weeks" {
            h2 id="weeks" { "Due by week" }
            @if most == 0 {
                p { "No credential that was read has a date to rotate by." }
            } @else {
                p.legend {
                    "Credentials by the week (Monday to Sunday, UTC) in which they become overdue, or expire if that is earlier. Exceptions are left out."
                }
                div.scroll tabindex="0" role="region" aria-label="Table of weeks" {
                    table.weeks {
                        thead { tr {
                            th scope="col" { "Week" }
                            th.num scope="col" { "Credentials" }
                            td.bar {}
                            @for credential_type in audited(&page.audit) {
                                th.num.by-type scope="col" { abbr title=(credential_type.row().plural) { (credential_type.row().short_title) } }
                            }
                        } }
                        tbody {
                            (week(page, true, &html! { "Overdue or expired" }, &tally.late, most))
                            @for (monday, by_type) in &tally.weeks {
                                (week(page, false, &days(*monday), by_type, most))
                            }
                            @if total(&tally.later) > 0 {
                                (week(page, false, &html! { "After " (MAX_WEEKS) " weeks" }, &tally.later, most))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn days(monday: NaiveDate) -> Markup {
    let sunday = monday.checked_add_days(Days::new(6)).unwrap_or(monday);
    html! {
        (monday.format("%Y-%m-%d")) " to " (sunday.format("%m-%d"))
        " " span.muted { "W" (format!("{:02}", monday.iso_week().week())) }
    }
}

fn week(page: &Page, is_late: bool, title: &Markup, by_type: &ByType, most: u64) -> Markup {
    let count = total(by_type);
    html! {
        tr.late[is_late && count > 0].none[count == 0] {
            th scope="row" { (title) }
            td.num { (number(count)) }
            td.bar { (bar(count, most)) }
            @for credential_type in audited(&page.audit) {
                @let count = by_type[credential_type.index()];
                td.num.by-type { @if count > 0 { (number(count)) } }
            }
        }
    }
}

/// Numbers of credentials by type and band of age. All bars have one scale.
pub(super) fn ages(page: &Page) -> Markup {
    html! {
        section aria-labelledby="ages" {
            h2 id="ages" { "Ages by type" }
            p.legend { "Credentials by age in days. All bars have the same scale." }
            div.scroll tabindex="0" role="region" aria-label="Table of ages" {
                table.ages {
                    thead { tr {
                        th scope="col" { "Type" }
                        th.num scope="col" { "Total" }
                        @for (index, begin) in BANDS.iter().enumerate() {
                            th.num scope="col" {
                                @match BANDS.get(index + 1) {
                                    Some(next) => { (begin) "\u{2013}" (next - 1) },
                                    None => { (begin) "+" },
                                }
                            }
                        }
                        th.num scope="col" { "No date" }
                        th.num scope="col" { "Oldest" }
                    } }
                    tbody {
                        @for credential_type in audited(&page.audit) { (of_type(page, credential_type)) }
                    }
                }
            }
        }
    }
}

fn of_type(page: &Page, credential_type: CredentialType) -> Markup {
    let TypeTally {
        credentials,
        bands,
        unknown,
        oldest,
        ..
    } = &page.tally.credential_types[credential_type.index()];
    let limits = page.audit.limits(credential_type);
    let most = page.tally.largest_band();
    let is_fully_read = page.audit.domains.iter().all(|domain| {
        let incomplete = domain.inventory.reading().incomplete_types();
        !incomplete.contains(credential_type)
    });
    let cell = |count: u64| {
        html! {
            td.num.none[count == 0] { (number(count)) (bar(count, most)) }
        }
    };
    html! {
        tr {
            th scope="row" {
                (credential_type.row().plural)
                @if !is_fully_read { " " span.badge.warn { "not fully read" } }
                span.rule { "due from " (limits.warning_days) ", overdue from " (limits.rotation_days) " days" }
            }
            td.num { b { (number(*credentials)) } }
            @for count in bands { (cell(*count)) }
            (cell(*unknown))
            td.num {
                @if let Some(oldest) = oldest { (counted(u64::try_from(*oldest).unwrap_or(0), "day", "days")) }
            }
        }
    }
}
