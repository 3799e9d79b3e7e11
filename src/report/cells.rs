//! Cells of a CSV row, quoted as the `csv` crate and Python's `csv` module quote them.
//!
//! The two scripts write with that module's defaults (`QUOTE_MINIMAL`, CRLF), and their readers parse with it. `csv-core`
//! decides which cell is quoted and doubles its quotes. Separators and line ends are written here, into the chunk itself:
//! `csv::Writer` copies each cell twice and costs a run 5 % more instructions. (A row of one empty cell would need
//! quotes; no report has one.)

use std::io::Write as _;
use std::sync::LazyLock;

use csv_core::{Terminator, WriteResult, Writer, WriterBuilder};

use crate::timestamp::Timestamp;

/// Quotes cells that hold a comma, a double quote, CR or LF.
static QUOTING: LazyLock<Writer> =
    LazyLock::new(|| WriterBuilder::new().terminator(Terminator::CRLF).build());

/// One row, written cell by cell into a chunk.
pub(super) struct Cells<'a> {
    out: &'a mut Vec<u8>,
    quoting: &'static Writer,
    first: bool,
}

impl<'a> Cells<'a> {
    /// Begins a row at the end of `out`.
    pub(super) fn begin(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            quoting: &QUOTING,
            first: true,
        }
    }

    /// A cell of the program's own words.
    pub(super) fn word(&mut self, word: &str) {
        self.text("", word);
    }

    /// A cell of untrusted text. A spreadsheet runs a cell that starts with `=`, `+`, `-`, `@`, tab or CR as a formula; an
    /// apostrophe before it makes it text.
    pub(super) fn untrusted(&mut self, text: &str) {
        let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            "'"
        } else {
            ""
        };
        self.text(guard, text);
    }

    /// A whole number; empty if unknown.
    pub(super) fn number(&mut self, number: Option<i64>) {
        self.separate();
        if let Some(number) = number {
            // Writing into memory does not fail.
            let _ = write!(self.out, "{number}");
        }
    }

    /// `true` or `false`; empty if unknown.
    pub(super) fn flag(&mut self, flag: Option<bool>) {
        self.word(match flag {
            Some(true) => "true",
            Some(false) => "false",
            None => "",
        });
    }

    /// A timestamp as RFC 3339 in UTC; empty if unknown.
    pub(super) fn timestamp(&mut self, timestamp: Option<Timestamp>) {
        self.separate();
        if let Some(timestamp) = timestamp {
            timestamp.write_rfc3339(|ascii| self.out.push(ascii));
        }
    }

    /// The UTC date of a timestamp; empty if unknown.
    pub(super) fn date(&mut self, timestamp: Option<Timestamp>) {
        self.separate();
        if let Some(timestamp) = timestamp {
            timestamp.write_date(|ascii| self.out.push(ascii));
        }
    }

    /// Ends the row.
    pub(super) fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }

    fn separate(&mut self) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b',');
        }
    }

    fn text(&mut self, guard: &str, text: &str) {
        self.separate();
        let is_quoted = self.quoting.should_quote(text.as_bytes());
        if is_quoted {
            self.out.push(b'"');
        }
        self.out.extend_from_slice(guard.as_bytes());
        if is_quoted {
            double_quotes(text.as_bytes(), self.out);
            self.out.push(b'"');
        } else {
            self.out.extend_from_slice(text.as_bytes());
        }
    }
}

/// Appends the content of a quoted cell.
fn double_quotes(mut text: &[u8], out: &mut Vec<u8>) {
    loop {
        let start = out.len();
        // Room for two double quotes; more of them need another turn.
        out.resize(start + text.len() + 2, 0);
        let (result, read, written) = csv_core::quote(text, &mut out[start..], b'"', b'"', true);
        out.truncate(start + written);
        if result == WriteResult::InputEmpty {
            return;
        }
        text = &text[read..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(write: impl Fn(&mut Cells<'_>)) -> String {
        let mut out = Vec::new();
        let mut cells = Cells::begin(&mut out);
        write(&mut cells);
        cells.end();
        String::from_utf8(out).expect("text")
    }

    /// What `csv.writer(f).writerow([text, "x"])` of Python 3.12 writes, before its comma.
    #[test]
    fn cells_are_quoted_as_by_pythons_csv_module() {
        let table = [
            ("", ""),
            ("plain", "plain"),
            ("with blank", "with blank"),
            (" leading and trailing ", " leading and trailing "),
            ("o'brien@example.com", "o'brien@example.com"),
            ("o\"brien@example.com", "\"o\"\"brien@example.com\""),
            ("\"", "\"\"\"\""),
            ("\"\"", "\"\"\"\"\"\""),
            ("a,b", "\"a,b\""),
            (",", "\",\""),
            ("a\rb", "\"a\rb\""),
            ("a\nb", "\"a\nb\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("a\tb", "a\tb"),
            ("a;b|c", "a;b|c"),
            ("back\\slash", "back\\slash"),
            ("J\u{fc}rgen \u{5b57}", "J\u{fc}rgen \u{5b57}"),
            ("a\u{2028}b\u{85}c\u{b}d", "a\u{2028}b\u{85}c\u{b}d"),
            ("ENABLED, None CONFIGURED", "\"ENABLED, None CONFIGURED\""),
        ];
        for (text, expected) in table {
            let written = row(|cells| {
                cells.word(text);
                cells.word("x");
            });
            assert_eq!(written, format!("{expected},x\r\n"), "{text:?}");
        }
    }

    #[test]
    fn untrusted_text_is_never_a_formula() {
        for (text, expected) in [
            ("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("=\"a\",1", "\"'=\"\"a\"\",1\""),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(
                row(|cells| cells.untrusted(text)),
                format!("{expected}\r\n"),
                "{text:?}"
            );
        }
        // Negative numbers stay numbers.
        assert_eq!(row(|cells| cells.number(Some(-5))), "-5\r\n");
    }

    proptest! {
        #[test]
        fn rows_are_those_of_the_csv_crate(texts in prop::collection::vec("[ -~\\t\\r\\n\u{fc}\u{2028}]{0,12}|\\PC{0,12}|[,\"\r\na]{0,9}", 2..6)) {
            let written = row(|cells| texts.iter().for_each(|text| cells.word(text)));
            let mut writer = csv::WriterBuilder::new()
                .terminator(csv::Terminator::CRLF)
                .from_writer(Vec::new());
            writer.write_record(&texts).expect("into memory");
            prop_assert_eq!(written.into_bytes(), writer.into_inner().expect("into memory"));
        }

        #[test]
        fn every_cell_is_read_back(texts in prop::collection::vec("[ -~\\t\\r\\n\u{fc}\u{2028}]{0,12}|\\PC{0,12}|[=+@,\"\r\n-]{1,4}", 2..6)) {
            let written = row(|cells| texts.iter().for_each(|text| cells.untrusted(text)));
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_reader(written.as_bytes());
            let record = reader.records().next().expect("a row").expect("readable");
            let guarded: Vec<_> = texts
                .iter()
                .map(|text| match text.chars().next() {
                    Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
                    _ => text.clone(),
                })
                .collect();
            prop_assert_eq!(record.iter().collect::<Vec<_>>(), guarded);
            prop_assert!(reader.records().next().is_none());
        }
    }
}
