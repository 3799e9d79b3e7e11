//! Counts by state and type, the chart of ages, and what is due by week.
//!
//! Charts are inline SVG without text: they stretch to any width, and their words around them keep the reader's font
//! size. One sentence describes each chart, and color alone shows no fact.

use chrono::{Datelike, Days, NaiveDate};
use maud::{Markup, html};

use crate::credential_type::CredentialType;
use crate::judge::age::State;

use super::numbers::{counted, number};
use super::page::Page;
use super::tally::{ByState, MAX_WEEKS, TypeTally, audited};

/// The states, in the order of counts and lists.
const STATES: [State; 4] = [State::Overdue, State::Due, State::Unknown, State::Ok];
/// Start of the last bar on an axis of 1,000.
const AXIS: u64 = 960;
const CHART_HEIGHT: u64 = 100;

/// Title of a state.
pub(super) const fn state_title(state: State) -> &'static str {
    match state {
        State::Overdue => "Overdue",
        State::Due => "Due",
        State::Unknown => "Unknown age",
        State::Ok => "Not due",
    }
}

/// Class that colors a state.
pub(super) const fn state_class(state: State) -> &'static str {
    match state {
        State::Overdue => "overdue",
        State::Due => "due",
        State::Unknown => "unknown",
        State::Ok => "ok",
    }
}

