//! Counts what the controls are about. Pure.
//!
//! The error of each count is the reason why the control is not assessable.

use std::collections::HashMap;

use crate::credential_type::{ControlNumber, CredentialType};
use crate::judge::age::is_in_the_future;
use crate::judge::{Audit, DomainAudit, Finding};
use crate::model::{Credential, HolderIndex, User};

use super::not_counted::NotCounted;
use super::record::{Compliance, Evidence};

/// "No more than 90 days old": fails past exactly 90 × 24 hours.
pub(super) const MAX_AGE_DAYS: i64 = 90;
/// "Unused for 45 days or more": fails from exactly 45 × 24 hours.
pub(super) const UNUSED_DAYS: i64 = 45;

/// The control about API keys of administrators.
pub const ADMINISTRATOR_KEYS: ControlNumber = ControlNumber::new(1, 12);
/// The control about users who do not sign in.
pub(super) const SIGN_INS: ControlNumber = ControlNumber::new(1, 16);
/// The control about users with several API keys.
pub(super) const SINGLE_KEY: ControlNumber = ControlNumber::new(1, 17);

/// Whether the age of a credential complies. The benchmark counts it from the creation.
fn age_compliance(audit: &Audit, credential: &Credential) -> Compliance {
    let times = &audit.run.times;
    match credential.created.instant() {
        Some(created) if is_in_the_future(created, times) => Compliance::Undetermined,
        Some(created) if times.as_of.is_more_than_days_after(created, MAX_AGE_DAYS) => {
            Compliance::NotCompliant
        }
        Some(_) => Compliance::Compliant,
        None => Compliance::Undetermined,
    }
}

/// The controls that a credential does not provably comply with: the one about its age, and [`ADMINISTRATOR_KEYS`].
pub fn broken_by(
    audit: &Audit,
    finding: &Finding,
    credential: &Credential,
) -> impl Iterator<Item = ControlNumber> {
    let complies = age_compliance(audit, credential) == Compliance::Compliant;
    let by_age = finding
        .credential_type
        .row()
        .cis_control
        .filter(|_| !complies)
        .map(|control| control.number);
    let by_holder =
        finding.credential_type == CredentialType::ApiKeys && finding.hints.administrator();
    by_age
        .into_iter()
        .chain(by_holder.then_some(ADMINISTRATOR_KEYS))
}

pub(super) fn age_evidence(
    audit: &Audit,
    credential_type: CredentialType,
) -> Result<Evidence, NotCounted> {
    type_is_complete(audit, credential_type)?;
    let mut evidence = Evidence::default();
    for (domain, credential) in credentials(audit, credential_type) {
        let id = domain.inventory.credential_id(credential_type, credential);
        evidence.count(age_compliance(audit, credential), domain, &id);
    }
    Ok(evidence)
}

/// 1.12: administrators without an API key comply. A key of nobody who is listed may be an administrator's. So may a key of a
/// user whose record has no groups: a service may leave an empty list out, and it looks like a list that is missing.
pub(super) fn administrator_evidence(audit: &Audit) -> Result<Evidence, NotCounted> {
    let is_default =
        |domain: &&DomainAudit| domain.inventory.reading().domain.is_default == Some(true);
    let Some(domain) = audit.domains.iter().find(is_default) else {
        return Err(NotCounted::NoDefaultDomain);
    };
    let reading = domain.inventory.reading();
    if !reading.users_are_complete() {
        return Err(NotCounted::DefaultUsers);
    }
    if reading.is_unconfirmed_empty(CredentialType::ApiKeys) {
        return Err(NotCounted::Unconfirmed(
            CredentialType::ApiKeys,
            vec![reading.domain.name.clone()],
        ));
    }
    if !reading.is_complete(CredentialType::ApiKeys) {
        return Err(NotCounted::DefaultApiKeys);
    }
    if !domain.facts.administrators_known {
        return Err(NotCounted::NoGroups);
    }
    if reading.users.groups_unreadable {
        return Err(NotCounted::MalformedGroups);
    }
    further_admin_domains_are_complete(audit)?;
    let mut evidence = Evidence::default();
    let mut may_hold_a_key = false;
    let users = audit.users();
    for (domain, user) in users.filter(|(domain, _)| domain.facts.has_admin_groups) {
        let mut keys = domain.inventory.held_by(user, CredentialType::ApiKeys);
        let compliance = match (domain.facts.administers(user), keys.next()) {
            (Some(true), None) => Compliance::Compliant,
            (Some(true), Some(_)) => Compliance::NotCompliant,
            (administers, key) => {
                may_hold_a_key |= administers.is_none() && key.is_some();
                continue;
            }
        };
        evidence.count(compliance, domain, user_id(domain, user.holder));
    }
    if evidence.total == 0 {
        return Err(NotCounted::NoAdministrator);
    }
    if may_hold_a_key && evidence.not_compliant.count == 0 {
        return Err(NotCounted::MissingGroups);
    }
    for (domain, key) in credentials(audit, CredentialType::ApiKeys) {
        if domain.facts.has_admin_groups && domain.inventory.user(key.holder).is_none() {
            let id = domain.inventory.credential_id(CredentialType::ApiKeys, key);
            evidence.count(Compliance::Undetermined, domain, &id);
        }
    }
    Ok(evidence)
}

