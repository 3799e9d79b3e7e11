//! What is worth knowing and not urgent, one line each: the section ALSO.

use crate::credential_type::CredentialType;
use crate::display::{self, counted};
use crate::judge::hints::DORMANT_DAYS;
use crate::judge::{Audit, DomainAudit};
use crate::model::Verdict;

use crate::report::names::{Names, masked};

use super::news;
use super::options::{DigestOptions, NotInHub, SuppressedMails};
use crate::report::last_use;

const NAME_CHARS: usize = 60;
/// Max names in a line.
const MAX_NAMES: usize = 8;

pub(super) fn lines(audit: &Audit, options: &DigestOptions) -> Vec<String> {
    let mut lines: Vec<_> = audit
        .domains_with_unknown_holders()
        .map(unknown_holders)
        .collect();
    lines.extend(suppressed(audit, options));
    lines.extend(options.not_in_hub.as_ref().map(not_in_hub));
    lines.extend(dormant(audit));
    lines.extend(unused(audit));
    lines.extend(last_use::lines(audit));
    lines.extend(audit.skipped_domains.iter().map(ToString::to_string));
    lines.extend(news::coverage(audit));
    lines
}

fn unknown_holders((domain, credentials): (&DomainAudit, u64)) -> String {
    let name = display::line(&domain.inventory.reading().domain.name, NAME_CHARS);
    let what = if domain.facts.capabilities_returned {
        "the service did not return whether their users are active, or whether the capability is on"
    } else {
        "the service returned no user's capabilities"
    };
    let credentials = counted(credentials, "credential", "credentials");
    format!("domain {name}, {credentials}: {what}; compare with the console")
}

/// Others may write to the bucket, so the id is bounded.
fn not_in_hub(run: &NotInHub) -> String {
    format!(
        "the run of {}, {}, is not in the hub: hub-failed.json in its folder says why",
        run.as_of.date(),
        display::line(&run.run_id, NAME_CHARS)
    )
}

/// `2 users could not be mailed on 2026-11-29, since Email Delivery suppresses their addresses: jane.roe@example.com, ...`.
fn suppressed(audit: &Audit, options: &DigestOptions) -> Option<String> {
    let SuppressedMails { at, users } = options.suppressed.as_ref()?;
    let known = audit.users().filter(|(domain, user)| {
        let holders = &domain.inventory.reading().holders;
        users.contains(holders.ocid(user.holder))
    });
    let names: Vec<_> = known
        .map(|(domain, user)| {
            let name = domain.inventory.name_or_id(user);
            match options.names {
                Names::Full => display::line(name, NAME_CHARS),
                Names::Masked | Names::None => display::line(&masked(name), NAME_CHARS),
            }
        })
        .collect();
    let shown = match options.names {
        Names::None => String::new(),
        Names::Full | Names::Masked if names.is_empty() => String::new(),
        Names::Full | Names::Masked => {
            let first: Vec<_> = names.iter().take(MAX_NAMES).cloned().collect();
            let more = if names.len() > MAX_NAMES {
                " \u{2026}"
            } else {
                ""
            };
            format!(": {}{more}", first.join(", "))
        }
    };
    (!users.is_empty()).then(|| {
        format!(
            "{} could not be mailed on {}, since Email Delivery suppresses their addresses{shown}",
            counted(users.len() as u64, "user", "users"),
            at.date()
        )
    })
}

/// Lists that were not read may hold more.
fn at_least(audit: &Audit) -> &'static str {
    match audit.verdict {
        Verdict::Complete => "",
        _ => "at least ",
    }
}

fn dormant(audit: &Audit) -> Option<String> {
    let count = audit.dormant_holders().count() as u64;
    (count > 0).then(|| {
        format!(
            "{}{} with credentials did not sign in to the console for {DORMANT_DAYS} days: check whether they need them",
            at_least(audit),
            counted(count, "user", "users")
        )
    })
}

fn unused(audit: &Audit) -> Option<String> {
    let (by_type, count) = audit.count_unused_capabilities();
    let types: Vec<_> = CredentialType::all()
        .filter(|credential_type| by_type[credential_type.index()] > 0)
        .map(|credential_type| {
            format!(
                "{} {}",
                credential_type.row().plural,
                by_type[credential_type.index()]
            )
        })
        .collect();
    (count > 0).then(|| {
        format!(
            "{}{} may create credentials that they do not have ({}): turn off what is not needed",
            at_least(audit),
            counted(count, "user", "users"),
            types.join(", ")
        )
    })
}
