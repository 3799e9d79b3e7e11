//! Removes the encodings that a quoted text may have: percent-encoding, and the escapes of JSON and HTML. Pure.
//!
//! Lenient: it serves a search, and what is not an escape stays as it is.

/// Max encodings around each other.
const MAX_DEPTH: usize = 3;
/// Characters to keep on each side of an escape: more than those that betray a secret.
const MARGIN: usize = 64;

/// Whether `found` is true of the text after one decoding, after two, or after three.
pub(super) fn any_decoded(text: &[u8], found: impl Fn(&[u8]) -> bool) -> bool {
    let mut decoded: Option<Vec<u8>> = None;
    for _ in 0..MAX_DEPTH {
        match decoded_once(decoded.as_deref().unwrap_or(text)) {
            Some(next) if found(&next) => return true,
            Some(next) => decoded = Some(next),
            None => return false,
        }
    }
    false
}

/// The decoded text around each escape; `None` if nothing is encoded. Text that is further away from an escape was searched
/// as it is, and pages are large: so it is left out.
fn decoded_once(text: &[u8]) -> Option<Vec<u8>> {
    let is_escape = |byte: &u8| matches!(byte, b'%' | b'\\' | b'&');
    let mut decoded = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    while let Some(position) = text[at..].iter().position(is_escape) {
        let start = at + position;
        let Some((byte, length)) = escape(&text[start..]) else {
            at = start + 1;
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
        at = start + length;
        plain_from = at;
    }
    let rest = &text[plain_from..];
    decoded.extend_from_slice(&rest[..rest.len().min(MARGIN)]);
    (plain_from > 0).then_some(decoded)
}

/// The character of the escape at the start of a text, and the length of the escape. Secrets are ASCII, so a character
/// beyond becomes a blank.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'%', rest @ ..] => number(rest.get(..2)?, 16).map(|byte| (byte, 3)),
        [b'\\', b'u', rest @ ..] => number(rest.get(..4)?, 16).map(|byte| (byte, 6)),
        [b'\\', b'x', rest @ ..] => number(rest.get(..2)?, 16).map(|byte| (byte, 4)),
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
        assert!(any_decoded(b"%252541", is(b"A")));
        assert!(any_decoded(br"\u002541", is(b"A")));
        assert!(!any_decoded(b"%25252541", is(b"A")));
    }
}
