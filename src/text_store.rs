//! Strings of one list, stored in large blocks.
//!
//! A tenancy of 100,000 users has close to two million short strings. An allocation per string costs 32 bytes and more;
//! here each costs eight, and a full block is never copied.

/// Size of a block. A longer string gets its own block.
const BLOCK_BYTES: usize = 256 * 1024;

/// Position of a string in its [`TextStore`], in eight bytes: 20 bits of its block, 18 of its start and 26 of its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(u64);

impl Span {
    /// The empty string, in any store.
    pub const EMPTY: Self = Self(0);

    const START_BITS: u32 = BLOCK_BYTES.trailing_zeros();
    const LENGTH_BITS: u32 = 26;
    /// Max bytes of a string. The body of a response has no longer one.
    const MAX_LENGTH: usize = (1 << Self::LENGTH_BITS) - 1;

    /// As a number: that of [`Self::from_bits`].
    pub(crate) const fn to_bits(self) -> u64 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    const fn new(block: usize, start: usize, length: usize) -> Self {
        let block_and_start = ((block as u64) << Self::START_BITS) | start as u64;
        Self((block_and_start << Self::LENGTH_BITS) | length as u64)
    }

    const fn block(self) -> usize {
        (self.0 >> (Self::START_BITS + Self::LENGTH_BITS)) as usize
    }

    const fn start(self) -> usize {
        ((self.0 >> Self::LENGTH_BITS) as usize) & (BLOCK_BYTES - 1)
    }

    const fn length(self) -> usize {
        self.0 as usize & Self::MAX_LENGTH
    }

    /// Whether the string is empty.
    pub const fn is_empty(self) -> bool {
        self.length() == 0
    }
}

/// Append-only store of strings.
#[derive(Debug, Default)]
pub struct TextStore {
    blocks: Vec<String>,
}

impl TextStore {
    /// Stores `text` and returns its position. A text that is too long for a [`Span`] is cut.
    pub fn push(&mut self, text: &str) -> Span {
        let text = &text[..text.floor_char_boundary(Span::MAX_LENGTH)];
        if text.is_empty() {
            return Span::EMPTY;
        }
        let fits = self
            .blocks
            .last()
            .is_some_and(|block| block.capacity() - block.len() >= text.len());
        if !fits {
            self.blocks
                .push(String::with_capacity(text.len().max(BLOCK_BYTES)));
        }
        let index = self.blocks.len() - 1;
        let block = &mut self.blocks[index];
        let start = block.len();
        // A longer block has one string, so every start is below BLOCK_BYTES.
        if start >= BLOCK_BYTES {
            self.blocks.push(String::with_capacity(BLOCK_BYTES));
            return self.push(text);
        }
        block.push_str(text);
        Span::new(index, start, text.len())
    }

    /// Bytes of all strings.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(String::len).sum()
    }

    /// The string at `span`; empty if the span of another store reaches past the end.
    pub fn get(&self, span: Span) -> &str {
        let (start, length) = (span.start(), span.length());
        self.blocks
            .get(span.block())
            .and_then(|block| block.get(start..start + length))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn strings_are_read_back_as_stored(texts in prop::collection::vec("\\PC{0,40}", 0..200)) {
            let mut store = TextStore::default();
            let spans: Vec<_> = texts.iter().map(|text| store.push(text)).collect();
            for (text, span) in texts.iter().zip(spans) {
                prop_assert_eq!(store.get(span), text.as_str());
            }
        }
    }

    #[test]
    fn every_position_and_length_fits() {
        for (block, start, length) in [
            (0, 0, 1),
            (1, BLOCK_BYTES - 1, 1),
            ((1 << 20) - 1, BLOCK_BYTES - 1, Span::MAX_LENGTH),
        ] {
            let span = Span::new(block, start, length);
            assert_eq!(
                (span.block(), span.start(), span.length()),
                (block, start, length)
            );
        }
        assert_eq!(size_of::<Span>(), 8);
        assert!(Span::EMPTY.is_empty() && !Span::new(0, 0, 1).is_empty());
    }

    #[test]
    fn strings_that_fill_many_blocks_are_read_back() {
        let mut store = TextStore::default();
        let texts: Vec<_> = (0..3_000)
            .map(|number| format!("{number}").repeat(50))
            .collect();
        let spans: Vec<_> = texts.iter().map(|text| store.push(text)).collect();
        assert!(store.blocks.len() > 1);
        for (text, span) in texts.iter().zip(spans) {
            assert_eq!(store.get(span), text);
        }
    }

    #[test]
    fn string_longer_than_a_block_is_stored_whole() {
        let mut store = TextStore::default();
        let long = "x".repeat(BLOCK_BYTES * 3);
        let before = store.push("before");
        let span = store.push(&long);
        let after = store.push("after");
        assert_eq!(store.get(span), long);
        assert_eq!((store.get(before), store.get(after)), ("before", "after"));
    }
}
