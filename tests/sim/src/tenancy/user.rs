//! A user of an identity domain.

use crate::resource_type::ResourceType;
use std::sync::Arc;

/// The `user` attribute of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// `user.value`
    pub id: String,
    /// `user.name`
    pub user_name: String,
    /// `user.display`
    pub display_name: String,
}

impl Holder {
    /// `user.ocid`, derived from the id.
    #[must_use]
    pub fn ocid(&self) -> String {
        super::ocid("user", &self.id)
    }
}

/// The flags of the capabilities extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities(u8);

impl Capabilities {
    /// Every capability on.
    pub const ALL: Self = Self(0b0011_1111);
    /// Every capability off.
    pub const NONE: Self = Self(0);

    /// Whether the user may use this credential type.
    #[must_use]
    pub fn allow(self, resource_type: ResourceType) -> bool {
        resource_type
            .credential_index()
            .is_some_and(|index| self.0 & (1 << index) != 0)
    }

    /// Switches one capability on.
    #[must_use]
    pub fn with(self, resource_type: ResourceType) -> Self {
        resource_type
            .credential_index()
            .map_or(self, |index| Self(self.0 | (1 << index)))
    }

    /// Switches one capability off.
    #[must_use]
    pub fn without(self, resource_type: ResourceType) -> Self {
        resource_type
            .credential_index()
            .map_or(self, |index| Self(self.0 & !(1 << index)))
    }
}

/// A user. Its fields are public, so that a test sets only those that it is about.
#[derive(Clone, Debug)]
pub struct User {
    /// The `user` attribute of its credentials.
    pub holder: Arc<Holder>,
    /// `active`
    pub active: bool,
    /// The primary address in `emails`.
    pub email: Option<String>,
    /// `verified` of that address.
    pub email_verified: bool,
    /// `urn:…:enterprise:2.0:User:department`
    pub department: Option<String>,
    /// `urn:…:enterprise:2.0:User:manager.displayName`
    pub manager: Option<String>,
    /// `urn:…:OCITags:freeformTags`: key and value.
    pub freeform_tags: Vec<(String, String)>,
    /// `urn:…:OCITags:definedTags`: namespace, key and value.
    pub defined_tags: Vec<(String, String, String)>,
    /// `urn:…:user:User:isFederatedUser`
    pub federated: bool,
    /// The capabilities extension, which may be absent.
    pub capabilities: Option<Capabilities>,
    /// `urn:…:userState:User:lastSuccessfulLoginDate`, as text, so that it may be malformed.
    pub last_successful_login: Option<String>,
    /// `meta.created`
    pub created: Option<String>,
    /// `meta.lastModified`, as text; `None`: never modified, so the same as `meta.created`.
    pub last_modified: Option<String>,
    /// `urn:…:user:User:serviceUser`, which may be absent.
    pub service_user: Option<bool>,
    /// Whether `groups` contains Administrators.
    pub administrator: bool,
    /// Names of further groups in `groups`.
    pub groups: Vec<&'static str>,
    /// Credentials that `userCredentials:User` claims in addition to those in the lists.
    pub claimed: Vec<(ResourceType, String)>,
}

impl User {
    /// An active user with every capability and an id derived from the name.
    #[must_use]
    pub fn named(user_name: &str) -> Self {
        Self::with_id(&super::id_from_text(user_name), user_name)
    }

    /// An active user with every capability and the given id.
    #[must_use]
    pub fn with_id(id: &str, user_name: &str) -> Self {
        let display_name = user_name.split('@').next().unwrap_or_default().to_owned();
        Self {
            holder: Arc::new(Holder {
                id: id.to_owned(),
                user_name: user_name.to_owned(),
                display_name,
            }),
            active: true,
            email: user_name.contains('@').then(|| user_name.to_owned()),
            email_verified: true,
            department: None,
            manager: None,
            freeform_tags: Vec::new(),
            defined_tags: Vec::new(),
            federated: false,
            capabilities: Some(Capabilities::ALL),
            last_successful_login: None,
            created: Some("2020-01-01T00:00:00.000Z".to_owned()),
            last_modified: None,
            service_user: Some(false),
            administrator: false,
            groups: Vec::new(),
            claimed: Vec::new(),
        }
    }

    /// `id`
    #[must_use]
    pub fn id(&self) -> &str {
        &self.holder.id
    }

    /// `userName`
    #[must_use]
    pub fn user_name(&self) -> &str {
        &self.holder.user_name
    }

    /// Sets `displayName`.
    #[must_use]
    pub fn display_name(mut self, display_name: &str) -> Self {
        self.holder = Arc::new(Holder {
            display_name: display_name.to_owned(),
            ..(*self.holder).clone()
        });
        self
    }

    /// Sets or removes the capabilities extension.
    #[must_use]
    pub fn capabilities(mut self, capabilities: impl Into<Option<Capabilities>>) -> Self {
        self.capabilities = capabilities.into();
        self
    }

    /// Sets `active` to false.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.active = false;
        self
    }

    /// Marks the user as federated.
    #[must_use]
    pub fn federated(mut self) -> Self {
        self.federated = true;
        self
    }

    /// Sets the primary address, and whether it is verified.
    #[must_use]
    pub fn email(mut self, address: &str, verified: bool) -> Self {
        self.email = Some(address.to_owned());
        self.email_verified = verified;
        self
    }

    /// Sets the department.
    #[must_use]
    pub fn department(mut self, department: &str) -> Self {
        self.department = Some(department.to_owned());
        self
    }

    /// Sets the display name of the manager.
    #[must_use]
    pub fn manager(mut self, manager: &str) -> Self {
        self.manager = Some(manager.to_owned());
        self
    }

    /// Adds a free-form tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.freeform_tags.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Adds a defined tag.
    #[must_use]
    pub fn defined_tag(mut self, namespace: &str, key: &str, value: &str) -> Self {
        let tag = [namespace, key, value].map(str::to_owned);
        let [namespace, key, value] = tag;
        self.defined_tags.push((namespace, key, value));
        self
    }

    /// Puts the user into another group.
    #[must_use]
    pub fn in_group(mut self, name: &'static str) -> Self {
        self.groups.push(name);
        self
    }

    /// Makes the user a service user.
    #[must_use]
    pub fn service_user(mut self) -> Self {
        self.service_user = Some(true);
        self
    }

    /// Sets `meta.lastModified` to any text.
    #[must_use]
    pub fn last_modified(mut self, instant: &str) -> Self {
        self.last_modified = Some(instant.to_owned());
        self
    }

    /// Puts the user into the Administrators group.
    #[must_use]
    pub fn administrator(mut self) -> Self {
        self.administrator = true;
        self
    }

    /// Sets the last successful login.
    #[must_use]
    pub fn last_successful_login(mut self, instant: &str) -> Self {
        self.last_successful_login = Some(instant.to_owned());
        self
    }

    /// Makes `userCredentials:User` claim a credential that no list has.
    #[must_use]
    pub fn claiming(mut self, resource_type: ResourceType, id: &str) -> Self {
        self.claimed.push((resource_type, id.to_owned()));
        self
    }
}
