//! The resource principal of an OCI Function: a token and a key in two files, which the platform renews.
//!
//! Supports version 2.2, the one that OCI Functions sets. Sources: Oracle's Python SDK,
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

/// Version of the protocol: `2.2` in OCI Functions.
pub const VERSION: &str = "OCI_RESOURCE_PRINCIPAL_VERSION";
/// Session token: the absolute path of its file, or the token itself.
pub const RPST: &str = "OCI_RESOURCE_PRINCIPAL_RPST";
/// Private key: the absolute path of its PEM file, or the PEM text itself.
pub const PRIVATE_PEM: &str = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM";
/// Pass phrase of an encrypted key: the absolute path of its file, or the pass phrase itself. OCI Functions sets none.
pub const PRIVATE_PEM_PASSPHRASE: &str = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE";
/// Region of the function: its identifier (`us-phoenix-1`) or its short code (`phx`).
pub const REGION: &str = "OCI_RESOURCE_PRINCIPAL_REGION";

const SUPPORTED_VERSION: &str = "2.2";

const MESSAGES: Messages = Messages {
    pass_phrase_setting: PRIVATE_PEM_PASSPHRASE,
    token_remedy: "check that the setting names the token file of OCI Functions",
};

/// The credentials of a function, read again when they change.
pub struct ResourcePrincipal {
    session: Session,
    region: String,
}

impl ResourcePrincipal {
    /// Reads the settings from `lookup`, which returns the value of an environment variable.
    ///
    /// Each of token, key and pass phrase is a file if its value is an absolute path, else the value itself. The files are
    /// read at the first signature.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Misconfigured`] with all invalid settings.
    pub fn from_settings(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, CredentialError> {
        let mut problems = Vec::new();
        let value_of = |name: &str| {
            lookup(name)
                .map(Zeroizing::new)
                .filter(|value| !value.trim().is_empty())
        };
        let mut required = |name: &str, expected: &str| {
            let value = value_of(name);
            if value.is_none() {
                problems.push(InvalidSetting::missing(name, expected));
            }
            value
        };

        let version = required(
            VERSION,
            "OCI Functions sets it to 2.2; outside of OCI Functions, use a configuration file",
        );
        let token = required(
            RPST,
            "expected the absolute path of the file with the session token, or the token",
        );
        let key = required(
            PRIVATE_PEM,
            "expected the absolute path of a PEM file with the private key, or the PEM text",
        );
        let region = required(REGION, "expected a region such as us-phoenix-1 or phx");
        let pass_phrase =
            value_of(PRIVATE_PEM_PASSPHRASE).map(|text| secret(PRIVATE_PEM_PASSPHRASE, text));

        if let Some(version) = version.filter(|version| version.trim() != SUPPORTED_VERSION) {
            let expected = "only version 2.2, the one of OCI Functions, is supported (other services use 1.1, 2.1 and 3.0)";
            problems.push(InvalidSetting::invalid(VERSION, version.trim(), expected));
        }
        // Values given as text are validated here. This also catches relative paths, which count as text.
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
                "it is neither an absolute path nor PEM text, which starts with '-----BEGIN '",
            ));
        }

        match (token, key, region) {
            (Some(token), Some(key), Some(region)) if problems.is_empty() => Ok(Self {
                region: region.trim().to_owned(),
                session: Session::new(token, key, pass_phrase, None, MESSAGES),
            }),
            _ => Err(CredentialError::Misconfigured {
                location: "resource principal".to_owned(),
                problems,
            }),
        }
    }

    /// The region as set, possibly a short code (`phx`).
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The compartment of the function, from the last token that was read; `None` before the first signature.
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

    fn can_change(&self) -> bool {
        self.session.can_change()
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
