//! `fleet.html`: the tenancies of a fleet, the most urgent first. Like `report.html` it is self-contained and sends no request; it
//! has no script at all.

use std::sync::{Arc, LazyLock};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::chunks::{ChunkSource, gather};
use crate::display::capitalized;
use crate::fleet::{Figures, Oldest, Overview, SILENT_HOURS, Standing, TenancyRow};
use crate::judge::action::Work;
use crate::model::Verdict;
use crate::report::fleet::{FleetHeadline, age, change_words, hub_link};

use super::escape::Shown;
use super::frame::{ICON, STYLE, source_hash};
use super::links::console_link;
use super::numbers::{counted, number};

const FLEET_STYLE: &str = include_str!("fleet.css");

/// What is allowed: these two styles, the icon, and nothing else.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; img-src data:; style-src '{}' '{}'; base-uri 'none'; form-action 'none'",
        source_hash(STYLE),
        source_hash(FLEET_STYLE)
    )
});

/// Titles of the columns, and their classes.
const COLUMNS: [(&str, &str); 9] = [
    ("Tenancy", ""),
    ("To rotate", "num"),
    ("To remove", "num"),
    ("To review", "num"),
    ("Overdue", "num"),
    ("People", "num"),
    ("Oldest", "num"),
    ("Last run", "run"),
    ("Change", "change"),
];

/// The page of a fleet.
pub(in crate::report) fn fleet(overview: Arc<Overview>) -> ChunkSource {
    let rows = overview.rows.len();
    let (begin, end) = (
        before_rows(&overview).into_string(),
        after_rows(&overview).into_string(),
    );
    gather(
        move |out| out.extend_from_slice(begin.as_bytes()),
        rows + 1,
        move |index, out| match overview.rows.get(index) {
            Some(tenancy) => {
                out.extend_from_slice(row(&overview, tenancy).into_string().as_bytes());
            }
            None => out.extend_from_slice(end.as_bytes()),
        },
    )
}

fn before_rows(overview: &Overview) -> Markup {
    html! {
        (DOCTYPE)
        (PreEscaped("<html lang=\"en\"><head>"))
        meta charset="utf-8";
        meta http-equiv="Content-Security-Policy" content=(*POLICY);
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        meta name="referrer" content="no-referrer";
        meta name="robots" content="noindex";
        link rel="icon" href=(ICON);
        title { "Credential audit, fleet, " (overview.now.date()) }
        style { (PreEscaped(STYLE)) }
        style { (PreEscaped(FLEET_STYLE)) }
        (PreEscaped("</head><body>"))
        a.skip href="#tenancies" { "Skip to the tenancies" }
        (PreEscaped("<main>"))
        (verdict(overview))
        (PreEscaped("<section aria-labelledby=\"tenancies\">"))
        h2 id="tenancies" { "Tenancies" }
        @if overview.rows.is_empty() {
            p { "No tenancy has reported." }
        } @else {
            p.legend {
                "The most urgent first: tenancies without a usable run of the last " (SILENT_HOURS)
                " hours, then by what is to be done now. Open a tenancy for its OCID and its files."
            }
            (PreEscaped("<table class=\"fleet\"><thead><tr>"))
            @for (title, class) in COLUMNS { th class=[(!class.is_empty()).then_some(class)] scope="col" { (title) } }
            (PreEscaped("</tr></thead><tbody>"))
        }
    }
}

fn after_rows(overview: &Overview) -> Markup {
    html! {
        @if !overview.rows.is_empty() { (PreEscaped("</tbody></table>")) }
        (PreEscaped("</section>"))
        footer {
            dl {
                dt { "Run" } dd { code { (Shown(&overview.run_id)) } ", credential-audit " (overview.version) }
                dt { "Runs up to" } dd { (overview.now.rfc3339()) }
                dt { "To rotate, remove, review" } dd { "Credentials that need action now, by the newest delivered run of each tenancy. Each tenancy counts by its own settings." }
                dt { "Change" } dd { "All work of a tenancy, now and later, compared with its run about a week before." }
                dt { "People" } dd { "Holders who must act. A person with users in two tenancies counts twice." }
                @if overview.other_folders > 0 {
                    dt { "Other folders" } dd { (counted(overview.other_folders, "folder", "folders")) " of the hub without the OCID of a tenancy as its name." }
                }
            }
        }
        (PreEscaped("</main></body></html>\n"))
    }
}

/// Class that colors the first screen; its words have the same meaning.
fn tone(overview: &Overview) -> &'static str {
    if overview.totals.not_current().next().is_some() || overview.totals.figures.to_act() > 0 {
        "overdue"
    } else if overview.verdict() != Verdict::Complete {
        "unknown"
    } else if overview.totals.figures.week > 0 {
        "due"
    } else {
        "ok"
    }
}

