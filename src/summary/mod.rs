//! The summary of a run: the answer of an invocation, and the first part of the manifest. [`answer`] limits the size of the
//! answer.
//!
//! Names of fields are fixed; further ones may be added. Dates are RFC 3339 in UTC.

mod actions;
pub mod answer;
mod coverage;
pub mod fleet;
mod holder_mail;
mod hub;
mod metrics;
mod owner_topics;
mod tenancy;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::judge::Audit;
use crate::judge::coverage_gap::GapCause;
use crate::model::Verdict;
use crate::report::last_use;
use crate::shard::Shard;

pub use self::actions::{ActionsSummary, UrgencyCounts};
pub use self::coverage::{Coverage, DomainSummary};
pub use self::holder_mail::{HolderMailSummary, MailCounts, MailSkipReason};
pub use self::hub::{HubFailure, HubFailureCause, HubSkipReason, HubSummary};
pub use self::metrics::{MetricsFailure, MetricsFailureCause, MetricsSkipReason, MetricsSummary};
pub use self::owner_topics::{OwnerTopicFailure, OwnerTopicsSummary};
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
    /// Whether metrics were posted; left out if the settings name no namespace for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<MetricsSummary>,
    /// What became of the parts of owners; left out if none has a topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_topics: Option<OwnerTopicsSummary>,
    /// What became of mails to holders; left out if they are off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder_mail: Option<HolderMailSummary>,
    /// Whether the run is in the hub; left out if the settings name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<HubSummary>,
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
    /// A shard publishes only that it failed.
    Shard,
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
const SHARD: &str = "a shard publishes only failures";
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
            Self::Shard => f.write_str(SHARD),
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
            SHARD => Self::Shard,
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
    /// The shard, such as `2/8`: the run covers only its part of the domains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// `COMPLETE`, `PARTIAL` or `FAILED`.
    pub verdict: Verdict,
    /// Why not every domain may have been found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discovery_gaps: Vec<String>,
    /// Domains that were skipped on purpose, and what is not known of last use.
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
            shard: run.shard.map(|shard| shard.shard),
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
                .chain(last_use::missing(audit))
                .collect(),
            domains: coverage::of_domains(audit),
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
