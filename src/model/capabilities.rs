//! Which credential types a user may use.

use crate::credential_type::{CredentialType, CredentialTypes};

/// The capabilities of a user. Services leave attributes out, so one that is missing is neither on nor off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The types whose capability is `true`.
    pub on: CredentialTypes,
    /// The types whose capability is `false`.
    pub off: CredentialTypes,
    /// The types whose capability Python takes as true: `true`, and other values such as a text.
    pub python: CredentialTypes,
}

impl Capabilities {
    /// Whether the capability is on; `None` if it is missing or no boolean.
    pub const fn of(self, credential_type: CredentialType) -> Option<bool> {
        if self.on.contains(credential_type) {
            Some(true)
        } else if self.off.contains(credential_type) {
            Some(false)
        } else {
            None
        }
    }

    /// What these and `other` capabilities of the same user agree on.
    #[must_use]
    pub fn agreed_with(self, other: Self) -> Self {
        let agreed = |expected: bool| {
            CredentialType::all()
                .filter(|credential_type| {
                    self.of(*credential_type) == Some(expected)
                        && other.of(*credential_type) == Some(expected)
                })
                .collect()
        };
        Self {
            on: agreed(true),
            off: agreed(false),
            python: self.python,
        }
    }

    /// Whether nothing is known of any capability.
    pub const fn is_unknown(self) -> bool {
        self.on.is_empty() && self.off.is_empty()
    }
}
