//! The signatures of recent requests, to find any of them in a text.
//!
//! A service may send back the signature of another request than the one that it answers. All are in one index, so that a
//! search costs the same for one signature as for hundreds. The index has two halves: if the newer one is full, it becomes
//! the older one, and what was there is forgotten. So between 130 and 260 signatures of a 2048-bit key are known.

use std::sync::{PoisonError, RwLock};

use super::shared_runs::{GRAM, MIN_RUN, extended, folded, gram_of, hash_of, place};

/// Max grams of a half.
const MAX_GRAMS: usize = 44_000;
/// Slots of a half. A third stays empty, so searches for a slot are short.
const SLOTS: usize = 1 << 16;
/// The slot of a hash is its upper bits.
const SLOT_SHIFT: u32 = 64 - SLOTS.trailing_zeros();
/// Words of bits of a half. One gram in twenty of an ordinary text is looked up.
const WORDS: usize = 1 << 13;

/// The signatures of recent requests.
#[derive(Default)]
pub(super) struct SentSignatures(RwLock<Index>);

impl std::fmt::Debug for SentSignatures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl SentSignatures {
    /// Adds the signature of a request, and forgets the oldest ones if there are too many.
    pub(super) fn add(&self, signature: &str) {
        let signature: Vec<u8> = signature.bytes().map(folded).collect();
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        index.add(&signature);
    }

    /// Start and end of the first run of a signature at or after `from`.
    pub(super) fn next_run(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        index.next_run(text, from)
    }
}

#[derive(Default)]
struct Index {
    halves: [Half; 2],
    /// Which half is the newer one.
    newer: usize,
    /// Two bits per hash of a gram, of both halves next to each other: one access looks a gram up in both.
    bits: Vec<[u64; 2]>,
}

#[derive(Default)]
struct Half {
    /// The signatures, each followed by a byte that no folded text has.
    signatures: Vec<u8>,
    /// The end of each gram of a signature, by its hash; 0 is empty.
    slots: Vec<u32>,
    grams: usize,
}

impl Index {
    fn add(&mut self, signature: &[u8]) {
        let grams = (signature.len() + 1).saturating_sub(GRAM);
        // A request that is sent again within a second has the same signature.
        let is_known = || self.halves[self.newer].has(signature);
        if signature.len() < MIN_RUN || grams > MAX_GRAMS || is_known() {
            return;
        }
        if self.halves[self.newer].grams + grams > MAX_GRAMS {
            self.newer = 1 - self.newer;
            self.halves[self.newer].clear();
            for words in &mut self.bits {
                words[self.newer] = 0;
            }
        }
        self.bits.resize(WORDS, [0; 2]);
        for gram in signature.windows(GRAM) {
            let (word, own) = place(gram_of(gram), WORDS);
            self.bits[word][self.newer] |= own;
        }
        self.halves[self.newer].add(signature);
    }

    fn next_run(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        if self.bits.is_empty() {
            return None;
        }
        for (index, chunk) in text.get(from..)?.chunks_exact(GRAM).enumerate() {
            let gram = gram_of(chunk);
            let (word, own) = place(gram, WORDS);
            if self.bits[word].iter().all(|bits| bits & own != own) {
                continue;
            }
            let at = from + index * GRAM;
            let runs = self.halves.iter().flat_map(|half| {
                let places = half.places_of(gram);
                places.map(|place| extended(text, from, at, &half.signatures, place))
            });
            if let Some((start, end)) = runs.max_by_key(|(start, end)| end - start)
                && end - start >= MIN_RUN
            {
                return Some((start, end));
            }
        }
        None
    }
}

impl Half {
    fn clear(&mut self) {
        self.signatures.clear();
        self.slots.fill(0);
        self.grams = 0;
    }

