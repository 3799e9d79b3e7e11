//! Logs: one JSON object a line, on standard error.
//!
//! Only this program's own events are kept below `warn`. What HTTP libraries write at `trace` holds bytes of the wire, and
//! with them signatures; ours hold neither.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The program's own modules.
const OWN_TARGET: &str = "credential_audit";

/// Writes events of `level` and above from now on. A second call changes nothing.
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
    // An error says that a subscriber is there already, as in a test that started its own.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init();
}
