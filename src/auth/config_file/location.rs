//! Which file is the configuration file, and what `~` in a path means.

use std::path::{Path, PathBuf};

/// Names the configuration file; asked only if the default file does not exist, as in Oracle's SDK.
pub const CONFIG_FILE: &str = "OCI_CONFIG_FILE";
/// The home directory, for `~`.
pub const HOME: &str = "HOME";

const DEFAULT_LOCATION: &str = "~/.oci/config";
const FALLBACK_LOCATION: &str = "~/.oraclebmc/config";

/// Where the configuration file is. The order is the SDK's (`_get_config_path_with_fallback`): what the user named;
/// `~/.oci/config` if it is there; `OCI_CONFIG_FILE`; `~/.oraclebmc/config` if it is there; else the first again, for the
/// message that it is missing.
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

/// `~` and `~/...` with the home directory; anything else, `~name` too, as it is.
pub(super) fn expand_home(text: &str, home: Option<&Path>) -> PathBuf {
    match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(text),
    }
}
