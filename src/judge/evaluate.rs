//! Judges what was read. Pure.

use crate::credential_type::CredentialType;
use crate::inventory::DomainInventory;
use crate::model::{
    Credential, DomainReading, SearchPart, SkippedDomain, TypeReading, User, Verdict,
};
use crate::timestamp::Timestamp;

use super::action::{Action, Actor, Reason, Urgency};
use super::age::{AgeJudgment, AgeLimits};
use super::audit::{Audit, DomainAudit, run_verdict};
use super::comparison::{Change, Comparison};
use super::discovery::DiscoveryGap;
use super::exceptions::Exceptions;
use super::finding::{Counts, Finding, Marks};
use super::hints::{DomainFacts, Hints};
use super::mass_change::MassChange;
use super::newer::find_newer;
use super::run_description::RunDescription;

/// A finding has a 16-bit index of its domain.
const MAX_DOMAINS: usize = u16::MAX as usize;

/// Judges what was read.
pub fn evaluate(
    run: RunDescription,
    mut readings: Vec<DomainReading>,
    mut discovery_gaps: Vec<DiscoveryGap>,
    skipped_domains: Vec<SkippedDomain>,
) -> Audit {
    let too_many = readings.len().saturating_sub(MAX_DOMAINS);
    if too_many > 0 {
        readings.truncate(MAX_DOMAINS);
        discovery_gaps.push(DiscoveryGap::search_failed(
            SearchPart::BeyondFirst(MAX_DOMAINS),
            format!("the tenancy has more than {MAX_DOMAINS} domains; {too_many} are left out"),
        ));
    }
    let mut domains: Vec<DomainAudit> = readings
        .into_iter()
        .map(|reading| {
            let (verdict, facts) = (domain_verdict(&reading), DomainFacts::of(&reading));
            DomainAudit {
                inventory: DomainInventory::new(reading),
                verdict,
                facts,
            }
        })
        .collect();
    domains.sort_by(|left, right| {
        let key = |domain: &DomainAudit| {
            let domain = &domain.inventory.reading().domain;
            (domain.name.clone(), domain.url.clone())
        };
        key(left).cmp(&key(right))
    });
    let total = domains
        .iter()
        .flat_map(|domain| &domain.inventory.reading().credential_types)
        .filter_map(|credential_type| credential_type.read())
        .map(|(list, _)| list.rows.len())
        .sum();
    let mut findings = Vec::with_capacity(total);
    for (index, domain) in (0..=u16::MAX).zip(&domains) {
        judge_domain(index, domain, &run, &mut findings);
    }
    let verdict = run_verdict(&run, &domains, &discovery_gaps);
    let audit = Audit {
        run,
        domains,
        discovery_gaps,
        skipped_domains,
        findings,
        counts: Counts::default(),
        verdict,
        exceptions: Exceptions::default(),
        comparison: Comparison::default(),
        last_use: None,
        mass_change: MassChange::default(),
    };
    audit.with_actions()
}

fn judge_domain(
    domain_index: u16,
    domain: &DomainAudit,
    run: &RunDescription,
    findings: &mut Vec<Finding>,
) {
    let inventory = &domain.inventory;
    for credential_type in CredentialType::all() {
        let Some((list, _)) = inventory.reading().credential_types[credential_type.index()].read()
        else {
            continue;
        };
        let limits = run.thresholds.of(credential_type);
        let first = findings.len();
        for (index, credential) in (0_u32..).zip(&list.rows) {
            let age = AgeJudgment::of(credential, credential_type, limits, &run.times);
            let user = inventory.user(credential.holder);
            findings.push(Finding {
                domain: domain_index,
                credential_type,
                index,
                // Kept because sorting needs it: without it, each comparison takes three lookups.
                holder_rank: inventory
                    .rank(credential.holder)
                    .map_or(0, |rank| rank.saturating_add(1)),
                state: age.state,
                expiry: age.expiry,
                marks: marks(inventory, user, credential_type),
                hints: Hints::of_holder(domain.facts, user, credential_type, &run.times),
                action: Action::None,
                reason: Reason::None,
                urgency: Urgency::None,
                actor: Actor::Security,
                newer: None,
                exception: None,
                is_excepted: false,
                change: Change::NotCompared,
                sorted_by: sorted_by(&age, limits, credential),
            });
        }
        find_newer(
            &mut findings[first..],
            &list.rows,
            credential_type,
            &run.times,
        );
    }
}

