//! What the last use of API keys changes: a key that was used lately is reviewed before it is deleted. Pure.
//!
//! It causes no action. The same fingerprint under two ids is a finding of its own: a key that was added again was not
//! rotated, and two users with one key share its private key.

use crate::credential_type::CredentialType;
use crate::inventory::DomainInventory;
use crate::model::{Credential, Fingerprint, KeyId, KeyUse, LastUses};
use crate::timestamp::Timestamp;

use super::age::State;
use super::audit::Audit;
use super::finding::Finding;

/// A key that was used in so many days is not deleted without a review.
pub const DAYS_OF_RECENT_USE: i64 = 30;
/// Days without an audited use that the digest speaks of.
pub const DAYS_WITHOUT_USE: i64 = 90;

/// What is known of the use of one API key.
#[derive(Clone, Copy, Debug)]
pub struct UseOfKey<'a> {
    /// The newest use that was found, and its region.
    pub newest: Option<(&'a KeyUse, &'a str)>,
    /// Since when every audited use is known.
    pub known_since: Option<Timestamp>,
    /// The end of the search.
    pub until: Timestamp,
}

impl Audit {
    /// Adds what is known of last use, and decides every action again.
    #[must_use]
    pub fn with_last_use(mut self, last_use: Option<LastUses>) -> Self {
        if last_use.is_none() {
            return self;
        }
        self.last_use = last_use;
        self.mark_repeated_keys();
        self.with_actions()
    }

    /// What is known of the use of a credential; `None` unless it is an API key whose use was searched for.
    pub fn use_of(&self, finding: &Finding) -> Option<UseOfKey<'_>> {
        let uses = self.last_use.as_ref()?;
        let (inventory, credential) = self.credential(finding)?;
        let key = key_id(inventory, finding.credential_type, credential)?;
        Some(UseOfKey {
            newest: uses.of(&key).map(|used| (used, uses.region(used))),
            known_since: uses.known_since_of(&key),
            until: uses.until,
        })
    }

    /// Whether the key of a finding was used lately.
    pub(super) fn was_used_recently(
        &self,
        inventory: &DomainInventory,
        finding: &Finding,
        credential: &Credential,
    ) -> bool {
        self.last_use.as_ref().is_some_and(|uses| {
            let key = key_id(inventory, finding.credential_type, credential);
            key.is_some_and(|key| uses.was_used_within(&key, DAYS_OF_RECENT_USE))
        })
    }

    /// Overdue API keys that are known to have no audited use in [`DAYS_WITHOUT_USE`].
    pub fn overdue_without_use(&self) -> u64 {
        let Some(uses) = &self.last_use else {
            return 0;
        };
        let is_without_use = |finding: &&Finding| {
            let key = self
                .credential(finding)
                .and_then(|(inventory, credential)| {
                    key_id(inventory, finding.credential_type, credential)
                });
            key.is_some_and(|key| uses.has_no_use_within(&key, DAYS_WITHOUT_USE))
        };
        let overdue = self
            .findings
            .iter()
            .filter(|finding| finding.alerting_state() == State::Overdue);
        overdue.filter(is_without_use).count() as u64
    }

    /// API keys whose private key two users or more have, and those that were added again under another id.
    pub fn count_repeated_keys(&self) -> (u64, u64) {
        let count = |is: fn(&Finding) -> bool| {
            self.findings.iter().filter(|finding| is(finding)).count() as u64
        };
        (
            count(|finding| finding.hints.key_of_several_users()),
            count(|finding| finding.hints.key_added_again()),
        )
    }

    fn mark_repeated_keys(&mut self) {
        let mut findings = std::mem::take(&mut self.findings);
        let mut keys: Vec<_> = (0_u32..)
            .zip(&findings)
            .filter(|(_, finding)| finding.credential_type == CredentialType::ApiKeys)
            .filter_map(|(index, finding)| Some((self.fingerprint(finding)?, index)))
            .collect();
        keys.sort_unstable();
        for same in keys.chunk_by(|(left, _), (right, _)| left == right) {
            let user = |index: &u32| self.user_of(&findings[*index as usize]).to_owned();
            let users = same.iter().map(|(_, index)| user(index));
            // A key that names no user may be of the same user.
            let mut users = users.filter(|user| !user.is_empty());
            let first = users.next();
            let is_shared = users.any(|other| Some(other) != first);
            let is_repeated = same.len() > 1 && !is_shared;
            for (fingerprint, index) in same {
                let again = is_repeated
                    || self.was_under_other_id(*fingerprint, &findings[*index as usize]);
                let hints = &mut findings[*index as usize].hints;
                if is_shared {
                    hints.set_key_of_several_users();
                } else if again {
                    hints.set_key_added_again();
                }
            }
        }
        self.findings = findings;
    }

    /// Whether an earlier run saw the fingerprint under another id that is not listed anymore.
    fn was_under_other_id(&self, fingerprint: Fingerprint, finding: &Finding) -> bool {
        let (Some(uses), Some((inventory, credential))) =
            (&self.last_use, self.credential(finding))
        else {
            return false;
        };
        let id = inventory.credential_id(finding.credential_type, credential);
        let first = uses
            .seen
            .partition_point(|key| key.fingerprint < fingerprint);
        let same = uses.seen[first..].iter();
        same.take_while(|key| key.fingerprint == fingerprint)
            .any(|key| *key.credential_id != *id)
    }

    fn fingerprint(&self, finding: &Finding) -> Option<Fingerprint> {
        let (inventory, credential) = self.credential(finding)?;
        Fingerprint::parse(inventory.label(finding.credential_type, credential))
    }

    /// The OCID of the holder, or else its id.
    fn user_of(&self, finding: &Finding) -> &str {
        self.credential(finding)
            .map_or("", |(inventory, credential)| {
                let holders = &inventory.reading().holders;
                match holders.ocid(credential.holder) {
                    "" => holders.id(credential.holder),
                    ocid => ocid,
                }
            })
    }
}

fn key_id(
    inventory: &DomainInventory,
    credential_type: CredentialType,
    credential: &Credential,
) -> Option<KeyId> {
    if credential_type != CredentialType::ApiKeys {
        return None;
    }
    let fingerprint = Fingerprint::parse(inventory.label(credential_type, credential))?;
    // Events name users by OCID. Without it, no event shows anything of the key.
    let user = Some(inventory.reading().holders.ocid(credential.holder));
    let user = user.filter(|ocid| !ocid.is_empty())?;
    Some(KeyId {
        fingerprint,
        user: user.into(),
    })
}
