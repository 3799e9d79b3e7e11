//! `~/.oci/config`: the credentials of the command line.
//!
//! Location, required keys and validation follow Oracle's Python SDK (`oci/config.py`): a file that works there works
//! here. In addition, a profile with `security_token_file` (written by `oci session authenticate`) signs with that token;
//! the SDK leaves this to its caller.

mod location;
mod profile;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use super::error::{CredentialError, InvalidSetting};
use super::files;
use super::ini;
use super::session::{self, Messages, Secret, SecretSource, Session};
use super::{CredentialSource, Identity, Renewal};

pub use self::location::{CONFIG_FILE, HOME};
pub use self::profile::{CredentialPreference, REGION};

use self::location::{expand_home, locate};
use self::profile::{PASS_PHRASE, SigningMethod, ValidProfile, validate};

const MESSAGES: Messages = Messages {
    pass_phrase_setting: PASS_PHRASE,
    token_remedy: "create a new one with 'oci session authenticate'",
};

/// The credentials of one profile.
pub struct ConfigFile {
    path: PathBuf,
    profile: String,
    region: String,
    tenancy: Option<String>,
    warnings: Vec<String>,
    secret_files: Vec<SecretFile>,
    credentials: Credentials,
}

/// The keys of a profile that name a file with a secret.
const SECRET_FILE_KEYS: [&str; 3] = ["key_file", "security_token_file", "delegation_token_file"];

/// A file with a secret that a profile names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    /// The profile.
    pub profile: String,
    /// Its key, such as `key_file`.
    pub key: &'static str,
    /// The file.
    pub path: PathBuf,
}

/// The files with secrets of every profile, those of the profile `own` first.
fn secret_files(profiles: &ini::Profiles, own: &str, home: Option<&Path>) -> Vec<SecretFile> {
    let mut names = profiles.names();
    names.sort_by_key(|name| name != own);
    let mut files = Vec::new();
    for name in names {
        let Some(profile) = profiles.get(&name) else {
            continue;
        };
        for key in SECRET_FILE_KEYS {
            let value = profile.get(key).map(|entry| entry.value.as_str());
            files.extend(
                value
                    .filter(|value| !value.is_empty())
                    .map(|value| SecretFile {
                        profile: name.clone(),
                        key,
                        path: expand_home(value, home),
                    }),
            );
        }
    }
    files
}

enum Credentials {
    ApiKey(Arc<Identity>),
    SecurityToken(Box<Session>),
}

