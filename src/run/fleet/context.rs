//! What the readings of a hub share, and what those of a tenancy share.
//!
//! A tenancy may store as much as it likes below its folder. So what is read of it is bounded, in bytes and in time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::fleet::{TenancyId, Unusable};
use crate::http::deadline::Deadline;
use crate::oci::object_storage::{Bucket, StorageError};
use crate::timestamp::Timestamp;

/// Max tenancies to read concurrently.
pub(super) const MAX_CONCURRENT_TENANCIES: usize = 8;
/// Max manifests in memory.
const MAX_CONCURRENT_MANIFESTS: usize = 4;
/// Max lists of a search backwards in memory.
const MAX_CONCURRENT_SEARCHES: usize = 8;
/// Max bytes of a manifest: as large as that of a run of a thousand domains.
const MANIFEST_BYTES: u64 = 8 * 1024 * 1024;
/// Bytes of manifests after which no further one of a tenancy is read: a megabyte for each of 64 shards.
const MAX_TENANCY_BYTES: usize = 64 * 1024 * 1024;
/// Min share of the remaining time. However many tenancies follow, a slow response and its retries fit into a quarter.
const MAX_SHARES: u32 = 4;

/// Reads the runs of a hub.
pub(super) struct FleetReader<'a> {
    pub(super) bucket: &'a Bucket,
    pub(super) prefix: &'a str,
    pub(super) now: Timestamp,
    pub(super) deadline: Deadline,
    pub(super) searches: Semaphore,
    manifests: Semaphore,
}

/// Reads the runs of a tenancy.
pub(super) struct TenancyReader<'a> {
    pub(super) fleet: &'a FleetReader<'a>,
    pub(super) id: &'a TenancyId,
    /// When the share of the tenancy ends.
    pub(super) deadline: Deadline,
    /// Bytes of manifests that were read.
    bytes: AtomicU64,
}

/// A manifest in memory. It counts as one until it is dropped.
pub(super) struct Manifest<'a> {
    pub(super) content: Vec<u8>,
    _permit: Option<SemaphorePermit<'a>>,
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
            searches: Semaphore::const_new(MAX_CONCURRENT_SEARCHES),
            manifests: Semaphore::const_new(MAX_CONCURRENT_MANIFESTS),
        }
    }
}

impl<'a> TenancyReader<'a> {
    /// Begins to read a tenancy, when `left` are not read yet, this one included.
    pub(super) fn begin(fleet: &'a FleetReader<'a>, id: &'a TenancyId, left: usize) -> Self {
        let share = share(fleet.deadline.remaining(), left);
        Self {
            fleet,
            id,
            deadline: fleet.deadline.within(share),
            bytes: AtomicU64::new(0),
        }
    }

    /// Reads a manifest, when few others are in memory.
    pub(super) async fn manifest(&self, name: &str) -> Result<Manifest<'a>, Unusable> {
        let permit = self.fleet.manifests.acquire().await.ok();
        if self.bytes.load(Ordering::Relaxed) >= MAX_TENANCY_BYTES as u64 {
            return Err(Unusable::TooMany {
                what: "bytes of manifests",
                max: MAX_TENANCY_BYTES,
            });
        }
        let mut content = Vec::new();
        let mut ranges = self
            .fleet
            .bucket
            .ranges(name, MANIFEST_BYTES, self.deadline);
        let ended = loop {
            match ranges.next().await {
                Ok(Some(range)) => content.extend_from_slice(&range),
                Ok(None) => break Ok(()),
                Err(error) => break Err(not_read(error)),
            }
        };
        // Also of a manifest that is too large.
        self.bytes.fetch_add(ranges.length(), Ordering::Relaxed);
        ended?;
        Ok(Manifest {
            content,
            _permit: permit,
        })
    }
}

/// The time of a tenancy, when `left` are not read yet: as much as each would have if all of them used up theirs.
fn share(remaining: Duration, left: usize) -> Duration {
    let shares = left.div_ceil(MAX_CONCURRENT_TENANCIES);
    let shares = u32::try_from(shares).unwrap_or(MAX_SHARES);
    remaining / shares.clamp(1, MAX_SHARES)
}

#[expect(clippy::needless_pass_by_value, reason = "the end of the error")]
pub(super) fn not_read(error: StorageError) -> Unusable {
    Unusable::NotRead(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenancy_has_all_of_the_time_only_if_all_are_read_at_once() {
        let of = |left| share(Duration::from_secs(120), left).as_secs();
        assert_eq!(
            [1, 8, 9, 16, 17, 25, 1_000].map(of),
            [120, 120, 60, 60, 40, 30, 30]
        );
    }
}
