//! Text in which `*` stands for any text. Pure.

use std::fmt;

/// Text in which `*` stands for any text.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// In lower case, cut at every `*`.
    pieces: Vec<String>,
}

impl Pattern {
    /// A pattern as the file has it.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            pieces: lower(text).split('*').map(str::to_owned).collect(),
        }
    }

    /// As the file has it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it fits every text.
    pub(super) fn is_anything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// Whether it fits a text.
    pub fn matches(&self, text: &str) -> bool {
        self.matches_lower(&lower(text))
    }

    /// Whether it fits a text that is in [`lower`] case already. Each piece is looked for once, from left to right: no text
    /// makes this slow.
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
            let Some(at) = rest.find(piece.as_str()) else {
                return false;
            };
            rest = &rest[at + piece.len()..];
        }
        true
    }
}

/// Lower case, letter by letter, with one sigma: the lower case of a whole text has another at the end of a word than
/// within it, and where a word ends a pattern does not know.
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
    fn a_star_stands_for_any_text_and_nothing_else_is_special() {
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

    /// The definition, tried out in every way.
    fn fits(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|at| fits(rest, &text[at..])),
            Some((first, rest)) => text
                .split_first()
                .is_some_and(|(own, text)| own == first && fits(rest, text)),
        }
    }

    proptest! {
        #[test]
        fn patterns_fit_what_their_definition_says(pattern in "[ab*]{0,8}", text in "[ab]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), fits(&chars(&pattern), &chars(&text)));
        }
    }
}
