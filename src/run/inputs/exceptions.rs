//! Reads the file with exceptions and known gaps.

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::config::ExceptionsSettings;
use crate::hex::hex;
use crate::http::deadline::Deadline;
use crate::judge::exceptions::Exceptions;
use crate::oci::object_storage::{Bucket, StorageError};
use crate::run::buckets::exceptions_bucket;

/// Enough for five thousand entries that people write.
const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// Reads the file. If it cannot be read, the result accepts nothing and has the reason.
pub async fn read(
    reports: &Bucket,
    settings: &ExceptionsSettings,
    today: NaiveDate,
    deadline: Deadline,
) -> Exceptions {
    match try_read(reports, settings, today, deadline).await {
        Ok(exceptions) => exceptions,
        Err(error) => Exceptions::unreadable(&source(settings), error.to_string()),
    }
}

/// Reads the file, which is in the namespace of the bucket for reports.
///
/// # Errors
///
/// If it does not exist, may not be read, or is too large.
pub async fn try_read(
    reports: &Bucket,
    settings: &ExceptionsSettings,
    today: NaiveDate,
    deadline: Deadline,
) -> Result<Exceptions, StorageError> {
    let bucket = exceptions_bucket(reports, settings);
    let content = bucket.get(&settings.object, MAX_BYTES, deadline).await?;
    let sha256 = hex(&Sha256::digest(&content));
    let source = source(settings);
    Ok(Exceptions::parse(&source, &content, sha256, today))
}

/// The file's name in messages.
pub fn source(settings: &ExceptionsSettings) -> String {
    format!("{} in bucket {}", settings.object, settings.bucket)
}
