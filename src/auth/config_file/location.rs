//! Path of the configuration file, and `~` in paths.

use std::path::{Path, PathBuf};

/// Path of the configuration file. Used only if the default file does not exist, as in Oracle's SDK.
pub const CONFIG_FILE: &str = "OCI_CONFIG_FILE";
/// Home directory, for `~`.
pub const HOME: &str = "HOME";

const DEFAULT_LOCATION: &str = "~/.oci/config";
const FALLBACK_LOCATION: &str = "~/.oraclebmc/config";

/// Returns the path of the configuration file, in the order of the SDK (`_get_config_path_with_fallback`):
///
/// 1. the path that the user named
/// 2. `~/.oci/config` if it exists
/// 3. `OCI_CONFIG_FILE`
/// 4. `~/.oraclebmc/config` if it exists
/// 5. `~/.oci/config`, so that the error names it
pub(super) fn locate(
    named: Option<&Path>,
    home: Option<&Path>,
    from_environment: Option<String>,
    is_file: impl Fn(&Path) -> bool,
) -> PathBuf {
    let expand = |text: &str| expand_home(text, home);
    if let Some(named) = named {
        return named.to_str().map_or_else(|| named.to_owned(), expand);
    }
    let default = expand(DEFAULT_LOCATION);
    if is_file(&default) {
        return default;
    }
    if let Some(path) = from_environment.filter(|path| !path.is_empty()) {
        return expand(&path);
    }
    let fallback = expand(FALLBACK_LOCATION);
    if is_file(&fallback) {
        fallback
    } else {
        default
    }
}

/// Expands `~` and `~/...`. Other paths, `~name` included, are returned unchanged.
pub(super) fn expand_home(text: &str, home: Option<&Path>) -> PathBuf {
    match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(text),
    }
}
