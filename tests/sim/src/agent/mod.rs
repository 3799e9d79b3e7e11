//! An agent that acts as Fn: it starts the command of a function as the platform starts a container, waits for its socket,
//! sends calls, and afterwards freezes or kills it as the platform does.
//!
//! Its behavior follows the agent of fnproject/fn and the documentation of OCI Functions, which has the texts of failures.
//! [`Options::stock_server`] has what a stock server was observed to do instead.
//!
//! # Layout
//!
//! | file | owns |
//! | --- | --- |
//! | `call` | the call of a caller, and the answer to it |
//! | `options` | how the platform behaves: as Oracle documents, or as a stock Fn server |
//! | `container` | the process: environment, user, freeze, kill |
//! | `log` | the output of the containers, and the call of each line |
//! | `lifecycle` | the containers between calls: started, thawed, idle, frozen, killed |
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
mod control_group;
mod exchange;
mod headers;
mod lifecycle;
mod log;
mod options;
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
pub use control_group::can_enforce_memory;
pub use log::LogLine;
pub use options::{DetachedAnswer, LateLines, Options};

use container::{Container, ContainerSpec};
use lifecycle::{Shared, Slot};
use log::Output;

/// A function, ready to be called. Its processes are killed when the agent is dropped.
///
/// A call gets a container that is idle. If all are busy, it gets a new one. Whatever is about "the container" is about the
/// one of the last call.
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
                slots: SyncMutex::default(),
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
        let taken = agent.shared.take();
        agent
            .shared
            .ready(&mut *taken.slot().state.lock().await)
            .await?;
        drop(taken);
        Ok(agent)
    }

    /// Sends a call and waits for the answer. [`Options::detached`] says when a detached call is answered.
    ///
    /// Dropping the future acts as a caller that hangs up: the function is killed, unless the call is detached.
    pub async fn invoke(&self, call: Call) -> Answer {
        let call_id = call::new_call_id();
        let options = &self.shared.spec.options;
        let refused =
            |refusal| Answer::refused(refusal, None, &call_id).with_code(options.error_code);
        if options.max_request.is_some_and(|max| call.body.len() > max) {
            return refused(Refusal::RequestTooLarge);
        }
        let taken = self.shared.take();
        let mut state = Arc::clone(&taken.slot().state).lock_owned().await;
        if let Err(refusal) = self.shared.ready(&mut state).await {
            return refused(refusal);
        }
        let shared = Arc::clone(&self.shared);
        if !call.detached {
            return shared.exchange(taken, state, &call, &call_id).await;
        }
        if options.detached == DetachedAnswer::Finished {
            let id = call_id.clone();
            let run = async move { shared.exchange(taken, state, &call, &id).await };
            return match tokio::spawn(run).await {
                Ok(answer) => answer.without_body_if_ok(),
                Err(_) => refused(Refusal::NoResponse),
            };
        }
        let id = call_id.clone();
        shared.detached().running += 1;
        tokio::spawn(async move {
            let answer = Arc::clone(&shared).exchange(taken, state, &call, &id).await;
            let mut detached = shared.detached();
            detached.running -= 1;
            detached.answers.push(answer);
        });
        Answer::accepted(&call_id)
    }

    /// Waits until no accepted call runs, and returns the answers of the function since the last such call.
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

    /// The lines of all containers so far, with the call that each is filed under.
    #[must_use]
    pub fn log(&self) -> Vec<LogLine> {
        self.shared.output.lines()
    }

    /// Number of containers started so far.
    pub async fn starts(&self) -> u64 {
        let mut starts = 0;
        let slots = self.shared.slots().all();
        for slot in slots {
            starts += slot.state.lock().await.starts;
        }
        starts
    }

    /// Number of containers that were killed or ended so far.
    pub async fn ended(&self) -> u64 {
        let mut ended = 0;
        let slots = self.shared.slots().all();
        for slot in slots {
            let mut state = slot.state.lock().await;
            let alive = state.container.as_mut().is_some_and(Container::is_alive);
            ended += state.starts - u64::from(alive);
        }
        ended
    }

    /// Process id of the container, if it runs.
    pub async fn process(&self) -> Option<u32> {
        let slot = self.last()?;
        slot.state
            .lock()
            .await
            .container
            .as_ref()
            .and_then(Container::id)
    }

    /// The most bytes that the container had at once, if its memory is enforced.
    pub async fn peak_bytes(&self) -> Option<u64> {
        let slot = self.last()?;
        let state = slot.state.lock().await;
        state.container.as_ref().and_then(Container::peak)
    }

    /// Whether the container is frozen at the moment.
    pub async fn is_frozen(&self) -> bool {
        let Some(slot) = self.last() else {
            return false;
        };
        slot.state
            .lock()
            .await
            .container
            .as_ref()
            .is_some_and(Container::is_frozen)
    }

    /// The socket of the container, for tests that connect to it.
    pub async fn socket(&self) -> Option<PathBuf> {
        let slot = self.last()?;
        slot.state
            .lock()
            .await
            .container
            .as_ref()
            .map(|container| container.socket().to_owned())
    }

    /// Signals the function to end and waits up to `patience`. Returns its exit code and the names of the files left in the
    /// directory of the socket. The exit code is `None` if the function did not end in time or does not run.
    pub async fn end(&self, how: End, patience: Duration) -> (Option<i32>, Vec<OsString>) {
        let Some(slot) = self.last() else {
            return (None, Vec::new());
        };
        let Some(mut container) = slot.state.lock().await.container.take() else {
            return (None, Vec::new());
        };
        let code = container.end(how, patience).await;
        (code, container.leftovers())
    }

    /// What has the container of the last call.
    fn last(&self) -> Option<Arc<Slot>> {
        self.shared.slots().last()
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
