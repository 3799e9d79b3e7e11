//! `~/.oci/config`: the credentials of a person at a desk.
//!
//! Where the file is, what it must hold and how values are checked follows Oracle's Python SDK (`oci/config.py`), so that
//! a file which works there works here. Beyond it, a profile with `security_token_file`, as `oci session authenticate`
//! writes it, signs with that token; the SDK leaves this to its caller.

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

use self::location::locate;
use self::profile::{PASS_PHRASE, SigningMethod, ValidProfile, check};

const MESSAGES: Messages = Messages {
    pass_phrase_setting: PASS_PHRASE,
    token_remedy: "make a new one with 'oci session authenticate'",
};

/// The credentials of one profile.
pub struct ConfigFile {
    path: PathBuf,
    profile: String,
    region: String,
    tenancy: Option<String>,
    warnings: Vec<String>,
    source: Credentials,
}

enum Credentials {
    ApiKey(Arc<Identity>),
    SecurityToken(Box<Session>),
}

impl ConfigFile {
    /// Reads a profile and its key.
    ///
    /// `path` is the file that the user named, if any; `profile` is [`ini::DEFAULT_PROFILE`] unless the user named another;
    /// `lookup` answers for an environment variable.
    ///
    /// An API key is read here, a session token and its key at the first signature and again when they change.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] for a file or profile that is not there, for everything that is wrong in the profile, and for a
    /// key that cannot be used or has not the fingerprint that the profile states.
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
            remedy: "name another file, or make this one with 'oci setup config'".to_owned(),
        })?;
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        let profiles = ini::parse(&text).map_err(|reason| CredentialError::Syntax {
            path: path.clone(),
            reason,
        })?;
        let found = profiles
            .get(profile)
            .ok_or_else(|| CredentialError::NoSuchProfile {
                profile: profile.to_owned(),
                path: path.clone(),
                available: profiles.names(),
            })?;
        let place = format!("profile [{profile}] in {}", path.display());
        let checked =
            check(&found, preference, home.as_deref(), lookup(REGION)).map_err(|problems| {
                CredentialError::Misconfigured {
                    place: place.clone(),
                    problems,
                }
            })?;

        let private = [
            Some(path.as_path()),
            Some(&checked.key_file),
            checked.method.token_file(),
        ];
        let warnings = private
            .into_iter()
            .flatten()
            .filter_map(files::permissions_warning)
            .collect();
        let tenancy = checked.method.tenancy().map(str::to_owned);
        let region = checked.region.clone();
        let source = Credentials::open(checked, &place)?;
        Ok(Self {
            path,
            profile: profile.to_owned(),
            region,
            tenancy,
            warnings,
            source,
        })
    }

    /// The file that was read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The region of the profile, possibly as a short code (`phx`).
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The tenancy of the profile; a profile with a session token may lack it.
    pub fn tenancy(&self) -> Option<&str> {
        self.tenancy.as_deref()
    }

    /// What is unsafe about the files, one sentence each; empty if nothing is.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether requests are signed with a session token, which ends, and not with an API key.
    pub fn uses_security_token(&self) -> bool {
        matches!(self.source, Credentials::SecurityToken(_))
    }
}

impl Credentials {
    fn open(checked: ValidProfile, place: &str) -> Result<Self, CredentialError> {
        let ValidProfile {
            key_file,
            pass_phrase,
            method,
            ..
        } = checked;
        let secret = |key: &str, source| Secret {
            setting: format!("{key} of {place}"),
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
                        "the key in key_file has the fingerprint {}; correct fingerprint, or name the key that belongs to it",
                        key.fingerprint()
                    );
                    let problems = vec![InvalidSetting::invalid(
                        "fingerprint",
                        fingerprint,
                        expected,
                    )];
                    return Err(CredentialError::Misconfigured {
                        place: place.to_owned(),
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
        match &self.source {
            Credentials::ApiKey(identity) => Ok(Arc::clone(identity)),
            Credentials::SecurityToken(session) => session.current(now),
        }
    }

    fn renew(&self, now: DateTime<Utc>) -> Result<Renewal, CredentialError> {
        match &self.source {
            // A refused API key stays refused: a second try would only be a second 401.
            Credentials::ApiKey(identity) => Ok(Renewal {
                identity: Arc::clone(identity),
            }),
            Credentials::SecurityToken(session) => session.renew(now),
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
