//! Request signatures, private keys and credential sources.
//!
//! # Layout
//!
//! - [`signature`]: signs a request at a given time; no I/O
//! - [`key`]: the RSA key, and the only file that uses the `rsa` crate; `pem` finds the key in a PEM text
//! - [`resource_principal`]: the credentials of a function in OCI Functions
//! - [`config_file`]: `~/.oci/config`, for the command line; [`ini`] parses its text
//! - `session`: a token and its key, read together and cached until they change; used by both of the above
//! - `token`: the claims of a session token
//! - [`error`]: errors of credentials, by what the operator must do; `key_error` those of a private key
//!
//! No `Display` or `Debug` of this module prints a secret; `tests/auth/secrets.rs` formats every type that contains one.

pub mod config_file;
pub mod error;
mod files;
pub mod ini;
pub mod key;
mod key_error;
mod legacy_encryption;
pub mod origin;
mod pem;
pub mod resource_principal;
mod session;
pub mod signature;
mod token;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

pub use self::error::{CredentialError, TokenError};
use self::key::PrivateKey;

/// Signs requests: a key id that the service knows, and its private key.
pub struct Identity {
    /// The `keyId` of the signature: `<tenancy>/<user>/<fingerprint>`, or `ST$<token>`. Secret in the second form.
    pub key_id: String,
    /// The private key.
    pub key: Arc<PrivateKey>,
    /// When the token expires, by its own claim; `None` for an API key.
    ///
    /// An expired identity still signs, because the service decides. A message about a 401 reports this time.
    pub expires_at: Option<DateTime<Utc>>,
    /// OCID of the tenancy, if the credential names it.
    pub tenancy: Option<String>,
    /// OCID of the compartment that the caller is in, if a token names it: that of a function.
    pub compartment: Option<String>,
    /// The token of the user on whose behalf an instance signs (`opc-obo-token`). Secret.
    pub delegation_token: Option<Zeroizing<String>>,
}

impl Identity {
    /// The identity of a token that a service issued for `key`.
    ///
    /// # Errors
    ///
    /// If it is not a token.
    pub fn of_token(token: &str, key: PrivateKey) -> Result<Self, TokenError> {
        let token = token::strip(token);
        let claims = token::claims(&token)?;
        Ok(Self {
            key_id: format!("ST${token}"),
            key: Arc::new(key),
            expires_at: claims.expires_at,
            tenancy: claims.tenancy,
            compartment: claims.compartment,
            delegation_token: None,
        })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("key_id", &"[redacted]")
            .field("key", &self.key)
            .field("expires_at", &self.expires_at)
            .field("tenancy", &self.tenancy)
            .field("compartment", &self.compartment)
            .field("has_delegation_token", &self.delegation_token.is_some())
            .finish()
    }
}

/// Future of credentials that a service issues.
pub type Obtaining<'a> = Pin<Box<dyn Future<Output = Result<(), CredentialError>> + Send + 'a>>;

/// A source of credentials.
///
/// Synchronous, except for [`obtain`](Self::obtain): it reads two small files, and signing needs them.
pub trait CredentialSource: Send + Sync + fmt::Debug {
    /// Returns the identity to sign with at `now`. Called before every signature; cheap unless a file changed.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if no credential is usable; the message says what to do.
    fn current(&self, now: DateTime<Utc>) -> Result<Arc<Identity>, CredentialError>;

    /// Reads the credentials again, after a response with status 401.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current).
    fn renew(&self, now: DateTime<Utc>) -> Result<Renewal, CredentialError>;

    /// Obtains new credentials from the service that issues them, if they expire soon or are the `rejected` ones; `None` if
    /// there is nothing to obtain. Afterwards [`current`](Self::current) returns them.
    ///
    /// Only the credentials of an instance come from a service. All others are files.
    fn obtain<'a>(
        &'a self,
        _now: DateTime<Utc>,
        _rejected: Option<&'a Identity>,
    ) -> Option<Obtaining<'a>> {
        None
    }

    /// Whether [`renew`](Self::renew) may return other credentials later: they are files that their issuer replaces.
    fn can_change(&self) -> bool {
        true
    }
}

/// Credentials that were read again.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// The identity to sign with from now on.
    pub identity: Arc<Identity>,
}

impl Renewal {
    /// Whether to retry: the token or the key differs from the `rejected` one.
    ///
    /// Compares with the identity that signed the rejected request, not with the cached one: of several requests rejected
    /// at the same time, only the first would see a change. Compares the key too: a token may have been read before its
    /// key file was replaced.
    pub fn replaces(&self, rejected: &Identity) -> bool {
        self.identity.key_id != rejected.key_id
            || self.identity.key.fingerprint() != rejected.key.fingerprint()
    }
}
