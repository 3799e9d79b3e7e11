//! Refuses to start with a session that has expired: every request would be a 401.

use chrono::{DateTime, SecondsFormat, Utc};

use super::credentials::Credentials;
use super::session::CommandError;
use super::signing_arguments::SigningArguments;

/// Fails if the session of a profile has expired at `now`, by its token's own claim. Credentials that cannot be read are left
/// to the first request.
pub(super) fn check(
    credentials: &Credentials,
    arguments: &SigningArguments,
    now: DateTime<Utc>,
) -> Result<(), CommandError> {
    let Some(profile) = &credentials.profile else {
        return Ok(());
    };
    let identity = credentials.source.current(now).ok();
    let expired_at = identity.and_then(|identity| identity.expires_at);
    let Some(expired_at) = expired_at.filter(|expires| *expires <= now) else {
        return Ok(());
    };
    let profile = if profile.contains(char::is_whitespace) {
        format!("'{profile}'")
    } else {
        profile.clone()
    };
    let file = match &arguments.config_file {
        Some(path) => format!(" --config-file {}", path.display()),
        None => String::new(),
    };
    Err(CommandError::SessionExpired {
        at: expired_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        refresh: format!("oci session refresh --profile {profile}{file}"),
        authenticate: format!("oci session authenticate --profile-name {profile}{file}"),
    })
}
