//! How requests leave this machine: proxies, and roots to trust beside the built-in ones.

use crate::env::{EXTRA_CA_FILE, SSL_CERT_FILE};
use crate::place::Place;

use super::proxy::ProxySettings;

/// How requests leave this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSettings {
    /// PEM files with roots to trust in addition to Mozilla's.
    pub roots: Vec<RootsFile>,
    /// The proxy.
    pub proxies: ProxySettings,
    /// The place of the run.
    pub place: Place,
}

/// A PEM file with roots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootsFile {
    /// The variable that names it.
    pub setting: &'static str,
    /// Its path.
    pub path: String,
}

/// The variables that name a file with roots, by the place of the run: a person's other programs have settings too.
pub const fn roots_settings(place: Place) -> &'static [&'static str] {
    match place {
        Place::Function => &[EXTRA_CA_FILE],
        Place::CommandLine => &[EXTRA_CA_FILE, SSL_CERT_FILE],
    }
}
