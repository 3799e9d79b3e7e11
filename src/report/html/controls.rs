//! Evidence for the controls of the CIS benchmark: "37 of 40", by its own thresholds.

use maud::{Markup, html};

use crate::judge::controls::{Assessment, ControlStatus, assess};

use super::escape::Shown;
use super::numbers::number;
use super::page::Page;

/// Every control, in the order of the benchmark.
pub(super) fn controls(page: &Page) -> Markup {
    html! {
        section aria-labelledby="controls" {
            h2 id="controls" { "CIS controls" }
            p.legend {
                "CIS OCI Foundations Benchmark 3, assessed by the benchmark's own ages, not by the settings of this run. What was not "
                "fully read is not assessable. A part of the tenancy cannot prove compliance. Non-compliant ids are in " code { "manifest.json" } "."
            }
            table.controls {
                thead { tr {
                    th scope="col" { "Control" } th scope="col" { "Status" } th scope="col" { "Compliant" }
                } }
                tbody { @for assessment in assess(&page.audit) { (row(&assessment)) } }
            }
        }
    }
}

fn row(Assessment { control, reason }: &Assessment) -> Markup {
    let (class, status) = match control.status {
        ControlStatus::Compliant => ("ok", "Compliant"),
        ControlStatus::NotCompliant => ("overdue", "Not compliant"),
        ControlStatus::NothingToAssess => ("none", "Nothing to assess"),
        ControlStatus::NotAssessable => ("unknown", "Not assessable"),
    };
    html! {
        tr.(class) {
            th scope="row" {
                (control.control) " " (control.title)
                span.rule { (control.rule) }
            }
            td.outcome { (status) }
            td.result {
                @if let Some(evidence) = control.evidence.as_ref().filter(|_| reason.is_none()) {
                    (number(evidence.compliant)) " of " (number(evidence.total))
                    @if evidence.undetermined.count > 0 {
                        span.rule { (number(evidence.undetermined.count)) " undetermined" }
                    }
                    @if let Some(scope) = &control.scope { span.rule { "in " (Shown(scope)) } }
                } @else {
                    span.rule { (Shown(reason.as_deref().unwrap_or_default())) }
                }
            }
        }
    }
}
