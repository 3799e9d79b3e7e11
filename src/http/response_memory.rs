//! Bounds the bytes of all response bodies in memory.
//!
//! A run reads up to twenty bodies concurrently, and no server is trusted with their size. Each body may have a small part of
//! the memory without asking. A larger one needs one of a few permits, which it keeps until it is read. A body that gets no
//! permit in time, or is larger than its request allows, is refused: the caller asks for fewer rows. So a server that sends
//! large bodies slowly delays other large bodies, and no small one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::slots::Slots;

/// Max concurrent bodies that may have their small part.
const BODIES: usize = Slots::MAX_PER_RUN;
/// Max size of a body. A page of 1,000 users has about 1 MB, and several with many groups.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// Max wait for a permit.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Memory for the bodies of responses.
#[derive(Debug)]
pub struct ResponseMemory {
    small_bytes: usize,
    large_bytes: usize,
    large: Arc<Semaphore>,
}

impl ResponseMemory {
    /// Memory of this many bytes: one half for small bodies, one half for large ones.
    pub fn new(bytes: u64) -> Self {
        let half = usize::try_from(bytes / 2).unwrap_or(usize::MAX / 2);
        let small_bytes = (half / BODIES).min(MAX_BODY_BYTES);
        let large_bytes = MAX_BODY_BYTES.min(small_bytes + half).max(small_bytes);
        let permits = half / (large_bytes - small_bytes).max(1);
        Self {
            small_bytes,
            large_bytes,
            large: Arc::new(Semaphore::new(permits.clamp(1, BODIES))),
        }
    }
}

/// A body while it is received.
pub(super) struct BodyBuffer<'a> {
    memory: &'a ResponseMemory,
    max_bytes: usize,
    bytes: Vec<u8>,
    permit: Option<OwnedSemaphorePermit>,
}

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyRefused {
    /// It is larger than its request allows.
    #[error("more than {} KiB", .0 / 1024)]
    TooLarge(usize),
    /// Other large bodies took too long.
    #[error("more than {} KiB, while other large responses use the memory for them", .0 / 1024)]
    NoMemory(usize),
}

impl<'a> BodyBuffer<'a> {
    /// A buffer for a body of at most `max_bytes`. `length` is what the response claims.
    pub(super) async fn new(
        memory: &'a ResponseMemory,
        max_bytes: usize,
        length: Option<u64>,
    ) -> Result<Self, BodyRefused> {
        let mut buffer = Self {
            memory,
            max_bytes: max_bytes.min(memory.large_bytes),
            bytes: Vec::new(),
            permit: None,
        };
        if let Some(length) = length {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            buffer.make_room(length).await?;
            buffer.bytes.reserve_exact(length);
        }
        Ok(buffer)
    }

    /// Adds a chunk.
    pub(super) async fn push(&mut self, chunk: &[u8]) -> Result<(), BodyRefused> {
        let length = self.bytes.len() + chunk.len();
        self.make_room(length).await?;
        if length > self.bytes.capacity() {
            // A vector that grows by itself may double, past its part.
            let part = match self.permit {
                Some(_) => self.max_bytes,
                None => self.memory.small_bytes,
            };
            let doubled = self.bytes.capacity() * 2;
            let capacity = doubled.clamp(length, part.max(length));
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    async fn make_room(&mut self, length: usize) -> Result<(), BodyRefused> {
        if length > self.max_bytes {
            return Err(BodyRefused::TooLarge(self.max_bytes));
        }
        if length > self.memory.small_bytes && self.permit.is_none() {
            let permit = timeout(MAX_WAIT, Arc::clone(&self.memory.large).acquire_owned()).await;
            let permit = permit.ok().and_then(Result::ok);
            let refused = BodyRefused::NoMemory(self.memory.small_bytes);
            self.permit = Some(permit.ok_or(refused)?);
        }
        Ok(())
    }

    /// The body. A large one keeps its permit until its last clone is dropped.
    pub(super) fn finish(self) -> Bytes {
        struct LargeBody {
            bytes: Vec<u8>,
            _permit: OwnedSemaphorePermit,
        }
        impl AsRef<[u8]> for LargeBody {
            fn as_ref(&self) -> &[u8] {
                &self.bytes
            }
        }
        let bytes = self.bytes;
        match self.permit {
            Some(permit) => Bytes::from_owner(LargeBody {
                bytes,
                _permit: permit,
            }),
            None => bytes.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    async fn received(
        memory: &ResponseMemory,
        max_bytes: usize,
        chunks: usize,
        length: Option<u64>,
    ) -> Result<Bytes, BodyRefused> {
        let mut buffer = BodyBuffer::new(memory, max_bytes, length).await?;
        for _ in 0..chunks {
            buffer.push(&vec![b'x'; MIB / 4]).await?;
            assert!(buffer.bytes.capacity() <= max_bytes.max(memory.small_bytes));
        }
        Ok(buffer.finish())
    }

    #[test]
    fn parts_fit_the_memory_whatever_it_is() {
        for megabytes in [1, 8, 16, 32, 64, 128, 1024] {
            let memory = ResponseMemory::new(megabytes * MIB as u64);
            let permits = memory.large.available_permits();
            let used = memory.small_bytes * (BODIES - permits) + memory.large_bytes * permits;
            assert!(
                used <= megabytes as usize * MIB,
                "{megabytes} MiB: {memory:?}"
            );
            assert!(permits >= 1 && memory.large_bytes <= MAX_BODY_BYTES);
        }
        assert_eq!(ResponseMemory::new(64 << 20).large_bytes, MAX_BODY_BYTES);
    }

    #[tokio::test(start_paused = true)]
    async fn large_body_is_refused_while_others_hold_every_permit() {
        let memory = ResponseMemory::new(64 << 20);
        let (small, large) = (4, 12);
        let mut held = Vec::new();
        while memory.large.available_permits() > 0 {
            let body = received(&memory, 16 * MIB, large, None).await;
            held.push(body.expect("a permit"));
        }
        for length in [None, Some(3 * MIB as u64)] {
            let refused = received(&memory, 16 * MIB, large, length).await;
            assert_eq!(refused, Err(BodyRefused::NoMemory(32 * MIB / BODIES)));
        }
        // Small bodies need no permit.
        let body = received(&memory, 16 * MIB, small, None).await;
        assert_eq!(body.map(|body| body.len()), Ok(MIB));
        held.pop();
        let body = received(&memory, 16 * MIB, large, Some(3 * MIB as u64)).await;
        assert_eq!(body.map(|body| body.len()), Ok(3 * MIB));
    }

    #[tokio::test]
    async fn body_over_its_maximum_is_refused_before_it_is_received() {
        let memory = ResponseMemory::new(64 << 20);
        let too_large = Err(BodyRefused::TooLarge(4 * MIB));
        assert_eq!(received(&memory, 4 * MIB, 17, None).await, too_large);
        let claimed = received(&memory, 4 * MIB, 0, Some(u64::MAX)).await;
        assert_eq!(claimed, too_large);
        assert_eq!(
            received(&memory, 4 * MIB, 16, None)
                .await
                .map(|body| body.len()),
            Ok(4 * MIB)
        );
    }
}
