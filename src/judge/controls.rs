//! Evidence for the controls of the CIS OCI Foundations Benchmark, version 3, that are about credentials. Pure.
//!
//! A control is judged by the benchmark's own thresholds, whatever the settings say: who rotates once a year by decision
//! is told so, and is not compliant. Nothing is passed for want of data: where a list that a control rests on was not
//! read to its end, the control is not assessable, and what cannot be determined is never counted as compliant.
//!
//! An auditor asks about the tenancy. A part of it can refute a control and cannot prove it: where the settings or the
//! invocation name the domains, or one was passed over for its state, a control may be not compliant, but never is
//! compliant. What was counted is told all the same, with the part that it was counted in. And of nothing there is nothing
//! to assess: `0 of 0` would read as evidence that somebody rotates what nobody has.
//!
//! Sources: titles and thresholds as Oracle's own CIS compliance script and the benchmark's text (3.0, 3.1) give them;
//! 1.11 is a manual control in 3.1.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::model::{Credential, HolderIndex};
use crate::timestamp::Timestamp;

use super::age::CLOCK_TOLERANCE_SECONDS;
use super::{Audit, DomainAudit, DomainSetting, Finding};

/// "No more than 90 days old": fails past exactly 90 × 24 hours.
const MAX_AGE_DAYS: i64 = 90;
/// "Unused for 45 days or more": fails from exactly 45 × 24 hours.
const UNUSED_DAYS: i64 = 45;
/// Evidence names this many ids at most, so that a manifest stays small; counts are always exact.
const MAX_LISTED: u64 = 1_000;

/// One control, assessed or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// Its number in the benchmark: `1.8`.
    pub control: String,
    /// Its title in the benchmark.
    pub title: String,
    /// What is counted, and by which rule.
    pub rule: String,
    /// What came of it.
    pub status: ControlStatus,
    /// `37 of 40 compliant`, `nothing to assess` or `not assessable`, and why.
    pub result: String,
    /// The part of the tenancy that was looked at: `the domains that were named`; absent where it is all that the control
    /// is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// What was counted; absent where nothing could be.
    #[serde(flatten)]
    pub evidence: Option<Evidence>,
}

/// A control, and the reason that its `result` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The control.
    pub control: Control,
    /// Why it is not assessable, or there is nothing to assess.
    pub reason: Option<String>,
}

/// What came of assessing a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlStatus {
    /// Everything that was counted complies, and everything was counted.
    Compliant,
    /// Something does not comply.
    NotCompliant,
    /// The tenancy has nothing that the control is about.
    NothingToAssess,
    /// Not everything could be counted, and nothing that was counted fails.
    NotAssessable,
}

/// What was counted for a control.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Those that comply.
    pub compliant: u64,
    /// All of them.
    pub total: u64,
    /// Those that do not comply.
    pub not_compliant: IdList,
    /// Those of which it cannot be told, such as credentials without a date. They count as not complying.
    pub undetermined: IdList,
}

/// Ids, at most 1,000 of them as evidence: `credential_id` of credentials, `user_ocid` of users (their SCIM id where no OCID
/// is known), as the columns of `credentials.csv` have them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdList {
    /// How many there are, listed or not.
    pub count: u64,
    /// The first of them: credentials by urgency as in `credentials.csv`, users by name.
    pub ids: Vec<DomainIds>,
}

/// Ids of one domain; credentials of two domains may have the same id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainIds {
    /// Display name of the domain.
    pub domain: String,
    /// Base URL of the domain.
    pub domain_url: String,
    /// Ids within it.
    pub ids: Vec<String>,
}

impl IdList {
    /// Counts an id, and lists it unless `limit` ids are listed already.
    pub fn add(&mut self, domain: &DomainAudit, id: &str, limit: u64) {
        self.count += 1;
        if self.count > limit {
            return;
        }
        let known = &domain.inventory.reading().domain;
        match self.ids.iter_mut().find(|it| it.domain_url == known.url) {
            Some(listed) => listed.ids.push(id.to_owned()),
            None => self.ids.push(DomainIds {
                domain: known.name.clone(),
                domain_url: known.url.clone(),
                ids: vec![id.to_owned()],
            }),
        }
    }
}

/// Whether one credential or user complies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It does.
    Compliant,
    /// It does not.
    NotCompliant,
    /// It cannot be told.
    Undetermined,
}

impl Evidence {
    const fn all_comply(&self) -> bool {
        self.compliant == self.total
    }

    fn counts(&self) -> String {
        format!("{} of {} compliant", self.compliant, self.total)
    }

