//! The name of the tenancy, for people: given by the settings, or read from IAM with one request.
//!
//! Nothing depends on it. So a failure costs only the name: it makes no run PARTIAL, fails none, and delays none for long.

use std::time::Duration;

use crate::config::ReadSettings;
use crate::display;
use crate::env;
use crate::judge::{Tenancy, TenancyName};
use crate::oci::identity::{DiscoveryError, IdentityClient};
use crate::oci::regions::Region;
use crate::remedy::Remedy;
use crate::server_text::MAX_CHARS;

/// Max time to read the name.
const MAX_TIME: Duration = Duration::from_secs(5);
/// Max characters of a name that IAM returns. Oracle's names of cloud accounts have at most 25.
const MAX_NAME_CHARS: usize = 100;

/// The tenancy with this OCID, and its name. A name that cannot be read is a warning in the log.
pub(super) async fn describe(
    iam: &IdentityClient,
    settings: &ReadSettings,
    id: Option<&str>,
) -> Tenancy {
    let name = match (&settings.tenancy_name, id) {
        (Some(given), _) => TenancyName::Given(display::line(given, MAX_CHARS)),
        (None, Some(id)) => match read(iam, &settings.region, id).await {
            Ok(name) => TenancyName::Read(name),
            Err(error) => {
                let remedy = remedy(&error).map(|remedy| remedy.at(settings.place));
                tracing::warn!(
                    %error,
                    remedy,
                    "the tenancy's name is unknown; reports have the end of its OCID"
                );
                TenancyName::Unknown
            }
        },
        (None, None) => {
            tracing::warn!(
                "the session token does not name its tenancy, so the tenancy's name is unknown; set {}",
                env::TENANCY_NAME
            );
            TenancyName::Unknown
        }
    };
    Tenancy {
        id: id.map(|id| display::line(id, MAX_CHARS)),
        name,
        profile: None,
    }
}

/// Reads the name of the tenancy with this OCID.
///
/// # Errors
///
/// If it cannot be read within five seconds, or within a quarter of the time that is left.
pub(crate) async fn read(
    iam: &IdentityClient,
    region: &Region,
    id: &str,
) -> Result<String, DiscoveryError> {
    let patience = MAX_TIME.min(iam.deadline.remaining() / 4);
    let iam = IdentityClient {
        deadline: iam.deadline.within(patience),
        ..iam.clone()
    };
    let name = iam.tenancy_name(region, id).await?;
    Ok(display::line(name.trim(), MAX_NAME_CHARS))
}

/// What the operator can do about a name that could not be read.
pub(crate) fn remedy(error: &DiscoveryError) -> Option<Remedy> {
    match &error.statement {
        Some(statement) => Some(Remedy::GrantStatementOrNameTenancy(statement.clone())),
        None => Remedy::of_refusal(error.cause),
    }
}
