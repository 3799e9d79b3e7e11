//! Removes the encodings that a quoted text may have: percent-encoding, the escapes of JSON, HTML and programming languages,
//! hex and base64, also around each other. Pure.
//!
//! Lenient: it serves a search, and what is not an escape stays as it is.
//!
//! Hex and base64 have no mark. So each unbroken run of their characters is decoded if it is long enough, from every offset
//! that it can have. A page of data is large, and full of ids and paths of up to 70 such characters. There only longer runs
//! are decoded, and the search for them looks at few bytes: 0.1 ms per MB of ids. Any other text is short, so
//! almost every run is decoded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memchr3_iter;

/// Max encodings around each other.
const MAX_DEPTH: usize = 3;
/// Characters to keep on each side of an escape: more than those that betray a secret.
const MARGIN: usize = 64;

/// What a text is. Runs of characters that may be hex or base64 are decoded from this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextSize {
    /// The body of a success: data, possibly megabytes.
    Page,
    /// An error or a header.
    Short,
}

impl TextSize {
    /// Min length of a run of hex or base64.
    const fn min_run(self) -> usize {
        match self {
            Self::Page => 128,
            Self::Short => 24,
        }
    }
}

/// Whether `found` is true of the text after one decoding, after two, or after three.
pub(super) fn any_decoded(text: &[u8], size: TextSize, found: &impl Fn(&[u8]) -> bool) -> bool {
    any_decoded_within(text, size.min_run(), MAX_DEPTH, found)
}

fn any_decoded_within(
    text: &[u8],
    min_run: usize,
    depth: usize,
    found: &impl Fn(&[u8]) -> bool,
) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    let is_found =
        |decoded: &[u8]| found(decoded) || any_decoded_within(decoded, min_run, depth, found);
    decoded_once(text).is_some_and(|decoded| is_found(&decoded))
        || long_runs(text, min_run, is_of_base64)
            .any(|run| any_of_base64(run, is_found) || any_of_hex(run, min_run, is_found))
}

/// The runs of at least `min` successive bytes that all belong to an alphabet. `min` bytes are looked at from their end, and
/// no run begins before the last one that does not belong: so most bytes of an ordinary text are not looked at.
fn long_runs(
    text: &[u8],
    min: usize,
    belongs: impl Fn(&u8) -> bool,
) -> impl Iterator<Item = &[u8]> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let run = text.get(from..from + min)?;
            if let Some(last) = run.iter().rposition(|byte| !belongs(byte)) {
                from += last + 1;
                continue;
            }
            let rest = text[from + min..].iter();
            let end = from + min + rest.take_while(|byte| belongs(byte)).count();
            let start = std::mem::replace(&mut from, end);
            return Some(&text[start..end]);
        }
    })
}

/// Standard or URL-safe base64. Hex digits belong to it too.
const fn is_of_base64(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Whether `is_found` is true of a run of base64 that is decoded from one of its first four characters: other text may
/// precede it.
fn any_of_base64(run: &[u8], is_found: impl Fn(&[u8]) -> bool) -> bool {
    let to_standard = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => *byte,
    };
    let run: Vec<_> = run.iter().map(to_standard).collect();
    (0..4.min(run.len())).any(|offset| {
        let length = (run.len() - offset) / 4 * 4;
        let decoded = STANDARD_NO_PAD.decode(&run[offset..offset + length]);
        decoded.is_ok_and(|decoded| is_found(&decoded))
    })
}

/// The same of hex, of either case, from both positions that it can have in a run.
fn any_of_hex(text: &[u8], min_run: usize, is_found: impl Fn(&[u8]) -> bool) -> bool {
    let byte_of = |digits: &[u8]| {
        let digits = digits.iter().map(|digit| char::from(*digit).to_digit(16));
        let value = digits.fold(0, |value, digit| value << 4 | digit.unwrap_or_default());
        u8::try_from(value).unwrap_or_default()
    };
    long_runs(text, min_run, u8::is_ascii_hexdigit).any(|run| {
        (0..2).any(|offset| {
            let decoded: Vec<_> = run[offset..].chunks_exact(2).map(byte_of).collect();
            is_found(&decoded)
        })
    })
}

/// The decoded text around each escape; `None` if nothing is encoded. Text that is further away from an escape was searched
/// as it is, and pages are large: so it is left out.
fn decoded_once(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut plain_from = 0;
    for start in memchr3_iter(b'%', b'\\', b'&', text) {
        // The second character of an escape may be the first one of another.
        if start < plain_from {
            continue;
        }
        let Some((byte, length)) = escape(&text[start..]) else {
            continue;
        };
        match &text[plain_from..start] {
            plain if plain.len() <= 2 * MARGIN => decoded.extend_from_slice(plain),
            plain => {
                decoded.extend_from_slice(&plain[..MARGIN]);
                decoded.push(b' ');
                decoded.extend_from_slice(&plain[plain.len() - MARGIN..]);
            }
        }
        decoded.push(byte);
        plain_from = start + length;
    }
    let rest = &text[plain_from..];
    decoded.extend_from_slice(&rest[..rest.len().min(MARGIN)]);
    (plain_from > 0).then_some(decoded)
}

