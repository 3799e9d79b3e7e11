//! The target of an output: a file, or standard output.

use std::path::PathBuf;

use super::outputs::Place;

/// Two reports on standard output.
pub(super) const TWO_ON_STANDARD_OUTPUT: &str =
    "--csv - and --json - both write to standard output; name a file for one of them";

/// The target of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Standard output.
    StandardOutput,
    /// A file.
    File(PathBuf),
}

impl From<std::ffi::OsString> for Target {
    fn from(text: std::ffi::OsString) -> Self {
        if text == "-" {
            Self::StandardOutput
        } else {
            Self::File(text.into())
        }
    }
}

impl Target {
    /// Standard output, if the file is it, as `/dev/stdout` is.
    pub(super) fn resolved(self) -> Self {
        match self {
            Self::File(path) if Place::of_standard_output() == Some(Place::of(&path)) => {
                Self::StandardOutput
            }
            target => target,
        }
    }
}
