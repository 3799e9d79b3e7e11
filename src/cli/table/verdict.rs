//! The work in sentences, and what the run read: with what was not read, and the exceptions that need attention.

use crate::credential_type::CredentialType;
use crate::iam_statement::FOR_A_PERSON;
use crate::judge::Audit;
use crate::model::Verdict;
use crate::report::headline::{Headline, shard_sentence};
use crate::report::{coverage, names::Names, notes};

use super::style::Style;
use crate::cli::terminal::one_line;

/// Before each line below the verdict.
const INDENT: &str = "  ";

pub(super) fn render(audit: &Audit, style: Style) -> String {
    let run = &audit.run;
    let mut text = String::new();
    if run.is_what_if() {
        let sentence = format!(
            "WHAT-IF {}: ages are calculated as of {}, for the credentials that existed on {}.",
            run.as_of().date(),
            run.as_of(),
            run.times.started.date()
        );
        text.push_str(&style.paragraph(&sentence, ""));
    }
    if let Some(shard) = &run.shard {
        let sentence = format!("SHARD {}: {}", shard.shard, shard_sentence(shard));
        text.push_str(&style.paragraph(&sentence, ""));
    }
    let headline = Headline::new(audit, |number| number.to_string());
    for line in std::iter::once(headline.first_line()).chain(headline.more) {
        text.push_str(&style.paragraph(&one_line(&line), ""));
    }
    let read = format!(
        "{}: {}, {}; {} overdue, {} due",
        audit.verdict.word(),
        run.tenancy.name_and_profile(),
        coverage::summary(audit),
        audit.counts.overdue,
        audit.counts.due
    );
    text.push_str(&style.paragraph(&one_line(&read), ""));
    for line in details(audit) {
        text.push_str(&style.paragraph(&one_line(&line), INDENT));
    }
    text
}

/// What was not read, left out or skipped, and the exceptions that need attention.
fn details(audit: &Audit) -> Vec<String> {
    let mut lines = Vec::new();
    if audit.verdict != Verdict::Complete {
        let lists = coverage::incomplete_list_texts(audit, Names::Full);
        lines.extend(
            lists
                .iter()
                .map(|list| format!("not read: {}", list.line())),
        );
        if audit.needs_statement() {
            lines.push(FOR_A_PERSON.to_owned());
        }
    }
    let left_out: Vec<_> = CredentialType::all()
        .filter(|credential_type| !audit.run.credential_types.contains(*credential_type))
        .map(|credential_type| credential_type.row().plural)
        .collect();
    if !left_out.is_empty() {
        lines.push(format!("not audited, left out: {}", left_out.join(", ")));
    }
    lines.extend(audit.skipped_domains.iter().map(ToString::to_string));
    lines.extend(notes(audit));
    lines
}
