//! The terminal: messages, color, width, and text that is safe for it.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

use comfy_table::Table;

use crate::display::{Substitute, line, safe};
use crate::env;

/// Prints a message on standard error, safe for a terminal: it may quote a server or a file. A closed stream, as with
/// `2>&1 | head`, is not a failure.
pub(super) fn say(text: &dyn Display) {
    let text = safe_lines(&text.to_string());
    let _ = writeln!(std::io::stderr().lock(), "credential-audit: {text}");
}

/// Makes each line of a text safe for a terminal.
fn safe_lines(text: &str) -> String {
    let lines: Vec<_> = text
        .split('\n')
        .map(|line| safe(line, Substitute::QuestionMark))
        .collect();
    lines.join("\n")
}

/// Whether to color text for this stream: only on a terminal, and unless `NO_COLOR` is set (no-color.org).
pub(super) fn may_color(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && env::lookup(env::NO_COLOR).is_none_or(|value| value.is_empty())
}

/// Columns of the terminal, if known. Standard output and standard error of a terminal have the same width, and one of them
/// may be redirected.
pub(super) fn terminal_width() -> Option<u16> {
    let by_output = Table::new().width();
    let width = by_output.or_else(|| Table::new().use_stderr().width());
    width.filter(|width| *width > 0)
}

/// Max characters of untrusted text per line: a column is as wide as its longest cell.
const MAX_LINE_CHARS: usize = 2000;

/// Makes untrusted text safe for a terminal: one line of bounded length, without control sequences or reordering.
pub(super) fn one_line(text: &str) -> String {
    line(text, MAX_LINE_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_controls_no_terminal() {
        let text = "no domain was read: De\u{1b}[2Jfault\r\u{202e}\u{9b}2K\n  second line";
        assert_eq!(
            safe_lines(text),
            "no domain was read: De?[2Jfault???2K\n  second line"
        );
    }
}