    fn count(&mut self, outcome: Outcome, domain: &DomainAudit, id: &str) {
        self.total += 1;
        match outcome {
            Outcome::Compliant => self.compliant += 1,
            Outcome::NotCompliant => self.not_compliant.add(domain, id, MAX_LISTED),
            Outcome::Undetermined => self.undetermined.add(domain, id, MAX_LISTED),
        }
    }
}

/// Assesses every control, in the order of the benchmark.
pub fn assess(audit: &Audit) -> Vec<Assessment> {
    let part = Part::of(audit);
    let ages = CREDENTIAL_TYPES.iter().filter_map(|row| {
        let control = row.cis_control?;
        Some(Question {
            control: control.number,
            title: control.title,
            rule: format!(
                "{}: created no more than {MAX_AGE_DAYS} x 24 hours ago, by meta.created",
                row.plural
            ),
            none: "there is no credential of this kind",
            part: part.as_ref(),
            evidence: age_evidence(audit, row.credential_type),
        })
    });
    let others = [
        Question {
            control: "1.12",
            title: "Ensure API keys are not created for tenancy administrator users",
            rule: "Members of the Default domain's group Administrators: no API key".to_owned(),
            none: "there is no administrator",
            // It is about one domain, which was read or the control is not assessable.
            part: None,
            evidence: administrator_evidence(audit),
        },
        Question {
            control: "1.16",
            title: "Ensure OCI IAM credentials unused for 45 days or more are disabled",
            rule: format!(
                "Active users who may sign in to the console with a password of their own: a successful sign-in, or \
                 the account's creation, less than {UNUSED_DAYS} x 24 hours ago. Console sign-ins only: when an API \
                 key or another credential was last used is not known to the identity domain"
            ),
            none: "no active user may sign in to the console with a password of their own",
            part: part.as_ref(),
            evidence: login_evidence(audit),
        },
        Question {
            control: "1.17",
            title: "Ensure there is only one active API Key for any single OCI IAM user",
            rule: "Users who hold an API key: exactly one".to_owned(),
            none: "no user holds an API key",
            part: part.as_ref(),
            evidence: single_key_evidence(audit),
        },
    ];
    let mut questions: Vec<_> = ages.chain(others).collect();
    questions.sort_by_key(|question| number(question.control));
    questions.into_iter().map(Question::answer).collect()
}

/// The parts of `1.10`, which the benchmark orders after those of `1.9`.
fn number(control: &str) -> Vec<u32> {
    control
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect()
}

/// A part of the tenancy that is not all of it.
struct Part {
    /// `the domains that were named`.
    name: String,
    /// `others were not looked for`.
    rest: String,
}

impl Part {
    /// What was looked at; `None` where it was the whole tenancy.
    fn of(audit: &Audit) -> Option<Self> {
        if audit.run.domain_setting != DomainSetting::Discovered {
            return Some(Self {
                name: "the domains that were named".to_owned(),
                rest: "others were not looked for".to_owned(),
            });
        }
        let passed_over: Vec<_> = audit
            .passed_over_for_state()
            .map(|(domain, state)| format!("{domain} ({state})"))
            .collect();
        (!passed_over.is_empty()).then(|| Self {
            name: "the domains that were read".to_owned(),
            rest: format!("what is {} is not known", in_domains(&passed_over)),
        })
    }
}

/// A control, and what was counted for it.
struct Question<'a> {
    control: &'static str,
    title: &'static str,
    rule: String,
    /// Why there may be nothing to count.
    none: &'static str,
    part: Option<&'a Part>,
    evidence: Result<Evidence, String>,
}

impl Question<'_> {
    fn answer(self) -> Assessment {
        let place = self
            .part
            .map_or_else(String::new, |part| format!(" in {}", part.name));
        let (status, reason) = match (&self.evidence, self.part) {
            (Err(reason), _) => (ControlStatus::NotAssessable, Some(reason.clone())),
            (Ok(evidence), None) if evidence.total == 0 => {
                (ControlStatus::NothingToAssess, Some(self.none.to_owned()))
            }
            (Ok(evidence), None) if evidence.all_comply() => (ControlStatus::Compliant, None),
            (Ok(evidence), Some(part)) if evidence.all_comply() => {
                let counted = match evidence.total {
                    0 => self.none.to_owned(),
                    _ => evidence.counts(),
                };
                let rest = &part.rest;
                let reason = format!("{counted}{place}, and {rest}");
                (ControlStatus::NotAssessable, Some(reason))
            }
            (Ok(_), _) => (ControlStatus::NotCompliant, None),
        };
        let counts = self.evidence.as_ref().map(Evidence::counts);
        let counts = counts.unwrap_or_default();
        let result = match (status, &reason) {
            (ControlStatus::NothingToAssess, Some(reason)) => {
                format!("nothing to assess: {reason}")
            }
            (ControlStatus::NotAssessable, Some(reason)) => format!("not assessable: {reason}"),
            (ControlStatus::NotCompliant, _) => format!("{counts}{place}"),
            _ => counts,
        };
        let control = Control {
            control: self.control.to_owned(),
            title: self.title.to_owned(),
            rule: self.rule,
            status,
            result,
            scope: self.part.map(|part| part.name.clone()),
            evidence: self.evidence.ok(),
        };
        Assessment { control, reason }
    }
}

