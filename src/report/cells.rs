//! Rows of CSV files, quoted as Python's `csv` module quotes them.
//!
//! The two scripts write with that module's defaults (`QUOTE_MINIMAL`, CRLF), and their readers parse with it. The `csv`
//! crate's writer agrees: it quotes cells that hold a comma, a double quote, CR or LF. The guard against formulas is ours.

use csv::{Terminator, Writer, WriterBuilder};

use crate::chunks::Chunk;
use crate::display;
use crate::timestamp::Timestamp;

/// The writer copies this much at a time into the chunk.
const BUFFER_BYTES: usize = 4 * 1024;

/// Rows of one chunk, written cell by cell. Writing into memory does not fail, so results of the writer are ignored.
pub(super) struct Cells {
    writer: Writer<Vec<u8>>,
}

impl Chunk for Cells {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            writer: WriterBuilder::new()
                .terminator(Terminator::CRLF)
                // A chunk may hold the header and rows, or rows alone. The writer need not compare their lengths.
                .flexible(true)
                .buffer_capacity(BUFFER_BYTES)
                .from_writer(Vec::with_capacity(bytes)),
        }
    }

    fn max_len(&self) -> usize {
        self.writer.get_ref().len() + BUFFER_BYTES
    }

    fn into_bytes(self) -> Vec<u8> {
        self.writer.into_inner().unwrap_or_default()
    }
}

/// Whether a spreadsheet may run a cell as a formula: it starts with one of the characters of OWASP's page on CSV injection,
/// also behind blanks and invisible characters, which some programs drop.
fn may_be_a_formula(text: &str) -> bool {
    let Some(first) = text.bytes().next() else {
        return false;
    };
    // Most names begin with one of these.
    if first.is_ascii_alphanumeric() {
        return false;
    }
    let is_dropped = |character: char| character.is_whitespace() || display::is_unfit(character);
    text.starts_with(['\t', '\r', '\n'])
        || text.trim_start_matches(is_dropped).starts_with([
            '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
        ])
}

impl Cells {
    /// A cell of the program's own words.
    pub(super) fn word(&mut self, word: &str) {
        let _ = self.writer.write_field(word);
    }

    /// A cell of untrusted text. An apostrophe before a formula makes it text.
    pub(super) fn untrusted(&mut self, text: &str) {
        if may_be_a_formula(text) {
            self.word(&format!("'{text}"));
        } else {
            self.word(text);
        }
    }

    /// A whole number; empty if unknown.
    pub(super) fn number(&mut self, number: Option<i64>) {
        match number {
            Some(number) => self.word(itoa::Buffer::new().format(number)),
            None => self.word(""),
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
        match timestamp {
            Some(timestamp) => self.word(&timestamp.rfc3339_text()),
            None => self.word(""),
        }
    }

    /// The UTC date of a timestamp; empty if unknown.
    pub(super) fn date(&mut self, timestamp: Option<Timestamp>) {
        match timestamp {
            Some(timestamp) => self.word(&timestamp.date_text()),
            None => self.word(""),
        }
    }

    /// Ends the row.
    pub(super) fn end_row(&mut self) {
        let _ = self.writer.write_record(None::<&[u8]>);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunks::gather_into;
    use proptest::prelude::*;

    fn row(write: impl Fn(&mut Cells)) -> String {
        let mut cells = Cells::with_capacity(0);
        write(&mut cells);
        cells.end_row();
        String::from_utf8(cells.into_bytes()).expect("text")
    }

    /// The rule of Python's `QUOTE_MINIMAL`, written down a second time.
    fn quoted_minimally(texts: &[impl AsRef<str>]) -> String {
        let cells: Vec<_> = texts
            .iter()
            .map(|text| match text.as_ref() {
                text if text.contains([',', '"', '\r', '\n']) => {
                    format!("\"{}\"", text.replace('"', "\"\""))
                }
                text => text.to_owned(),
            })
            .collect();
        cells.join(",") + "\r\n"
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
            ("\nx", "\"'\nx\""),
            ("\u{ff1d}1+1", "'\u{ff1d}1+1"),
            ("\u{ff0b}1", "'\u{ff0b}1"),
            ("\u{ff0d}1", "'\u{ff0d}1"),
            ("\u{ff20}SUM(A1)", "'\u{ff20}SUM(A1)"),
            (" =1", "' =1"),
            ("\u{a0}\u{3000}+1", "'\u{a0}\u{3000}+1"),
            ("\u{feff}=1", "'\u{feff}=1"),
            ("\u{200b}\u{2060}@x", "'\u{200b}\u{2060}@x"),
            ("\0-1", "'\0-1"),
            ("\"=1", "\"\"\"=1\""),
            ("'=1", "'=1"),
            (" a=1", " a=1"),
            (" ", " "),
            ("\u{fc}=", "\u{fc}="),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            let written = row(|cells| {
                cells.untrusted(text);
                cells.word("x");
            });
            assert_eq!(written, format!("{expected},x\r\n"), "{text:?}");
        }
        // Negative numbers stay numbers.
        assert_eq!(row(|cells| cells.number(Some(-5))), "-5\r\n");
    }

    /// Cells of many lengths cross the ends of the writer's buffer.
    #[test]
    fn rows_do_not_depend_on_where_a_buffer_or_chunk_ends() {
        let texts = |index: usize| {
            let (plain, quoted) = (index * 7 % 900, index % 450);
            ["x".repeat(plain), "\",".repeat(quoted), String::new()]
        };
        let rows = 2_000;
        let chunks: Vec<_> = gather_into::<Cells>(
            |_| {},
            rows,
            move |index, cells| {
                texts(index).iter().for_each(|text| cells.word(text));
                cells.end_row();
            },
        )()
        .collect();
        let (last, full) = chunks.split_last().expect("chunks");
        assert!(full.len() > 1 && !last.is_empty());
        for chunk in full {
            let len = chunk.len();
            assert!((60 * 1024..66 * 1024).contains(&len), "{len} bytes");
        }
        let expected: String = (0..rows)
            .map(|index| quoted_minimally(&texts(index)))
            .collect();
        assert!(chunks.concat() == expected.into_bytes());
    }

    proptest! {
        #[test]
        fn rows_are_quoted_minimally(texts in prop::collection::vec("[ -~\\t\\r\\n\u{fc}\u{2028}]{0,12}|\\PC{0,12}|[,\"\r\na]{0,9}", 2..6)) {
            let written = row(|cells| texts.iter().for_each(|text| cells.word(text)));
            prop_assert_eq!(written, quoted_minimally(&texts));
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
                .map(|text| {
                    if may_be_a_formula(text) {
                        format!("'{text}")
                    } else {
                        text.clone()
                    }
                })
                .collect();
            prop_assert_eq!(record.iter().collect::<Vec<_>>(), guarded);
            prop_assert!(reader.records().next().is_none());
        }
    }
}
