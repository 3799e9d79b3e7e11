//! Matches exceptions with credentials. Pure.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::inventory::DomainInventory;
use crate::model::HolderIndex;

use super::accepted::{Exception, Exceptions};
use super::pattern::lower;

/// The exceptions that match credentials of one domain. User names are matched once per user, not per credential.
pub(in crate::judge) struct DomainExceptions<'a> {
    exceptions: &'a Exceptions,
    inventory: &'a DomainInventory,
    /// By holder: indices into [`Exceptions::entries`] whose `user` and `domain` match.
    by_holder: HashMap<HolderIndex, Vec<u16>>,
    /// The same for holders that are not listed as users. Only `*` matches them.
    of_not_listed: Vec<u16>,
}

impl<'a> DomainExceptions<'a> {
    pub(in crate::judge) fn new(
        exceptions: &'a Exceptions,
        inventory: &'a DomainInventory,
    ) -> Self {
        let name = &inventory.reading().domain.name;
        let here: Vec<_> = (0_u16..)
            .zip(&exceptions.entries)
            .filter(|(_, entry)| {
                entry
                    .domain
                    .as_ref()
                    .is_none_or(|domain| domain.matches(name))
            })
            .collect();
        let matching = |user_name: &str| -> Vec<u16> {
            here.iter()
                .filter(|(_, entry)| entry.user.matches_lower(user_name))
                .map(|(index, _)| *index)
                .collect()
        };
        let mut by_holder = HashMap::new();
        if !here.is_empty() {
            for user in &inventory.reading().users.rows {
                let matching = matching(&lower(inventory.user_name(user)));
                if !matching.is_empty() {
                    by_holder.insert(user.holder, matching);
                }
            }
        }
        Self {
            exceptions,
            inventory,
            of_not_listed: matching(""),
            by_holder,
        }
    }

    /// The exceptions that match a credential, as indices into [`Exceptions::entries`].
    pub(in crate::judge) fn of(
        &self,
        credential_type: CredentialType,
        index: u32,
    ) -> impl Iterator<Item = u16> {
        let credential = self.inventory.credential(credential_type, index);
        let holder = credential.map_or(HolderIndex::NONE, |credential| credential.holder);
        let candidates: &[u16] = match self.inventory.user(holder) {
            Some(_) => self.by_holder.get(&holder).map_or(&[], Vec::as_slice),
            None => &self.of_not_listed,
        };
        let id = credential.map_or("", |credential| {
            self.inventory.credential_id(credential_type, credential)
        });
        candidates.iter().copied().filter(move |exception| {
            let entry = &self.exceptions.entries[usize::from(*exception)];
            entry
                .credential_type
                .is_none_or(|own| own == credential_type)
                && entry
                    .credential_id
                    .as_ref()
                    .is_none_or(|pattern| pattern.matches(id))
        })
    }
}

/// The exceptions that may accept credentials of users that could not be listed, whose names are unknown.
pub(in crate::judge) struct PossibleExceptions<'a> {
    inventory: &'a DomainInventory,
    /// By type: exceptions in force that match domain and type. Empty if all users were listed.
    by_type: [Vec<&'a Exception>; CREDENTIAL_TYPES.len()],
}

impl<'a> PossibleExceptions<'a> {
    pub(in crate::judge) fn new(
        exceptions: &'a Exceptions,
        inventory: &'a DomainInventory,
        day: NaiveDate,
    ) -> Self {
        let reading = inventory.reading();
        let mut by_type: [Vec<&Exception>; CREDENTIAL_TYPES.len()] = Default::default();
        if !reading.users_are_complete() {
            for entry in exceptions.entries.iter().filter(|entry| entry.until >= day) {
                for credential_type in CredentialType::all() {
                    if entry.covers(&reading.domain.name, credential_type) {
                        by_type[credential_type.index()].push(entry);
                    }
                }
            }
        }
        Self { inventory, by_type }
    }

    /// Whether an exception may accept a credential. False if the credential names no user.
    pub(in crate::judge) fn may_accept(&self, credential_type: CredentialType, index: u32) -> bool {
        let Some(credential) = self.inventory.credential(credential_type, index) else {
            return false;
        };
        let holder = credential.holder;
        let is_not_listed = holder != HolderIndex::NONE && self.inventory.user(holder).is_none();
        let id = self.inventory.credential_id(credential_type, credential);
        let may_match = |entry: &&Exception| {
            let pattern = entry.credential_id.as_ref();
            pattern.is_none_or(|pattern| pattern.matches(id))
        };
        is_not_listed && self.by_type[credential_type.index()].iter().any(may_match)
    }
}
