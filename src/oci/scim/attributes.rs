//! Attributes that are asked for, and the names of those that are read.

use crate::credential_type::{COMMON_ATTRIBUTES, CredentialType};

pub(super) const CAPABILITIES: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User";
pub(super) const USER_CREDENTIALS: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User";
pub(super) const USER_EXTENSION: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User";
pub(super) const USER_STATE: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User";

/// The capability of signing in to the console with a password of the domain.
pub(super) const CONSOLE_PASSWORD: &str = "canUseConsolePassword";
/// The group of the Default domain whose members administer the tenancy. Every tenancy has it, under this name.
pub(super) const ADMINISTRATORS: &str = "Administrators";

/// Attributes asked for with users. `userCredentials:User` is all "on request", and comes by its URN alone, as Oracle's own
/// CIS compliance script relies on; the others are named one by one. Of a user's groups, which are on request too, only
/// the names: some users are in hundreds.
pub fn user_attributes() -> Vec<String> {
    vec![
        "id".to_owned(),
        "userName".to_owned(),
        "ocid".to_owned(),
        "active".to_owned(),
        "emails".to_owned(),
        "meta.created".to_owned(),
        "groups.display".to_owned(),
        CAPABILITIES.to_owned(),
        USER_CREDENTIALS.to_owned(),
        format!("{USER_EXTENSION}:isFederatedUser"),
        format!("{USER_STATE}:lastSuccessfulLoginDate"),
    ]
}

/// Attributes asked for with credentials of a type.
pub fn credential_attributes(credential_type: CredentialType) -> Vec<String> {
    COMMON_ATTRIBUTES
        .iter()
        .chain(credential_type.row().attributes)
        .map(|attribute| (*attribute).to_owned())
        .collect()
}
