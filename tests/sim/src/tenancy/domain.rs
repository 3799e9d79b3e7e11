//! An identity domain and its compartment.

use super::{Credential, Directory, User, generate};
use chrono::{DateTime, Utc};

/// A compartment of the tenancy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compartment {
    /// `id`
    pub ocid: String,
    /// `name`
    pub name: String,
}

impl Compartment {
    /// A compartment with an OCID derived from its name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            ocid: super::ocid("compartment", &super::id_from_text(name)),
            name: name.to_owned(),
        }
    }
}

/// An identity domain as data.
#[derive(Clone, Debug)]
pub struct Domain {
    pub(crate) name: String,
    pub(crate) ocid: String,
    pub(crate) license: String,
    pub(crate) is_default: bool,
    pub(crate) compartment: Option<String>,
    pub(crate) listed_in: Option<Vec<String>>,
    pub(crate) lifecycle_state: String,
    pub(crate) enforces_rate_limits: bool,
    pub(crate) directory: Directory,
}

impl Domain {
    /// An empty domain of license `free` in the root compartment. `Default` has the type DEFAULT, any other SECONDARY.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ocid: super::ocid("domain", &super::id_from_text(name)),
            license: "free".to_owned(),
            is_default: name == "Default",
            compartment: None,
            listed_in: None,
            lifecycle_state: "ACTIVE".to_owned(),
            enforces_rate_limits: false,
            directory: Directory::default(),
        }
    }

    /// A domain with users and about 8.46 credentials per user, generated from a seed.
    ///
    /// Any 60 consecutive users cover every edge case:
    /// - names that break spreadsheets or CSV readers
    /// - users without the capabilities extension, and with credentials of a capability that is off
    /// - inactive and federated users, users who never logged in, and users without credentials
    /// - dates that are missing, malformed, without a zone, in the future or of unusual precision
    /// - database passwords set after their creation
    /// - ages of exactly 74, 75, 89, 90 and 91 days
    /// - an old credential with a newer one, and credentials whose user is not listed
    #[must_use]
    pub fn generated(name: &str, users: usize, seed: u64, as_of: DateTime<Utc>) -> Self {
        Self {
            directory: generate::directory(users, seed, as_of),
            ..Self::named(name)
        }
    }

    /// Sets `licenseType`, which determines the rate limits.
    #[must_use]
    pub fn license(mut self, license: &str) -> Self {
        license.clone_into(&mut self.license);
        self
    }

    /// Puts the domain into a compartment, given by OCID.
    #[must_use]
    pub fn in_compartment(mut self, compartment: &super::Compartment) -> Self {
        self.compartment = Some(compartment.ocid.clone());
        self
    }

    /// Sets the regions in which ListDomains returns the domain. By default these are all regions for the default domain,
    /// and the home region for any other.
    #[must_use]
    pub fn listed_in(mut self, regions: &[&str]) -> Self {
        self.listed_in = Some(regions.iter().map(ToString::to_string).collect());
        self
    }

    /// Sets `lifecycleState`.
    #[must_use]
    pub fn lifecycle_state(mut self, state: &str) -> Self {
        state.clone_into(&mut self.lifecycle_state);
        self
    }

    /// Enforces the rate limits of the license.
    #[must_use]
    pub fn enforcing_rate_limits(mut self) -> Self {
        self.enforces_rate_limits = true;
        self
    }

    /// Adds a user.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.directory.add_user(user);
        self
    }

    /// Adds a credential.
    #[must_use]
    pub fn credential(mut self, credential: Credential) -> Self {
        self.directory.add_credential(credential);
        self
    }

    /// The content of the domain.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }
}
