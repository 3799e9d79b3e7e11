//! A session token and its private key: read together, kept until they change.
//!
//! Whoever issues the pair (OCI Functions, `oci session refresh`) replaces two files, one after the other, while this
//! program runs. Three rules follow:
//!
//! - A pair is read as one, and signs as one; if a file changed while the pair was being read, it is read again.
//! - A kept pair is dropped as soon as either file looks different, so that half a replacement does not stick. Near its
//!   end, and right after a change, it is read at every use, in case the next change does not show.
//! - A pair past its end still signs. The service decides, by its own clock.
//!
//! Oracle's Python SDK reads once and again after a 401; the Go SDK reads when five minutes are left
//! (`bufferTimeBeforeTokenExpiration` in `common/auth/jwt.go`). A warm container outlives a token, so this does both.

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

/// How long before its end a token is looked at anew.
const REFRESH_MARGIN: TimeDelta = TimeDelta::minutes(5);

/// A file changed this recently when it was read may change again and look the same: file systems have coarse clocks.
const CLOCK_GRANULARITY: TimeDelta = TimeDelta::seconds(2);

/// How often a pair is read when files change meanwhile. What is still torn then costs one 401, and is read again.
const MAX_READS: usize = 3;

/// A secret that a setting holds, or names the file of.
pub(super) struct Secret {
    /// The setting, as messages name it.
    pub(super) setting: String,
    pub(super) source: SecretSource,
}

pub(super) enum SecretSource {
    /// In this file, read at every use.
    File(PathBuf),
    /// In the setting itself.
    Text(Zeroizing<String>),
}

impl Secret {
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.source {
            SecretSource::File(path) => Some(path),
            SecretSource::Text(_) => None,
        }
    }

    /// For messages: the setting, and the file where there is one.
    pub(super) fn place(&self) -> String {
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
        f.write_str(&self.place())
    }
}

/// A private key, and which texts it was made of.
#[derive(Clone)]
pub(super) struct CachedKey {
    pub(super) key: Arc<PrivateKey>,
    /// SHA-256 of the key's text and the pass phrase.
    texts: [u8; 32],
}

/// Reads a private key and, if there is one, its pass phrase. To make a key of its text takes longer than to sign with it:
/// while the texts are those of `known`, that is it.
pub(super) fn read_key(
    key: &Secret,
    pass_phrase: Option<&Secret>,
    pass_phrase_setting: &str,
    known: Option<&CachedKey>,
) -> Result<CachedKey, CredentialError> {
    let pem = key.read()?;
    let phrase = pass_phrase.map(Secret::read).transpose()?;
    let mut texts = Sha256::new_with_prefix(pem.len().to_be_bytes());
    texts.update(&*pem);
    texts.update(phrase.as_deref().map_or(&[][..], Vec::as_slice));
    let texts = texts.finalize().into();
    if let Some(known) = known.filter(|known| known.texts == texts) {
        return Ok(known.clone());
    }
    let phrase = phrase
        .as_deref()
        .map(|bytes| String::from_utf8_lossy(bytes))
        .map(|text| Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    let made = PrivateKey::from_pem(&pem, phrase.as_ref().map(|phrase| phrase.as_str()));
    let key = made.map_err(|reason| {
        let remedy = match reason {
            KeyError::PassPhraseMissing => format!("; set {pass_phrase_setting}"),
            KeyError::PassPhraseIncorrect => format!("; correct {pass_phrase_setting}"),
            _ => String::new(),
        };
        CredentialError::UnusableKey {
            place: key.place(),
            reason,
            remedy,
        }
    })?;
    Ok(CachedKey {
        key: Arc::new(key),
        texts,
    })
}

/// The two places, and the pair last read from them.
pub(super) struct Session {
    token: Secret,
    key: Secret,
    pass_phrase: Option<Secret>,
    messages: Messages,
    tenancy: Option<String>,
    cached: Mutex<Option<CachedCredentials>>,
}

/// How messages speak of what the operator can change.
#[derive(Clone, Copy)]
pub(super) struct Messages {
    /// The setting to make or correct when an encrypted key does not open.
    pub(super) pass_phrase_setting: &'static str,
    /// What to do about a token that is none.
    pub(super) token_remedy: &'static str,
}

#[derive(Clone)]
struct CachedCredentials {
    identity: Arc<Identity>,
    key: CachedKey,
    compartment: Option<String>,
    versions: FileVersions,
    read_at: DateTime<Utc>,
}

/// The versions of token, key and pass phrase; `None` for what is not in a file.
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
    /// Nothing is read yet. `tenancy` is the one to name where the token names none.
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

    /// The compartment that the token last read names (`res_compartment`).
    pub(super) fn compartment(&self) -> Option<String> {
        self.lock()
            .as_ref()
            .and_then(|pair| pair.compartment.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<CachedCredentials>> {
        // A panic elsewhere leaves a whole pair or none: there is nothing half done to protect.
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
        let can_change = self.files().iter().any(Option::is_some);
        !(can_change && (near_end || pair.changed_recently() || pair.versions != self.versions()))
    }

    fn read(
        &self,
        now: DateTime<Utc>,
        cached: Option<&CachedCredentials>,
    ) -> Result<CachedCredentials, CredentialError> {
        let known = cached.map(|pair| &pair.key);
        let mut reads = 1;
        loop {
            // Taken before reading: what changes later differs from it at the next use.
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
            place: self.token.place(),
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
        };
        Ok(CachedCredentials {
            identity: Arc::new(identity),
            key,
            compartment: claims.compartment,
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
            // Caught in the middle of a replacement, perhaps. The old pair is good for a while, and the next call looks again.
            (Err(error), Some(old)) if old.identity.expires_at.is_some_and(|end| now < end) => {
                tracing::warn!(%error, "the credentials could not be read again; signing with those read before, which are still valid");
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
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("token", &self.token)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
