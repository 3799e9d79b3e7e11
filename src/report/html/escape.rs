//! Untrusted text on the page.
//!
//! Templates escape it, so that no name becomes markup or script. Invisible characters, and those that reorder text, are
//! shown by number (`[U+202E]`), also in the data that the script reads.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use maud::{Escaper, Render};
use serde_json::ser::Formatter;

use crate::display::{Substitute, first_chars, safe};

/// Max characters of a text; `credentials.csv` has all of it.
const MAX_CHARS: usize = 300;

/// Untrusted text in a template: made safe to show, and escaped.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl Render for Shown<'_> {
    fn render_to(&self, buffer: &mut String) {
        // Writing into memory does not fail.
        let _ = Escaper::new(buffer).write_str(&shown(self.0));
    }
}

/// The first characters of a text, the invisible ones by number. Nearly every text is shown as it is.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    let begun = first_chars(text, MAX_CHARS);
    let shown = safe(begun, Substitute::CodePoint);
    if begun.len() == text.len() {
        return shown;
    }
    let mut shown = shown.into_owned();
    shown.push('\u{2026}');
    Cow::Owned(shown)
}

/// JSON for a `<script>` element. `</script` ends the element and `<!--` changes its parsing, so no `<` may be in it.
/// Outside of strings JSON has none.
pub(super) fn script_json(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    let mut serializer = serde_json::Serializer::with_formatter(out, WithoutLessThan);
    // Strings, numbers and lists of them always become JSON, and writing into memory does not fail.
    let _ = value.serialize(&mut serializer);
}

/// Escapes `<` in strings of JSON.
struct WithoutLessThan;

impl Formatter for WithoutLessThan {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for (index, part) in fragment.split('<').enumerate() {
            if index > 0 {
                out.write_all(b"\\u003c")?;
            }
            out.write_all(part.as_bytes())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn invisible_characters_are_shown_by_number() {
        for (text, expected) in [
            ("jane.roe@example.com", "jane.roe@example.com"),
            ("J\u{fc}rgen \u{5b57}", "J\u{fc}rgen \u{5b57}"),
            ("a\u{202e}nimda", "a[U+202E]nimda"),
            ("line\r\nbreak", "line[U+000D][U+000A]break"),
            ("\u{feff}\u{e0041}", "[U+FEFF][U+E0041]"),
        ] {
            assert_eq!(shown(text), expected);
        }
        assert!(matches!(shown("~ and blank"), Cow::Borrowed(_)));
        assert_eq!(shown(&"x".repeat(301)).chars().count(), 301);
        assert!(shown(&"x".repeat(301)).ends_with('\u{2026}'));
    }

    proptest! {
        #[test]
        fn no_text_becomes_markup(text in "(?s)[<>&\"'/a-z!-]{0,20}.{0,20}") {
            let html = Shown(&text).render().into_string();
            prop_assert!(!html.contains(['<', '>', '"']), "{html}");
            let read = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            prop_assert_eq!(read, shown(&text));
        }

        #[test]
        fn script_json_cannot_end_its_element_and_is_read_back(text in "(?s)[<>&\"'/a-z!-]{0,20}.{0,20}") {
            let mut json = Vec::new();
            script_json(&mut json, &text);
            prop_assert!(!json.contains(&b'<'));
            let read: String = serde_json::from_slice(&json).expect("JSON");
            prop_assert_eq!(read, text);
        }
    }
}
