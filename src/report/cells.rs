//! Cells of a CSV row, quoted as Python's `csv` module quotes them.
//!
//! The two scripts write with that module's defaults (`QUOTE_MINIMAL`, CRLF), and their readers parse with it: a cell is
//! quoted if it holds a comma, a double quote, CR or LF, and then double quotes are doubled. Nothing else is quoted,
//! also not a blank or an apostrophe. (The module's rule for a row of one empty cell has no case here.) Rows are written
//! straight into the chunk, with no allocation a cell; the `csv` crate reads them back in the tests.

use std::io::Write as _;

use crate::timestamp::Timestamp;

/// One row, written cell by cell into a chunk.
pub(super) struct Cells<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Cells<'a> {
    /// Begins a row at the end of `out`.
    pub(super) fn begin(out: &'a mut Vec<u8>) -> Self {
        Self { out, first: true }
    }

    /// A cell of our own words.
    pub(super) fn word(&mut self, word: &str) {
        self.separate();
        quote(self.out, "", word);
    }

    /// A cell of text that comes from the tenancy. A spreadsheet takes a cell that starts with one of `=`, `+`, `-`,
    /// `@`, tab or CR for a formula and runs it; with an apostrophe before it, it is text.
    pub(super) fn untrusted(&mut self, text: &str) {
        self.separate();
        let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            "'"
        } else {
            ""
        };
        quote(self.out, guard, text);
    }

    /// A whole number; empty where it is not known.
    pub(super) fn number(&mut self, number: Option<i64>) {
        self.separate();
        if let Some(number) = number {
            // Writing into memory does not fail.
            let _ = write!(self.out, "{number}");
        }
    }

    /// `true` or `false`; empty where it is not known.
    pub(super) fn flag(&mut self, flag: Option<bool>) {
        self.word(match flag {
            Some(true) => "true",
            Some(false) => "false",
            None => "",
        });
    }

    /// An instant as RFC 3339 in UTC; empty where it is not known.
    pub(super) fn instant(&mut self, instant: Option<Timestamp>) {
        self.separate();
        if let Some(instant) = instant {
            instant.write_rfc3339(|ascii| self.out.push(ascii));
        }
    }

    /// The UTC date of an instant; empty where it is not known.
    pub(super) fn date(&mut self, instant: Option<Timestamp>) {
        self.separate();
        if let Some(instant) = instant {
            instant.write_date(|ascii| self.out.push(ascii));
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
}

fn quote(out: &mut Vec<u8>, guard: &str, text: &str) {
    let special = |byte: &u8| matches!(byte, b',' | b'"' | b'\r' | b'\n');
    if !text.as_bytes().iter().any(special) {
        out.extend_from_slice(guard.as_bytes());
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(guard.as_bytes());
    for (index, part) in text.split('"').enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
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
    fn text_of_the_tenancy_is_never_a_formula() {
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
        // Numbers of our own stay numbers.
        assert_eq!(row(|cells| cells.number(Some(-5))), "-5\r\n");
    }

    proptest! {
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
