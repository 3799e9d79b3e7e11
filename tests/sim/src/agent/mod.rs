//! An agent that acts as Fn: it starts the command of a function as the platform starts a container, waits for its socket,
//! sends calls, and afterwards freezes or kills it as the platform does.
//!
//! Its behavior follows the agent of fnproject/fn and observations of a stock server. The texts of failures are those of
//! the documentation of OCI Functions.
//!
//! # Layout
//!
//! | file | owns |
//! | --- | --- |
//! | `call` | the call of a caller, and the answer to it |
//! | `container` | the process: environment, user, output, freeze, kill |
//! | `lifecycle` | the container between calls: started, thawed, idle, frozen, killed |
//! | `watch` | the wait for the socket |
//! | `exchange` | the request on the socket, and the caller's answer to each response |
//! | `headers` | hop-by-hop headers, and the renaming of an API gateway |
//! | `command` | the agent as a command |
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
//! # Limits
//!
//! The process is not a container: it sees the file system of the host, has no memory limit, and is frozen by a signal
//! instead of a cgroup. Compressed responses are not decompressed.

mod call;
mod command;
mod container;
mod exchange;
mod headers;
mod lifecycle;
mod watch;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex as SyncMutex};
use std::time::Duration;

use tokio::time::{Instant, sleep};

pub use call::{Answer, Call, Refusal};
pub use command::command_line;

use container::{Container, ContainerSpec, Output};
use lifecycle::Shared;

/// The configuration of the platform. [`Options::default`] is that of the open-source server, with the limits of OCI.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time limit for the socket to appear.
    pub init_timeout: Duration,
    /// Time limit of a call, unless the call has its own.
    pub timeout: Duration,
    /// Idle time before the function is frozen; `None` for never.
    pub freeze_after: Option<Duration>,
    /// Idle time before the function is killed.
    pub idle_timeout: Duration,
    /// Maximum size of a request body in bytes.
    pub max_request: usize,
    /// Maximum size of a response body in bytes.
    pub max_response: usize,
    /// User and group of the function, if the agent runs as root and that user can reach the program.
    pub user: (u32, u32),
    /// Existing directory of the socket; `None` for a new one per container.
    pub directory: Option<PathBuf>,
    /// Memory of the function, which the agent states and does not enforce.
    pub memory_megabytes: u64,
    /// Whether to enable the log frame.
    pub log_frame: bool,
    /// Whether to copy the output of the function to stderr.
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
            memory_megabytes: 512,
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

impl Agent {
    /// An agent whose function starts at the first call.
    ///
    /// `environment` is the configuration of the function. The `FN_*` variables of the platform override it. Of the agent's
    /// environment, the function gets only `PATH`.
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
        let spec = ContainerSpec {
            command: command.into_iter().map(Into::into).collect(),
            environment: environment
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            options,
        };
        let output = Arc::new(Output::new(spec.options.echo));
        Self {
            shared: Arc::new(Shared {
                spec,
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
    /// [`Refusal::InitFailed`] or [`Refusal::InitTimeout`], as the first caller gets it.
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

    /// Sends a call and waits for the answer. A detached call is answered as soon as the function runs.
    ///
    /// Dropping the future acts as a caller that hangs up: the function is killed.
    pub async fn invoke(&self, call: Call) -> Answer {
        let call_id = call::new_call_id();
        if call.body.len() > self.shared.spec.options.max_request {
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

    /// Waits until no detached call runs, and returns the answers since the last such call.
    pub async fn detached_answers(&self) -> Vec<Answer> {
        while self.shared.detached().running > 0 {
            sleep(Duration::from_millis(2)).await;
        }
        std::mem::take(&mut self.shared.detached().answers)
    }

    /// The stdout of all containers so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.shared.output.stdout()
    }

    /// The stderr of all containers so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.shared.output.stderr()
    }

    /// Waits up to two seconds for `text` in stdout or stderr, since output may arrive after the answer. Whether it came.
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

    /// Number of containers started so far.
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

    /// The socket of the running container, for tests that connect to it.
    pub async fn socket(&self) -> Option<PathBuf> {
        self.shared
            .state
            .lock()
            .await
            .container
            .as_ref()
            .map(|container| container.socket().to_owned())
    }

    /// Signals the function to end and waits up to `patience`. Returns its exit code and the names of the files left in the
    /// directory of the socket. The exit code is `None` if the function did not end in time or does not run.
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

/// The binary of an example of the workspace, from the build of the running test, bench or example.
///
/// `cargo test` builds the examples; `cargo test --test NAME` does not, and finds those built last.
///
/// # Errors
///
/// If the example was not built.
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
