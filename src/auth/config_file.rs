//! `~/.oci/config`: the credentials of a person at a desk.
//!
//! Where the file is, what it must hold and how values are checked follows Oracle's Python SDK (`oci/config.py`), so that
//! a file which works there works here. Beyond it, a profile with `security_token_file`, as `oci session authenticate`
//! writes it, signs with that token; the SDK leaves this to its caller.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use super::error::{CredentialError, Problem};
use super::files;
use super::ini;
use super::session::{self, Messages, Secret, SecretSource, Session};
use super::{CredentialSource, Identity, Renewal};

/// Names the configuration file; asked only if the default file does not exist, as in Oracle's SDK.
pub const CONFIG_FILE: &str = "OCI_CONFIG_FILE";
/// The region of a profile that has none.
pub const REGION: &str = "OCI_REGION";
/// The home directory, for `~`.
pub const HOME: &str = "HOME";

const DEFAULT_LOCATION: &str = "~/.oci/config";
const FALLBACK_LOCATION: &str = "~/.oraclebmc/config";

const MESSAGES: Messages = Messages {
    pass_phrase_setting: "pass_phrase",
    token_remedy: "make a new one with 'oci session authenticate'",
};

/// Which credentials of a profile are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CredentialPreference {
    /// The session token if the profile has `security_token_file`, else the API key.
    #[default]
    Any,
    /// The API key, also if the profile has, or inherits, a session token.
    ApiKey,
    /// The session token.
    SecurityToken,
}

/// The credentials of one profile.
pub struct ConfigFile {
    path: PathBuf,
    profile: String,
    region: String,
    tenancy: Option<String>,
    warnings: Vec<String>,
    source: Source,
}

enum Source {
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
        wanted: CredentialPreference,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, CredentialError> {
        let home = lookup(HOME)
            .filter(|home| !home.is_empty())
            .map(PathBuf::from);
        let path = locate(path, home.as_deref(), lookup(CONFIG_FILE), Path::is_file);
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
            check(&found, wanted, home.as_deref(), lookup(REGION)).map_err(|problems| {
                CredentialError::Misconfigured {
                    place: place.clone(),
                    problems,
                }
            })?;

        let private = [
            Some(path.as_path()),
            Some(&checked.key_file),
            checked.signs_by.token_file(),
        ];
        let warnings = private
            .into_iter()
            .flatten()
            .filter_map(files::permissions_warning)
            .collect();
        let tenancy = checked.signs_by.tenancy().map(str::to_owned);
        let region = checked.region.clone();
        let source = Source::open(checked, &place)?;
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
        matches!(self.source, Source::SecurityToken(_))
    }
}