/// 1.8 to 1.11 for one credential: its age by the benchmark, which knows of no other start than its creation.
pub fn age_outcome(audit: &Audit, credential: &Credential) -> Outcome {
    let times = &audit.run.times;
    match credential.created.instant() {
        Some(created) if is_in_the_future(created, times.read_until) => Outcome::Undetermined,
        Some(created) if times.as_of.is_more_than_days_after(created, MAX_AGE_DAYS) => {
            Outcome::NotCompliant
        }
        Some(_) => Outcome::Compliant,
        None => Outcome::Undetermined,
    }
}

/// The controls that one credential does not comply with, or not surely: those about its age, and 1.12.
pub fn broken_by(
    audit: &Audit,
    finding: &Finding,
    credential: &Credential,
) -> impl Iterator<Item = &'static str> {
    let complies = age_outcome(audit, credential) == Outcome::Compliant;
    let by_age = finding
        .credential_type
        .row()
        .cis_control
        .filter(|_| !complies)
        .map(|control| control.number);
    let by_holder =
        finding.credential_type == CredentialType::ApiKeys && finding.hints.administrator();
    by_age.into_iter().chain(by_holder.then_some("1.12"))
}

fn is_in_the_future(created: Timestamp, read_until: Timestamp) -> bool {
    created > read_until.plus_seconds(CLOCK_TOLERANCE_SECONDS)
}

fn age_evidence(audit: &Audit, credential_type: CredentialType) -> Result<Evidence, String> {
    type_is_read(audit, credential_type)?;
    let mut evidence = Evidence::default();
    for (domain, credential) in credentials(audit, credential_type) {
        let id = domain.inventory.credential_id(credential_type, credential);
        evidence.count(age_outcome(audit, credential), domain, id);
    }
    Ok(evidence)
}

/// 1.12: of the administrators, those without an API key comply.
fn administrator_evidence(audit: &Audit) -> Result<Evidence, String> {
    let is_default =
        |domain: &&DomainAudit| domain.inventory.reading().domain.is_default == Some(true);
    let Some(domain) = audit.domains.iter().find(is_default) else {
        return Err(
            "the Default domain was not read, or it is not known which one it is".to_owned(),
        );
    };
    let reading = domain.inventory.reading();
    if !reading.users_are_complete() {
        return Err("the users of the Default domain were not fully read".to_owned());
    }
    if !reading.is_complete(CredentialType::ApiKeys) {
        return Err("the API keys of the Default domain were not fully read".to_owned());
    }
    if !domain.facts.administrators_known {
        return Err("no user of the Default domain told its groups".to_owned());
    }
    if reading.users.groups_unreadable {
        return Err(
            "the groups of some users of the Default domain cannot be read, so who administers the tenancy is not known"
                .to_owned(),
        );
    }
    let mut evidence = Evidence::default();
    for (domain, user) in audit.users() {
        if domain.facts.is_administrator(user) {
            let mut keys = domain.inventory.held_by(user, CredentialType::ApiKeys);
            let outcome = match keys.next() {
                None => Outcome::Compliant,
                Some(_) => Outcome::NotCompliant,
            };
            evidence.count(outcome, domain, user_id(domain, user.holder));
        }
    }
    if evidence.total == 0 {
        return Err(
            "no user is shown as a member of Administrators, and every tenancy has one".to_owned(),
        );
    }
    Ok(evidence)
}

