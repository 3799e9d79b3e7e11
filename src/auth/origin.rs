//! Who chose a value: messages name it as the person wrote it.

use std::fmt;
use std::path::PathBuf;

/// A value, and who chose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen<T> {
    /// The value.
    pub value: T,
    /// Who chose it.
    pub origin: Origin,
}

impl<T> Chosen<T> {
    pub(super) const fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

/// Who chose a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody.
    Default,
    /// A flag of the command line.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A key of the settings file of Oracle's command line.
    SettingsFile {
        /// The key.
        key: &'static str,
        /// Its line, from 1.
        line: usize,
        /// The file.
        path: PathBuf,
    },
}

impl Origin {
    /// Whether a person or the environment chose it.
    pub const fn is_choice(&self) -> bool {
        !matches!(self, Self::Default)
    }

    /// Whether it was chosen before this command: a person may not think of it.
    pub const fn is_standing_choice(&self) -> bool {
        matches!(self, Self::Variable(_) | Self::SettingsFile { .. })
    }
}

impl fmt::Display for Origin {
    /// ` (OCI_CLI_PROFILE)`, to append to the value; empty for a default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => Ok(()),
            Self::Flag(name) | Self::Variable(name) => write!(f, " ({name})"),
            Self::SettingsFile { key, line, path } => {
                write!(f, " ({key} in line {line} of {})", path.display())
            }
        }
    }
}
