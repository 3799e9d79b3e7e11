//! The buckets of a run, built from the settings.

use std::sync::Arc;

use crate::config::{ExceptionsSettings, StorageSettings};
use crate::http::client::SignedClient;
use crate::iam_statement::Statement;
use crate::oci::object_storage::ObjectStorage;

/// The bucket for reports.
pub fn bucket_for_reports(client: &Arc<SignedClient>, settings: &StorageSettings) -> ObjectStorage {
    ObjectStorage {
        client: Arc::clone(client),
        endpoint: settings.endpoint.clone(),
        bucket: settings.bucket.clone(),
        right: Statement::StoreReports {
            bucket: settings.bucket.clone(),
            prefix: settings.prefix.clone(),
        },
    }
}

/// The bucket in which exceptions are written down.
pub fn bucket_of_exceptions(
    reports: &ObjectStorage,
    settings: &ExceptionsSettings,
) -> ObjectStorage {
    ObjectStorage {
        bucket: settings.bucket.clone(),
        right: Statement::ReadExceptions {
            bucket: settings.bucket.clone(),
            object: settings.object.clone(),
        },
        ..reports.clone()
    }
}
