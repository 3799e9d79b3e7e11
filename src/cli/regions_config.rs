//! The file of a person that describes further regions, looked up like a setting.

use crate::auth::config_file::own_home;
use crate::env;
use crate::oci::region_sources::REGIONS_CONFIG;

/// Looks up a variable, or the content of [`REGIONS_CONFIG`]. As in Oracle's SDK, a file that cannot be read is as none.
#[expect(
    clippy::disallowed_methods,
    reason = "a file of the person, which only the command line reads"
)]
pub(super) fn lookup(name: &str) -> Option<String> {
    if name != REGIONS_CONFIG {
        return env::lookup(name);
    }
    let path = own_home(env::lookup)?.join(REGIONS_CONFIG.trim_start_matches("~/"));
    std::fs::read_to_string(path).ok()
}
