//! The SCIM resource types of an identity domain that an audit of credentials reads.
//!
//! Source: the paths and names of `identity_domains/identity_domains_client.py` and `identity_domains/models` in
//! Oracle's Python SDK; the limits per user are those of Oracle's page "IAM object limits".

/// A SCIM resource type served under `/admin/v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceType {
    /// `/Users`
    Users,
    /// `/ApiKeys`
    ApiKeys,
    /// `/AuthTokens`
    AuthTokens,
    /// `/CustomerSecretKeys`
    CustomerSecretKeys,
    /// `/UserDbCredentials`
    UserDbCredentials,
    /// `/OAuth2ClientCredentials`
    OAuth2ClientCredentials,
    /// `/SmtpCredentials`
    SmtpCredentials,
}

impl ResourceType {
    /// The credential types, in the order of [`ResourceType::credential_index`].
    pub const CREDENTIALS: [Self; 6] = [
        Self::ApiKeys,
        Self::AuthTokens,
        Self::CustomerSecretKeys,
        Self::UserDbCredentials,
        Self::OAuth2ClientCredentials,
        Self::SmtpCredentials,
    ];

    /// The last segment of the resource type's path.
    #[must_use]
    pub fn segment(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::ApiKeys => "ApiKeys",
            Self::AuthTokens => "AuthTokens",
            Self::CustomerSecretKeys => "CustomerSecretKeys",
            Self::UserDbCredentials => "UserDbCredentials",
            Self::OAuth2ClientCredentials => "OAuth2ClientCredentials",
            Self::SmtpCredentials => "SmtpCredentials",
        }
    }

    /// `meta.resourceType` of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.segment().trim_end_matches('s')
    }

    /// The URN of its core schema.
    #[must_use]
    pub fn schema(self) -> &'static str {
        match self {
            Self::Users => "urn:ietf:params:scim:schemas:core:2.0:User",
            Self::ApiKeys => "urn:ietf:params:scim:schemas:oracle:idcs:apikey",
            Self::AuthTokens => "urn:ietf:params:scim:schemas:oracle:idcs:authToken",
            Self::CustomerSecretKeys => {
                "urn:ietf:params:scim:schemas:oracle:idcs:customerSecretKey"
            }
            Self::UserDbCredentials => "urn:ietf:params:scim:schemas:oracle:idcs:userDbCredential",
            Self::OAuth2ClientCredentials => {
                "urn:ietf:params:scim:schemas:oracle:idcs:oauth2ClientCredential"
            }
            Self::SmtpCredentials => "urn:ietf:params:scim:schemas:oracle:idcs:smtpCredential",
        }
    }

    /// Maximum number per user; 0 for users.
    #[must_use]
    pub fn max_per_user(self) -> usize {
        match self {
            Self::Users => 0,
            Self::ApiKeys => 3,
            Self::OAuth2ClientCredentials => 10,
            _ => 2,
        }
    }

    /// Position among [`ResourceType::CREDENTIALS`]; `None` for users.
    #[must_use]
    pub fn credential_index(self) -> Option<usize> {
        Self::CREDENTIALS
            .iter()
            .position(|resource_type| *resource_type == self)
    }

    /// The resource type of a path segment, which is case-sensitive.
    #[must_use]
    pub fn from_segment(segment: &str) -> Option<Self> {
        std::iter::once(Self::Users)
            .chain(Self::CREDENTIALS)
            .find(|resource_type| resource_type.segment() == segment)
    }
}
