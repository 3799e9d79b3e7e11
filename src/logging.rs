//! Logs to standard error: one JSON object per line.
//!
//! Each line of a call has the call's id, in `span`. A line has a maximum: values that are longer are cut.
//!
//! Below `warn`, logs events of this program only. HTTP libraries log raw requests at `trace`, which contain signatures.
//!
//! A line may be read at a terminal, and quotes names from a tenancy. JSON escapes only some of the characters that control
//! a terminal, so the rest are escaped here.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::{Map, Value};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::display::json_escaped;

/// Max bytes of a line.
const MAX_LINE_BYTES: usize = 8 * 1024;
/// Max bytes of a text in a longer line; control characters take several times as many when escaped.
const MAX_TEXT_BYTES: usize = 2 * 1024;
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
        .with_current_span(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_writer(|| EscapedLines(io::stderr()));
    // Fails only if a subscriber exists, as in a test that started its own.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init();
}

/// Escapes what JSON leaves as it is. Each write is a whole line.
struct EscapedLines<W>(W);

impl<W: Write> Write for EscapedLines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let text = bounded(&text);
        self.0.write_all(json_escaped(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A line of at most a few kilobytes: of a longer one, each long text is cut.
fn bounded(line: &str) -> Cow<'_, str> {
    if line.len() <= MAX_LINE_BYTES {
        return Cow::Borrowed(line);
    }
    let Ok(mut fields) = serde_json::from_str::<Map<String, Value>>(line) else {
        return Cow::Borrowed(line);
    };
    for value in fields.values_mut() {
        if let Value::String(text) = value
            && text.len() > MAX_TEXT_BYTES
        {
            text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
            text.push('\u{2026}');
        }
    }
    Cow::Owned(format!("{}\n", Value::Object(fields)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_line_is_cut_and_stays_json() {
        let short = r#"{"level":"INFO","message":"x"}"#;
        assert_eq!(bounded(short), short);
        let long = "\u{fc}\u{1b}".repeat(20_000);
        let line = serde_json::json!({ "level": "ERROR", "message": long, "call_id": "01" });
        let cut = bounded(&line.to_string()).into_owned();
        assert!(
            cut.len() <= MAX_LINE_BYTES && cut.ends_with("\n"),
            "{}",
            cut.len()
        );
        let read: Value = serde_json::from_str(&cut).expect("JSON");
        assert_eq!(
            (&read["level"], &read["call_id"]),
            (&"ERROR".into(), &"01".into())
        );
        let message = read["message"].as_str().expect("a text");
        assert!(message.starts_with("\u{fc}") && message.ends_with('\u{2026}'));
    }

    #[test]
    fn line_controls_no_terminal_and_stays_json() {
        let name = "De\u{202e}fault\u{9b}2J\u{1b}[2J\u{e0041}\u{fc}";
        let line = format!("{}\n", serde_json::json!({ "domain": name }));
        let mut lines = EscapedLines(Vec::new());
        lines.write_all(line.as_bytes()).expect("written");
        let written = String::from_utf8(lines.0).expect("UTF-8");
        for character in ['\u{202e}', '\u{9b}', '\u{1b}', '\u{e0041}'] {
            assert!(!written.contains(character), "{written}");
        }
        assert!(
            written.ends_with("\"}\n") && written.contains('\u{fc}'),
            "{written}"
        );
        let read: serde_json::Value = serde_json::from_str(&written).expect("JSON");
        assert_eq!(read["domain"], name);
    }
}
