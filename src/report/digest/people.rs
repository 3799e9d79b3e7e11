//! What to do now: the first credentials one by one, and the others by who acts, grouped by person.

use std::collections::BTreeMap;

use crate::credential_type::CredentialType;
use crate::display::{self, counted};
use crate::judge::action::{Action, Actor, Reason};
use crate::judge::changes::Change;
use crate::judge::{Audit, Finding};
use crate::report::groups::Groups;
use crate::report::instruction::{Instruction, credential_name, inactive_since};
use crate::report::names::Names;
use crate::report::person::{WorkCounts, person};
use crate::report::view::CredentialView;

use super::section::Section;

const DOMAIN_CHARS: usize = 40;
/// More credentials of unknown age in one list are a fact about the list.
const MAX_UNKNOWN_OF_LIST: u64 = 20;

/// The three sections of what to do now.
pub(super) struct Now {
    pub(super) first: Section,
    pub(super) security: Section,
    pub(super) people: Section,
}

impl Now {
    pub(super) fn of(audit: &Audit, names: Names, rows: usize, elsewhere: &str) -> Self {
        let lists = lists_of_unknown_age(audit);
        let is_single =
            |finding: &Finding| list_of(finding).is_none_or(|list| !lists.contains_key(&list));
        let mut order: Vec<(u32, &Finding)> = (0..)
            .zip(audit.now())
            .filter(|(_, finding)| is_single(finding))
            .collect();
        // Stable, so that the order of reports stays within each rank.
        order.sort_by_key(|(_, finding)| rank(finding));
        let mut rest = order.split_off(order.len().min(rows));
        rest.sort_unstable_by_key(|(index, _)| *index);
        let first_items = order.iter().filter_map(|(_, finding)| {
            let view = CredentialView::of(audit, finding)?;
            Some(item(audit, &view, names))
        });
        let first = Section::counted(
            "FIRST",
            &first_items.collect::<Vec<_>>(),
            (order.len() + rest.len()) as u64,
            &match elsewhere {
                "" => "below, by person".to_owned(),
                elsewhere => format!("below, by person, and {elsewhere}"),
            },
        );
        let (security, people): (Vec<_>, Vec<_>) = rest
            .into_iter()
            .partition(|(_, finding)| finding.actor == Actor::Security);
        let unreadable = lists.iter().map(|((domain, credential_type), count)| {
            undated_list(audit, *domain, *credential_type, *count)
        });
        let security = by_task(audit, security, names);
        Self {
            first,
            security: Section::new("SECURITY TEAM", unreadable.chain(security), rows, elsewhere),
            people: Section::new("PEOPLE", by_person(audit, people, names), rows, elsewhere),
        }
    }
}

/// Administrators' keys, other credentials of administrators, then what is new or worse.
const fn rank(finding: &Finding) -> u8 {
    match (finding.hints.administrator(), finding.change) {
        (true, _) if matches!(finding.credential_type, CredentialType::ApiKeys) => 0,
        (true, _) => 1,
        (false, Change::New | Change::Escalated) => 2,
        (false, Change::Still | Change::NotCompared) => 3,
    }
}

/// `ADMIN dana.diaz@example.com, Default: API key …60:a2:fe, 200 days, overdue since 2026-08-11. ...`.
pub(super) fn item(audit: &Audit, view: &CredentialView<'_>, names: Names) -> String {
    let mut marks = String::new();
    if view.finding.hints.administrator() {
        marks.push_str("ADMIN ");
    }
    match view.finding.change {
        Change::New => marks.push_str("NEW "),
        Change::Escalated => marks.push_str("ESCALATED "),
        Change::Still | Change::NotCompared => {}
    }
    format!(
        "{marks}{}: {}",
        person(view, names),
        Instruction::of(audit, view, names).sentence()
    )
}

type List = (u16, CredentialType);

const fn list_of(finding: &Finding) -> Option<List> {
    match finding.reason {
        Reason::AgeUnknown => Some((finding.domain, finding.credential_type)),
        _ => None,
    }
}

/// Lists with many credentials of unknown age, each with their number.
fn lists_of_unknown_age(audit: &Audit) -> BTreeMap<List, u64> {
    let mut lists = BTreeMap::new();
    for list in audit.now().filter_map(list_of) {
        *lists.entry(list).or_insert(0) += 1;
    }
    lists.retain(|_, count| *count > MAX_UNKNOWN_OF_LIST);
    lists
}

fn undated_list(audit: &Audit, domain: u16, credential_type: CredentialType, count: u64) -> String {
    let domain = &audit.domains[usize::from(domain)]
        .inventory
        .reading()
        .domain;
    let row = credential_type.row();
    format!(
        "check the list of {} of domain {}: {count} of them have no valid date, so their age is unknown",
        row.plural,
        display::line(&domain.name, DOMAIN_CHARS)
    )
}

/// `review: 2 credentials of ana.lopez@example.com, Default, inactive since 2026-11-20`.
fn by_task<'a>(
    audit: &'a Audit,
    findings: Vec<(u32, &'a Finding)>,
    names: Names,
) -> impl Iterator<Item = String> {
    let groups = Groups::among(findings.into_iter(), |finding| {
        let task = (finding.action, finding.reason);
        Some((task, finding.domain, finding.holder_rank))
    });
    (0..groups.len()).filter_map(move |group| {
        let mut findings = groups.get(audit, group);
        let number = findings.clone().count() as u64;
        let view = CredentialView::of(audit, findings.next()?)?;
        let count = counted(number, "credential", "credentials");
        let of = person(&view, names);
        Some(match (view.finding.action, view.finding.reason) {
            (Action::FindHolder, Reason::NamesNoUser) => format!(
                "find the holder: {count} of domain {} that name no user",
                display::line(&view.domain().name, DOMAIN_CHARS)
            ),
            (Action::FindHolder, _) => format!("find the holder: {count} of {of}, not listed"),
            (action, Reason::InactiveUser) => {
                let since = inactive_since(&view);
                format!("{}: {count} of {of}, {since}", verb(action))
            }
            (action, Reason::CapabilityOff) => {
                format!("{}: {count} of {of}, capability off", verb(action))
            }
            (action, Reason::MassChange) => {
                format!(
                    "{}: {count} of {of}, one of many changed at once",
                    verb(action)
                )
            }
            (action, _) => format!("{}: {count} of {of}", verb(action)),
        })
    })
}

const fn verb(action: Action) -> &'static str {
    match action {
        Action::RemoveAdminKey => "remove",
        Action::FindHolder => "find the holder",
        other => other.name(),
    }
}

/// `jane.roe@example.com, Default: rotate 2, remove 1. First: auth token "ocir-ci", overdue since 2026-11-17.`
fn by_person<'a>(
    audit: &'a Audit,
    findings: Vec<(u32, &'a Finding)>,
    names: Names,
) -> impl Iterator<Item = String> {
    let groups = Groups::among(findings.into_iter(), |finding| {
        Some((finding.domain, finding.holder_rank))
    });
    (0..groups.len()).filter_map(move |group| {
        let mut findings = groups.get(audit, group);
        let work = WorkCounts::of(findings.clone()).words();
        let view = CredentialView::of(audit, findings.next()?)?;
        let why = Instruction::of(audit, &view, names).why;
        Some(format!(
            "{}: {work}. First: {}, {why}.",
            person(&view, names),
            credential_name(&view, names)
        ))
    })
}
