//! What a function may choose, and what tests replace.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderValue;

use super::deadline::DEFAULT_BUDGET;

/// A stream that log frames are written to.
pub type Stream = Arc<Mutex<dyn Write + Send>>;

/// Where the current instant comes from.
pub type ClockFn = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Options of [`serve`](super::serve) and [`run`](super::run). [`Options::new`] is right for every function; the fields
/// are there for those who test.
#[derive(Clone)]
pub struct Options {
    /// `Fn-Fdk-Version`; absent if the product's name or version is no header text.
    pub(super) product: Option<HeaderValue>,
    /// Wall clock; deadlines are wall-clock instants.
    pub clock: ClockFn,
    /// Streams that get the log frame: stderr and stdout.
    pub streams: Vec<Stream>,
    /// Budget of a call without a readable deadline.
    pub default_budget: Duration,
    /// How long a running call may go on once the process is told to end. Container engines kill after 10 s.
    pub drain: Duration,
}

impl Options {
    /// The options of a function that calls itself `product`, for `Fn-Fdk-Version: <product>/<version>`.
    #[must_use]
    pub fn new(product: &str, version: &str) -> Self {
        Self {
            product: HeaderValue::try_from(format!("{product}/{version}")).ok(),
            clock: Arc::new(system_clock),
            streams: vec![
                Arc::new(Mutex::new(io::stderr())),
                Arc::new(Mutex::new(io::stdout())),
            ],
            default_budget: DEFAULT_BUDGET,
            drain: Duration::from_millis(9_500),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            product,
            default_budget,
            drain,
            ..
        } = self;
        f.debug_struct("Options")
            .field("product", product)
            .field("default_budget", default_budget)
            .field("drain", drain)
            .finish_non_exhaustive()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the default of an injected clock"
)]
fn system_clock() -> DateTime<Utc> {
    Utc::now()
}
