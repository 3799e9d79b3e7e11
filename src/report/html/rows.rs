//! Rows of the table of credentials, as HTML and as JSON.
//!
//! Both forms come from the one [`Row`], and a browser test compares what they look like.

use std::borrow::Cow;

use maud::html;
use serde::Serialize;

use crate::credential_type::CREDENTIAL_TYPES;
use crate::judge::Finding;
use crate::judge::age::{AgeBasis, AgeNote};
use crate::judge::changes::Change;
use crate::report::view::CredentialView;
use crate::timestamp::Timestamp;

use super::escape::{script_json, shown};
use super::figures::{state_class, state_title};
use super::numbers::{counted, days_from_now};
use super::page::Page;

/// Rows of the page: five megabytes.
const MAX_ROWS: usize = 20_000;

/// Marks of a row, as bits.
const ORPHANED: u8 = 1;
const INACTIVE: u8 = 2;
const NOT_LISTED: u8 = 4;
/// The text for the user is not a name.
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
    (NOT_LISTED, "user not listed"),
    (DORMANT, "dormant user"),
    (EXCEPTED, "excepted"),
    (CHANGED, "new or escalated"),
];

/// Badges by [`ExpiryState`](crate::judge::age::ExpiryState), in its order; the script has the same.
const EXPIRY_BADGES: [&str; 4] = ["", "expiring", "expired", "expiry unreadable"];

/// One credential as the table shows it. An array in JSON, in the order of `page.js`; its text is safe to show.
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
    /// Expiry: 0, 1 for expiring, 2 for expired, 3 for unreadable.
    u8,
    /// Marks.
    u8,
    /// Domain: index into the domains.
    u16,
    /// Remarks on its dates.
    String,
    /// Credential id.
    Cow<'a, str>,
    /// UTC date on which its age starts, and what that is if not its creation.
    String,
    /// E-mail address of the user, if it differs from the name.
    Cow<'a, str>,
);

/// The credentials that the page shows, as indices into the findings: all if they fit, else findings first, including those
/// that are orphaned but not urgent.
pub(super) fn select(findings: &[Finding]) -> Vec<u32> {
    let indices = (0_u32..).take(findings.len());
    if findings.len() <= MAX_ROWS {
        return indices.collect();
    }
    let (mut selected, others): (Vec<u32>, Vec<u32>) =
        indices.partition(|index| findings[*index as usize].needs_action());
    selected.extend(others.iter().take(MAX_ROWS.saturating_sub(selected.len())));
    selected.truncate(MAX_ROWS);
    selected.sort_unstable();
    selected
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
        (finding.marks.not_listed, NOT_LISTED),
        (nameless, NAMELESS),
        (finding.hints.administrator(), ADMINISTRATOR),
        (finding.hints.dormant(), DORMANT),
        (finding.is_excepted, EXCEPTED),
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
        view.days_left(),
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

/// The holder of a credential, and whether the text is something else than a name.
fn user<'a>(view: &CredentialView<'a>) -> (Cow<'a, str>, bool) {
    let name = view.user_name();
    if !name.trim().is_empty() {
        return (shown(name), false);
    }
    let text = match (view.user, view.user_ocid(), view.user_id()) {
        (_, "", "") => "no user".into(),
        (Some(_), ..) => format!("no name, id {}", shown(view.user_id())).into(),
        (None, "", id) => format!("user id {}", shown(id)).into(),
        (None, ocid, _) => shown(ocid),
    };
    (text, true)
}

/// Remarks on its dates and on a rotation in progress.
fn note(view: &CredentialView<'_>) -> String {
    let notes = [
        (view.age.note != AgeNote::None, view.age.note.text()),
        (
            view.finding.newer.is_some(),
            "a newer one exists: delete this one",
        ),
        (
            view.finding.hints.holder_unknown(),
            "whether the user is active and has the capability is unknown",
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

/// One row of HTML, the same as `page.js` makes.
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
                        @if let Some(control) = credential_type.cis_control { dt { "CIS" } dd { (control.number) } }
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
                @if let Some(badge) = EXPIRY_BADGES.get(usize::from(expiry)).filter(|badge| !badge.is_empty()) { span.badge { (badge) } }
                @for (bit, badge) in BADGES { @if marks & bit != 0 { span.badge { (badge) } } }
                @if !note.is_empty() { span.note { (note) } }
            }
        }
    };
    out.extend_from_slice(row.into_string().as_bytes());
}
