//! Bounds the concurrent requests of a run, and shares them among its domains.
//!
//! A domain may have four times as many requests under way as slots remain free. So one domain has sixteen of twenty slots, and
//! four domains whose services do not respond leave one for the others.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// What a domain may have, as a multiple of the slots that remain free.
const SHARE: usize = 4;

/// The slots of a run.
#[derive(Debug)]
pub struct Slots {
    /// Slots in use.
    used: Mutex<usize>,
    total: usize,
    released: Notify,
}

impl Slots {
    /// Max concurrent requests of a run. A container has 350 file descriptors, and far fewer requests saturate any domain.
    pub const MAX_PER_RUN: usize = 20;

    /// This many slots.
    pub fn new(total: usize) -> Arc<Self> {
        Arc::new(Self {
            used: Mutex::new(0),
            total,
            released: Notify::new(),
        })
    }

    /// The share of one service.
    pub fn share(self: &Arc<Self>) -> Arc<SlotShare> {
        Arc::new(SlotShare {
            slots: Arc::clone(self),
            own: Mutex::new(0),
        })
    }
}

/// What one service may have of the slots.
#[derive(Debug)]
pub struct SlotShare {
    slots: Arc<Slots>,
    /// Slots in use. Locked after [`Slots::used`].
    own: Mutex<usize>,
}

impl SlotShare {
    /// Waits for a slot until `deadline`.
    pub(super) async fn acquire(&self, deadline: Instant) -> Option<Slot<'_>> {
        loop {
            let released = self.slots.released.notified();
            let mut released = std::pin::pin!(released);
            // From now on, no release is missed.
            released.as_mut().enable();
            if let Some(slot) = self.try_acquire() {
                return Some(slot);
            }
            timeout_at(deadline, released).await.ok()?;
        }
    }

    fn try_acquire(&self) -> Option<Slot<'_>> {
        let mut used = lock(&self.slots.used);
        let mut own = lock(&self.own);
        let free = self.slots.total.checked_sub(*used + 1)?;
        // A service without a slot gets the last one.
        if *own > 0 && *own + 1 > free * SHARE {
            return None;
        }
        *used += 1;
        *own += 1;
        Some(Slot { share: self })
    }
}

/// A slot in use, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    share: &'a SlotShare,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *lock(&self.share.slots.used) -= 1;
        *lock(&self.share.own) -= 1;
        self.share.slots.released.notify_waiters();
    }
}

fn lock(count: &Mutex<usize>) -> MutexGuard<'_, usize> {
    count.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn all(share: &SlotShare) -> Vec<Slot<'_>> {
        std::iter::from_fn(|| share.try_acquire()).collect()
    }

    #[test]
    fn service_that_holds_its_slots_leaves_some_for_others() {
        let slots = Slots::new(20);
        let shares: Vec<_> = (0..6).map(|_| slots.share()).collect();
        let held: Vec<_> = shares.iter().map(|share| all(share)).collect();
        let counts: Vec<_> = held.iter().map(Vec::len).collect();
        assert_eq!(counts, [16, 3, 1, 0, 0, 0]);
        drop(held);
        assert_eq!(all(&shares[5]).len(), 16);
        // A service that needs only one slot at a time can use the last one.
        let single = Slots::new(1);
        assert_eq!(all(&single.share()).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_request_gets_the_slot_that_is_released() {
        let slots = Slots::new(1);
        let (one, other) = (slots.share(), slots.share());
        let in_one_second = || Instant::now() + Duration::from_secs(1);
        let held = one.acquire(in_one_second()).await.expect("a slot");
        assert!(other.acquire(in_one_second()).await.is_none());
        let waiting = tokio::spawn(async move {
            let slot = other.acquire(in_one_second()).await;
            slot.is_some()
        });
        tokio::task::yield_now().await;
        drop(held);
        assert_eq!(waiting.await.ok(), Some(true));
    }
}