/// Whether users, groups and API keys were read completely in every domain whose groups the settings name.
fn further_admin_domains_are_complete(audit: &Audit) -> Result<(), NotCounted> {
    let lacks = |is_lacking: fn(&DomainAudit) -> bool| {
        move |domain: &DomainAudit| {
            domain.inventory.reading().users.has_further_admin_groups && is_lacking(domain)
        }
    };
    let unread = |domain: &DomainAudit| !domain.inventory.reading().users_are_complete();
    none_of(audit, lacks(unread), NotCounted::Users)?;
    let keys = CredentialType::ApiKeys;
    let unconfirmed = |domain: &DomainAudit| {
        let reading = domain.inventory.reading();
        reading.is_unconfirmed_empty(CredentialType::ApiKeys)
    };
    none_of(audit, lacks(unconfirmed), |domains| {
        NotCounted::Unconfirmed(keys, domains)
    })?;
    let unread = |domain: &DomainAudit| {
        !domain
            .inventory
            .reading()
            .is_complete(CredentialType::ApiKeys)
    };
    none_of(audit, lacks(unread), |domains| {
        NotCounted::Credentials(keys, domains)
    })?;
    let unknown = |domain: &DomainAudit| {
        !domain.facts.administrators_known || domain.inventory.reading().users.groups_unreadable
    };
    none_of(audit, lacks(unknown), NotCounted::UnknownGroups)
}

/// 1.16, by sign-ins to the console.
pub(super) fn sign_in_evidence(audit: &Audit) -> Result<Evidence, NotCounted> {
    sign_ins_are_known(audit)?;
    let mut evidence = Evidence::default();
    for (domain, user) in audit.users() {
        if let Some(compliance) = sign_in_compliance(audit, domain, user) {
            evidence.count(compliance, domain, user_id(domain, user.holder));
        }
    }
    Ok(evidence)
}

fn sign_ins_are_known(audit: &Audit) -> Result<(), NotCounted> {
    all_domains_are_known(audit)?;
    let unread = |domain: &DomainAudit| !domain.inventory.reading().users_are_complete();
    none_of(audit, unread, NotCounted::Users)?;
    let left_out = |domain: &DomainAudit| domain.inventory.reading().users.sign_ins_left_out;
    if audit.domains.iter().any(left_out) {
        return Err(NotCounted::SignInsLeftOut);
    }
    let without_sign_ins = |domain: &DomainAudit| !domain.facts.sign_ins_returned;
    none_of(audit, without_sign_ins, NotCounted::NoSignIns)
}

pub(super) fn sign_ins_are_assessable(audit: &Audit) -> bool {
    sign_ins_are_known(audit).is_ok()
}

/// `None` for a user whom the control is not about.
pub(super) fn sign_in_compliance(
    audit: &Audit,
    domain: &DomainAudit,
    user: &User,
) -> Option<Compliance> {
    let may_sign_in = may_sign_in(user);
    if may_sign_in == Some(false) {
        return None;
    }
    let unused = domain.facts.is_unused(user, &audit.run.times, UNUSED_DAYS);
    Some(match (unused, may_sign_in) {
        (Some(false), _) => Compliance::Compliant,
        (Some(true), Some(_)) => Compliance::NotCompliant,
        (Some(true) | None, _) => Compliance::Undetermined,
    })
}

