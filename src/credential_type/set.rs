//! Sets of credential types.

use super::{CREDENTIAL_TYPES, CredentialType};

/// A set of types, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CredentialTypes(u8);

impl CredentialTypes {
    /// The empty set.
    pub const EMPTY: Self = Self(0);
    /// Every type. Does not compile if the table has more rows than the set has bits.
    pub const ALL: Self = Self(u8::MAX >> (u8::BITS as usize - CREDENTIAL_TYPES.len()));

    /// Whether `credential_type` is in the set.
    pub const fn contains(self, credential_type: CredentialType) -> bool {
        self.0 & (1 << credential_type as u8) != 0
    }

    /// Adds `credential_type`.
    #[must_use]
    pub const fn with(self, credential_type: CredentialType) -> Self {
        Self(self.0 | (1 << credential_type as u8))
    }

    /// The union of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The number of types in the set.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The types of the set, in the order of [`CREDENTIAL_TYPES`].
    pub fn iter(self) -> impl Iterator<Item = CredentialType> {
        CredentialType::all().filter(move |credential_type| self.contains(*credential_type))
    }
}

impl FromIterator<CredentialType> for CredentialTypes {
    fn from_iter<I: IntoIterator<Item = CredentialType>>(credential_types: I) -> Self {
        credential_types.into_iter().fold(Self::EMPTY, Self::with)
    }
}
