//! Errors of credentials, by what the operator must do.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::key_error::KeyError;
use super::origin::Chosen;
pub use super::token::TokenError;

/// Why no credential is usable. Each variant is one thing for the operator to do.
///
/// The message names the setting or file, includes its cause, and never contains a secret. `source` is not implemented, so
/// printing the chain does not repeat the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// Correct the settings; all invalid ones are listed at once.
    #[error("{location}: {}", join(problems))]
    Misconfigured {
        /// Source of the settings: `resource principal`, or a profile and its file.
        location: String,
        /// The invalid settings; never empty.
        problems: Vec<InvalidSetting>,
    },
    /// Create the file, name another, or grant read access to it.
    #[error("{setting}: cannot read {}: {reason}; {remedy}", path.display())]
    Unreadable {
        /// The setting with the path of the file.
        setting: String,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        reason: io::Error,
        /// What to do.
        remedy: String,
    },
    /// Name another configuration file, create this one, or grant read access to it.
    #[error("configuration file{}: cannot read {}: {reason}; name another file, or create this one with 'oci setup config'", file.origin, file.value.display())]
    NoConfigFile {
        /// The file, and who chose it.
        file: Box<Chosen<PathBuf>>,
        /// Whether anything names a file, a profile or a value of one.
        is_wanted: bool,
        /// The error of the operating system.
        reason: io::Error,
    },
    /// Name a profile of the file, or add this one.
    #[error("profile [{}]{} was not found in {}: {}", profile.value, profile.origin, path.display(), list_profiles(available))]
    NoSuchProfile {
        /// The requested profile, and who chose it.
        profile: Box<Chosen<String>>,
        /// The file.
        path: PathBuf,
        /// The profiles of the file.
        available: Vec<String>,
    },
    /// Correct the line of the configuration file.
    #[error("{} is malformed: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line and its error.
        reason: super::ini::SyntaxError,
    },
    /// Replace or convert the private key, or correct its pass phrase.
    #[error("{location}: the private key cannot be used: {reason}{remedy}")]
    UnusableKey {
        /// The setting, and its file if it names one.
        location: String,
        /// Why it cannot be used.
        reason: KeyError,
        /// What to do, if the reason does not say so; starts with `; ` unless empty.
        remedy: String,
    },
    /// Run this program on a compute instance of OCI, or select other credentials.
    #[error(
        "instance principal: {reason}; on a machine that is not a compute instance of OCI, select other credentials with --auth"
    )]
    NoInstance {
        /// Who did not answer, and why.
        reason: String,
    },
    /// Check the instance, its clock, and its route to the auth service.
    #[error("instance principal: {step}: {reason}; {remedy}")]
    Instance {
        /// What failed.
        step: String,
        /// Why.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Name the file of the token, or create a new token.
    #[error("{location}: {reason}; {remedy}")]
    UnusableToken {
        /// The setting, and its file if it names one.
        location: String,
        /// Why it cannot be used.
        reason: TokenError,
        /// What to do.
        remedy: String,
    },
}

impl CredentialError {
    /// Whether the configuration file does not exist, and nothing names a file, a profile or a value of one.
    pub fn is_unwanted_file(&self) -> bool {
        matches!(self, Self::NoConfigFile { reason, is_wanted: false, .. } if reason.kind() == io::ErrorKind::NotFound)
    }
}

impl CredentialError {
    /// Whether only the default profile does not exist, which nobody named.
    pub fn is_unwanted_profile(&self) -> bool {
        matches!(self, Self::NoSuchProfile { profile, .. } if !profile.origin.is_choice())
    }
}

/// A setting with an invalid value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting {
    /// Name of the setting.
    pub setting: String,
    /// Its value.
    pub value: GivenValue,
    /// The expected value, and what to do.
    pub expected: String,
}

/// The value of an invalid setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenValue {
    /// Missing, or only white space.
    Unset,
    /// A value that is not secret.
    Text(String),
    /// A value that may be secret, so it is not stored.
    Redacted,
}

impl InvalidSetting {
    pub(super) fn missing(setting: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            setting: setting.into(),
            value: GivenValue::Unset,
            expected: expected.into(),
        }
    }

    pub(super) fn invalid(
        setting: impl Into<String>,
        text: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self {
            setting: setting.into(),
            value: GivenValue::Text(text.into()),
            expected: expected.into(),
        }
    }

    pub(super) fn redacted(setting: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            setting: setting.into(),
            value: GivenValue::Redacted,
            expected: expected.into(),
        }
    }
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            setting,
            value,
            expected,
        } = self;
        match value {
            GivenValue::Unset => write!(f, "{setting} is not set: {expected}"),
            // `Debug` escapes line breaks, so the message stays on one line.
            GivenValue::Text(text) => write!(f, "{setting} is {text:?}: {expected}"),
            GivenValue::Redacted => write!(f, "{setting} (its value is not shown): {expected}"),
        }
    }
}

fn join(problems: &[InvalidSetting]) -> String {
    problems
        .iter()
        .map(InvalidSetting::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

fn list_profiles(available: &[String]) -> String {
    if available.is_empty() {
        return "the file has no profiles; create one with 'oci setup config'".to_owned();
    }
    let names: Vec<String> = available.iter().map(|name| format!("[{name}]")).collect();
    format!(
        "it has {}; use one of these, or add the profile",
        names.join(", ")
    )
}
