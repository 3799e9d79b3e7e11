//! [`Audit`]: the whole result of a run, immutable, from which every report is a pure function.
//!
//! For each credential a run keeps one [`Finding`] of 24 bytes, sorted once as every list is: state, days left, domain,
//! user, type, id. Everything else is looked up in the inventory when a report is written.

use std::cmp::Ordering;

use crate::credential_type::{CredentialType, CredentialTypes};
use crate::inventory::DomainInventory;
use crate::model::{Credential, DomainReading, PassedOver, PassedOverFor, RunTimes, User, Verdict};
use crate::timestamp::Timestamp;

use super::age::{AgeJudgement, AgeLimits, ExpiryState, State, Thresholds};
use super::changes::{Change, Comparison};
use super::discovery::DiscoveryGap;
use super::exceptions::{ExceptionIndex, Exceptions};
use super::hints::{DomainFacts, Hints, mark_superseded};

/// What a run was told to do, and under which name it goes into the reports.
#[derive(Clone, Debug)]
pub struct RunDescription {
    /// `<YYYYMMDD>T<HHMMSS>Z-<6 hex>`, unique.
    pub id: String,
    /// The version of this program.
    pub version: &'static str,
    /// The instants it is judged by.
    pub times: RunTimes,
    /// Whether the invocation gave `as_of`.
    pub as_of_given: bool,
    /// The types that were to be read.
    pub credential_types: CredentialTypes,
    /// The ages at which credentials are due and overdue.
    pub thresholds: Thresholds,
    /// What the run was narrowed to by its invocation.
    pub scope: Scope,
    /// Where its domains come from; runs are compared only where it is the same.
    pub domain_setting: DomainSetting,
    /// Where reports go; `None` at a desk and in a dry run.
    pub location: Option<ReportsLocation>,
}

impl RunDescription {
    /// The instant that ages are judged at.
    pub const fn as_of(&self) -> Timestamp {
        self.times.as_of
    }

    /// `as_of` lies more than 24 hours from the clock, so every text says `WHAT-IF <date>`.
    pub const fn is_what_if(&self) -> bool {
        let (as_of, started) = (self.times.as_of, self.times.started);
        as_of.is_more_than_days_after(started, 1) || started.is_more_than_days_after(as_of, 1)
    }
}

/// Where the domains of a run come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DomainSetting {
    /// Every domain of the tenancy was looked for.
    #[default]
    Discovered,
    /// The settings name their URLs.
    Settings(Vec<String>),
    /// The invocation names their URLs.
    Invocation(Vec<String>),
}

/// What an invocation narrowed its run to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The invocation named its domains.
    pub domains: bool,
    /// The invocation named its types.
    pub credential_types: bool,
}

impl Scope {
    /// Whether every text says `SCOPED`.
    pub const fn is_narrowed(&self) -> bool {
        self.domains || self.credential_types
    }
}

/// Where reports lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportsLocation {
    /// Object Storage namespace.
    pub namespace: String,
    /// Bucket.
    pub bucket: String,
    /// Folder of this run, with a slash at its end.
    pub folder: String,
}

/// Facts about a credential that change neither its state nor a count of states. Each is a finding of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Its capability is off, or its holder has no capabilities.
    pub orphaned: bool,
    /// Its holder is not active.
    pub user_inactive: bool,
    /// Its holder is not among the users that were listed.
    pub not_listed: bool,
}

/// One credential, judged.
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    /// Index into [`Audit::domains`].
    pub domain: u16,
    /// Its type.
    pub credential_type: CredentialType,
    /// Its index in the list of its type.
    pub place: u32,
    /// Its holder's place among those of its domain, from 1; 0 where it names none. See [`DomainInventory::rank`].
    pub holder_rank: u32,
    /// Its state by age.
    pub state: State,
    /// Its state by its own expiry date.
    pub expiry: ExpiryState,
    /// What else is to be said about it.
    pub marks: Marks,
    /// What is worth knowing about it, and no finding.
    pub hints: Hints,
    /// Rotation days − age, where the age is known.
    pub days_left: Option<i32>,
    /// The exception that accepts its age.
    pub exception: Option<ExceptionIndex>,
    /// What became of it since the run before.
    pub change: Change,
}

impl Finding {
    /// Its state by age as far as anybody has to act: `OK` where an exception accepts it.
    pub const fn alerting_state(&self) -> State {
        match self.exception {
            Some(_) => State::Ok,
            None => self.state,
        }
    }

    /// Whether an exception takes it out of the counts: its age would be a finding otherwise.
    pub fn is_excepted(&self) -> bool {
        self.exception.is_some() && self.state != State::Ok
    }
}

