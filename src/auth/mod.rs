//! Who signs, and how: request signatures, private keys and the places credentials come from.
//!
//! # Layout
//!
//! - [`signature`]: request and instant in, headers out; no I/O
//! - [`key`]: the RSA key, and the only file that names the `rsa` crate; `pem` finds the key in a text
//! - [`resource_principal`]: what OCI Functions gives a function
//! - [`config_file`]: `~/.oci/config` at a desk; [`ini`] parses its text
//! - `session`: a token and its key, read together and kept until they change; used by both of the above
//! - `token`: what a token says about itself
//! - [`error`]: everything that can be wrong with credentials, by what the operator must do
//!
//! No secret appears in any `Display` or `Debug` of this module; `tests/auth/secrets.rs` formats every type that holds one.

pub mod config_file;
pub mod error;
mod files;
pub mod ini;
pub mod key;
mod key_error;
mod pem;
pub mod resource_principal;
mod session;
pub mod signature;
mod token;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use self::error::CredentialError;
use self::key::PrivateKey;

/// What signs a request: a name the service knows, and the key that goes with it.
pub struct Identity {
    /// The `keyId` of the signature: `<tenancy>/<user>/<fingerprint>`, or `ST$<token>`. Secret in the second form.
    pub key_id: String,
    /// The private key.
    pub key: Arc<PrivateKey>,
    /// When the token ends, by its own claim; an API key has no end.
    ///
    /// An identity past this instant still signs: the service decides. It is here so that a message about a 401 can say it.
    pub expires_at: Option<DateTime<Utc>>,
    /// The OCID of the tenancy, where the credential names it.
    pub tenancy: Option<String>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("key_id", &"[redacted]")
            .field("key", &self.key)
            .field("expires_at", &self.expires_at)
            .field("tenancy", &self.tenancy)
            .finish()
    }
}

/// A place that credentials come from.
///
/// Synchronous on purpose: what is behind it are two small files, and signing cannot go on without them.
pub trait CredentialSource: Send + Sync + fmt::Debug {
    /// The identity to sign with at `now`. Called before every signature; cheap unless something changed.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if there is no usable credential; the message says what to do.
    fn current(&self, now: DateTime<Utc>) -> Result<Arc<Identity>, CredentialError>;

    /// Reads everything again, for after the service answered 401.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current).
    fn renew(&self, now: DateTime<Utc>) -> Result<Renewal, CredentialError>;
}

/// What a second look at the credentials brought.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// The identity to sign with from now on.
    pub identity: Arc<Identity>,
}

impl Renewal {
    /// Whether the request that the service refused is worth a second try: the token, or the key, is not the `rejected` one.
    ///
    /// The comparison is with the identity that signed the refused request, not with what was known before the call: of
    /// several requests refused at the same time, only the first would see a change. The key counts too, since a token
    /// may have been read while its key file was not yet replaced.
    pub fn replaces(&self, rejected: &Identity) -> bool {
        self.identity.key_id != rejected.key_id
            || self.identity.key.fingerprint() != rejected.key.fingerprint()
    }
}
