//! Finds the credentials that sign, as Oracle's command line does: flags first, then its variables, then the profile.

use std::path::PathBuf;
use std::sync::Arc;

use crate::auth::config_file::{
    AUTH, CLI_CONFIG_FILE, CLI_REGION, ConfigFile, DelegationToken, Flags, Method,
    MethodPreference, PROFILE, ProfileCredentials,
};
use crate::auth::origin::Origin;
use crate::auth::resource_principal::{
    PRIVATE_PEM, PRIVATE_PEM_PASSPHRASE, REGION, RPST, ResourcePrincipal, VERSION,
};
use crate::auth::{CredentialError, CredentialSource};
use crate::clock::{Clock, SystemClock};
use crate::env;
use crate::http::endpoint::{Endpoint, redact_user_info};
use crate::http::network_settings::NetworkSettings;
use crate::http::reqwest_transport::ReqwestTransport;
use crate::oci::instance_principal::{Instance, InstancePrincipal, METADATA_BASE_URL};
use crate::oci::region_sources::RegionSources;
use crate::place::Place;

use super::arguments::TenancyArguments;
use super::contradiction::InputFile;
use super::regions_config;
use super::session::CommandError;
use super::signing_arguments::{Auth, SigningArguments};
use super::terminal::say;

/// The auth service that issues the tokens of instances, with its path. Oracle's command line reads it too.
const FEDERATION_ENDPOINT: &str = "OCI_CLI_FEDERATION_ENDPOINT";

/// The credentials of a command.
pub(super) struct Credentials {
    /// The region, possibly as a short code.
    pub(super) region: String,
    /// The setting that names the region.
    pub(super) region_setting: String,
    pub(super) source: Arc<dyn CredentialSource>,
    /// The profile; `None` if the credentials are those of the machine.
    pub(super) profile: Option<String>,
    /// The files that they were or will be read from, and those of the other profiles.
    pub(super) files: Vec<InputFile>,
}

/// Finds the credentials.
pub(super) async fn credentials(arguments: &SigningArguments) -> Result<Credentials, CommandError> {
    match wanted_method(arguments)? {
        Some(Method::ResourcePrincipal) => resource_principal(arguments),
        Some(Method::InstancePrincipal) => {
            let region = region_of_profile(arguments)?;
            of_instance(region, None, None, Vec::new()).await
        }
        Some(method) => of_profile(arguments, MethodPreference::Only(method)).await,
        None if env::is_set(VERSION) && !names_a_profile(arguments) => {
            resource_principal(arguments)
        }
        None => match of_profile(arguments, MethodPreference::Any).await {
            Err(CommandError::Credentials(error))
                if error.is_unwanted_file() && !names_a_profile(arguments) =>
            {
                instead_of_file(error).await
            }
            result => result,
        },
    }
}

/// The method that the flag or `OCI_CLI_AUTH` names; `None` to find one.
fn wanted_method(arguments: &SigningArguments) -> Result<Option<Method>, CommandError> {
    if let Some(auth) = arguments.auth {
        return Ok(match auth {
            Auth::Auto => None,
            Auth::ApiKey => Some(Method::ApiKey),
            Auth::SecurityToken => Some(Method::SecurityToken),
            Auth::InstancePrincipal => Some(Method::InstancePrincipal),
            Auth::DelegationToken => Some(Method::DelegationToken),
            Auth::ResourcePrincipal => Some(Method::ResourcePrincipal),
        });
    }
    let Some(text) = env::lookup(AUTH).filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    match Method::parse(&text) {
        Some(method) => Ok(Some(method)),
        None => Err(CommandError::InvalidUse(format!(
            "{AUTH} is {text:?}; expected one of: {}; correct it, or select the credentials with --auth",
            Method::choices()
        ))),
    }
}

/// Whether a flag or a variable of Oracle's command line names a configuration file or a profile.
fn names_a_profile(arguments: &SigningArguments) -> bool {
    arguments.config_file.is_some()
        || arguments.profile.is_some()
        || env::is_set(PROFILE)
        || env::is_set(CLI_CONFIG_FILE)
}

fn resource_principal(arguments: &SigningArguments) -> Result<Credentials, CommandError> {
    if arguments.config_file.is_some() || arguments.profile.is_some() {
        return Err(CommandError::InvalidUse(
            "a resource principal uses no configuration file; remove --config-file and --profile, or select other credentials with --auth".to_owned(),
        ));
    }
    let principal = ResourcePrincipal::from_settings(env::lookup)?;
    let files = [RPST, PRIVATE_PEM, PRIVATE_PEM_PASSPHRASE].map(|setting| {
        let path = env::lookup(setting).map(PathBuf::from);
        let path = path.filter(|path| path.is_absolute())?;
        Some(InputFile::new(setting, path))
    });
    Ok(Credentials {
        region: principal.region().to_owned(),
        region_setting: REGION.to_owned(),
        source: Arc::new(principal),
        profile: None,
        files: files.into_iter().flatten().collect(),
    })
}

