//! Path of the configuration file, and home directories in paths.

use std::path::{Path, PathBuf};

use crate::auth::files;
use crate::auth::origin::{Chosen, Origin};

/// Path of the configuration file. Used only if the default file does not exist, as in Oracle's SDK.
pub const CONFIG_FILE: &str = "OCI_CONFIG_FILE";
/// Path of the configuration file for Oracle's command line. Used whether or not the default file exists.
pub const CLI_CONFIG_FILE: &str = "OCI_CLI_CONFIG_FILE";
/// Set in the Cloud Shell of the OCI console.
pub const CLOUD_SHELL: &str = "OCI_CLI_CLOUD_SHELL";
/// The tenancy of the user of a Cloud Shell.
pub(super) const TENANCY: &str = "OCI_TENANCY";
/// Home directory, for `~`.
pub const HOME: &str = "HOME";

const DEFAULT_LOCATION: &str = "~/.oci/config";
const FALLBACK_LOCATION: &str = "~/.oraclebmc/config";
/// The configuration file that Cloud Shell provides.
const CLOUD_SHELL_LOCATION: &str = "/etc/oci/config";

/// The home directory of the person who runs this program. `lookup` returns the value of an environment variable.
pub fn own_home(lookup: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let home = lookup(HOME).filter(|home| !home.is_empty());
    home.map(PathBuf::from).or_else(files::own_home)
}

/// Home directories, for `~` and `~name`.
pub(super) struct Homes<'a> {
    /// That of the person who runs this program.
    pub(super) own: Option<PathBuf>,
    /// That of another one, by name.
    pub(super) of_user: &'a dyn Fn(&str) -> Option<PathBuf>,
}

impl Homes<'_> {
    /// Expands `~` and `~name` at the beginning of a path. A path whose home directory is not known is returned unchanged.
    pub(super) fn expand(&self, text: &str) -> PathBuf {
        let Some(rest) = text.strip_prefix('~') else {
            return PathBuf::from(text);
        };
        let (name, below) = rest.split_once('/').unwrap_or((rest, ""));
        let home = match name {
            "" => self.own.clone(),
            name => (self.of_user)(name),
        };
        match home {
            Some(home) if below.is_empty() => home,
            Some(home) => home.join(below.trim_start_matches('/')),
            None => PathBuf::from(text),
        }
    }
}

/// Returns the path of the configuration file, and who chose it: in the order of Oracle's command line for what a person
/// names, then in that of the SDK (`_get_config_path_with_fallback`).
///
/// 1. the path of the flag
/// 2. `OCI_CLI_CONFIG_FILE`
/// 3. `~/.oci/config` if it exists
/// 4. `OCI_CONFIG_FILE`
/// 5. `~/.oraclebmc/config` if it exists
/// 6. in Cloud Shell `/etc/oci/config` if it exists
/// 7. `~/.oci/config`, so that the error names it
pub(super) fn locate(
    flag: Option<&Path>,
    homes: &Homes<'_>,
    lookup: impl Fn(&str) -> Option<String>,
    is_file: impl Fn(&Path) -> bool,
) -> Chosen<PathBuf> {
    let variable = |name: &'static str| {
        let path = lookup(name).filter(|path| !path.trim().is_empty())?;
        Some(Chosen::new(
            homes.expand(path.trim()),
            Origin::Variable(name),
        ))
    };
    if let Some(flag) = flag {
        let path = flag
            .to_str()
            .map_or_else(|| flag.to_owned(), |text| homes.expand(text));
        return Chosen::new(path, Origin::Flag("--config-file"));
    }
    if let Some(chosen) = variable(CLI_CONFIG_FILE) {
        return chosen;
    }
    let default = homes.expand(DEFAULT_LOCATION);
    if is_file(&default) {
        return Chosen::new(default, Origin::Default);
    }
    if let Some(chosen) = variable(CONFIG_FILE) {
        return chosen;
    }
    let fallback = homes.expand(FALLBACK_LOCATION);
    let of_cloud_shell = lookup(CLOUD_SHELL).map(|_| PathBuf::from(CLOUD_SHELL_LOCATION));
    let existing = [Some(fallback), of_cloud_shell].into_iter().flatten();
    let path = existing.into_iter().find(|path| is_file(path));
    Chosen::new(path.unwrap_or(default), Origin::Default)
}
