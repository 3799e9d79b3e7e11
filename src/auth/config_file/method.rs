//! Which of its credentials a profile signs with.
//!
//! Profiles inherit from `[DEFAULT]`, so a profile can have keys of several methods. What is nearer wins: the environment, then
//! the profile's own keys, then those of `[DEFAULT]`. An inherited token therefore never replaces a profile's own user and key.
//! On one level a token wins over the API key: `oci session authenticate` adds it to a profile that may have a key.

use crate::auth::error::InvalidSetting;
use crate::auth::ini::Profile;

use super::cli_settings::Overrides;

/// What signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The API key of a user.
    ApiKey,
    /// The token of a session that `oci session authenticate` created.
    SecurityToken,
    /// The instance principal on behalf of a user, as in Cloud Shell.
    DelegationToken,
    /// The instance principal of a compute instance.
    InstancePrincipal,
    /// The resource principal of a function.
    ResourcePrincipal,
}

/// Which credentials of a profile to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MethodPreference {
    /// Those that the profile, or what it inherits, is made for.
    #[default]
    Any,
    /// These, whatever else the profile has.
    Only(Method),
}

/// Values of `authentication_type` in the SDK (`oci/util.py`), and of the same meaning in Oracle's other tools.
const AUTHENTICATION_TYPES: [(&str, Method); 6] = [
    ("api_key", Method::ApiKey),
    ("security_token", Method::SecurityToken),
    ("instance_principal", Method::InstancePrincipal),
    ("instance_obo_user", Method::DelegationToken),
    (
        "delegation_token_with_instance_principal",
        Method::DelegationToken,
    ),
    ("resource_principal", Method::ResourcePrincipal),
];

impl Method {
    /// Parses a value of `OCI_CLI_AUTH` or `authentication_type`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let mut types = AUTHENTICATION_TYPES.into_iter();
        types
            .find(|(name, _)| *name == text)
            .map(|(_, method)| method)
    }

    /// The values that [`parse`](Self::parse) takes, for a message.
    pub fn choices() -> String {
        AUTHENTICATION_TYPES.map(|(name, _)| name).join(", ")
    }
}

/// The method of a profile.
///
/// # Errors
///
/// If `authentication_type` is not known.
pub(super) fn of_profile(
    profile: &Profile<'_>,
    overrides: &Overrides,
) -> Result<Method, InvalidSetting> {
    let in_environment = |key: &str| overrides.get(key).is_some();
    let own = |key: &str| {
        profile
            .own(key)
            .is_some_and(|entry| !entry.value.is_empty())
    };
    let any = |key: &str| {
        profile
            .get(key)
            .is_some_and(|entry| !entry.value.is_empty())
    };
    // In the environment a key file alone may be that of the profile's session.
    if let Some(method) = of_level(in_environment, in_environment("user")) {
        return Ok(method);
    }
    if own("authentication_type") {
        return by_type(profile);
    }
    let has_own_key = ["user", "key_file", "fingerprint"].into_iter().any(own);
    if let Some(method) = of_level(own, has_own_key) {
        return Ok(method);
    }
    if any("authentication_type") {
        return by_type(profile);
    }
    Ok(of_level(any, true).unwrap_or(Method::ApiKey))
}

fn of_level(has: impl Fn(&str) -> bool, has_key: bool) -> Option<Method> {
    if has("security_token_file") {
        Some(Method::SecurityToken)
    } else if has("delegation_token_file") {
        Some(Method::DelegationToken)
    } else {
        has_key.then_some(Method::ApiKey)
    }
}

fn by_type(profile: &Profile<'_>) -> Result<Method, InvalidSetting> {
    let Some(entry) = profile.get("authentication_type") else {
        return Ok(Method::ApiKey);
    };
    let has_token = profile.get("delegation_token_file").is_some();
    match Method::parse(&entry.value) {
        // As in the SDK (`get_authentication_type_from_config`).
        Some(Method::InstancePrincipal) if has_token => Ok(Method::DelegationToken),
        Some(method) => Ok(method),
        None => Err(InvalidSetting::invalid(
            format!("authentication_type (line {})", entry.line),
            entry.value.as_str(),
            format!("expected one of: {}", Method::choices()),
        )),
    }
}
