//! The arguments that select the credentials that sign.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The credentials that sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Auth {
    /// The resource principal if OCI provides one and no file or profile is named; else what the profile is made for: its
    /// session token, its delegation token or its API key; without a file the instance principal
    Auto,
    /// The API key of the profile
    ApiKey,
    /// The session token of the profile, made by `oci session authenticate`
    SecurityToken,
    /// The compute instance that this runs on
    InstancePrincipal,
    /// The user of the Cloud Shell that this runs in
    DelegationToken,
    /// The resource principal of the machine this runs on
    ResourcePrincipal,
}

/// Credentials, for every command that sends requests.
#[derive(Clone, Debug, Args)]
pub(super) struct SigningArguments {
    /// Read the signing credentials from this configuration file [default: $OCI_CLI_CONFIG_FILE, else ~/.oci/config, else
    /// $OCI_CONFIG_FILE]
    #[arg(long, value_name = "PATH")]
    pub(super) config_file: Option<PathBuf>,
    /// Use this profile of the configuration file [default: $OCI_CLI_PROFILE, else default_profile in ~/.oci/oci_cli_rc, else
    /// DEFAULT]
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Select the credentials that sign requests [default: $OCI_CLI_AUTH, else auto]
    #[arg(long, value_name = "METHOD", value_enum)]
    pub(super) auth: Option<Auth>,
}

impl SigningArguments {
    /// Arguments that contradict each other: a message.
    pub(super) fn contradiction(&self) -> Option<String> {
        let names_a_profile = self.config_file.is_some() || self.profile.is_some();
        (self.auth == Some(Auth::ResourcePrincipal) && names_a_profile).then(|| {
            "--auth resource-principal uses no configuration file; remove --config-file and --profile".to_owned()
        })
    }
}
