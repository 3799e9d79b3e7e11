//! The lines above the first heading: the verdict and the work, what changed, how much was read, and where the report is.

use crate::credential_type::CredentialTypes;
use crate::display::{self, counted};
use crate::judge::Audit;
use crate::judge::age::AgeLimits;
use crate::report::coming_up::ComingUp;
use crate::report::console_links::ConsoleLinks;
use crate::report::coverage::{left_out, plurals, summary};
use crate::report::headline::{Headline, shard_sentence};

use super::news;
use super::options::{DigestKind, DigestOptions};
use super::place::main_report;

const SENTENCE_CHARS: usize = 600;

pub(super) fn lines(audit: &Audit, options: &DigestOptions, kind: &DigestKind) -> Vec<String> {
    let mut lines = vec![first_line(audit, kind)];
    if matches!(kind, DigestKind::Failed) {
        lines.extend(
            audit
                .run
                .shard
                .iter()
                .map(|shard| format!("SHARD {}: {}", shard.shard, shard_sentence(shard))),
        );
        lines.push("Report: none stored.".to_owned());
        return lines;
    }
    lines.extend(scope(audit));
    lines.extend(Headline::new(audit, |count| count.to_string()).more);
    lines.extend(news::gone(audit));
    lines.extend(since(audit));
    lines.extend(exceptions_not_read(audit));
    let left_out = left_out(audit).map_or_else(String::new, |left_out| format!(", {left_out}"));
    lines.push(format!(
        "Coverage: {} - {}. Not covered: passwords, application secrets{left_out}.",
        audit.verdict.word(),
        summary(audit)
    ));
    lines.push(report(audit, options, kind));
    lines
}

fn first_line(audit: &Audit, kind: &DigestKind) -> String {
    let headline = Headline::new(audit, |count| count.to_string());
    let supposed = if audit.run.is_what_if() {
        format!("WHAT-IF {}: ", audit.run.as_of().date())
    } else {
        String::new()
    };
    match kind {
        DigestKind::Failed => failed(audit),
        DigestKind::ReportsNotStored {
            reason,
            manifest_may_exist,
        } => {
            let have = if *manifest_may_exist {
                "may have no manifest"
            } else {
                "have no manifest"
            };
            format!(
                "REPORTS NOT STORED: {}. Use only this message, and ignore any objects of this run: they {have}. {supposed}{}",
                display::line(reason, SENTENCE_CHARS),
                headline.first_line_of_failed_delivery()
            )
        }
        DigestKind::Regular => format!("{supposed}{}", headline.first_line()),
    }
}

fn failed(audit: &Audit) -> String {
    match audit.counts.credentials {
        0 => "FAILED: no identity domain could be read. Nothing is known about any credential. Nothing was stored."
            .to_owned(),
        read => {
            let overdue = match audit.counts.overdue {
                0 => String::new(),
                overdue => format!(", {overdue} of them overdue"),
            };
            format!(
                "FAILED: no identity domain could be read. {} read{overdue}, but the users could not be read. Nothing was stored.",
                counted(read, "credential was", "credentials were")
            )
        }
    }
}

/// What a supposed day and a narrowed run leave open.
fn scope(audit: &Audit) -> Vec<String> {
    let run = &audit.run;
    let mut lines = Vec::new();
    if run.is_what_if() {
        lines.push(format!(
            "Ages are calculated as of {}, for the credentials that existed on {}.",
            run.as_of(),
            run.times.started.date()
        ));
    }
    if run.scope.is_narrowed() {
        let named = match (run.scope.domains, run.scope.credential_types) {
            (true, false) => "domains",
            (false, true) => "credential types",
            _ => "domains and credential types",
        };
        lines.push(format!(
            "SCOPED: this run covers some {named} only. It reports nothing about the others."
        ));
    }
    if let Some(shard) = &run.shard {
        lines.push(format!("SHARD {}: {}", shard.shard, shard_sentence(shard)));
    }
    lines
}

/// `Since Saturday 2026-11-28: 3 new, 1 escalated, 2 fixed. Next: 4 by Sunday 2026-12-06.`
fn since(audit: &Audit) -> Option<String> {
    let since = news::since(audit);
    let next = ComingUp::of(audit).periods().next();
    let next = next.map(|(count, last)| format!("Next: {count} by {}.", news::weekday(last)));
    let parts: Vec<_> = since.into_iter().chain(next).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn exceptions_not_read(audit: &Audit) -> Option<String> {
    let reason = audit.exceptions.unreadable.as_ref()?;
    let source = audit.exceptions.source.as_deref().unwrap_or_default();
    Some(format!(
        "EXCEPTIONS NOT READ, so nothing is accepted: {}: {}.",
        display::line(source, SENTENCE_CHARS),
        display::line(reason, SENTENCE_CHARS)
    ))
}

fn report(audit: &Audit, options: &DigestOptions, kind: &DigestKind) -> String {
    let location = match (&audit.run.location, kind) {
        (_, DigestKind::ReportsNotStored { .. }) => return "Report: not all stored.".to_owned(),
        (None, _) | (_, DigestKind::Failed) => return "Report: none stored.".to_owned(),
        (Some(location), DigestKind::Regular) => location,
    };
    let open = main_report(options);
    let folder = display::line(&location.folder, 1_100);
    match ConsoleLinks::of(&audit.run).bucket() {
        Some(link) => format!("Report: {link} (folder {folder}, open {open})"),
        None => format!(
            "Report: bucket {}, namespace {}, folder {folder}, open {open}",
            display::line(&location.bucket, 300),
            display::line(&location.namespace, 100)
        ),
    }
}

/// The ages at which credentials are due and overdue, one line for each pair of limits.
pub(super) fn rules(audit: &Audit) -> Vec<String> {
    let mut groups: Vec<(AgeLimits, CredentialTypes)> = Vec::new();
    for credential_type in audit.run.credential_types.iter() {
        let limits = audit.limits(credential_type);
        match groups.iter_mut().find(|(known, _)| *known == limits) {
            Some((_, credential_types)) => {
                *credential_types = credential_types.with(credential_type);
            }
            None => groups.push((limits, CredentialTypes::EMPTY.with(credential_type))),
        }
    }
    let all_alike = groups.len() == 1;
    groups
        .iter()
        .map(|(limits, credential_types)| {
            let of = if all_alike {
                String::new()
            } else {
                format!(" of {}", plurals(credential_types.iter()))
            };
            format!(
                "rule{of}: due from an age of {} days, overdue from {} days, counted in whole days since creation (of database \
                 credentials since their password was last set)",
                limits.warning_days, limits.rotation_days
            )
        })
        .collect()
}
