//! What a run costs.

use std::sync::Arc;

use tokio::time::Instant as Stopwatch;

use crate::http::client::SignedClient;

/// Counts the requests and the time of a run.
#[derive(Clone, Debug)]
pub struct Meter {
    client: Arc<SignedClient>,
    start: Stopwatch,
}

impl Meter {
    /// Starts to measure.
    pub fn start(client: &Arc<SignedClient>) -> Self {
        Self {
            client: Arc::clone(client),
            start: Stopwatch::now(),
        }
    }

    /// Requests sent so far, including retries.
    pub fn requests(&self) -> u64 {
        self.client.requests()
    }

    /// Milliseconds since the start.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
