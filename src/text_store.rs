//! Strings of one list, stored in large blocks.
//!
//! A tenancy of 100,000 users has close to two million short strings. An allocation per string costs 32 bytes and more;
//! here each costs twelve, and a full block is never copied.

/// Size of a block. A longer string gets its own block.
const BLOCK_BYTES: usize = 256 * 1024;

/// Position of a string in its [`TextStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    block: u32,
    start: u32,
    length: u32,
}

impl Span {
    /// The empty string, in any store.
    pub const EMPTY: Self = Self {
        block: 0,
        start: 0,
        length: 0,
    };

    /// Whether the string is empty.
    pub const fn is_empty(self) -> bool {
        self.length == 0
    }
}

/// Append-only store of strings.
#[derive(Debug, Default)]
pub struct TextStore {
    blocks: Vec<String>,
}

impl TextStore {
    /// Stores `text` and returns its position.
    pub fn push(&mut self, text: &str) -> Span {
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
        block.push_str(text);
        // A block holds at most one string longer than BLOCK_BYTES, and the length of a response body fits in a u32.
        Span {
            block: u32::try_from(index).unwrap_or(u32::MAX),
            start: u32::try_from(start).unwrap_or(u32::MAX),
            length: u32::try_from(text.len()).unwrap_or(u32::MAX),
        }
    }

    /// The string at `span`; empty if the span of another store reaches past the end.
    pub fn get(&self, span: Span) -> &str {
        let (start, length) = (span.start as usize, span.length as usize);
        self.blocks
            .get(span.block as usize)
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
