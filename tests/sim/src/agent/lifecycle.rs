//! The life of a container between calls: started, thawed, called, idle, frozen, killed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep, sleep_until};

use super::call::{Answer, Call, Refusal};
use super::container::{Container, ContainerSpec};
use super::log::Output;
use super::{Options, exchange};

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) spec: ContainerSpec,
    pub(super) output: Arc<Output>,
    pub(super) slots: SyncMutex<Slots>,
    pub(super) detached: SyncMutex<Detached>,
}

/// The places of containers. There are as many as calls ran at the same time.
#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Arc<Slot>>,
    /// The place of the last call.
    last: usize,
}

impl Slots {
    pub(super) fn all(&self) -> Vec<Arc<Slot>> {
        self.slots.clone()
    }

    pub(super) fn last(&self) -> Option<Arc<Slot>> {
        self.slots.get(self.last).cloned()
    }

    /// A place that no call has and that is not being frozen, or a new one.
    fn take(&mut self) -> Taken {
        let free = |slot: &Arc<Slot>| !slot.taken.swap(true, Ordering::AcqRel);
        // The place of the last call first: a caller without others keeps its container.
        let order = (self.last..self.slots.len()).chain(0..self.last);
        self.last = order
            .into_iter()
            .find(|&place| free(&self.slots[place]))
            .unwrap_or(self.slots.len());
        if self.last == self.slots.len() {
            self.slots.push(Arc::new(Slot {
                state: Arc::default(),
                taken: AtomicBool::new(true),
            }));
        }
        Taken(Arc::clone(&self.slots[self.last]))
    }
}

/// A place of a container.
#[derive(Debug)]
pub(super) struct Slot {
    /// Locked during a call: the platform sends one call at a time to a container.
    pub(super) state: Arc<Mutex<State>>,
    /// Whether a call has this place, or its container is being frozen.
    taken: AtomicBool,
}

/// A place that no other call gets until this is dropped.
#[derive(Debug)]
pub(super) struct Taken(Arc<Slot>);

impl Taken {
    pub(super) fn slot(&self) -> &Arc<Slot> {
        &self.0
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Release);
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) container: Option<Container>,
    /// Number of calls. It ends the timers of an earlier idle time.
    pub(super) calls: u64,
    /// Number of containers started.
    pub(super) starts: u64,
}

/// Calls whose callers do not wait.
#[derive(Debug, Default)]
pub(super) struct Detached {
    pub(super) running: usize,
    pub(super) answers: Vec<Answer>,
}

/// Idle time before the connection is closed.
const CONNECTION_IDLE: Duration = Duration::from_secs(1);

impl Shared {
    pub(super) fn detached(&self) -> MutexGuard<'_, Detached> {
        self.detached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a call.
    pub(super) fn take(&self) -> Taken {
        let mut slots = self.slots();
        if let (Some(_), Some(only)) = (&self.spec.options.directory, slots.last()) {
            return Taken(only);
        }
        slots.take()
    }

    /// Makes a container ready for a call: thaws the current one, or starts a new one.
    pub(super) async fn ready(&self, state: &mut State) -> Result<(), Refusal> {
        state.calls += 1;
        if let Some(container) = &mut state.container {
            if container.is_alive() {
                container.thaw();
                return Ok(());
            }
            state.container = None;
        }
        state.starts += 1;
        state.container = Some(Container::start(&self.spec, &self.output).await?);
        Ok(())
    }

    pub(super) async fn exchange(
        self: Arc<Self>,
        taken: Taken,
        mut state: OwnedMutexGuard<State>,
        call: &Call,
        call_id: &str,
    ) -> Answer {
        let Some(container) = state.container.take() else {
            return Answer::refused(Refusal::InitFailed, None, call_id)
                .with_code(self.spec.options.error_code);
        };
        // The container is not in the state during the call. If the caller leaves, it is dropped here and killed.
        let (answer, kept) = exchange::exchange(container, call, call_id, &self.spec.options).await;
        state.container = kept;
        let calls = state.calls;
        drop(state);
        // The task holds no part of the agent, so that dropping the agent kills the function at once.
        tokio::spawn(idle(
            Arc::downgrade(taken.slot()),
            calls,
            self.spec.options.clone(),
        ));
        answer
    }
}

/// Freezes and kills a container that gets no calls.
async fn idle(slot: Weak<Slot>, calls: u64, options: Options) {
    let mut steps = vec![
        (CONNECTION_IDLE, Step::Disconnect),
        (options.idle_timeout, Step::Kill),
    ];
    steps.extend(options.freeze_after.map(|after| (after, Step::Freeze)));
    steps.sort_by_key(|(after, _)| *after);
    let start = Instant::now();
    for (after, step) in steps {
        sleep_until(start + after).await;
        let Some(slot) = slot.upgrade() else { return };
        let mut state = slot.state.lock().await;
        if state.calls != calls {
            return;
        }
        match (step, &mut state.container) {
            (Step::Freeze, Some(container)) if options.freezing.is_zero() => container.freeze(),
            (Step::Freeze, Some(container)) => {
                if slot.taken.swap(true, Ordering::AcqRel) {
                    // A call came first, and waits for the state.
                    return;
                }
                let _taken = Taken(Arc::clone(&slot));
                sleep(options.freezing).await;
                container.freeze();
            }
            (Step::Disconnect, Some(container)) => container.connection = None,
            (Step::Kill, container) => *container = None,
            (_, None) => return,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Freeze,
    Disconnect,
    Kill,
}
