//! What was read, what could not be read and what to do about it, and the rule by which it was judged.

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::display::{self, counted, wrap};
use crate::inventory::DomainInventory;
use crate::judge::Audit;
use crate::judge::age::AgeLimits;
use crate::model::{ListCoverage, TypeReading, Verdict};
use crate::summary::cross_check;

use super::body::{Body, json_bytes};
use super::{DigestKind, WIDTH};

/// Holes are told up to this many bytes; credentials need the rest. The manifest has them all.
const HOLES_BYTES: usize = 10_000;
const NAME_CHARS: usize = 60;
const SENTENCE_CHARS: usize = 600;

/// Something that could not be read.
pub(in crate::report) struct Hole {
    /// `domain Default: SMTP credentials`.
    pub(in crate::report) subject: String,
    /// What is wrong, in short.
    pub(in crate::report) what: String,
    /// A sentence that says more; may be empty.
    pub(in crate::report) message: String,
}

/// How completely the tenancy was read, and every hole.
pub(super) fn write(audit: &Audit, kind: &DigestKind, body: &mut Body) {
    if let DigestKind::Failed { reasons } = kind {
        body.line("What could not be read:");
        let holes = holes(audit);
        let told = |reason: &&String| !holes.iter().any(|hole| hole.message == **reason);
        let mut lines: Vec<Vec<String>> = reasons
            .iter()
            .filter(told)
            .map(|reason| item(reason))
            .collect();
        lines.extend(holes.iter().map(Hole::lines));
        write_bounded(&lines, "", body);
        return;
    }
    body.lines(&wrap(&summary(audit), "", WIDTH));
    if audit.verdict != Verdict::Complete {
        body.line("What could not be read can hold overdue credentials:");
    }
    let holes: Vec<_> = holes(audit).iter().map(Hole::lines).collect();
    write_bounded(&holes, "in manifest.json", body);
    let left_out: CredentialTypes = CredentialType::all()
        .filter(|credential_type| !audit.run.credential_types.contains(*credential_type))
        .collect();
    if !left_out.is_empty() {
        let by = if audit.run.scope.credential_types {
            "the invocation"
        } else {
            "the settings"
        };
        let credential_types = plurals(left_out.iter());
        body.lines(&wrap(
            &format!("Not audited, left out by {by}: {credential_types}."),
            "",
            WIDTH,
        ));
    }
    if !audit.passed_over.is_empty() {
        body.line("Passed over:");
        let passed_over = audit.passed_over.iter();
        let items: Vec<_> = passed_over.map(|it| item(&it.to_string())).collect();
        write_bounded(&items, "in manifest.json", body);
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
    let mut lines: Vec<String> = groups
        .iter()
        .flat_map(|(limits, credential_types)| {
            let of = if all_alike {
                String::new()
            } else {
                format!(" for {}", plurals(credential_types.iter()))
            };
            let rule = format!(
                "Rule{of}: due from an age of {} days, overdue from {} days.",
                limits.warning_days, limits.rotation_days
            );
            wrap(&rule, "", WIDTH)
        })
        .collect();
    let basis = if audit
        .run
        .credential_types
        .iter()
        .any(|credential_type| credential_type.row().age_from_last_set_date)
    {
        "Ages: whole 24-hour days since creation (database credentials: since their password was last set)."
    } else {
        "Ages: whole 24-hour days since creation."
    };
    lines.extend(wrap(basis, "", WIDTH));
    lines
}

fn summary(audit: &Audit) -> String {
    let users: usize = audit
        .domains
        .iter()
        .map(|domain| domain.inventory.user_count())
        .sum();
    let failed = audit
        .domains
        .iter()
        .filter(|domain| domain.verdict == Verdict::Failed)
        .count();
    let domains = match (audit.domains.len(), failed) {
        (all, 0) => counted(all as u64, "domain", "domains"),
        (all, failed) => format!("{} of {all} domains", all - failed),
    };
    let read = format!(
        "{domains}, {}, {}",
        counted(users as u64, "user", "users"),
        counted(audit.counts.credentials, "credential", "credentials"),
    );
    match audit.verdict {
        Verdict::Complete => {
            let credential_types = match (audit.run.credential_types.len(), CREDENTIAL_TYPES.len())
            {
                (read, all) if read == all => format!("all {all} kinds"),
                (read, all) => format!("{read} of {all} kinds"),
            };
            format!("Coverage: COMPLETE - {read}, {credential_types} read.")
        }
        verdict => format!(
            "Coverage: {} - {read} read, but NOT everything.",
            verdict.word()
        ),
    }
}

/// Everything that could not be read.
pub(in crate::report) fn holes(audit: &Audit) -> Vec<Hole> {
    let discovery = audit.discovery_gaps.iter().map(|gap| Hole {
        subject: "finding the domains".to_owned(),
        what: String::new(),
        message: gap.to_string(),
    });
    let domains = audit
        .domains
        .iter()
        .flat_map(|domain| domain_holes(&domain.inventory));
    discovery.chain(domains).collect()
}

/// The holes of one domain. Types that failed alike are told together: one missing policy is one thing to mend.
fn domain_holes(inventory: &DomainInventory) -> Vec<Hole> {
    let reading = inventory.reading();
    let name = display::line(&reading.domain.name, NAME_CHARS);
    let mut holes = Vec::new();
    let users = &reading.users_coverage;
    if !users.is_complete() {
        let (what, message) = describe(users);
        holes.push(Hole {
            subject: format!("domain {name}: users"),
            what,
            message,
        });
    } else if inventory.user_count() == 0 {
        holes.push(Hole {
            subject: format!("domain {name}: users"),
            what: "none is listed".to_owned(),
            message: "A domain that shows no user cannot be told from one that hides them: check that the policy \
                      grants reading users of this domain."
                .to_owned(),
        });
    }
    let mut alike: Vec<(String, String, CredentialTypes)> = Vec::new();
    for credential_type in CredentialType::all() {
        let TypeReading::Read { coverage, .. } = &reading.credential_types[credential_type.index()]
        else {
            continue;
        };
        if coverage.is_complete() {
            continue;
        }
        let (what, message) = describe(coverage);
        match alike.iter_mut().find(|(known, ..)| *known == what) {
            Some((.., credential_types)) => {
                *credential_types = credential_types.with(credential_type);
            }
            None => alike.push((what, message, CredentialTypes::EMPTY.with(credential_type))),
        }
    }
    holes.extend(
        alike
            .into_iter()
            .map(|(what, message, credential_types)| Hole {
                subject: format!("domain {name}: {}", plurals(credential_types.iter())),
                what,
                message,
            }),
    );
    holes
}

/// What is wrong with a list, in short and in a sentence.
fn describe(coverage: &ListCoverage) -> (String, String) {
    let mut what = Vec::new();
    if let Some(failure) = &coverage.failure {
        what.push(failure.cause.cell());
    }
    if coverage.claimed_but_not_listed > 0 {
        what.push(cross_check(coverage));
    } else if coverage.was_read() {
        let expected = coverage
            .expected
            .map_or_else(String::new, |expected| format!(" of {expected}"));
        what.push(format!("{}{expected} read", coverage.read));
    }
    what.extend(coverage.gaps.iter().cloned());
    if what.is_empty() {
        what.push("not read".to_owned());
    }
    let message = coverage
        .failure
        .as_ref()
        .map_or_else(String::new, |failure| failure.message.clone());
    (what.join("; "), message)
}

impl Hole {
    fn lines(&self) -> Vec<String> {
        let separator = if self.what.is_empty() { "" } else { ": " };
        let first = format!("{}{separator}{}", self.subject, self.what);
        let mut lines = item(&first);
        let message = display::line(&self.message, SENTENCE_CHARS);
        lines.extend(wrap(&message, "    ", WIDTH));
        lines
    }
}

/// An item of a list, in as many lines as it needs.
fn item(sentence: &str) -> Vec<String> {
    let mut lines = wrap(&display::line(sentence, SENTENCE_CHARS), "    ", WIDTH);
    if let Some(first) = lines.first_mut() {
        first.replace_range(..4, "  - ");
    }
    lines
}

/// Writes items while they fit into [`HOLES_BYTES`], and counts the others.
fn write_bounded(items: &[Vec<String>], elsewhere: &str, body: &mut Body) {
    let mut left = HOLES_BYTES;
    for (index, lines) in items.iter().enumerate() {
        let cost: usize = lines.iter().map(|line| json_bytes(line) + 2).sum();
        if cost > left {
            let more = items.len() - index;
            body.line(format!("  \u{2026} and {more} more {elsewhere}").trim_end());
            return;
        }
        left -= cost;
        body.lines(lines);
    }
}

fn plurals(credential_types: impl Iterator<Item = CredentialType>) -> String {
    let names: Vec<_> = credential_types
        .map(|credential_type| credential_type.row().plural)
        .collect();
    names.join(", ")
}
