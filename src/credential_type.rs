//! The credential types of an identity domain: one row of [`CREDENTIAL_TYPES`] per type.
//!
//! Reading, judgment, settings and texts derive from the table. A new type is one row and one variant;
//! `tests/cli/credential_types.rs` names the files outside of `src` that list the types.
//!
//! Sources: the operation pages and models of the Identity Domains API (`oci.identity_domains` of Oracle's Python
//! SDK) for paths, attributes and capability flags; the CIS OCI Foundations Benchmark for the controls.

mod control;
pub(crate) mod similarity;

use std::fmt;
use std::str::FromStr;

pub use self::control::{CisControl, ControlNumber};

/// A credential type. The discriminant is the index of its row in [`CREDENTIAL_TYPES`] and its bit in a [`CredentialTypes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CredentialType {
    /// Keys that sign requests to OCI's APIs.
    ApiKeys,
    /// Tokens for services that cannot sign requests, such as the container registry.
    AuthTokens,
    /// Keys of the S3-compatible API of Object Storage.
    CustomerSecretKeys,
    /// Passwords for databases that authenticate through IAM.
    DbCredentials,
    /// Client secrets for OAuth 2.0.
    OAuth2ClientCredentials,
    /// User names and passwords for Email Delivery.
    SmtpCredentials,
}

/// What the program knows about one type.
#[derive(Debug)]
pub struct CredentialTypeRow {
    /// The type itself.
    pub credential_type: CredentialType,
    /// Name in settings, columns, reports and summaries: `api_keys`.
    pub name: &'static str,
    /// Suffix of the settings of this type: `API_KEYS`.
    pub setting_suffix: &'static str,
    /// How a heading or a cell names one of them: `API key`, `Auth token`.
    pub title: &'static str,
    /// How a column of a table names one, in at most ten characters: `API key`.
    pub short_title: &'static str,
    /// How a sentence names several of them: `API keys`.
    pub plural: &'static str,
    /// Path segment below `/admin/v1/`: `ApiKeys`.
    pub segment: &'static str,
    /// Permission in the tenancy that the list needs: `read users`.
    pub permission: &'static str,
    /// Attributes to request in addition to [`COMMON_ATTRIBUTES`]. None of them is secret.
    pub attributes: &'static [&'static str],
    /// Attributes to show as label: the first one that is present.
    pub labels: &'static [&'static str],
    /// Flag in the capabilities extension of a user: `canUseApiKeys`.
    pub capability: &'static str,
    /// Attribute of the `userCredentials:User` extension that lists a user's credentials of this type.
    pub claim: &'static str,
    /// How many a user may hold at once, if Oracle's documentation says so ("Managing User Credentials").
    pub max_per_user: Option<u8>,
    /// Whether the age starts at `lastSetDate`, if present, instead of `meta.created`.
    pub age_from_last_set_date: bool,
    /// Control of the CIS OCI Foundations Benchmark that limits the age of this type, if any.
    pub cis_control: Option<CisControl>,
    /// Resource in `oci identity-domains <resource> delete --<resource>-id`.
    pub cli_resource: &'static str,
    /// What to do before deleting the old one.
    pub how_to_rotate: Rotation,
}

/// The first three of the four steps of a rotation, each a clause after `create:`, `switch:` and `verify:`. How many a user
/// may hold at once: [`CredentialTypeRow::max_per_user`].
#[derive(Debug)]
pub struct Rotation {
    /// How to create the new one.
    pub create: &'static str,
    /// How to hand it to the workload.
    pub switch: &'static str,
    /// How to verify that nothing uses the old one.
    pub verify: &'static str,
}

/// Attributes to request for every type. They are listed, so that no secret is returned.
pub const COMMON_ATTRIBUTES: &[&str] = &[
    "id",
    "meta.created",
    "meta.lastModified",
    "user.value",
    "user.ocid",
    "idcsCreatedBy.value",
    "idcsCreatedBy.display",
];