fn verdict(overview: &Overview) -> Markup {
    let headline = FleetHeadline::new(overview, number);
    let totals = &overview.totals;
    let lacking: u64 = totals.not_current().map(|(count, _)| count).sum();
    let word = overview.verdict().word();
    html! {
        header.verdict.(tone(overview)) {
            p.eyebrow {
                "Credential audit \u{b7} " b { "fleet" } " \u{b7} " (counted(overview.rows.len() as u64, "tenancy", "tenancies")) " \u{b7} "
                time datetime=(overview.now.rfc3339()) { (overview.now.date()) " (UTC)" }
            }
            @if let Some(word) = headline.word { p.word { (word) } }
            h1 { (headline.work) }
            @for doubt in headline.doubts { p.lead { (Shown(&doubt)) } }
            ul.tiles {
                @for work in Work::ALL {
                    (tile(totals.figures.of_work(work), &format!("to {} now", work.verb()), ""))
                }
                (tile(lacking, "without a current run", if lacking > 0 { "first in the table" } else { "" }))
            }
            p.coverage-line {
                span.badge.coverage.(word.to_lowercase()) { (word) }
                " " (headline.coverage) "."
            }
            p.files {
                "Runs: "
                @if let Some(url) = hub_link(overview) { (console_link(&url, "bucket in the console")) " " }
                @else { "bucket " }
                code { (Shown(&overview.hub.bucket)) } ", below " code { (Shown(&overview.hub.prefix)) }
            }
        }
    }
}

fn tile(count: u64, what: &str, more: &str) -> Markup {
    html! {
        li.tile.none[count == 0] {
            span.figure { (number(count)) }
            span.what { (what) }
            @if !more.is_empty() { span.muted { " " (more) } }
        }
    }
}

/// Class of the badge of a standing.
const fn badge(standing: Standing) -> &'static str {
    match standing {
        Standing::NeverReported | Standing::Silent | Standing::Failed | Standing::Unreadable => {
            "failed"
        }
        Standing::ShardsMissing | Standing::Partial => "partial",
        Standing::Complete => "complete",
    }
}

fn row(overview: &Overview, row: &TenancyRow) -> Markup {
    let figures = row.figures.as_ref();
    let work = |work: Work| figures.map(|figures| figures.of_work(work));
    html! {
        tr class=[(!row.standing.is_current()).then_some("lacking")] {
            th scope="row" {
                details {
                    summary {
                        bdi { (Shown(&row.display_name())) }
                        @if row.name.is_some() { " " span.muted { (row.id_end()) } }
                        " " span.badge.(badge(row.standing)) { (row.standing.word()) }
                    }
                    (facts(row))
                }
                @for remark in row.remarks() { p.remark { (Shown(&capitalized(&remark))) "." } }
            }
            @for (position, kind) in Work::ALL.into_iter().enumerate() { (count_cell(COLUMNS[position + 1].0, work(kind))) }
            (count_cell("Overdue", figures.map(|figures| figures.overdue)))
            (count_cell("People", figures.map(|figures| figures.people)))
            (oldest_cell(figures.map(|figures| figures.oldest)))
            td.run data-label="Last run" { (last_run(overview, row)) }
            td.change data-label="Change" { (change(figures)) }
        }
        "\n"
    }
}

/// A count; empty if nothing is known.
fn count_cell(label: &str, count: Option<u64>) -> Markup {
    html! {
        td.num.none[count == Some(0)] data-label=(label) {
            @if let Some(count) = count { (number(count)) }
        }
    }
}

fn oldest_cell(oldest: Option<Oldest>) -> Markup {
    html! {
        td.num data-label="Oldest" {
            @match oldest {
                Some(Oldest::Days(days)) => (counted(days, "day", "days")),
                Some(Oldest::None) => span.muted { "none" },
                Some(Oldest::Unknown) => span.muted { "unknown" },
                None => {}
            }
        }
    }
}

fn last_run(overview: &Overview, row: &TenancyRow) -> Markup {
    html! {
        @match (row.last_run, row.age_hours(overview.now)) {
            (Some(last_run), Some(hours)) => time datetime=(last_run.rfc3339()) { (age(hours)) },
            _ => span.muted { "never" },
        }
    }
}

/// The change in about a week; empty if nothing is known.
fn change(figures: Option<&Figures>) -> Markup {
    html! {
        @if let Some(figures) = figures {
            @match figures.trend {
                Some(trend) => { (change_words(trend.change, number)) " " span.muted { "since " (trend.since.date()) } }
                None => span.muted { "unknown" },
            }
        }
    }
}

/// What a reader opens a tenancy for.
fn facts(row: &TenancyRow) -> Markup {
    html! {
        dl {
            dt { "OCID" } dd { code { (row.id) } }
            @if let Some(figures) = &row.figures {
                dt { "Read" } dd {
                    (counted(figures.domains, "domain", "domains")) ", "
                    (counted(figures.users, "user", "users")) ", "
                    (counted(figures.credentials, "credential", "credentials"))
                    @if let Some(shards) = row.shards { " in " (row.runs.len()) " of " (shards) " shards" }
                }
                dt { "Coming up" } dd {
                    (counted(figures.week, "credential", "credentials")) " to act on within 7 days, "
                    (number(figures.due)) " due, " (number(figures.expiring)) " expiring or expired, "
                    (number(figures.unknown)) " of unknown age"
                }
            }
            @if !row.runs.is_empty() { dt { "Files" } }
            @for run in &row.runs {
                dd {
                    code { (Shown(&run.folder)) }
                    @if let Some(version) = &run.version { ", credential-audit " (Shown(version)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_cannot_end_its_element() {
        assert!(!FLEET_STYLE.contains("</"));
    }
}
