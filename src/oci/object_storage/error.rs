//! Why a request to Object Storage failed.

use std::fmt;

use crate::http::client::{CallError, CallResponse};
use crate::iam_statement::Statement;
use crate::oci::service_error::ServiceError;
use crate::place::Place;
use crate::remedy::Remedy;

/// A request to Object Storage that failed. The step and the cause together give the advice; it is displayed as for the
/// function.
#[derive(Debug, thiserror::Error)]
pub struct StorageError {
    /// What was tried.
    pub step: StorageStep,
    /// Why it failed.
    pub cause: StorageCause,
}

/// What was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageStep {
    /// Read the namespace of the tenancy.
    Namespace,
    /// Store an object.
    Store {
        /// Its name.
        object: String,
        /// The bucket.
        bucket: String,
    },
    /// Compare an object that may already be stored with the one to store.
    Check {
        /// Its name.
        object: String,
        /// The bucket.
        bucket: String,
    },
    /// List a folder.
    List {
        /// Its prefix.
        prefix: String,
        /// The bucket.
        bucket: String,
    },
    /// Read an object.
    Read {
        /// Its name.
        object: String,
        /// The bucket.
        bucket: String,
    },
}

impl fmt::Display for StorageStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespace => f.write_str("reading the Object Storage namespace"),
            Self::Store { object, .. } => write!(f, "storing {object}"),
            Self::Check { object, .. } => write!(f, "verifying the stored object {object}"),
            Self::List { prefix, bucket } => write!(f, "listing {prefix} in bucket {bucket}"),
            Self::Read { object, bucket } => write!(f, "reading {object} in bucket {bucket}"),
        }
    }
}

/// Why a step failed. Displayed as a clause, without advice.
#[derive(Debug, thiserror::Error)]
pub enum StorageCause {
    /// The bucket, the object or a permission is missing: the service does not say which.
    #[error("{error}")]
    NotFoundOrDenied {
        /// The statement that is probably missing.
        statement: Box<Statement>,
        /// The response of the service.
        error: ServiceError,
    },
    /// Object Storage may not use the key that the bucket is encrypted with.
    #[error("{0}")]
    KeyNotUsable(ServiceError),
    /// The service refused for another reason.
    #[error("{0}")]
    Refused(ServiceError),
    /// More than any run or any operator's file needs.
    #[error("there are more than {limit} {unit}")]
    TooLarge {
        /// Max.
        limit: u64,
        /// What is counted: `bytes`, `names`, `lines`.
        unit: &'static str,
    },
    /// Another object of that name exists.
    #[error("an object of that name with other content exists and was not overwritten")]
    AlreadyExists,
    /// The service names another digest than that of the content.
    #[error("the service stored other content: its MD5 is {stored}, and {sent} was sent")]
    OtherContent {
        /// MD5 in base64, as the service names it.
        stored: String,
        /// MD5 in base64.
        sent: String,
    },
    /// The time for storing ended before the object was generated.
    #[error("the time for storing ended before it was generated")]
    NotGenerated,
    /// No response.
    #[error("{0}")]
    NoResponse(CallError),
    /// The response is malformed.
    #[error("the response is malformed")]
    InvalidResponse,
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, cause } = self;
        write!(f, "{step} failed: {cause}")?;
        match self.advice(Place::Function) {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl StorageError {
    /// What the operator can do, as a clause.
    pub fn advice(&self, place: Place) -> Option<String> {
        match (&self.cause, &self.step) {
            (
                StorageCause::NotFoundOrDenied { statement, .. },
                StorageStep::Store { bucket, .. } | StorageStep::Check { bucket, .. },
            ) if matches!(**statement, Statement::StoreInHub { .. }) => Some(format!(
                "check AUDIT_HUB_BUCKET `{bucket}` and AUDIT_HUB_NAMESPACE, and add what is missing: {}",
                statement.at(place)
            )),
            (
                StorageCause::NotFoundOrDenied { statement, .. },
                StorageStep::Store { bucket, .. } | StorageStep::Check { bucket, .. },
            ) => Some(format!(
                "check AUDIT_BUCKET `{bucket}` and AUDIT_BUCKET_NAMESPACE, and that this statement exists: {}",
                statement.at(place)
            )),
            (StorageCause::NotFoundOrDenied { statement, .. }, _) => Some(format!(
                "check that the bucket or object exists, and that this statement exists: {}",
                statement.at(place)
            )),
            (StorageCause::KeyNotUsable(_), _) => Some(format!(
                "check that the key of the bucket exists and is enabled, and that this statement exists: {}",
                Statement::UseBucketKey.at(place)
            )),
            (StorageCause::NoResponse(_), _) => Some(
                match place {
                    Place::Function => {
                        "check the function's subnet (a service gateway, or a NAT gateway) and AUDIT_OBJECT_STORAGE_ENDPOINT"
                    }
                    Place::CommandLine => {
                        "check your network, HTTPS_PROXY if requests must pass a proxy, and AUDIT_OBJECT_STORAGE_ENDPOINT"
                    }
                }
                .to_owned(),
            ),
            (StorageCause::InvalidResponse, StorageStep::Namespace) => Some(
                "check AUDIT_OBJECT_STORAGE_ENDPOINT, or set AUDIT_BUCKET_NAMESPACE".to_owned(),
            ),
            (StorageCause::InvalidResponse | StorageCause::OtherContent { .. }, _) => Some(
                "check AUDIT_OBJECT_STORAGE_ENDPOINT, and that no proxy changes requests"
                    .to_owned(),
            ),
            (StorageCause::Refused(error), _) => {
                Remedy::of_refusal(error.cause()).map(|remedy| remedy.at(place))
            }
            (
                StorageCause::TooLarge { .. }
                | StorageCause::AlreadyExists
                | StorageCause::NotGenerated,
                _,
            ) => None,
        }
    }
}

impl StorageCause {
    /// The cause of a response that refuses a request for which `statement` is needed.
    pub(super) fn refused(call: &CallResponse, statement: &Statement) -> Self {
        let error = ServiceError::from_response(call);
        if error.lacks_permission() {
            let statement = Box::new(statement.clone());
            Self::NotFoundOrDenied { statement, error }
        } else if error.lacks_bucket_key() {
            Self::KeyNotUsable(error)
        } else {
            Self::Refused(error)
        }
    }

    /// The error of a failed step.
    pub const fn at(self, step: StorageStep) -> StorageError {
        StorageError { step, cause: self }
    }

    /// Whether the run's time was used up.
    pub const fn is_out_of_time(&self) -> bool {
        matches!(
            self,
            Self::NotGenerated | Self::NoResponse(CallError::OutOfTime(_))
        )
    }
}
