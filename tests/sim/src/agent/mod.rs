//! The agent that plays Fn: it starts a function's command as the platform starts a container, waits for its socket,
//! sends it calls, and treats it afterwards as the platform would.
//!
//! What the platform does is taken from the agent of fnproject/fn and from what a stock server was seen to do; the
//! texts of failures are those of OCI Functions' documentation.
//!
//! # Layout
//!
//! | file | owns |
//! | --- | --- |
//! | `call` | what a caller asks for and what it gets |
//! | `container` | the process: environment, user, output, freeze, death |
//! | `watch` | the wait for the socket, and the one look at it |
//! | `exchange` | the request on the socket and the judgement of the response |
//! | `headers` | hop-by-hop headers, and the gateway's renaming both ways |
//! | `command` | the agent from the shell |
//!
//! # Example
//!
//! ```no_run
//! use tenancy_sim::agent::{Agent, Call, Options};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let agent = Agent::start(["/function"], [("AUDIT_LOG_LEVEL", "debug")], Options::default()).await?;
//! let answer = agent.invoke(Call::new("{}")).await;
//! assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "done"));
//! println!("{}", agent.stderr());
//! # Ok(())
//! # }
//! ```
//!
//! # What it is not
//!
//! No container: the function sees the host's file system, has no memory limit, and is frozen by a signal instead of
//! a cgroup. An answer that is compressed is not decompressed.

mod call;
mod command;
mod container;
mod exchange;
mod headers;
mod watch;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep, sleep_until};

pub use call::{Answer, Call, Refusal};
pub use command::command_line;

use container::{Container, Output, Recipe};

/// What the platform would have configured. [`Options::default`] is the open-source server's default, with OCI's limits.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long the socket may take to appear.
    pub init_timeout: Duration,
    /// How long a call may take, unless it says otherwise itself.
    pub timeout: Duration,
    /// After how much idle time the function is frozen; `None`: never.
    pub freeze_after: Option<Duration>,
    /// After how much idle time the function is killed.
    pub idle_timeout: Duration,
    /// Longest request body in bytes.
    pub max_request: usize,
    /// Longest response body in bytes.
    pub max_response: usize,
    /// User and group of the function, when the agent runs as root and that user can reach the program.
    pub user: (u32, u32),
    /// Directory of the socket; must exist. `None`: a fresh one for every container.
    pub directory: Option<PathBuf>,
    /// Whether to switch on the log frame.
    pub log_frame: bool,
    /// Whether to copy what the function prints to the agent's own stderr.
    pub echo: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            init_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            freeze_after: Some(Duration::from_millis(50)),
            idle_timeout: Duration::from_secs(30),
            max_request: 6 * 1024 * 1024,
            max_response: 6 * 1024 * 1024,
            user: (1000, 1000),
            directory: None,
            log_frame: true,
            echo: false,
        }
    }
}

/// A function, ready to be called. Its process is killed when the agent is dropped.
#[derive(Debug)]
pub struct Agent {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    recipe: Recipe,
    output: Arc<Output>,
    /// Held for the length of a call: the platform sends a container one at a time.
    state: Arc<Mutex<State>>,
    detached: SyncMutex<Detached>,
}

#[derive(Debug, Default)]
struct State {
    container: Option<Container>,
    /// Counts calls, so that the timers of an earlier pause know that it is over.
    calls: u64,
    /// Counts containers.
    starts: u64,
}

/// Calls whose callers did not wait.
#[derive(Debug, Default)]
struct Detached {
    running: usize,
    answers: Vec<Answer>,
}

/// A connection is closed after this idle time.
const CONNECTION_IDLE: Duration = Duration::from_secs(1);

