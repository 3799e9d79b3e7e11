//! Recognizes a request that lost its form on the way: a shell removed its quotes, or a pipe changed its encoding. Pure.
//!
//! Windows PowerShell 5 removes the double quotes of `--body '{"audit":{"dry_run":true}}'`, and what arrives is
//! `{audit:{dry_run:true}}`. A plain run in its place would store reports and send mail that nobody asked for. So any text that is
//! not JSON and has the word `audit` is refused, at the price of a text that has it by chance.
//! `oci fn function invoke --body` does not read `file://` (`functions_cli_extended.py` of Oracle's command line), and sends the
//! path.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::display::{Substitute, is_unfit, safe};
use crate::http::endpoint::redact_user_info;

/// Fields of a request that no other text is likely to have.
const UNUSUAL_FIELDS: [&str; 4] = ["as_of", "domain_urls", "credential_types", "dry_run"];
/// A path that a caller was to read.
const FILE_PREFIX: &str = "file://";
/// Max characters of a body in a message.
const MAX_ARRIVED_CHARS: usize = 200;
/// Min characters of base64 of `audit`: 7, without the padding.
const MIN_BASE64_CHARS: usize = 7;

/// How to quote a request, for messages.
pub(super) const HOW_TO_QUOTE: &str = r#"quote the request for your shell; bash, zsh, PowerShell 7.3 and later: --body '{"audit":{"dry_run":true}}'; Windows PowerShell 5: --body '{\"audit\":{\"dry_run\":true}}'; cmd.exe: --body "{\"audit\":{\"dry_run\":true}}"; --body does not read file://"#;

/// The start of a body, safe for logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived(String);

impl Arrived {
    pub(super) fn new(body: &str) -> Self {
        // Only of URLs: an e-mail address also has an `@`.
        let body = if body.contains("://") {
            redact_user_info(body)
        } else {
            body.into()
        };
        let mut start: String = body.chars().take(MAX_ARRIVED_CHARS).collect();
        if start.len() < body.len() {
            start.push('…');
        }
        Self(safe(&start, Substitute::QuestionMark).into_owned())
    }
}

impl fmt::Display for Arrived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text that is not a JSON object or list is meant as a request.
pub(super) fn is_meant_as_request(text: &str) -> bool {
    let text = comparable(text);
    has_word(&text.to_ascii_lowercase()) || in_base64(&text).any(|text| has_word(&text))
}

/// Whether a key of a JSON object is another form of `audit`: in another case, or in quotes of its own.
pub(super) fn is_meant_as_audit(key: &str) -> bool {
    let key = comparable(key);
    let word = key.trim_matches(|character: char| !character.is_alphanumeric());
    word.eq_ignore_ascii_case("audit")
}

/// Whether a text in lower case has a word of a request.
fn has_word(text: &str) -> bool {
    let is_object = text
        .trim_start_matches(|character: char| !character.is_alphanumeric() && character != '{')
        .starts_with('{');
    text.contains("audit")
        || UNUSUAL_FIELDS.iter().any(|field| text.contains(field))
        || is_object && text.contains("check")
        || text.trim_start().starts_with(FILE_PREFIX)
}

/// A text without the characters that are not shown. UTF-16 that is read as UTF-8 has a NUL for each ASCII character.
fn comparable(text: &str) -> String {
    text.replace(is_unfit_in_line, "")
}

const fn is_unfit_in_line(character: char) -> bool {
    !character.is_ascii_whitespace() && is_unfit(character)
}

/// What the words of a text decode to, and the whole text, which may be broken into lines; in lower case.
fn in_base64(text: &str) -> impl Iterator<Item = String> {
    let joined: String = text.split_ascii_whitespace().collect();
    let is_other = |character: char| {
        !character.is_ascii_alphanumeric() && !['+', '/', '-', '_'].contains(&character)
    };
    let words = [text, joined.as_str()]
        .into_iter()
        .flat_map(|text| text.split(is_other))
        .filter(|word| word.len() >= MIN_BASE64_CHARS);
    let decoded: Vec<_> = words.filter_map(decoded).collect();
    decoded
        .into_iter()
        .map(|bytes| comparable(&String::from_utf8_lossy(&bytes)).to_ascii_lowercase())
}

fn decoded(word: &str) -> Option<Vec<u8>> {
    // A character more than whole bytes have says nothing.
    let whole = word.len() - usize::from(word.len() % 4 == 1);
    let word = word.get(..whole)?;
    [STANDARD, URL_SAFE]
        .iter()
        .find_map(|alphabet| engine(alphabet).decode(word).ok())
}

fn engine(alphabet: &Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}
