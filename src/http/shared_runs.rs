//! Characters that a text has in common with a secret, in either case. Pure.
//!
//! Only every eighth position of a text is looked at: a run of 15 characters contains eight whole ones that start there.

/// Successive characters that betray a secret. At least [`GRAM`] and one less: any such run contains a whole gram.
pub(super) const MIN_RUN: usize = 16;
/// Bytes that are compared at once.
pub(super) const GRAM: usize = 8;

/// Makes letters equal in both cases. Other characters may become equal too, so several must match.
pub(super) const fn folded(byte: u8) -> u8 {
    byte | 0x20
}

/// The first eight bytes, folded.
pub(super) fn gram_of(bytes: &[u8]) -> u64 {
    let gram: [u8; GRAM] = bytes.try_into().unwrap_or_default();
    u64::from_le_bytes(gram) | 0x2020_2020_2020_2020
}

/// A hash of a gram. Its upper bits are the better ones.
pub(super) const fn hash_of(gram: u64) -> u64 {
    gram.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The word of a gram among `words`, which are a power of two, and its two bits in there: other grams set one of them often, and both
/// seldom.
pub(super) const fn place(gram: u64, words: usize) -> (usize, u64) {
    let hash = hash_of(gram);
    let bits = 1 << (hash >> 34 & 63) | 1 << (hash >> 28 & 63);
    ((hash >> 40) as usize & (words - 1), bits)
}

/// The longest common run around a gram that `text` has at `at`, and the folded `secrets` have at `in_secrets`. It does not
/// begin before `from`.
pub(super) fn extended(
    text: &[u8],
    from: usize,
    at: usize,
    secrets: &[u8],
    in_secrets: usize,
) -> (usize, usize) {
    let same = |(left, right): &(&u8, &u8)| folded(**left) == **right;
    let before = text[from..at].iter().rev();
    let before = before.zip(secrets[..in_secrets].iter().rev());
    let after = text[at..].iter().zip(&secrets[in_secrets..]);
    let (before, after) = (before.take_while(same), after.take_while(same));
    (at - before.count(), at + after.count())
}
