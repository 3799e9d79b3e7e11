//! `report.html`: one self-contained page for people, which sends no request.
//!
//! The page may be opened from a mail, a bucket or a disk, so everything is in it. Its policy forbids every request, and
//! runs only the style and the script whose SHA-256 it names. Untrusted text passes through [`escape`], and templates
//! escape what they insert.
//!
//! Sections are in the order of a reader's questions: must I act, what was not read, what is new, which, when, how. Each is a
//! function from [`Page`] to markup and one row of [`BEFORE_ROWS`] or [`AFTER_ROWS`].

mod changes;
mod controls;
mod coverage;
mod dates;
mod escape;
mod figures;
mod fleet;
mod frame;
mod links;
mod numbers;
mod page;
mod people;
mod rotate;
mod row;
mod rows;
mod table;
mod tally;
mod trend;
mod verdict;

use std::sync::{Arc, LazyLock};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::judge::Audit;
use crate::judge::changes::Comparison;
use crate::judge::controls::BrokenControls;
use crate::model::Verdict;

use crate::chunks::{ChunkSource, gather};

use self::escape::Shown;
use self::frame::{ICON, STYLE, source_hash};
use self::page::Page;

const SCRIPT: &str = include_str!("page.js");

/// What is allowed: these two elements, the icon, and nothing else.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; img-src data:; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        source_hash(STYLE),
        source_hash(SCRIPT)
    )
});

/// The sections before the rows of the table.
const BEFORE_ROWS: &[fn(&Page) -> Markup] = &[
    head,
    verdict::verdict,
    contents,
    coverage::incomplete_coverage,
    changes::changes,
    table::before_rows,
];

/// The sections after them.
const AFTER_ROWS: &[fn(&Page) -> Markup] = &[
    figures::weeks,
    controls::controls,
    figures::ages,
    changes::exceptions,
    coverage::complete_coverage,
    rotate::rotate,
    rotate::run,
    tail,
];

/// Bytes of the sections per step, so that no step makes a chunk much larger than others.
const SECTIONS_STEP: usize = 4 * 1024;

/// One step of the stream.
enum Step<'a> {
    Sections(&'a [u8]),
    OpenTable,
    HtmlRow(usize),
    OpenData,
    JsonPerson(usize),
    OpenRows,
    JsonRow(usize),
    CloseData,
}

impl Page {
    fn new(audit: Arc<Audit>) -> Self {
        let broken = BrokenControls::of(&audit);
        // The most urgent come first.
        let rows: Vec<u32> = (0..)
            .take(audit.findings.len().min(rows::MAX_ROWS))
            .collect();
        let mut page = Self {
            tally: tally::Tally::of(&audit, &broken),
            broken,
            controls: BrokenControls::all(),
            people: people::People::of(&audit, &rows),
            rows,
            audit,
            before_rows: String::new(),
            after_rows: String::new(),
        };
        page.before_rows = page.sections(BEFORE_ROWS);
        page.after_rows = page.sections(AFTER_ROWS);
        page
    }

    fn sections(&self, sections: &[fn(&Self) -> Markup]) -> String {
        let sections = sections
            .iter()
            .map(|section| section(self).into_string() + "\n");
        sections.collect()
    }

    fn html_rows(&self) -> usize {
        self.rows.len().min(table::HTML_ROWS)
    }

    fn steps(&self) -> usize {
        let data = 1 + self.people.len() + 1 + self.rows.len() + 1;
        let before = self.before_rows.len().div_ceil(SECTIONS_STEP);
        let after = self.after_rows.len().div_ceil(SECTIONS_STEP);
        before + 1 + self.html_rows() + data + after
    }

