//! The result of a check. Pure.
//!
//! Names of fields are stable, as in the summary; fields may be added.

use serde::{Serialize, Serializer};

use crate::credential_type::CredentialType;
use crate::event::CheckMode;
use crate::model::{FailureCause, Verdict};
use crate::summary::answer;
use crate::timestamp::Timestamp;

/// A check: the response to an invocation, and the content of `--json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// An id, in the form of a run's id.
    pub check_id: String,
    /// The version of this program.
    pub version: String,
    /// The profile of the configuration file whose credentials were checked; left out by the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The time of the start.
    pub checked_at: String,
    /// Whether storing and publishing were checked.
    pub sent: bool,
    /// `COMPLETE` if everything works that a run needs, `FAILED` if a run could read no domain, else `PARTIAL`.
    pub verdict: Verdict,
    /// The checks, by service and domain.
    pub checks: Vec<Step>,
    /// Of an answer that would have more than 5 MB: the checks that it leaves out. Those that fail are first.
    #[serde(skip_serializing_if = "is_zero")]
    pub further_checks: u64,
    /// The statements that are probably missing, each once.
    pub statements: Vec<String>,
    /// Requests that were sent, attempts counted one by one.
    pub requests: u64,
    /// Milliseconds from the start.
    pub elapsed_ms: u64,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The service.
    pub service: Service,
    /// The identity domain, if the service is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<CheckedDomain>,
    /// What was checked.
    pub what: Subject,
    /// The result.
    pub result: CheckResult,
    /// For a list: the number of rows, as counted by the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The response, and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The same without the words of a service, for the log: they may name users.
    #[serde(skip)]
    pub logged_detail: Option<String>,
    /// The policy statement that is probably missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// Why a list could not be read. Lists of a domain that failed alike are one line of the text.
    #[serde(skip)]
    pub cause: Option<FailureCause>,
}

/// An identity domain in a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedDomain {
    /// Display name.
    pub name: String,
    /// Base URL.
    pub url: String,
}

/// A service that a run needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// IAM, which lists the domains.
    Iam,
    /// An identity domain.
    IdentityDomain,
    /// Object Storage.
    ObjectStorage,
    /// Logging Search.
    LoggingSearch,
    /// Notifications.
    Notifications,
    /// Monitoring.
    Monitoring,
    /// Email Delivery.
    EmailDelivery,
}

impl Service {
    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iam => "IAM",
            Self::IdentityDomain => "identity domain",
            Self::ObjectStorage => "Object Storage",
            Self::LoggingSearch => "Logging Search",
            Self::Notifications => "Notifications",
            Self::Monitoring => "Monitoring",
            Self::EmailDelivery => "Email Delivery",
        }
    }
}

impl Serialize for Service {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Listing the domains of the tenancy.
    Domains,
    /// Reading the name of the tenancy.
    TenancyName,
    /// Listing the users of a domain.
    Users,
    /// Listing the credentials of a type in a domain.
    Credentials(CredentialType),
    /// Reading the Object Storage namespace.
    Namespace,
    /// Listing the names below the prefix.
    List,
    /// Reading the exceptions file.
    Exceptions,
    /// Storing an object.
    Store,
    /// Reading it back.
    Read,
    /// Searching for the last use of API keys.
    LastUse,
    /// Publishing a message.
    Publish,
    /// Publishing a message to the topic of an owner.
    PublishToOwner,
    /// Listing the metrics of the namespace.
    ListMetrics,
    /// Posting a metric.
    PostMetric,
    /// Sending a mail to a holder.
    SendMail,
    /// Storing an object in the hub.
    StoreInHub,
}

impl Subject {
    /// The service that is checked.
    pub const fn service(self) -> Service {
        match self {
            Self::Domains | Self::TenancyName => Service::Iam,
            Self::Users | Self::Credentials(_) => Service::IdentityDomain,
            Self::Namespace | Self::List | Self::Exceptions | Self::Store | Self::Read => {
                Service::ObjectStorage
            }
            Self::LastUse => Service::LoggingSearch,
            Self::Publish | Self::PublishToOwner => Service::Notifications,
            Self::ListMetrics | Self::PostMetric => Service::Monitoring,
            Self::SendMail => Service::EmailDelivery,
            Self::StoreInHub => Service::ObjectStorage,
        }
    }

    /// The word in JSON and logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Domains => "domains",
            Self::TenancyName => "tenancy_name",
            Self::Users => "users",
            Self::Credentials(credential_type) => credential_type.name(),
            Self::Namespace => "namespace",
            Self::List => "list",
            Self::Exceptions => "exceptions",
            Self::Store => "store",
            Self::Read => "read",
            Self::LastUse => "last_use",
            Self::Publish => "publish",
            Self::PublishToOwner => "publish_to_owner",
            Self::ListMetrics => "list_metrics",
            Self::PostMetric => "post_metric",
            Self::SendMail => "send_mail",
            Self::StoreInHub => "store_in_hub",
        }
    }

    /// Whether a run is complete without it.
    pub const fn is_optional(self) -> bool {
        matches!(
            self,
            Self::TenancyName
                | Self::LastUse
                | Self::PublishToOwner
                | Self::ListMetrics
                | Self::PostMetric
                | Self::SendMail
                | Self::StoreInHub
        )
    }

    /// The title in the text.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Domains => "Find the domains",
            Self::TenancyName => "Read the tenancy's name",
            Self::Users => "Users",
            Self::Credentials(credential_type) => credential_type.row().plural,
            Self::Namespace => "Read the namespace",
            Self::List => "List the bucket",
            Self::Exceptions => "Read the exceptions",
            Self::Store => "Store an object",
            Self::Read => "Read the object back",
            Self::LastUse => "Search for last use",
            Self::Publish => "Publish a message",
            Self::PublishToOwner => "Publish to an owner",
            Self::ListMetrics => "List the metrics",
            Self::PostMetric => "Post a metric",
            Self::SendMail => "Send a mail",
            Self::StoreInHub => "Store an object in the hub",
        }
    }
}

