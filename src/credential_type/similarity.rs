//! Which of some names is meant by a misspelled one. Pure.

/// Max letters of a name that are compared.
const MAX_COMPARED: usize = 40;
/// Jaro-Winkler similarity from which on a name is probably meant: `db` is enough for `db_credentials`.
const MIN_SIMILARITY: f64 = 0.77;

/// The value of the most similar name, if one is similar enough. Only letters and digits count, in any case.
pub(crate) fn most_similar<'a, T>(
    word: &str,
    names: impl Iterator<Item = (&'a str, T)>,
) -> Option<T> {
    let word = letters(word);
    names
        .map(|(name, value)| (strsim::jaro_winkler(&letters(name), &word), value))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, value)| value)
}

fn letters(text: &str) -> String {
    let letters = text.chars().filter(|character| character.is_alphanumeric());
    let letters = letters.flat_map(char::to_lowercase);
    letters.take(MAX_COMPARED).collect()
}
