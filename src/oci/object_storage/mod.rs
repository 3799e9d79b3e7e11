//! Object Storage: the namespace, and objects that are only ever created. Reading is in `object_reading.rs`.
//!
//! Source: `object_storage_client.py` of Oracle's Python SDK 2.189.0. Names are new at every run and every PUT carries
//! `if-none-match: *`, so nothing is overwritten, and a repeat of a PUT whose answer was lost is harmless: it is refused
//! (412), and the object that is there has the same digest.

pub mod reading;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::http::client::{
    CallError, CallResponse, CallRules, Content, DebuggableChunks, Request, SignedClient,
};
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::percent::percent_encode;
use crate::http::retry::RetryRules;
use crate::http::transport::ChunkSource;

use crate::iam_statement::Statement;
use crate::oci::service_error::ServiceError;

/// Content that is stored: read once for its length and digests, once more for each attempt to send it.
#[derive(Clone)]
pub struct ObjectContent {
    /// Media type.
    pub content_type: &'static str,
    /// Length in bytes.
    pub length: u64,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// MD5, base64, as `content-md5` has it.
    md5: String,
    chunks: ChunkSource,
}

impl ObjectContent {
    /// Reads the content once.
    pub fn measure(content_type: &'static str, chunks: ChunkSource) -> Self {
        let (mut sha256, mut md5, mut length) = (Sha256::new(), Md5::new(), 0);
        for chunk in chunks() {
            sha256.update(&chunk);
            md5.update(&chunk);
            length += chunk.len() as u64;
        }
        Self {
            content_type,
            length,
            sha256: hex(&sha256.finalize()),
            md5: STANDARD.encode(md5.finalize()),
            chunks,
        }
    }

    /// Content that is at hand.
    pub fn whole(content_type: &'static str, content: impl Into<Bytes>) -> Self {
        let content: Bytes = content.into();
        Self::measure(
            content_type,
            Arc::new(move || Box::new(std::iter::once(content.clone()))),
        )
    }
}

/// Why a step with the bucket failed, by what the operator must do.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The bucket, or the right to it, is missing.
    #[error(
        "{step}: {error}; check AUDIT_BUCKET `{bucket}` and AUDIT_BUCKET_NAMESPACE, and that this statement exists: {statement}"
    )]
    NotFoundOrDenied {
        /// What was tried.
        step: String,
        /// The bucket.
        bucket: String,
        /// The right that is probably missing.
        statement: Box<Statement>,
        /// What the service said.
        error: ServiceError,
    },
    /// The service refused for another reason.
    #[error("{step}: {error}")]
    Refused {
        /// What was tried.
        step: String,
        /// What the service said.
        error: ServiceError,
    },
    /// The object, or the right to read or list, is missing; the service does not tell which.
    #[error("{step}: {error}; check that it exists, and that this statement does: {statement}")]
    ReadDenied {
        /// What was tried.
        step: String,
        /// The right that is probably missing.
        statement: Box<Statement>,
        /// What the service said.
        error: ServiceError,
    },
    /// There is more than is expected of any run, or of any file of an operator.
    #[error("{step}: there are more than {limit} {unit}")]
    TooLarge {
        /// What was tried.
        step: String,
        /// How much is read.
        limit: u64,
        /// What is counted: `bytes`, `names`.
        unit: &'static str,
    },
    /// There is another object of that name.
    #[error("{step}: another object of that name is there; nothing is overwritten")]
    AlreadyExists {
        /// What was tried.
        step: String,
    },
    /// The service could not be asked.
    #[error(
        "{step}: {error}; check the function's subnet (a service gateway, or a NAT gateway) and AUDIT_OBJECT_STORAGE_ENDPOINT"
    )]
    NoResponse {
        /// What was tried.
        step: String,
        /// What came of it.
        error: CallError,
    },
    /// The answer makes no sense.
    #[error(
        "{step}: the answer cannot be understood; check AUDIT_OBJECT_STORAGE_ENDPOINT, or set AUDIT_BUCKET_NAMESPACE"
    )]
    UnexpectedResponse {
        /// What was tried.
        step: String,
    },
}

/// A client of Object Storage.
#[derive(Clone, Debug)]
pub struct ObjectStorage {
    /// Signs and sends.
    pub client: Arc<SignedClient>,
    /// Object Storage.
    pub endpoint: Endpoint,
    /// Bucket.
    pub bucket: String,
    /// The right to its objects, for whoever has to give it.
    pub right: Statement,
}

