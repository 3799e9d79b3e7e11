//! Why a control is not assessable. Pure.

use std::fmt;

use crate::credential_type::CredentialType;

/// Why what a control is about could not be counted. Displayed as a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotCounted {
    /// The settings or the invocation left the type out.
    LeftOut(CredentialType),
    /// No domain was read.
    NoDomain,
    /// Not every domain may have been found.
    DomainMayBeMissing,
    /// The credentials of a type were not completely read in these domains.
    Credentials(CredentialType, Vec<String>),
    /// The lists of a type are empty in these domains, and the user records do not list credentials.
    Unconfirmed(CredentialType, Vec<String>),
    /// The users of these domains were not completely read.
    Users(Vec<String>),
    /// The settings leave out sign-ins.
    SignInsLeftOut,
    /// These domains returned no date of a sign-in.
    NoSignIns(Vec<String>),
    /// The Default domain was not read, or no domain is known to be it.
    NoDefaultDomain,
    /// The users of the Default domain were not completely read.
    DefaultUsers,
    /// The API keys of the Default domain were not completely read.
    DefaultApiKeys,
    /// The Default domain returned no groups.
    NoGroups,
    /// The groups of some users are malformed.
    MalformedGroups,
    /// Some users with an API key have no groups in their record.
    MissingGroups,
    /// These domains, whose groups the settings name, returned no groups, or malformed ones.
    UnknownGroups(Vec<String>),
    /// No user is an administrator, which is impossible.
    NoAdministrator,
}

impl fmt::Display for NotCounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeftOut(credential_type) => {
                return write!(f, "{} were left out", credential_type.row().plural);
            }
            Self::Credentials(credential_type, domains) => {
                let plural = credential_type.row().plural;
                return write!(
                    f,
                    "{plural} were not completely read {}",
                    in_domains(domains)
                );
            }
            Self::Unconfirmed(credential_type, domains) => {
                let plural = credential_type.row().plural;
                return write!(
                    f,
                    "{plural} are listed as none {}, and the user records do not list credentials",
                    in_domains(domains)
                );
            }
            Self::Users(domains) => {
                return write!(
                    f,
                    "the users were not completely read {}",
                    in_domains(domains)
                );
            }
            Self::NoSignIns(domains) => {
                return write!(
                    f,
                    "no date of a sign-in was returned {}",
                    in_domains(domains)
                );
            }
            Self::UnknownGroups(domains) => {
                return write!(
                    f,
                    "the members of the groups in AUDIT_ADMIN_GROUPS are not known {}",
                    in_domains(domains)
                );
            }
            Self::SignInsLeftOut => "AUDIT_ACTIVITY is off, so no sign-in was read",
            Self::NoDomain => "no domain was read",
            Self::DomainMayBeMissing => "a domain may be missing",
            Self::NoDefaultDomain => "the Default domain was not read or is not known",
            Self::DefaultUsers => "the users of the Default domain were not completely read",
            Self::DefaultApiKeys => "the API keys of the Default domain were not completely read",
            Self::NoGroups => "the Default domain returned no groups of its users",
            Self::MissingGroups => {
                "some users who hold an API key have no groups in their record, so they may be administrators"
            }
            Self::MalformedGroups => {
                "the groups of some users of the Default domain are malformed, so the administrators are not known"
            }
            Self::NoAdministrator => {
                "no user is listed as a member of Administrators, and every tenancy has one"
            }
        })
    }
}

/// `in domains Default, Dev, Lab and 3 more`.
pub(super) fn in_domains(names: &[String]) -> String {
    match names {
        [one] => format!("in domain {one}"),
        [first, second, third, rest @ ..] if !rest.is_empty() => format!(
            "in domains {first}, {second}, {third} and {} more",
            rest.len()
        ),
        few => format!("in domains {}", few.join(", ")),
    }
}
