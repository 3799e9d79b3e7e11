//! What Oracle's command line takes from the environment and from its settings file.
//!
//! A person who works with `oci` expects the same tenancy here. Sources: `cli_constants.py`, `cli_root.py` and `build_config` in
//! `cli_util.py` of oci-cli 3.95.1. The SDK reads none of these variables.

use std::path::Path;

use zeroize::Zeroizing;

use crate::auth::error::CredentialError;
use crate::auth::ini::{self, DEFAULT_PROFILE};

use super::encoding;
use super::location::Homes;
use crate::auth::origin::{Chosen, Origin};

/// Profile of the configuration file.
pub const PROFILE: &str = "OCI_CLI_PROFILE";
/// Path of the settings file, used if `~/.oci/oci_cli_rc` does not exist.
pub(super) const SETTINGS_FILE: &str = "OCI_CLI_RC_FILE";
/// Method of authentication.
pub const AUTH: &str = "OCI_CLI_AUTH";
/// Region, instead of the profile's.
pub const CLI_REGION: &str = "OCI_CLI_REGION";

const SETTINGS_LOCATION: &str = "~/.oci/oci_cli_rc";
const SETTINGS_FALLBACK: &str = "~/.oci/cli-defaults";
const SETTINGS_SECTION: &str = "OCI_CLI_SETTINGS";
const DEFAULT_PROFILE_KEY: &str = "default_profile";

/// Keys of a profile, and the variable that takes precedence over each (`OCI_CONFIG_ENV_VARS`).
const VARIABLES: [(&str, &str); 9] = [
    ("user", "OCI_CLI_USER"),
    ("fingerprint", "OCI_CLI_FINGERPRINT"),
    ("key_file", "OCI_CLI_KEY_FILE"),
    ("key_content", "OCI_CLI_KEY_CONTENT"),
    ("tenancy", "OCI_CLI_TENANCY"),
    ("pass_phrase", "OCI_CLI_PASSPHRASE"),
    ("delegation_token_file", "OCI_CLI_DELEGATION_TOKEN_FILE"),
    ("security_token_file", "OCI_CLI_SECURITY_TOKEN_FILE"),
    ("region", CLI_REGION),
];

/// The values of a profile that are in the environment.
pub(super) struct Overrides(Vec<(&'static str, &'static str, Zeroizing<String>)>);

impl Overrides {
    pub(super) fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let values = VARIABLES.into_iter().filter_map(|(key, variable)| {
            let value = Zeroizing::new(lookup(variable)?);
            // A pass phrase may begin or end with blanks.
            let text = match key {
                "pass_phrase" => value.as_str(),
                _ => value.trim(),
            };
            (!value.trim().is_empty()).then(|| (key, variable, Zeroizing::new(text.to_owned())))
        });
        Self(values.collect())
    }

    /// The value of a key, and its variable.
    pub(super) fn get(&self, key: &str) -> Option<(&Zeroizing<String>, &'static str)> {
        let mut values = self.0.iter();
        let (_, variable, value) = values.find(|(name, _, _)| *name == key)?;
        Some((value, variable))
    }

    /// Whether there are none, besides a region, for which no profile is needed.
    pub(super) fn are_empty(&self) -> bool {
        self.0.iter().all(|(key, _, _)| *key == "region")
    }

    /// Whether they make a profile by themselves, so that no file is needed (`is_config_valid_from_env`).
    pub(super) fn are_a_profile(&self) -> bool {
        let has = |key| self.get(key).is_some();
        ["user", "fingerprint", "tenancy", "region"]
            .into_iter()
            .all(has)
            && (has("key_file") || has("key_content"))
    }
}

/// The profile to use: that of the flag, of `OCI_CLI_PROFILE`, of `default_profile` in the settings file, or `DEFAULT`.
///
/// # Errors
///
/// If the settings file is needed and cannot be read or parsed: without it, another tenancy could be audited.
pub(super) fn profile(
    flag: Option<&str>,
    homes: &Homes<'_>,
    lookup: impl Fn(&str) -> Option<String>,
    is_file: impl Fn(&Path) -> bool,
    read: impl Fn(&Path) -> std::io::Result<Zeroizing<Vec<u8>>>,
) -> Result<Chosen<String>, CredentialError> {
    if let Some(name) = flag {
        return Ok(Chosen::new(name.to_owned(), Origin::Flag("--profile")));
    }
    let variable = |name| lookup(name).filter(|value| !value.trim().is_empty());
    if let Some(name) = variable(PROFILE) {
        return Ok(Chosen::new(
            name.trim().to_owned(),
            Origin::Variable(PROFILE),
        ));
    }
    let named = variable(SETTINGS_FILE);
    let mut paths = [
        Some(SETTINGS_LOCATION),
        named.as_deref(),
        Some(SETTINGS_FALLBACK),
    ]
    .into_iter()
    .flatten()
    .map(|path| homes.expand(path.trim()));
    let default = Chosen::new(DEFAULT_PROFILE.to_owned(), Origin::Default);
    let Some(path) = paths.find(|path| is_file(path)) else {
        return Ok(default);
    };
    let bytes = read(&path).map_err(|reason| CredentialError::Unreadable {
        setting: "the settings file of Oracle's command line".to_owned(),
        path: path.clone(),
        reason,
        remedy: "make it readable, or name a profile with --profile".to_owned(),
    })?;
    let settings =
        ini::parse(&encoding::decode(&bytes)).map_err(|reason| CredentialError::Syntax {
            path: path.clone(),
            reason,
        })?;
    // Its sections inherit nothing from [DEFAULT].
    let section = settings.get(SETTINGS_SECTION);
    let name = section.and_then(|section| section.own(DEFAULT_PROFILE_KEY));
    Ok(match name.filter(|name| !name.value.is_empty()) {
        Some(name) => Chosen::new(
            name.value.to_string(),
            Origin::SettingsFile {
                key: DEFAULT_PROFILE_KEY,
                line: name.line,
                path,
            },
        ),
        None => default,
    })
}
