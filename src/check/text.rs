//! The text of a check. Pure.
//!
//! Steps are listed by service and domain, one per line if they fit. Missing statements follow at the end, ready to paste.

use crate::credential_type::CREDENTIAL_TYPES;
use crate::display::{counted, line, wrap};
use crate::iam_statement::FOR_A_PERSON;
use crate::model::Verdict;

use super::result::{CheckReport, CheckResult, Service, Step, Subject};

/// Max characters per line, except for statements and long words.
const WIDTH: usize = 100;
/// Max characters of a name or a detail from outside.
const MAX_DETAIL_CHARS: usize = 2000;

/// Renders the text.
pub fn render(report: &CheckReport) -> String {
    let profile = report
        .profile
        .as_deref()
        .map(|profile| format!(", profile {}", line(profile, MAX_DETAIL_CHARS)));
    let mut text = format!(
        "CHECK {}, credential-audit {}{}\n",
        report.check_id,
        report.version,
        profile.unwrap_or_default()
    );
    let titles = report.checks.iter().map(|step| step.what.title().len());
    let width = titles.max().unwrap_or_default();
    let results = report.checks.iter().map(|step| step.result.words().len());
    let widths = [width, results.max().unwrap_or_default()];
    let mut heading_of = None;
    for steps in report.checks.chunk_by(Step::failed_like) {
        let Some(step) = steps.first() else { continue };
        let group = (step.service, &step.domain);
        if heading_of != Some(group) {
            text.push_str(&format!("\n{}\n", heading(step)));
            heading_of = Some(group);
        }
        text.push_str(&step_lines(step, &title(steps), widths));
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

/// `Users, and all 6 types`.
fn title(steps: &[Step]) -> String {
    let is_type = |step: &&Step| matches!(step.what, Subject::Credentials(_));
    let types = steps.iter().filter(is_type).count();
    match steps.iter().find(|step| step.what == Subject::Users) {
        Some(users) if types == CREDENTIAL_TYPES.len() && types + 1 == steps.len() => {
            format!("{}, and all {types} types", users.what.title())
        }
        _ => {
            let titles: Vec<_> = steps.iter().map(|step| step.what.title()).collect();
            titles.join(", ")
        }
    }
}

/// `widths`: of the titles and of the results.
fn step_lines(step: &Step, title: &str, [title_width, result_width]: [usize; 2]) -> String {
    let result = step.result.words();
    let start = format!("  {title:title_width$}  {result:result_width$}");
    let rows = step.rows.map(|rows| format!("{rows} found"));
    let detail = step
        .detail
        .as_ref()
        .map(|detail| line(detail, MAX_DETAIL_CHARS));
    let details: Vec<_> = [rows, detail].into_iter().flatten().collect();
    let details = details.join("; ");
    if start.chars().count() + 2 + details.chars().count() <= WIDTH {
        return format!("{}\n", format!("{start}  {details}").trim_end());
    }
    let mut lines = format!("{}\n", start.trim_end());
    for line in wrap(&details, "      ", WIDTH) {
        lines.push_str(&line);
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
        Verdict::Complete if fails > 0 => "everything works that a run needs",
        Verdict::Complete => "every check works",
        Verdict::Partial => "some checks fail",
        Verdict::Failed => "no domain can be read (its users and at least one type)",
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
            0 => "all were checked".to_owned(),
            _ => format!("{not_checked} not checked"),
        }
    )
}
