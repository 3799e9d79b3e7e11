//! Texts that servers send. Pure.
//!
//! A server can send anything: megabytes, control sequences, names of users, and what a proxy quotes of our own request. The
//! client removes the credentials that it signed with, see `http::echo`. [`ServerText`] is the one type for a text that is
//! kept for people: short, on one line, and cut where it begins to quote an `authorization` header, be it of another client.
//!
//! A server's own words may name a user. So an error has two texts. Its plain form (`{}`) has only what this program knows:
//! the step, the status and codes. The alternate form (`{:#}`) has the words of the server too. Logs, answers and the manifest
//! have the plain form; [`FailureText`] keeps both for a reader who may see names.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use crate::display;

/// Max characters of a text from a server.
pub const MAX_CHARS: usize = 300;
/// Max characters of an identifier, such as the id of a request.
const MAX_IDENTIFIER_CHARS: usize = 128;
/// What replaces credentials, here and in the client.
const REDACTED: &str = "[redacted]";

/// A text from a server: one line of at most 300 characters, without characters that a reader cannot see, and without
/// credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerText(String);

impl ServerText {
    /// Filters a text.
    pub fn new(raw: &str) -> Self {
        // Blanks may be many, but not megabytes.
        let begun = without_header(display::first_chars(raw, MAX_CHARS * 8));
        let separates = |character: char| character.is_control() || character.is_whitespace();
        let words: Vec<_> = begun
            .split(separates)
            .filter(|word| !word.is_empty())
            .collect();
        Self(display::line(&words.join(" "), MAX_CHARS))
    }

    /// At most this many characters of it.
    #[must_use]
    pub fn cut(self, chars: usize) -> Self {
        Self(display::cut(&self.0, chars))
    }

    /// Whether it is an identifier, such as a code or the id of a request, and not a sentence or an address.
    pub fn is_identifier(&self) -> bool {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=^~,;".contains(&byte);
        !self.is_empty() && self.len() <= MAX_IDENTIFIER_CHARS && self.bytes().all(is_part)
    }

    /// Whether it quoted credentials, which it has no more.
    pub fn is_redacted(&self) -> bool {
        self.0.contains(REDACTED)
    }
}

impl Deref for ServerText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ServerText> for String {
    fn from(text: ServerText) -> Self {
        text.0
    }
}

/// A text about a failure: without and with the words of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureText(Box<Forms>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Forms {
    plain: String,
    /// `None` if the server said nothing.
    with_words: Option<String>,
}

impl FailureText {
    /// Keeps both forms of an error.
    pub fn of(error: &impl fmt::Display) -> Self {
        Self::quoting(error.to_string(), format!("{error:#}"))
    }

    /// A clause, and in parentheses why JSON could not be read. Only the errors of data quote values.
    pub fn of_json(clause: &str, error: &serde_json::Error) -> Self {
        let with_words = format!("{clause} ({})", ServerText::new(&error.to_string()));
        if error.is_data() {
            Self::quoting(clause, with_words)
        } else {
            with_words.into()
        }
    }

    /// A text, and the same with words of a server.
    pub fn quoting(plain: impl Into<String>, with_words: impl Into<String>) -> Self {
        let (plain, with_words) = (plain.into(), with_words.into());
        Self(Box::new(Forms {
            with_words: (with_words != plain).then_some(with_words),
            plain,
        }))
    }

    /// Adds to both forms.
    pub fn push_str(&mut self, text: &str) {
        self.0.plain.push_str(text);
        if let Some(with_words) = &mut self.0.with_words {
            with_words.push_str(text);
        }
    }

    /// The text without the words of a server.
    pub fn plain(&self) -> &str {
        &self.0.plain
    }

    /// The text with the words of a server.
    pub fn with_words(&self) -> &str {
        self.0.with_words.as_deref().unwrap_or(&self.0.plain)
    }
}

impl fmt::Display for FailureText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() {
            self.with_words()
        } else {
            self.plain()
        })
    }
}

impl From<String> for FailureText {
    fn from(plain: String) -> Self {
        Self(Box::new(Forms {
            plain,
            with_words: None,
        }))
    }
}

