//! How completely the tenancy was read, and everything that was not read, in words. Digest, page and command line share them.

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::display::{self, counted};
use crate::judge::coverage_gap::{GapCause, IncompleteLists, List};
use crate::judge::{Audit, DomainAudit};
use crate::model::Verdict;
use crate::server_text::FailureText;

use super::names::Names;

pub(super) const NAME_CHARS: usize = 60;
/// Max lists that a first line names.
const MAX_NAMED: usize = 2;

/// Lists that are not complete for one reason.
pub(crate) struct IncompleteListText {
    /// `domain Default: SMTP credentials`.
    pub(super) subject: String,
    /// How far they were read, in short; may be empty.
    pub(super) extent: String,
    /// What came back and what to do about it; may be empty.
    pub(super) message: String,
}

/// Everything that was not read, or not completely. The words of a service may name users, so only full names permit them.
pub(crate) fn incomplete_list_texts(audit: &Audit, names: Names) -> Vec<IncompleteListText> {
    audit
        .incomplete_lists()
        .map(|lists| IncompleteListText::new(audit, &lists, names))
        .collect()
}

/// `known gap until 2026-12-31`, if each of the lists is one.
fn known_gap(audit: &Audit, lists: &IncompleteLists<'_>) -> Option<String> {
    let List::Credentials(domain, _) = lists.list else {
        return None;
    };
    let today = audit.run.as_of().to_chrono().date_naive();
    let name = &domain.inventory.reading().domain.name;
    let until = lists.types.iter().map(|credential_type| {
        let gap = audit.exceptions.known_gap(today, name, credential_type);
        gap.map(|gap| gap.until)
    });
    let until: Option<Vec<_>> = until.collect();
    Some(format!("known gap until {}", until?.into_iter().min()?))
}

/// `domain Default: SMTP credentials; and 2 more`.
pub(super) fn missing_lists(audit: &Audit) -> String {
    let subjects: Vec<_> = audit
        .incomplete_lists()
        .map(|lists| subject(&lists))
        .collect();
    let (named, others) = subjects.split_at(subjects.len().min(MAX_NAMED));
    match others.len() {
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}

fn subject(lists: &IncompleteLists<'_>) -> String {
    let name =
        |domain: &DomainAudit| display::line(&domain.inventory.reading().domain.name, NAME_CHARS);
    match lists.list {
        List::Domains => "the search for domains".to_owned(),
        List::Users(domain) => match lists.types.len() {
            0 => format!("domain {}: users", name(domain)),
            types if types == CREDENTIAL_TYPES.len() => {
                format!("domain {}: users, and all {types} types", name(domain))
            }
            _ => format!(
                "domain {}: users, {}",
                name(domain),
                plurals(lists.types.iter())
            ),
        },
        List::Credentials(domain, _) => {
            format!("domain {}: {}", name(domain), plurals(lists.types.iter()))
        }
    }
}

impl IncompleteListText {
    fn new(audit: &Audit, lists: &IncompleteLists<'_>, names: Names) -> Self {
        let shown = |text: FailureText| match names {
            Names::Full => text.with_words().to_owned(),
            Names::Masked | Names::None => text.plain().to_owned(),
        };
        let mut extent = Vec::new();
        let mut message = String::new();
        for gap in &lists.gaps {
            match gap.cause {
                GapCause::Discovery(_) | GapCause::NoDomain => message = shown(gap.advice()),
                GapCause::Failure(failure) => {
                    extent.push(failure.cause.cell());
                    message = shown(gap.advice());
                }
                // The extent has the cause.
                GapCause::NotListed(_)
                | GapCause::UnreadableClaims(_)
                | GapCause::Rows(_)
                | GapCause::NotRead => {
                    if let (true, Some(remedy)) = (message.is_empty(), &gap.remedy) {
                        message = remedy.at(gap.place);
                    }
                }
            }
        }
        let place = audit.run.place;
        for statement in &lists.further_statements {
            message.push_str(&format!("; and this one: {}", statement.at(place)));
        }
        if let Some(coverage) = lists
            .list
            .coverage()
            .filter(|coverage| !coverage.is_complete())
        {
            let expected = coverage.expected.map(|expected| format!(" of {expected}"));
            match coverage.contradiction() {
                Some(contradiction) => extent.push(contradiction),
                None if coverage.was_read() => extent.push(format!(
                    "{}{} read",
                    coverage.read,
                    expected.unwrap_or_default()
                )),
                None => {}
            }
            extent.extend(coverage.gaps.iter().map(ToString::to_string));
            if extent.is_empty() {
                extent.push("not read".to_owned());
            }
        }
        extent.extend(known_gap(audit, lists));
        Self {
            subject: subject(lists),
            extent: extent.join("; "),
            message,
        }
    }

    /// `domain Default: SMTP credentials: UNAUTHORIZED. Listing ... was refused (403); ...`.
    pub(crate) fn line(&self) -> String {
        let extent = match self.extent.as_str() {
            "" => String::new(),
            extent => format!(": {extent}"),
        };
        let message = match self.message.as_str() {
            "" => String::new(),
            message => format!(". {}", display::capitalized(message)),
        };
        format!("{}{extent}{message}", self.subject)
    }
}

/// `2 domains, 412 users, 655 credentials, all 6 types`.
pub(crate) fn summary(audit: &Audit) -> String {
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
        "{domains}{}, {}, {}",
        match audit.run.shard {
            Some(shard) => format!(" of shard {}", shard.shard),
            None => String::new(),
        },
        counted(users as u64, "user", "users"),
        counted(audit.counts.credentials, "credential", "credentials"),
    );
    match (audit.verdict, audit.run.credential_types.len()) {
        (Verdict::Complete, types) if types == CREDENTIAL_TYPES.len() => {
            format!("{read}, all {types} types")
        }
        (Verdict::Complete, types) => {
            format!("{read}, {types} of {} types", CREDENTIAL_TYPES.len())
        }
        _ => format!("{read} read, but not everything"),
    }
}

/// Left out by the settings or the invocation: `left out by the settings: SMTP credentials`.
pub(super) fn left_out(audit: &Audit) -> Option<String> {
    let left_out: CredentialTypes = CredentialType::all()
        .filter(|credential_type| !audit.run.credential_types.contains(*credential_type))
        .collect();
    let by = if audit.run.scope.credential_types {
        "the invocation"
    } else {
        "the settings"
    };
    (!left_out.is_empty()).then(|| format!("left out by {by}: {}", plurals(left_out.iter())))
}

pub(super) fn plurals(credential_types: impl Iterator<Item = CredentialType>) -> String {
    let names: Vec<_> = credential_types
        .map(|credential_type| credential_type.row().plural)
        .collect();
    names.join(", ")
}
