//! Logs to standard error: one JSON object per line.
//!
//! Below `warn`, logs events of this program only. HTTP libraries log raw requests at `trace`, which contain signatures.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Target of this program's events.
const OWN_TARGET: &str = "credential_audit";

/// Starts to log events of `level` and above. A second call has no effect.
pub fn start(level: tracing::Level) {
    let filter = Targets::new()
        .with_target(OWN_TARGET, level)
        .with_default(LevelFilter::WARN);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_ansi(false)
        .with_writer(std::io::stderr);
    // Fails only if a subscriber exists, as in a test that started its own.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init();
}
