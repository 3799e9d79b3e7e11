//! Matches exceptions with credentials. Pure.
//!
//! A file may have thousands of entries, and a domain a million credentials. So entries for exact ids are found by the id, and
//! entries for exact user names by the name. Only patterns are tried one by one: those of names once per user, and not per
//! credential.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::inventory::DomainInventory;
use crate::model::HolderIndex;

use super::accepted::{Exception, Exceptions};
use super::pattern::{Pattern, lower};

/// Indices into [`Exceptions::entries`], in ascending order.
type Indices = Vec<u16>;

/// The exceptions that match credentials of one domain.
pub(in crate::judge) struct DomainExceptions<'a> {
    exceptions: &'a Exceptions,
    inventory: &'a DomainInventory,
    /// Entries for one credential, by its id.
    by_id: HashMap<&'a str, Indices>,
    /// Other entries by holder, as positions in `sets`. Many users match the same entries.
    by_holder: HashMap<HolderIndex, u32>,
    sets: Vec<Indices>,
    /// Other entries for holders that are not listed as users. Only `*` matches them.
    of_not_listed: Indices,
}

impl<'a> DomainExceptions<'a> {
    pub(in crate::judge) fn new(
        exceptions: &'a Exceptions,
        inventory: &'a DomainInventory,
    ) -> Self {
        let domain = &inventory.reading().domain.name;
        let mut by_id: HashMap<_, Indices> = HashMap::new();
        let mut by_name: HashMap<_, Indices> = HashMap::new();
        let mut patterns = Vec::new();
        for (index, entry) in (0_u16..).zip(&exceptions.entries) {
            let is_here = entry.domain.as_ref();
            if !is_here.is_none_or(|pattern| pattern.matches(domain)) {
                continue;
            }
            if let Some(id) = entry.credential_id.as_ref().and_then(Pattern::exact_lower) {
                by_id.entry(id).or_default().push(index);
            } else if let Some(name) = entry.user.exact_lower() {
                by_name.entry(name).or_default().push(index);
            } else {
                patterns.push((index, &entry.user));
            }
        }
        let matching = |user_name: &str| {
            let patterns = patterns.iter();
            let patterns = patterns.filter(|(_, pattern)| pattern.matches_lower(user_name));
            let exact = by_name.get(user_name).into_iter().flatten();
            let all = patterns.map(|(index, _)| index).chain(exact);
            let mut all: Indices = all.copied().collect();
            all.sort_unstable();
            all
        };
        let (mut by_holder, mut sets) = (HashMap::new(), HashMap::new());
        if !(patterns.is_empty() && by_name.is_empty()) {
            for user in &inventory.reading().users.rows {
                let matching = matching(&lower(inventory.name_or_id(user)));
                if !matching.is_empty() {
                    let next = u32::try_from(sets.len()).unwrap_or(u32::MAX);
                    by_holder.insert(user.holder, *sets.entry(matching).or_insert(next));
                }
            }
        }
        let mut sets: Vec<_> = sets.into_iter().collect();
        sets.sort_unstable_by_key(|(_, position)| *position);
        Self {
            exceptions,
            inventory,
            of_not_listed: matching(""),
            by_id,
            by_holder,
            sets: sets.into_iter().map(|(indices, _)| indices).collect(),
        }
    }

    /// The exceptions that match a credential.
    pub(in crate::judge) fn of(&self, credential_type: CredentialType, index: u32) -> Indices {
        if self.exceptions.entries.is_empty() {
            return Indices::new();
        }
        let credential = self.inventory.credential(credential_type, index);
        let holder = credential.map_or(HolderIndex::NONE, |credential| credential.holder);
        let id =
            credential.map(|credential| self.inventory.credential_id(credential_type, credential));
        let id = lower(&id.unwrap_or_default());
        let user = self.inventory.user(holder);
        let of_id = self.by_id.get(id.as_str()).into_iter().flatten();
        let of_id = of_id.filter(|index| {
            let name = user.map_or("", |user| self.inventory.name_or_id(user));
            self.entry(**index).user.matches(name)
        });
        let of_holder = match user {
            Some(_) => {
                let set = self.by_holder.get(&holder);
                set.and_then(|set| self.sets.get(*set as usize))
            }
            None => Some(&self.of_not_listed),
        };
        let of_holder = of_holder.into_iter().flatten().filter(|index| {
            let pattern = self.entry(**index).credential_id.as_ref();
            pattern.is_none_or(|pattern| pattern.matches_lower(&id))
        });
        let all = of_id.chain(of_holder).copied();
        let mut all: Indices = all
            .filter(|index| {
                let own = self.entry(*index).credential_type;
                own.is_none_or(|own| own == credential_type)
            })
            .collect();
        all.sort_unstable();
        all
    }

    fn entry(&self, index: u16) -> &'a Exception {
        &self.exceptions.entries[usize::from(index)]
    }
}

/// The exceptions that may accept credentials of users that could not be listed, whose names are unknown.
pub(in crate::judge) struct PossibleExceptions<'a> {
    inventory: &'a DomainInventory,
    /// By type: the ids of exceptions in force that match domain and type. Empty if all users were listed.
    by_type: [PossibleIds<'a>; CREDENTIAL_TYPES.len()],
}

/// Ids of credentials that exceptions name.
#[derive(Default)]
struct PossibleIds<'a> {
    /// Whether an exception names none, and so any.
    any: bool,
    exact: HashSet<&'a str>,
    patterns: Vec<&'a Pattern>,
}

impl<'a> PossibleIds<'a> {
    fn add(&mut self, id: Option<&'a Pattern>) {
        match id.map(|pattern| (pattern, pattern.exact_lower())) {
            None => self.any = true,
            Some((_, Some(exact))) => drop(self.exact.insert(exact)),
            Some((pattern, None)) => self.patterns.push(pattern),
        }
    }

    fn has(&self, id: &str) -> bool {
        let id = lower(id);
        let mut patterns = self.patterns.iter();
        self.any
            || self.exact.contains(id.as_str())
            || patterns.any(|pattern| pattern.matches_lower(&id))
    }
}

impl<'a> PossibleExceptions<'a> {
    pub(in crate::judge) fn new(
        exceptions: &'a Exceptions,
        inventory: &'a DomainInventory,
        day: NaiveDate,
    ) -> Self {
        let reading = inventory.reading();
        let mut by_type: [PossibleIds<'_>; CREDENTIAL_TYPES.len()] = Default::default();
        if !reading.users_are_complete() {
            for entry in exceptions.entries.iter().filter(|entry| entry.until >= day) {
                for credential_type in CredentialType::all() {
                    if entry.covers(&reading.domain.name, credential_type) {
                        by_type[credential_type.index()].add(entry.credential_id.as_ref());
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
        is_not_listed && self.by_type[credential_type.index()].has(&id)
    }
}
