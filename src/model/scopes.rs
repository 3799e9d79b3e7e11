//! The scopes of an OAuth 2.0 client credential, as one number.
//!
//! Whether a newer credential can replace another depends on whether both have the same scopes. What the scopes are matters
//! nowhere, and a tenancy may have 100,000 such credentials. So only a hash of 64 bits is kept. It is the same in every run.
//!
//! A service may leave out scopes, and a credential has at least one (required in Oracle's model). So scopes that are absent,
//! empty or malformed are unknown, and unknown scopes are equal to none: not even to each other.

use std::hash::{DefaultHasher, Hasher};
use std::num::NonZeroU64;

/// The scopes of a credential. Of unknown ones, `==` is always false.
#[derive(Clone, Copy, Debug)]
pub struct Scopes(Option<NonZeroU64>);

impl Scopes {
    /// Absent, empty or malformed.
    pub const UNKNOWN: Self = Self(None);

    /// The scopes with these audiences and names. Order and repetition are without meaning. No scopes are unknown ones.
    pub fn of<'a>(scopes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut scopes: Vec<_> = scopes.into_iter().collect();
        if scopes.is_empty() {
            return Self::UNKNOWN;
        }
        scopes.sort_unstable();
        scopes.dedup();
        let mut hasher = DefaultHasher::new();
        for text in scopes
            .into_iter()
            .flat_map(|(audience, name)| [audience, name])
        {
            // The length keeps apart texts that are the same when joined.
            hasher.write_usize(text.len());
            hasher.write(text.as_bytes());
        }
        Self(NonZeroU64::new(hasher.finish()).or(Some(NonZeroU64::MAX)))
    }

    /// The same number for the same scopes; `None` if they are unknown.
    pub const fn key(self) -> Option<NonZeroU64> {
        self.0
    }

    /// As a number: that of [`Self::from_bits`].
    pub(super) const fn to_bits(self) -> u64 {
        match self.0 {
            Some(key) => key.get(),
            None => 0,
        }
    }

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(NonZeroU64::new(bits))
    }

    /// Whether they are known.
    pub const fn are_known(self) -> bool {
        self.0.is_some()
    }

    /// What two rows of one credential agree on.
    #[must_use]
    pub fn agreed_with(self, other: Self) -> Self {
        if self == other { self } else { Self::UNKNOWN }
    }
}

impl PartialEq for Scopes {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_some() && self.0 == other.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_equal_in_any_order_and_unknown_ones_never() {
        let both = Scopes::of([("https://a", "read"), ("https://a", "write")]);
        let reversed = [
            ("https://a", "write"),
            ("https://a", "read"),
            ("https://a", "read"),
        ];
        assert_eq!(both, Scopes::of(reversed));
        for other in [
            Scopes::of([("https://a", "read")]),
            Scopes::of([("https://a", "read"), ("https://b", "write")]),
            Scopes::of([("https://ar", "ead"), ("https://a", "write")]),
            Scopes::of([]),
            Scopes::UNKNOWN,
        ] {
            assert_ne!(both, other);
            assert!(!both.agreed_with(other).are_known());
        }
        assert_ne!(Scopes::UNKNOWN, Scopes::UNKNOWN);
        assert!(both.agreed_with(both).are_known());
    }
}
