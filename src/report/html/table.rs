//! The table of credentials, twice: its most urgent rows as HTML, for who reads without script or prints, and all of its
//! rows as JSON, which the script sorts, filters and searches, and of which it shows as many as a screen needs.
//!
//! A browser takes seconds to lay out 20,000 rows of a table, and no time at all to parse them as JSON. Both forms come
//! from the one [`Row`], and a browser test compares what they look like.

use std::borrow::Cow;

use maud::{Markup, html};
use serde::Serialize;

use crate::credential_type::CREDENTIAL_TYPES;
use crate::judge::Finding;
use crate::judge::age::{AgeBasis, AgeNote, ExpiryState};
use crate::judge::changes::Change;
use crate::report::view::CredentialView;
use crate::timestamp::{DateReading, Timestamp};

use super::Page;
use super::figures::{state_class, state_title};
use super::text::{counted, number, script_json, shown};

/// Rows in the page: more than anybody scrolls through, and five megabytes.
pub(super) const MAX_ROWS: usize = 20_000;
/// Rows that are there without script.
pub(super) const HTML_ROWS: usize = 250;

/// Marks of a row, as bits.
const ORPHANED: u8 = 1;
const INACTIVE: u8 = 2;
const UNLISTED: u8 = 4;
/// What stands for the user is no name.
const NAMELESS: u8 = 8;
const ADMINISTRATOR: u8 = 16;
const DORMANT: u8 = 32;
const EXCEPTED: u8 = 64;
const CHANGED: u8 = 128;

/// Bits and the words of their badges; the script has the same.
const BADGES: [(u8, &str); 7] = [
    (ADMINISTRATOR, "administrator"),
    (ORPHANED, "orphaned"),
    (INACTIVE, "inactive user"),
    (UNLISTED, "unlisted user"),
    (DORMANT, "dormant user"),
    (EXCEPTED, "excepted"),
    (CHANGED, "new or worse"),
];

/// One credential as the table shows it. An array in JSON, in the order that `page.js` names; text is fit to be shown.
#[derive(Serialize)]
struct Row<'a>(
    /// State: index into the states.
    u8,
    /// User.
    Cow<'a, str>,
    /// Type: index into [`CREDENTIAL_TYPES`].
    u8,
    /// Label.
    Cow<'a, str>,
    /// Age in days.
    Option<i32>,
    /// UTC date by which it is to be rotated.
    Option<String>,
    /// Days until then.
    Option<i32>,
    /// UTC date on which it expires.
    Option<String>,
    /// Expiry: 0, 1 for expiring, 2 for expired.
    u8,
    /// Marks.
    u8,
    /// Domain: index into the domains.
    u16,
    /// What is odd about its dates.
    String,
    /// Credential id.
    Cow<'a, str>,
    /// UTC date on which its age starts; what that is, where it is not its creation.
    String,
    /// E-mail address of the user, where it is not the user's name.
    Cow<'a, str>,
);

/// The credentials that the page shows, as indices into the findings: all of them if there is room, else those that are
/// findings first, however far down the order of urgency puts one that is merely orphaned.
pub(super) fn select(findings: &[Finding]) -> Vec<u32> {
    let indices = (0_u32..).take(findings.len());
    if findings.len() <= MAX_ROWS {
        return indices.collect();
    }
    let (mut selected, others): (Vec<u32>, Vec<u32>) =
        indices.partition(|index| is_finding(&findings[*index as usize]));
    selected.extend(others.iter().take(MAX_ROWS.saturating_sub(selected.len())));
    selected.truncate(MAX_ROWS);
    selected.sort_unstable();
    selected
}

fn is_finding(finding: &Finding) -> bool {
    finding.alerting_state() != crate::judge::age::State::Ok
        || finding.expiry != ExpiryState::None
        || finding.marks != crate::judge::Marks::default()
}

