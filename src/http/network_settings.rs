//! How requests leave this machine: proxies, and roots to trust beside the built-in ones.

use crate::env::{EXTRA_CA_FILE, SSL_CERT_FILE};

use super::proxy::ProxySettings;

/// How requests leave this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSettings {
    /// PEM files with roots to trust in addition to Mozilla's.
    pub roots: Vec<RootsFile>,
    /// The proxy.
    pub proxies: ProxySettings,
    /// Where this program runs.
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

/// Where this program runs. It decides which variables are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// In the container of the function.
    #[default]
    Function,
    /// As a command of a person, whose other programs have settings too.
    Desk,
}

impl Place {
    /// The variables that name a file with roots.
    pub const fn roots_settings(self) -> &'static [&'static str] {
        match self {
            Self::Function => &[EXTRA_CA_FILE],
            Self::Desk => &[EXTRA_CA_FILE, SSL_CERT_FILE],
        }
    }
}
