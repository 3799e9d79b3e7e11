//! Words for a number of credentials. The digest, the page and the table of the command line share them.

use crate::judge::Counts;

/// What holds for a number of credentials, as words next to `credentials`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Phrase {
    /// `orphaned`.
    BeforeNoun(&'static str),
    /// For one credential, and for any other number: `held by an inactive user`, `held by inactive users`.
    AfterNoun(&'static str, &'static str),
}

impl Phrase {
    /// Words for any number.
    pub(super) const fn after_noun(words: &'static str) -> Self {
        Self::AfterNoun(words, words)
    }

    /// The words for `count` credentials.
    pub(crate) const fn words(self, count: u64) -> &'static str {
        match self {
            Self::AfterNoun(one, _) if count == 1 => one,
            Self::BeforeNoun(words) | Self::AfterNoun(_, words) => words,
        }
    }
}

/// Numbers of credentials by what is wrong with their holder, and the words for each.
pub(crate) const fn by_holder(counts: &Counts) -> [(u64, Phrase); 2] {
    let inactive = Phrase::AfterNoun("held by an inactive user", "held by inactive users");
    let not_listed = Phrase::AfterNoun("held by a user not listed", "held by users not listed");
    [
        (counts.user_inactive, inactive),
        (counts.not_listed, not_listed),
    ]
}
