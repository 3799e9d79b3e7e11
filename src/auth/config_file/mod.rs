//! `~/.oci/config`: the credentials of the command line.
//!
//! Location, required keys and validation follow Oracle's Python SDK (`oci/config.py`): a file that works there works
//! here. What a person selects follows Oracle's command line (`cli_settings`), flags first. In addition, a profile with
//! `security_token_file` (written by `oci session authenticate`) signs with that token; the SDK leaves this to its caller.
//!
//! # Layout
//!
//! - `location`, `cli_settings`: which file and which profile, and who chose them
//! - `encoding`: the text of a file from any editor
//! - `method`, `profile`: which credentials the profile is made for, and their values
//! - `secret_files`: every file with a secret that a profile names
//! - `stored`: the credentials that are in files

mod cli_settings;
mod encoding;
mod location;
mod method;
mod profile;
mod secret_files;
mod stored;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::error::CredentialError;
use super::files;
use super::ini;
use super::origin::Chosen;
use super::session::{Secret, SecretSource};

pub use self::cli_settings::{AUTH, CLI_REGION, PROFILE};
pub use self::location::{CLI_CONFIG_FILE, CLOUD_SHELL, CONFIG_FILE, HOME, own_home};
pub use self::method::{Method, MethodPreference};
pub use self::profile::REGION;
pub use self::secret_files::SecretFile;
pub use self::stored::StoredCredentials;

use self::cli_settings::Overrides;
use self::location::{Homes, TENANCY, locate};
use self::profile::{KeyPlace, Signing, Sources, ValidProfile, validate};
use self::secret_files::secret_files;
use self::stored::setting_in;

/// What flags of the command line name. They take precedence over the environment.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// The configuration file.
    pub config_file: Option<PathBuf>,
    /// The profile.
    pub profile: Option<String>,
    /// The credentials of the profile.
    pub method: MethodPreference,
}

/// A profile of the configuration file.
pub struct ConfigFile {
    path: PathBuf,
    profile: Chosen<String>,
    region: Option<Region>,
    tenancy: Option<String>,
    warnings: Vec<String>,
    secret_files: Vec<SecretFile>,
    credentials: ProfileCredentials,
}

/// A region, and the setting that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// An identifier (`us-phoenix-1`) or a short code (`phx`).
    pub text: String,
    /// `region (line 5) of profile [DEFAULT] in <path>`, or a variable.
    pub setting: String,
}

/// The credentials of a profile, by where they come from.
#[derive(Clone, Debug)]
pub enum ProfileCredentials {
    /// Files that the profile names.
    Stored(Arc<StoredCredentials>),
    /// The compute instance that this program runs on.
    InstancePrincipal,
    /// The same, on behalf of the user who has this token.
    DelegationToken(DelegationToken),
    /// The function that this program runs in.
    ResourcePrincipal,
}

/// The token of the user of a Cloud Shell, and their tenancy. Its file is read again for each token of the instance, because
/// Cloud Shell replaces it.
#[derive(Clone)]
pub struct DelegationToken {
    setting: String,
    path: PathBuf,
    tenancy: Option<String>,
}

impl DelegationToken {
    /// The tenancy of the user, if the profile or `OCI_TENANCY` names it.
    pub fn tenancy(&self) -> Option<&str> {
        self.tenancy.as_deref()
    }

    /// Reads the token.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is empty.
    pub fn read(&self) -> Result<Zeroizing<String>, CredentialError> {
        let file = Secret {
            setting: self.setting.clone(),
            source: SecretSource::File(self.path.clone()),
        };
        let bytes = file.read()?;
        let text = std::str::from_utf8(&bytes)
            .map(str::trim)
            .unwrap_or_default();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CredentialError::UnusableToken {
                location: file.location(),
                reason: super::error::TokenError::NotJwt,
                remedy: "open a new Cloud Shell, which writes a new token".to_owned(),
            });
        }
        Ok(Zeroizing::new(text.to_owned()))
    }
}

impl fmt::Debug for DelegationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DelegationToken").field(&self.path).finish()
    }
}

