//! What can be wrong with credentials, by what the operator must do.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::key_error::KeyError;
pub use super::token::TokenError;

/// Why there is no usable credential. Each variant is one thing for the operator to do.
///
/// The message is complete in itself (the cause is part of it, so there is no `source` to print after it), names the
/// setting or file, and never holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// Correct the settings; all problems are listed at once.
    #[error("{place}: {}", join(problems))]
    Misconfigured {
        /// Where the settings stand: `resource principal`, or a profile and its file.
        place: String,
        /// What is wrong with them; never empty.
        problems: Vec<InvalidSetting>,
    },
    /// Create the file, name another, or let the program read it.
    #[error("{setting}: cannot read {}: {reason}; {remedy}", path.display())]
    Unreadable {
        /// The setting that names the file.
        setting: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
        /// What to do.
        remedy: String,
    },
    /// Name a profile that is in the file, or add this one.
    #[error("there is no profile [{profile}] in {}: {}", path.display(), offer(available))]
    NoSuchProfile {
        /// The profile that was asked for.
        profile: String,
        /// The file.
        path: PathBuf,
        /// The profiles that are in the file.
        available: Vec<String>,
    },
    /// Correct the line of the configuration file.
    #[error("{} cannot be understood: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line and what is wrong with it.
        reason: super::ini::SyntaxError,
    },
    /// Replace or convert the private key, or correct its pass phrase.
    #[error("{place}: the private key is not usable: {reason}{remedy}")]
    UnusableKey {
        /// The setting, and the file where it is one.
        place: String,
        /// What is wrong with it.
        reason: KeyError,
        /// What to do, where the reason does not say it; begins with `; ` unless empty.
        remedy: String,
    },
    /// Give a token where something else was given, or have a new one made.
    #[error("{place}: {reason}; {remedy}")]
    UnusableToken {
        /// The setting, and the file where it is one.
        place: String,
        /// What is wrong with it.
        reason: TokenError,
        /// What to do.
        remedy: String,
    },
}

/// One setting that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting {
    /// The name of the setting.
    pub setting: String,
    /// What it holds.
    pub value: GivenValue,
    /// What it should hold, and what to do.
    pub expected: String,
}

/// What a wrong setting holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenValue {
    /// Nothing, or only blanks.
    Unset,
    /// This text, which is no secret.
    Text(String),
    /// A text that may be secret and is therefore not kept.
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
            // Quoted by Debug: a line break in a value must not make two lines of a message.
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

fn offer(available: &[String]) -> String {
    if available.is_empty() {
        return "the file holds no profile at all; 'oci setup config' makes one".to_owned();
    }
    let names: Vec<String> = available.iter().map(|name| format!("[{name}]")).collect();
    format!(
        "it has {}; name one of these, or add the profile",
        names.join(", ")
    )
}
