//! What to clean up: dormant users and unused capabilities. Totals, a few names, and the report that has the rest.

use crate::credential_type::CredentialType;
use crate::display::{self, counted, wrap};
use crate::judge::hints::DORMANT_DAYS;
use crate::judge::{Audit, DomainAudit};
use crate::model::{User, Verdict};
use crate::timestamp::Timestamp;

use super::form::{INDENT, WIDTH};
use super::options::Names;
use super::wording::masked;

const MAX_NAMES: usize = 5;
const NAME_CHARS: usize = 40;

/// Reports that list all of them.
pub(super) struct Elsewhere {
    /// Of dormant users.
    pub(super) notes: Option<&'static str>,
    /// Of capabilities.
    pub(super) usage: Option<&'static str>,
}

/// Both sections, each after a blank line; neither if nothing needs cleaning up.
pub(super) fn lines(audit: &Audit, names: Names, elsewhere: &Elsewhere) -> Vec<String> {
    let mut lines = dormant(audit, names, elsewhere.notes);
    lines.extend(unused(audit, names, elsewhere.usage));
    lines
}

fn dormant(audit: &Audit, names: Names, elsewhere: Option<&str>) -> Vec<String> {
    let mut examples = Vec::new();
    let mut count = 0;
    for (domain, user) in audit.dormant_holders() {
        count += 1;
        if examples.len() < MAX_NAMES {
            let last = user.last_login.instant();
            let last = last.map_or_else(|| "never".to_owned(), Timestamp::date);
            examples.push(name(audit, domain, user, names, Some(&last)));
        }
    }
    if count == 0 {
        return Vec::new();
    }
    let heading = format!(
        "DORMANT USERS: {}{} - no console sign-in for {DORMANT_DAYS} days: check whether the credentials are needed",
        at_least(audit),
        counted(count, "user", "users"),
    );
    let mut lines = vec![String::new()];
    lines.extend(wrap(&heading, "", WIDTH));
    lines.extend(listed(&examples, count, names, elsewhere));
    lines
}

fn unused(audit: &Audit, names: Names, elsewhere: Option<&str>) -> Vec<String> {
    let (by_type, count) = audit.count_unused_capabilities();
    if count == 0 {
        return Vec::new();
    }
    let heading = format!(
        "CAPABILITIES WITHOUT A CREDENTIAL: {}{} - turn off each capability that is not needed",
        at_least(audit),
        counted(count, "user", "users"),
    );
    let credential_types: Vec<_> = CredentialType::all()
        .filter(|credential_type| by_type[credential_type.index()] > 0)
        .map(|credential_type| {
            format!(
                "{} {}",
                credential_type.row().plural,
                by_type[credential_type.index()]
            )
        })
        .collect();
    let examples: Vec<_> = audit
        .unused_capabilities()
        .take(MAX_NAMES)
        .map(|(domain, user, _)| name(audit, domain, user, names, None))
        .collect();
    let mut lines = vec![String::new()];
    lines.extend(wrap(&heading, "", WIDTH));
    lines.extend(wrap_items(&credential_types));
    lines.extend(listed(&examples, count, names, elsewhere));
    lines
}

/// Lists that were not read may hold more.
fn at_least(audit: &Audit) -> &'static str {
    match audit.verdict {
        Verdict::Complete => "",
        _ => "at least ",
    }
}

/// `jane.roe@example.com (Default, never)`.
fn name(
    audit: &Audit,
    domain: &DomainAudit,
    user: &User,
    names: Names,
    detail: Option<&str>,
) -> String {
    let name = domain.inventory.user_name(user);
    let name = match names {
        _ if name.is_empty() => "(no name)".to_owned(),
        Names::Masked => masked(name),
        _ => name.to_owned(),
    };
    let name = display::line(&name, NAME_CHARS);
    let domain = (audit.domains.len() > 1)
        .then(|| display::line(&domain.inventory.reading().domain.name, 16));
    let details: Vec<_> = domain.as_deref().into_iter().chain(detail).collect();
    if details.is_empty() {
        name
    } else {
        format!("{name} ({})", details.join(", "))
    }
}

fn listed(examples: &[String], count: u64, names: Names, elsewhere: Option<&str>) -> Vec<String> {
    if names == Names::None {
        return Vec::new();
    }
    let mut lines = wrap_items(examples);
    let more = count - examples.len() as u64;
    if more > 0 {
        let place = elsewhere.map_or_else(String::new, |place| format!(" in {place}"));
        lines.push(format!("{INDENT}\u{2026} and {more} more{place}"));
    }
    lines
}

/// Items separated by commas. Lines break only after a comma, since a name may hold blanks.
fn wrap_items(items: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            None => lines.push(format!("{INDENT}{item}")),
            // Room for the comma that another item may need.
            Some(last) if last.chars().count() + item.chars().count() + 3 <= WIDTH => {
                last.push_str(", ");
                last.push_str(item);
            }
            Some(last) => {
                last.push(',');
                lines.push(format!("{INDENT}{item}"));
            }
        }
    }
    lines
}