/// Whether the user may sign in to the console with a password of the domain, if that is known. The password of a federated
/// user belongs to another provider.
fn may_sign_in(user: &User) -> Option<bool> {
    let conditions = [
        user.active,
        user.federated.map(|federated| !federated),
        user.console_password,
    ];
    if conditions.contains(&Some(false)) {
        Some(false)
    } else {
        conditions
            .iter()
            .all(|condition| *condition == Some(true))
            .then_some(true)
    }
}

/// 1.17: users who hold exactly one API key comply, listed or not. Users without an API key are not counted.
pub(super) fn single_key_evidence<'a>(audit: &'a Audit) -> Result<Evidence, NotCounted> {
    type_is_complete(audit, CredentialType::ApiKeys)?;
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
            // It names no user, so it may be the second key of any user.
            let id = domain.inventory.credential_id(credential_type, credential);
            evidence.count(Compliance::Undetermined, domain, &id);
            continue;
        }
        let compliance = match keys.remove(&key(domain, credential)) {
            // The holder has been counted.
            None => continue,
            Some(1) => Compliance::Compliant,
            Some(_) => Compliance::NotCompliant,
        };
        evidence.count(compliance, domain, user_id(domain, credential.holder));
    }
    Ok(evidence)
}

/// The credentials of a type in all domains, the most urgent first.
fn credentials(
    audit: &Audit,
    credential_type: CredentialType,
) -> impl Iterator<Item = (&DomainAudit, &Credential)> {
    let of_type = move |finding: &&Finding| finding.credential_type == credential_type;
    audit
        .findings
        .iter()
        .filter(of_type)
        .filter_map(move |finding| {
            let domain = audit.domains.get(usize::from(finding.domain))?;
            Some((
                domain,
                domain
                    .inventory
                    .credential(credential_type, finding.index)?,
            ))
        })
}

/// The OCID of a holder, or its SCIM id if no OCID is known.
pub fn user_id(domain: &DomainAudit, holder: HolderIndex) -> &str {
    let holders = &domain.inventory.reading().holders;
    match holders.ocid(holder) {
        "" => holders.id(holder),
        ocid => ocid,
    }
}

fn type_is_complete(audit: &Audit, credential_type: CredentialType) -> Result<(), NotCounted> {
    if !audit.run.credential_types.contains(credential_type) {
        return Err(NotCounted::LeftOut(credential_type));
    }
    all_domains_are_known(audit)?;
    let unconfirmed = |domain: &DomainAudit| {
        let reading = domain.inventory.reading();
        reading.is_unconfirmed_empty(credential_type)
    };
    let unread = |domain: &DomainAudit| {
        let reading = domain.inventory.reading();
        !reading.is_complete(credential_type) && !reading.is_unconfirmed_empty(credential_type)
    };
    none_of(audit, unread, |domains| {
        NotCounted::Credentials(credential_type, domains)
    })?;
    none_of(audit, unconfirmed, |domains| {
        NotCounted::Unconfirmed(credential_type, domains)
    })
}

fn all_domains_are_known(audit: &Audit) -> Result<(), NotCounted> {
    if audit.domains.is_empty() {
        return Err(NotCounted::NoDomain);
    }
    if !audit.discovery_gaps.is_empty() {
        return Err(NotCounted::DomainMayBeMissing);
    }
    Ok(())
}

/// # Errors
///
/// If `is_lacking` is true for a domain: `reason` of the names of all such domains.
fn none_of(
    audit: &Audit,
    is_lacking: impl Fn(&DomainAudit) -> bool,
    reason: impl FnOnce(Vec<String>) -> NotCounted,
) -> Result<(), NotCounted> {
    let names: Vec<_> = audit
        .domains
        .iter()
        .filter(|domain| is_lacking(domain))
        .map(|domain| domain.inventory.reading().domain.name.clone())
        .collect();
    if names.is_empty() {
        Ok(())
    } else {
        Err(reason(names))
    }
}