impl Agent {
    /// An agent whose function starts at the first call.
    ///
    /// `environment` is the function's configuration; the platform's own `FN_*` variables win over it. Nothing else of
    /// the agent's environment reaches the function, but `PATH`.
    pub fn new<C, K, V>(
        command: impl IntoIterator<Item = C>,
        environment: impl IntoIterator<Item = (K, V)>,
        options: Options,
    ) -> Self
    where
        C: Into<OsString>,
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let recipe = Recipe {
            command: command.into_iter().map(Into::into).collect(),
            environment: environment
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            options,
        };
        let output = Arc::new(Output::new(recipe.options.echo));
        Self {
            shared: Arc::new(Shared {
                recipe,
                output,
                state: Arc::default(),
                detached: SyncMutex::default(),
            }),
        }
    }

    /// An agent whose function is started and ready.
    ///
    /// # Errors
    ///
    /// What the first caller would have been told: [`Refusal::InitFailed`] or [`Refusal::InitTimeout`].
    pub async fn start<C, K, V>(
        command: impl IntoIterator<Item = C>,
        environment: impl IntoIterator<Item = (K, V)>,
        options: Options,
    ) -> Result<Self, Refusal>
    where
        C: Into<OsString>,
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let agent = Self::new(command, environment, options);
        agent
            .shared
            .ready(&mut *agent.shared.state.lock().await)
            .await?;
        Ok(agent)
    }

    /// Sends a call and waits for what its caller gets. A detached call is answered as soon as the function runs.
    ///
    /// Dropping the future is what a caller that hangs up does: the function is killed in the middle of its run.
    pub async fn invoke(&self, call: Call) -> Answer {
        let call_id = call::new_call_id();
        if call.body.len() > self.shared.recipe.options.max_request {
            return Answer::refused(Refusal::RequestTooLarge, None, &call_id);
        }
        let mut state = Arc::clone(&self.shared.state).lock_owned().await;
        if let Err(refusal) = self.shared.ready(&mut state).await {
            return Answer::refused(refusal, None, &call_id);
        }
        if !call.detached {
            return Arc::clone(&self.shared)
                .exchange(state, &call, &call_id)
                .await;
        }
        let (shared, id) = (Arc::clone(&self.shared), call_id.clone());
        shared.detached().running += 1;
        tokio::spawn(async move {
            let answer = Arc::clone(&shared).exchange(state, &call, &id).await;
            let mut detached = shared.detached();
            detached.running -= 1;
            detached.answers.push(answer);
        });
        Answer::accepted(&call_id)
    }

    /// Waits until no detached call runs, and takes what became of those since it was asked last.
    pub async fn detached_answers(&self) -> Vec<Answer> {
        while self.shared.detached().running > 0 {
            sleep(Duration::from_millis(2)).await;
        }
        std::mem::take(&mut self.shared.detached().answers)
    }

    /// Everything the function has printed on stdout so far, in all its containers.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.shared.output.stdout()
    }

    /// Everything the function has printed on stderr so far, in all its containers.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.shared.output.stderr()
    }

    /// Waits, for two seconds at most, until both streams together hold `text`, and says whether they do: output
    /// travels apart from the answer and may arrive after it.
    pub async fn printed(&self, text: &str) -> bool {
        let end = Instant::now() + Duration::from_secs(2);
        while Instant::now() < end {
            if self.stdout().contains(text) || self.stderr().contains(text) {
                return true;
            }
            sleep(Duration::from_millis(2)).await;
        }
        false
    }

    /// How many containers were started so far.
    pub async fn starts(&self) -> u64 {
        self.shared.state.lock().await.starts
    }

    /// Process id of the running container, if there is one.
    pub async fn process(&self) -> Option<u32> {
        self.shared
            .state
            .lock()
            .await
            .container
            .as_ref()
            .and_then(Container::id)
    }

    /// Whether the running container is frozen at the moment.
    pub async fn is_frozen(&self) -> bool {
        self.shared
            .state
            .lock()
            .await
            .container
            .as_ref()
            .is_some_and(Container::is_frozen)
    }

    /// The socket of the running container, for tests that speak to it themselves.
    pub async fn socket(&self) -> Option<PathBuf> {
        self.shared
            .state
            .lock()
            .await
            .container
            .as_ref()
            .map(|container| container.socket().to_owned())
    }

    /// Tells the function to end, and waits for it: its exit code, or `None` if it did not end by itself within
    /// `patience` or there is none; and the names it left in the socket's directory.
    pub async fn end(&self, how: End, patience: Duration) -> (Option<i32>, Vec<OsString>) {
        let Some(mut container) = self.shared.state.lock().await.container.take() else {
            return (None, Vec::new());
        };
        let code = container.end(how, patience).await;
        (code, container.leftovers())
    }
}

/// The signals that ask a process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// SIGTERM, as container engines send it.
    Terminate,
    /// SIGINT, as Ctrl-C sends it.
    Interrupt,
}

/// The binary of an example of the workspace, found from the running test, bench or example of the same build.
///
/// A plain `cargo test` builds the examples; `cargo test --test NAME` does not, and finds what was built last.
///
/// # Errors
///
/// It was not built.
pub fn example(name: &str) -> io::Result<PathBuf> {
    let running = std::env::current_exe()?;
    let found = running
        .ancestors()
        .map(|directory| directory.join("examples").join(name))
        .find(|path| path.is_file());
    found.ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            format!("example {name} is not built"),
        )
    })
}

impl Shared {
    fn detached(&self) -> MutexGuard<'_, Detached> {
        self.detached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A container that waits for a call: the one there is, thawed, or a new one.
    async fn ready(&self, state: &mut State) -> Result<(), Refusal> {
        state.calls += 1;
        if let Some(container) = &mut state.container {
            if container.is_alive() {
                container.thaw();
                return Ok(());
            }
            state.container = None;
        }
        state.starts += 1;
        state.container = Some(Container::start(&self.recipe, &self.output).await?);
        Ok(())
    }

    async fn exchange(
        self: Arc<Self>,
        mut state: OwnedMutexGuard<State>,
        call: &Call,
        call_id: &str,
    ) -> Answer {
        let Some(container) = state.container.take() else {
            return Answer::refused(Refusal::InitFailed, None, call_id);
        };
        // Out of the state while the call runs: if the caller leaves, it is dropped here, and that kills it.
        let (answer, kept) =
            exchange::exchange(container, call, call_id, &self.recipe.options).await;
        state.container = kept;
        let calls = state.calls;
        drop(state);
        // Holds no part of the agent: when that is dropped, the function must go at once.
        tokio::spawn(idle(
            Arc::downgrade(&self.state),
            calls,
            self.recipe.options.clone(),
        ));
        answer
    }
}

/// What happens to a container that nobody calls.
async fn idle(state: Weak<Mutex<State>>, calls: u64, options: Options) {
    let mut steps = vec![
        (CONNECTION_IDLE, Step::Hang),
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
            (Step::Hang, Some(container)) => container.connection = None,
            (Step::Kill, container) => *container = None,
            (_, None) => return,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Freeze,
    Hang,
    Kill,
}