/// The character of the escape at the start of a text, and the length of the escape. Secrets are ASCII, so a character
/// beyond becomes a blank.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'%', b'u', rest @ ..] => number(rest.get(..4)?, 16).map(|byte| (byte, 6)),
        [b'%', rest @ ..] => number(rest.get(..2)?, 16).map(|byte| (byte, 3)),
        [b'\\', b'u' | b'x', b'{', rest @ ..] => {
            let end = rest.iter().take(9).position(|byte| *byte == b'}')?;
            number(&rest[..end], 16).map(|byte| (byte, end + 4))
        }
        [b'\\', b'u', rest @ ..] => number(rest.get(..4)?, 16).map(|byte| (byte, 6)),
        [b'\\', b'U', rest @ ..] => number(rest.get(..8)?, 16).map(|byte| (byte, 10)),
        [b'\\', b'x', rest @ ..] => number(rest.get(..2)?, 16).map(|byte| (byte, 4)),
        [b'\\', b'0'..=b'3', ..] => number(text.get(1..4)?, 8).map(|byte| (byte, 4)),
        [b'\\', byte @ (b'/' | b'"' | b'\\' | b'\''), ..] => Some((*byte, 2)),
        [b'&', rest @ ..] => {
            let end = rest.iter().take(10).position(|byte| *byte == b';')?;
            let byte = match &rest[..end] {
                [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
                [b'#', digits @ ..] => number(digits, 10)?,
                name => named(name)?,
            };
            Some((byte, end + 2))
        }
        _ => None,
    }
}

/// The named characters of HTML that an `authorization` header has.
fn named(name: &[u8]) -> Option<u8> {
    Some(match name {
        b"quot" => b'"',
        b"apos" => b'\'',
        b"amp" => b'&',
        b"dollar" => b'$',
        b"period" => b'.',
        b"plus" => b'+',
        b"sol" => b'/',
        b"equals" => b'=',
        b"lowbar" => b'_',
        b"hyphen" | b"dash" => b'-',
        b"percnt" => b'%',
        b"bsol" => b'\\',
        _ => return None,
    })
}

fn number(digits: &[u8], radix: u32) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let number = u32::from_str_radix(digits, radix).ok()?;
    Some(
        u8::try_from(number)
            .ok()
            .filter(u8::is_ascii)
            .unwrap_or(b' '),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_three_encodings_are_read() {
        for (text, expected) in [
            (r"a\/b\u0041\x42", "a/bAB"),
            ("%41%2F%zz%", "A/%zz%"),
            ("&quot;&#65;&#x42;&unknown;&", "\"AB&unknown;&"),
            (r"\u{41}\u{00042}\x{43}\U00000044\105", "ABCDE"),
            (r"%u0041\u{4", r"A\u{4"),
            (r"\u00e9", " "),
        ] {
            let text = text.replace(r"\\", r"\");
            let decoded = decoded_once(text.as_bytes()).expect("a change");
            assert_eq!(String::from_utf8_lossy(&decoded), expected);
        }
        assert_eq!(decoded_once(b"50% & more"), None);
        assert_eq!(decoded_once(b"plain"), None);
    }

    #[test]
    fn text_far_from_an_escape_is_left_out() {
        let far = "x".repeat(100_000);
        let decoded = decoded_once(format!("{far}a%41b{far}c%42d{far}").as_bytes());
        let decoded = String::from_utf8(decoded.expect("a change")).expect("text");
        assert!(decoded.len() < 8 * MARGIN, "{}", decoded.len());
        assert!(
            decoded.contains("xaAbx") && decoded.contains("xcBdx"),
            "{decoded}"
        );
        assert_eq!(decoded_once(far.as_bytes()), None);
    }

    #[test]
    fn encodings_around_each_other_are_removed() {
        let is = |expected: &'static [u8]| move |text: &[u8]| text == expected;
        assert!(any_decoded(b"%252541", TextSize::Page, &is(b"A")));
        assert!(any_decoded(br"\u002541", TextSize::Page, &is(b"A")));
        assert!(!any_decoded(b"%25252541", TextSize::Page, &is(b"A")));
    }

    #[test]
    fn run_of_hex_or_base64_is_decoded_from_a_length() {
        let text = "What a server quotes of a request, and more of it.";
        let decodes = |encoded: &str, size| {
            let found = |decoded: &[u8]| {
                decoded
                    .windows(20)
                    .any(|part| &text.as_bytes()[9..29] == part)
            };
            any_decoded(encoded.as_bytes(), size, &found)
        };
        let hex = crate::hex::hex(text.as_bytes());
        let hex = format!("{hex}{hex}");
        let base64 = STANDARD_NO_PAD.encode(format!("{text} {text}"));
        for before in ["", " ", "a", "/bc", "=def"] {
            for encoded in [&hex, &hex.to_uppercase(), &base64] {
                let encoded = format!("\"{before}{encoded}\"");
                assert!(decodes(&encoded, TextSize::Page), "{encoded}");
                assert!(decodes(&encoded, TextSize::Short), "{encoded}");
            }
            let short = format!("\"{before}{}\"", &hex[..60]);
            assert!(!decodes(&short, TextSize::Page), "{short}");
            assert!(decodes(&short, TextSize::Short), "{short}");
        }
    }

    #[test]
    fn every_long_run_is_found() {
        for (length, before) in [(7, 0), (8, 0), (8, 5), (9, 7), (30, 8), (31, 9), (8, 23)] {
            let run = "x".repeat(length);
            let text = format!("{}{run} {run}.xxx", ". ".repeat(before));
            let runs: Vec<_> = long_runs(text.as_bytes(), 8, u8::is_ascii_alphabetic).collect();
            let expected = if length < 8 {
                vec![]
            } else {
                vec![run.as_bytes(); 2]
            };
            assert_eq!(runs, expected, "{text}");
        }
    }
}