/// 1.16, as far as sign-ins to the console tell.
fn login_evidence(audit: &Audit) -> Result<Evidence, String> {
    everything_was_looked_for(audit)?;
    let unread = |domain: &DomainAudit| !domain.inventory.reading().users_are_complete();
    none_of(audit, unread, "the users were not fully read")?;
    let untold = |domain: &DomainAudit| !domain.facts.logins_told;
    none_of(audit, untold, "no user told its last sign-in")?;
    let mut evidence = Evidence::default();
    for (domain, user) in audit.users() {
        // A federated user's password belongs to another provider, and who may not use one has none to be unused.
        let may_sign_in = user.active != Some(false)
            && user.federated != Some(true)
            && user.console_password != Some(false);
        if !may_sign_in {
            continue;
        }
        let outcome = match domain.facts.is_unused(user, audit.run.as_of(), UNUSED_DAYS) {
            Some(false) => Outcome::Compliant,
            Some(true) => Outcome::NotCompliant,
            None => Outcome::Undetermined,
        };
        evidence.count(outcome, domain, user_id(domain, user.holder));
    }
    Ok(evidence)
}

/// 1.17: of those who hold an API key, those who hold one comply, whether they are listed as users or not.
fn single_key_evidence<'a>(audit: &'a Audit) -> Result<Evidence, String> {
    type_is_read(audit, CredentialType::ApiKeys)?;
    let credential_type = CredentialType::ApiKeys;
    let mut evidence = Evidence::default();
    let mut keys: HashMap<(&str, HolderIndex), u32> = HashMap::new();
    let key = |domain: &'a DomainAudit, credential: &Credential| {
        let url = domain.inventory.reading().domain.url.as_str();
        (url, credential.holder)
    };
    for (domain, credential) in credentials(audit, credential_type) {
        *keys.entry(key(domain, credential)).or_default() += 1;
    }
    for (domain, credential) in credentials(audit, credential_type) {
        if credential.holder == HolderIndex::NONE {
            // It names no user, so whose second key it may be is not known.
            let id = domain.inventory.credential_id(credential_type, credential);
            evidence.count(Outcome::Undetermined, domain, id);
            continue;
        }
        let outcome = match keys.remove(&key(domain, credential)) {
            // The holder is counted already.
            None => continue,
            Some(1) => Outcome::Compliant,
            Some(_) => Outcome::NotCompliant,
        };
        evidence.count(outcome, domain, user_id(domain, credential.holder));
    }
    Ok(evidence)
}

/// The credentials of one type in all domains, the most urgent first.
fn credentials(
    audit: &Audit,
    credential_type: CredentialType,
) -> impl Iterator<Item = (&DomainAudit, &Credential)> {
    let of_kind = move |finding: &&Finding| finding.credential_type == credential_type;
    audit
        .findings
        .iter()
        .filter(of_kind)
        .filter_map(move |finding| {
            let domain = audit.domains.get(usize::from(finding.domain))?;
            Some((
                domain,
                domain
                    .inventory
                    .credential(credential_type, finding.place)?,
            ))
        })
}

/// The OCID of a holder, else its SCIM id.
pub fn user_id(domain: &DomainAudit, holder: HolderIndex) -> &str {
    let holders = &domain.inventory.reading().holders;
    match holders.ocid(holder) {
        "" => holders.id(holder),
        ocid => ocid,
    }
}

fn type_is_read(audit: &Audit, credential_type: CredentialType) -> Result<(), String> {
    let plural = credential_type.row().plural;
    if !audit.run.credential_types.contains(credential_type) {
        return Err(format!("{plural} were left out"));
    }
    everything_was_looked_for(audit)?;
    let unread = |domain: &DomainAudit| !domain.inventory.reading().is_complete(credential_type);
    none_of(audit, unread, &format!("{plural} were not fully read"))
}

fn everything_was_looked_for(audit: &Audit) -> Result<(), String> {
    if audit.domains.is_empty() {
        return Err("no domain was read".to_owned());
    }
    if !audit.discovery_gaps.is_empty() {
        return Err("some domain may not have been found".to_owned());
    }
    Ok(())
}

/// Fails with `what` and the domains of which `is_lacking` holds, three of them by name.
fn none_of(
    audit: &Audit,
    is_lacking: impl Fn(&DomainAudit) -> bool,
    what: &str,
) -> Result<(), String> {
    let names: Vec<_> = audit
        .domains
        .iter()
        .filter(|domain| is_lacking(domain))
        .map(|domain| domain.inventory.reading().domain.name.clone())
        .collect();
    match names.as_slice() {
        [] => Ok(()),
        names => Err(format!("{what} {}", in_domains(names))),
    }
}

/// `in domains Default, Dev, Lab and 3 more`.
fn in_domains(names: &[String]) -> String {
    match names {
        [one] => format!("in domain {one}"),
        [first, second, third, rest @ ..] if !rest.is_empty() => format!(
            "in domains {first}, {second}, {third} and {} more",
            rest.len()
        ),
        few => format!("in domains {}", few.join(", ")),
    }
}