impl ConfigFile {
    /// Reads a profile and its key.
    ///
    /// `lookup` returns the value of an environment variable.
    ///
    /// An API key is read here. A session token and its key are read at the first signature, and again when they change.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if the file or the profile does not exist, if values of the profile are invalid, if the key
    /// cannot be used, or if its fingerprint differs from the one in the profile.
    pub fn load(
        flags: &Flags,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, CredentialError> {
        let homes = Homes {
            own: own_home(&lookup),
            of_user: &files::home_of,
        };
        let flag = flags.config_file.as_deref();
        let file = locate(flag, &homes, &lookup, files::is_file);
        let flag = flags.profile.as_deref();
        let profile = cli_settings::profile(flag, &homes, &lookup, files::is_file, files::read)?;
        let overrides = Overrides::read(&lookup);
        let is_wanted =
            profile.origin.is_choice() || file.origin.is_choice() || !overrides.are_empty();
        let profiles = read_profiles(&file, &overrides, is_wanted)?;
        let location = format!("profile [{}] in {}", profile.value, file.value.display());
        let values = match profiles.get(&profile.value) {
            Some(values) => values,
            None if overrides.are_a_profile() && !profile.origin.is_choice() => {
                ini::Profile::empty()
            }
            None => {
                return Err(CredentialError::NoSuchProfile {
                    profile: Box::new(profile),
                    path: file.value,
                    available: profiles.names(),
                });
            }
        };
        let sources = Sources {
            profile: values,
            overrides: &overrides,
            homes: &homes,
            region: lookup(REGION),
            is_file: &files::is_file,
        };
        let valid = validate(&sources, flags.method).map_err(|problems| {
            CredentialError::Misconfigured {
                location: location.clone(),
                problems,
            }
        })?;
        let valid = ValidProfile {
            tenancy: valid
                .tenancy
                .or_else(|| of_cloud_shell(&valid.signing, &lookup)),
            ..valid
        };
        let mut secret_files = secret_files(&profiles, &profile.value, &homes);
        // Those that are used may be named by the environment.
        let used = valid.signing.files().map(|(key, path)| SecretFile {
            profile: profile.value.clone(),
            key,
            path: path.to_owned(),
        });
        secret_files.splice(..0, used.collect::<Vec<_>>());
        Self::open(file.value, profile, valid, secret_files, &location)
    }

    fn open(
        path: PathBuf,
        profile: Chosen<String>,
        valid: ValidProfile,
        secret_files: Vec<SecretFile>,
        location: &str,
    ) -> Result<Self, CredentialError> {
        let mut private = vec![path.clone()];
        private.extend(valid.signing.files().map(|(_, path)| path.to_owned()));
        let warnings = private
            .iter()
            .filter_map(|path| files::permissions_warning(path))
            .collect();
        let region = valid.region.map(|region| Region {
            setting: setting_in(location, &region.setting),
            text: region.text,
        });
        let credentials = ProfileCredentials::open(valid.signing, valid.tenancy.clone(), location)?;
        Ok(Self {
            path,
            profile,
            region,
            tenancy: valid.tenancy,
            warnings,
            secret_files,
            credentials,
        })
    }

    /// The file that was read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The profile, and who chose it.
    pub const fn profile(&self) -> &Chosen<String> {
        &self.profile
    }

    /// The files with secrets that the profiles of the file name: those of this profile first, then those of all others.
    pub fn secret_files(&self) -> &[SecretFile] {
        &self.secret_files
    }

    /// The region of the profile; `None` only if its credentials come from the machine, which knows its region.
    pub const fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// The tenancy of the profile; optional in a profile with a session token.
    pub fn tenancy(&self) -> Option<&str> {
        self.tenancy.as_deref()
    }

    /// Warnings about unsafe file permissions, one sentence per file.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The credentials.
    pub const fn credentials(&self) -> &ProfileCredentials {
        &self.credentials
    }
}

/// The tenancy that Cloud Shell sets for its user.
fn of_cloud_shell(signing: &Signing, lookup: impl Fn(&str) -> Option<String>) -> Option<String> {
    let is_delegated = matches!(signing, Signing::DelegationToken { .. });
    lookup(TENANCY).filter(|tenancy| is_delegated && !tenancy.is_empty())
}

/// The profiles of the file; none if it does not exist and the environment has a whole profile.
fn read_profiles(
    file: &Chosen<PathBuf>,
    overrides: &Overrides,
    is_wanted: bool,
) -> Result<ini::Profiles, CredentialError> {
    let path = &file.value;
    if overrides.are_a_profile() && !files::is_file(path) {
        return Ok(ini::Profiles::default());
    }
    let bytes = files::read(path).map_err(|reason| CredentialError::NoConfigFile {
        file: Box::new(file.clone()),
        is_wanted,
        reason,
    })?;
    ini::parse(&encoding::decode(&bytes)).map_err(|reason| CredentialError::Syntax {
        path: path.clone(),
        reason,
    })
}

impl Signing {
    /// The files with secrets, and the key of a profile that names each.
    fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let (token, key) = match self {
            Self::ApiKey { key, .. } => (None, Some(key)),
            Self::SecurityToken { token_file, key } => {
                (Some(("security_token_file", token_file)), Some(key))
            }
            Self::DelegationToken { token_file } => {
                (Some(("delegation_token_file", token_file)), None)
            }
            Self::InstancePrincipal | Self::ResourcePrincipal => (None, None),
        };
        let key_file = key.and_then(|key| match &key.place {
            KeyPlace::File(path) => Some(("key_file", path)),
            KeyPlace::Text(_) => None,
        });
        [key_file, token]
            .into_iter()
            .flatten()
            .map(|(key, path)| (key, path.as_path()))
    }
}

impl ProfileCredentials {
    fn open(
        signing: Signing,
        tenancy_of_profile: Option<String>,
        location: &str,
    ) -> Result<Self, CredentialError> {
        let stored = match signing {
            Signing::ApiKey {
                tenancy,
                user,
                fingerprint,
                key,
            } => StoredCredentials::of_api_key(tenancy, &user, fingerprint, key, location)?,
            Signing::SecurityToken { token_file, key } => {
                let token = Secret {
                    setting: setting_in(location, "security_token_file"),
                    source: SecretSource::File(token_file),
                };
                StoredCredentials::of_session(token, key, tenancy_of_profile, location)
            }
            Signing::DelegationToken { token_file } => {
                return Ok(Self::DelegationToken(DelegationToken {
                    setting: setting_in(location, "delegation_token_file"),
                    path: token_file,
                    tenancy: tenancy_of_profile,
                }));
            }
            Signing::InstancePrincipal => return Ok(Self::InstancePrincipal),
            Signing::ResourcePrincipal => return Ok(Self::ResourcePrincipal),
        };
        Ok(Self::Stored(Arc::new(stored)))
    }
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigFile")
            .field("path", &self.path)
            .field("profile", &self.profile)
            .field("region", &self.region)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}
