//! The files with secrets that the profiles of a configuration file name. No output may overwrite one.

use std::path::PathBuf;

use crate::auth::{files, ini};

use super::location::Homes;
use super::profile::path_of;

/// The keys of a profile that name a file with a secret.
const SECRET_FILE_KEYS: [&str; 3] = ["key_file", "security_token_file", "delegation_token_file"];

/// A file with a secret that a profile names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    /// The profile.
    pub profile: String,
    /// Its key, such as `key_file`.
    pub key: &'static str,
    /// The file.
    pub path: PathBuf,
}

/// The files with secrets of every profile, those of the profile `own` first.
pub(super) fn secret_files(
    profiles: &ini::Profiles,
    own: &str,
    homes: &Homes<'_>,
) -> Vec<SecretFile> {
    let mut names = profiles.names();
    names.sort_by_key(|name| name != own);
    let mut files = Vec::new();
    for name in names {
        let Some(profile) = profiles.get(&name) else {
            continue;
        };
        for key in SECRET_FILE_KEYS {
            let value = profile.get(key).map(|entry| entry.value.as_str());
            files.extend(
                value
                    .filter(|value| !value.is_empty())
                    .and_then(|value| path_of(value, homes, &files::is_file))
                    .map(|path| SecretFile {
                        profile: name.clone(),
                        key,
                        path,
                    }),
            );
        }
    }
    files
}
