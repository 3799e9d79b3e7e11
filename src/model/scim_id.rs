//! A SCIM id, in 16 bytes.
//!
//! Identity domains make ids of 32 lower-case hex digits. As bytes they take half of that, and no position in the text of the
//! list: 24 bytes less for each of a million credentials. Any other id is stored as a text.

use std::fmt;
use std::ops::Deref;

use serde::{Serialize, Serializer};

use crate::text_store::{Span, TextStore};

/// Hex digits of an id that is stored as bytes.
const DIGITS: usize = 32;
/// The first half of an id that is stored as a text; its position is the second half. An id of hex digits that begins like
/// this is stored as a text too.
const STORED: u64 = u64::MAX;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The digits of each byte. Reports read the id of a credential a dozen times.
const PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [HEX[byte >> 4], HEX[byte & 0xF]];
        byte += 1;
    }
    pairs
};

/// What [`VALUES`] has for a byte that is no digit. No digits together have all of its bits.
const NO_DIGIT: u8 = u8::MAX;

/// The value of each digit.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[HEX[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// A SCIM id: its bytes, or its position in the text of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScimId([u64; 2]);

impl ScimId {
    /// Keeps an id, in `text` if it is not 32 lower-case hex digits.
    pub fn store(id: &str, text: &mut TextStore) -> Self {
        Self::of_hex(id).unwrap_or_else(|| Self([STORED, text.push(id).to_bits()]))
    }

    /// An id that needs no text, and so is equal to each other of the same digits. `None` for any other.
    pub(super) fn of_hex(id: &str) -> Option<Self> {
        parse_hex(id)
    }

    /// The id.
    pub fn read(self, text: &TextStore) -> ScimIdText<'_> {
        let [first, second] = self.0;
        if first == STORED {
            return ScimIdText(Form::Stored(text.get(Span::from_bits(second))));
        }
        let mut digits = [0; DIGITS];
        let bytes = self.0.map(u64::to_be_bytes);
        let pairs = digits.as_chunks_mut::<2>().0.iter_mut();
        for (pair, byte) in pairs.zip(bytes.as_flattened()) {
            *pair = PAIRS[usize::from(*byte)];
        }
        ScimIdText(Form::Hex(digits))
    }
}

/// The two halves of 32 lower-case hex digits.
fn parse_hex(id: &str) -> Option<ScimId> {
    if id.len() != DIGITS {
        return None;
    }
    let mut seen = 0;
    let mut halves = [0_u64; 2];
    for (half, digits) in halves.iter_mut().zip(id.as_bytes().chunks(DIGITS / 2)) {
        for digit in digits {
            let value = VALUES[usize::from(*digit)];
            seen |= value;
            *half = *half << 4 | u64::from(value);
        }
    }
    (seen != NO_DIGIT && halves[0] != STORED).then_some(ScimId(halves))
}

/// An id as its service wrote it. Dereferences to `str`.
#[derive(Clone, Copy)]
pub struct ScimIdText<'a>(Form<'a>);

#[derive(Clone, Copy)]
enum Form<'a> {
    Hex([u8; DIGITS]),
    Stored(&'a str),
}

/// The empty id, of what does not exist.
impl Default for ScimIdText<'_> {
    fn default() -> Self {
        Self(Form::Stored(""))
    }
}

impl Deref for ScimIdText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Form::Hex(digits) => std::str::from_utf8(digits).unwrap_or_default(),
            Form::Stored(text) => text,
        }
    }
}

impl fmt::Display for ScimIdText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for ScimIdText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl Serialize for ScimIdText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl PartialEq for ScimIdText<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for ScimIdText<'_> {}

impl PartialOrd for ScimIdText<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ScimIdText<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(&**other)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_id_is_read_as_it_was_stored(id in "[0-9a-f]{32}|[0-9a-fA-F]{30,33}|f{16}[0-9a-f]{16}|\\PC{0,40}") {
            let mut text = TextStore::default();
            let stored = ScimId::store(&id, &mut text);
            prop_assert_eq!(&*stored.read(&text), id.as_str());
        }
    }

    #[test]
    fn hex_digits_take_no_text() {
        let mut text = TextStore::default();
        for id in [
            "0f380e22fce2abf83026dccd1ab1357c",
            "fffffffffffffffe0000000000000000",
        ] {
            assert_eq!(&*ScimId::store(id, &mut text).read(&text), id);
        }
        assert_eq!(text.bytes(), 0);
        assert_eq!(size_of::<ScimId>(), 16);
    }
}
