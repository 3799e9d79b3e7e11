//! Evidence for the controls of the CIS benchmark: "37 of 40", by its own thresholds.

use maud::{Markup, html};

use crate::policy::controls::{Control, assess};

use super::Page;
use super::text::{Shown, number};

/// Every control, in the order of the benchmark.
pub(super) fn controls(page: &Page) -> Markup {
    html! {
        section aria-labelledby="controls" {
            h2 id="controls" { "CIS controls" }
            p.legend {
                "CIS OCI Foundations Benchmark 3. Judged by the benchmark's own ages, whatever the settings of this run; what was not "
                "fully read is not assessable. Ids of what does not comply stand in " code { "manifest.json" } "."
            }
            ul.controls { @for control in assess(&page.audit) { (item(&control)) } }
        }
    }
}

fn item(control: &Control) -> Markup {
    let (class, status) = match control.status.as_str() {
        "compliant" => ("ok", "Compliant"),
        "not_compliant" => ("overdue", "Not compliant"),
        _ => ("unknown", "Not assessable"),
    };
    html! {
        li.control.(class) {
            div {
                h3 { (control.control) " " (control.title) }
                p.rule { (control.rule) }
            }
            div.result {
                b { (status) }
                @if let Some(evidence) = &control.evidence {
                    (number(evidence.compliant)) " of " (number(evidence.total)) " compliant"
                    @if evidence.undetermined.count > 0 {
                        span.muted { ", " (number(evidence.undetermined.count)) " undetermined" }
                    }
                    @if evidence.total > 0 {
                        svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
                            rect.share x="0" y="0" height="10" width=(evidence.compliant * 1_000 / evidence.total) {}
                        }
                    }
                } @else {
                    span.muted { (Shown(control.result.trim_start_matches("not assessable: "))) }
                }
            }
        }
    }
}