/// Everything before the rows.
pub(super) fn before_rows(page: &Page) -> Markup {
    let (all, held) = (page.audit.findings.len(), page.rows.len());
    let several_domains = page.audit.domains.len() > 1;
    html! {
        section aria-labelledby="findings" {
            h2 id="findings" tabindex="-1" { "Credentials" }
            @if held < all {
                p.notice {
                    "This page holds " (number(held as u64)) " of " (counted(all as u64, "credential", "credentials"))
                    ": those with a finding first, by urgency. Every one stands in " code { "credentials.csv" } " of the same run."
                }
            }
            noscript {
                @if held > HTML_ROWS {
                    p.notice {
                        "The " (HTML_ROWS) " most urgent of " (number(held as u64))
                        " rows are shown: the others, sorting and searching need JavaScript. "
                        code { "credentials.csv" } " of the same run has every row."
                    }
                }
            }
            form.tools id="tools" hidden role="search" aria-label="Credentials" {
                div.field.wide {
                    label for="search" { "Search" }
                    input id="search" type="search" autocomplete="off" spellcheck="false" placeholder="user, label, id \u{2026}";
                }
                div.field {
                    label for="show" { "Show" }
                    select id="show" {
                        option value="all" { "All" }
                        option value="findings" { "All findings" }
                        option value="overdue" { "Overdue" }
                        option value="due" { "Due" }
                        option value="unknown" { "Unknown age" }
                        option value="ok" { "In order" }
                        option value="expiring" { "Expiring or expired" }
                        option value="orphaned" { "Orphaned" }
                        option value="inactive" { "Of inactive users" }
                        option value="unlisted" { "Of unlisted users" }
                        option value="excepted" { "Excepted" }
                        option value="changed" { "New or worse" }
                    }
                }
                div.field {
                    label for="type" { "Kind" }
                    select id="type" {
                        option value="" { "All kinds" }
                        @for credential_type in page.audit.run.credential_types.iter() {
                            option value=(credential_type.index()) { (credential_type.row().plural) }
                        }
                    }
                }
                @if several_domains {
                    div.field {
                        label for="domain" { "Domain" }
                        select id="domain" {
                            option value="" { "All domains" }
                            @for (index, domain) in page.audit.domains.iter().enumerate() {
                                option value=(index) { (shown(&domain.inventory.reading().domain.name)) }
                            }
                        }
                    }
                }
                div.field.narrow-only {
                    label for="sort" { "Sort by" }
                    select id="sort" {
                        option value="urgency" { "Urgency" }
                        @for (key, title) in COLUMNS {
                            @if key != "domain" || several_domains { option value=(key) { (title) } }
                        }
                    }
                }
                button id="clear" type="reset" { "Reset" }
            }
            p.status id="status" role="status" {}
        }
    }
}

/// What a column sorts by, and its heading.
const COLUMNS: [(&str, &str); 7] = [
    ("state", "State"),
    ("user", "User"),
    ("type", "Credential"),
    ("age", "Age"),
    ("rotate", "Rotate by"),
    ("expires", "Expires"),
    ("domain", "Domain"),
];

/// The table up to its first row. Its roles are said, since a style that shows rows as blocks on a phone takes them away
/// in some browsers.
pub(super) fn open(page: &Page, out: &mut Vec<u8>) {
    let several_domains = page.audit.domains.len() > 1;
    let head = html! {
        thead role="rowgroup" {
            tr role="row" {
                @for (key, title) in COLUMNS {
                    @if key != "domain" || several_domains {
                        th.{"c-" (key)} scope="col" role="columnheader" data-key=(key) { (title) }
                    }
                }
                th scope="col" role="columnheader" { "Notes" }
            }
        }
    };
    out.extend_from_slice(
        b"<table class=\"credentials\" id=\"table\" role=\"table\" aria-labelledby=\"findings\">",
    );
    out.extend_from_slice(head.into_string().as_bytes());
    out.extend_from_slice(b"<tbody id=\"rows\" role=\"rowgroup\">");
}

/// Between the rows of HTML and those of JSON.
pub(super) fn open_data(page: &Page, out: &mut Vec<u8>) {
    out.extend_from_slice(b"</tbody></table>");
    let more = html! {
        p.more { button id="more" type="button" hidden { "Show more" } }
    };
    out.extend_from_slice(more.into_string().as_bytes());
    out.extend_from_slice(b"<script type=\"application/json\" id=\"data\">{\"types\":");
    script_json(out, &CREDENTIAL_TYPES.each_ref().map(|row| row.title));
    out.extend_from_slice(b",\"controls\":");
    script_json(out, &CREDENTIAL_TYPES.each_ref().map(|row| row.cis_control));
    let domains = page.audit.domains.iter();
    let domains: Vec<_> = domains
        .map(|domain| shown(&domain.inventory.reading().domain.name))
        .collect();
    out.extend_from_slice(b",\"domains\":");
    script_json(out, &domains);
    out.extend_from_slice(b",\"rows\":[");
}

/// One row of JSON, with a comma before it unless it is the first.
pub(super) fn json_row(page: &Page, index: usize, out: &mut Vec<u8>) {
    if let Some(row) = row(page, index) {
        if index > 0 {
            out.extend_from_slice(b",\n");
        }
        script_json(out, &row);
    }
}

/// Ends what [`open_data`] began.
pub(super) fn close_data(out: &mut Vec<u8>) {
    out.extend_from_slice(b"]}</script>");
}

fn row(page: &Page, index: usize) -> Option<Row<'_>> {
    let finding = page.audit.findings.get(*page.rows.get(index)? as usize)?;
    let view = CredentialView::of(&page.audit, finding)?;
    let (user, nameless) = user(&view);
    let email = view.user.map_or("", |user| {
        view.inventory.reading().users.text.get(user.email)
    });
    let marks = [
        (finding.marks.orphaned, ORPHANED),
        (finding.marks.user_inactive, INACTIVE),
        (finding.marks.not_listed, UNLISTED),
        (nameless, NAMELESS),
        (finding.hints.administrator(), ADMINISTRATOR),
        (finding.hints.dormant(), DORMANT),
        (finding.is_excepted(), EXCEPTED),
        (
            matches!(finding.change, Change::New | Change::Escalated),
            CHANGED,
        ),
    ];
    let marks = marks.into_iter().filter(|(is_so, _)| *is_so);
    Some(Row(
        finding.state as u8,
        user,
        finding.credential_type as u8,
        shown(view.label()),
        view.age.age_days,
        view.rotate_by().map(Timestamp::date),
        finding.days_left,
        view.credential.expires_on.instant().map(Timestamp::date),
        finding.expiry as u8,
        marks.map(|(_, bit)| bit).sum(),
        finding.domain,
        note(&view),
        shown(view.id()),
        start(&view),
        if email == view.user_name() {
            Cow::Borrowed("")
        } else {
            shown(email)
        },
    ))
}

