//! Reads the file with exceptions and known gaps from its bucket.

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::http::deadline::Deadline;
use crate::judge::exceptions::Exceptions;
use crate::oci::object_storage::{ObjectStorage, StorageError};

/// A file that people write; five thousand entries fit.
const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// Reads the file. Where that is not possible nothing is accepted, and the reason is kept for the digest.
pub async fn read(
    storage: &ObjectStorage,
    namespace: &str,
    object: &str,
    today: NaiveDate,
    deadline: Deadline,
) -> Exceptions {
    match try_to_read(storage, namespace, object, today, deadline).await {
        Ok(exceptions) => exceptions,
        Err(error) => Exceptions::unreadable(&source(storage, object), error.to_string()),
    }
}

/// Reads the file, and leaves it to the caller what follows where that is not possible.
///
/// # Errors
///
/// Where it is not there, may not be read, or is larger than people write.
pub async fn try_to_read(
    storage: &ObjectStorage,
    namespace: &str,
    object: &str,
    today: NaiveDate,
    deadline: Deadline,
) -> Result<Exceptions, StorageError> {
    let content = storage.get(namespace, object, MAX_BYTES, deadline).await?;
    let sha256 = hex(&Sha256::digest(&content));
    let source = source(storage, object);
    Ok(Exceptions::parse(&source, &content, sha256, today))
}

/// How messages name the file.
pub fn source(storage: &ObjectStorage, object: &str) -> String {
    format!("{object} in bucket {}", storage.bucket)
}
