//! The life of a container between calls: started, thawed, called, idle, frozen, killed.

use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep_until};

use super::call::{Answer, Call, Refusal};
use super::container::{Container, ContainerSpec, Output};
use super::{Options, exchange};

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) spec: ContainerSpec,
    pub(super) output: Arc<Output>,
    /// Locked during a call: the platform sends one call at a time to a container.
    pub(super) state: Arc<Mutex<State>>,
    pub(super) detached: SyncMutex<Detached>,
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
        mut state: OwnedMutexGuard<State>,
        call: &Call,
        call_id: &str,
    ) -> Answer {
        let Some(container) = state.container.take() else {
            return Answer::refused(Refusal::InitFailed, None, call_id);
        };
        // The container is not in the state during the call. If the caller leaves, it is dropped here and killed.
        let (answer, kept) = exchange::exchange(container, call, call_id, &self.spec.options).await;
        state.container = kept;
        let calls = state.calls;
        drop(state);
        // The task holds no part of the agent, so that dropping the agent kills the function at once.
        tokio::spawn(idle(
            Arc::downgrade(&self.state),
            calls,
            self.spec.options.clone(),
        ));
        answer
    }
}

/// Freezes and kills a container that gets no calls.
async fn idle(state: Weak<Mutex<State>>, calls: u64, options: Options) {
    let mut steps = vec![
        (CONNECTION_IDLE, Step::Disconnect),
        (options.idle_timeout, Step::Kill),
    ];
    steps.extend(options.freeze_after.map(|after| (after, Step::Freeze)));
    steps.sort_by_key(|(after, _)| *after);
    let start = Instant::now();
    for (after, step) in steps {
        sleep_until(start + after).await;
        let Some(state) = state.upgrade() else { return };
        let mut state = state.lock().await;
        if state.calls != calls {
            return;
        }
        match (step, &mut state.container) {
            (Step::Freeze, Some(container)) => container.freeze(),
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
