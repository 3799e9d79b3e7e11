//! Notes below the sections of the digest: headings with a count and their items, within a number of bytes.

use crate::display::wrap;

use super::body::json_bytes;
use super::form::WIDTH;

/// Max bytes of all notes; credentials need the rest. The manifest has more.
const NOTES_BYTES: usize = 8_000;

/// A heading, which a count follows.
#[derive(Clone, Copy)]
pub(super) struct Heading {
    title: &'static str,
    /// What it means, or what to do.
    advice: Option<&'static str>,
}

impl Heading {
    pub(super) const fn of(title: &'static str) -> Self {
        Self {
            title,
            advice: None,
        }
    }

    pub(super) const fn with_advice(title: &'static str, advice: &'static str) -> Self {
        Self {
            title,
            advice: Some(advice),
        }
    }
}

/// Notes within [`NOTES_BYTES`].
#[derive(Default)]
pub(super) struct Notes {
    pub(super) lines: Vec<String>,
    bytes: usize,
}

impl Notes {
    pub(super) fn add(&mut self, heading: Heading, items: impl Iterator<Item = String>) {
        self.add_some(heading, items, 0);
    }

    /// Adds `items`, and counts `others` that were not kept.
    pub(super) fn add_some(
        &mut self,
        heading: Heading,
        items: impl Iterator<Item = String>,
        others: u64,
    ) {
        let items: Vec<String> = items.collect();
        self.add_counted(heading, items.len() as u64 + others, &items, others);
    }

    /// Adds a heading with its count, and items.
    pub(super) fn add_counted(
        &mut self,
        heading: Heading,
        count: u64,
        items: &[String],
        others: u64,
    ) {
        if items.is_empty() {
            return;
        }
        // Headings are few and short; what they count is exact.
        self.lines.push(String::new());
        let Heading { title, advice } = heading;
        self.lines.push(match advice {
            Some(advice) => format!("{title}: {count} - {advice}"),
            None => format!("{title}: {count}"),
        });
        for (index, item) in items.iter().enumerate() {
            let lines = wrap(item, "    ", WIDTH);
            let cost: usize = lines.iter().map(|line| json_bytes(line) + 2).sum();
            if self.bytes + cost > NOTES_BYTES {
                self.more((items.len() - index) as u64 + others);
                return;
            }
            self.bytes += cost;
            for (place, mut line) in lines.into_iter().enumerate() {
                if place == 0 {
                    line.replace_range(..2, "");
                }
                self.lines.push(line);
            }
        }
        if others > 0 {
            self.more(others);
        }
    }

    fn more(&mut self, count: u64) {
        self.lines.push(format!("  \u{2026} and {count} more"));
    }
}