async fn of_profile(
    arguments: &SigningArguments,
    method: MethodPreference,
) -> Result<Credentials, CommandError> {
    let flags = Flags {
        config_file: arguments.config_file.clone(),
        profile: arguments.profile.clone(),
        method,
    };
    let file = ConfigFile::load(&flags, env::lookup)?;
    for warning in file.warnings() {
        say(warning);
    }
    let of_profiles = file.secret_files().iter().map(|secret| {
        let reader = format!("{} of profile [{}]", secret.key, secret.profile);
        InputFile::new(reader, secret.path.clone())
    });
    let of_settings = InputFile::new("the configuration file", file.path().to_owned());
    let of_oracle = match &file.profile().origin {
        Origin::SettingsFile { path, .. } => {
            Some(InputFile::new("the search for a profile", path.clone()))
        }
        _ => None,
    };
    let files = of_profiles.chain([of_settings]).chain(of_oracle).collect();
    let profile = file.profile();
    if profile.origin.is_standing_choice() {
        say(&format_args!(
            "using profile [{}]{} in {}",
            profile.value,
            profile.origin,
            file.path().display()
        ));
    }
    let profile = Some(profile.value.clone());
    let region = file
        .region()
        .map(|region| (region.text.clone(), region.setting.clone()));
    let source: Arc<dyn CredentialSource> = match file.credentials() {
        ProfileCredentials::Stored(stored) => Arc::clone(stored) as Arc<dyn CredentialSource>,
        ProfileCredentials::ResourcePrincipal => {
            Arc::new(ResourcePrincipal::from_settings(env::lookup)?)
        }
        ProfileCredentials::InstancePrincipal => {
            return of_instance(region, None, profile, files).await;
        }
        ProfileCredentials::DelegationToken(token) => {
            return of_instance(region, Some(token.clone()), profile, files).await;
        }
    };
    let (region, region_setting) = region.unwrap_or_else(|| {
        let region = env::lookup(REGION).unwrap_or_default();
        (region, REGION.to_owned())
    });
    Ok(Credentials {
        region,
        region_setting,
        source,
        profile,
        files,
    })
}

/// The region of the profile, if there is one: Oracle's command line takes it for an instance principal too.
///
/// # Errors
///
/// If a file or a profile is named and cannot be used.
fn region_of_profile(
    arguments: &SigningArguments,
) -> Result<Option<(String, String)>, CommandError> {
    let flags = Flags {
        config_file: arguments.config_file.clone(),
        profile: arguments.profile.clone(),
        method: MethodPreference::Only(Method::InstancePrincipal),
    };
    match ConfigFile::load(&flags, env::lookup) {
        Ok(file) => {
            let region = file.region();
            Ok(region.map(|region| (region.text.clone(), region.setting.clone())))
        }
        Err(error) if error.is_unwanted_file() || error.is_unwanted_profile() => {
            Ok(region_of_environment())
        }
        Err(error) => Err(error.into()),
    }
}

fn region_of_environment() -> Option<(String, String)> {
    let region = env::lookup(CLI_REGION)?.trim().to_owned();
    (!region.is_empty()).then(|| (region, CLI_REGION.to_owned()))
}

/// The credentials of a compute instance, where nobody named a file and none exists.
async fn instead_of_file(missing: CredentialError) -> Result<Credentials, CommandError> {
    match of_instance(region_of_environment(), None, None, Vec::new()).await {
        Err(CommandError::Credentials(CredentialError::NoInstance { reason })) => {
            Err(CommandError::NoCredentials {
                file: Box::new(missing),
                instance: reason,
            })
        }
        result => result,
    }
}

async fn of_instance(
    region: Option<(String, String)>,
    on_behalf_of: Option<DelegationToken>,
    profile: Option<String>,
    files: Vec<InputFile>,
) -> Result<Credentials, CommandError> {
    let base = env::lookup(METADATA_BASE_URL).filter(|base| !base.trim().is_empty());
    let direct = Arc::new(ReqwestTransport::new(&NetworkSettings::default())?);
    let instance = Instance::find(direct, base.as_deref().map(str::trim)).await?;
    let own_region = instance.region().to_owned();
    let endpoint = match env::lookup(FEDERATION_ENDPOINT).filter(|url| !url.trim().is_empty()) {
        Some(url) => url,
        None => format!(
            "{}/v1/x509",
            RegionSources::from_lookup(regions_config::lookup)
                .resolve(&own_region)
                .0
                .auth_endpoint()
        ),
    };
    let endpoint = Endpoint::parse(&endpoint).map_err(|error| {
        let shown = redact_user_info(&endpoint);
        CommandError::InvalidUse(format!("{FEDERATION_ENDPOINT} is `{shown}`: it {error}"))
    })?;
    let network = NetworkSettings::from_lookup(Place::CommandLine, env::lookup)?;
    let transport = Arc::new(ReqwestTransport::new(&network)?);
    let principal = InstancePrincipal::new(instance, transport, endpoint, on_behalf_of);
    // At once, so that a refusal is an error of the credentials and not of every list.
    if let Some(obtaining) = principal.obtain(SystemClock.now(), None) {
        obtaining.await?;
    }
    let (region, region_setting) =
        region.unwrap_or_else(|| (own_region, "the region of the instance".to_owned()));
    Ok(Credentials {
        region,
        region_setting,
        source: Arc::new(principal),
        profile,
        files,
    })
}

/// The flag, or the key of the configuration file, that has the value of a setting; `None` if it is in the environment.
pub(super) fn written_as(
    setting: &str,
    arguments: &TenancyArguments,
    credentials: &Credentials,
) -> Option<String> {
    match setting {
        env::DOMAIN_URLS if !arguments.domain_url.is_empty() => Some("--domain-url".to_owned()),
        env::CREDENTIAL_TYPES if !arguments.credential_types.is_empty() => {
            Some("--type".to_owned())
        }
        name => region_written_as(name, credentials),
    }
}

/// The same for the commands that read no domain.
pub(super) fn region_written_as(setting: &str, credentials: &Credentials) -> Option<String> {
    (setting == REGION).then(|| credentials.region_setting.clone())
}
