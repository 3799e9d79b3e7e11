//! The table of credentials, twice: its most urgent rows as HTML, for readers without script, and all rows as JSON, which
//! the script sorts, filters and searches. A browser takes seconds to lay out 20,000 rows, and milliseconds to parse them.

use maud::{Markup, PreEscaped, html};

use crate::credential_type::{CREDENTIAL_TYPES, CredentialTypeRow};
use crate::judge::action::{Action, Reason, Urgency};
use crate::judge::age::{ExpiryState, State};
use crate::report::console_links::ConsoleLinks;

use super::escape::{script_json, shown};
use super::numbers::{counted, number};
use super::page::Page;
use super::rows::action_title;

/// Rows that are shown without script.
pub(super) const HTML_ROWS: usize = 250;
/// Rows on paper; the style has the same.
const PRINTED_ROWS: usize = 50;

/// What the table is filtered by: an option of the page's address, its words, and the words of its choices.
type Filter = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const FILTERS: [Filter; 4] = [
    (
        "action",
        "Action",
        &[
            ("all", "All credentials"),
            ("act", "Any action"),
            ("to-rotate", "To rotate"),
            ("to-remove", "To remove"),
            ("to-review", "To review"),
            ("rotate", "Rotate"),
            ("replace", "Replace"),
            ("retire", "Retire"),
            ("delete", "Delete"),
            ("review", "Review"),
            ("find_holder", "Find holder"),
            ("remove_admin_key", "Remove admin key"),
            ("accepted", "Accepted"),
            ("plain", "No action, but not CIS-compliant"),
            ("clean", "No findings"),
        ],
    ),
    (
        "when",
        "When",
        &[
            ("all", "Any time"),
            ("now", "Now"),
            ("week", "Within 7 days"),
            ("later", "Later"),
        ],
    ),
    (
        "who",
        "Who acts",
        &[
            ("all", "Anyone"),
            ("holder", "The person"),
            ("security", "Security team"),
        ],
    ),
    (
        "state",
        "State",
        &[
            ("all", "Any state"),
            ("overdue", "Overdue"),
            ("due", "Due"),
            ("unknown", "Unknown age"),
            ("ok", "Not due"),
            ("expiring", "Expiring"),
            ("expired", "Expired"),
            ("unreadable", "Unreadable expiry date"),
            ("orphaned", "Orphaned"),
            ("inactive", "Inactive user"),
            ("not_listed", "User not listed"),
            ("changed", "New or escalated"),
        ],
    ),
];

/// What is on or off.
const SWITCHES: [(&str, &str); 4] = [
    ("admin", "Administrators"),
    ("dormant", "Dormant users"),
    ("exception", "With an exception"),
    ("group", "Group by person"),
];

/// What a column sorts by, and its heading.
const COLUMNS: [(&str, &str); 6] = [
    ("action", "Action"),
    ("by", "Act by"),
    ("user", "User"),
    ("type", "Credential"),
    ("age", "Age"),
    ("domain", "Domain"),
];

/// Everything before the rows. [`close_data`] closes the section.
pub(super) fn before_rows(page: &Page) -> Markup {
    let (all, held) = (page.audit.findings.len(), page.rows.len());
    html! {
        (PreEscaped("<section class=\"table\" aria-labelledby=\"findings\">"))
            h2 id="findings" tabindex="-1" { "Credentials" }
            @if held < all {
                p.notice {
                    "This page shows " (number(held as u64)) " of " (counted(all as u64, "credential", "credentials"))
                    ": the most urgent. " code { "credentials.csv" } " of the same run has every credential."
                }
            }
            noscript {
                @if held > HTML_ROWS {
                    p.notice {
                        "The " (HTML_ROWS) " most urgent of " (number(held as u64))
                        " rows are shown. Sorting, searching and the other rows need JavaScript. "
                        code { "credentials.csv" } " of the same run has every row."
                    }
                }
            }
            (tools(page))
            p.status id="status" role="status" {}
            @if held > PRINTED_ROWS {
                p.printed { "Only the first " (PRINTED_ROWS) " rows are printed. " code { "credentials.csv" } " has every credential." }
            }
    }
}