impl Source {
    fn open(checked: Checked, place: &str) -> Result<Self, CredentialError> {
        let Checked {
            key_file,
            pass_phrase,
            signs_by,
            ..
        } = checked;
        let secret = |key: &str, held| Secret {
            setting: format!("{key} of {place}"),
            held,
        };
        let key = secret("key_file", SecretSource::InFile(key_file));
        let pass_phrase = pass_phrase
            .map(|text| secret(MESSAGES.pass_phrase_setting, SecretSource::AsText(text)));
        match signs_by {
            SignsBy::SecurityToken { file, tenancy } => {
                let token = secret("security_token_file", SecretSource::InFile(file));
                let session = Session::new(token, key, pass_phrase, tenancy, MESSAGES);
                Ok(Self::SecurityToken(Box::new(session)))
            }
            SignsBy::ApiKey {
                tenancy,
                user,
                fingerprint,
            } => {
                let setting = MESSAGES.pass_phrase_setting;
                let key = session::read_key(&key, pass_phrase.as_ref(), setting, None)?.key;
                if key.fingerprint() != fingerprint {
                    let expected = format!(
                        "the key in key_file has the fingerprint {}; correct fingerprint, or name the key that belongs to it",
                        key.fingerprint()
                    );
                    let problems = vec![Problem::wrong("fingerprint", fingerprint, expected)];
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
            Source::ApiKey(identity) => Ok(Arc::clone(identity)),
            Source::SecurityToken(session) => session.current(now),
        }
    }

    fn renew(&self, now: DateTime<Utc>) -> Result<Renewal, CredentialError> {
        match &self.source {
            // A refused API key stays refused: a second try would only be a second 401.
            Source::ApiKey(identity) => Ok(Renewal {
                identity: Arc::clone(identity),
            }),
            Source::SecurityToken(session) => session.renew(now),
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

/// Where the configuration file is. The order is the SDK's (`_get_config_path_with_fallback`): what the user named;
/// `~/.oci/config` if it is there; `OCI_CONFIG_FILE`; `~/.oraclebmc/config` if it is there; else the first again, for the
/// message that it is missing.
fn locate(
    named: Option<&Path>,
    home: Option<&Path>,
    from_environment: Option<String>,
    is_file: impl Fn(&Path) -> bool,
) -> PathBuf {
    let expand = |text: &str| expand_home(text, home);
    if let Some(named) = named {
        return named.to_str().map_or_else(|| named.to_owned(), expand);
    }
    let default = expand(DEFAULT_LOCATION);
    if is_file(&default) {
        return default;
    }
    if let Some(path) = from_environment.filter(|path| !path.is_empty()) {
        return expand(&path);
    }
    let fallback = expand(FALLBACK_LOCATION);
    if is_file(&fallback) {
        fallback
    } else {
        default
    }
}

/// `~` and `~/...` with the home directory; anything else, `~name` too, as it is.
fn expand_home(text: &str, home: Option<&Path>) -> PathBuf {
    match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(text),
    }
}

/// A profile that holds what it must; no file has been looked at.
struct Checked {
    region: String,
    key_file: PathBuf,
    pass_phrase: Option<Zeroizing<String>>,
    signs_by: SignsBy,
}

enum SignsBy {
    ApiKey {
        tenancy: String,
        user: String,
        fingerprint: String,
    },
    SecurityToken {
        file: PathBuf,
        tenancy: Option<String>,
    },
}

impl SignsBy {
    fn tenancy(&self) -> Option<&str> {
        match self {
            Self::ApiKey { tenancy, .. } => Some(tenancy),
            Self::SecurityToken { tenancy, .. } => tenancy.as_deref(),
        }
    }

    fn token_file(&self) -> Option<&Path> {
        match self {
            Self::ApiKey { .. } => None,
            Self::SecurityToken { file, .. } => Some(file),
        }
    }
}

/// Checks one profile as the SDK's `from_file` and `validate_config` do, and reports every problem at once.
fn check(
    profile: &ini::Profile<'_>,
    wanted: CredentialPreference,
    home: Option<&Path>,
    region: Option<String>,
) -> Result<Checked, Vec<Problem>> {
    let mut values = Values {
        profile,
        problems: Vec::new(),
    };

    let by_token = match wanted {
        CredentialPreference::Any => values.optional("security_token_file").is_some(),
        CredentialPreference::ApiKey => false,
        CredentialPreference::SecurityToken => true,
    };
    let signs_by = if by_token {
        values.security_token(home)
    } else {
        values.api_key()
    };
    let key_file = values.required(
        "key_file",
        "expected the path of a PEM file with the private key",
    );
    let region = values
        .optional("region")
        .or(region.filter(|region| !region.is_empty()));
    if region.is_none() {
        values.problems.push(Problem::missing(
            "region",
            format!("expected a region, as us-phoenix-1, here or in {REGION}"),
        ));
    }
    if profile.get("key_content").is_some() {
        let expected = "a private key is not accepted inside the configuration file; put it into a file of its own and name that in key_file";
        values
            .problems
            .push(Problem::secret("key_content", expected));
    }
    if let Some(kind) = values.optional("authentication_type") {
        let expected =
            "not supported; expected an API key, or a session token (security_token_file)";
        values
            .problems
            .push(Problem::wrong("authentication_type", kind, expected));
    }

    match (signs_by, key_file, region) {
        (Some(signs_by), Some(key_file), Some(region)) if values.problems.is_empty() => {
            Ok(Checked {
                region,
                key_file: expand_home(&key_file, home),
                pass_phrase: values
                    .optional(MESSAGES.pass_phrase_setting)
                    .map(Zeroizing::new),
                signs_by,
            })
        }
        _ => Err(values.problems),
    }
}

/// The values of a profile, and what is wrong with those that were asked for.
struct Values<'a> {
    profile: &'a ini::Profile<'a>,
    problems: Vec<Problem>,
}

impl Values<'_> {
    /// An empty value is as good as none.
    fn optional(&self, key: &str) -> Option<String> {
        self.profile
            .get(key)
            .map(|entry| entry.value.to_string())
            .filter(|value| !value.is_empty())
    }

    fn required(&mut self, key: &str, expected: &str) -> Option<String> {
        let value = self.optional(key);
        if value.is_none() {
            self.problems.push(Problem::missing(key, expected));
        }
        value
    }

    fn matching(&mut self, key: &str, matches: fn(&str) -> bool, expected: &str) -> Option<String> {
        let value = self.required(key, expected)?;
        if !matches(&value) {
            self.problems.push(Problem::wrong(key, &value, expected));
        }
        Some(value)
    }

    fn api_key(&mut self) -> Option<SignsBy> {
        let tenancy = self.matching(
            "tenancy",
            is_ocid,
            "expected the OCID of the tenancy, as ocid1.tenancy.oc1..aaaa",
        );
        let user = self.matching(
            "user",
            is_ocid,
            "expected the OCID of the user, as ocid1.user.oc1..aaaa",
        );
        let expected = "expected the fingerprint of the API key: sixteen pairs of lower-case hex digits joined by colons";
        let fingerprint = self.matching("fingerprint", is_fingerprint, expected);
        Some(SignsBy::ApiKey {
            tenancy: tenancy?,
            user: user?,
            fingerprint: fingerprint?,
        })
    }

    fn security_token(&mut self, home: Option<&Path>) -> Option<SignsBy> {
        let file = self.required(
            "security_token_file",
            "make a session with 'oci session authenticate', or use an API key",
        );
        let tenancy = self.optional("tenancy");
        Some(SignsBy::SecurityToken {
            file: expand_home(&file?, home),
            tenancy,
        })
    }
}

/// The SDK's pattern for `tenancy` and `user`: `^([0-9a-zA-Z-_]+[.:])([0-9a-zA-Z-_]*[.:]){3,}([0-9a-zA-Z-_]+)$`.
fn is_ocid(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['.', ':']).collect();
    let word = |part: &&str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    parts.len() >= 5
        && parts.iter().all(word)
        && !parts[0].is_empty()
        && !parts[parts.len() - 1].is_empty()
}

/// The SDK's pattern for `fingerprint`: `^([0-9a-f]{2}:){15}[0-9a-f]{2}$`.
fn is_fingerprint(text: &str) -> bool {
    let pair = |pair: &str| {
        pair.len() == 2
            && pair
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    text.split(':').count() == 16 && text.split(':').all(pair)
}
