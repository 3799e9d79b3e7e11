//! Object Storage: the namespace of the tenancy, and a bucket whose objects are only ever created.
//!
//! Source: `object_storage_client.py` of Oracle's Python SDK 2.189.0.

mod bucket;
mod content;
mod error;
mod reading;

pub use bucket::{Bucket, ObjectStorage};
pub use content::ObjectContent;
pub use error::{StorageCause, StorageError, StorageStep};
pub use reading::{DatedObject, Folder, ListPage, ListedObject, RangeReader};
