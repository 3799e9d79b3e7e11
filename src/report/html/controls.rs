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
            ul.controls { @for assessment in assess(&page.audit) { (item(&assessment)) } }
        }
    }
}

fn item(Assessment { control, reason }: &Assessment) -> Markup {
    let (class, status) = match control.status {
        ControlStatus::Compliant => ("ok", "Compliant"),
        ControlStatus::NotCompliant => ("overdue", "Not compliant"),
        ControlStatus::NothingToAssess => ("none", "Nothing to assess"),
        ControlStatus::NotAssessable => ("unknown", "Not assessable"),
    };
    html! {
        li.control.(class) {
            div {
                h3 { (control.control) " " (control.title) }
                p.rule { (control.rule) }
            }
            div.result {
                b { (status) }
                @if let Some(evidence) = control.evidence.as_ref().filter(|_| reason.is_none()) {
                    (number(evidence.compliant)) " of " (number(evidence.total)) " compliant"
                    @if let Some(scope) = &control.scope { " in " (Shown(scope)) }
                    @if evidence.undetermined.count > 0 {
                        span.muted { ", " (number(evidence.undetermined.count)) " undetermined" }
                    }
                    @if evidence.total > 0 {
                        svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
                            rect.share x="0" y="0" height="10" width=(evidence.compliant * 1_000 / evidence.total) {}
                        }
                    }
                } @else {
                    span.muted { (Shown(reason.as_deref().unwrap_or_default())) }
                }
            }
        }
    }
}
