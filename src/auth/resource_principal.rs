//! The resource principal of an OCI Function: a token and a key that the platform keeps up to date in two files.
//!
//! Version 2.2 only, which is what OCI Functions sets. Sources: Oracle's Python SDK,
//! `oci/auth/signers/ephemeral_resource_principals_signer.py`; Go SDK, `common/auth/resource_principal_key_provider.go`;
//! OCI documentation, "Accessing Other Oracle Cloud Infrastructure Resources from Running Functions".

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use super::error::{CredentialError, InvalidSetting};
use super::session::{Messages, Secret, SecretSource, Session};
use super::token;
use super::{CredentialSource, Identity, Renewal};

/// The version of the protocol: `2.2` in OCI Functions.
pub const VERSION: &str = "OCI_RESOURCE_PRINCIPAL_VERSION";
/// The session token: the absolute path of its file, or the token itself.
pub const RPST: &str = "OCI_RESOURCE_PRINCIPAL_RPST";
/// The private key: the absolute path of its PEM file, or the PEM text itself.
pub const PRIVATE_PEM: &str = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM";
/// The pass phrase of an encrypted key: the absolute path of its file, or the pass phrase itself. OCI Functions sets none.
pub const PRIVATE_PEM_PASSPHRASE: &str = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE";
/// The region that the function runs in: its identifier (`us-phoenix-1`) or its short code (`phx`).
pub const REGION: &str = "OCI_RESOURCE_PRINCIPAL_REGION";

const SUPPORTED_VERSION: &str = "2.2";

const MESSAGES: Messages = Messages {
    pass_phrase_setting: PRIVATE_PEM_PASSPHRASE,
    token_remedy: "OCI Functions writes this file, so check that the setting names it",
};

/// The credentials of a function, read anew when they change.
pub struct ResourcePrincipal {
    session: Session,
    region: String,
}

impl ResourcePrincipal {
    /// Takes the settings from `lookup`, which answers for an environment variable.
    ///
    /// A value that is an absolute path is the path of a file; any other is the thing itself. Token, key and pass
    /// phrase decide this each for itself. No file is read here: the first signature does.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Misconfigured`] with every problem of every setting.
    pub fn from_settings(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, CredentialError> {
        let mut problems = Vec::new();
        let set = |name: &str| {
            lookup(name)
                .map(Zeroizing::new)
                .filter(|value| !value.trim().is_empty())
        };
        let mut required = |name: &str, expected: &str| {
            let value = set(name);
            if value.is_none() {
                problems.push(InvalidSetting::missing(name, expected));
            }
            value
        };

        let version = required(
            VERSION,
            "OCI Functions sets it to 2.2; elsewhere, use a configuration file",
        );
        let token = required(
            RPST,
            "expected the absolute path of the file with the session token, or the token",
        );
        let key = required(
            PRIVATE_PEM,
            "expected the absolute path of a PEM file with the private key, or the PEM text",
        );
        let region = required(REGION, "expected a region, as us-phoenix-1 or phx");
        let pass_phrase =
            set(PRIVATE_PEM_PASSPHRASE).map(|text| secret(PRIVATE_PEM_PASSPHRASE, text));

        if let Some(version) = version.filter(|version| version.trim() != SUPPORTED_VERSION) {
            let expected = "only version 2.2 is supported, the one of OCI Functions (1.1, 2.1 and 3.0 belong to other services)";
            problems.push(InvalidSetting::invalid(VERSION, version.trim(), expected));
        }
        // What is given as text can be judged at once, and a relative path would be taken for text.
        let token = token.map(|text| secret(RPST, text));
        if let Some(SecretSource::Text(text)) = token.as_ref().map(|token| &token.source)
            && let Err(reason) = token::claims(&token::strip(text))
        {
            problems.push(InvalidSetting::redacted(
                RPST,
                format!("it is not an absolute path, and as text {reason}"),
            ));
        }
        let key = key.map(|text| secret(PRIVATE_PEM, text));
        if let Some(SecretSource::Text(text)) = key.as_ref().map(|key| &key.source)
            && !text.contains("-----BEGIN ")
        {
            problems.push(InvalidSetting::redacted(
                PRIVATE_PEM,
                "it is neither an absolute path nor PEM text, which begins with '-----BEGIN '",
            ));
        }

        match (token, key, region) {
            (Some(token), Some(key), Some(region)) if problems.is_empty() => Ok(Self {
                region: region.trim().to_owned(),
                session: Session::new(token, key, pass_phrase, None, MESSAGES),
            }),
            _ => Err(CredentialError::Misconfigured {
                place: "resource principal".to_owned(),
                problems,
            }),
        }
    }

    /// The region as the setting has it, so possibly a short code (`phx`).
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The compartment of the function, as the token last read names it; `None` before the first signature.
    pub fn compartment(&self) -> Option<String> {
        self.session.compartment()
    }
}

impl CredentialSource for ResourcePrincipal {
    fn current(&self, now: DateTime<Utc>) -> Result<Arc<Identity>, CredentialError> {
        self.session.current(now)
    }

    fn renew(&self, now: DateTime<Utc>) -> Result<Renewal, CredentialError> {
        self.session.renew(now)
    }
}

impl fmt::Debug for ResourcePrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourcePrincipal")
            .field("region", &self.region)
            .field("session", &self.session)
            .finish()
    }
}

fn secret(setting: &str, text: Zeroizing<String>) -> Secret {
    let source = if Path::new(text.trim()).is_absolute() {
        SecretSource::File(text.trim().into())
    } else {
        SecretSource::Text(text)
    };
    Secret {
        setting: setting.to_owned(),
        source,
    }
}
