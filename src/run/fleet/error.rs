//! Why an overview failed.

use crate::auth::CredentialError;
use crate::config::SettingError;
use crate::oci::notifications::PublishError;
use crate::oci::object_storage::StorageError;
use crate::run::deliver::neither_published;

/// Why an overview failed, by what the operator must do.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// Correct the credentials.
    #[error("no request can be signed: {0}")]
    Credentials(#[from] CredentialError),
    /// Name the hub.
    #[error("{0}")]
    NoHub(SettingError),
    /// Make the hub readable.
    #[error("the hub was not read: {error}{}", neither_published(digest.as_ref()))]
    HubNotRead {
        /// Why.
        error: Box<StorageError>,
        /// Why the digest of the failure was not published either.
        digest: Option<PublishError>,
    },
    /// Correct the bucket for reports.
    #[error("the overview is not stored: {error}{}", neither_published(digest.as_ref()))]
    NotStored {
        /// Why.
        error: Box<StorageError>,
        /// Why the digest of the failure was not published either.
        digest: Option<PublishError>,
    },
    /// Correct the topic. The overview is stored.
    #[error("the overview is stored, but the digest was not published: {0}")]
    NotPublished(PublishError),
}

impl FleetError {
    /// Whether it failed only because its time was used up.
    pub const fn is_out_of_time(&self) -> bool {
        match self {
            Self::HubNotRead { error, .. } | Self::NotStored { error, .. } => {
                error.cause.is_out_of_time()
            }
            Self::NotPublished(error) => error.is_out_of_time(),
            Self::Credentials(_) | Self::NoHub(_) => false,
        }
    }
}
