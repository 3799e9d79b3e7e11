//! Validates a profile as Oracle's SDK does. Reads no file.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::auth::error::InvalidSetting;
use crate::auth::ini;

use super::location::expand_home;

/// Region of a profile that sets none.
pub const REGION: &str = "OCI_REGION";

/// Key of the profile with the pass phrase of its private key.
pub(super) const PASS_PHRASE: &str = "pass_phrase";

/// Which credentials of a profile to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CredentialPreference {
    /// The session token if the profile has `security_token_file`, else the API key.
    #[default]
    Any,
    /// The API key, even if the profile has or inherits a session token.
    ApiKey,
    /// The session token.
    SecurityToken,
}

/// A profile with all required values. The files that it names have not been read.
pub(super) struct ValidProfile {
    pub(super) region: String,
    pub(super) key_file: PathBuf,
    pub(super) pass_phrase: Option<Zeroizing<String>>,
    pub(super) method: SigningMethod,
}

pub(super) enum SigningMethod {
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

impl SigningMethod {
    pub(super) fn tenancy(&self) -> Option<&str> {
        match self {
            Self::ApiKey { tenancy, .. } => Some(tenancy),
            Self::SecurityToken { tenancy, .. } => tenancy.as_deref(),
        }
    }

    pub(super) fn token_file(&self) -> Option<&Path> {
        match self {
            Self::ApiKey { .. } => None,
            Self::SecurityToken { file, .. } => Some(file),
        }
    }
}

/// Validates a profile as the SDK's `from_file` and `validate_config` do.
///
/// # Errors
///
/// All invalid values at once.
pub(super) fn validate(
    profile: &ini::Profile<'_>,
    preference: CredentialPreference,
    home: Option<&Path>,
    region: Option<String>,
) -> Result<ValidProfile, Vec<InvalidSetting>> {
    let mut values = ProfileReader {
        profile,
        problems: Vec::new(),
    };

    let by_token = match preference {
        CredentialPreference::Any => values.optional("security_token_file").is_some(),
        CredentialPreference::ApiKey => false,
        CredentialPreference::SecurityToken => true,
    };
    let method = if by_token {
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
        values.problems.push(InvalidSetting::missing(
            "region",
            format!("expected a region such as us-phoenix-1, here or in {REGION}"),
        ));
    }
    if profile.get("key_content").is_some() {
        let expected = "a private key is not accepted inside the configuration file; put it into a separate file and set key_file to its path";
        values
            .problems
            .push(InvalidSetting::redacted("key_content", expected));
    }
    if let Some(method) = values.optional("authentication_type") {
        let expected =
            "not supported; expected an API key, or a session token (security_token_file)";
        values.problems.push(InvalidSetting::invalid(
            "authentication_type",
            method,
            expected,
        ));
    }

    match (method, key_file, region) {
        (Some(method), Some(key_file), Some(region)) if values.problems.is_empty() => {
            Ok(ValidProfile {
                region,
                key_file: expand_home(&key_file, home),
                pass_phrase: values.optional(PASS_PHRASE).map(Zeroizing::new),
                method,
            })
        }
        _ => Err(values.problems),
    }
}

/// Reads the values of a profile and collects the invalid ones.
struct ProfileReader<'a> {
    profile: &'a ini::Profile<'a>,
    problems: Vec<InvalidSetting>,
}

impl ProfileReader<'_> {
    /// The value of `key`; `None` if it is missing or empty.
    fn optional(&self, key: &str) -> Option<String> {
        self.profile
            .get(key)
            .map(|entry| entry.value.to_string())
            .filter(|value| !value.is_empty())
    }

    fn required(&mut self, key: &str, expected: &str) -> Option<String> {
        let value = self.optional(key);
        if value.is_none() {
            self.problems.push(InvalidSetting::missing(key, expected));
        }
        value
    }

    fn matching(&mut self, key: &str, matches: fn(&str) -> bool, expected: &str) -> Option<String> {
        let value = self.required(key, expected)?;
        if !matches(&value) {
            self.problems
                .push(InvalidSetting::invalid(key, &value, expected));
        }
        Some(value)
    }

    fn api_key(&mut self) -> Option<SigningMethod> {
        let tenancy = self.matching(
            "tenancy",
            is_ocid,
            "expected the OCID of the tenancy, such as ocid1.tenancy.oc1..aaaa",
        );
        let user = self.matching(
            "user",
            is_ocid,
            "expected the OCID of the user, such as ocid1.user.oc1..aaaa",
        );
        let expected = "expected the fingerprint of the API key: 16 pairs of lower-case hex digits joined by colons";
        let fingerprint = self.matching("fingerprint", is_fingerprint, expected);
        Some(SigningMethod::ApiKey {
            tenancy: tenancy?,
            user: user?,
            fingerprint: fingerprint?,
        })
    }

    fn security_token(&mut self, home: Option<&Path>) -> Option<SigningMethod> {
        let file = self.required(
            "security_token_file",
            "create a session with 'oci session authenticate', or use an API key",
        );
        let tenancy = self.optional("tenancy");
        Some(SigningMethod::SecurityToken {
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
