//! The text of a file that a person edited: UTF-8, UTF-16 as PowerShell's `>` and older editors of Windows write it, or else
//! one byte per character.

use zeroize::Zeroizing;

/// Decodes a file. Bytes that are neither UTF-8 nor UTF-16 are read as ISO 8859-1, which keeps paths with accents as they are on
/// most systems; all keys of the file are ASCII.
pub(super) fn decode(bytes: &[u8]) -> Zeroizing<String> {
    if let Some(unit) = utf16_order(bytes) {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text =
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
        return collected(bytes.len(), text);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Zeroizing::new(text.to_owned()),
        Err(_) => collected(bytes.len() * 2, bytes.iter().copied().map(char::from)),
    }
}

/// The byte order of UTF-16: by its mark, or by the zero byte of an ASCII character at the beginning.
fn utf16_order(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match bytes {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some(u16::from_le_bytes),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// Full capacity up front: growing would leave copies of secrets in freed memory.
fn collected(capacity: usize, characters: impl Iterator<Item = char>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    text.extend(characters);
    text
}
