//! Reads a bucket: the names in a folder, and the content of objects.
//!
//! Source: `list_objects` and `get_object` of the SDK. A list is sorted by the bytes of the names and paginated by
//! `nextStartWith`. Content is read in ranges, so that memory is bounded for an object of any size.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;

use crate::http::client::Request;
use crate::http::deadline::Deadline;
use crate::http::retry::RetryRules;
use crate::iam_statement::Statement;
use crate::percent::percent_encode;
use crate::server_text::ServerText;
use crate::timestamp::{Timestamp, parse_iso_8601};

use super::bucket::Bucket;
use super::error::{StorageCause, StorageError, StorageStep};

/// Bytes per range: worth a request, small compared with the memory of a function.
const RANGE_BYTES: u64 = 4 * 1024 * 1024;
/// Max bytes of an object's name, by the service.
const MAX_NAME_BYTES: usize = 1024;
/// Max pages per list: no schedule makes ten thousand folders per month.
const MAX_PAGES: usize = 10;
const NAMES_PER_PAGE: u32 = 1000;

/// The names directly below a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// Full names of folders, each with a slash at its end, in ascending order.
    pub folders: Vec<String>,
    /// Full names of objects, in ascending order.
    pub objects: Vec<String>,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPage {
    /// Objects, in ascending order of their names.
    pub objects: Vec<ListedObject>,
    /// Full names of folders, each with a slash at its end, in ascending order.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// The name that the next page begins with; `None` on the last page.
    pub next_start_with: Option<String>,
}

impl ListPage {
    /// Parses the body of a page; `None` if it is not one.
    pub fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

/// An object in a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedObject {
    /// Full name.
    pub name: String,
    /// When it was stored, by the clock of the service; only if the list was requested with it.
    pub time_created: Option<String>,
}

/// An object, and when it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedObject {
    /// Full name.
    pub name: String,
    /// By the clock of the service; `None` if it does not say.
    pub created: Option<Timestamp>,
}

/// What to list.
#[derive(Clone, Copy)]
struct ListQuery<'a> {
    prefix: &'a str,
    /// The first name.
    start: Option<&'a str>,
    /// The name before which the list ends.
    end: Option<&'a str>,
    depth: Depth,
    /// Whether to request when each object was stored.
    dated: bool,
}

/// How deep to list.
#[derive(Clone, Copy)]
enum Depth {
    /// Directly below the prefix, with folders as one name each.
    Folder,
    /// Every object.
    All,
}

impl<'a> ListQuery<'a> {
    /// Everything directly below the prefix.
    const fn folder(prefix: &'a str) -> Self {
        Self {
            prefix,
            start: None,
            end: None,
            depth: Depth::Folder,
            dated: false,
        }
    }
}

impl Bucket {
    /// The names directly below `prefix`; an empty folder if the bucket has none.
    ///
    /// # Errors
    ///
    /// If the service does not list them, or lists more than runs create.
    pub async fn list(&self, prefix: &str, deadline: Deadline) -> Result<Folder, StorageError> {
        let mut folder = Folder::default();
        let take = |page: ListPage| {
            folder.folders.extend(page.prefixes);
            let names = page.objects.into_iter().map(|object| object.name);
            folder.objects.extend(names);
        };
        self.each_page(ListQuery::folder(prefix), deadline, take)
            .await?;
        Ok(folder)
    }

    /// Visits the full names of all objects below `prefix`, from `start` on and before `end`, in any depth and in ascending order. One
    /// page of them is in memory.
    ///
    /// # Errors
    ///
    /// If the service does not list them, or lists more than runs create.
    pub async fn visit_between(
        &self,
        prefix: &str,
        (start, end): (&str, &str),
        deadline: Deadline,
        mut visit: impl FnMut(&str),
    ) -> Result<(), StorageError> {
        let query = ListQuery {
            start: Some(start),
            end: Some(end),
            depth: Depth::All,
            ..ListQuery::folder(prefix)
        };
        let take = |page: ListPage| page.objects.iter().for_each(|object| visit(&object.name));
        self.each_page(query, deadline, take).await
    }

    /// The objects below `prefix`, in any depth and in ascending order, that `keep` wants by their names. Others are not held.
    ///
    /// # Errors
    ///
    /// If the service does not list them, or lists more than runs create.
    pub async fn list_dated(
        &self,
        prefix: &str,
        keep: impl Fn(&str) -> bool,
        deadline: Deadline,
    ) -> Result<Vec<DatedObject>, StorageError> {
        let query = ListQuery {
            depth: Depth::All,
            dated: true,
            ..ListQuery::folder(prefix)
        };
        let mut objects = Vec::new();
        let take = |page: ListPage| {
            let kept = page.objects.into_iter().filter(|object| keep(&object.name));
            objects.extend(kept.map(|object| DatedObject {
                created: object.time_created.as_deref().and_then(parse_iso_8601),
                name: object.name,
            }));
        };
        self.each_page(query, deadline, take).await?;
        Ok(objects)
    }

    /// Requests page after page.
    async fn each_page(
        &self,
        query: ListQuery<'_>,
        deadline: Deadline,
        mut take: impl FnMut(ListPage),
    ) -> Result<(), StorageError> {
        let failed = |cause: StorageCause| cause.at(self.list_step(query.prefix));
        let mut start = query.start.map(str::to_owned);
        for _ in 0..MAX_PAGES {
            let of_page = ListQuery {
                start: start.as_deref(),
                ..query
            };
            let mut page = self.list_page(&of_page, deadline).await.map_err(failed)?;
            let next = page.next_start_with.take();
            take(page);
            match next {
                // A next page that does not come later would be requested forever.
                Some(next) if start.as_ref().is_none_or(|start| next > *start) => {
                    start = Some(next);
                }
                Some(_) => return Err(failed(StorageCause::InvalidResponse)),
                None => return Ok(()),
            }
        }
        Err(failed(StorageCause::TooLarge {
            limit: MAX_PAGES as u64 * u64::from(NAMES_PER_PAGE),
            unit: "names",
        }))
    }

