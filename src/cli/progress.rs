//! How far the reading is, on standard error, where that is a terminal. Nothing anywhere else.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::http::client::SignedClient;

const INTERVAL: Duration = Duration::from_millis(200);
/// Back to the first column, and away with what stands there.
const CLEAR_LINE: &str = "\r\x1b[K";

/// Waits for `reading`, and meanwhile says how many rows of how many have come.
pub(super) async fn show<T>(client: &SignedClient, reading: impl Future<Output = T>) -> T {
    let stream = std::io::stderr();
    if !stream.is_terminal() {
        return reading.await;
    }
    let mut reading = std::pin::pin!(reading);
    loop {
        let pause = tokio::time::sleep(INTERVAL);
        tokio::select! {
            result = &mut reading => {
                let _ = write!(stream.lock(), "{CLEAR_LINE}");
                return result;
            }
            () = pause => {
                let _ = write!(stream.lock(), "{CLEAR_LINE}{}", line(client));
                let _ = stream.lock().flush();
            }
        }
    }
}

fn line(client: &SignedClient) -> String {
    format!("reading: {} requests", client.requests())
}
