//! The API keys to search for one by one, if no query groups uses by key: those that are overdue.

use crate::credential_type::CredentialType;
use crate::model::{DomainReading, Fingerprint, KeyId};
use crate::oci::logging_search::query::is_plain;
use crate::timestamp::Timestamp;

/// Max keys: each takes seven searches in each region.
const MAX_KEYS: usize = 50;

/// The oldest overdue keys, sorted. Those of a user without an OCID cannot be searched for. `rotation_days` is the age from which a key is overdue.
pub(super) fn overdue(
    readings: &[DomainReading],
    as_of: Timestamp,
    rotation_days: u32,
) -> Vec<KeyId> {
    let mut keys = Vec::new();
    for reading in readings {
        let Some((list, _)) = reading.credential_types[CredentialType::ApiKeys.index()].read()
        else {
            continue;
        };
        for row in &list.rows {
            let created = row.created.instant();
            let is_overdue =
                |created: Timestamp| as_of.days_since(created) >= i64::from(rotation_days);
            let user = reading.holders.ocid(row.holder);
            if let (Some(created), Some(fingerprint)) = (
                created.filter(|created| is_overdue(*created)),
                Fingerprint::parse(list.text.get(row.label)).filter(|_| is_plain(user)),
            ) {
                let user = user.into();
                keys.push((created, KeyId { fingerprint, user }));
            }
        }
    }
    keys.sort_unstable();
    let mut keys: Vec<_> = keys
        .into_iter()
        .take(MAX_KEYS)
        .map(|(_, key)| key)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