/// Permission for users and for every credential type but one.
pub const READ_USERS: &str = "read users";
/// Permission for SMTP credentials: only they have the resource type `credentials` (Oracle documentation,
/// iampolicyreference.htm).
const INSPECT_CREDENTIALS: &str = "inspect credentials";

/// One row per type, in the order of the columns that the two scripts write.
pub const CREDENTIAL_TYPES: [CredentialTypeRow; 6] = [
    CredentialTypeRow {
        credential_type: CredentialType::ApiKeys,
        name: "api_keys",
        setting_suffix: "API_KEYS",
        title: "API key",
        short_title: "API key",
        plural: "API keys",
        segment: "ApiKeys",
        permission: READ_USERS,
        attributes: &["fingerprint", "description"],
        labels: &["fingerprint", "description"],
        capability: "canUseApiKeys",
        claim: "apiKeys",
        max_per_user: Some(3),
        age_from_last_set_date: false,
        cis_control: Some(CisControl {
            number: ControlNumber::new(1, 8),
            title: "Ensure user API keys rotate within 90 days or less",
        }),
        cli_resource: "api-key",
        how_to_rotate: Rotation {
            create: "add a second public key to the user (max three per user)",
            switch: "give the new fingerprint and private key to the workload",
            verify: "the audit log shows no more requests with the old fingerprint",
        },
    },
    CredentialTypeRow {
        credential_type: CredentialType::AuthTokens,
        name: "auth_tokens",
        setting_suffix: "AUTH_TOKENS",
        title: "Auth token",
        short_title: "Auth token",
        plural: "Auth tokens",
        segment: "AuthTokens",
        permission: READ_USERS,
        attributes: &["description", "expiresOn"],
        labels: &["description"],
        capability: "canUseAuthTokens",
        claim: "authTokens",
        max_per_user: Some(2),
        age_from_last_set_date: false,
        cis_control: Some(CisControl {
            number: ControlNumber::new(1, 10),
            title: "Ensure user auth tokens rotate within 90 days or less",
        }),
        cli_resource: "auth-token",
        how_to_rotate: Rotation {
            create: "generate a second auth token for the user (max two per user)",
            switch: "replace the old token in every client: container registry, Git, Swift",
            verify: "pulls, pushes and logins succeed with the new token",
        },
    },
    CredentialTypeRow {
        credential_type: CredentialType::CustomerSecretKeys,
        name: "customer_secret_keys",
        setting_suffix: "CUSTOMER_SECRET_KEYS",
        title: "Customer secret key",
        short_title: "Secret key",
        plural: "Customer secret keys",
        segment: "CustomerSecretKeys",
        permission: READ_USERS,
        attributes: &["displayName", "description", "expiresOn"],
        labels: &["displayName", "description"],
        capability: "canUseCustomerSecretKeys",
        claim: "customerSecretKeys",
        max_per_user: Some(2),
        age_from_last_set_date: false,
        cis_control: Some(CisControl {
            number: ControlNumber::new(1, 9),
            title: "Ensure user customer secret keys rotate within 90 days or less",
        }),
        cli_resource: "customer-secret-key",
        how_to_rotate: Rotation {
            create: "generate a second customer secret key for the user (max two per user)",
            switch: "configure the S3 client with the new access key and secret key",
            verify: "the client reads and writes with the new access key",
        },
    },
    CredentialTypeRow {
        credential_type: CredentialType::DbCredentials,
        name: "db_credentials",
        setting_suffix: "DB_CREDENTIALS",
        title: "Database credential",
        short_title: "Database",
        plural: "Database credentials",
        segment: "UserDbCredentials",
        permission: READ_USERS,
        attributes: &["name", "description", "lastSetDate", "expiresOn"],
        labels: &["description", "name"],
        capability: "canUseDbCredentials",
        claim: "dbCredentials",
        max_per_user: None,
        age_from_last_set_date: true,
        cis_control: Some(CisControl {
            number: ControlNumber::new(1, 11),
            title: "Ensure user IAM Database Passwords rotate within 90 days",
        }),
        cli_resource: "user-db-credential",
        how_to_rotate: Rotation {
            create: "set a new database password for the user",
            switch: "give the new password to everything that signs in to a database as this user",
            verify: "sign-ins succeed, and no sign-in uses the old password",
        },
    },
    CredentialTypeRow {
        credential_type: CredentialType::OAuth2ClientCredentials,
        name: "oauth2_client_credentials",
        setting_suffix: "OAUTH2_CLIENT_CREDENTIALS",
        title: "OAuth 2.0 client credential",
        short_title: "OAuth 2.0",
        plural: "OAuth 2.0 client credentials",
        segment: "OAuth2ClientCredentials",
        permission: READ_USERS,
        attributes: &["name", "description", "expiresOn", "scopes"],
        labels: &["name", "description"],
        capability: "canUseOAuth2ClientCredentials",
        claim: "oAuth2ClientCredentials",
        max_per_user: None,
        age_from_last_set_date: false,
        cis_control: None,
        cli_resource: "o-auth2-client-credential",
        how_to_rotate: Rotation {
            create: "generate a second OAuth 2.0 client credential with the same scopes for the user (max ten per user)",
            switch: "give the new client id and secret to the workload",
            verify: "the workload gets tokens with the new client id",
        },
    },
    CredentialTypeRow {
        credential_type: CredentialType::SmtpCredentials,
        name: "smtp_credentials",
        setting_suffix: "SMTP_CREDENTIALS",
        title: "SMTP credential",
        short_title: "SMTP",
        plural: "SMTP credentials",
        segment: "SmtpCredentials",
        permission: INSPECT_CREDENTIALS,
        attributes: &["userName", "description", "expiresOn"],
        labels: &["description", "userName"],
        capability: "canUseSmtpCredentials",
        claim: "smtpCredentials",
        max_per_user: Some(2),
        age_from_last_set_date: false,
        cis_control: None,
        cli_resource: "smtp-credential",
        how_to_rotate: Rotation {
            create: "generate a second SMTP credential for the user (max two per user)",
            switch: "give the new user name and password to the application that sends mail",
            verify: "mail is accepted with the new user name",
        },
    },
];

