//! Owners of credentials: who answers for those of a user, by an attribute of the user.
//!
//! Hundreds of users have the same owner. So each domain stores the name of an owner once, and each user an index of four
//! bytes, only if the settings name a source of owners.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The word for users without an owner.
pub const NO_OWNER: &str = "(no owner)";

/// Which attribute of a user names its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerSource {
    /// A free-form tag with this key.
    FreeformTag(String),
    /// A defined tag.
    DefinedTag {
        /// Its namespace.
        namespace: String,
        /// Its key.
        key: String,
    },
    /// The department of SCIM's enterprise extension.
    Department,
    /// The manager in it.
    Manager,
    /// The group with this prefix; of several, the first by bytes.
    Group(String),
}

/// What [`OwnerSource`] is written like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tag:<key>, tag:<namespace>.<key>, department, manager or group:<prefix>")]
pub struct InvalidOwnerSource;

impl FromStr for OwnerSource {
    type Err = InvalidOwnerSource;

    fn from_str(text: &str) -> Result<Self, InvalidOwnerSource> {
        match text {
            "department" => return Ok(Self::Department),
            "manager" => return Ok(Self::Manager),
            _ => {}
        }
        let (source, name) = text.split_once(':').ok_or(InvalidOwnerSource)?;
        let name = name.trim();
        match (source, name.split_once('.')) {
            _ if name.is_empty() => Err(InvalidOwnerSource),
            ("group", _) => Ok(Self::Group(name.to_owned())),
            ("tag", None) => Ok(Self::FreeformTag(name.to_owned())),
            // A namespace has no dot; a key may have some.
            ("tag", Some((namespace, key))) if !namespace.is_empty() && !key.is_empty() => {
                Ok(Self::DefinedTag {
                    namespace: namespace.to_owned(),
                    key: key.to_owned(),
                })
            }
            _ => Err(InvalidOwnerSource),
        }
    }
}

impl fmt::Display for OwnerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FreeformTag(key) => write!(f, "tag:{key}"),
            Self::DefinedTag { namespace, key } => write!(f, "tag:{namespace}.{key}"),
            Self::Department => f.write_str("department"),
            Self::Manager => f.write_str("manager"),
            Self::Group(prefix) => write!(f, "group:{prefix}"),
        }
    }
}

/// The owners of a list of users.
#[derive(Debug, Default)]
pub enum OwnersReading {
    /// The settings name no source of owners.
    #[default]
    NotAsked,
    /// The service did not return the attribute, so every owner is unknown.
    NotReturned,
    /// The owners.
    Read(Owners),
}

/// Names of owners, each stored once, and the owner of each user.
#[derive(Debug, Default)]
pub struct Owners {
    names: Vec<Arc<str>>,
    by_name: HashMap<Arc<str>, u32>,
    /// By position of the user in its list: 0 for no owner, else the position of the name, from 1.
    of_users: Vec<u32>,
    bytes: usize,
}

impl Owners {
    /// What a name takes besides its text.
    const NAME_BYTES: usize = 80;

    /// Adds the owner of the next user of the list.
    pub fn push(&mut self, owner: Option<&str>) {
        let index = owner.map_or(0, |owner| self.index(owner));
        self.of_users.push(index);
    }

    /// The owner of a user whose row was returned twice: none if the rows name two.
    pub fn push_again(&mut self, user: usize, owner: Option<&str>) {
        let again = owner.map_or(0, |owner| self.index(owner));
        if let Some(known) = self.of_users.get_mut(user).filter(|known| **known != again) {
            *known = 0;
        }
    }

    fn index(&mut self, owner: &str) -> u32 {
        if let Some(index) = self.by_name.get(owner) {
            return *index;
        }
        let name: Arc<str> = owner.into();
        self.bytes += name.len() + Self::NAME_BYTES;
        self.names.push(Arc::clone(&name));
        let index = u32::try_from(self.names.len()).unwrap_or(0);
        self.by_name.insert(name, index);
        index
    }

    /// The owner of the user at a position of the list; `None` if it has none.
    pub fn of_user(&self, user: usize) -> Option<&str> {
        let index = self.of_users.get(user)?.checked_sub(1)?;
        self.names.get(index as usize).map(|name| &**name)
    }

    /// What the owners take in memory.
    pub const fn bytes(&self) -> usize {
        self.bytes + self.of_users.len() * size_of::<u32>()
    }
}

/// The owner of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner<'a> {
    /// Its name.
    Named(&'a str),
    /// The holder has none, or is not listed.
    None,
    /// The service did not return the attribute.
    Unknown,
    /// The settings name no source of owners.
    NotAsked,
}

impl<'a> Owner<'a> {
    /// What a cell has: empty if nothing is known.
    pub const fn cell(self) -> &'a str {
        match self {
            Self::Named(name) => name,
            Self::None => NO_OWNER,
            Self::Unknown | Self::NotAsked => "",
        }
    }

    /// The name, if there is one.
    pub const fn name(self) -> Option<&'a str> {
        match self {
            Self::Named(name) => Some(name),
            Self::None | Self::Unknown | Self::NotAsked => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_is_read_as_it_is_written() {
        for text in [
            "tag:owner",
            "tag:Operations.CostCenter",
            "tag:ns.a.b",
            "department",
            "manager",
            "group:team-",
        ] {
            let source: OwnerSource = text.parse().expect(text);
            assert_eq!(source.to_string(), text);
        }
        for text in [
            "",
            "tag:",
            "tag:.key",
            "tag:ns.",
            "group: ",
            "Department",
            "owner",
            "x:y",
        ] {
            assert_eq!(
                text.parse::<OwnerSource>(),
                Err(InvalidOwnerSource),
                "{text}"
            );
        }
    }

    #[test]
    fn owner_is_stored_once_and_contradictions_have_none() {
        let mut owners = Owners::default();
        for owner in [Some("payments"), None, Some("payments"), Some("web")] {
            owners.push(owner);
        }
        assert_eq!(owners.names.len(), 2);
        owners.push_again(0, Some("payments"));
        owners.push_again(3, Some("payments"));
        let of = [0, 1, 2, 3, 4].map(|user| owners.of_user(user));
        assert_eq!(of, [Some("payments"), None, Some("payments"), None, None]);
    }
}
