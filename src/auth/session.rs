//! A session token and its private key: read together and cached until they change.
//!
//! The issuer (OCI Functions, `oci session refresh`) replaces two files, one after the other, while this program runs. So:
//!
//! - Token and key are read and used as a pair. If a file changes during the read, both are read again.
//! - A cached pair is dropped when either file changes, so that a half-done replacement does not persist. Shortly before it
//!   expires, and right after a change, it is read at every use, because the next change may be invisible.
//! - An expired pair still signs, because the service decides, by its own clock.
//!
//! Oracle's Python SDK reads once, and again after a 401. The Go SDK reads five minutes before the token expires
//! (`bufferTimeBeforeTokenExpiration` in `common/auth/jwt.go`). A warm container outlives a token, so this module does both.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::error::CredentialError;
use super::files::{self, FileVersion};
use super::key::PrivateKey;
use super::key_error::KeyError;
use super::token::{self, TokenError};
use super::{CredentialSource, Identity, Renewal};

/// How long before it expires a token is read at every use.
const REFRESH_MARGIN: TimeDelta = TimeDelta::minutes(5);

/// A file that changed this recently may change again without a new timestamp: file systems have coarse clocks.
const CLOCK_GRANULARITY: TimeDelta = TimeDelta::seconds(2);

/// Max reads of a pair while its files change. If token and key still do not match, a 401 causes one more read.
const MAX_READS: usize = 3;

/// A secret given by a setting: its value, or the path of its file.
pub(super) struct Secret {
    /// The setting, as messages name it.
    pub(super) setting: String,
    pub(super) source: SecretSource,
}

pub(super) enum SecretSource {
    /// The file of the secret, read at every use.
    File(PathBuf),
    /// The secret itself.
    Text(Zeroizing<String>),
}

impl Secret {
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.source {
            SecretSource::File(path) => Some(path),
            SecretSource::Text(_) => None,
        }
    }

    /// For messages: the setting, and its file if it names one.
    pub(super) fn location(&self) -> String {
        match &self.source {
            SecretSource::File(path) => format!("{} (file {})", self.setting, path.display()),
            SecretSource::Text(_) => format!("{} (given as text)", self.setting),
        }
    }

    pub(super) fn read(&self) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
        match &self.source {
            SecretSource::Text(text) => Ok(Zeroizing::new(text.as_bytes().to_vec())),
            SecretSource::File(path) => {
                files::read(path).map_err(|reason| CredentialError::Unreadable {
                    setting: self.setting.clone(),
                    path: path.clone(),
                    reason,
                    remedy: "check that the file exists and that this process may read it"
                        .to_owned(),
                })
            }
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.location())
    }
}

/// A private key and the digest of its input.
#[derive(Clone)]
pub(super) struct CachedKey {
    pub(super) key: Arc<PrivateKey>,
    /// SHA-256 of the PEM text and the pass phrase.
    digest: [u8; 32],
}

