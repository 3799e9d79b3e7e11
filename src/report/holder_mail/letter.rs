//! A letter as blocks, from which both the text and the HTML are written: neither can say what the other does not.
//!
//! The HTML has no image, no link but the contact's, no script, and only the colors of the
//! system, so that a dark mail program stays dark.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// A part of a letter. Texts are safe to show.
pub(super) enum Block {
    /// A paragraph.
    Paragraph(String),
    /// Something to do: its title, what it is about, and its steps in sequence.
    Task {
        title: String,
        about: Vec<String>,
        steps: Vec<String>,
    },
    /// A paragraph that ends with the contact.
    Contact { words: String, contact: Contact },
}

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    /// A page.
    Page(String),
    /// An address.
    Address(String),
    /// Anything else, such as the name of a channel.
    Words(String),
}

impl Contact {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Page(text) | Self::Address(text) | Self::Words(text) => text,
        }
    }

    fn markup(&self) -> Markup {
        match self {
            Self::Page(url) => html! { a href=(url) { (url) } },
            // A mail program makes a link of it.
            Self::Address(text) | Self::Words(text) => html! { (text) },
        }
    }
}

const STYLE: &str = "html{background:Canvas;color:CanvasText}a{color:LinkText}body{font-family:system-ui,sans-serif;line-height:1.5;max-width:40rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}h1{font-size:1.25rem}h2{font-size:1.05rem;margin-bottom:0}p,ol{margin:.5rem 0}";

/// The plain text.
pub(super) fn text(blocks: &[Block]) -> String {
    let mut parts = Vec::new();
    let mut tasks = 0;
    for block in blocks {
        parts.push(match block {
            Block::Paragraph(text) => text.clone(),
            Block::Contact { words, contact } => format!("{words} {}", contact.text()),
            Block::Task {
                title,
                about,
                steps,
            } => {
                tasks += 1;
                let mut lines = vec![format!("{tasks}. {title}")];
                lines.extend(about.iter().map(|line| format!("   {line}")));
                let steps = ('a'..='z').zip(steps);
                lines.extend(steps.map(|(letter, step)| format!("   {letter}) {step}")));
                lines.join("\n")
            }
        });
    }
    parts.join("\n\n") + "\n"
}

/// The HTML.
pub(super) fn html(title: &str, blocks: &[Block]) -> String {
    let mut tasks = 0;
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { ":root{color-scheme:light dark}" (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (title) }
                    @for block in blocks {
                        @match block {
                            Block::Paragraph(text) => { p { (text) } },
                            Block::Contact { words, contact } => { p { (words) " " (contact.markup()) } },
                            Block::Task { title, about, steps } => {
                                h2 { ({ tasks += 1; tasks }) ". " (title) }
                                @for line in about { p { (line) } }
                                ol type="a" { @for step in steps { li { (step) } } }
                            },
                        }
                    }
                }
            }
        }
    };
    document.into_string()
}
