//! What every reading of a hub shares.

use tokio::sync::Semaphore;

use crate::http::deadline::Deadline;
use crate::oci::object_storage::Bucket;
use crate::timestamp::Timestamp;

/// Max manifests in memory.
const MAX_CONCURRENT_MANIFESTS: usize = 4;

/// Reads the runs of a hub.
pub(super) struct FleetReader<'a> {
    pub(super) bucket: &'a Bucket,
    pub(super) prefix: &'a str,
    pub(super) now: Timestamp,
    pub(super) deadline: Deadline,
    pub(super) manifests: Semaphore,
}

impl<'a> FleetReader<'a> {
    pub(super) const fn new(
        bucket: &'a Bucket,
        prefix: &'a str,
        now: Timestamp,
        deadline: Deadline,
    ) -> Self {
        Self {
            bucket,
            prefix,
            now,
            deadline,
            manifests: Semaphore::const_new(MAX_CONCURRENT_MANIFESTS),
        }
    }
}
