//! Rows of the table of credentials, as HTML and as JSON.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::judge::action::{Action, Urgency};
use crate::judge::age::State;
use crate::report::console_links::ConsoleLinks;

use super::dates::days_from_now;
use super::escape::{script_json, shown};
use super::figures::state_title;
use super::links::console_link;
use super::numbers::counted;
use super::page::Page;
use super::people::Person;
use super::row::{
    ACCEPTED, ADMINISTRATOR, CLEAN, DORMANT, ESCALATED, EXCEPTION, INACTIVE, LAST_SET, NEW,
    NOT_LISTED, ORPHANED, Row,
};

/// Rows of the page: five megabytes.
pub(super) const MAX_ROWS: usize = 20_000;
/// A longer text without blanks is shortened in the middle; opening its row shows all of it.
const MAX_WORD_CHARS: usize = 28;
const FIRST_CHARS: usize = 11;
const LAST_CHARS: usize = 8;

/// Bits and the words of their badges; the script has the same.
const BADGES: [(u16, &str); 8] = [
    (ADMINISTRATOR, "administrator"),
    (NEW, "new"),
    (ESCALATED, "escalated"),
    (ORPHANED, "orphaned"),
    (INACTIVE, "inactive user"),
    (NOT_LISTED, "user not listed"),
    (DORMANT, "dormant user"),
    (EXCEPTION, "exception"),
];

/// Badges by [`ExpiryState`](crate::judge::age::ExpiryState), in its order; the script has the same.
const EXPIRY_BADGES: [&str; 4] = ["", "expiring", "expired", "expiry unreadable"];

/// What a row without an action says; the script has the same.
const ACCEPTED_TITLE: &str = "Accepted";
const CLEAN_TITLE: &str = "No findings";

/// The word of an action in its column.
pub(super) const fn action_title(action: Action) -> &'static str {
    match action {
        Action::None => "No action",
        Action::Rotate => "Rotate",
        Action::Replace => "Replace",
        Action::Retire => "Retire",
        Action::Delete => "Delete",
        Action::Review => "Review",
        Action::FindHolder => "Find holder",
        Action::RemoveAdminKey => "Remove admin key",
    }
}

/// One row of JSON, with a comma before it unless it is the first.
pub(super) fn json_row(page: &Page, index: usize, out: &mut Vec<u8>) {
    if let Some((row, _)) = Row::of(page, index) {
        if index > 0 {
            out.extend_from_slice(b",\n");
        }
        script_json(out, &row);
    }
}

/// One row of HTML, the same as `page.js` makes.
pub(super) fn html_row(page: &Page, index: usize, out: &mut Vec<u8>) {
    let Some((row, view)) = Row::of(page, index) else {
        return;
    };
    let person = Person::of(&view);
    let domains = &page.audit.domains;
    let (class, title) = look(&row);
    let links = ConsoleLinks::of(&page.audit.run);
    let console = links
        .user(view.domain(), &person.ocid)
        .filter(|_| person.is_listed());
    let name = if person.is_nameless() {
        html! { i.nameless { bdi { (shortened(&person.name)) } } }
    } else {
        html! { bdi { (person.name) } }
    };
    let markup = html! {
        tr.(class) role="row" {
            td.c-action role="cell" { span.state { (title) } }
            td.c-by role="cell" data-label="Act by" {
                @if let Some((date, days)) = row.act_by.zip(row.days(row.act_by)) {
                    (date.date()) " " span.muted { (if row.urgency == Urgency::Now { "now".to_owned() } else { days_from_now(days) }) }
                }
            }
            td.c-user role="cell" { (name) }
            td.c-type role="cell" {
                span.type-name { (row.credential_type.row().title) }
                details {
                    summary { bdi { (if row.label.is_empty() { Cow::Borrowed("(no label)") } else { shortened(&row.label) }) } }
                    (facts(&row, &person, console.as_deref()))
                }
            }
            td.c-age role="cell" data-label="Age" {
                @if let Some(age) = row.age { (counted(u64::try_from(age).unwrap_or(0), "day", "days")) } @else { "unknown" }
                @if matches!(row.state, State::Overdue | State::Due) {
                    " " span.muted { (state_title(row.state).to_lowercase()) }
                }
            }
            @if domains.len() > 1 {
                td.c-domain role="cell" data-label="Domain" {
                    bdi { (shown(&domains[usize::from(row.domain)].inventory.reading().domain.name)) }
                }
            }
            td.c-notes role="cell" {
                @if let Some(badge) = EXPIRY_BADGES.get(row.expiry as usize).filter(|badge| !badge.is_empty()) { span.badge { (badge) } }
                @for (bit, badge) in BADGES { @if row.has(bit) { span.badge { (badge) } } }
                @if row.action == Action::None && !row.controls.is_empty() { span.badge { "CIS " (row.control_names()) } }
            }
        }
    };
    out.extend_from_slice(markup.into_string().as_bytes());
}