impl ObjectStorage {
    /// The Object Storage namespace of the tenancy.
    ///
    /// # Errors
    ///
    /// Where the service does not tell it.
    pub async fn namespace(&self, deadline: Deadline) -> Result<String, StorageError> {
        let step = || "asking for the Object Storage namespace".to_owned();
        let request = Request::get(self.endpoint.clone(), "/n".to_owned());
        let answer =
            self.send(&request, deadline)
                .await
                .map_err(|error| StorageError::NoResponse {
                    step: step(),
                    error,
                })?;
        if !answer.response.status.is_success() {
            return Err(StorageError::Refused {
                step: step(),
                error: ServiceError::from_answer(&answer),
            });
        }
        let namespace: Option<String> = serde_json::from_slice(&answer.response.body).ok();
        namespace
            .filter(|name| !name.is_empty())
            .ok_or_else(|| StorageError::UnexpectedResponse { step: step() })
    }

    /// Creates an object. That it is there already with the same content is a success.
    ///
    /// # Errors
    ///
    /// Where it is not there afterwards, as far as can be told.
    pub async fn create(
        &self,
        namespace: &str,
        name: &str,
        content: &ObjectContent,
        deadline: Deadline,
    ) -> Result<(), StorageError> {
        let step = || format!("storing {name}");
        let mut request = self.object(Method::PUT, namespace, name);
        request.headers.push((
            HeaderName::from_static("if-none-match"),
            HeaderValue::from_static("*"),
        ));
        if let Ok(md5) = HeaderValue::from_str(&content.md5) {
            request
                .headers
                .push((HeaderName::from_static("content-md5"), md5));
        }
        request.content = Content::Object {
            length: content.length,
            content_type: content.content_type,
            chunks: DebuggableChunks(Arc::clone(&content.chunks)),
        };
        let answer =
            self.send(&request, deadline)
                .await
                .map_err(|error| StorageError::NoResponse {
                    step: step(),
                    error,
                })?;
        match answer.response.status {
            status if status.is_success() && answer.response.header("etag").is_some() => Ok(()),
            // A proxy's page under a status of success is no object: only the service names an entity tag.
            status if status.is_success() => {
                self.expect_same(namespace, name, content, deadline).await
            }
            StatusCode::PRECONDITION_FAILED => {
                self.expect_same(namespace, name, content, deadline).await
            }
            _ => Err(self.refused(step(), &answer)),
        }
    }

    /// Whether the object that is there is the one that was to be created.
    async fn expect_same(
        &self,
        namespace: &str,
        name: &str,
        content: &ObjectContent,
        deadline: Deadline,
    ) -> Result<(), StorageError> {
        let step = || format!("checking {name}, which should be there already");
        let request = self.object(Method::HEAD, namespace, name);
        let answer =
            self.send(&request, deadline)
                .await
                .map_err(|error| StorageError::NoResponse {
                    step: step(),
                    error,
                })?;
        if !answer.response.status.is_success() {
            return Err(self.refused(step(), &answer));
        }
        if answer.response.header("content-md5") == Some(&content.md5) {
            return Ok(());
        }
        Err(StorageError::AlreadyExists { step: step() })
    }

    pub(super) fn object(&self, method: Method, namespace: &str, name: &str) -> Request {
        let path = format!(
            "/n/{}/b/{}/o/{}",
            percent_encode(namespace),
            percent_encode(&self.bucket),
            percent_encode(name)
        );
        Request {
            method,
            ..Request::get(self.endpoint.clone(), path)
        }
    }

    pub(super) async fn send(
        &self,
        request: &Request,
        deadline: Deadline,
    ) -> Result<CallResponse, CallError> {
        self.client
            .send(
                request,
                CallRules {
                    deadline,
                    retry: RetryRules::STORE,
                    rate_limiter: None,
                    slots: None,
                },
            )
            .await
    }

    fn refused(&self, step: String, answer: &CallResponse) -> StorageError {
        let error = ServiceError::from_answer(answer);
        match error.status {
            401 | 403 | 404 => StorageError::NotFoundOrDenied {
                step,
                bucket: self.bucket.clone(),
                statement: Box::new(self.right.clone()),
                error,
            },
            _ => StorageError::Refused { step, error },
        }
    }
}
