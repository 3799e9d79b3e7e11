//! How the platform behaves. What Oracle documents and what a stock Fn server does are not always the same.

use std::path::PathBuf;
use std::time::Duration;

/// The configuration of the platform. [`Options::default`] is what the documentation of OCI Functions says, with the times
/// of the open-source server. [`Options::stock_server`] is what that server was observed to do. OCI may do either.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time limit for the socket to appear.
    pub init_timeout: Duration,
    /// Time limit of a call, unless the call has its own.
    pub timeout: Duration,
    /// Idle time before the function is frozen; `None` for never.
    pub freeze_after: Option<Duration>,
    /// How long a freeze takes. A call that comes meanwhile gets another container.
    pub freezing: Duration,
    /// Idle time before the function is killed.
    pub idle_timeout: Duration,
    /// Maximum size of a request body in bytes; `None` for any.
    pub max_request: Option<usize>,
    /// Maximum size of a response body in bytes; `None` for any.
    pub max_response: Option<usize>,
    /// User and group of the function, if the agent runs as root and that user can reach the program.
    pub user: (u32, u32),
    /// Existing directory of the socket; `None` for a new one per container. In an existing one there is one container, and
    /// calls wait for it.
    pub directory: Option<PathBuf>,
    /// Memory of the function, which the agent states.
    pub memory_megabytes: u64,
    /// Whether to enforce it: a function with more is killed. Needs root and control groups; else no container starts.
    pub enforce_memory: bool,
    /// When a detached call is answered.
    pub detached: DetachedAnswer,
    /// Whether the platform adds `Opc-Request-Id` to a call that has none.
    pub request_id: bool,
    /// Whether to enable the log frame.
    pub log_frame: bool,
    /// Whether the function gets the names of application and function, and its share of a CPU.
    pub names: bool,
    /// Whether the body of a failure has an error code beside its message.
    pub error_code: bool,
    /// What a line of the log belongs to if it arrives after the answer.
    pub late_lines: LateLines,
    /// Whether to copy the output of the function to stderr.
    pub echo: bool,
}

/// When a detached call is answered. A container that does not start is a failure either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetachedAnswer {
    /// With 202, as soon as the container is ready.
    Accepted,
    /// When the function has answered: 200 without a body, or the failure.
    Finished,
}

/// What a line of the log belongs to if it arrives after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateLines {
    /// To the last call of the container.
    Call,
    /// To the container alone.
    Container,
}

const OCI_BODY_BYTES: usize = 6 * 1024 * 1024;

impl Default for Options {
    fn default() -> Self {
        Self {
            init_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            freeze_after: Some(Duration::from_millis(50)),
            freezing: Duration::ZERO,
            idle_timeout: Duration::from_secs(30),
            max_request: Some(OCI_BODY_BYTES),
            max_response: Some(OCI_BODY_BYTES),
            user: (1000, 1000),
            directory: None,
            memory_megabytes: 512,
            enforce_memory: false,
            detached: DetachedAnswer::Accepted,
            request_id: true,
            log_frame: true,
            names: true,
            error_code: true,
            late_lines: LateLines::Call,
            echo: false,
        }
    }
}

impl Options {
    /// A stock Fn server, as version 0.3.753 was observed.
    #[must_use]
    pub fn stock_server() -> Self {
        Self {
            freezing: Duration::from_millis(25),
            max_request: None,
            max_response: None,
            detached: DetachedAnswer::Finished,
            request_id: false,
            log_frame: false,
            names: false,
            error_code: false,
            late_lines: LateLines::Container,
            ..Self::default()
        }
    }
}
