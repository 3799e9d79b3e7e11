//! The line chart of the last runs: to rotate, to remove, to review.
//!
//! Lines are inline SVG without text, and differ by dashes too, since color alone shows no fact. A table has every number.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::judge::changes::RunCounts;

use super::escape::Shown;
use super::numbers::number;

const WIDTH: i128 = 1_000;
const HEIGHT: u128 = 120;

/// A class, words, and the count of a run.
type Line = (&'static str, &'static str, fn(&RunCounts) -> u64);

const LINES: [Line; 3] = [
    ("rotate", "to rotate", |run| run.to_rotate),
    ("remove", "to remove", |run| run.to_remove),
    ("review", "to review", |run| run.to_review),
];

/// The chart, and the table with the same numbers; empty for a single run.
pub(super) fn trend(history: &[RunCounts]) -> Markup {
    let ([first, .., last], runs) = (history, history.len()) else {
        return Markup::default();
    };
    let most = history
        .iter()
        .flat_map(|run| LINES.map(|(_, _, count)| count(run)))
        .max();
    let most = most.unwrap_or(0).max(1);
    // Earlier runs are read from the bucket, so any number may be in them.
    let since = |run: &RunCounts| {
        let microseconds = |run: &RunCounts| i128::from(run.as_of.microseconds());
        microseconds(run) - microseconds(first)
    };
    let x = |run: &RunCounts| (since(run) * WIDTH / since(last).max(1)).clamp(0, WIDTH);
    let path = |count: fn(&RunCounts) -> u64| {
        let mut points = String::new();
        for run in history {
            let y = HEIGHT - u128::from(count(run)) * HEIGHT / u128::from(most);
            // Writing into memory does not fail.
            let _ = write!(points, "{},{y} ", x(run));
        }
        points
    };
    let changes = LINES.map(|(_, words, count)| {
        format!(
            "{words} from {} to {}",
            number(count(first)),
            number(count(last))
        )
    });
    let label = format!(
        "The last {runs} runs, from {} to {}: {}.",
        first.as_of.date(),
        last.as_of.date(),
        changes.join(", ")
    );
    html! {
        figure.trend {
            figcaption {
                "The last " (runs) " runs, all urgencies: "
                @for (class, words, count) in LINES {
                    span.line.(class) {
                        svg viewBox="0 0 28 6" aria-hidden="true" { line x1="0" x2="28" y1="3" y2="3" {} }
                        b { (number(count(last))) } " " (words)
                    }
                    " "
                }
            }
            div.plot {
                div.scale aria-hidden="true" { span { (number(most)) } span { "0" } }
                svg viewBox={ "0 -3 1000 " (HEIGHT + 6) } preserveAspectRatio="none" role="img" aria-label=(label) {
                    @for run in history {
                        @if !run.complete { line.incomplete x1=(x(run)) x2=(x(run)) y1="0" y2=(HEIGHT) {} }
                    }
                    line.grid x1="0" x2="1000" y1="0" y2="0" {}
                    line.grid x1="0" x2="1000" y1=(HEIGHT) y2=(HEIGHT) {}
                    @for (class, _, count) in LINES { polyline.(class) points=(path(count)) {} }
                }
            }
            div.axis aria-hidden="true" { span { (first.as_of.date()) } span { (last.as_of.date()) } }
            @if history.iter().any(|run| !run.complete) {
                p.legend { "A gray line marks a run that could not read everything." }
            }
        }
        (table(history))
    }
}

fn table(history: &[RunCounts]) -> Markup {
    html! {
        details {
            summary { "The numbers of the last " (history.len()) " runs" }
            div.scroll tabindex="0" role="region" aria-label="The last runs" {
                table.lists {
                    thead { tr {
                        th scope="col" { "Ages as of" }
                        @for (_, words, _) in LINES { th.num scope="col" { (words) } }
                        th.num scope="col" { "overdue" } th.num scope="col" { "due" }
                        th scope="col" { "Read" } th scope="col" { "Run" }
                    } }
                    tbody {
                        @for run in history.iter().rev() {
                            tr {
                                th scope="row" { (run.as_of.date()) }
                                @for (_, _, count) in LINES { td.num { (number(count(run))) } }
                                td.num { (number(run.overdue)) }
                                td.num { (number(run.due)) }
                                td { (if run.complete { "all" } else { "not everything" }) }
                                td { code { (Shown(&run.run_id)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
