//! What an operator can do about a list that could not be read. Pure.
//!
//! Digest, page, log, check and command line display the same [`Remedy`], and never search a text for it.

use std::fmt;

use crate::iam_statement::Statement;
use crate::model::FailureCause;

/// What an operator can do. Displayed as a clause after the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Add an IAM statement to a policy.
    GrantStatement(Statement),
    /// Add an IAM statement to a policy, or name the domains in the settings.
    GrantStatementOrNameDomains(Statement),
    /// Give the function's subnet a route to identity domains.
    OpenNetworkPath,
    /// Give the run more time, or allow more requests per minute.
    AllowMoreTime,
    /// Send fewer requests per minute, or run at another time.
    LowerRateLimit,
    /// Correct the URL of the domain.
    CorrectDomainUrl,
}

impl Remedy {
    /// The remedy for a list of an identity domain that needs `permission`.
    pub const fn of_list(permission: &'static str, cause: FailureCause) -> Option<Self> {
        match cause {
            FailureCause::Unauthorized(_) | FailureCause::Status(404) => {
                Some(Self::GrantStatement(Statement::InTenancy(permission)))
            }
            FailureCause::Status(429) => Some(Self::LowerRateLimit),
            FailureCause::Connection => Some(Self::OpenNetworkPath),
            FailureCause::OutOfTime => Some(Self::AllowMoreTime),
            FailureCause::InvalidAnswer => Some(Self::CorrectDomainUrl),
            FailureCause::Status(_)
            | FailureCause::Timeout
            | FailureCause::ProgramFault
            | FailureCause::NotSigned
            | FailureCause::BrokenExchange => None,
        }
    }

    /// The IAM statement that is probably missing.
    pub const fn statement(&self) -> Option<&Statement> {
        match self {
            Self::GrantStatement(statement) | Self::GrantStatementOrNameDomains(statement) => {
                Some(statement)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GrantStatement(statement) => write!(
                f,
                "the policy statement that is probably missing: {statement} (changes take up to 15 minutes)"
            ),
            Self::GrantStatementOrNameDomains(statement) => write!(
                f,
                "the policy statement that is probably missing: {statement}; or set AUDIT_DOMAIN_URLS"
            ),
            Self::OpenNetworkPath => f.write_str(
                "check the function's subnet: identity domains are reached through a NAT gateway",
            ),
            Self::AllowMoreTime => f.write_str(
                "give the function a longer timeout, or set AUDIT_RATE_LIMIT to the domain's license if it grants more",
            ),
            Self::LowerRateLimit => f.write_str(
                "other callers use up the domain's rate limit: run at another time, or set AUDIT_RATE_LIMIT lower",
            ),
            Self::CorrectDomainUrl => {
                f.write_str("check that the URL is that of an identity domain")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_list_names_the_statement_of_its_permission() {
        for cause in [
            FailureCause::Unauthorized(401),
            FailureCause::Unauthorized(403),
            FailureCause::Status(404),
        ] {
            let remedy = Remedy::of_list("inspect credentials", cause).expect("a remedy");
            assert_eq!(
                remedy.statement(),
                Some(&Statement::InTenancy("inspect credentials"))
            );
        }
    }

    #[test]
    fn other_failures_name_no_statement() {
        for cause in [
            FailureCause::Status(429),
            FailureCause::Status(503),
            FailureCause::Connection,
            FailureCause::Timeout,
            FailureCause::InvalidAnswer,
            FailureCause::OutOfTime,
            FailureCause::ProgramFault,
            FailureCause::NotSigned,
            FailureCause::BrokenExchange,
        ] {
            let remedy = Remedy::of_list("read users", cause);
            assert_eq!(
                remedy.as_ref().and_then(Remedy::statement),
                None,
                "{cause:?}"
            );
        }
    }
}
