//! Whether a newer credential exists that replaces one. Pure.
//!
//! For most types, Oracle never reports whether a credential is disabled. So a newer one "exists"; whether it is in use is
//! not known. It replaces an older one if it has the same holder and type, is at least seven days old, has no finding by
//! age, and does not expire within fifteen days. Two clients of OAuth 2.0 serve one purpose only if they have the same
//! scopes. A database credential is a password, and the other one may be that of another database user.

use std::collections::HashMap;
use std::num::NonZeroU64;

use crate::credential_type::CredentialType;
use crate::model::{Credential, HolderIndex, RunTimes};
use crate::timestamp::{DateReading, Timestamp};

use super::age::{EXPIRING_DAYS, ExpiryState, State, trusted};
use super::finding::{Finding, NewerIndex};

/// A credential that was created an hour ago may not be in use yet.
const MIN_DAYS: i64 = 7;

/// Sets [`Finding::newer`]. `findings` are those of one type in one domain, and `credentials` is the list of this type.
pub(super) fn find_newer(
    findings: &mut [Finding],
    credentials: &[Credential],
    credential_type: CredentialType,
    times: &RunTimes,
) {
    if credential_type == CredentialType::DbCredentials {
        return;
    }
    let key = |credential: &Credential| purpose(credential, credential_type);
    let created = |credential: &Credential| trusted(credential.created, times);
    // In most lists few are old, so this takes little memory.
    let mut newest: HashMap<Purpose, Option<(Timestamp, u32)>> = findings
        .iter()
        .filter(|finding| is_old(finding))
        .filter_map(|finding| Some((key(credentials.get(finding.index as usize)?)?, None)))
        .collect();
    if newest.is_empty() {
        return;
    }
    for finding in findings.iter().filter(|finding| finding.state == State::Ok) {
        if let Some(credential) = credentials.get(finding.index as usize)
            && is_far_from_expiry(credential, times)
            && let (Some(purpose), Some(created)) = (key(credential), created(credential))
            && created.plus_days(MIN_DAYS) <= times.as_of
            && let Some(newest) = newest.get_mut(&purpose)
            && newest.is_none_or(|(known, _)| known < created)
        {
            *newest = Some((created, finding.index));
        }
    }
    for finding in findings.iter_mut().filter(|finding| is_old(finding)) {
        finding.newer = credentials
            .get(finding.index as usize)
            .and_then(|credential| Some((key(credential)?, created(credential)?)))
            .and_then(|(purpose, created)| {
                let (newest_created, index) = (*newest.get(&purpose)?)?;
                (created < newest_created).then_some(index)
            })
            .and_then(NewerIndex::new);
    }
}

/// Whether it may be replaced.
fn is_old(finding: &Finding) -> bool {
    matches!(finding.state, State::Due | State::Overdue)
        || matches!(finding.expiry, ExpiryState::Expiring | ExpiryState::Expired)
        || finding.marks.user_inactive
}

/// Credentials of one type with the same purpose can replace one another.
type Purpose = (HolderIndex, Option<NonZeroU64>);

/// `None` if it is unknown.
fn purpose(credential: &Credential, credential_type: CredentialType) -> Option<Purpose> {
    let scopes = match credential_type {
        CredentialType::OAuth2ClientCredentials => {
            Some(credential.type_fact.scopes(credential_type).key()?)
        }
        _ => None,
    };
    (credential.holder != HolderIndex::NONE).then_some((credential.holder, scopes))
}

fn is_far_from_expiry(credential: &Credential, times: &RunTimes) -> bool {
    match credential.expires_on.instant() {
        Some(expires_on) => times.as_of.plus_days(EXPIRING_DAYS) < expires_on,
        None => credential.expires_on == DateReading::MISSING,
    }
}
