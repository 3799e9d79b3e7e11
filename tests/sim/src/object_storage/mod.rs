//! Object Storage: GetNamespace, PutObject, GetObject, HeadObject and ListObjects.
//!
//! Source: `object_storage/object_storage_client.py` in Oracle's Python SDK and the Object Storage API reference.

mod bucket;
mod listing;

pub use bucket::{Bucket, Permission, StoredObject};

use crate::journal::{Effect, Journal};
use crate::reply::Reply;
use crate::target::segment;
use crate::wire::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use md5::{Digest as _, Md5};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The buckets of one namespace, and those of other tenancies that admit the caller.
#[derive(Debug)]
pub(crate) struct ObjectStorage {
    namespace: String,
    buckets: Mutex<BTreeMap<String, Arc<Bucket>>>,
    /// By namespace and name.
    foreign: Mutex<BTreeMap<(String, String), Arc<Bucket>>>,
}

/// A response, and whether an object was stored.
type Answer = Result<Reply, Reply>;

impl ObjectStorage {
    pub(crate) fn new(namespace: String, bucket: &str) -> Self {
        let buckets = BTreeMap::from([(bucket.to_owned(), Arc::new(Bucket::default()))]);
        Self {
            namespace,
            buckets: Mutex::new(buckets),
            foreign: Mutex::default(),
        }
    }

    /// The bucket with this name, created if it does not exist.
    pub(crate) fn bucket(&self, name: &str) -> Arc<Bucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(buckets.entry(name.to_owned()).or_default())
    }

    /// The bucket of another tenancy with this name, created if it does not exist.
    pub(crate) fn foreign_bucket(&self, namespace: &str, name: &str) -> Arc<Bucket> {
        let mut buckets = self.foreign.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (namespace.to_owned(), name.to_owned());
        Arc::clone(buckets.entry(key).or_default())
    }

    /// A bucket that a request names.
    fn find(&self, namespace: &str, bucket: &str) -> Result<Arc<Bucket>, Reply> {
        if namespace == self.namespace {
            let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
            return buckets
                .get(bucket)
                .cloned()
                .ok_or_else(|| no_such_bucket(bucket));
        }
        let foreign = self.foreign.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (namespace.to_owned(), bucket.to_owned());
        foreign.get(&key).cloned().ok_or_else(|| {
            let message = format!(
                "You do not have authorization to perform this request, or the namespace '{namespace}' does not exist"
            );
            Reply::oci_error(404, "NamespaceNotFound", &message)
        })
    }

    /// Removes a bucket and its objects.
    pub(crate) fn remove_bucket(&self, name: &str) {
        self.buckets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
    }

    pub(crate) fn answer(&self, request: &Request, journal: &Journal, now: DateTime<Utc>) -> Reply {
        self.route(request, journal, now).unwrap_or_else(|refusal| {
            // The response to a HEAD has no body, even if it is an error.
            if request.method == "HEAD" {
                Reply::new(refusal.status)
            } else {
                refusal
            }
        })
    }

    fn route(&self, request: &Request, journal: &Journal, now: DateTime<Utc>) -> Answer {
        let path = request.path();
        let method = request.method.as_str();
        if method == "GET" && (path == "/n" || path == "/n/") {
            return Ok(Reply::json(200, &self.namespace.clone().into()));
        }
        let mut segments = path
            .strip_prefix("/n/")
            .ok_or_else(no_such_path)?
            .splitn(5, '/');
        let namespace = segments.next().and_then(segment).ok_or_else(no_such_path)?;
        let ("b", Some(bucket), "o") = (
            segments.next().unwrap_or_default(),
            segments.next().and_then(segment),
            segments.next().unwrap_or_default(),
        ) else {
            return Err(no_such_path());
        };
        let contents = self.find(&namespace, &bucket)?;
        // The name of the object follows the fifth slash, encoded or not.
        let object = segments.next().filter(|object| !object.is_empty());
        match (method, object) {
            ("GET", None) if contents.allows(Permission::List) => {
                listing::list_objects(&contents, request.query())
            }
            ("GET", None) => Err(no_such_bucket(&bucket)),
            ("GET" | "HEAD", Some(object)) => {
                let name = object_name(object)?;
                let stored = contents
                    .object(&name)
                    .filter(|_| contents.allows(Permission::Read));
                let stored = stored.ok_or_else(|| no_such_object(&bucket, &name))?;
                get_object(&stored, request.header("range"), method == "HEAD")
            }
            ("PUT", Some(object)) => {
                let name = object_name(object)?;
                let reply = put_object(&contents, &bucket, &name, request, now)?;
                journal.effect(Effect::Stored {
                    bucket,
                    object: name,
                    bytes: request.body.len(),
                });
                Ok(reply)
            }
            _ => Err(Reply::oci_error(
                405,
                "MethodNotAllowed",
                "The method is not allowed here.",
            )),
        }
    }
}

