//! A bucket and its objects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use md5::{Digest as _, Md5};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};
use std::sync::{Mutex, PoisonError};

/// A stored object.
#[derive(Clone, Debug)]
pub struct StoredObject {
    /// The bytes.
    pub body: Bytes,
    /// `content-type` as sent.
    pub content_type: String,
    /// Base64 of the MD5 digest.
    pub md5: String,
    /// The entity tag.
    pub etag: String,
    /// When it was stored, by the clock of the simulator.
    pub created: DateTime<Utc>,
    /// The `opc-meta-` headers.
    pub metadata: BTreeMap<String, String>,
    /// Whether the PUT had `content-md5`.
    pub content_md5_sent: bool,
    /// Whether the PUT had `if-none-match: *`.
    pub if_none_match_sent: bool,
}

/// A permission that a policy grants on a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// ListObjects
    List,
    /// GetObject and HeadObject
    Read,
    /// PutObject of a new name
    Create,
    /// PutObject of an existing name
    Overwrite,
}

/// A bucket. Names are sorted by their bytes, as ListObjects sorts them.
#[derive(Debug, Default)]
pub struct Bucket {
    objects: Mutex<BTreeMap<String, StoredObject>>,
    refused: Mutex<BTreeSet<Permission>>,
}

impl Bucket {
    /// All objects.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, StoredObject> {
        self.objects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The names of all objects.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.objects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .cloned()
            .collect()
    }

    /// One object.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<StoredObject> {
        self.objects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// Visits the objects from a name on, in the order of their names, until `visit` breaks. Nothing is copied: a bucket may hold the runs
    /// of many tenancies.
    pub(super) fn visit_from(
        &self,
        first: &str,
        mut visit: impl FnMut(&str, &StoredObject) -> ControlFlow<()>,
    ) {
        let objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, object) in objects.range::<str, _>((Bound::Included(first), Bound::Unbounded)) {
            if visit(name, object).is_break() {
                break;
            }
        }
    }

    /// Places an object without a request, such as a file of an operator.
    pub fn place(
        &self,
        name: &str,
        content_type: &str,
        body: impl Into<Bytes>,
        created: DateTime<Utc>,
    ) {
        let body = body.into();
        let object = StoredObject {
            md5: STANDARD.encode(Md5::digest(&body)),
            etag: crate::tenancy::id_from_text(name),
            body,
            content_type: content_type.to_owned(),
            created,
            metadata: BTreeMap::new(),
            content_md5_sent: false,
            if_none_match_sent: false,
        };
        self.objects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), object);
    }

    /// Removes an object; false if it does not exist.
    pub fn remove(&self, name: &str) -> bool {
        self.objects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name)
            .is_some()
    }

    /// Removes every object.
    pub fn clear(&self) {
        self.objects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Revokes a permission: the response is 404, as from Object Storage.
    pub fn refuse(&self, permission: Permission) {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(permission);
    }

    /// Grants a permission again.
    pub fn grant(&self, permission: Permission) {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&permission);
    }

    pub(super) fn allows(&self, permission: Permission) -> bool {
        !self
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&permission)
    }

    /// Stores an object; false if the name exists and `only_new` or the permissions forbid replacing it.
    pub(super) fn store(&self, name: &str, object: StoredObject, only_new: bool) -> bool {
        let may_replace = !only_new && self.allows(Permission::Overwrite);
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        if objects.contains_key(name) && !may_replace {
            return false;
        }
        objects.insert(name.to_owned(), object);
        true
    }
}