fn tools(page: &Page) -> Markup {
    let several_domains = page.audit.domains.len() > 1;
    let domains = page
        .audit
        .domains
        .iter()
        .map(|domain| &domain.inventory.reading().domain.name);
    html! {
        form.tools id="tools" hidden role="search" aria-label="Credentials" {
            div.field.wide {
                label for="q" { "Search" }
                input id="q" type="search" autocomplete="off" spellcheck="false" placeholder="user, label, id \u{2026}";
            }
            @for (id, title, choices) in FILTERS {
                div.field {
                    label for=(id) { (title) }
                    select id=(id) { @for (value, words) in choices { option value=(value) { (words) } } }
                }
            }
            div.field {
                label for="type" { "Type" }
                select id="type" {
                    option value="all" { "All types" }
                    @for credential_type in page.audit.run.credential_types.iter() {
                        option value=(credential_type.name()) { (credential_type.row().plural) }
                    }
                }
            }
            @if several_domains {
                div.field {
                    label for="domain" { "Domain" }
                    select id="domain" {
                        option value="all" { "All domains" }
                        @for (index, name) in domains.enumerate() { option value=(index) { (shown(name)) } }
                    }
                }
            }
            @if page.audit.has_owners() {
                div.field {
                    label for="owner" { "Owner" }
                    select id="owner" {
                        option value="all" { "All owners" }
                        // The mark keeps an owner of the name `all` apart.
                        @for owner in page.people.owners(&page.audit) { option value=(format!("={}", shown(owner))) { (shown(owner)) } }
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
            div.switches {
                @for (id, title) in SWITCHES {
                    label { input id=(id) type="checkbox"; (title) }
                }
                span.buttons {
                    button id="download" type="button" { "Download CSV" }
                    button id="clear" type="reset" { "Reset" }
                }
            }
        }
    }
}

/// The table up to its first row. Roles are explicit, since some browsers drop them if a style shows rows as blocks.
pub(super) fn open(page: &Page, out: &mut Vec<u8>) {
    let several_domains = page.audit.domains.len() > 1;
    let table = if several_domains {
        "<table class=\"credentials several\""
    } else {
        "<table class=\"credentials\""
    };
    let head = html! {
        thead role="rowgroup" {
            tr role="row" {
                @for (key, title) in COLUMNS {
                    @if key != "domain" || several_domains {
                        th.{"c-" (key)} scope="col" role="columnheader" data-key=(key) { span.head { (title) } }
                    }
                }
                th.c-notes scope="col" role="columnheader" { span.head { "Notes" } }
            }
        }
    };
    out.extend_from_slice(table.as_bytes());
    out.extend_from_slice(b" id=\"table\" role=\"table\" aria-labelledby=\"findings\">");
    out.extend_from_slice(head.into_string().as_bytes());
    out.extend_from_slice(b"<tbody id=\"rows\" role=\"rowgroup\">");
}

/// Between the rows of HTML and the people of JSON.
pub(super) fn open_data(page: &Page, out: &mut Vec<u8>) {
    out.extend_from_slice(b"</tbody></table>");
    let more = html! {
        p.more { button id="more" type="button" hidden { "Show more" } }
    };
    out.extend_from_slice(more.into_string().as_bytes());
    out.extend_from_slice(b"<script type=\"application/json\" id=\"data\">{\"run\":");
    script_json(out, &page.audit.run.id);
    out.extend_from_slice(b",\"day\":");
    script_json(out, &page.audit.run.as_of().date());
    let mut table = |name: &str, items: &[&str]| {
        out.extend_from_slice(format!(",\"{name}\":").as_bytes());
        script_json(out, &items);
    };
    let title = |row: &CredentialTypeRow| row.title;
    table("types", &CREDENTIAL_TYPES.each_ref().map(title));
    table(
        "typeNames",
        &CREDENTIAL_TYPES.each_ref().map(|row| row.name),
    );
    let resource = |row: &CredentialTypeRow| row.cli_resource;
    table("resources", &CREDENTIAL_TYPES.each_ref().map(resource));
    table("actions", &ACTIONS.map(Action::name));
    table("actionTitles", &ACTIONS.map(action_title));
    table("reasons", &REASONS.map(Reason::name));
    table("urgencies", &URGENCIES.map(Urgency::name));
    table("states", &STATES.map(State::word));
    table("expiries", &EXPIRIES.map(ExpiryState::word));
    let rotation = CREDENTIAL_TYPES
        .each_ref()
        .map(|row| page.audit.limits(row.credential_type).rotation_days);
    out.extend_from_slice(b",\"rotationDays\":");
    script_json(out, &rotation);
    let domains = page.audit.domains.iter();
    let domains: Vec<_> = domains
        .map(|domain| shown(&domain.inventory.reading().domain.name))
        .collect();
    out.extend_from_slice(b",\"domains\":");
    script_json(out, &domains);
    let urls = page.audit.domains.iter();
    let urls: Vec<_> = urls
        .map(|domain| shown(&domain.inventory.reading().domain.url))
        .collect();
    out.extend_from_slice(b",\"domainUrls\":");
    script_json(out, &urls);
    let controls: Vec<_> = page.controls.iter().map(ToString::to_string).collect();
    out.extend_from_slice(b",\"controls\":");
    script_json(out, &controls);
    let links = ConsoleLinks::of(&page.audit.run);
    let links: Vec<_> = page
        .audit
        .domains
        .iter()
        .map(|domain| links.domain(&domain.inventory.reading().domain))
        .collect();
    out.extend_from_slice(b",\"domainLinks\":");
    script_json(out, &links);
    out.extend_from_slice(b",\"people\":[");
}

/// Between the people and the rows of JSON.
pub(super) fn open_rows(out: &mut Vec<u8>) {
    out.extend_from_slice(b"],\"rows\":[");
}

/// Ends what [`open_data`] began.
pub(super) fn close_data(out: &mut Vec<u8>) {
    out.extend_from_slice(b"]}</script>");
    out.extend_from_slice(b"</section>");
}

// The codes of rows: each at the place of its discriminant.
const ACTIONS: [Action; 8] = [
    Action::None,
    Action::Rotate,
    Action::Replace,
    Action::Retire,
    Action::Delete,
    Action::Review,
    Action::FindHolder,
    Action::RemoveAdminKey,
];
const REASONS: [Reason; 16] = [
    Reason::None,
    Reason::Accepted,
    Reason::NotListed,
    Reason::NamesNoUser,
    Reason::InactiveUser,
    Reason::CapabilityOff,
    Reason::MassChange,
    Reason::RecentlyUsed,
    Reason::Expired,
    Reason::NewerExists,
    Reason::Overdue,
    Reason::AgeUnknown,
    Reason::ExpiryUnreadable,
    Reason::Due,
    Reason::Expiring,
    Reason::Administrator,
];
const URGENCIES: [Urgency; 4] = [Urgency::Now, Urgency::Week, Urgency::Later, Urgency::None];
const STATES: [State; 4] = [State::Overdue, State::Due, State::Unknown, State::Ok];
const EXPIRIES: [ExpiryState; 4] = [
    ExpiryState::None,
    ExpiryState::Expiring,
    ExpiryState::Expired,
    ExpiryState::Unreadable,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_places_in_the_tables_of_the_data() {
        let is_at = |(place, code): (usize, usize)| assert_eq!(place, code);
        ACTIONS
            .map(|code| code as usize)
            .into_iter()
            .enumerate()
            .for_each(is_at);
        REASONS
            .map(|code| code as usize)
            .into_iter()
            .enumerate()
            .for_each(is_at);
        URGENCIES
            .map(|code| code as usize)
            .into_iter()
            .enumerate()
            .for_each(is_at);
        STATES
            .map(|code| code as usize)
            .into_iter()
            .enumerate()
            .for_each(is_at);
        EXPIRIES
            .map(|code| code as usize)
            .into_iter()
            .enumerate()
            .for_each(is_at);
    }
}
