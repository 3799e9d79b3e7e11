//! The summary of a run: the answer of an invocation, and the first part of the manifest. [`answer`] limits the size of the
//! answer.
//!
//! Names of fields are fixed; further ones may be added. Dates are RFC 3339 in UTC.

mod actions;
pub mod answer;
mod tenancy;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::credential_type::CredentialType;
use crate::judge::coverage_gap::{GapCause, List};
use crate::judge::{Audit, DomainAudit};
use crate::model::{CrossCheck, ListCoverage, Verdict};
use crate::place::Place;

pub use self::actions::{ActionsSummary, UrgencyCounts};
pub use self::tenancy::TenancySummary;

/// Answer of an invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// What was found.
    #[serde(flatten)]
    pub run: RunSummary,
    /// What was delivered.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// What the answer leaves out.
    #[serde(flatten, default)]
    pub further: Further,
}

/// How many items of each list the answer leaves out, so that it has at most 5 MB. The manifest has them all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Further {
    /// Domains after the first 1,000. Incomplete domains are first.
    #[serde(rename = "further_domains", skip_serializing_if = "is_zero")]
    pub domains: u64,
    /// Gaps after the first 100, of the search for domains and of lists.
    #[serde(rename = "further_gaps", skip_serializing_if = "is_zero")]
    pub gaps: u64,
    /// Messages after the first 100.
    #[serde(rename = "further_messages", skip_serializing_if = "is_zero")]
    pub messages: u64,
    /// Notices after the first 100.
    #[serde(rename = "further_notices", skip_serializing_if = "is_zero")]
    pub notices: u64,
    /// Objects after the first 10,000.
    #[serde(rename = "further_objects", skip_serializing_if = "is_zero")]
    pub objects: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The stored objects, and whether the digest was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Stored objects, in the order of storing.
    pub objects: Vec<StoredObject>,
    /// Whether a digest was published.
    pub notification: Notification,
    /// Requests sent, including retries.
    pub requests: u64,
    /// Milliseconds from the start of the run.
    pub elapsed_ms: u64,
}

/// A stored object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// Name in the bucket.
    pub name: String,
    /// Length.
    pub bytes: u64,
    /// SHA-256 of the content, 64 hexadecimal digits.
    pub sha256: String,
}

/// Whether a digest was published: `{"message_id":"..."}` or `{"skipped":"<why>"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notification {
    /// Published, with the id that the service assigned.
    MessageId(String),
    /// Not published, and why.
    Skipped(SkipReason),
}

/// Why no digest is due. Displayed, and in JSON, as a clause, which programs read: it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum SkipReason {
    /// A dry run publishes nothing.
    DryRun,
    /// The settings turn digests off.
    NotifyNever,
    /// Everything was read, and nothing was found.
    NoFindings,
    /// Nothing was found, and every gap is accepted.
    OnlyKnownGaps,
    /// Nothing changed.
    NoChanges {
        /// The id of the run compared with.
        since: String,
    },
}

const DRY_RUN: &str = "dry run";
const NOTIFY_NEVER: &str = "AUDIT_NOTIFY is never";
const NO_FINDINGS: &str = "nothing was found, everything was read, and AUDIT_NOTIFY is findings";
const ONLY_KNOWN_GAPS: &str =
    "nothing was found, what was not read is accepted as known, and AUDIT_NOTIFY is findings";
const NO_CHANGES: &str = "nothing changed since run ";
const NOTIFY_CHANGES: &str = ", and AUDIT_NOTIFY is changes";

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DryRun => f.write_str(DRY_RUN),
            Self::NotifyNever => f.write_str(NOTIFY_NEVER),
            Self::NoFindings => f.write_str(NO_FINDINGS),
            Self::OnlyKnownGaps => f.write_str(ONLY_KNOWN_GAPS),
            Self::NoChanges { since } => write!(f, "{NO_CHANGES}{since}{NOTIFY_CHANGES}"),
        }
    }
}

impl From<SkipReason> for String {
    fn from(reason: SkipReason) -> Self {
        reason.to_string()
    }
}