    fn step(&self, mut index: usize) -> Option<Step<'_>> {
        let mut before = self.before_rows.as_bytes().chunks(SECTIONS_STEP);
        let steps = before.len();
        if let Some(part) = before.nth(index) {
            return Some(Step::Sections(part));
        }
        index -= steps;
        let data = 1 + self.html_rows();
        let rows = data + 1 + self.people.len();
        let end = rows + 1 + self.rows.len();
        Some(match index {
            0 => Step::OpenTable,
            _ if index < data => Step::HtmlRow(index - 1),
            _ if index == data => Step::OpenData,
            _ if index < rows => Step::JsonPerson(index - data - 1),
            _ if index == rows => Step::OpenRows,
            _ if index < end => Step::JsonRow(index - rows - 1),
            _ if index == end => Step::CloseData,
            _ => {
                let mut after = self.after_rows.as_bytes().chunks(SECTIONS_STEP);
                Step::Sections(after.nth(index - end - 1)?)
            }
        })
    }

    fn write(&self, index: usize, out: &mut Vec<u8>) {
        match self.step(index) {
            Some(Step::Sections(part)) => out.extend_from_slice(part),
            Some(Step::OpenTable) => table::open(self, out),
            Some(Step::HtmlRow(row)) => rows::html_row(self, row, out),
            Some(Step::OpenData) => table::open_data(self, out),
            Some(Step::JsonPerson(person)) => self.people.json(&self.audit, person, out),
            Some(Step::OpenRows) => table::open_rows(out),
            Some(Step::JsonRow(row)) => rows::json_row(self, row, out),
            Some(Step::CloseData) => table::close_data(out),
            None => {}
        }
    }
}

pub(super) use self::fleet::fleet;

/// The page of a run.
pub(super) fn html(audit: Arc<Audit>) -> ChunkSource {
    let page = Page::new(audit);
    gather(
        |_| {},
        page.steps(),
        move |index, out| page.write(index, out),
    )
}

/// Up to the first section. [`tail`] closes the elements that it opens.
fn head(page: &Page) -> Markup {
    html! {
        (DOCTYPE)
        (PreEscaped("<html lang=\"en\"><head>"))
        // The policy precedes everything that it applies to.
        meta charset="utf-8";
        meta http-equiv="Content-Security-Policy" content=(*POLICY);
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        meta name="referrer" content="no-referrer";
        meta name="robots" content="noindex";
        link rel="icon" href=(ICON);
        title { "Credential audit, " (Shown(&page.audit.run.tenancy.display_name())) ", " (page.audit.run.as_of().date()) }
        style { (PreEscaped(STYLE)) }
        (PreEscaped("</head><body>"))
        a.skip href="#findings" { "Skip to the credentials" }
        (PreEscaped("<main>"))
    }
}

fn contents(page: &Page) -> Markup {
    let sections = [
        ("changes", "What changed"),
        ("findings", "Credentials"),
        ("weeks", "Due by week"),
        ("controls", "CIS controls"),
        ("ages", "Ages"),
        ("exceptions", "Exceptions"),
        ("coverage", "Coverage"),
        ("rotate", "How to rotate"),
    ];
    // Empty sections are left out.
    let is_there = |id: &str| match id {
        "changes" => !matches!(page.audit.comparison, Comparison::NotMade),
        "exceptions" => page.audit.exceptions.source.is_some(),
        _ => true,
    };
    let is_first = |id: &str| id == "coverage" && page.audit.verdict != Verdict::Complete;
    let first = sections.into_iter().filter(|(id, _)| is_first(id));
    let others = sections
        .into_iter()
        .filter(|(id, _)| is_there(id) && !is_first(id));
    html! {
        nav.contents aria-label="Sections" {
            ul { @for (id, title) in first.chain(others) { li { a href={ "#" (id) } { (title) } } } }
        }
    }
}

fn tail(_: &Page) -> Markup {
    html! {
        (PreEscaped("</main>"))
        script { (PreEscaped(SCRIPT)) }
        (PreEscaped("</body></html>"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_cannot_end_their_elements() {
        assert!(!STYLE.contains("</"));
        assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
    }
}