/// Counts by state and mark. Each number links to the table, which the script then filters.
pub(super) fn counts(page: &Page) -> Markup {
    let counts = &page.audit.counts;
    let to_act = counts.overdue + counts.due + counts.unknown;
    let not_due = counts.credentials - to_act - counts.excepted;
    let states: ByState = [counts.overdue, counts.due, counts.unknown, not_due];
    let marks = [
        (
            "excepted",
            counts.excepted,
            "Excepted",
            "accepted by an exception, and not counted above",
        ),
        (
            "expiring",
            counts.expiring,
            "Expiring or expired",
            "by the credential's own expiry date",
        ),
        (
            "unreadable",
            counts.expiry_unreadable,
            "Unreadable expiry date",
            "it may have expired",
        ),
        (
            "orphaned",
            counts.orphaned,
            "Orphaned",
            "the user lacks the capability",
        ),
        (
            "inactive",
            counts.user_inactive,
            "Inactive user",
            "the user is not active",
        ),
        (
            "not_listed",
            counts.not_listed,
            "User not listed",
            "no listed user holds it",
        ),
    ];
    html! {
        section aria-labelledby="counts" {
            h2 id="counts" { "Counts" }
            ul.tiles {
                @for (state, count) in STATES.into_iter().zip(states) {
                    li.tile.(state_class(state)).none[count == 0] {
                        a href="#findings" data-filter=(state_class(state)) {
                            span.figure { (number(count)) }
                            span.what { (state_title(state)) }
                        }
                    }
                }
            }
            @if marks.iter().any(|(_, count, ..)| *count > 0) {
                p.marks-heading { "Also, regardless of age:" }
                ul.marks {
                    @for (filter, count, title, meaning) in marks {
                        @if count > 0 {
                            li {
                                a href="#findings" data-filter=(filter) { b { (number(count)) } " " (title) }
                                span.muted { ": " (meaning) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Counts and a chart of ages per type.
pub(super) fn ages(page: &Page) -> Markup {
    let (audit, scale) = (&page.audit, page.tally.scale);
    html! {
        section aria-labelledby="ages" {
            h2 id="ages" { "Ages by type" }
            p.legend {
                "Each bar covers " (counted(u64::from(scale.step), "day", "days"))
                " of age. Dashed line: due. Solid line: overdue. "
                @for state in [State::Ok, State::Due, State::Overdue] {
                    span.key.(state_class(state)) { (state_title(state)) } " "
                }
            }
            div.types {
                @for credential_type in audited(audit) {
                    (type_ages(page, credential_type))
                }
            }
        }
    }
}

fn type_ages(page: &Page, credential_type: CredentialType) -> Markup {
    let (row, tally, limits) = (
        credential_type.row(),
        &page.tally.credential_types[credential_type.index()],
        page.audit.limits(credential_type),
    );
    let is_fully_read = page.audit.domains.iter().all(|domain| {
        let incomplete = domain.inventory.reading().incomplete_types();
        !incomplete.contains(credential_type)
    });
    html! {
        figure.type {
            figcaption {
                h3 { (row.plural) }
                p.tallies {
                    b { (number(tally.credentials())) }
                    @if !is_fully_read { span.badge.warn { "not fully read" } }
                    @for (state, count) in STATES.into_iter().zip(tally.states) {
                        @if count > 0 {
                            span.tally.(state_class(state)) { (number(count)) " " (state_title(state).to_lowercase()) }
                        }
                    }
                    @if tally.excepted > 0 { span.tally.ok { (number(tally.excepted)) " excepted" } }
                }
                p.muted {
                    "due from " (limits.warning_days) ", overdue from " (limits.rotation_days) " days"
                    @if let Some(oldest) = tally.oldest {
                        "; the oldest " (counted(u64::try_from(oldest).unwrap_or(0), "day", "days"))
                    }
                }
            }
            div.plot {
                @if tally.oldest.is_some() {
                    (chart(page, credential_type, tally))
                    (axis(page))
                } @else if is_fully_read {
                    p.muted.empty { "None." }
                } @else {
                    p.muted.empty { "None was read." }
                }
            }
        }
    }
}

fn chart(page: &Page, credential_type: CredentialType, tally: &TypeTally) -> Markup {
    let (scale, limits) = (page.tally.scale, page.audit.limits(credential_type));
    let total = |bar: &ByState| bar.iter().sum::<u64>();
    let highest = tally.bars.iter().map(total).max().unwrap_or(0).max(1);
    let x = |age: u32| u64::from(age.min(scale.end)) * AXIS / u64::from(scale.end.max(1));
    let mut bars = Vec::new();
    for (index, bar) in (0_u32..).zip(&tally.bars) {
        let from = index * scale.step;
        let (left, right) = if from >= scale.end {
            (AXIS + 6, 1_000)
        } else {
            (x(from), x(from + scale.step))
        };
        let mut top = CHART_HEIGHT;
        for state in [State::Ok, State::Due, State::Overdue] {
            let count = bar[state as usize];
            if count > 0 {
                // The chart must show a single credential among thousands, so no bar is too low to be seen.
                let height = (count * (CHART_HEIGHT - 6) / highest).max(3).min(top);
                top -= height;
                bars.push((
                    state,
                    left + 1,
                    right.saturating_sub(left + 2).max(2),
                    top,
                    height,
                ));
            }
        }
    }
    let [overdue, due, unknown, ok] = tally.states;
    let unknown = if unknown > 0 {
        format!(", {} of unknown age", number(unknown))
    } else {
        String::new()
    };
    let excepted = if tally.excepted > 0 {
        format!(", {} excepted", number(tally.excepted))
    } else {
        String::new()
    };
    let label = format!(
        "Ages of {}: {} younger than {} days, {} from {} to {} days, {} of {} days or more{unknown}{excepted}.",
        credential_type.row().plural,
        number(ok),
        limits.warning_days,
        number(due),
        limits.warning_days,
        limits.rotation_days.saturating_sub(1),
        number(overdue),
        limits.rotation_days,
    );
    html! {
        svg viewBox={ "0 0 1000 " (CHART_HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(label) {
            @for age in (1..4).map(|mark| scale.end / 4 * mark) {
                line.grid x1=(x(age)) x2=(x(age)) y1="0" y2=(CHART_HEIGHT) {}
            }
            @for (state, left, width, top, height) in bars {
                rect.(state_class(state)) x=(left) y=(top) width=(width) height=(height) {}
            }
            line.limit.due x1=(x(limits.warning_days)) x2=(x(limits.warning_days)) y1="0" y2=(CHART_HEIGHT) {}
            line.limit.overdue x1=(x(limits.rotation_days)) x2=(x(limits.rotation_days)) y1="0" y2=(CHART_HEIGHT) {}
        }
    }
}

/// Four marks and that of the last bar. Screen readers read the sentence of the chart instead.
fn axis(page: &Page) -> Markup {
    let end = page.tally.scale.end;
    html! {
        div.axis aria-hidden="true" {
            span { "0 days" }
            @for mark in 1..4 { span { (end / 4 * mark) } }
            span { (end) "+" }
        }
    }
}

/// How many credentials become overdue in each coming week.
pub(super) fn weeks(page: &Page) -> Markup {
    let tally = &page.tally;
    let (overdue, most) = (page.audit.counts.overdue, tally.fullest_week().max(1));
    let later: u64 = tally.later.iter().sum();
    html! {
        section aria-labelledby="weeks" {
            h2 id="weeks" { "Rotation deadlines by week" }
            @if tally.weeks.is_empty() && overdue == 0 && later == 0 {
                p { "No credential that was read has a rotate-by date." }
            } @else {
                p.legend { "Credentials by the week (Monday to Sunday, UTC) in which they become overdue." }
                div.scroll tabindex="0" role="region" aria-label="Table of weeks" {
                    table.weeks {
                        thead { tr {
                            th scope="col" { "Week" }
                            th scope="col" { "Days" }
                            th.num scope="col" { "Credentials" }
                            td.bar {}
                            @for credential_type in audited(&page.audit) {
                                th.num scope="col" { abbr title=(credential_type.row().plural) { (credential_type.row().short_title) } }
                            }
                        } }
                        tbody {
                            @if overdue > 0 {
                                tr.late {
                                    th scope="row" { "Overdue" }
                                    td { "already" }
                                    td.num { (number(overdue)) }
                                    td.bar {}
                                    @for credential_type in audited(&page.audit) {
                                        (cell(tally.credential_types[credential_type.index()].states[State::Overdue as usize]))
                                    }
                                }
                            }
                            @for (monday, by_type) in &tally.weeks {
                                (week(page, *monday, by_type, most))
                            }
                            @if later > 0 {
                                tr {
                                    th scope="row" { "Later" }
                                    td { "after " (MAX_WEEKS) " weeks" }
                                    td.num { (number(later)) }
                                    td.bar {}
                                    @for credential_type in audited(&page.audit) { (cell(tally.later[credential_type.index()])) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn week(page: &Page, monday: NaiveDate, by_type: &[u64], most: u64) -> Markup {
    let sunday = monday.checked_add_days(Days::new(6)).unwrap_or(monday);
    let week = monday.iso_week();
    let count: u64 = by_type.iter().sum();
    html! {
        tr.none[count == 0] {
            th scope="row" { (week.year()) "-W" (format!("{:02}", week.week())) }
            td { (monday.format("%Y-%m-%d")) " to " (sunday.format("%m-%d")) }
            td.num { (number(count)) }
            td.bar {
                @if count > 0 {
                    svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
                        rect x="0" y="0" height="10" width=((count * 1_000 / most).max(4)) {}
                    }
                }
            }
            @for credential_type in audited(&page.audit) { (cell(by_type[credential_type.index()])) }
        }
    }
}

fn cell(count: u64) -> Markup {
    html! { td.num.by-type { @if count > 0 { (number(count)) } } }
}