fn get_object(stored: &StoredObject, range: Option<&str>, head: bool) -> Answer {
    let (status, body) = match range {
        Some(range) => (206, part(&stored.body, range)?),
        None => (200, stored.body.clone()),
    };
    let mut reply = Reply::new(status)
        .content_type(&stored.content_type)
        .header("content-length", &body.len().to_string())
        .header("content-md5", &stored.md5)
        .header("etag", &stored.etag)
        .header("last-modified", &crate::clock::http_date(stored.created));
    for (name, value) in &stored.metadata {
        reply = reply.header(name, value);
    }
    Ok(if head { reply } else { reply.body(body) })
}

/// The bytes of a `range` of the form `bytes=<first>-<last>`, truncated at the end of the object. Other forms are not
/// supported. A range that begins past the end cannot be satisfied (RFC 9110, section 14.1.2).
fn part(body: &Bytes, range: &str) -> Result<Bytes, Reply> {
    let bounds = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)))
        .filter(|(first, last): &(usize, usize)| first <= last);
    let (first, last) = bounds.ok_or_else(|| {
        Reply::oci_error(
            400,
            "InvalidRange",
            "The range is not of the form bytes=<first>-<last>.",
        )
    })?;
    if first >= body.len() {
        let message = "The range begins past the end of the object.";
        return Err(Reply::oci_error(416, "RangeNotSatisfiable", message));
    }
    Ok(body.slice(first..body.len().min(last.saturating_add(1))))
}

fn put_object(
    contents: &Bucket,
    bucket: &str,
    name: &str,
    request: &Request,
    now: DateTime<Utc>,
) -> Answer {
    if request.headers.contains_key("transfer-encoding")
        || request.header("content-length").is_none()
    {
        return Err(Reply::oci_error(
            411,
            "MissingContentLength",
            "The content-length header is required; chunked is not supported.",
        ));
    }
    if !contents.allows(Permission::Create) {
        return Err(no_such_bucket(bucket));
    }
    let md5 = request.body_md5.clone();
    let md5 = md5.unwrap_or_else(|| STANDARD.encode(Md5::digest(&request.body)));
    if request
        .header("content-md5")
        .is_some_and(|sent| sent != md5)
    {
        let message = "The computed MD5 of the request body does not match the Content-MD5 header";
        return Err(Reply::oci_error(400, "UnmatchedContentMD5", message));
    }
    let if_none_match = request.header("if-none-match");
    if if_none_match.is_some_and(|value| value != "*") {
        return Err(Reply::oci_error(
            400,
            "InvalidParameter",
            "The only value of if-none-match is '*'",
        ));
    }
    let etag =
        crate::tenancy::id_from_text(&format!("{bucket}/{name}/{md5}/{}", now.timestamp_micros()));
    let metadata = request
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("opc-meta-"))
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
    let object = StoredObject {
        body: request.body.clone(),
        content_type: request
            .header("content-type")
            .unwrap_or("application/octet-stream")
            .to_owned(),
        md5: md5.clone(),
        etag: etag.clone(),
        created: now,
        metadata: metadata.collect(),
        content_md5_sent: request.header("content-md5").is_some(),
        if_none_match_sent: if_none_match.is_some(),
    };
    if !contents.store(name, object, if_none_match.is_some()) {
        if if_none_match.is_some() {
            let message = format!("The object '{name}' already exists, and if-none-match is '*'");
            return Err(Reply::oci_error(412, "IfNoneMatchFailed", &message));
        }
        return Err(no_such_bucket(bucket));
    }
    Ok(Reply::new(200)
        .header("etag", &etag)
        .header("opc-content-md5", &md5)
        .header("last-modified", &crate::clock::http_date(now)))
}

/// 1 to 1,024 bytes of UTF-8 without line feed, carriage return and NUL; `.` and `..` cannot be names.
fn object_name(encoded: &str) -> Result<String, Reply> {
    segment(encoded)
        .filter(|name| {
            (1..=1024).contains(&name.len())
                && !name.contains(['\n', '\r', '\0'])
                && name != "."
                && name != ".."
        })
        .ok_or_else(|| Reply::oci_error(400, "InvalidObjectName", "The object name is not valid."))
}

fn no_such_path() -> Reply {
    Reply::oci_error(404, "NotFound", "Not Found")
}

fn no_such_bucket(bucket: &str) -> Reply {
    let message = format!(
        "Either the bucket named '{bucket}' does not exist in the namespace or you are not authorized to access it"
    );
    Reply::oci_error(404, "BucketNotFound", &message)
}

fn no_such_object(bucket: &str, name: &str) -> Reply {
    let message = format!("The object '{name}' was not found in the bucket '{bucket}'");
    Reply::oci_error(404, "ObjectNotFound", &message)
}