impl CredentialTypeRow {
    /// The title within a sentence: `API key`, `auth token`.
    pub fn title_in_sentence(&self) -> String {
        let mut letters = self.title.chars();
        match (letters.next(), letters.clone().next()) {
            // Not an abbreviation.
            (Some(first), Some(second)) if second.is_lowercase() => {
                first.to_lowercase().chain(letters).collect()
            }
            _ => self.title.to_owned(),
        }
    }
}

impl CredentialType {
    /// Every type, in the order of [`CREDENTIAL_TYPES`].
    pub fn all() -> impl Iterator<Item = Self> {
        CREDENTIAL_TYPES.iter().map(|row| row.credential_type)
    }

    /// The row of this type.
    pub const fn row(self) -> &'static CredentialTypeRow {
        &CREDENTIAL_TYPES[self as usize]
    }

    /// Name in settings, columns, reports and summaries: `api_keys`.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The index of this type in [`CREDENTIAL_TYPES`] and in arrays with one item per type.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for CredentialType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of a credential type is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown credential type `{word}`; {}", advice(word))]
pub struct UnknownCredentialType {
    /// The given name.
    pub word: String,
}

impl FromStr for CredentialType {
    type Err = UnknownCredentialType;

    fn from_str(word: &str) -> Result<Self, UnknownCredentialType> {
        CREDENTIAL_TYPES
            .iter()
            .find(|row| row.name == word)
            .map(|row| row.credential_type)
            .ok_or_else(|| UnknownCredentialType {
                word: word.to_owned(),
            })
    }
}

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