/// The class that colors a row, and the word of its action. Only what has no findings is green.
const fn look(row: &Row<'_>) -> (&'static str, &'static str) {
    match row.urgency {
        Urgency::Now => ("now", action_title(row.action)),
        Urgency::Week => ("week", action_title(row.action)),
        Urgency::Later => ("later", action_title(row.action)),
        Urgency::None if row.has(ACCEPTED) => ("plain", ACCEPTED_TITLE),
        Urgency::None if row.has(CLEAN) => ("clean", CLEAN_TITLE),
        Urgency::None => ("plain", action_title(row.action)),
    }
}

/// What opens: the instruction, the command, and every fact.
fn facts(row: &Row<'_>, person: &Person<'_>, console: Option<&str>) -> Markup {
    let Row { texts, .. } = row;
    let dated = |date| row.days(date).map(days_from_now).unwrap_or_default();
    html! {
        div.facts {
            @if !texts.instruction.is_empty() { p.instruction { (texts.instruction) } }
            @if let Some(command) = &row.command {
                div.command {
                    pre tabindex="0" { code { (command) } }
                    button.copy type="button" { "Copy" }
                }
            }
            dl {
                dt { "Id" } dd { code { (row.id) } }
                @if !row.label.is_empty() { dt { "Label" } dd { bdi { (row.label) } } }
                dt { "User" } dd { bdi { (person.name) } @if person.is_service_user() { " (service user)" } }
                @if !person.ocid.is_empty() { dt { "User OCID" } dd { code { (person.ocid) } } }
                @if let Some(url) = console { dt { "Console" } dd { (console_link(url, "the user in the console")) } }
                @if !person.email.is_empty() { dt { "E-mail" } dd { bdi { (person.email) } } }
                @if let Some(login) = person.last_login { dt { "Last sign-in" } dd { (login.date()) } }
                @if !person.owner.is_empty() { dt { "Owner" } dd { bdi { (person.owner) } } }
                dt { "State" } dd { (state_title(row.state)) }
                @if let Some(start) = row.start {
                    dt { (if row.has(LAST_SET) { "Last set" } else { "Created" }) } dd { (start.date()) }
                }
                @if !texts.created_by.is_empty() { dt { "Created by" } dd { bdi { (texts.created_by) } } }
                @if let Some(date) = row.rotate_by { dt { "Rotate by" } dd { (date.date()) ", " (dated(row.rotate_by)) } }
                @if let Some(date) = row.expires_on { dt { "Expires" } dd { (date.date()) ", " (dated(row.expires_on)) } }
                @if !row.controls.is_empty() { dt { "CIS" } dd { "not provably compliant with " (row.control_names()) } }
                @if !texts.exception.is_empty() { dt { "Exception" } dd { bdi { (texts.exception) } } }
                @if !texts.note.is_empty() { dt { "Note" } dd { (texts.note) } }
            }
        }
    }
}

/// An id or a fingerprint differs from others at its ends.
fn shortened(text: &str) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= MAX_WORD_CHARS || text.contains(char::is_whitespace) {
        return Cow::Borrowed(text);
    }
    let first = text.chars().take(FIRST_CHARS);
    let last = text.chars().skip(length - LAST_CHARS);
    Cow::Owned(
        first
            .chain(std::iter::once('\u{2026}'))
            .chain(last)
            .collect(),
    )
}
