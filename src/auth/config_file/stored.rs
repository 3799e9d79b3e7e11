//! The credentials that a profile stores in files: an API key, or the token of a session.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::auth::error::{CredentialError, InvalidSetting};
use crate::auth::session::{self, Messages, Secret, SecretSource, Session};
use crate::auth::{CredentialSource, Identity, Renewal};

use super::profile::{KeyPlace, KeySource, NamedText, PASS_PHRASE};

const MESSAGES: Messages = Messages {
    pass_phrase_setting: PASS_PHRASE,
    token_remedy: "create a new one with 'oci session authenticate'",
};

/// An API key, or the token of a session and its key.
pub struct StoredCredentials(Kind);

enum Kind {
    ApiKey(Arc<Identity>),
    SecurityToken(Box<Session>),
}

/// The setting as messages name it: `<key> of <location>` for a key of the profile, a variable by itself.
pub(super) fn setting_in(location: &str, setting: &str) -> String {
    if setting.starts_with(|first: char| first.is_ascii_uppercase()) {
        setting.to_owned()
    } else {
        format!("{setting} of {location}")
    }
}

/// The parts of a private key's source.
pub(super) fn key_secrets(source: KeySource, location: &str) -> (Secret, Option<Secret>) {
    let key = Secret {
        setting: setting_in(location, &source.setting),
        source: match source.place {
            KeyPlace::File(path) => SecretSource::File(path),
            KeyPlace::Text(text) => SecretSource::Text(text),
        },
    };
    let pass_phrase = source.pass_phrase.map(|phrase| Secret {
        setting: setting_in(location, &phrase.setting),
        source: SecretSource::Text(phrase.text),
    });
    (key, pass_phrase)
}

impl StoredCredentials {
    /// Those of an API key, which is read now.
    pub(super) fn of_api_key(
        tenancy: String,
        user: &str,
        fingerprint: NamedText,
        key: KeySource,
        location: &str,
    ) -> Result<Self, CredentialError> {
        let setting = key.setting.clone();
        let (key, pass_phrase) = key_secrets(key, location);
        let key = session::read_key(&key, pass_phrase.as_ref(), PASS_PHRASE, None)?.key;
        if key.fingerprint() != fingerprint.text {
            let expected = format!(
                "the key in {setting} has the fingerprint {}; correct fingerprint, or name the key that matches it",
                key.fingerprint()
            );
            let problem = InvalidSetting::invalid(fingerprint.setting, fingerprint.text, expected);
            return Err(CredentialError::Misconfigured {
                location: location.to_owned(),
                problems: vec![problem],
            });
        }
        let identity = Identity {
            key_id: format!("{tenancy}/{user}/{}", fingerprint.text),
            key,
            expires_at: None,
            tenancy: Some(tenancy),
            compartment: None,
            delegation_token: None,
        };
        Ok(Self(Kind::ApiKey(Arc::new(identity))))
    }

    /// Those of a session, read at the first signature, and again when they change.
    pub(super) fn of_session(
        token: Secret,
        key: KeySource,
        tenancy: Option<String>,
        location: &str,
    ) -> Self {
        let (key, pass_phrase) = key_secrets(key, location);
        let session = Session::new(token, key, pass_phrase, tenancy, MESSAGES);
        Self(Kind::SecurityToken(Box::new(session)))
    }

    /// Whether requests are signed with a session token, which expires, instead of an API key.
    pub const fn uses_security_token(&self) -> bool {
        matches!(self.0, Kind::SecurityToken(_))
    }
}

impl CredentialSource for StoredCredentials {
    fn current(&self, now: DateTime<Utc>) -> Result<Arc<Identity>, CredentialError> {
        match &self.0 {
            Kind::ApiKey(identity) => Ok(Arc::clone(identity)),
            Kind::SecurityToken(session) => session.current(now),
        }
    }

    fn renew(&self, now: DateTime<Utc>) -> Result<Renewal, CredentialError> {
        match &self.0 {
            // An API key that was rejected stays rejected, so a retry is a second 401.
            Kind::ApiKey(identity) => Ok(Renewal {
                identity: Arc::clone(identity),
            }),
            Kind::SecurityToken(session) => session.renew(now),
        }
    }

    fn can_change(&self) -> bool {
        match &self.0 {
            Kind::ApiKey(_) => false,
            Kind::SecurityToken(session) => session.can_change(),
        }
    }
}

impl fmt::Debug for StoredCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredCredentials")
            .field("uses_security_token", &self.uses_security_token())
            .finish_non_exhaustive()
    }
}
