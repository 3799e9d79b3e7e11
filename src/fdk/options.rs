//! Options of a function, and what tests replace.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderValue;

use super::deadline::DEFAULT_BUDGET;

/// A stream that log frames are written to.
pub type Stream = Arc<Mutex<dyn Write + Send>>;

/// Returns the current time.
pub(super) type ClockFn = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Options of [`serve`](super::serve()) and [`run`](super::run()). The defaults fit every function; tests set the fields.
#[derive(Clone)]
pub struct Options {
    /// `Fn-Fdk-Version`; `None` if the name or version of the product is not a valid header value.
    pub(super) product: Option<HeaderValue>,
    /// The wall clock, which deadlines use.
    pub(super) clock: ClockFn,
    /// Streams for the log frame: stderr and stdout.
    pub streams: Vec<Stream>,
    /// Budget of a call with a missing or malformed deadline.
    pub default_budget: Duration,
    /// Max time for running calls after the signal to stop. Container engines kill the process after 10 s.
    pub drain: Duration,
}

impl Options {
    /// The options of a function that sends `Fn-Fdk-Version: <product>/<version>`. `clock` returns the current time.
    #[must_use]
    pub fn new(
        product: &str,
        version: &str,
        clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
    ) -> Self {
        Self {
            product: HeaderValue::try_from(format!("{product}/{version}")).ok(),
            clock: Arc::new(clock),
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
