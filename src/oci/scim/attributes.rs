//! The attributes to request, and the names of those that rows are read by.

use std::str::FromStr;

use crate::credential_type::{COMMON_ATTRIBUTES, CredentialType};
use crate::model::{AdminGroups, OwnerSource};

pub(super) const CAPABILITIES: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User";
pub(super) const USER_CREDENTIALS: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User";
pub(super) const USER_EXTENSION: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User";
pub(super) const USER_STATE: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User";

/// SCIM's enterprise extension.
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Tags of Oracle's services. Its URN does not end in `:User`.
pub(super) const OCI_TAGS: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:OCITags";

/// The capability to sign in to the console with a password of the domain.
pub(super) const CONSOLE_PASSWORD: &str = "canUseConsolePassword";

/// Attributes that a list is read without if the service refuses them: what they say makes a report more precise, and a report
/// without them is better than none.
const OPTIONAL_ATTRIBUTES: [&str; 5] = [
    "meta.lastModified",
    "idcsCreatedBy.value",
    "idcsCreatedBy.display",
    "scopes",
    SERVICE_USER,
];
/// Whether a user is a service user, of [`USER_EXTENSION`].
const SERVICE_USER: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User:serviceUser";

/// Whether a list is read without the attribute if the service refuses it.
pub(super) fn is_optional(attribute: &str) -> bool {
    OPTIONAL_ATTRIBUTES.contains(&attribute)
        || [ENTERPRISE, OCI_TAGS]
            .iter()
            .any(|extension| attribute.starts_with(extension))
}

/// Whether sign-ins are read. They are data about the behavior of employees, which some tenancies must not process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activity {
    /// They are requested.
    #[default]
    On,
    /// They are not requested, and not read if a service returns them anyway.
    Off,
}

impl FromStr for Activity {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err(()),
        }
    }
}

/// What to read of users, besides what their credentials need.
#[derive(Clone, Debug, Default)]
pub struct UserSettings {
    /// The groups whose members administer the tenancy.
    pub admin_groups: AdminGroups,
    /// Whether sign-ins are read.
    pub activity: Activity,
    /// Which attribute names their owner.
    pub owner: Option<OwnerSource>,
}

/// Attributes to request with users. All of `userCredentials:User` is returned only on request; its URN alone requests it,
/// as in Oracle's own CIS compliance script. Groups are also returned only on request. Only their names are requested,
/// because some users are in hundreds of groups.
pub fn user_attributes(settings: &UserSettings) -> Vec<String> {
    let mut attributes = vec![
        "id".to_owned(),
        "userName".to_owned(),
        "ocid".to_owned(),
        "active".to_owned(),
        "emails".to_owned(),
        "meta.created".to_owned(),
        "meta.lastModified".to_owned(),
        "groups.display".to_owned(),
        CAPABILITIES.to_owned(),
        USER_CREDENTIALS.to_owned(),
        format!("{USER_EXTENSION}:isFederatedUser"),
        SERVICE_USER.to_owned(),
    ];
    if settings.activity == Activity::On {
        attributes.push(format!("{USER_STATE}:lastSuccessfulLoginDate"));
    }
    attributes.extend(settings.owner.as_ref().and_then(owner_attribute));
    attributes
}

/// The attribute to request for owners; `None` if it is requested anyway.
fn owner_attribute(source: &OwnerSource) -> Option<String> {
    Some(match source {
        OwnerSource::FreeformTag(_) => format!("{OCI_TAGS}:freeformTags"),
        OwnerSource::DefinedTag { .. } => format!("{OCI_TAGS}:definedTags"),
        OwnerSource::Department => format!("{ENTERPRISE}:department"),
        OwnerSource::Manager => format!("{ENTERPRISE}:manager"),
        OwnerSource::Group(_) => return None,
    })
}

/// Attributes to request with credentials of a type.
pub fn credential_attributes(credential_type: CredentialType) -> Vec<String> {
    COMMON_ATTRIBUTES
        .iter()
        .chain(credential_type.row().attributes)
        .map(|attribute| (*attribute).to_owned())
        .collect()
}