/// A text that is not a [`SkipReason`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown reason `{0}`")]
pub struct UnknownSkipReason(String);

impl TryFrom<String> for SkipReason {
    type Error = UnknownSkipReason;

    fn try_from(text: String) -> Result<Self, UnknownSkipReason> {
        Ok(match text.as_str() {
            DRY_RUN => Self::DryRun,
            NOTIFY_NEVER => Self::NotifyNever,
            NO_FINDINGS => Self::NoFindings,
            ONLY_KNOWN_GAPS => Self::OnlyKnownGaps,
            _ => {
                let since = text.strip_prefix(NO_CHANGES);
                let since = since.and_then(|since| since.strip_suffix(NOTIFY_CHANGES));
                match since.map(str::to_owned) {
                    Some(since) => Self::NoChanges { since },
                    None => return Err(UnknownSkipReason(text)),
                }
            }
        })
    }
}

/// What a run found: counts, and how completely each domain was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSummary {
    /// `<YYYYMMDD>T<HHMMSS>Z-<6 hex>`.
    pub run_id: String,
    /// The version of this program.
    pub version: String,
    /// The tenancy that was audited.
    #[serde(default)]
    pub tenancy: TenancySummary,
    /// The instant that ages are judged at.
    pub as_of: String,
    /// The UTC date of `as_of`, if it is more than 24 hours from the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what_if: Option<String>,
    /// The fields of the invocation that narrowed the run: some of `domain_urls` and `credential_types`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scoped: Vec<String>,
    /// `COMPLETE`, `PARTIAL` or `FAILED`.
    pub verdict: Verdict,
    /// Why not every domain may have been found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discovery_gaps: Vec<String>,
    /// Domains that were skipped on purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// Every domain that was to be read, in the order of their names.
    pub domains: Vec<DomainSummary>,
    /// Credentials that were read.
    pub credentials: u64,
    /// In state `OVERDUE`.
    pub overdue: u64,
    /// In state `DUE`.
    pub due: u64,
    /// In state `UNKNOWN`.
    pub unknown: u64,
    /// `EXPIRING` or `EXPIRED`.
    pub expiring: u64,
    /// With an expiry date of their own that cannot be read.
    #[serde(default)]
    pub expiry_unreadable: u64,
    /// Held although the capability is off.
    pub orphaned: u64,
    /// Held by a user who is not active.
    pub user_inactive: u64,
    /// Held by no listed user.
    #[serde(default)]
    pub unlisted: u64,
    /// With a reason to act that an exception accepts. Not in the counts by age above.
    pub excepted: u64,
    /// What is to be done.
    #[serde(default)]
    pub actions: ActionsSummary,
    /// Active, listed holders who must act at `as_of`.
    #[serde(default)]
    pub people: u64,
}

/// A domain, and how completely it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainSummary {
    /// Display name.
    pub name: String,
    /// Base URL.
    pub url: String,
    /// Users that were read.
    pub users: u64,
    /// `COMPLETE`, `PARTIAL` or `FAILED`.
    pub verdict: Verdict,
    /// How far the users were read.
    pub users_coverage: Coverage,
    /// How far each type was read, by its name.
    pub coverage: BTreeMap<String, Coverage>,
}

/// How far a list was read. If nothing was read, only the error is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Coverage {
    /// `true` if the settings or the invocation left the type out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
    /// Distinct rows that were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<u64>,
    /// The total that the service reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// The strategy: `bulk`, `unsorted`, `filtered_by_date`, `user_chunks` or `single_users`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Of a type: `ok`, `not_possible`, `missing <n>` (users claim n that are not listed) or `unreadable <n>` (n claims of users
    /// have no readable id).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross_check: Option<CrossCheck>,
    /// Why rows are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    /// `UNAUTHORIZED` or `ERROR:<status>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The error in a sentence, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Summary {
    /// Sums up a run and its delivery.
    pub fn new(audit: &Audit, delivery: Delivery) -> Self {
        Self {
            run: RunSummary::new(audit),
            delivery,
            further: Further::default(),
        }
    }
}