/// A domain, read and judged.
#[derive(Debug)]
pub struct DomainAudit {
    /// What was read, joined.
    pub inventory: DomainInventory,
    /// How completely.
    pub verdict: Verdict,
    /// What its users told.
    pub facts: DomainFacts,
}

/// How many credentials there are of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Credentials that were read.
    pub credentials: u64,
    /// In state `OVERDUE`.
    pub overdue: u64,
    /// In state `DUE`.
    pub due: u64,
    /// In state `UNKNOWN`.
    pub unknown: u64,
    /// `EXPIRING` or `EXPIRED` by their own expiry date.
    pub expiring: u64,
    /// Marked as orphaned.
    pub orphaned: u64,
    /// HeldCredential by a user who is not active.
    pub user_inactive: u64,
    /// HeldCredential by nobody who was listed.
    pub not_listed: u64,
    /// Overdue, due or of unknown age, and taken out of these counts by an exception.
    pub excepted: u64,
}

impl Counts {
    /// Whether anything is to be acted on.
    pub const fn has_findings(&self) -> bool {
        self.overdue
            + self.due
            + self.unknown
            + self.expiring
            + self.orphaned
            + self.user_inactive
            + self.not_listed
            > 0
    }
}

/// The whole result of a run.
#[derive(Debug)]
pub struct Audit {
    /// What the run was.
    pub run: RunDescription,
    /// Every domain that was to be read, also those that could not be, in the order of their names.
    pub domains: Vec<DomainAudit>,
    /// Why not every domain may have been found; each makes the run PARTIAL.
    pub discovery_gaps: Vec<DiscoveryGap>,
    /// What was passed over on purpose, and is said.
    pub passed_over: Vec<PassedOver>,
    /// Every credential that was read, sorted by urgency.
    pub findings: Vec<Finding>,
    /// How many there are of each sort.
    pub counts: Counts,
    /// How completely the tenancy was read.
    pub verdict: Verdict,
    /// Exceptions and known gaps, each with what it fits.
    pub exceptions: Exceptions,
    /// What changed since the run before.
    pub comparison: Comparison,
}

impl Audit {
    /// The credential that a finding is about.
    pub fn credential(&self, finding: &Finding) -> Option<(&DomainInventory, &Credential)> {
        let inventory = &self.domains.get(usize::from(finding.domain))?.inventory;
        Some((
            inventory,
            inventory.credential(finding.credential_type, finding.place)?,
        ))
    }

    /// Names and states of domains that are passed over for their state: what they hold is not known.
    pub fn passed_over_for_state(&self) -> impl Iterator<Item = (&str, &str)> {
        self.passed_over.iter().filter_map(|it| match &it.reason {
            PassedOverFor::State(state) => Some((it.domain.as_str(), state.as_str())),
            PassedOverFor::Type(_) => None,
        })
    }

    /// The ages at which credentials of this type are due and overdue.
    pub const fn limits(&self, credential_type: CredentialType) -> AgeLimits {
        self.run.thresholds.of(credential_type)
    }

    /// The dates of a credential, judged again: cheaper than to keep for every one.
    pub fn age(&self, credential_type: CredentialType, credential: &Credential) -> AgeJudgement {
        AgeJudgement::of(
            credential,
            credential_type,
            self.limits(credential_type),
            &self.run.times,
        )
    }
}

/// A finding names its domain in sixteen bits.
const MAX_DOMAINS: usize = u16::MAX as usize;