impl Step {
    /// Whether both are lists of one domain that failed for the same cause. What the service said may differ.
    pub fn failed_like(&self, other: &Self) -> bool {
        let facts = |step: &Self| (step.service, step.result, step.cause);
        self.cause.is_some() && facts(self) == facts(other) && self.domain == other.domain
    }

    /// Whether a run would fail or be incomplete.
    pub const fn is_failure(&self) -> bool {
        self.result.is_failure() && !self.what.is_optional()
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// It works, possibly by a fallback.
    Works,
    /// 401, 403 or 404 of the service: a permission is missing, the signature was not accepted, or a name in the settings does
    /// not exist. Also a request that could not be signed.
    Refused,
    /// Permitted, but rows that must exist are not listed: a permission is missing.
    NotVisible,
    /// 400, 405 or 413: the service accepts neither the request nor any fallback.
    NotAccepted,
    /// No response, or out of time.
    Unreachable,
    /// A response that a run cannot use.
    #[serde(rename = "odd_answer")]
    UnexpectedResponse,
    /// It was not checked. This is not a failure.
    NotChecked,
}

impl CheckResult {
    /// The words in the text.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Refused => "refused",
            Self::NotVisible => "not visible",
            Self::NotAccepted => "not accepted",
            Self::Unreachable => "unreachable",
            Self::UnexpectedResponse => "unexpected response",
            Self::NotChecked => "not checked",
        }
    }

    /// Whether it was checked and does not work.
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Works | Self::NotChecked)
    }
}

impl From<FailureCause> for CheckResult {
    fn from(cause: FailureCause) -> Self {
        match cause {
            FailureCause::Unauthorized(_)
            | FailureCause::Status(404)
            | FailureCause::Refused(_)
            | FailureCause::NotSigned
            | FailureCause::KeyNotAccepted
            | FailureCause::SessionExpired
            | FailureCause::ClockSkew => Self::Refused,
            FailureCause::Status(400 | 405 | 413) => Self::NotAccepted,
            FailureCause::Connection
            | FailureCause::Timeout
            | FailureCause::OutOfTime
            | FailureCause::StepOutOfTime { .. } => Self::Unreachable,
            FailureCause::Status(_)
            | FailureCause::Intermediary(_)
            | FailureCause::InvalidResponse
            | FailureCause::ProgramFault
            | FailureCause::BrokenExchange
            | FailureCause::TooLarge
            | FailureCause::RowsDoNotFit => Self::UnexpectedResponse,
        }
    }
}

impl CheckReport {
    /// Summarizes the steps.
    pub fn new(
        check_id: String,
        started: Timestamp,
        mode: CheckMode,
        checks: Vec<Step>,
        requests: u64,
        elapsed_ms: u64,
    ) -> Self {
        let mut statements = Vec::new();
        for statement in checks.iter().filter_map(|step| step.statement.as_ref()) {
            if !statements.contains(statement) {
                statements.push(statement.clone());
            }
        }
        Self {
            profile: None,
            check_id,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            checked_at: started.rfc3339(),
            sent: mode == CheckMode::Send,
            verdict: verdict(&checks),
            checks,
            further_checks: 0,
            statements,
            requests,
            elapsed_ms,
        }
    }

    /// As the answer of an invocation, in at most 5 MB.
    ///
    /// # Errors
    ///
    /// If it cannot become JSON, which is a bug.
    pub fn to_answer(&self) -> Result<Vec<u8>, serde_json::Error> {
        answer::fitting(|halvings| {
            let mut report = self.clone();
            if let Some(parts) = 1_usize.checked_shl(halvings).filter(|parts| *parts > 1) {
                let kept = report.checks.len() / parts;
                report.checks.sort_by_key(|step| !step.is_failure());
                report.checks.truncate(kept);
                report.further_checks = (self.checks.len() - kept) as u64;
            }
            report
        })
    }

    /// As JSON, with one line per field.
    pub fn to_json(&self) -> String {
        // Every field can become JSON.
        let json = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{json}\n")
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// FAILED if in no domain users and at least one type could be listed.
fn verdict(steps: &[Step]) -> Verdict {
    let works = |step: &Step| step.result == CheckResult::Works;
    let is_read = |users: &Step| {
        let credential_types = steps.iter().filter(|step| step.domain == users.domain);
        credential_types
            .filter(|step| works(step))
            .any(|step| matches!(step.what, Subject::Credentials(_)))
    };
    let users = steps.iter().filter(|step| step.what == Subject::Users);
    if !users.filter(|step| works(step)).any(is_read) {
        Verdict::Failed
    } else if steps.iter().any(Step::is_failure) {
        Verdict::Partial
    } else {
        Verdict::Complete
    }
}