impl RunSummary {
    /// Sums up what a run found.
    pub fn new(audit: &Audit) -> Self {
        let (run, counts) = (&audit.run, &audit.counts);
        Self {
            run_id: run.id.clone(),
            version: run.version.to_owned(),
            tenancy: TenancySummary::new(&run.tenancy),
            as_of: run.as_of().rfc3339(),
            what_if: run.is_what_if().then(|| run.as_of().date()),
            scoped: [
                (run.scope.domains, "domain_urls"),
                (run.scope.credential_types, "credential_types"),
            ]
            .into_iter()
            .filter(|(narrowed, _)| *narrowed)
            .map(|(_, field)| field.to_owned())
            .collect(),
            verdict: audit.verdict,
            discovery_gaps: audit
                .coverage_gaps()
                .filter(|gap| matches!(gap.cause, GapCause::Discovery(_)))
                .map(|gap| gap.to_string())
                .collect(),
            notices: audit
                .skipped_domains
                .iter()
                .map(ToString::to_string)
                .collect(),
            domains: summaries(audit),
            credentials: counts.credentials,
            overdue: counts.overdue,
            due: counts.due,
            unknown: counts.unknown,
            expiring: counts.expiring,
            expiry_unreadable: counts.expiry_unreadable,
            orphaned: counts.orphaned,
            user_inactive: counts.user_inactive,
            unlisted: counts.not_listed,
            excepted: counts.excepted,
            actions: (&counts.actions).into(),
            people: counts.people,
        }
    }
}

fn summaries(audit: &Audit) -> Vec<DomainSummary> {
    let place = audit.run.place;
    let domains = audit.domains.iter();
    domains
        .map(|domain| DomainSummary::new(domain, place))
        .collect()
}

impl DomainSummary {
    fn new(domain: &DomainAudit, place: Place) -> Self {
        let reading = domain.inventory.reading();
        Self {
            name: reading.domain.name.clone(),
            url: reading.domain.url.clone(),
            users: domain.inventory.user_count() as u64,
            verdict: domain.verdict,
            users_coverage: Coverage::of_list(List::Users(domain), &reading.users_coverage, place),
            coverage: CredentialType::all()
                .map(|credential_type| {
                    let coverage = Coverage::of_type(domain, credential_type, place);
                    (credential_type.name().to_owned(), coverage)
                })
                .collect(),
        }
    }
}

impl Coverage {
    /// Whether every row was read, as far as a summary shows: the same as [`ListCoverage::is_complete`].
    pub fn is_complete(&self) -> bool {
        self.mode.is_some()
            && self.error.is_none()
            && self.gaps.is_empty()
            && self
                .cross_check
                .is_none_or(CrossCheck::finds_nothing_missing)
    }

    /// Whether a credential that the list lacks does not exist: the same as
    /// [`DomainReading::is_complete`](crate::model::DomainReading::is_complete).
    pub fn shows_absence(&self) -> bool {
        let is_unconfirmed = self.cross_check == Some(CrossCheck::NotPossible);
        self.is_complete() && !(is_unconfirmed && self.read == Some(0))
    }

    fn of_type(domain: &DomainAudit, credential_type: CredentialType, place: Place) -> Self {
        let list = List::Credentials(domain, credential_type);
        let Some(coverage) = list.coverage() else {
            return Self {
                left_out: true,
                ..Self::default()
            };
        };
        Self {
            cross_check: coverage.was_read().then(|| coverage.cross_check()),
            ..Self::of_list(list, coverage, place)
        }
    }

    fn of_list(list: List<'_>, coverage: &ListCoverage, place: Place) -> Self {
        Self {
            left_out: false,
            read: coverage.was_read().then_some(coverage.read),
            expected: coverage.expected,
            mode: coverage.mode.map(|mode| mode.word().to_owned()),
            cross_check: None,
            gaps: coverage.gaps.iter().map(ToString::to_string).collect(),
            error: coverage
                .failure
                .as_ref()
                .map(|failure| failure.cause.cell()),
            message: coverage
                .failure
                .as_ref()
                .map(|failure| list.advice(failure, place).to_string()),
        }
    }
}
