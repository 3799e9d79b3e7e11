//! The namespace of the tenancy, and a bucket in which objects are created.
//!
//! Names are new in every run, and every PUT carries `if-none-match: *`: nothing is overwritten. So a PUT can be repeated
//! after its response was lost. The service refuses the repeat (412), and the object that exists has the same digest. While
//! the service is still storing what an attempt sent before, it may refuse the next one as a conflict (409): then the object
//! is there, or appears, or the PUT is repeated.
//!
//! An object is stored only if the service names its digest: `opc-content-md5` in the response to PUT, `content-md5` and
//! `content-length` in that to HEAD. Nobody can correct an object with other content, because it is never overwritten.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::http::client::{
    CallResponse, CallRules, Content, DebuggableChunks, Request, SignedClient,
};
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::http::retry::RetryRules;
use crate::iam_statement::Statement;
use crate::oci::service_error::ServiceError;
use crate::percent::percent_encode;

use super::content::ObjectContent;
use super::error::{StorageCause, StorageError, StorageStep};

/// Max repeats of a PUT after a conflict.
const MAX_CONFLICTS: u32 = 3;
/// Pause before such a repeat.
const CONFLICT_PAUSE: Duration = Duration::from_secs(1);

/// The service, in one region.
#[derive(Clone, Debug)]
pub struct ObjectStorage {
    /// Signs and sends.
    pub client: Arc<SignedClient>,
    /// Object Storage.
    pub endpoint: Endpoint,
}

impl ObjectStorage {
    /// The Object Storage namespace of the tenancy, for reading.
    ///
    /// # Errors
    ///
    /// If the service does not return one.
    pub async fn namespace(&self, deadline: Deadline) -> Result<String, StorageError> {
        self.namespace_with(RetryRules::OBJECT_STORAGE, deadline)
            .await
    }

    /// The same by other rules: without it nothing can be stored.
    ///
    /// # Errors
    ///
    /// If the service does not return one.
    pub async fn namespace_with(
        &self,
        retry: RetryRules,
        deadline: Deadline,
    ) -> Result<String, StorageError> {
        let failed = |cause: StorageCause| cause.at(StorageStep::Namespace);
        let request = Request::get(self.endpoint.clone(), "/n".to_owned());
        let call = self.send(&request, retry, deadline).await.map_err(failed)?;
        if !call.response.status.is_success() {
            let error = ServiceError::from_response(&call);
            return Err(failed(StorageCause::Refused(error)));
        }
        let namespace: Option<String> = serde_json::from_slice(&call.response.body).ok();
        namespace
            .filter(|name| is_namespace(name))
            .ok_or_else(|| failed(StorageCause::InvalidResponse))
    }

    pub(super) async fn send(
        &self,
        request: &Request,
        retry: RetryRules,
        deadline: Deadline,
    ) -> Result<CallResponse, StorageCause> {
        let rules = CallRules {
            deadline,
            retry,
            rate_limiter: None,
            slots: None,
        };
        let result = self.client.send(request, rules).await;
        result.map_err(StorageCause::NoResponse)
    }
}

/// Whether a text can be a namespace: a name of letters, digits, `-`, `_` and `.`, which becomes part of paths and links.
fn is_namespace(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !text.is_empty() && text.len() <= 128 && text.bytes().all(is_part)
}

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// The service.
    pub service: ObjectStorage,
    /// Object Storage namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The statement that permits access to its objects.
    pub statement: Statement,
}

impl Bucket {
    /// Creates an object. Succeeds also if an object with the same content exists.
    ///
    /// # Errors
    ///
    /// If the object is not known to exist afterwards.
    pub async fn create(
        &self,
        object: &str,
        content: &ObjectContent,
        deadline: Deadline,
    ) -> Result<(), StorageError> {
        let failed = |cause: StorageCause| cause.at(self.store_step(object));
        let mut repeats = 0;
        loop {
            let call = self.put(object, content, deadline).await.map_err(failed)?;
            let refused = || failed(StorageCause::refused(&call, &self.statement));
            let conflict = match call.response.status {
                status if status.is_success() => match call.response.header("opc-content-md5") {
                    Some(md5) if md5 == content.md5 => return Ok(()),
                    Some(md5) => return Err(failed(content.differs_from(md5))),
                    // It may be a proxy's page with a status of success.
                    None => return self.expect_same(object, content, deadline).await,
                },
                StatusCode::PRECONDITION_FAILED => {
                    return self.expect_same(object, content, deadline).await;
                }
                StatusCode::CONFLICT => self.expect_same(object, content, deadline).await,
                _ => return Err(refused()),
            };
            match conflict {
                Ok(()) => return Ok(()),
                Err(error) if matches!(error.cause, StorageCause::AlreadyExists) => {
                    return Err(error);
                }
                Err(_) if repeats == MAX_CONFLICTS || deadline.remaining() < CONFLICT_PAUSE => {
                    return Err(refused());
                }
                Err(_) => {}
            }
            repeats += 1;
            tokio::time::sleep(CONFLICT_PAUSE).await;
        }
    }

    /// Sends an object, with retries.
    async fn put(
        &self,
        object: &str,
        content: &ObjectContent,
        deadline: Deadline,
    ) -> Result<CallResponse, StorageCause> {
        let mut request = self.request(Method::PUT, object);
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
        let result = self.service.send(&request, RetryRules::STORE, deadline);
        match result.await {
            // What the body says does not matter.
            Err(StorageCause::NoResponse(error)) => {
                error.into_response().map_err(StorageCause::NoResponse)
            }
            result => result,
        }
    }

    /// Fails unless the stored object is the one to create.
    async fn expect_same(
        &self,
        object: &str,
        content: &ObjectContent,
        deadline: Deadline,
    ) -> Result<(), StorageError> {
        let failed = |cause: StorageCause| {
            cause.at(StorageStep::Check {
                object: object.to_owned(),
                bucket: self.name.clone(),
            })
        };
        let request = self.request(Method::HEAD, object);
        let result = self.service.send(&request, RetryRules::STORE, deadline);
        let call = result.await.map_err(failed)?;
        if !call.response.status.is_success() {
            return Err(failed(StorageCause::refused(&call, &self.statement)));
        }
        let length = content.length.to_string();
        let stored_length = call.response.header("content-length");
        if call.response.header("content-md5") == Some(&content.md5)
            && stored_length.is_none_or(|stored| stored == length)
        {
            return Ok(());
        }
        Err(failed(StorageCause::AlreadyExists))
    }

    /// The step that stores an object.
    pub fn store_step(&self, object: &str) -> StorageStep {
        StorageStep::Store {
            object: object.to_owned(),
            bucket: self.name.clone(),
        }
    }

    pub(super) fn request(&self, method: Method, object: &str) -> Request {
        let path = format!("{}/o/{}", self.path(), percent_encode(object));
        Request {
            method,
            ..Request::get(self.service.endpoint.clone(), path)
        }
    }

    pub(super) fn path(&self) -> String {
        format!(
            "/n/{}/b/{}",
            percent_encode(&self.namespace),
            percent_encode(&self.name)
        )
    }
}