    /// Whether any name begins with `prefix`. Requests the first page, as [`Bucket::list`] does.
    ///
    /// # Errors
    ///
    /// If the service does not list names.
    pub async fn has_any(&self, prefix: &str, deadline: Deadline) -> Result<bool, StorageError> {
        let page = self.list_page(&ListQuery::folder(prefix), deadline).await;
        let page = page.map_err(|cause| cause.at(self.list_step(prefix)))?;
        Ok(!page.objects.is_empty() || !page.prefixes.is_empty())
    }

    async fn list_page(
        &self,
        query: &ListQuery<'_>,
        deadline: Deadline,
    ) -> Result<ListPage, StorageCause> {
        let delimiter = match query.depth {
            Depth::Folder => "&delimiter=%2F",
            Depth::All => "",
        };
        let mut path = format!(
            "{}/o?prefix={}{delimiter}&limit={NAMES_PER_PAGE}",
            self.path(),
            percent_encode(query.prefix)
        );
        if query.dated {
            path.push_str("&fields=name%2CtimeCreated");
        }
        for (name, bound) in [("start", query.start), ("end", query.end)] {
            if let Some(bound) = bound {
                path.push_str(&format!("&{name}={}", percent_encode(bound)));
            }
        }
        let request = Request::get(self.service.endpoint.clone(), path);
        let statement = Statement::ListReports {
            bucket: self.name.clone(),
        };
        let (_, body) = self.read(&request, &statement, deadline).await?;
        let page = ListPage::parse(&body).ok_or(StorageCause::InvalidResponse)?;
        let objects = page.objects.iter().map(|object| &object.name);
        let mut names = objects.chain(&page.prefixes).chain(&page.next_start_with);
        if names.any(|name| name.len() > MAX_NAME_BYTES) {
            return Err(StorageCause::InvalidResponse);
        }
        Ok(page)
    }

    fn list_step(&self, prefix: &str) -> StorageStep {
        StorageStep::List {
            prefix: ServerText::new(prefix).into(),
            bucket: self.name.clone(),
        }
    }

    /// The content of an object of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// If it does not exist, may not be read, or is larger.
    pub async fn get(
        &self,
        object: &str,
        limit: u64,
        deadline: Deadline,
    ) -> Result<Vec<u8>, StorageError> {
        let mut content = Vec::new();
        let mut ranges = self.ranges(object, limit, deadline);
        while let Some(range) = ranges.next().await? {
            content.extend_from_slice(&range);
        }
        Ok(content)
    }

    /// The content of an object of at most `limit` bytes, range by range.
    pub const fn ranges<'a>(
        &'a self,
        object: &'a str,
        limit: u64,
        deadline: Deadline,
    ) -> RangeReader<'a> {
        RangeReader {
            bucket: self,
            object,
            limit,
            deadline,
            length: 0,
            at_end: false,
        }
    }

    /// The step that reads an object.
    pub fn read_step(&self, object: &str) -> StorageStep {
        StorageStep::Read {
            object: ServerText::new(object).into(),
            bucket: self.name.clone(),
        }
    }

    async fn read(
        &self,
        request: &Request,
        statement: &Statement,
        deadline: Deadline,
    ) -> Result<(StatusCode, Bytes), StorageCause> {
        let retry = RetryRules::OBJECT_STORAGE;
        let call = self.service.send(request, retry, deadline).await?;
        let status = call.response.status;
        if status.is_success() {
            return Ok((status, call.response.body));
        }
        Err(StorageCause::refused(&call, statement))
    }
}

/// Reads an object range by range.
#[derive(Debug)]
pub struct RangeReader<'a> {
    bucket: &'a Bucket,
    object: &'a str,
    limit: u64,
    deadline: Deadline,
    length: u64,
    at_end: bool,
}

impl RangeReader<'_> {
    /// Bytes read so far.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The next range; `None` at the end of the object.
    ///
    /// # Errors
    ///
    /// If the object does not exist, may not be read, or is larger than the limit.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        let next = self.try_next().await;
        next.map_err(|cause| cause.at(self.bucket.read_step(self.object)))
    }

    async fn try_next(&mut self) -> Result<Option<Bytes>, StorageCause> {
        if self.at_end {
            return Ok(None);
        }
        // One byte more than the limit shows that the object is larger.
        let range_bytes = RANGE_BYTES.min(self.limit.saturating_add(1));
        let mut request = self.bucket.request(Method::GET, self.object);
        let range = format!("bytes={}-{}", self.length, self.length + range_bytes - 1);
        if let Ok(range) = HeaderValue::from_str(&range) {
            request
                .headers
                .push((HeaderName::from_static("range"), range));
        }
        let statement = &self.bucket.statement;
        let (status, range) = match self.bucket.read(&request, statement, self.deadline).await {
            // The previous range ended with the object, or the object is empty.
            Err(StorageCause::Refused(error))
                if error.status == StatusCode::RANGE_NOT_SATISFIABLE.as_u16() =>
            {
                self.at_end = true;
                return Ok(None);
            }
            other => other?,
        };
        self.length += range.len() as u64;
        if self.length > self.limit {
            return Err(StorageCause::TooLarge {
                limit: self.limit,
                unit: "bytes",
            });
        }
        // A service without support for ranges returns the whole object.
        let whole = status != StatusCode::PARTIAL_CONTENT;
        self.at_end = whole || (range.len() as u64) < range_bytes;
        Ok(Some(range))
    }
}
