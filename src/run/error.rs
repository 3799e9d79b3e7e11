//! Why a run failed.

use crate::auth::CredentialError;
use crate::config::SettingError;
use crate::oci::notifications::PublishError;

use super::deliver::{DeliveryError, neither_published};

/// Why a run failed, by what the operator must do.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Correct the credentials.
    #[error("no request can be signed: {0}")]
    Credentials(#[from] CredentialError),
    /// Correct the invocation.
    #[error("invocation: {0}")]
    Invocation(SettingError),
    /// Make at least one domain readable.
    #[error("no domain was read: {}{}", reasons.join("; "), neither_published(digest.as_ref()))]
    NothingRead {
        /// Why, for each domain and for the search for domains.
        reasons: Vec<String>,
        /// Why the digest of the failure was not published either.
        digest: Option<PublishError>,
    },
    /// Correct bucket or topic.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

impl RunError {
    /// Whether the run failed only because its time was used up.
    pub const fn is_out_of_time(&self) -> bool {
        match self {
            Self::NothingRead {
                digest: Some(error),
                ..
            } => error.is_out_of_time(),
            Self::Delivery(error) => error.is_out_of_time(),
            _ => false,
        }
    }
}