/// The rotate-by date, else the expiry date, else the creation, else after all others.
fn sorted_by(age: &AgeJudgment, limits: AgeLimits, credential: &Credential) -> Timestamp {
    age.rotate_by(limits)
        .or(credential.expires_on.instant())
        .or(credential.created.instant())
        .unwrap_or(Timestamp::from_microseconds(i64::MAX))
}

fn marks(
    inventory: &DomainInventory,
    user: Option<&User>,
    credential_type: CredentialType,
) -> Marks {
    match user {
        Some(user) => Marks {
            orphaned: user.may_use(credential_type) == Some(false),
            user_inactive: user.active == Some(false),
            not_listed: false,
        },
        // If users are incomplete, the holder may exist. Its credentials may be in use.
        None => Marks {
            not_listed: inventory.reading().users_are_complete(),
            ..Marks::default()
        },
    }
}

/// COMPLETE if every list was read completely; FAILED unless users and at least one type were read. A domain without a user
/// counts as not read, because the service may hide its users.
fn domain_verdict(reading: &DomainReading) -> Verdict {
    let mut types = reading
        .credential_types
        .iter()
        .filter_map(TypeReading::read);
    let users_read = reading.users_coverage.was_read() && !reading.users.rows.is_empty();
    if !users_read || !types.any(|(_, coverage)| coverage.was_read()) {
        Verdict::Failed
    } else if reading.users_are_complete() && reading.incomplete_types().is_empty() {
        Verdict::Complete
    } else {
        Verdict::Partial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential_type::CredentialTypes;
    use crate::judge::age::Thresholds;
    use crate::judge::{DomainSetting, Scope};
    use crate::model::{
        Domain, FailureCause, Holders, ListCoverage, ReadFailure, RunTimes, UserList,
    };
    use crate::timestamp::Timestamp;

    #[test]
    fn domains_beyond_the_maximum_are_a_discovery_gap() {
        let reading = |index: usize| DomainReading {
            domain: Domain {
                name: format!("{index:06}"),
                url: String::new(),
                ocid: None,
                license: None,
                is_default: None,
                is_listed: true,
                object_name: String::new(),
            },
            users: UserList::default(),
            users_coverage: ListCoverage::failed(ReadFailure {
                cause: FailureCause::OutOfTime,
                message: crate::server_text::FailureText::default(),
            }),
            credential_types: std::array::from_fn(|_| TypeReading::LeftOut),
            holders: Holders::default(),
        };
        let epoch = Timestamp::from_microseconds(0);
        let run = RunDescription {
            id: String::new(),
            version: "0",
            place: crate::place::Place::Function,
            tenancy: crate::judge::Tenancy::default(),
            console: None,
            times: RunTimes {
                started: epoch,
                as_of: epoch,
                read_until: epoch,
            },
            as_of_given: false,
            credential_types: CredentialTypes::ALL,
            thresholds: Thresholds::default(),
            scope: Scope::default(),
            shard: None,
            domain_setting: DomainSetting::Discovered,
            location: None,
        };
        let readings = |count| (0..count).map(reading).collect();
        let audit = evaluate(run.clone(), readings(65_535), Vec::new(), Vec::new());
        assert_eq!(
            (audit.domains.len(), audit.discovery_gaps.len()),
            (65_535, 0)
        );
        let audit = evaluate(run, readings(65_537), Vec::new(), Vec::new());
        assert_eq!(audit.domains.len(), 65_535);
        let gap = audit.discovery_gaps[0].to_string();
        assert!(gap.ends_with("; 2 are left out"), "{gap}");
    }
}
