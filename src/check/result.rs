//! What a check found. Pure.
//!
//! Names of fields are fixed, as those of the summary are; further ones may be added.

use serde::{Serialize, Serializer};

use crate::credential_type::CredentialType;
use crate::event::CheckMode;
use crate::iam_statement::Statement;
use crate::model::{Domain, FailureCause, Verdict};
use crate::timestamp::Timestamp;

/// A whole check: the answer of an invocation, and what `--json` writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Of the form of a run's id.
    pub check_id: String,
    /// The version of this program.
    pub version: String,
    /// When it began.
    pub checked_at: String,
    /// Whether storing and publishing were tried.
    pub sent: bool,
    /// `COMPLETE` where everything that was checked works, `FAILED` where a run could read no domain, else `PARTIAL`.
    pub verdict: Verdict,
    /// What was checked, by service and domain.
    pub checks: Vec<Step>,
    /// The statements that are probably missing, each once.
    pub statements: Vec<String>,
    /// Requests that were sent, attempts counted one by one.
    pub requests: u64,
    /// Milliseconds from the start.
    pub elapsed_ms: u64,
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The service that was asked.
    pub service: Service,
    /// The identity domain, where one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<CheckedDomain>,
    /// What it was asked for.
    pub what: Subject,
    /// What came of it.
    pub result: CheckResult,
    /// Of a list: how many there are, by the service's own count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// What came back, and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The policy statement that is probably missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
}

/// An identity domain, as a check names it.
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
    /// IAM, which tells which domains there are.
    Iam,
    /// An identity domain.
    IdentityDomain,
    /// Object Storage.
    ObjectStorage,
    /// Notifications.
    Notifications,
}

impl Service {
    /// As people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iam => "IAM",
            Self::IdentityDomain => "identity domain",
            Self::ObjectStorage => "Object Storage",
            Self::Notifications => "Notifications",
        }
    }
}

impl Serialize for Service {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What a service is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Which domains the tenancy has.
    Domains,
    /// One user of a domain.
    Users,
    /// One credential of a domain.
    Kind(CredentialType),
    /// The Object Storage namespace.
    Namespace,
    /// What stands below the prefix.
    List,
    /// The object with exceptions.
    Exceptions,
    /// To store an object.
    Store,
    /// To read it back.
    Read,
    /// To publish a message.
    Publish,
}

impl Subject {
    /// The service that is asked.
    pub const fn service(self) -> Service {
        match self {
            Self::Domains => Service::Iam,
            Self::Users | Self::Kind(_) => Service::IdentityDomain,
            Self::Namespace | Self::List | Self::Exceptions | Self::Store | Self::Read => {
                Service::ObjectStorage
            }
            Self::Publish => Service::Notifications,
        }
    }

    /// The word in JSON and logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Domains => "domains",
            Self::Users => "users",
            Self::Kind(credential_type) => credential_type.name(),
            Self::Namespace => "namespace",
            Self::List => "list",
            Self::Exceptions => "exceptions",
            Self::Store => "store",
            Self::Read => "read",
            Self::Publish => "publish",
        }
    }

    /// The words in a text for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Domains => "Find the domains",
            Self::Users => "Users",
            Self::Kind(credential_type) => credential_type.row().plural,
            Self::Namespace => "Ask for the namespace",
            Self::List => "List the bucket",
            Self::Exceptions => "Read the exceptions",
            Self::Store => "Store an object",
            Self::Read => "Read it back",
            Self::Publish => "Publish a message",
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// It works, if perhaps in another way than the first that was tried.
    Works,
    /// 401, 403 or 404: a right is missing, or what the settings name is not there.
    Refused,
    /// Permitted, but what must be there is not shown: a right is missing.
    NotVisible,
    /// 400, 405 or 413: the request was not taken, in whatever way a run can put it.
    NotAccepted,
    /// There was no answer.
    Unreachable,
    /// There was an answer, but not one that a run could use.
    #[serde(rename = "odd_answer")]
    UnexpectedResponse,
    /// It was not asked, and that is no failure.
    NotChecked,
}

impl CheckResult {
    /// The words in a text for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Refused => "refused",
            Self::NotVisible => "not visible",
            Self::NotAccepted => "not accepted",
            Self::Unreachable => "unreachable",
            Self::UnexpectedResponse => "odd answer",
            Self::NotChecked => "not checked",
        }
    }

    /// Whether a run would miss something.
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Works | Self::NotChecked)
    }
}

impl From<FailureCause> for CheckResult {
    fn from(cause: FailureCause) -> Self {
        match cause {
            FailureCause::Unauthorized(_) | FailureCause::Status(404) => Self::Refused,
            FailureCause::Status(400 | 405 | 413) => Self::NotAccepted,
            FailureCause::Connection | FailureCause::Timeout | FailureCause::OutOfTime => {
                Self::Unreachable
            }
            FailureCause::Status(_) | FailureCause::InvalidAnswer | FailureCause::ProgramFault => {
                Self::UnexpectedResponse
            }
        }
    }
}

impl Step {
    /// A step without anything to add.
    pub fn new(what: Subject, result: CheckResult) -> Self {
        Self {
            service: what.service(),
            domain: None,
            what,
            result,
            rows: None,
            detail: None,
            statement: None,
        }
    }

    /// One that was not asked, and why.
    pub fn not_checked(what: Subject, why: impl Into<String>) -> Self {
        Self::new(what, CheckResult::NotChecked).with_detail(why)
    }

    /// What came back, and what to do about it.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        let detail = Some(detail.into()).filter(|detail| !detail.is_empty());
        Self { detail, ..self }
    }

    /// The statement that is probably missing.
    #[must_use]
    pub fn with_statement(self, statement: &Statement) -> Self {
        Self {
            statement: Some(statement.to_string()),
            ..self
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn with_rows(mut self, rows: Option<u64>) -> Self {
        self.rows = rows;
        self
    }

    /// The domain that was asked.
    #[must_use]
    pub fn in_domain(self, domain: &Domain) -> Self {
        let domain = CheckedDomain {
            name: domain.name.clone(),
            url: domain.url.clone(),
        };
        Self {
            domain: Some(domain),
            ..self
        }
    }
}

impl CheckReport {
    /// Sums up what was checked.
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
            check_id,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            checked_at: started.rfc3339(),
            sent: mode == CheckMode::Send,
            verdict: verdict(&checks),
            checks,
            statements,
            requests,
            elapsed_ms,
        }
    }

    /// As JSON, with a line for each field.
    pub fn to_json(&self) -> String {
        // Nothing in it can fail to become JSON.
        let json = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{json}\n")
    }
}

/// As a run's: FAILED where no domain could be read, its users and at least one type.
fn verdict(steps: &[Step]) -> Verdict {
    let works = |step: &Step| step.result == CheckResult::Works;
    let is_read = |users: &Step| {
        let credential_types = steps.iter().filter(|step| step.domain == users.domain);
        credential_types
            .filter(|step| works(step))
            .any(|step| matches!(step.what, Subject::Kind(_)))
    };
    let users = steps.iter().filter(|step| step.what == Subject::Users);
    if !users.filter(|step| works(step)).any(is_read) {
        Verdict::Failed
    } else if steps.iter().any(|step| step.result.is_failure()) {
        Verdict::Partial
    } else {
        Verdict::Complete
    }
}
