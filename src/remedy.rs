//! What an operator can do about a list that could not be read. Pure.
//!
//! Digest, page, log, check and command line display the same [`Remedy`], and never search a text for it.

use std::fmt;

use crate::iam_statement::Statement;
use crate::model::{FailureCause, ListGap};

/// What an operator can do. Displayed as a clause after the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Add an IAM statement to a policy.
    GrantStatement(Statement),
    /// Add an IAM statement to a policy, or name the domains in the settings.
    GrantStatementOrNameDomains(Statement),
    /// Add an IAM statement to a policy, or name the tenancy in the settings.
    GrantStatementOrNameTenancy(Statement),
    /// Give the function's subnet a route to identity domains.
    OpenNetworkPath,
    /// Give the function's subnet a route to IAM of every region, or name the domains in the settings.
    OpenNetworkPathOrNameDomains,
    /// Give the run more time, or allow more requests per minute.
    AllowMoreTime,
    /// Send fewer requests per minute, or run at another time.
    LowerRateLimit,
    /// Correct the URL of the domain.
    CorrectDomainUrl,
    /// Give the function more memory.
    GiveMoreMemory,
}

impl Remedy {
    /// The remedy for the search for domains. `statement` is the one that is probably missing.
    pub fn of_search(cause: FailureCause, statement: Option<&Statement>) -> Option<Self> {
        match (statement, cause) {
            (Some(statement), _) => Some(Self::GrantStatementOrNameDomains(statement.clone())),
            (None, FailureCause::Connection | FailureCause::Timeout | FailureCause::OutOfTime) => {
                Some(Self::OpenNetworkPathOrNameDomains)
            }
            (None, _) => None,
        }
    }

    /// The remedy for rows that may be missing from a list that was read and needs `permission`.
    pub const fn of_rows(permission: &'static str, gap: &ListGap) -> Option<Self> {
        match gap {
            ListGap::NoUserVisible => Some(Self::GrantStatement(Statement::InTenancy(permission))),
            _ => None,
        }
    }

    /// The remedy for a list that needs `permission`, has this many rows, and lacks credentials that users claim to hold. A
    /// list without rows looks the same without the permission.
    pub const fn of_missing_claims(permission: &'static str, listed: u64) -> Option<Self> {
        match listed {
            0 => Some(Self::GrantStatement(Statement::InTenancy(permission))),
            _ => None,
        }
    }

    /// The remedy for a list of an identity domain that failed and needs `permission`.
    pub const fn of_list(permission: &'static str, cause: FailureCause) -> Option<Self> {
        match cause {
            FailureCause::Unauthorized(_) | FailureCause::Status(404) => {
                Some(Self::GrantStatement(Statement::InTenancy(permission)))
            }
            FailureCause::Status(429) | FailureCause::StepOutOfTime { throttled: true } => {
                Some(Self::LowerRateLimit)
            }
            FailureCause::Connection | FailureCause::Timeout => Some(Self::OpenNetworkPath),
            FailureCause::OutOfTime => Some(Self::AllowMoreTime),
            FailureCause::InvalidResponse => Some(Self::CorrectDomainUrl),
            FailureCause::RowsDoNotFit => Some(Self::GiveMoreMemory),
            FailureCause::Status(_)
            | FailureCause::StepOutOfTime { throttled: false }
            | FailureCause::ProgramFault
            | FailureCause::NotSigned
            | FailureCause::BrokenExchange
            | FailureCause::TooLarge => None,
        }
    }

    /// The IAM statement that is probably missing.
    pub const fn statement(&self) -> Option<&Statement> {
        match self {
            Self::GrantStatement(statement)
            | Self::GrantStatementOrNameDomains(statement)
            | Self::GrantStatementOrNameTenancy(statement) => Some(statement),
            _ => None,
        }
    }

    /// The remedy as a clause without the statement, for a reader who has it elsewhere; `None` if nothing else helps.
    pub const fn beside_statement(&self) -> Option<&'static str> {
        match self {
            Self::GrantStatement(_) => None,
            Self::GrantStatementOrNameDomains(_) => {
                Some("or name the domains in AUDIT_DOMAIN_URLS")
            }
            Self::GrantStatementOrNameTenancy(_) => {
                Some("or set the tenancy's name in AUDIT_TENANCY_NAME")
            }
            Self::OpenNetworkPath => Some(
                "check that the function's subnet has a route to the identity domains, such as a NAT gateway",
            ),
            Self::OpenNetworkPathOrNameDomains => Some(
                "check that the function's subnet has a route to other regions, such as a NAT gateway, and check AUDIT_IDENTITY_ENDPOINT; or name the domains in AUDIT_DOMAIN_URLS",
            ),
            Self::AllowMoreTime => Some(
                "give the function a longer timeout, or set AUDIT_RATE_LIMIT to the domain's license if it grants more",
            ),
            Self::LowerRateLimit => Some(
                "other callers use up the domain's rate limit: run at another time, or set AUDIT_RATE_LIMIT lower",
            ),
            Self::CorrectDomainUrl => Some("check that the URL is that of an identity domain"),
            Self::GiveMoreMemory => Some(
                "give the function more memory, or audit the domain with a function of its own",
            ),
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let beside = self.beside_statement();
        if let Some(statement) = self.statement() {
            write!(
                f,
                "add this policy statement, which is probably missing: {statement}"
            )?;
            return match beside {
                Some(beside) => write!(f, "; {beside}"),
                None => f.write_str(" (changes take up to 15 minutes)"),
            };
        }
        f.write_str(beside.unwrap_or_default())
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
            FailureCause::InvalidResponse,
            FailureCause::OutOfTime,
            FailureCause::StepOutOfTime { throttled: true },
            FailureCause::StepOutOfTime { throttled: false },
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

    #[test]
    fn list_without_rows_that_must_exist_names_the_statement() {
        let statement = Statement::InTenancy("read users");
        let no_user = Remedy::of_rows("read users", &ListGap::NoUserVisible);
        let no_credential = Remedy::of_missing_claims("read users", 0);
        for remedy in [no_user, no_credential] {
            assert_eq!(remedy, Some(Remedy::GrantStatement(statement.clone())));
        }
        assert_eq!(Remedy::of_missing_claims("read users", 1), None);
        assert_eq!(
            Remedy::of_rows("read users", &ListGap::RowsWithoutId(1)),
            None
        );
    }

    #[test]
    fn search_without_a_response_names_the_network() {
        for cause in [
            FailureCause::Connection,
            FailureCause::Timeout,
            FailureCause::OutOfTime,
        ] {
            assert_eq!(
                Remedy::of_search(cause, None),
                Some(Remedy::OpenNetworkPathOrNameDomains)
            );
        }
        assert_eq!(Remedy::of_search(FailureCause::Status(503), None), None);
        let statement = Statement::InTenancy("inspect domains");
        let refused = Remedy::of_search(FailureCause::Status(404), Some(&statement));
        let refused = refused.expect("a remedy");
        assert_eq!(refused.statement(), Some(&statement));
        assert_eq!(
            refused.beside_statement(),
            Some("or name the domains in AUDIT_DOMAIN_URLS")
        );
    }
}
