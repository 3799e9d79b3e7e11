//! How to rotate each type, and about the run.

use maud::{Markup, html};

use crate::credential_type::CredentialType;
use crate::report::console_links::ConsoleLinks;

use super::escape::Shown;
use super::links::console_link;
use super::numbers::counted;
use super::page::Page;
use super::tally::audited;

/// The steps per type, and how many credentials need them.
pub(super) fn rotate(page: &Page) -> Markup {
    html! {
        section.how aria-labelledby="rotate" {
            h2 id="rotate" { "How to rotate" }
            p {
                "Follow these steps in sequence, so that no workload stops. Open a row of the table for its id. Domain URLs are below."
            }
            @for credential_type in audited(&page.audit) {
                (steps(page, credential_type))
            }
        }
    }
}

fn steps(page: &Page, credential_type: CredentialType) -> Markup {
    let row = credential_type.row();
    let resource = row.cli_resource;
    let to_do = page.tally.credential_types[credential_type.index()].to_rotate;
    html! {
        details.steps {
            summary {
                (row.plural)
                @if to_do > 0 { " " span.badge { (counted(to_do, "to rotate", "to rotate")) } }
            }
            ol {
                li { b { "Create" } ": " (row.how_to_rotate.create) "." }
                li { b { "Switch" } ": " (row.how_to_rotate.switch) "." }
                li { b { "Verify" } ": " (row.how_to_rotate.verify) "." }
                li { b { "Delete" } " the old one:" }
            }
            pre tabindex="0" { code {
                "oci identity-domains " (resource) " delete --" (resource) "-id <credential id> --endpoint <URL of the domain>"
            } }
        }
    }
}

/// Id of the run, its rule of ages, and the place of its other reports.
pub(super) fn run(page: &Page) -> Markup {
    let (audit, run) = (&page.audit, &page.audit.run);
    html! {
        footer {
            h2 { "About this report" }
            dl {
                @if let Some(id) = &run.tenancy.id {
                    dt { "Tenancy" } dd { bdi { (Shown(&run.tenancy.display_name())) } ", " code { (Shown(id)) } }
                }
                dt { "Run" } dd { code { (Shown(&run.id)) } }
                dt { "Ages as of" } dd { (run.as_of()) " (all dates are UTC)" }
                dt { "Read" } dd { (run.times.started) " to " (run.times.read_until) }
                dt { "Ages" } dd { "whole 24-hour days since creation (database credentials: since their password was last set)" }
                @if let Some(location) = &run.location {
                    dt { "Stored in" } dd {
                        "bucket " code { (Shown(&location.bucket)) } ", namespace " code { (Shown(&location.namespace)) }
                        ", folder " code { (Shown(&location.folder)) }
                    }
                }
                @for domain in &audit.domains {
                    @let domain = &domain.inventory.reading().domain;
                    dt { "Domain " bdi { (Shown(&domain.name)) } }
                    dd {
                        code { (Shown(&domain.url)) }
                        @if let Some(url) = ConsoleLinks::of(run).domain(domain) { ", " (console_link(&url, "in the console")) }
                    }
                }
                dt { "Program" } dd { "credential-audit " (run.version) }
            }
        }
    }
}
