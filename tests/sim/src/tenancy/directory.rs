//! The content of one identity domain: its users, and their credentials.

use super::{Credential, User};
use crate::resource_type::ResourceType;
use std::collections::HashMap;

/// The properties of a domain in each of its rows.
#[derive(Clone, Debug, Default)]
pub struct DomainIdentity {
    /// `domainOcid`
    pub ocid: String,
    /// `tenancyOcid`
    pub tenancy: String,
    /// `compartmentOcid`
    pub compartment: String,
    /// The domain URL, used in `meta.location` and `$ref`.
    pub url: String,
}

/// Positions in the lists of credentials, by type.
pub(crate) type Held = [Vec<u32>; 6];

/// The users and credentials of one domain.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub(crate) identity: DomainIdentity,
    users: Vec<User>,
    /// Positions in the list of users, by their ids in lower case.
    users_by_id: HashMap<String, Vec<u32>>,
    credentials: [Vec<Credential>; 6],
    /// By the id of the holder, whether listed or not.
    held: HashMap<String, Held>,
}

impl Directory {
    /// The users in the order of their creation.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// The credentials of one type in the order of their creation; none for users.
    #[must_use]
    pub fn credentials(&self, resource_type: ResourceType) -> &[Credential] {
        resource_type
            .credential_index()
            .map_or(&[], |index| &self.credentials[index])
    }

    /// Number of credentials of all types.
    #[must_use]
    pub fn credential_count(&self) -> usize {
        self.credentials.iter().map(Vec::len).sum()
    }

    /// The user with this name.
    #[must_use]
    pub fn user(&self, user_name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.user_name() == user_name)
    }

    /// The user with this name, to change it. Its id must not change.
    pub fn user_mut(&mut self, user_name: &str) -> Option<&mut User> {
        self.users
            .iter_mut()
            .find(|user| user.user_name() == user_name)
    }

    /// The credential with this id, to change it.
    pub fn credential_mut(&mut self, id: &str) -> Option<&mut Credential> {
        self.credentials
            .iter_mut()
            .flatten()
            .find(|credential| credential.id == id)
    }

    /// Adds a user at the end.
    pub fn add_user(&mut self, user: User) {
        let position = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        let id = user.id().to_lowercase();
        self.users_by_id.entry(id).or_default().push(position);
        self.users.push(user);
    }

    /// Adds a credential at the end of its type's list.
    pub fn add_credential(&mut self, credential: Credential) {
        let Some(resource_type) = credential.resource_type.credential_index() else {
            return;
        };
        let position = u32::try_from(self.credentials[resource_type].len()).unwrap_or(u32::MAX);
        self.held.entry(credential.holder.id.clone()).or_default()[resource_type].push(position);
        self.credentials[resource_type].push(credential);
    }

    /// Removes a credential; false if no credential has this id.
    pub fn remove_credential(&mut self, id: &str) -> bool {
        let before = self.credential_count();
        for list in &mut self.credentials {
            list.retain(|credential| credential.id != id);
        }
        let removed = self.credential_count() < before;
        if removed {
            self.index();
        }
        removed
    }

    /// Removes a user and keeps the credentials, whose user is then not listed.
    pub fn remove_user(&mut self, user_name: &str) -> bool {
        let before = self.users.len();
        let users = std::mem::take(&mut self.users);
        self.users_by_id.clear();
        for user in users {
            if user.user_name() != user_name {
                self.add_user(user);
            }
        }
        self.users.len() < before
    }

    /// Positions of the users with this id, in either case.
    pub(crate) fn users_with_id(&self, id: &str) -> &[u32] {
        let found = self.users_by_id.get(&id.to_lowercase());
        found.map_or(&[], Vec::as_slice)
    }

    /// The credentials of the holder with this id.
    pub(crate) fn held_by(&self, id: &str) -> Option<&Held> {
        self.held.get(id)
    }

    fn index(&mut self) {
        self.held.clear();
        for (resource_type, list) in self.credentials.iter().enumerate() {
            for (position, credential) in list.iter().enumerate() {
                let position = u32::try_from(position).unwrap_or(u32::MAX);
                self.held.entry(credential.holder.id.clone()).or_default()[resource_type]
                    .push(position);
            }
        }
    }
}
