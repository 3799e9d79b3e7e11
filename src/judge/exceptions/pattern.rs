//! Patterns in which `*` matches any text. Pure.

use std::fmt;

/// A pattern in which `*` matches any text.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// The pattern in lower case, split at every `*`.
    pieces: Vec<String>,
}

impl Pattern {
    /// Parses a pattern. Every text is valid.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            pieces: lower(text).split('*').map(str::to_owned).collect(),
        }
    }

    /// The pattern as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The only text that it matches, in [`lower`] case; `None` if it has a `*`.
    pub(super) fn exact_lower(&self) -> Option<&str> {
        match &self.pieces[..] {
            [text] => Some(text),
            _ => None,
        }
    }

    /// Whether it narrows nothing: it has a `*`, and no letter or digit. `*@*` and `*.*` match the names of all people as `*`
    /// does.
    pub(super) fn is_anything(&self) -> bool {
        let is_of_punctuation = |piece: &String| !piece.chars().any(char::is_alphanumeric);
        self.pieces.len() > 1 && self.pieces.iter().all(is_of_punctuation)
    }

    /// Whether it matches a text.
    pub fn matches(&self, text: &str) -> bool {
        self.matches_lower(&lower(text))
    }

    /// Whether it matches a text that is in [`lower`] case. Searches for each piece once, from left to right, so no text is
    /// slow.
    pub(super) fn matches_lower(&self, text: &str) -> bool {
        let (Some(first), Some(last)) = (self.pieces.first(), self.pieces.last()) else {
            return text.is_empty();
        };
        if self.pieces.len() == 1 {
            return text == first;
        }
        let Some(mut rest) = text
            .strip_prefix(first.as_str())
            .and_then(|rest| rest.strip_suffix(last.as_str()))
        else {
            return false;
        };
        for piece in &self.pieces[1..self.pieces.len() - 1] {
            let Some(start) = rest.find(piece.as_str()) else {
                return false;
            };
            rest = &rest[start + piece.len()..];
        }
        true
    }
}

/// Lower case per character, with the final sigma as a normal one: a pattern does not know the end of a word.
pub(super) fn lower(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|letter| {
            if letter == '\u{3c2}' {
                '\u{3c3}'
            } else {
                letter
            }
        })
        .collect()
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn star_matches_any_text_and_nothing_else_is_special() {
        for (pattern, text, expected) in [
            ("svc-*@example.com", "svc-@example.com", true),
            ("svc-*@example.com", "svc-a@example.org", false),
            ("*backup*", "SVC-Backup", true),
            ("a*a", "a", false),
            ("a*b*c", "abbc", true),
            ("a*b*c", "acb", false),
            ("a.c", "abc", false),
            ("a?c", "abc", false),
            ("[ab]", "a", false),
            ("*", "", true),
            ("\u{dc}mit", "\u{fc}mit", true),
            ("\u{3a3}*", "\u{3c3}\u{3b1}", true),
            ("*\u{3a3}", "\u{3b1}\u{3c2}", true),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(text),
                expected,
                "{pattern} {text}"
            );
        }
    }

    /// The definition, by trying every way to match.
    fn matches(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|start| matches(rest, &text[start..])),
            Some((first, rest)) => text
                .split_first()
                .is_some_and(|(own, text)| own == first && matches(rest, text)),
        }
    }

    proptest! {
        #[test]
        fn pattern_matches_by_definition(pattern in "[ab*]{0,8}", text in "[ab]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), matches(&chars(&pattern), &chars(&text)));
        }
    }
}
