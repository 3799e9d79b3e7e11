//! Sections of the digest: a heading in capitals, and one line per item.
//!
//! A mail program shows text in a proportional font, at any width. So no line is wrapped, no column is aligned, and each item
//! is one line that says all by itself.

use crate::display;

use super::body::{Body, json_bytes};

/// Max characters of an item.
const ITEM_CHARS: usize = 700;

/// A section, with at most as many items as the settings allow.
pub(super) struct Section {
    heading: String,
    items: Vec<String>,
    total: u64,
    /// The place of the rest.
    elsewhere: String,
}

impl Section {
    /// A section of `items`, which are cut to `rows`. `elsewhere` names where the rest is: `in report.html`.
    pub(super) fn new(
        heading: impl Into<String>,
        items: impl Iterator<Item = String>,
        rows: usize,
        elsewhere: &str,
    ) -> Self {
        let mut section = Self::counted(heading, &[], 0, elsewhere);
        for item in items {
            section.total += 1;
            if section.items.len() < rows {
                section.items.push(line(&item));
            }
        }
        section
    }

    /// A section of the first of `total` items.
    pub(super) fn counted(
        heading: impl Into<String>,
        items: &[String],
        total: u64,
        elsewhere: &str,
    ) -> Self {
        Self {
            heading: heading.into(),
            items: items.iter().map(|item| line(item)).collect(),
            total,
            elsewhere: elsewhere.to_owned(),
        }
    }

    /// Adds items that were not kept.
    pub(super) const fn and_others(mut self, others: u64) -> Self {
        self.total += others;
        self
    }

    fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn more(&self, count: u64) -> String {
        format!("\u{2026} and {count} more {}", self.elsewhere)
            .trim_end()
            .to_owned()
    }

    /// The lines that a section always has, at their longest.
    fn frame(&self) -> Vec<String> {
        let longest = self.items.first().cloned().unwrap_or_default();
        vec![
            String::new(),
            self.heading.clone(),
            longest,
            self.more(self.total),
        ]
    }

    fn write(&self, body: &mut Body) {
        body.line("");
        body.line(&self.heading);
        let more = [self.more(self.total)];
        body.reserve(&more);
        let shown = self
            .items
            .iter()
            .take_while(|item| body.lines_if_they_fit(std::slice::from_ref(item)))
            .count();
        body.release(&more);
        let missing = self.total.saturating_sub(shown as u64);
        if missing > 0 {
            body.line(&self.more(missing));
        }
    }
}

/// Writes every section that has an item, while lines fit. Each has at least its first item, so that a long section hides no
/// other.
pub(super) fn write(sections: &[Section], body: &mut Body) {
    let sections: Vec<_> = sections
        .iter()
        .filter(|section| !section.is_empty())
        .collect();
    let frames: Vec<_> = sections.iter().map(|section| section.frame()).collect();
    for frame in &frames {
        body.reserve(frame);
    }
    for (section, frame) in sections.iter().zip(&frames) {
        body.release(frame);
        section.write(body);
    }
}

/// Writes a section if it has an item, and its frame fits.
pub(super) fn write_if_it_fits(section: &Section, body: &mut Body) {
    let frame = section.frame();
    let cost: usize = frame.iter().map(|line| json_bytes(line) + 2).sum();
    if !section.is_empty() && cost <= body.left() {
        section.write(body);
    }
}

fn line(item: &str) -> String {
    format!("- {}", display::line(item, ITEM_CHARS))
}
