//! A check as people at a desk read it. Pure.
//!
//! By service and domain, one line a step where it fits; the statements that are missing stand together at the end, ready to
//! be pasted.

use crate::display::{counted, line, wrap};
use crate::iam_statement::FOR_A_PERSON;
use crate::model::Verdict;

use super::result::{CheckReport, CheckResult, Service, Step};

/// Lines are at most as long, but for statements and long words.
const WIDTH: usize = 100;
/// Of a name or a detail from outside at most as much is shown.
const MAX_DETAIL_CHARS: usize = 2000;

/// Writes the text.
pub fn render(report: &CheckReport) -> String {
    let mut text = format!(
        "CHECK {}, credential-audit {}\n",
        report.check_id, report.version
    );
    let titles = report.checks.iter().map(|step| step.what.title().len());
    let width = titles.max().unwrap_or_default();
    let mut place = None;
    for step in &report.checks {
        let own_place = (step.service, &step.domain);
        if place != Some(own_place) {
            text.push_str(&format!("\n{}\n", heading(step)));
            place = Some(own_place);
        }
        text.push_str(&step_lines(step, width));
    }
    text.push_str(&format!("\n{}\n", conclusion(report)));
    if !report.statements.is_empty() {
        text.push_str(
            "\nPOLICY STATEMENTS that are probably missing; a change takes up to 15 minutes:\n\n",
        );
        for statement in &report.statements {
            text.push_str(&line(statement, MAX_DETAIL_CHARS));
            text.push('\n');
        }
        text.push_str(&format!("\n{FOR_A_PERSON}\n"));
    }
    text
}

fn heading(step: &Step) -> String {
    match (&step.domain, step.service) {
        (Some(domain), _) => format!(
            "Identity domain {}, {}",
            line(&domain.name, MAX_DETAIL_CHARS),
            line(&domain.url, MAX_DETAIL_CHARS)
        ),
        (None, Service::IdentityDomain) => "Identity domain".to_owned(),
        (None, service) => service.name().to_owned(),
    }
}

fn step_lines(step: &Step, width: usize) -> String {
    let result = step.result.words();
    let begun = format!("  {:width$}  {result:12}", step.what.title());
    let rows = step.rows.map(|rows| format!("{rows} there"));
    let detail = step
        .detail
        .as_ref()
        .map(|detail| line(detail, MAX_DETAIL_CHARS));
    let told = [rows, detail].into_iter().flatten().collect::<Vec<_>>();
    let told = told.join("; ");
    if begun.chars().count() + 2 + told.chars().count() <= WIDTH {
        return format!("{}\n", format!("{begun}  {told}").trim_end());
    }
    let mut lines = format!("{}\n", begun.trim_end());
    for told in wrap(&told, "      ", WIDTH) {
        lines.push_str(&told);
        lines.push('\n');
    }
    lines
}

fn conclusion(report: &CheckReport) -> String {
    let count = |of: fn(CheckResult) -> bool| {
        let steps = report.checks.iter().filter(|step| of(step.result));
        steps.count() as u64
    };
    let works = count(|result| result == CheckResult::Works);
    let fails = count(CheckResult::is_failure);
    let not_checked = count(|result| result == CheckResult::NotChecked);
    let meaning = match report.verdict {
        Verdict::Complete => "everything that was checked works",
        Verdict::Partial => "not everything works",
        Verdict::Failed => "no domain can be read, its users and at least one kind",
    };
    format!(
        "{}: {meaning} ({works} of {}{}; {}).",
        report.verdict.word(),
        counted(works + fails, "check", "checks"),
        if works + fails == 1 {
            " works"
        } else {
            " work"
        },
        match not_checked {
            0 => "nothing was left out".to_owned(),
            _ => format!("{not_checked} not made"),
        }
    )
}
