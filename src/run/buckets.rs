//! The buckets of a run, built from the settings.

use std::sync::Arc;

use crate::config::{ExceptionsSettings, HubSettings, StorageSettings};
use crate::http::client::SignedClient;
use crate::iam_statement::{HubTenancy, Statement};
use crate::judge::ReportsLocation;
use crate::oci::object_storage::{Bucket, ObjectStorage};

/// The record, in the folder of the reports, that the run is not in the hub.
pub const HUB_FAILED: &str = "hub-failed.json";
/// Max bytes of an OCID (Oracle documentation, identifiers.htm).
const MAX_OCID_BYTES: usize = 255;

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

/// The prefix of a tenancy in the hub: `fleet/<OCID>/`. `None` if nothing names the tenancy, or if its OCID is not one: it decides who
/// may write where.
pub fn hub_prefix(settings: &HubSettings, tenancy: Option<&str>) -> Option<String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let tenancy = tenancy.filter(|ocid| {
        let parts: Vec<_> = ocid.split('.').collect();
        matches!(parts[..], ["ocid1", "tenancy", ..])
            && ocid.len() <= MAX_OCID_BYTES
            && ocid.bytes().all(is_allowed)
    })?;
    Some(format!("{}{tenancy}/", settings.prefix))
}

/// The bucket of the hub. `prefix` is that of the own tenancy, and `own_namespace` its namespace, if it is known.
pub fn hub_bucket(
    client: &Arc<SignedClient>,
    settings: &HubSettings,
    namespace: String,
    prefix: String,
    own_namespace: Option<&str>,
) -> Bucket {
    let hub = if own_namespace == Some(&namespace) {
        HubTenancy::Own
    } else {
        HubTenancy::MayBeAnother
    };
    Bucket {
        service: ObjectStorage {
            client: Arc::clone(client),
            endpoint: settings.endpoint.clone(),
        },
        namespace,
        name: settings.bucket.clone(),
        statement: Statement::StoreInHub {
            bucket: settings.bucket.clone(),
            prefix,
            hub,
        },
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
