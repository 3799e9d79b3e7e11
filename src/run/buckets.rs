//! The buckets of a run, built from the settings.

use std::sync::Arc;

use crate::config::{ExceptionsSettings, StorageSettings};
use crate::http::client::SignedClient;
use crate::iam_statement::Statement;
use crate::judge::ReportsLocation;
use crate::oci::object_storage::{Bucket, ObjectStorage};

/// Object Storage, as the settings name it.
pub fn object_storage(client: &Arc<SignedClient>, settings: &StorageSettings) -> ObjectStorage {
    ObjectStorage {
        client: Arc::clone(client),
        endpoint: settings.endpoint.clone(),
    }
}

/// The bucket for reports.
pub fn reports_bucket(
    service: ObjectStorage,
    namespace: String,
    settings: &StorageSettings,
) -> Bucket {
    Bucket {
        service,
        namespace,
        name: settings.bucket.clone(),
        statement: Statement::StoreReports {
            bucket: settings.bucket.clone(),
            prefix: settings.prefix.clone(),
        },
    }
}

/// The bucket that holds the exceptions file.
pub fn exceptions_bucket(reports: &Bucket, settings: &ExceptionsSettings) -> Bucket {
    Bucket {
        name: settings.bucket.clone(),
        statement: Statement::ReadExceptions {
            bucket: settings.bucket.clone(),
            object: settings.object.clone(),
        },
        ..reports.clone()
    }
}

/// The folder for the reports of one run.
#[derive(Clone, Debug)]
pub struct ReportsFolder {
    /// The bucket for reports.
    pub bucket: Bucket,
    /// Full name, with a slash at its end.
    pub path: String,
}

impl ReportsFolder {
    /// The location in reports.
    pub fn location(&self) -> ReportsLocation {
        ReportsLocation {
            namespace: self.bucket.namespace.clone(),
            bucket: self.bucket.name.clone(),
            folder: self.path.clone(),
        }
    }
}