/// A question about an unknown name, if it is similar to a known one: ``did you mean `api_keys`?``.
pub fn suggestion(word: &str) -> Option<String> {
    let names = CREDENTIAL_TYPES.iter().flat_map(|row| {
        [row.name, row.title, row.short_title].map(|name| (name, row.credential_type))
    });
    let meant = similarity::most_similar(word, names)?;
    Some(format!("did you mean `{meant}`?"))
}

/// What to write instead of an unknown name: the one that is probably meant, or else any of them.
pub fn advice(word: &str) -> String {
    suggestion(word).unwrap_or_else(|| format!("expected one of {}", names()))
}

/// The names of all types, as a message lists them: `api_keys, auth_tokens`.
pub fn names() -> String {
    CREDENTIAL_TYPES.map(|row| row.name).join(", ")
}

/// The names of all types as alternatives: `api_keys, auth_tokens or smtp_credentials`.
pub fn alternatives() -> String {
    let names = names();
    match names.rsplit_once(", ") {
        Some((others, last)) => format!("{others} or {last}"),
        None => names,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_is_at_the_index_of_its_type() {
        for (index, row) in CREDENTIAL_TYPES.iter().enumerate() {
            assert_eq!(row.credential_type.index(), index);
            assert_eq!(row.name.parse(), Ok(row.credential_type));
            assert_eq!(row.setting_suffix.to_lowercase(), row.name);
        }
    }

    #[test]
    fn title_in_sentence_keeps_abbreviations() {
        assert_eq!(
            CREDENTIAL_TYPES
                .each_ref()
                .map(|row| row.title_in_sentence()),
            [
                "API key",
                "auth token",
                "customer secret key",
                "database credential",
                "OAuth 2.0 client credential",
                "SMTP credential"
            ]
        );
    }

    #[test]
    fn only_smtp_credentials_need_another_permission_than_users() {
        for row in &CREDENTIAL_TYPES {
            let expected = match row.credential_type {
                CredentialType::SmtpCredentials => "inspect credentials",
                _ => "read users",
            };
            assert_eq!(row.permission, expected, "{}", row.name);
        }
    }

    #[test]
    fn secret_attributes_are_never_requested() {
        let secret = [
            "token",
            "secretKey",
            "accessKey",
            "secret",
            "password",
            "dbPassword",
            "salt",
            "mixedSalt",
            "mixedDbPassword",
            "key",
        ];
        for row in &CREDENTIAL_TYPES {
            for attribute in COMMON_ATTRIBUTES.iter().chain(row.attributes) {
                assert!(!secret.contains(attribute), "{}: {attribute}", row.name);
            }
            for label in row.labels {
                assert!(row.attributes.contains(label), "{}: {label}", row.name);
            }
        }
    }

    #[test]
    fn unknown_name_leads_to_the_one_that_is_meant() {
        let message = |word: &str| {
            let error = word.parse::<CredentialType>().expect_err(word);
            error.to_string()
        };
        for (word, expected) in [
            ("apikey", "api_keys"),
            ("api-keys", "api_keys"),
            ("API key", "api_keys"),
            ("tokens", "auth_tokens"),
            ("authtoken", "auth_tokens"),
            ("secret_keys", "customer_secret_keys"),
            ("db", "db_credentials"),
            ("oauth", "oauth2_client_credentials"),
            ("smtp", "smtp_credentials"),
        ] {
            assert_eq!(
                message(word),
                format!("unknown credential type `{word}`; did you mean `{expected}`?")
            );
        }
        for word in ["passwords", "", "-", "x"] {
            assert_eq!(
                message(word),
                format!(
                    "unknown credential type `{word}`; expected one of {}",
                    names()
                )
            );
        }
    }

    #[test]
    fn set_iterates_in_the_order_of_the_table() {
        let set: CredentialTypes = [CredentialType::SmtpCredentials, CredentialType::ApiKeys]
            .into_iter()
            .collect();
        let names: Vec<_> = set.iter().map(CredentialType::name).collect();
        assert_eq!(names, ["api_keys", "smtp_credentials"]);
        assert_eq!(set.len(), 2);
    }
}
