//! The digest: the one message of a run, which people read as a plain-text e-mail.
//!
//! Its first lines state what to do, by whom, and whether everything was read. Then come the first credentials one by one, the
//! others by person, what comes up and what changed. A topic accepts 64 KB per request. Each section has a max of rows, and
//! at least one; counts are always exact.
//!
//! Untrusted text passes through `crate::display`: it must not break or reorder a line, or grow the message without bound.

mod also;
mod body;
mod fleet;
mod form;
mod news;
mod opening;
mod options;
mod owner_part;
mod owners;
mod people;
mod place;
mod section;
mod subject;
mod test_message;

use crate::credential_type::CredentialType;
use crate::display;
use crate::judge::Audit;
use crate::judge::action::{Action, Urgency};
use crate::model::Verdict;

pub use super::names::Names;
pub use crate::message::Message;
use body::{Body, json_bytes};
pub use fleet::{FleetFiles, compose_fleet, compose_fleet_failed};
pub use form::{DIGEST_MARKER, MAX_BYTES, MAX_TITLE_CHARS, is_own_digest};
pub use options::{DEFAULT_ROWS, DigestKind, DigestOptions, NextDigest, NotInHub, SuppressedMails};
pub use owner_part::{compose_owner_part, owner_part_is_due};
pub use test_message::compose_test;

use super::accepted;
use super::coming_up::ComingUp;
use super::coverage::incomplete_list_texts;

use form::{SHORT_BYTES, marker};
use people::Now;
use place::elsewhere;
use section::Section;

/// Lists that were not read have more text than others.
const MAX_NOT_READ: usize = 40;

/// Writes the digest of a run.
pub fn compose(audit: &Audit, options: &DigestOptions, kind: &DigestKind) -> Message {
    let kind = regular_or_failed(audit, kind);
    let subject = subject::subject(audit, kind);
    // A repeat has a longer title, of up to four bytes per character.
    let frame = json_bytes(r#"{"title":"","body":""}"#) + 4 * MAX_TITLE_CHARS;
    let mut body = Body::new(MAX_BYTES.saturating_sub(frame));
    body.lines(&opening::lines(audit, options, kind));
    let run = run_lines(audit, options, kind);
    body.reserve(&run);
    section::write(&sections(audit, options, kind), &mut body);
    body.release(&run);
    body.lines(&run);
    form::message(&subject, body.into_text())
}

/// The short form: subject, first lines, and the first credentials.
pub fn compose_short(audit: &Audit, options: &DigestOptions, kind: &DigestKind) -> Message {
    let kind = regular_or_failed(audit, kind);
    let subject = subject::subject(audit, kind);
    let mut body = Body::new(SHORT_BYTES);
    let end = [String::new(), marker(audit)];
    body.reserve(&end);
    let opening = opening::lines(audit, options, kind);
    for line in opening {
        body.cut_line(&line);
    }
    if *kind != DigestKind::Failed && options.names != Names::None {
        let now = Now::of(
            audit,
            options.names,
            options.rows,
            &elsewhere(audit, options, kind),
        );
        section::write_if_it_fits(&now.first, &mut body);
    }
    body.release(&end);
    body.lines(&end);
    form::message(&subject, body.into_text())
}

fn regular_or_failed<'a>(audit: &Audit, kind: &'a DigestKind) -> &'a DigestKind {
    match kind {
        DigestKind::Regular if audit.verdict == Verdict::Failed => &DigestKind::Failed,
        kind => kind,
    }
}

