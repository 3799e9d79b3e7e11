//! The terminal: messages, color, width, and text that is safe for it.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

use bytes::Bytes;
use rustix::termios::tcgetwinsize;

use crate::chunks::Chunks;
use crate::display::{Substitute, line, safe};
use crate::env;

/// Prints a message on standard error, safe for a terminal: it may quote a server or a file. A closed stream, as with
/// `2>&1 | head`, is not a failure.
pub(super) fn say(text: &dyn Display) {
    let text = safe_lines(&text.to_string(), Substitute::QuestionMark);
    let _ = writeln!(std::io::stderr().lock(), "credential-audit: {text}");
}

/// Makes each line of a text safe for a terminal.
fn safe_lines(text: &str, substitute: Substitute) -> String {
    let lines: Vec<_> = text
        .split('\n')
        .map(|line| safe(line, substitute))
        .collect();
    lines.join("\n")
}

/// The chunks of a report for this stream. On a terminal, unfit characters are replaced by their numbers, such as
/// `[U+202E]`. Files and pipes get the exact bytes.
pub(super) fn chunks_for(stream: &impl IsTerminal, chunks: Chunks) -> Chunks {
    if stream.is_terminal() {
        visible(chunks)
    } else {
        chunks
    }
}

/// The chunks with numbers for unfit characters. Line breaks stay. A character, or CR and LF, may be divided between chunks.
fn visible(chunks: Chunks) -> Chunks {
    let mut rest = Vec::new();
    let chunks = chunks.map(Some).chain([None]);
    Box::new(chunks.map(move |chunk| {
        let end = match chunk {
            Some(chunk) => {
                rest.extend_from_slice(&chunk);
                complete(&rest)
            }
            None => rest.len(),
        };
        let begun = rest.split_off(end);
        let text = std::mem::replace(&mut rest, begun);
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text
            .split("\r\n")
            .map(|lines| safe_lines(lines, Substitute::CodePoint))
            .collect();
        Bytes::from(lines.join("\r\n"))
    }))
}

/// Length of a text without what the next chunk may complete: a begun character, or CR.
fn complete(text: &[u8]) -> usize {
    match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ if text.ends_with(b"\r") => text.len() - 1,
        _ => text.len(),
    }
}

/// Whether to color text for this stream: only on a terminal, and unless `NO_COLOR` is set (no-color.org).
pub(super) fn may_color(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && env::lookup(env::NO_COLOR).is_none_or(|value| value.is_empty())
}

/// Columns of the terminal, if known. Standard output and standard error of a terminal have the same width, and one of them
/// may be redirected.
pub(super) fn terminal_width() -> Option<u16> {
    let by_output = tcgetwinsize(std::io::stdout());
    let size = by_output.or_else(|_| tcgetwinsize(std::io::stderr()));
    size.ok().map(|size| size.ws_col).filter(|width| *width > 0)
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
    fn report_controls_no_terminal_however_it_is_divided() {
        let report = "name,x\r\nDe\u{1b}[2Jfa\u{202e}ult\rJ\u{fc}rgen,\u{9b}2K\n\u{10437}\r\n";
        let expected =
            "name,x\r\nDe[U+001B][2Jfa[U+202E]ult[U+000D]J\u{fc}rgen,[U+009B]2K\n\u{10437}\r\n";
        for size in 1..=report.len() {
            let chunks: Vec<_> = report
                .as_bytes()
                .chunks(size)
                .map(Bytes::copy_from_slice)
                .collect();
            let shown = visible(Box::new(chunks.into_iter())).collect::<Vec<_>>();
            assert_eq!(String::from_utf8_lossy(&shown.concat()), expected, "{size}");
        }
    }

    #[test]
    fn message_controls_no_terminal() {
        let text = "no domain was read: De\u{1b}[2Jfault\r\u{202e}\u{9b}2K\n  second line";
        assert_eq!(
            safe_lines(text, Substitute::QuestionMark),
            "no domain was read: De?[2Jfault???2K\n  second line"
        );
    }
}
