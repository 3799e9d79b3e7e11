//! Which reasons to act an exception accepts. Pure.
//!
//! Nothing accepts that a holder is not listed, that a credential names no user, or a change of many users at once: those
//! are unknown, and nobody can vouch for what is unknown.

use std::str::FromStr;

/// A word of the list `accept` of an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Accepted {
    /// It is due or overdue, or its age is unknown.
    Age,
    /// It is expiring or expired, or its expiry date cannot be read.
    Expiry,
    /// A newer one exists.
    Newer,
    /// Its holder is inactive.
    Inactive,
    /// The capability of its type is off.
    Capability,
    /// It is an API key of an administrator.
    Administrator,
}

impl Accepted {
    /// Every word.
    pub const ALL: [Self; 6] = [
        Self::Age,
        Self::Expiry,
        Self::Newer,
        Self::Inactive,
        Self::Capability,
        Self::Administrator,
    ];

    /// The word in the exceptions file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Expiry => "expiry",
            Self::Newer => "newer",
            Self::Inactive => "inactive",
            Self::Capability => "capability",
            Self::Administrator => "administrator",
        }
    }
}

/// The word is none of [`Accepted::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownReason;

impl FromStr for Accepted {
    type Err = UnknownReason;

    fn from_str(word: &str) -> Result<Self, UnknownReason> {
        let mut all = Self::ALL.into_iter();
        all.find(|accepted| accepted.word() == word)
            .ok_or(UnknownReason)
    }
}

/// The words of one exception: one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptedSet(u8);

impl AcceptedSet {
    /// Accepts nothing: without an exception.
    pub const NOTHING: Self = Self(0);

    /// Its words.
    pub fn words(self) -> impl Iterator<Item = Accepted> {
        Accepted::ALL
            .into_iter()
            .filter(move |word| self.contains(*word))
    }

    /// Whether it accepts the reasons of this word.
    pub const fn contains(self, word: Accepted) -> bool {
        self.0 & (1 << word as u8) != 0
    }
}

impl Default for AcceptedSet {
    /// An exception without `accept` accepts ages.
    fn default() -> Self {
        Self::from_iter([Accepted::Age])
    }
}

impl FromIterator<Accepted> for AcceptedSet {
    fn from_iter<I: IntoIterator<Item = Accepted>>(words: I) -> Self {
        let bits = words.into_iter().map(|word| 1 << word as u8);
        Self(bits.fold(0, |set, bit| set | bit))
    }
}