    fn add(&mut self, signature: &[u8]) {
        self.slots.resize(SLOTS, 0);
        let start = self.signatures.len();
        self.signatures.extend_from_slice(signature);
        self.signatures.push(0);
        for (end, gram) in (start + GRAM..).zip(signature.windows(GRAM)) {
            let mut slot = slot_of(gram_of(gram));
            while self.slots[slot] != 0 {
                slot = (slot + 1) % SLOTS;
            }
            self.slots[slot] = u32::try_from(end).unwrap_or_default();
            self.grams += 1;
        }
    }

    fn has(&self, signature: &[u8]) -> bool {
        let starts = self.places_of(gram_of(&signature[..GRAM]));
        let mut known = starts.map(|start| self.signatures.get(start..start + signature.len()));
        known.any(|known| known == Some(signature))
    }

    /// The positions of a gram in the signatures.
    fn places_of(&self, gram: u64) -> impl Iterator<Item = usize> {
        let first = slot_of(gram);
        let ends = (0..self.slots.len()).map(move |index| self.slots[(first + index) % SLOTS]);
        let starts = ends
            .take_while(|end| *end != 0)
            .map(|end| end as usize - GRAM);
        starts.filter(move |start| gram_of(&self.signatures[*start..*start + GRAM]) == gram)
    }
}

const fn slot_of(gram: u64) -> usize {
    (hash_of(gram) >> SLOT_SHIFT) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many characters as the signature of a 2048-bit key has.
    const LENGTH: usize = 344;

    fn signature(seed: u64, length: usize) -> String {
        let mut random = fastrand::Rng::with_seed(seed);
        (0..length).map(|_| random.alphanumeric()).collect()
    }

    #[test]
    fn any_sixteen_characters_of_the_last_130_are_found() {
        let sent = SentSignatures::default();
        for seed in 0..1000 {
            sent.add(&signature(seed, LENGTH));
            for back in [0, 1, 64, 129] {
                let Some(seed) = u64::checked_sub(seed, back) else {
                    continue;
                };
                let start = (seed as usize * 7) % (LENGTH - MIN_RUN);
                let part = &signature(seed, LENGTH)[start..start + MIN_RUN];
                let before = "#".repeat(seed as usize % 9);
                let text = format!("{before}{}#", part.to_lowercase());
                let found = sent.next_run(text.as_bytes(), 0);
                assert_eq!(found, Some((before.len(), text.len() - 1)), "{seed}");
            }
        }
    }

    #[test]
    fn oldest_are_forgotten() {
        let sent = SentSignatures::default();
        for seed in 0..100_000 / LENGTH as u64 {
            sent.add(&signature(seed, LENGTH));
        }
        let index = sent.0.read().expect("no writer");
        let kept = index.halves.iter().map(|half| half.grams);
        assert!(kept.sum::<usize>() <= 2 * MAX_GRAMS);
        let first = signature(0, LENGTH);
        assert_eq!(index.next_run(first.as_bytes(), 0), None);
    }

    #[test]
    fn other_texts_are_not_found() {
        let sent = SentSignatures::default();
        assert_eq!(sent.next_run(signature(1, LENGTH).as_bytes(), 0), None);
        for seed in 0..200 {
            sent.add(&signature(seed, LENGTH));
        }
        for seed in 1000..1100 {
            let text = signature(seed, 10_000);
            assert_eq!(sent.next_run(text.as_bytes(), 0), None);
        }
        // Fifteen characters are not enough.
        let (one, other) = (signature(1, LENGTH), signature(2, LENGTH));
        let text = format!("{}#{}", &one[100..115], &other[..15]);
        assert_eq!(sent.next_run(text.as_bytes(), 0), None);
    }

    #[test]
    fn signature_of_any_length_is_added_or_left_out() {
        let sent = SentSignatures::default();
        for length in [0, 7, 8, 15, MAX_GRAMS + GRAM] {
            let text = signature(1, length);
            sent.add(&text);
            assert_eq!(sent.next_run(text.as_bytes(), 0), None, "{length}");
        }
        for length in [16, 684, 1368, MAX_GRAMS + GRAM - 1] {
            let text = signature(2, length);
            sent.add(&text);
            assert_eq!(sent.next_run(text.as_bytes(), 0), Some((0, length)));
        }
    }
}
