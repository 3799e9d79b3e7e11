//! Amounts that all domains of a run share: requests, memory for responses, and memory for rows.
//!
//! No server is trusted to be fast, or to send little. A domain may hold a multiple of what remains free. So one domain gets most
//! of the amount, several that hold all they get leave a part for the others, and each of them gets less: with a multiple of
//! four, one domain gets four fifths, and four domains leave one seventeenth.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// An amount to share.
#[derive(Debug)]
pub struct Pool {
    total: u64,
    /// What one holder may hold, as a multiple of what remains free.
    multiple: u64,
    used: Mutex<u64>,
    released: Notify,
}

impl Pool {
    /// A pool of this amount.
    pub fn new(total: u64, multiple: u64) -> Arc<Self> {
        Arc::new(Self {
            total,
            multiple,
            used: Mutex::new(0),
            released: Notify::new(),
        })
    }

    /// The share of one holder, such as a domain.
    pub fn share(self: &Arc<Self>) -> Arc<Share> {
        Arc::new(Share {
            pool: Arc::clone(self),
            own: Mutex::new(0),
        })
    }

    /// The amount.
    pub const fn total(&self) -> u64 {
        self.total
    }
}

/// What one holder has of a pool.
#[derive(Debug)]
pub struct Share {
    pool: Arc<Pool>,
    /// Locked after [`Pool::used`].
    own: Mutex<u64>,
}

impl Share {
    /// The pool.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Takes an amount, if the share allows it now.
    pub fn try_acquire(self: &Arc<Self>, amount: u64) -> Option<Held> {
        let mut used = lock(&self.pool.used);
        let mut own = lock(&self.own);
        let in_all = used.checked_add(amount)?;
        let free = self.pool.total.checked_sub(in_all)?;
        // Who holds nothing may take all that is free.
        if *own > 0 && *own + amount > free.saturating_mul(self.pool.multiple) {
            return None;
        }
        *used = in_all;
        *own += amount;
        let share = Arc::clone(self);
        Some(Held { share, amount })
    }

    /// Waits for an amount until `deadline`. Who waits must hold nothing that another one waits for.
    pub async fn acquire(self: &Arc<Self>, amount: u64, deadline: Instant) -> Option<Held> {
        loop {
            let released = self.pool.released.notified();
            let mut released = std::pin::pin!(released);
            // From now on, no release is missed.
            released.as_mut().enable();
            if let Some(held) = self.try_acquire(amount) {
                return Some(held);
            }
            timeout_at(deadline, released).await.ok()?;
        }
    }
}

/// An amount in use, until it is dropped.
#[derive(Debug)]
pub struct Held {
    share: Arc<Share>,
    amount: u64,
}

impl Held {
    /// The amount.
    pub const fn amount(&self) -> u64 {
        self.amount
    }

    /// Releases what is more than `amount`.
    pub fn shrink_to(&mut self, amount: u64) {
        let further = self.amount.saturating_sub(amount);
        self.amount -= further;
        drop(Self {
            share: Arc::clone(&self.share),
            amount: further,
        });
    }

    /// Keeps this amount for the rest of the run, also if it is more than was acquired, and releases the rest.
    pub fn keep(mut self, amount: u64) {
        let mut used = lock(&self.share.pool.used);
        let mut own = lock(&self.share.own);
        let further = amount.saturating_sub(self.amount);
        *used += further;
        *own += further;
        drop((used, own));
        self.amount = self.amount.saturating_sub(amount);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        *lock(&self.share.pool.used) -= self.amount;
        *lock(&self.share.own) -= self.amount;
        self.share.pool.released.notify_waiters();
    }
}

fn lock(amount: &Mutex<u64>) -> MutexGuard<'_, u64> {
    amount.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Acquires for each share in turn until none gets more; the amounts of each.
    fn filled(pool: &Arc<Pool>, shares: usize, amount: u64) -> (Vec<u64>, Vec<Held>) {
        let shares: Vec<_> = (0..shares).map(|_| pool.share()).collect();
        let mut held = Vec::new();
        let mut sums = vec![0; shares.len()];
        loop {
            let before = held.len();
            for (share, sum) in shares.iter().zip(&mut sums) {
                if let Some(more) = share.try_acquire(amount) {
                    held.push(more);
                    *sum += amount;
                }
            }
            if held.len() == before {
                return (sums, held);
            }
        }
    }

    #[test]
    fn each_greedy_holder_gets_the_same_and_leaves_a_part() {
        for (holders, multiple, each) in [
            (1, 4, 800),
            (4, 4, 235),
            (1, 8, 888),
            (2, 8, 470),
            (4, 8, 242),
            (8, 8, 123),
        ] {
            let pool = Pool::new(1_000, multiple);
            let (sums, held) = filled(&pool, holders, 1);
            assert!(sums.iter().all(|sum| sum.abs_diff(each) <= 2), "{sums:?}");
            let left = pool.total() - held.len() as u64;
            assert!(left > 0);
            assert!(pool.share().try_acquire(left).is_some());
            assert!(pool.share().try_acquire(left + 1).is_none());
        }
    }

    #[test]
    fn single_unit_is_enough_to_make_progress() {
        let pool = Pool::new(1, 4);
        let (one, other) = (pool.share(), pool.share());
        let held = one.try_acquire(1);
        assert!(held.is_some() && other.try_acquire(1).is_none());
        drop(held);
        assert!(other.try_acquire(1).is_some());
        assert!(other.try_acquire(u64::MAX).is_none());
    }

    #[test]
    fn what_is_not_kept_is_released() {
        let pool = Pool::new(1_000, 8);
        let share = pool.share();
        for _ in 0..20 {
            share.try_acquire(500).expect("an amount").keep(10);
            drop(share.try_acquire(500));
        }
        assert_eq!(*lock(&pool.used), 200);
        // What takes more than was acquired counts whole.
        share.try_acquire(10).expect("an amount").keep(500);
        assert_eq!((*lock(&pool.used), *lock(&share.own)), (700, 700));
        assert!(share.try_acquire(500).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_gets_what_is_released() {
        let pool = Pool::new(5, 4);
        let (one, other) = (pool.share(), pool.share());
        let in_one_second = || Instant::now() + Duration::from_secs(1);
        let held = one.acquire(4, in_one_second()).await.expect("an amount");
        assert!(other.acquire(3, in_one_second()).await.is_none());
        let waiting = tokio::spawn(async move {
            let held = other.acquire(3, in_one_second()).await;
            held.is_some()
        });
        tokio::task::yield_now().await;
        drop(held);
        assert_eq!(waiting.await.ok(), Some(true));
    }
}
