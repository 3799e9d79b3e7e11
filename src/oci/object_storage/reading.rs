//! Object Storage: what a folder holds, and the content of objects.
//!
//! Source: `list_objects` and `get_object` of `object_storage_client.py` of Oracle's Python SDK 2.189.0. A list of names
//! is sorted by their bytes and paged by `nextStartWith`. Content is asked for in ranges, so that an object of any size is
//! read in pieces of a size that is known.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;

use crate::http::client::Request;
use crate::http::deadline::Deadline;
use crate::http::percent::percent_encode;

use super::{ObjectStorage, StorageError};
use crate::iam_statement::Statement;
use crate::oci::service_error::ServiceError;

/// A piece of a large object: large enough to be worth a request, small beside the memory of a function.
const RANGE_BYTES: u64 = 4 * 1024 * 1024;
/// Pages of a list: ten thousand folders of runs a month are more than any schedule makes.
const MAX_PAGES: usize = 10;

/// What stands directly below a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// Full names of folders, each with a slash at its end, in ascending order.
    pub folders: Vec<String>,
    /// Full names of objects, in ascending order.
    pub objects: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    objects: Vec<Object>,
    #[serde(default)]
    prefixes: Vec<String>,
    next_start_with: Option<String>,
}

#[derive(Deserialize)]
struct Object {
    name: String,
}

impl ObjectStorage {
    /// What stands directly below `prefix`; nothing is no error.
    ///
    /// # Errors
    ///
    /// Where the service does not tell it, or tells more than any run leaves behind.
    pub async fn list(
        &self,
        namespace: &str,
        prefix: &str,
        deadline: Deadline,
    ) -> Result<Folder, StorageError> {
        let step = || self.step_of_list(prefix);
        let mut folder = Folder::default();
        let mut start: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut path = self.list_path(namespace, prefix, 1000);
            if let Some(start) = &start {
                path.push_str(&format!("&start={}", percent_encode(start)));
            }
            let page = self.page(path, prefix, deadline).await?;
            folder.folders.extend(page.prefixes);
            folder
                .objects
                .extend(page.objects.into_iter().map(|object| object.name));
            match page.next_start_with {
                // A page that leads nowhere would be asked for without end.
                Some(next) if start.as_ref().is_none_or(|start| next > *start) => {
                    start = Some(next);
                }
                Some(_) => return Err(StorageError::UnexpectedResponse { step: step() }),
                None => return Ok(folder),
            }
        }
        Err(StorageError::TooLarge {
            step: step(),
            limit: MAX_PAGES as u64 * 1000,
            unit: "names",
        })
    }

    /// Whether there is anything below `prefix`. Asks for one name.
    ///
    /// # Errors
    ///
    /// Where the service does not tell it.
    pub async fn has_any(
        &self,
        namespace: &str,
        prefix: &str,
        deadline: Deadline,
    ) -> Result<bool, StorageError> {
        let path = self.list_path(namespace, prefix, 1);
        let page = self.page(path, prefix, deadline).await?;
        Ok(!page.objects.is_empty() || !page.prefixes.is_empty())
    }

    fn list_path(&self, namespace: &str, prefix: &str, limit: u32) -> String {
        format!(
            "/n/{}/b/{}/o?prefix={}&delimiter=%2F&limit={limit}",
            percent_encode(namespace),
            percent_encode(&self.bucket),
            percent_encode(prefix)
        )
    }

    fn step_of_list(&self, prefix: &str) -> String {
        format!("listing {prefix} in bucket {}", self.bucket)
    }

    /// One page of what stands directly below `prefix`.
    async fn page(
        &self,
        path: String,
        prefix: &str,
        deadline: Deadline,
    ) -> Result<Page, StorageError> {
        let step = || self.step_of_list(prefix);
        let request = Request::get(self.endpoint.clone(), path);
        let right = Statement::ListReports {
            bucket: self.bucket.clone(),
        };
        let body = self.read(&request, step, &right, deadline).await?.1;
        serde_json::from_slice(&body).map_err(|_| StorageError::UnexpectedResponse { step: step() })
    }

    /// The content of an object of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// Where it is not there, may not be read, or is larger.
    pub async fn get(
        &self,
        namespace: &str,
        name: &str,
        limit: u64,
        deadline: Deadline,
    ) -> Result<Vec<u8>, StorageError> {
        let mut content = Vec::new();
        let mut ranges = self.ranges(namespace, name, limit, deadline);
        while let Some(piece) = ranges.next().await? {
            content.extend_from_slice(&piece);
        }
        Ok(content)
    }

    /// The content of an object of at most `limit` bytes, piece by piece.
    pub const fn ranges<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
        limit: u64,
        deadline: Deadline,
    ) -> RangeReader<'a> {
        RangeReader {
            storage: self,
            namespace,
            name,
            limit,
            deadline,
            length: 0,
            at_end: false,
        }
    }

    async fn read(
        &self,
        request: &Request,
        step: impl Fn() -> String,
        right: &Statement,
        deadline: Deadline,
    ) -> Result<(StatusCode, Bytes), StorageError> {
        let answer =
            self.send(request, deadline)
                .await
                .map_err(|error| StorageError::NoResponse {
                    step: step(),
                    error,
                })?;
        let status = answer.response.status;
        if status.is_success() {
            return Ok((status, answer.response.body));
        }
        let error = ServiceError::from_answer(&answer);
        Err(match error.status {
            401 | 403 | 404 => StorageError::ReadDenied {
                step: step(),
                statement: Box::new(right.clone()),
                error,
            },
            _ => StorageError::Refused {
                step: step(),
                error,
            },
        })
    }
}

/// An object that is being read.
#[derive(Debug)]
pub struct RangeReader<'a> {
    storage: &'a ObjectStorage,
    namespace: &'a str,
    name: &'a str,
    limit: u64,
    deadline: Deadline,
    length: u64,
    at_end: bool,
}

impl RangeReader<'_> {
    /// How long the pieces are together that were read so far.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The next piece; `None` once there is no other.
    ///
    /// # Errors
    ///
    /// Where the object is not there, may not be read, or is larger.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        if self.at_end {
            return Ok(None);
        }
        let step = || format!("reading {} in bucket {}", self.name, self.storage.bucket);
        // One byte more than the limit tells whether there is more.
        let piece_bytes = RANGE_BYTES.min(self.limit.saturating_add(1));
        let mut request = self.storage.object(Method::GET, self.namespace, self.name);
        let range = format!("bytes={}-{}", self.length, self.length + piece_bytes - 1);
        if let Ok(range) = HeaderValue::from_str(&range) {
            request
                .headers
                .push((HeaderName::from_static("range"), range));
        }
        let right = &self.storage.right;
        let (status, piece) = match self
            .storage
            .read(&request, step, right, self.deadline)
            .await
        {
            // The piece before ended where the object does; an empty object has no piece at all.
            Err(StorageError::Refused { error, .. })
                if error.status == StatusCode::RANGE_NOT_SATISFIABLE.as_u16() =>
            {
                self.at_end = true;
                return Ok(None);
            }
            other => other?,
        };
        self.length += piece.len() as u64;
        if self.length > self.limit {
            return Err(StorageError::TooLarge {
                step: step(),
                limit: self.limit,
                unit: "bytes",
            });
        }
        // A service that does not know ranges sends everything at once.
        let whole = status != StatusCode::PARTIAL_CONTENT;
        self.at_end = whole || (piece.len() as u64) < piece_bytes;
        Ok(Some(piece))
    }
}