impl ConfigFile {
    /// Reads a profile and its key.
    ///
    /// `path` is the file that the user named, if any. `profile` is [`ini::DEFAULT_PROFILE`] unless the user named another.
    /// `lookup` returns the value of an environment variable.
    ///
    /// An API key is read here. A session token and its key are read at the first signature, and again when they change.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if the file or the profile does not exist, if values of the profile are invalid, if the key
    /// cannot be used, or if its fingerprint differs from the one in the profile.
    pub fn load(
        path: Option<&Path>,
        profile: &str,
        preference: CredentialPreference,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, CredentialError> {
        let home = lookup(HOME)
            .filter(|home| !home.is_empty())
            .map(PathBuf::from);
        let path = locate(path, home.as_deref(), lookup(CONFIG_FILE), files::is_file);
        let bytes = files::read(&path).map_err(|reason| CredentialError::Unreadable {
            setting: "configuration file".to_owned(),
            path: path.clone(),
            reason,
            remedy: "name another file, or create this one with 'oci setup config'".to_owned(),
        })?;
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        let profiles = ini::parse(&text).map_err(|reason| CredentialError::Syntax {
            path: path.clone(),
            reason,
        })?;
        let values = profiles
            .get(profile)
            .ok_or_else(|| CredentialError::NoSuchProfile {
                profile: profile.to_owned(),
                path: path.clone(),
                available: profiles.names(),
            })?;
        let location = format!("profile [{profile}] in {}", path.display());
        let valid =
            validate(&values, preference, home.as_deref(), lookup(REGION)).map_err(|problems| {
                CredentialError::Misconfigured {
                    location: location.clone(),
                    problems,
                }
            })?;

        let private = [
            Some(path.as_path()),
            Some(&valid.key_file),
            valid.method.token_file(),
        ];
        let warnings = private
            .into_iter()
            .flatten()
            .filter_map(files::permissions_warning)
            .collect();
        let secret_files = secret_files(&profiles, profile, home.as_deref());
        let tenancy = valid.method.tenancy().map(str::to_owned);
        let region = valid.region.clone();
        let credentials = Credentials::open(valid, &location)?;
        Ok(Self {
            path,
            profile: profile.to_owned(),
            region,
            tenancy,
            warnings,
            secret_files,
            credentials,
        })
    }

    /// The file that was read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files with secrets that the profiles of the file name: those of this profile first, then those of all others.
    pub fn secret_files(&self) -> &[SecretFile] {
        &self.secret_files
    }

    /// The region of the profile, possibly as a short code (`phx`).
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The tenancy of the profile; optional in a profile with a session token.
    pub fn tenancy(&self) -> Option<&str> {
        self.tenancy.as_deref()
    }

    /// Warnings about unsafe file permissions, one sentence per file.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether requests are signed with a session token, which expires, instead of an API key.
    pub fn uses_security_token(&self) -> bool {
        matches!(self.credentials, Credentials::SecurityToken(_))
    }
}

impl Credentials {
    fn open(profile: ValidProfile, location: &str) -> Result<Self, CredentialError> {
        let ValidProfile {
            key_file,
            pass_phrase,
            method,
            ..
        } = profile;
        let secret = |key: &str, source| Secret {
            setting: format!("{key} of {location}"),
            source,
        };
        let key = secret("key_file", SecretSource::File(key_file));
        let pass_phrase = pass_phrase.map(|text| secret(PASS_PHRASE, SecretSource::Text(text)));
        match method {
            SigningMethod::SecurityToken { file, tenancy } => {
                let token = secret("security_token_file", SecretSource::File(file));
                let session = Session::new(token, key, pass_phrase, tenancy, MESSAGES);
                Ok(Self::SecurityToken(Box::new(session)))
            }
            SigningMethod::ApiKey {
                tenancy,
                user,
                fingerprint,
            } => {
                let setting = PASS_PHRASE;
                let key = session::read_key(&key, pass_phrase.as_ref(), setting, None)?.key;
                if key.fingerprint() != fingerprint {
                    let expected = format!(
                        "the key in key_file has the fingerprint {}; correct fingerprint, or name the key that matches it",
                        key.fingerprint()
                    );
                    let problems = vec![InvalidSetting::invalid(
                        "fingerprint",
                        fingerprint,
                        expected,
                    )];
                    return Err(CredentialError::Misconfigured {
                        location: location.to_owned(),
                        problems,
                    });
                }
                let key_id = format!("{tenancy}/{user}/{fingerprint}");
                let identity = Identity {
                    key_id,
                    key,
                    expires_at: None,
                    tenancy: Some(tenancy),
                };
                Ok(Self::ApiKey(Arc::new(identity)))
            }
        }
    }
}

impl CredentialSource for ConfigFile {
    fn current(&self, now: DateTime<Utc>) -> Result<Arc<Identity>, CredentialError> {
        match &self.credentials {
            Credentials::ApiKey(identity) => Ok(Arc::clone(identity)),
            Credentials::SecurityToken(session) => session.current(now),
        }
    }

    fn renew(&self, now: DateTime<Utc>) -> Result<Renewal, CredentialError> {
        match &self.credentials {
            // An API key that was rejected stays rejected, so a retry is a second 401.
            Credentials::ApiKey(identity) => Ok(Renewal {
                identity: Arc::clone(identity),
            }),
            Credentials::SecurityToken(session) => session.renew(now),
        }
    }

    fn can_change(&self) -> bool {
        match &self.credentials {
            Credentials::ApiKey(_) => false,
            Credentials::SecurityToken(session) => session.can_change(),
        }
    }
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigFile")
            .field("path", &self.path)
            .field("profile", &self.profile)
            .field("region", &self.region)
            .field("uses_security_token", &self.uses_security_token())
            .finish_non_exhaustive()
    }
}
