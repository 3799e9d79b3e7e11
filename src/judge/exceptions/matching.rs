//! Which exceptions fit which credentials. Pure.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::inventory::DomainInventory;
use crate::model::HolderIndex;

use super::pattern::lower;
use super::{Exception, Exceptions};

/// Which exceptions fit which credentials of one domain. Users are compared once each, not once a credential.
pub(in crate::judge) struct DomainExceptions<'a> {
    exceptions: &'a Exceptions,
    inventory: &'a DomainInventory,
    /// By holder: indices into [`Exceptions::entries`] whose `user` and `domain` fit.
    by_holder: HashMap<HolderIndex, Vec<u16>>,
    /// The same for holders who are not among the users, so that nothing but `*` fits them.
    of_unlisted: Vec<u16>,
}

impl<'a> DomainExceptions<'a> {
    pub(in crate::judge) fn new(
        exceptions: &'a Exceptions,
        inventory: &'a DomainInventory,
    ) -> Self {
        let name = &inventory.reading().domain.name;
        let here: Vec<_> = (0_u16..)
            .zip(&exceptions.entries)
            .filter(|(_, entry)| entry.domain.as_ref().is_none_or(|it| it.matches(name)))
            .collect();
        let fitting = |user_name: &str| -> Vec<u16> {
            here.iter()
                .filter(|(_, entry)| entry.user.matches_lower(user_name))
                .map(|(place, _)| *place)
                .collect()
        };
        let mut by_holder = HashMap::new();
        if !here.is_empty() {
            for user in &inventory.reading().users.rows {
                let fitting = fitting(&lower(inventory.user_name(user)));
                if !fitting.is_empty() {
                    by_holder.insert(user.holder, fitting);
                }
            }
        }
        Self {
            exceptions,
            inventory,
            of_unlisted: fitting(""),
            by_holder,
        }
    }

    /// The exceptions that fit a credential, by their indices into [`Exceptions::entries`].
    pub(in crate::judge) fn of(
        &self,
        credential_type: CredentialType,
        place: u32,
    ) -> impl Iterator<Item = u16> {
        let credential = self.inventory.credential(credential_type, place);
        let holder = credential.map_or(HolderIndex::NONE, |it| it.holder);
        let candidates: &[u16] = match self.inventory.user(holder) {
            Some(_) => self.by_holder.get(&holder).map_or(&[], Vec::as_slice),
            None => &self.of_unlisted,
        };
        let id = credential.map_or("", |it| self.inventory.credential_id(credential_type, it));
        candidates.iter().copied().filter(move |place| {
            let entry = &self.exceptions.entries[usize::from(*place)];
            entry
                .credential_type
                .is_none_or(|own| own == credential_type)
                && entry.credential_id.as_ref().is_none_or(|it| it.matches(id))
        })
    }
}

/// Exceptions that may accept what a user of a domain holds who could not be listed, so that no name is there to compare.
pub(in crate::judge) struct PossibleExceptions<'a> {
    inventory: &'a DomainInventory,
    /// By type: those that hold, and fit all but the user; none where all users were listed.
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
            for entry in exceptions.entries.iter().filter(|it| it.until >= day) {
                for credential_type in CredentialType::all() {
                    if entry.covers(&reading.domain.name, credential_type) {
                        by_type[credential_type.index()].push(entry);
                    }
                }
            }
        }
        Self { inventory, by_type }
    }

    /// Whether one of them may accept a credential. One that names no user has no holder whose name could ever be known.
    pub(in crate::judge) fn may_accept(&self, credential_type: CredentialType, place: u32) -> bool {
        let Some(credential) = self.inventory.credential(credential_type, place) else {
            return false;
        };
        let holder = credential.holder;
        let is_unlisted = holder != HolderIndex::NONE && self.inventory.user(holder).is_none();
        let id = self.inventory.credential_id(credential_type, credential);
        let fits =
            |entry: &&Exception| entry.credential_id.as_ref().is_none_or(|it| it.matches(id));
        is_unlisted && self.by_type[credential_type.index()].iter().any(fits)
    }
}
