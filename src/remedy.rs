//! What an operator can do about a list that could not be read. Pure.
//!
//! Digest, page, log, check and command line display the same [`Remedy`], and never search a text for it. Its words are those
//! of the [`Place`] where the program runs.

use crate::iam_statement::Statement;
use crate::model::{FailureCause, ListGap};
use crate::place::Place;

/// What an operator can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Add an IAM statement to a policy.
    GrantStatement(Statement),
    /// Add an IAM statement to a policy, or name the domains in the settings.
    GrantStatementOrNameDomains(Statement),
    /// Add an IAM statement to a policy, or name the tenancy in the settings.
    GrantStatementOrNameTenancy(Statement),
    /// Open a route to identity domains.
    OpenNetworkPath,
    /// Open a route to IAM of every region, or name the domains in the settings.
    OpenNetworkPathOrNameDomains,
    /// Give the run more time, or allow more requests per minute.
    AllowMoreTime,
    /// Send fewer requests per minute, or run at another time.
    LowerRateLimit,
    /// Correct the URL of the domain.
    CorrectDomainUrl,
    /// Give the function more memory, or read less.
    GiveMoreMemory,
    /// Let requests pass whatever answers between this program and the service.
    PassIntermediary,
    /// Compare the API key with the user's.
    CheckApiKey,
    /// Replace the expired session token.
    RefreshSession,
    /// Set the clock.
    SetClock,
}

impl Remedy {
    /// The remedy for the search for domains. `statement` is the one that is probably missing.
    pub fn of_search(cause: FailureCause, statement: Option<&Statement>) -> Option<Self> {
        match (statement, cause) {
            (Some(statement), _) => Some(Self::GrantStatementOrNameDomains(statement.clone())),
            (None, FailureCause::Connection | FailureCause::Timeout | FailureCause::OutOfTime) => {
                Some(Self::OpenNetworkPathOrNameDomains)
            }
            (None, cause) => Self::of_refusal(cause),
        }
    }

    /// The remedy for a response that refuses a request for another reason than a permission.
    pub const fn of_refusal(cause: FailureCause) -> Option<Self> {
        match cause {
            FailureCause::Intermediary(_) => Some(Self::PassIntermediary),
            FailureCause::KeyNotAccepted => Some(Self::CheckApiKey),
            FailureCause::SessionExpired => Some(Self::RefreshSession),
            FailureCause::ClockSkew => Some(Self::SetClock),
            _ => None,
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
            FailureCause::Intermediary(_)
            | FailureCause::KeyNotAccepted
            | FailureCause::SessionExpired
            | FailureCause::ClockSkew => Self::of_refusal(cause),
            FailureCause::Status(_)
            | FailureCause::Refused(_)
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
    pub const fn beside_statement(&self, place: Place) -> Option<&'static str> {
        if matches!(self, Self::GrantStatement(_)) {
            return None;
        }
        Some(match place {
            Place::Function => self.in_function(),
            Place::CommandLine => self.on_command_line(),
        })
    }

    const fn in_function(&self) -> &'static str {
        match self {
            Self::GrantStatement(_) => "",
            Self::GrantStatementOrNameDomains(_) => "or name the domains in AUDIT_DOMAIN_URLS",
            Self::GrantStatementOrNameTenancy(_) => {
                "or set the tenancy's name in AUDIT_TENANCY_NAME"
            }
            Self::OpenNetworkPath => {
                "check that the function's subnet has a route to the identity domains, such as a NAT gateway"
            }
            Self::OpenNetworkPathOrNameDomains => {
                "check that the function's subnet has a route to other regions, such as a NAT gateway, and check AUDIT_IDENTITY_ENDPOINT; or name the domains in AUDIT_DOMAIN_URLS"
            }
            Self::AllowMoreTime => {
                "give the function a longer timeout, or set AUDIT_RATE_LIMIT to the domain's license if it grants more"
            }
            Self::LowerRateLimit => {
                "other callers use up the domain's rate limit: run at another time, or set AUDIT_RATE_LIMIT lower"
            }
            Self::CorrectDomainUrl => "check that the URL is that of an identity domain",
            Self::GiveMoreMemory => {
                "give the function more memory, or audit the domain with a function of its own"
            }
            Self::PassIntermediary => {
                "check proxies and firewalls between the function's subnet and that host: they must pass requests on unchanged; also check that the host is correct"
            }
            Self::CheckApiKey => CHECK_API_KEY,
            Self::RefreshSession => {
                "the platform renews the token's file, so check the container's clock and restart the function"
            }
            Self::SetClock => {
                "restart the function, so that it gets a container with another clock"
            }
        }
    }