/// Judges what was read.
pub fn evaluate(
    run: RunDescription,
    mut readings: Vec<DomainReading>,
    mut discovery_gaps: Vec<DiscoveryGap>,
    passed_over: Vec<PassedOver>,
) -> Audit {
    let too_many = readings.len().saturating_sub(MAX_DOMAINS);
    if too_many > 0 {
        readings.truncate(MAX_DOMAINS);
        discovery_gaps.push(DiscoveryGap::not_asked(
            format!("domains beyond the first {MAX_DOMAINS}"),
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
    findings.sort_unstable_by(|left, right| order(&domains, left, right));
    let counts = count(&findings);
    let verdict = run_verdict(&domains, &discovery_gaps);
    Audit {
        run,
        domains,
        discovery_gaps,
        passed_over,
        findings,
        counts,
        verdict,
        exceptions: Exceptions::default(),
        comparison: Comparison::default(),
    }
}

fn judge_domain(
    index: u16,
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
        for (place, credential) in (0_u32..).zip(&list.rows) {
            let age = AgeJudgement::of(credential, credential_type, limits, &run.times);
            let user = inventory.user(credential.holder);
            findings.push(Finding {
                domain: index,
                credential_type,
                place,
                // A million comparisons look at it: kept, it spares them three look-ups each, all over the memory.
                holder_rank: inventory
                    .rank(credential.holder)
                    .map_or(0, |rank| rank.saturating_add(1)),
                state: age.state,
                expiry: age.expiry,
                marks: marks(inventory, user, credential_type),
                hints: Hints::of_holder(domain.facts, user, run.as_of()),
                days_left: age
                    .days_left(limits)
                    .and_then(|days| i32::try_from(days).ok()),
                exception: None,
                change: Change::NotCompared,
            });
        }
        let holders = inventory.reading().holders.len();
        mark_superseded(&mut findings[first..], &list.rows, holders);
    }
}

fn marks(
    inventory: &DomainInventory,
    user: Option<&User>,
    credential_type: CredentialType,
) -> Marks {
    match user {
        Some(user) => Marks {
            orphaned: !user.may_use(credential_type),
            user_inactive: user.active == Some(false),
            not_listed: false,
        },
        // Where not all users could be listed, a holder who is not among them may well be there: to call its credentials
        // nobody's would have people delete what is in use.
        None => Marks {
            not_listed: inventory.reading().users_coverage.is_complete(),
            ..Marks::default()
        },
    }
}

/// State, days left, domain, user, type, id.
fn order(domains: &[DomainAudit], left: &Finding, right: &Finding) -> Ordering {
    let facts = |finding: &Finding| {
        (
            finding.state,
            finding.days_left,
            finding.domain,
            finding.holder_rank,
            finding.credential_type,
        )
    };
    facts(left).cmp(&facts(right)).then_with(|| {
        let id = |finding: &Finding| {
            let inventory = &domains.get(usize::from(finding.domain))?.inventory;
            let credential = inventory.credential(finding.credential_type, finding.place)?;
            Some(inventory.credential_id(finding.credential_type, credential))
        };
        id(left).cmp(&id(right))
    })
}

pub(super) fn count(findings: &[Finding]) -> Counts {
    let mut counts = Counts::default();
    for finding in findings {
        counts.credentials += 1;
        counts.excepted += u64::from(finding.is_excepted());
        match finding.alerting_state() {
            State::Overdue => counts.overdue += 1,
            State::Due => counts.due += 1,
            State::Unknown => counts.unknown += 1,
            State::Ok => {}
        }
        counts.expiring += u64::from(finding.expiry != ExpiryState::None);
        counts.orphaned += u64::from(finding.marks.orphaned);
        counts.user_inactive += u64::from(finding.marks.user_inactive);
        counts.not_listed += u64::from(finding.marks.not_listed);
    }
    counts
}

/// COMPLETE if everything that was to be read was read; FAILED unless users and at least one type were. A domain
/// without a user counts as unread: it cannot be told from one that shows us nobody.
fn domain_verdict(reading: &DomainReading) -> Verdict {
    let mut to_read = reading
        .credential_types
        .iter()
        .filter_map(|credential_type| credential_type.read());
    let users_read = reading.users_coverage.was_read() && !reading.users.rows.is_empty();
    if !users_read || !to_read.clone().any(|(_, coverage)| coverage.was_read()) {
        Verdict::Failed
    } else if reading.users_coverage.is_complete()
        && to_read.all(|(_, coverage)| coverage.is_complete())
    {
        Verdict::Complete
    } else {
        Verdict::Partial
    }
}

pub(super) fn run_verdict(domains: &[DomainAudit], discovery_gaps: &[DiscoveryGap]) -> Verdict {
    if domains
        .iter()
        .all(|domain| domain.verdict == Verdict::Failed)
    {
        Verdict::Failed
    } else if discovery_gaps.is_empty()
        && domains
            .iter()
            .all(|domain| domain.verdict == Verdict::Complete)
    {
        Verdict::Complete
    } else {
        Verdict::Partial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Domain, FailureCause, Holders, ListCoverage, ReadFailure, TypeReading, UserList,
    };

    #[test]
    fn domains_beyond_what_an_index_can_name_are_a_gap_and_neither_a_panic_nor_another_domain() {
        let reading = |index: usize| DomainReading {
            domain: Domain {
                name: format!("{index:06}"),
                url: String::new(),
                ocid: None,
                licence: None,
                is_default: None,
                object_name: String::new(),
            },
            users: UserList::default(),
            users_coverage: ListCoverage::failed(ReadFailure {
                cause: FailureCause::OutOfTime,
                message: String::new(),
            }),
            credential_types: std::array::from_fn(|_| TypeReading::LeftOut),
            holders: Holders::default(),
        };
        let epoch = Timestamp::from_microseconds(0);
        let run = RunDescription {
            id: String::new(),
            version: "0",
            times: RunTimes {
                started: epoch,
                as_of: epoch,
                read_until: epoch,
            },
            as_of_given: false,
            credential_types: CredentialTypes::ALL,
            thresholds: Thresholds::default(),
            scope: Scope::default(),
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
