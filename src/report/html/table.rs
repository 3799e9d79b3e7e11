//! The table of credentials, twice: its most urgent rows as HTML, for readers without script, and all rows as JSON, which
//! the script sorts, filters and searches. A browser takes seconds to lay out 20,000 rows, and milliseconds to parse them.

use maud::{Markup, html};

use crate::credential_type::{CREDENTIAL_TYPES, CredentialTypeRow};

use super::escape::{script_json, shown};
use super::numbers::{counted, number};
use super::page::Page;

/// Rows that are shown without script.
pub(super) const HTML_ROWS: usize = 250;

/// Everything before the rows.
pub(super) fn before_rows(page: &Page) -> Markup {
    let (all, held) = (page.audit.findings.len(), page.rows.len());
    let several_domains = page.audit.domains.len() > 1;
    html! {
        section aria-labelledby="findings" {
            h2 id="findings" tabindex="-1" { "Credentials" }
            @if held < all {
                p.notice {
                    "This page shows " (number(held as u64)) " of " (counted(all as u64, "credential", "credentials"))
                    ": those with findings first, by urgency. " code { "credentials.csv" } " of the same run has every credential."
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
                        option value="ok" { "Not due" }
                        option value="expiring" { "Expiring or expired" }
                        option value="unreadable" { "Unreadable expiry date" }
                        option value="orphaned" { "Orphaned" }
                        option value="inactive" { "Inactive user" }
                        option value="not_listed" { "User not listed" }
                        option value="excepted" { "Excepted" }
                        option value="changed" { "New or escalated" }
                    }
                }
                div.field {
                    label for="type" { "Type" }
                    select id="type" {
                        option value="" { "All types" }
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

/// The table up to its first row. Roles are explicit, since some browsers drop them if a style shows rows as blocks.
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
    let number =
        |row: &CredentialTypeRow| row.cis_control.map(|control| control.number.to_string());
    script_json(out, &CREDENTIAL_TYPES.each_ref().map(number));
    let domains = page.audit.domains.iter();
    let domains: Vec<_> = domains
        .map(|domain| shown(&domain.inventory.reading().domain.name))
        .collect();
    out.extend_from_slice(b",\"domains\":");
    script_json(out, &domains);
    out.extend_from_slice(b",\"rows\":[");
}

/// Ends what [`open_data`] began.
pub(super) fn close_data(out: &mut Vec<u8>) {
    out.extend_from_slice(b"]}</script>");
}
