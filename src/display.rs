//! Text from outside, made safe to show: in the digest, on the page, in the calendar, at a terminal.
//!
//! A name in a tenancy can hold any character. Some are invisible, reorder the text around them or control a terminal, so
//! that one name passes for another. There is one set of these characters, and each is replaced where text is shown.

use std::borrow::Cow;
use std::fmt::Write as _;

const ELLIPSIS: char = '\u{2026}';

/// What is shown in place of an unfit character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Substitute {
    /// `?`, as wide as any character.
    QuestionMark,
    /// Its number: `[U+202E]`.
    CodePoint,
}

/// Whether a character must not be shown: control characters, separators of lines and paragraphs, and invisible characters
/// (marks, embeddings and isolates of direction, joiners, fillers, annotations, tags, the byte order mark, the blank of
/// Braille).
pub(crate) const fn is_unfit(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// `text` with a substitute for each unfit character; the text itself if it has none.
pub(crate) fn safe(text: &str, substitute: Substitute) -> Cow<'_, str> {
    let is_plain = |byte| matches!(byte, b' '..=b'~');
    if text.bytes().all(is_plain) || !text.contains(is_unfit) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match substitute {
            _ if !is_unfit(character) => safe.push(character),
            Substitute::QuestionMark => safe.push('?'),
            // Writing into memory does not fail.
            Substitute::CodePoint => {
                let _ = write!(safe, "[U+{:04X}]", u32::from(character));
            }
        }
    }
    Cow::Owned(safe)
}

/// A line of JSON with `\uXXXX` for each unfit character. Line breaks between values stay.
pub(crate) fn json_escaped(json: &str) -> Cow<'_, str> {
    let is_to_escape = |character: char| character != '\n' && is_unfit(character);
    if !json.contains(is_to_escape) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if is_to_escape(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing into memory does not fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// One line of at most `chars` characters, cut at its end, with `?` for unfit characters.
pub(crate) fn line(text: &str, chars: usize) -> String {
    // One more than is shown, so that `cut` sees whether to cut.
    let begun = first_chars(text, chars.saturating_add(1));
    cut(&safe(begun, Substitute::QuestionMark), chars)
}

/// The first `chars` characters of `text`.
pub(crate) fn first_chars(text: &str, chars: usize) -> &str {
    // A character has at least one byte.
    if text.len() <= chars {
        return text;
    }
    let end = text.char_indices().nth(chars);
    end.map_or(text, |(end, _)| &text[..end])
}

/// `text` with at most `chars` characters, the last an ellipsis if the end is cut off.
pub(crate) fn cut(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let kept = first_chars(text, chars.saturating_sub(1));
    let mut kept = kept.trim_end().to_owned();
    if chars > 0 {
        kept.push(ELLIPSIS);
    }
    kept
}

/// `text` with at most `chars` characters, the first an ellipsis if the front is cut off. For texts that differ at their
/// ends, such as fingerprints.
pub(crate) fn cut_front(text: &str, chars: usize) -> String {
    let length = text.chars().count();
    if length <= chars {
        return text.to_owned();
    }
    let mut kept = String::new();
    if chars > 0 {
        kept.push(ELLIPSIS);
    }
    kept.extend(text.chars().skip(length - chars.saturating_sub(1)));
    kept
}

/// `text` in lines of at most `width` characters, each after `indent`. A longer word gets a line of its own.
pub(crate) fn wrap(text: &str, indent: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines
}

/// `text` with its first letter in upper case.
pub(crate) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// `1 credential`, `2 credentials`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every unfit character, listed apart from the code.
    fn unfit() -> impl Iterator<Item = char> {
        let ranges = [
            (0x00, 0x1f),
            (0x7f, 0x9f),
            (0xad, 0xad),
            (0x34f, 0x34f),
            (0x61c, 0x61c),
            (0x115f, 0x1160),
            (0x180e, 0x180e),
            (0x200b, 0x200f),
            (0x2028, 0x202e),
            (0x2060, 0x206f),
            (0x2800, 0x2800),
            (0x3164, 0x3164),
            (0xfeff, 0xfeff),
            (0xffa0, 0xffa0),
            (0xfff9, 0xfffb),
            (0xe0000, 0xe007f),
        ];
        ranges
            .into_iter()
            .flat_map(|(first, last)| first..=last)
            .filter_map(char::from_u32)
    }

    #[test]
    fn every_unfit_character_is_replaced() {
        for character in unfit() {
            let text = format!("a{character}b");
            assert_eq!(line(&text, 10), "a?b", "{character:?}");
            let number = format!("a[U+{:04X}]b", u32::from(character));
            assert_eq!(safe(&text, Substitute::CodePoint), number);
        }
        assert_eq!(unfit().count(), 234);
        assert_eq!(
            ('\0'..=char::MAX)
                .filter(|character| is_unfit(*character))
                .count(),
            234
        );
    }

    #[test]
    fn fit_text_is_borrowed() {
        for text in [
            "",
            "jane.roe@example.com",
            "~ and blank",
            "J\u{fc}rgen \u{5b57}",
        ] {
            for substitute in [Substitute::QuestionMark, Substitute::CodePoint] {
                assert!(matches!(safe(text, substitute), Cow::Borrowed(same) if same == text));
            }
        }
    }

    #[test]
    fn long_text_ends_or_begins_with_an_ellipsis() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde\u{2026}");
        assert_eq!(cut("ab cdef", 4), "ab\u{2026}");
        assert_eq!(cut_front("20:3b:97:13", 6), "\u{2026}97:13");
        assert_eq!(
            (cut("ab", 0), cut_front("ab", 0)),
            (String::new(), String::new())
        );
    }

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(
            wrap("one two  three\nfour", "  ", 9),
            ["  one two", "  three", "  four"]
        );
    }

    proptest! {
        #[test]
        fn line_is_one_line_within_its_length(text in "(?s).{0,60}", chars in 0_usize..50) {
            let line = line(&text, chars);
            prop_assert!(line.chars().count() <= chars);
            prop_assert!(!line.contains(is_unfit), "{line:?}");
        }
    }
}
