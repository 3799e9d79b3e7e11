//! Text that comes from elsewhere, made fit for a line of a table.

use crate::timestamp::Timestamp;

/// What stands for a character that must not be shown.
const REPLACEMENT: char = '?';
const ELLIPSIS: char = '\u{2026}';

/// One line of at most `chars` characters, cut at its end. Control characters, and those that break, hide or reorder
/// text, are replaced.
pub(crate) fn line(text: &str, chars: usize) -> String {
    let clean: String = text
        .chars()
        // One more than is shown tells whether anything is cut.
        .take(chars + 1)
        .map(|it| if is_unfit(it) { REPLACEMENT } else { it })
        .collect();
    cut(&clean, chars)
}

/// Control characters, separators of lines and paragraphs, and the invisible characters by which one text can pass for
/// another: marks, embeddings and isolates of direction, joiners, fillers, annotations, tags, the byte order mark.
const fn is_unfit(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// `text` with at most `chars` characters; an ellipsis stands for what is cut off its end.
pub(super) fn cut(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars.saturating_sub(1)).collect();
    let mut kept = kept.trim_end().to_owned();
    if chars > 0 {
        kept.push(ELLIPSIS);
    }
    kept
}

/// `text` with at most `chars` characters; an ellipsis stands for what is cut off its front. For texts that are told
/// apart by their ends, such as fingerprints.
pub(super) fn cut_front(text: &str, chars: usize) -> String {
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

/// `j***@example.com`: the first character, and what follows the last `@`.
pub(super) fn masked(name: &str) -> String {
    let (local, domain) = match name.rfind('@') {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    let first: String = local.chars().take(1).collect();
    format!("{first}***{domain}")
}

/// A label, masked where it repeats its holder's name or holds an address.
pub(super) fn masked_label(label: &str, name: &str) -> String {
    let local = name.split('@').next().unwrap_or_default().to_lowercase();
    let repeats = !local.is_empty() && label.to_lowercase().contains(&local);
    if repeats || label.contains('@') {
        masked(label)
    } else {
        label.to_owned()
    }
}

/// `text` in lines of at most `width` characters, each after `indent`. A word that is longer gets a line of its own.
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

/// `1 credential`, `2 credentials`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// How far the day of `then` is from the day of `now`: `today`, `tomorrow`, `in 5 days`, `3 days ago`.
pub(super) fn relative_day(now: Timestamp, then: Timestamp) -> String {
    let day = |instant: Timestamp| instant.to_chrono().date_naive();
    match (day(then) - day(now)).num_days() {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days ago", -days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_masked_down_to_their_first_character() {
        for (name, expected) in [
            ("jane.roe@example.com", "j***@example.com"),
            ("svc-backup", "s***"),
            ("@example.com", "***@example.com"),
            ("\u{fc}mit@example.com", "\u{fc}***@example.com"),
            ("", "***"),
        ] {
            assert_eq!(masked(name), expected);
        }
        let name = "jane.roe@example.com";
        for (label, expected) in [
            ("ocir-ci", "ocir-ci"),
            ("Jane.Roe laptop", "J***"),
            ("relay@example.com", "r***@example.com"),
        ] {
            assert_eq!(masked_label(label, name), expected);
        }
        assert_eq!(masked_label("ocir-ci", ""), "ocir-ci");
    }

    #[test]
    fn texts_are_cut_at_the_end_that_tells_less() {
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
    fn a_sentence_is_wrapped_between_words() {
        assert_eq!(
            wrap("one two  three\nfour", "  ", 9),
            ["  one two", "  three", "  four"]
        );
    }

    #[test]
    fn what_nobody_sees_is_made_visible() {
        for character in [
            '\u{115f}',
            '\u{1160}',
            '\u{180e}',
            '\u{200b}',
            '\u{202e}',
            '\u{3164}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{fffb}',
            '\u{e0001}',
            '\u{e007f}',
        ] {
            let shown = line(&format!("a{character}b"), 10);
            assert_eq!(shown, format!("a{REPLACEMENT}b"), "{character:?}");
        }
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_and_no_longer_than_asked(text in "(?s).{0,60}", chars in 0_usize..50) {
            let line = line(&text, chars);
            prop_assert!(line.chars().count() <= chars);
            prop_assert!(!line.chars().any(is_unfit), "{line:?}");
        }
    }
}