    const fn on_command_line(&self) -> &'static str {
        match self {
            Self::GrantStatement(_) => "",
            Self::GrantStatementOrNameDomains(_) => "or name the domains with --domain-url",
            Self::GrantStatementOrNameTenancy(_) => {
                "or set the tenancy's name in AUDIT_TENANCY_NAME"
            }
            Self::OpenNetworkPath => {
                "check your network, and HTTPS_PROXY if requests must pass a proxy"
            }
            Self::OpenNetworkPathOrNameDomains => {
                "check your network, and HTTPS_PROXY if requests must pass a proxy; or name the domains with --domain-url"
            }
            Self::AllowMoreTime => {
                "name fewer domains with --domain-url, or set AUDIT_RATE_LIMIT to the domain's license if it grants more"
            }
            Self::LowerRateLimit => {
                "other callers use up the domain's rate limit: run at another time, or set AUDIT_RATE_LIMIT lower"
            }
            Self::CorrectDomainUrl => "check that --domain-url is the URL of an identity domain",
            Self::GiveMoreMemory => "audit the domain alone, with --domain-url",
            Self::PassIntermediary => {
                "check your network and proxies (HTTPS_PROXY, NO_PROXY): they must pass requests on unchanged; also check that the host is correct"
            }
            Self::CheckApiKey => CHECK_API_KEY,
            Self::RefreshSession => {
                "run `oci session refresh`, or `oci session authenticate` if the session has ended; tokens of a machine are replaced by themselves, so try again"
            }
            Self::SetClock => "set this computer's clock",
        }
    }

    /// The remedy as a clause after the error.
    pub fn at(&self, place: Place) -> String {
        let beside = self.beside_statement(place);
        let Some(statement) = self.statement() else {
            return beside.unwrap_or_default().to_owned();
        };
        let advice = format!(
            "add this policy statement, which is probably missing: {}",
            statement.at(place)
        );
        match beside {
            Some(beside) => format!("{advice}; {beside}"),
            None => format!("{advice} (changes take up to 15 minutes)"),
        }
    }
}

/// The same everywhere: the message has the key.
const CHECK_API_KEY: &str = "check that the user has this API key, and that fingerprint, user and tenancy belong together; a new key takes some minutes";

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
            FailureCause::Refused(403),
            FailureCause::Refused(404),
            FailureCause::Intermediary(401),
            FailureCause::Intermediary(403),
            FailureCause::Intermediary(404),
            FailureCause::KeyNotAccepted,
            FailureCause::SessionExpired,
            FailureCause::ClockSkew,
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
            refused.beside_statement(Place::Function),
            Some("or name the domains in AUDIT_DOMAIN_URLS")
        );
        assert_eq!(
            refused.beside_statement(Place::CommandLine),
            Some("or name the domains with --domain-url")
        );
    }

    #[test]
    fn advice_on_the_command_line_has_no_word_of_the_function() {
        let statement = Statement::InTenancy("read users");
        for remedy in [
            Remedy::GrantStatement(statement.clone()),
            Remedy::GrantStatementOrNameDomains(statement.clone()),
            Remedy::GrantStatementOrNameTenancy(statement),
            Remedy::OpenNetworkPath,
            Remedy::OpenNetworkPathOrNameDomains,
            Remedy::AllowMoreTime,
            Remedy::LowerRateLimit,
            Remedy::CorrectDomainUrl,
            Remedy::GiveMoreMemory,
            Remedy::PassIntermediary,
            Remedy::CheckApiKey,
            Remedy::RefreshSession,
            Remedy::SetClock,
        ] {
            let advice = remedy.at(Place::CommandLine);
            for word in [
                "function",
                "subnet",
                "gateway",
                "dynamic",
                "container",
                "FN_",
            ] {
                assert!(!advice.contains(word), "{advice}");
            }
        }
    }
}
