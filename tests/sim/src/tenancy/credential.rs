//! A credential.

use super::user::{Holder, User};
use crate::resource_type::ResourceType;
use std::sync::Arc;

/// A credential. Dates are text, since some edge cases are dates that cannot be parsed.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The type.
    pub resource_type: ResourceType,
    /// `id`
    pub id: String,
    /// The user in its `user` attribute.
    pub holder: Arc<Holder>,
    /// `meta.created`; `None` omits the attribute.
    pub created: Option<String>,
    /// `meta.lastModified`, as text; `None`: never modified, so the same as `meta.created`.
    pub last_modified: Option<String>,
    /// The user in `idcsCreatedBy`; `None` omits the attribute.
    pub creator: Option<Arc<Holder>>,
    /// Audience and name of each of the `scopes` of an OAuth 2.0 client credential; `None`: one scope, the same for all.
    pub scopes: Option<Vec<(String, String)>>,
    /// `expiresOn`; an API key has none.
    pub expires_on: Option<String>,
    /// `lastSetDate` of a database credential.
    pub last_set_date: Option<String>,
    /// `displayName`, `name` or `userName`, whichever the type has.
    pub label: Option<String>,
    /// `description`
    pub description: Option<String>,
    /// `fingerprint` of an API key; `None`: derived from the id.
    pub fingerprint: Option<String>,
}

impl Credential {
    /// A credential of a user, created at the given instant; its id is derived from the user, the type and `number`.
    #[must_use]
    pub fn of(user: &User, resource_type: ResourceType, number: usize, created: &str) -> Self {
        let id = super::id_from_text(&format!(
            "{}/{}/{number}",
            user.id(),
            resource_type.segment()
        ));
        Self::held_by(Arc::clone(&user.holder), resource_type, &id).created(created)
    }

    /// A credential without dates, whose holder may not be a user of the domain.
    #[must_use]
    pub fn held_by(holder: Arc<Holder>, resource_type: ResourceType, id: &str) -> Self {
        Self {
            resource_type,
            id: id.to_owned(),
            creator: Some(Arc::clone(&holder)),
            holder,
            created: None,
            last_modified: None,
            scopes: None,
            expires_on: None,
            last_set_date: None,
            label: None,
            description: None,
            fingerprint: None,
        }
    }

    /// Sets `meta.created` to any text.
    #[must_use]
    pub fn created(mut self, created: &str) -> Self {
        self.created = Some(created.to_owned());
        self
    }

    /// Removes `meta.created`.
    #[must_use]
    pub fn without_created(mut self) -> Self {
        self.created = None;
        self
    }

    /// Sets `meta.lastModified` to any text.
    #[must_use]
    pub fn last_modified(mut self, last_modified: &str) -> Self {
        self.last_modified = Some(last_modified.to_owned());
        self
    }

    /// Sets the user in `idcsCreatedBy`, who is the holder unless set.
    #[must_use]
    pub fn created_by(mut self, creator: &User) -> Self {
        self.creator = Some(Arc::clone(&creator.holder));
        self
    }

    /// Sets audience and name of each of the `scopes`.
    #[must_use]
    pub fn scopes(mut self, scopes: &[(&str, &str)]) -> Self {
        let owned =
            |(audience, scope): &(&str, &str)| ((*audience).to_owned(), (*scope).to_owned());
        self.scopes = Some(scopes.iter().map(owned).collect());
        self
    }

    /// Sets `expiresOn`.
    #[must_use]
    pub fn expires_on(mut self, expires_on: &str) -> Self {
        self.expires_on = Some(expires_on.to_owned());
        self
    }

    /// Sets `lastSetDate`.
    #[must_use]
    pub fn last_set_date(mut self, last_set_date: &str) -> Self {
        self.last_set_date = Some(last_set_date.to_owned());
        self
    }

    /// Sets the name that people see.
    #[must_use]
    pub fn label(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }

    /// Sets `description`.
    #[must_use]
    pub fn description(mut self, description: &str) -> Self {
        self.description = Some(description.to_owned());
        self
    }

    /// Sets the id.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = id.to_owned();
        self
    }

    /// `ocid`, derived from the id.
    #[must_use]
    pub fn ocid(&self) -> String {
        super::ocid("credential", &self.id)
    }

    /// Sets the fingerprint: one public key may be added again, or to another user.
    #[must_use]
    pub fn with_fingerprint(mut self, fingerprint: &str) -> Self {
        self.fingerprint = Some(fingerprint.to_owned());
        self
    }

    /// `fingerprint` of an API key: sixteen bytes in hexadecimal with colons.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        if let Some(fingerprint) = &self.fingerprint {
            return fingerprint.clone();
        }
        let digits: Vec<char> = self
            .id
            .chars()
            .chain(std::iter::repeat('0'))
            .take(32)
            .collect();
        digits
            .chunks(2)
            .map(String::from_iter)
            .collect::<Vec<_>>()
            .join(":")
    }

    /// The value of a secret attribute, recognizable in leaks.
    #[must_use]
    pub fn secret(&self, attribute: &str) -> String {
        format!("SECRET-{attribute}-{}", self.id)
    }
}
