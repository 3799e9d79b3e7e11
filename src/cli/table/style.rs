//! How the table is printed, and what else the command writes.

use crate::display::wrap;

/// Columns of a terminal of unknown width.
const FALLBACK_WIDTH: u16 = 120;
/// Min columns. A terminal that reports fewer is not believed.
const MIN_WIDTH: u16 = 40;

/// How the table is printed.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Style {
    pub(super) color: bool,
    /// Columns of the terminal; `None` for a file or a pipe, whose lines have any length.
    pub(super) width: Option<usize>,
}

impl Style {
    /// The style of a file or a pipe.
    pub(in crate::cli) const PLAIN: Self = Self {
        color: false,
        width: None,
    };

    /// The style of a terminal of this width, if known.
    pub(in crate::cli) fn of_terminal(color: bool, width: Option<u16>) -> Self {
        let width = width.filter(|width| *width >= MIN_WIDTH);
        Self {
            color,
            width: Some(usize::from(width.unwrap_or(FALLBACK_WIDTH))),
        }
    }

    /// A paragraph, each of its lines after `indent`. Only a terminal breaks lines.
    pub(super) fn paragraph(self, text: &str, indent: &str) -> String {
        let lines = match self.width {
            Some(width) => wrap(text, indent, width),
            None => vec![format!("{indent}{text}")],
        };
        lines.into_iter().map(|line| line + "\n").collect()
    }
}

/// The output that lists every credential, not only the first ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum FullList {
    /// In this file.
    File(String),
    /// On standard output.
    StandardOutput,
    /// Nowhere.
    None,
}

/// What else the command writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Outputs {
    pub(in crate::cli) full_list: FullList,
    /// Whether a page has the steps for each credential.
    pub(in crate::cli) page: bool,
}
