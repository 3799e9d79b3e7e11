//! Lays out columns of text. A row is always one line: what does not fit is cut, never wrapped.

use unicode_width::UnicodeWidthChar as _;

const GAP: &str = "  ";
const ELLIPSIS: char = '\u{2026}';

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) heading: &'static str,
    pub(super) width: ColumnWidth,
}

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnWidth {
    /// As its widest cell.
    Fixed,
    /// As its widest cell, which is aligned to the right.
    Number,
    /// As its widest cell, or less if a row would not fit, but no less than `min`.
    Flexible { min: usize },
}

/// A cell of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) cut: Cut,
    pub(super) color: Option<Color>,
}

/// The part that is cut off a cell that does not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Cut {
    #[default]
    End,
    /// For ids and fingerprints, which differ at their ends.
    Front,
}

/// A color, by its number in ANSI sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    Red = 31,
    Yellow = 33,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// The headings and one line per row, within `width` if there is one. Cells are safe for a terminal already.
pub(super) fn lines(columns: &[Column], rows: &[Vec<Cell>], width: Option<usize>) -> String {
    let headings = columns.iter().map(|column| Cell::from(column.heading));
    let headings: Vec<_> = headings.collect();
    let rows = || std::iter::once(&headings).chain(rows);
    let widest = |index: usize| {
        let cells = rows().filter_map(|row| row.get(index));
        cells.map(|cell| columns_of(&cell.text)).max().unwrap_or(0)
    };
    let mut widths: Vec<_> = (0..columns.len()).map(widest).collect();
    if let Some(width) = width {
        fit(columns, &mut widths, width);
    }
    let mut text = String::new();
    for row in rows() {
        let mut line = String::new();
        for ((cell, column), width) in row.iter().zip(columns).zip(&widths) {
            if !line.is_empty() {
                line.push_str(GAP);
            }
            line.push_str(&cell.padded(column.width, *width));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Narrows the flexible columns until a row fits: each gets its min, and what is left is shared, the widest being cut first.
fn fit(columns: &[Column], widths: &mut [usize], width: usize) {
    let mut flexible = Vec::new();
    let mut left = width.saturating_sub(GAP.len() * columns.len().saturating_sub(1));
    for (index, column) in columns.iter().enumerate() {
        let least = match column.width {
            ColumnWidth::Flexible { min } if widths[index] > min => {
                flexible.push((widths[index] - min, index));
                min
            }
            _ => widths[index],
        };
        widths[index] = least;
        left = left.saturating_sub(least);
    }
    flexible.sort_unstable();
    let count = flexible.len();
    for (done, (wanted, index)) in flexible.into_iter().enumerate() {
        let more = wanted.min(left / (count - done));
        widths[index] += more;
        left -= more;
    }
}

impl Cell {
    fn padded(&self, column: ColumnWidth, width: usize) -> String {
        let text = match self.cut {
            Cut::End => cut_end(&self.text, width),
            Cut::Front => cut_front(&self.text, width),
        };
        let blank = " ".repeat(width.saturating_sub(columns_of(&text)));
        let text = match self.color {
            Some(color) => format!("\u{1b}[{}m{text}\u{1b}[0m", color as u8),
            None => text,
        };
        match column {
            ColumnWidth::Number => blank + &text,
            ColumnWidth::Fixed | ColumnWidth::Flexible { .. } => text + &blank,
        }
    }
}

/// Columns that a text takes.
fn columns_of(text: &str) -> usize {
    text.chars().map(column_of).sum()
}

fn column_of(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// `text` in at most `width` columns, the last an ellipsis if the end is cut off.
fn cut_end(text: &str, width: usize) -> String {
    if columns_of(text) <= width {
        return text.to_owned();
    }
    let mut kept: String = fitting(text.chars(), width).collect();
    kept.push(ELLIPSIS);
    kept
}

/// `text` in at most `width` columns, the first an ellipsis if the front is cut off.
pub(super) fn cut_front(text: &str, width: usize) -> String {
    if columns_of(text) <= width {
        return text.to_owned();
    }
    let mut kept: Vec<_> = fitting(text.chars().rev(), width).collect();
    kept.push(ELLIPSIS);
    kept.into_iter().rev().collect()
}

/// The first characters that leave room for an ellipsis.
fn fitting(characters: impl Iterator<Item = char>, width: usize) -> impl Iterator<Item = char> {
    let mut left = width.saturating_sub(column_of(ELLIPSIS));
    characters.take_while(
        move |character| match left.checked_sub(column_of(*character)) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLUMNS: [Column; 4] = [
        Column {
            heading: "ACTION",
            width: ColumnWidth::Fixed,
        },
        Column {
            heading: "DAYS",
            width: ColumnWidth::Number,
        },
        Column {
            heading: "PERSON",
            width: ColumnWidth::Flexible { min: 6 },
        },
        Column {
            heading: "LABEL",
            width: ColumnWidth::Flexible { min: 6 },
        },
    ];

    fn row(person: &str, label: &str) -> Vec<Cell> {
        let label = Cell {
            cut: Cut::Front,
            ..Cell::from(label)
        };
        vec!["rotate".into(), "94".into(), person.into(), label]
    }

    #[test]
    fn widest_flexible_column_is_cut_first() {
        let rows = [
            row("jane.roe@example.com", "20:3b:97:13"),
            row("j\u{f6}rg", "ab"),
        ];
        assert_eq!(
            lines(&COLUMNS, &rows, None),
            "ACTION  DAYS  PERSON                LABEL\n\
             rotate    94  jane.roe@example.com  20:3b:97:13\n\
             rotate    94  j\u{f6}rg                  ab\n"
        );
        assert_eq!(
            lines(&COLUMNS, &rows, Some(36)),
            "ACTION  DAYS  PERSON      LABEL\n\
             rotate    94  jane.roe@\u{2026}  \u{2026}:3b:97:13\n\
             rotate    94  j\u{f6}rg        ab\n"
        );
        assert_eq!(
            lines(&COLUMNS, &rows[1..], Some(36)),
            "ACTION  DAYS  PERSON  LABEL\nrotate    94  j\u{f6}rg    ab\n"
        );
    }

    #[test]
    fn colored_cell_is_as_wide_as_a_plain_one() {
        let mut colored = row("jane", "ab");
        colored[0].color = Some(Color::Red);
        let text = lines(&COLUMNS, &[colored], None);
        assert!(
            text.ends_with("\n\u{1b}[31mrotate\u{1b}[0m    94  jane    ab\n"),
            "{text:?}"
        );
    }

    proptest! {
        #[test]
        fn each_row_is_one_line_that_fits(
            names in prop::collection::vec(("[a-z\u{e4}\u{5b57}]{0,60}", "[a-z\u{5b57}]{0,60}"), 0..5),
            width in 40_usize..130,
        ) {
            let rows: Vec<_> = names.iter().map(|(person, label)| row(person, label)).collect();
            let text = lines(&COLUMNS, &rows, Some(width));
            prop_assert_eq!(text.lines().count(), rows.len() + 1);
            for line in text.lines() {
                prop_assert!(columns_of(line) <= width, "{:?}", line);
            }
        }
    }
}