/// Reads a private key and its pass phrase, if one is set. Returns `known` if its input is unchanged, because parsing a key
/// takes longer than signing with it.
///
/// # Errors
///
/// [`CredentialError`] if a file cannot be read or the key cannot be used.
pub(super) fn read_key(
    key: &Secret,
    pass_phrase: Option<&Secret>,
    pass_phrase_setting: &str,
    known: Option<&CachedKey>,
) -> Result<CachedKey, CredentialError> {
    let pem = key.read()?;
    let phrase = pass_phrase.map(Secret::read).transpose()?;
    let mut digest = Sha256::new_with_prefix(pem.len().to_be_bytes());
    digest.update(&*pem);
    digest.update(phrase.as_deref().map_or(&[][..], Vec::as_slice));
    let digest = digest.finalize().into();
    if let Some(known) = known.filter(|known| known.digest == digest) {
        return Ok(known.clone());
    }
    let phrase = phrase
        .as_deref()
        .map(|bytes| String::from_utf8_lossy(bytes))
        .map(|text| Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    let parsed = PrivateKey::from_pem(&pem, phrase.as_ref().map(|phrase| phrase.as_str()));
    let key = parsed.map_err(|reason| {
        let remedy = match reason {
            KeyError::PassPhraseMissing => format!("; set {pass_phrase_setting}"),
            KeyError::PassPhraseIncorrect => {
                let setting = pass_phrase.map_or(pass_phrase_setting, |phrase| &phrase.setting);
                format!("; correct {setting}")
            }
            _ => String::new(),
        };
        CredentialError::UnusableKey {
            location: key.location(),
            reason,
            remedy,
        }
    })?;
    Ok(CachedKey {
        key: Arc::new(key),
        digest,
    })
}

/// The sources of token and key, and the pair that was read last.
pub(super) struct Session {
    token: Secret,
    key: Secret,
    pass_phrase: Option<Secret>,
    messages: Messages,
    tenancy: Option<String>,
    cached: Mutex<Option<CachedCredentials>>,
}

/// The parts of messages that depend on the source.
#[derive(Clone, Copy)]
pub(super) struct Messages {
    /// The setting to add or correct if an encrypted key cannot be decrypted.
    pub(super) pass_phrase_setting: &'static str,
    /// What to do about an invalid token.
    pub(super) token_remedy: &'static str,
}

#[derive(Clone)]
struct CachedCredentials {
    identity: Arc<Identity>,
    key: CachedKey,
    versions: FileVersions,
    read_at: DateTime<Utc>,
}

/// The versions of token, key and pass phrase; `None` for a value that is not in a file.
type FileVersions = [Option<FileVersion>; 3];

impl CachedCredentials {
    fn changed_recently(&self) -> bool {
        let changed = self
            .versions
            .iter()
            .flatten()
            .filter_map(|version| version.modified);
        changed.max().is_some_and(|changed| {
            DateTime::<Utc>::from(changed) > self.read_at - CLOCK_GRANULARITY
        })
    }
}

impl Session {
    /// Creates a session without reading anything. `tenancy` is the fallback for a token that names none.
    pub(super) fn new(
        token: Secret,
        key: Secret,
        pass_phrase: Option<Secret>,
        tenancy: Option<String>,
        messages: Messages,
    ) -> Self {
        Self {
            token,
            key,
            pass_phrase,
            messages,
            tenancy,
            cached: Mutex::new(None),
        }
    }

    /// The compartment in the last token that was read (`res_compartment`).
    pub(super) fn compartment(&self) -> Option<String> {
        self.lock()
            .as_ref()
            .and_then(|pair| pair.identity.compartment.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<CachedCredentials>> {
        // A panic elsewhere cannot leave the value half-written.
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self) -> [Option<&Path>; 3] {
        [
            self.token.path(),
            self.key.path(),
            self.pass_phrase.as_ref().and_then(Secret::path),
        ]
    }

    fn versions(&self) -> FileVersions {
        self.files().map(|path| path.and_then(files::version_of))
    }

    fn is_fresh(&self, pair: &CachedCredentials, now: DateTime<Utc>) -> bool {
        let near_end = pair
            .identity
            .expires_at
            .is_some_and(|end| now >= end - REFRESH_MARGIN);
        !(self.can_change()
            && (near_end || pair.changed_recently() || pair.versions != self.versions()))
    }

    fn read(
        &self,
        now: DateTime<Utc>,
        cached: Option<&CachedCredentials>,
    ) -> Result<CachedCredentials, CredentialError> {
        let known = cached.map(|pair| &pair.key);
        let mut reads = 1;
        loop {
            // Taken before reading, so that a later change is detected at the next use.
            let versions = self.versions();
            let pair = self.read_once(versions, now, known);
            if reads == MAX_READS || versions == self.versions() {
                return pair;
            }
            reads += 1;
        }
    }

    fn read_once(
        &self,
        versions: FileVersions,
        now: DateTime<Utc>,
        known: Option<&CachedKey>,
    ) -> Result<CachedCredentials, CredentialError> {
        let bytes = self.token.read()?;
        let unusable = |reason| CredentialError::UnusableToken {
            location: self.token.location(),
            reason,
            remedy: self.messages.token_remedy.to_owned(),
        };
        let text =
            token::strip(std::str::from_utf8(&bytes).map_err(|_| unusable(TokenError::NotJwt))?);
        let claims = token::claims(&text).map_err(unusable)?;
        let key = read_key(
            &self.key,
            self.pass_phrase.as_ref(),
            self.messages.pass_phrase_setting,
            known,
        )?;
        let identity = Identity {
            key_id: format!("ST${text}"),
            key: Arc::clone(&key.key),
            expires_at: claims.expires_at,
            tenancy: claims.tenancy.or_else(|| self.tenancy.clone()),
            compartment: claims.compartment,
            delegation_token: None,
        };
        Ok(CachedCredentials {
            identity: Arc::new(identity),
            key,
            versions,
            read_at: now,
        })
    }
}

impl CredentialSource for Session {
    fn current(&self, now: DateTime<Utc>) -> Result<Arc<Identity>, CredentialError> {
        let mut cached = self.lock();
        if let Some(pair) = &*cached
            && self.is_fresh(pair, now)
        {
            return Ok(Arc::clone(&pair.identity));
        }
        let pair = match (self.read(now, cached.as_ref()), &*cached) {
            (Ok(pair), _) => pair,
            // The issuer may be replacing the files. The cached pair is still valid, and the next call reads again.
            (Err(error), Some(old)) if old.identity.expires_at.is_some_and(|end| now < end) => {
                tracing::warn!(%error, "the credentials could not be read again; signing with the cached ones, which are still valid");
                old.clone()
            }
            (Err(error), _) => return Err(error),
        };
        let identity = Arc::clone(&pair.identity);
        *cached = Some(pair);
        Ok(identity)
    }

    fn renew(&self, now: DateTime<Utc>) -> Result<Renewal, CredentialError> {
        let mut cached = self.lock();
        let pair = self.read(now, cached.as_ref())?;
        let identity = Arc::clone(&pair.identity);
        *cached = Some(pair);
        Ok(Renewal { identity })
    }

    fn can_change(&self) -> bool {
        self.files().iter().any(Option::is_some)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("token", &self.token)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