impl From<&str> for FailureText {
    fn from(plain: &str) -> Self {
        plain.to_owned().into()
    }
}

/// Cuts `text` where it starts to quote our `authorization` header. Proxies quote requests that they refuse, and the header
/// holds the session token. The words `authorization` and `signature` alone do not count: services use them in sentences.
fn without_header(text: &str) -> Cow<'_, str> {
    // Lowercasing only ASCII keeps every byte position.
    let lower = text.to_ascii_lowercase();
    let in_header = |word: &str| {
        lower
            .match_indices(word)
            .map(|(start, _)| start)
            .find(|start| {
                let rest = &lower[start + word.len()..];
                let next = rest.find(|character: char| character.is_ascii_alphanumeric());
                let (between, next) = rest.split_at(next.unwrap_or(rest.len()));
                let next: String = next.chars().take(16).collect();
                let is_header_word = |word: &&str| next.contains(*word);
                between.contains([':', '=', '%', '&']) || HEADER_WORDS.iter().any(is_header_word)
            })
    };
    let token = text.match_indices("eyJ").map(|(start, _)| start);
    let token = token.into_iter().find(|start| {
        let before = text[..*start].chars().next_back();
        before.is_none_or(|character| !character.is_ascii_alphanumeric())
    });
    let starts = [
        in_header("authorization"),
        in_header("signature"),
        lower.find("keyid"),
        lower.find("st$"),
        lower.find("st%24"),
        token,
    ];
    match starts.into_iter().flatten().min() {
        Some(start) => Cow::Owned(format!("{}{REDACTED}", &text[..start])),
        None => Cow::Borrowed(text),
    }
}

/// Words that follow `authorization` or `signature` in a header.
const HEADER_WORDS: [&str; 6] = [
    "signature",
    "bearer",
    "version",
    "algorithm",
    "headers",
    "keyid",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_is_one_short_line(raw in "(?s).{0,700}") {
            let text = ServerText::new(&raw);
            prop_assert!(text.chars().count() <= MAX_CHARS);
            prop_assert!(!text.contains(char::is_control), "{text}");
        }
    }

    #[test]
    fn megabytes_are_cut_between_characters() {
        for raw in ["\u{fc}".repeat(7 << 20), "\u{10437} ".repeat(1 << 20)] {
            let text = ServerText::new(&raw);
            assert_eq!(text.chars().count(), MAX_CHARS);
            assert!(text.ends_with('\u{2026}'));
        }
    }

    #[test]
    fn what_a_reader_cannot_see_is_replaced() {
        let text = ServerText::new("De\u{202e}fault\u{1b}[2J \r\n end\u{200b}");
        assert_eq!(&*text, "De?fault [2J end?");
    }

    #[test]
    fn identifier_is_neither_a_sentence_nor_an_address() {
        for (raw, is_identifier) in [
            ("NotAuthorizedOrNotFound", true),
            ("error.common.validation", true),
            ("A1B2/C3D4/E5", true),
            ("1.005X^x;0000", true),
            ("", false),
            ("jane.roe@example.com", false),
            ("no such user", false),
            ("\u{202e}x", false),
            ("ST$eyJraWQi.abc", false),
        ] {
            assert_eq!(ServerText::new(raw).is_identifier(), is_identifier, "{raw}");
        }
        assert!(!ServerText::new(&"x".repeat(200)).is_identifier());
    }

    #[test]
    fn plain_text_lacks_the_words_of_a_server() {
        struct Refusal;
        impl fmt::Display for Refusal {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(if f.alternate() {
                    "status 400: jane"
                } else {
                    "status 400"
                })
            }
        }
        let mut text = FailureText::of(&Refusal);
        text.push_str("; check the URL");
        assert_eq!(text.to_string(), "status 400; check the URL");
        assert_eq!(format!("{text:#}"), "status 400: jane; check the URL");
        let text = FailureText::from("no response");
        assert_eq!(
            (text.plain(), text.with_words()),
            ("no response", "no response")
        );
    }
}
