//! Reads the file with exceptions and known gaps from its bucket.

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::http::deadline::Deadline;
use crate::oci::object_reading::sha256_hex;
use crate::oci::object_storage::ObjectStorage;
use crate::policy::exceptions::Acceptances;

/// A file that people write; five thousand entries fit.
const MOST_BYTES: u64 = 2 * 1024 * 1024;

/// Reads the file. Where that is not possible nothing is accepted, and the reason is kept for the digest.
pub async fn read(
    storage: &ObjectStorage,
    namespace: &str,
    object: &str,
    today: NaiveDate,
    deadline: Deadline,
) -> Acceptances {
    let source = source(storage, object);
    match storage.get(namespace, object, MOST_BYTES, deadline).await {
        Ok(content) => {
            let sha256 = sha256_hex(Sha256::new_with_prefix(&content));
            Acceptances::parse(&source, &content, sha256, today)
        }
        Err(error) => Acceptances::unreadable(&source, error.to_string()),
    }
}

/// How messages name the file.
pub fn source(storage: &ObjectStorage, object: &str) -> String {
    format!("{object} in bucket {}", storage.bucket)
}