/// Who holds a credential, and whether that is something else than a name.
fn user<'a>(view: &CredentialView<'a>) -> (Cow<'a, str>, bool) {
    let name = view.user_name();
    if !name.trim().is_empty() {
        return (shown(name), false);
    }
    let text = match (view.user, view.user_ocid(), view.user_id()) {
        (_, "", "") => "names no user".into(),
        (Some(_), ..) => format!("without a name, id {}", shown(view.user_id())).into(),
        (None, "", id) => format!("user id {}", shown(id)).into(),
        (None, ocid, _) => shown(ocid),
    };
    (text, true)
}

/// What is odd about its dates, and whether its rotation is half done.
fn note(view: &CredentialView<'_>) -> String {
    let unreadable_expiry = view.credential.expires_on == DateReading::UNREADABLE;
    let notes = [
        (view.age.note != AgeNote::None, view.age.note.text()),
        (unreadable_expiry, "its expiry date cannot be read"),
        (
            view.finding.hints.superseded(),
            "a newer one is in order: delete this one",
        ),
    ];
    let said = notes.iter().filter(|(is_so, _)| *is_so);
    said.map(|(_, text)| *text).collect::<Vec<_>>().join("; ")
}

fn start(view: &CredentialView<'_>) -> String {
    match (view.age.start, view.age.basis) {
        (None, _) => String::new(),
        (Some(start), AgeBasis::Created) => start.date(),
        (Some(start), AgeBasis::LastSetDate) => format!("{}, last set", start.date()),
    }
}

/// One row of HTML; `page.js` makes the same.
pub(super) fn html_row(page: &Page, index: usize, out: &mut Vec<u8>) {
    let Some(Row(
        _,
        user,
        credential_type,
        label,
        age,
        rotate_by,
        days_left,
        expires_on,
        expiry,
        marks,
        domain,
        note,
        id,
        start,
        email,
    )) = row(page, index)
    else {
        return;
    };
    let state = page.audit.findings[page.rows[index] as usize].state;
    let credential_type = &CREDENTIAL_TYPES[usize::from(credential_type)];
    let domains = &page.audit.domains;
    let label = if label.is_empty() {
        "(no label)"
    } else {
        &label
    };
    let row = html! {
        tr.(state_class(state)) role="row" {
            td.c-state role="cell" { span.state { (state_title(state)) } }
            td.c-user role="cell" {
                @if marks & NAMELESS == 0 { bdi { (user) } } @else { i.nameless { bdi { (user) } } }
            }
            td.c-type role="cell" {
                span.type-name { (credential_type.title) }
                details {
                    summary { bdi { (label) } }
                    dl {
                        dt { "Id" } dd { code { (id) } }
                        @if !start.is_empty() { dt { "Since" } dd { (start) } }
                        @if !email.is_empty() { dt { "E-mail" } dd { bdi { (email) } } }
                        @if let Some(control) = credential_type.cis_control { dt { "CIS" } dd { (control) } }
                    }
                }
            }
            td.c-age role="cell" data-label="Age" {
                @if let Some(age) = age { (counted(u64::try_from(age).unwrap_or(0), "day", "days")) } @else { "unknown" }
            }
            td.c-rotate role="cell" data-label="Rotate by" {
                @if let Some(date) = rotate_by {
                    (date)
                    @if let Some(days) = days_left { " " span.muted { (days_from_now(days)) } }
                }
            }
            td.c-expires role="cell" data-label="Expires" { @if let Some(date) = expires_on { (date) } }
            @if domains.len() > 1 {
                td.c-domain role="cell" data-label="Domain" {
                    bdi { (shown(&domains[usize::from(domain)].inventory.reading().domain.name)) }
                }
            }
            td.c-notes role="cell" {
                @match expiry { 0 => {}, 1 => span.badge { "expiring" }, _ => span.badge { "expired" } }
                @for (bit, badge) in BADGES { @if marks & bit != 0 { span.badge { (badge) } } }
                @if !note.is_empty() { span.note { (note) } }
            }
        }
    };
    out.extend_from_slice(row.into_string().as_bytes());
}

/// `in 5 days`, `46 days ago`, by whole days.
fn days_from_now(days: i32) -> String {
    let count = counted(u64::from(days.unsigned_abs()), "day", "days");
    match days {
        0 => "today".to_owned(),
        1.. => format!("in {count}"),
        _ => format!("{count} ago"),
    }
}
