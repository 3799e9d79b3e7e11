//! Links to the console: the only ones that leave the page, and only on a click.

use maud::{Markup, html};

/// A link to a page of the console, which learns nothing of this page.
pub(super) fn console_link(url: &str, words: &str) -> Markup {
    html! { a href=(url) target="_blank" rel="noopener noreferrer" { (words) } }
}
