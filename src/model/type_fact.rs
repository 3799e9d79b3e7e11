//! The fact that only some types of credentials have.

use crate::credential_type::CredentialType;
use crate::timestamp::DateReading;

use super::scopes::Scopes;

/// `lastSetDate` of a database credential, or the scopes of an OAuth 2.0 client credential. No type has both, so they share
/// eight bytes.
#[derive(Clone, Copy, Debug)]
pub struct TypeFact(u64);

impl TypeFact {
    /// What a credential of this type keeps.
    pub fn new(credential_type: CredentialType, last_set: DateReading, scopes: Scopes) -> Self {
        if credential_type.row().age_from_last_set_date {
            Self(last_set.to_bits())
        } else {
            Self(scopes.to_bits())
        }
    }

    /// `lastSetDate` of a credential of this type. Missing, if the type has none.
    pub fn last_set(self, credential_type: CredentialType) -> DateReading {
        if credential_type.row().age_from_last_set_date {
            DateReading::from_bits(self.0)
        } else {
            DateReading::MISSING
        }
    }

    /// The scopes of a credential of this type. Unknown, if the type has none.
    pub fn scopes(self, credential_type: CredentialType) -> Scopes {
        if credential_type.row().age_from_last_set_date {
            Scopes::UNKNOWN
        } else {
            Scopes::from_bits(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_keeps_its_own_fact() {
        let date = DateReading::parse("2026-11-21T00:00:00Z");
        let scopes = Scopes::of([("https://a", "read")]);
        for credential_type in CredentialType::all() {
            for last_set in [date, DateReading::MISSING, DateReading::UNREADABLE] {
                for scopes in [scopes, Scopes::UNKNOWN] {
                    let fact = TypeFact::new(credential_type, last_set, scopes);
                    let has_date = credential_type.row().age_from_last_set_date;
                    let expected = if has_date {
                        last_set
                    } else {
                        DateReading::MISSING
                    };
                    assert_eq!(fact.last_set(credential_type), expected);
                    let expected = if has_date { None } else { scopes.key() };
                    assert_eq!(fact.scopes(credential_type).key(), expected);
                }
            }
        }
        assert_eq!(size_of::<TypeFact>(), 8);
    }
}