fn sections(audit: &Audit, options: &DigestOptions, kind: &DigestKind) -> Vec<Section> {
    let (names, rows) = (options.names, options.rows);
    let elsewhere = elsewhere(audit, options, kind);
    let not_read = incomplete_list_texts(audit, names)
        .iter()
        .map(super::coverage::IncompleteListText::line)
        .chain(news::known_before(audit))
        .collect::<Vec<_>>();
    let not_read = Section::new(
        "NOT READ",
        not_read.into_iter(),
        rows.max(MAX_NOT_READ),
        "in manifest.json",
    );
    if matches!(kind, DigestKind::Failed) {
        return vec![not_read];
    }
    let mut sections = vec![not_read];
    if names == Names::None {
        sections.push(by_type(audit, &elsewhere));
    } else {
        let now = Now::of(audit, names, rows, &elsewhere);
        sections.extend([now.first, now.security, now.people]);
        sections.push(owners::owners(audit, names, rows));
    }
    sections.push(Section::new("COMING UP", coming_up(audit), rows, ""));
    if names != Names::None {
        sections.extend(news::created(audit, names, rows, &elsewhere));
    }
    sections.extend(news::fixed(audit, rows, &elsewhere));
    let (entries, others) = accepted::to_look_at(audit, names);
    sections.push(
        Section::new(
            "EXCEPTIONS AND GAPS",
            entries.into_iter(),
            rows,
            "in manifest.json",
        )
        .and_others(others),
    );
    sections.push(Section::new(
        "ALSO",
        also::lines(audit, options).into_iter(),
        rows,
        &elsewhere,
    ));
    sections
}

/// `4 by 2026-12-06, 12 by 2026-12-13, 20 by 2026-12-27`.
fn coming_up(audit: &Audit) -> impl Iterator<Item = String> {
    let periods: Vec<_> = ComingUp::of(audit)
        .periods()
        .map(|(count, last)| format!("{count} by {}", last.date()))
        .collect();
    (!periods.is_empty())
        .then(|| periods.join(", "))
        .into_iter()
}

/// Counts by type and action, in place of sections that name people.
fn by_type(audit: &Audit, elsewhere: &str) -> Section {
    let items = CredentialType::all().filter_map(|credential_type| {
        let of = |action, urgency| {
            audit
                .findings
                .iter()
                .filter(|finding| {
                    finding.credential_type == credential_type
                        && finding.action == action
                        && finding.urgency == urgency
                })
                .count()
        };
        let counts: Vec<_> = Action::ALL
            .into_iter()
            .filter(|action| *action != Action::None)
            .flat_map(|action| {
                Urgency::OF_ACTIONS.map(|urgency| (action, urgency, of(action, urgency)))
            })
            .filter(|(.., count)| *count > 0)
            .map(|(action, urgency, count)| {
                format!("{count} {} {}", action.words(), urgency.words())
            })
            .collect();
        let row = credential_type.row();
        (!counts.is_empty()).then(|| format!("{}: {}", row.plural, counts.join(", ")))
    });
    Section::new("BY TYPE", items, usize::MAX, elsewhere)
}

/// The rule, the run, the next mail, and the mark of a digest.
fn run_lines(audit: &Audit, options: &DigestOptions, kind: &DigestKind) -> Vec<String> {
    let mut lines = vec![String::new(), "RUN".to_owned()];
    if !matches!(kind, DigestKind::Failed) {
        lines.extend(
            opening::rules(audit)
                .into_iter()
                .map(|rule| format!("- {rule}")),
        );
    }
    lines.push(format!(
        "- run {} of {}, credential-audit {}, ages as of {}, all dates are UTC",
        display::line(&audit.run.id, 100),
        display::line(&audit.run.tenancy.display_name(), 60),
        audit.run.version,
        audit.run.as_of()
    ));
    lines.push(format!("- next mail: {}", next_mail(audit, options.next)));
    if let Some(region) = &options.region {
        lines.push(format!(
            "- this mail is sent by OCI Notifications in region {}",
            display::line(region, 60)
        ));
    }
    lines.push(marker(audit));
    lines
}

fn next_mail(audit: &Audit, next: NextDigest) -> String {
    match next {
        NextDigest::OnChange(weekday) => {
            let today = audit.run.as_of().to_chrono().date_naive();
            let until = today
                .iter_days()
                .skip(1)
                .find(|day| chrono::Datelike::weekday(day) == weekday);
            let until = until.map_or_else(String::new, |day| day.format("%A %Y-%m-%d").to_string());
            format!("on change, at the latest {until}; no mail by then: something is broken")
        }
        NextDigest::IfFound => {
            "after the next run that finds something to do, or cannot read everything".to_owned()
        }
        NextDigest::Always => "after the next run; no mail by then: something is broken".to_owned(),
        NextDigest::Never => "only if a run fails, because AUDIT_NOTIFY is never".to_owned(),
    }
}
