//! `manifest.json`, which commits a run, and `delivered.json`, which records that its digest was published.
//!
//! The manifest is stored last, so every object that it names exists. Its size is bounded, since the next run reads it
//! before it decides to read the rest: a summary, the evidence for the controls with some ids, and no finding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::judge::Audit;
use crate::judge::action::Work;
use crate::judge::age::Thresholds;
use crate::judge::changes::{Baseline, PastDomain, PastFindings, RunCounts};
use crate::judge::controls::{Control, IdList, assess, user_id};
use crate::judge::hints::DORMANT_DAYS;
use crate::model::{SearchPart, Verdict};
use crate::summary::{DomainSummary, Notification, RunSummary, StoredObject};

use super::last_use::LastUseRecord;
use super::names::Names;
use super::record::{
    ComparisonRecord, DomainSettingRecord, ExceptionsRecord, FindingsNotReadRecord,
    GoneDomainRecord, HistoryRecord, bounded_text, instant,
};

/// Raised when a field changes its meaning, not when a field is added.
pub const SCHEMA_VERSION: u32 = 2;

/// What a run found and stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: u32,
    /// The summary of the run.
    #[serde(flatten)]
    pub run: RunSummary,
    /// Whether the invocation gave `as_of`.
    pub as_of_given: bool,
    /// The types that were to be read, by name.
    pub credential_types: Vec<String>,
    /// The ages at which a credential is due and overdue, by the name of its type.
    pub thresholds: BTreeMap<String, Limits>,
    /// Source of the domains. Runs are compared only if this, the types and the thresholds are the same.
    pub domain_setting: Option<DomainSettingRecord>,
    /// The file with exceptions and known gaps; absent if none is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exceptions: Option<ExceptionsRecord>,
    /// What changed since the run before; absent if no comparison was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonRecord>,
    /// Parts of the search for domains that failed.
    #[serde(rename = "not_asked", default, skip_serializing_if = "Vec::is_empty")]
    pub search_failed: Vec<SearchPart>,
    /// Domains that runs of the last week found and this one did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone_domains: Vec<GoneDomainRecord>,
    /// Findings of earlier runs whose lists were not read, by domain and type.
    #[serde(rename = "not_seen", default)]
    pub not_read: Vec<FindingsNotReadRecord>,
    /// Counts of the newest runs of this scope, at most thirty, this one last.
    #[serde(default)]
    pub history: Vec<HistoryRecord>,
    /// Controls of the CIS OCI Foundations Benchmark, by its own thresholds.
    #[serde(default)]
    pub controls: Vec<Control>,
    /// What is known of the last use of API keys; absent if it was not searched for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_use: Option<LastUseRecord>,
    /// What can be cleaned up.
    #[serde(default)]
    pub hygiene: Hygiene,
    /// The oldest credential to rotate or replace; null if there is none, or if the age of none is known.
    #[serde(default)]
    pub oldest: Option<Oldest>,
    /// Every other object of the run, in the order of storing.
    pub objects: Vec<StoredObject>,
    /// Requests before the manifest, each attempt counted.
    pub requests: u64,
    /// Milliseconds from the start of the run to the manifest.
    pub elapsed_ms: u64,
}

/// The ages, in days, at which a credential of one type is due and overdue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// From this age on: overdue.
    pub rotation_days: u32,
    /// From this age on: due.
    pub warning_days: u32,
}

/// The oldest credential to rotate or replace. It names nobody: an overview of many tenancies shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oldest {
    /// Its age in whole days.
    pub age_days: i32,
}

impl Oldest {
    fn of(audit: &Audit) -> Option<Self> {
        let to_rotate = audit.findings.iter();
        let to_rotate = to_rotate.filter(|finding| finding.action.work() == Some(Work::Rotate));
        let ages = to_rotate.filter_map(|finding| {
            let (_, credential) = audit.credential(finding)?;
            audit.age(finding.credential_type, credential).age_days
        });
        ages.max().map(|age_days| Self { age_days })
    }
}

/// Max ids per list of what can be cleaned up; other reports have all.
const MAX_LISTED: u64 = 100;

/// What is worth cleaning up without being a finding: exact counts, and the first hundred ids of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hygiene {
    /// The old halves of rotations in progress, by credential id; the notes of `credentials.csv` have them all.
    pub rotations_in_progress: IdList,
    /// Days without a sign-in to the console from which on a holder counts as dormant.
    pub dormant_days: i64,
    /// Active users who hold a credential and are dormant, by OCID; the notes of `credentials.csv` have them all.
    pub dormant_holders: IdList,
    /// Users who may use at least one type and hold none of it.
    pub users_with_unused_capabilities: u64,
    /// Those users by OCID, by the name of each such type. `usage-*.csv` has them all.
    pub unused_capabilities: BTreeMap<String, IdList>,
}

impl Hygiene {
    fn new(audit: &Audit) -> Self {
        let mut hygiene = Self {
            dormant_days: DORMANT_DAYS,
            ..Self::default()
        };
        for finding in audit.rotations_in_progress() {
            if let Some((inventory, credential)) = audit.credential(finding) {
                hygiene.rotations_in_progress.add(
                    &audit.domains[usize::from(finding.domain)],
                    &inventory.credential_id(finding.credential_type, credential),
                    MAX_LISTED,
                );
            }
        }
        for (domain, user) in audit.dormant_holders() {
            hygiene
                .dormant_holders
                .add(domain, user_id(domain, user.holder), MAX_LISTED);
        }
        let mut by_type: [IdList; CREDENTIAL_TYPES.len()] = Default::default();
        for (domain, user, unused) in audit.unused_capabilities() {
            hygiene.users_with_unused_capabilities += 1;
            for credential_type in unused.iter() {
                by_type[credential_type.index()].add(
                    domain,
                    user_id(domain, user.holder),
                    MAX_LISTED,
                );
            }
        }
        hygiene.unused_capabilities = CredentialType::all()
            .zip(by_type)
            .filter(|(_, users)| users.count > 0)
            .map(|(credential_type, users)| (credential_type.name().to_owned(), users))
            .collect();
        hygiene
    }
}

impl Manifest {
    /// Describes a run whose other objects are stored.
    pub fn new(audit: &Audit, objects: Vec<StoredObject>, requests: u64, elapsed_ms: u64) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            run: RunSummary::new(audit),
            as_of_given: audit.run.as_of_given,
            credential_types: audit
                .run
                .credential_types
                .iter()
                .map(|credential_type| credential_type.name().to_owned())
                .collect(),
            thresholds: thresholds(&audit.run.thresholds),
            domain_setting: Some((&audit.run.domain_setting).into()),
            exceptions: ExceptionsRecord::of(&audit.exceptions),
            comparison: ComparisonRecord::of(audit),
            search_failed: audit.search_failed(),
            gone_domains: audit.gone_domains().map(Into::into).collect(),
            not_read: audit
                .comparison
                .changes()
                .map(|changes| changes.not_read.iter().map(Into::into).collect())
                .unwrap_or_default(),
            history: audit.history().into_iter().map(Into::into).collect(),
            controls: assess(audit)
                .into_iter()
                .map(|assessment| assessment.control)
                .collect(),
            last_use: LastUseRecord::of(audit),
            hygiene: Hygiene::new(audit),
            oldest: Oldest::of(audit),
            objects,
            requests,
            elapsed_ms,
        }
    }

    /// The same for the hub of several tenancies: unless names are shown in full, without quotes of the exceptions file.
    #[must_use]
    pub fn as_named(mut self, audit: &Audit, names: Names) -> Self {
        if let (Some(record), Names::Masked | Names::None) = (&mut self.exceptions, names) {
            record.bad = audit
                .exceptions
                .bad
                .first
                .iter()
                .map(|bad| bad.without_quotes())
                .collect();
        }
        self
    }

    /// The content of `manifest.json`.
    pub fn to_json(&self) -> String {
        to_json(self)
    }

    /// Base URLs of its domains, in their order: findings can only be in these.
    pub fn domain_urls(&self) -> impl Iterator<Item = &str> {
        self.run.domains.iter().map(|domain| domain.url.as_str())
    }

    /// The run of this manifest as a baseline; `None` if its id, a date or a type is invalid.
    pub fn into_baseline(self, delivered: &Delivered, findings: PastFindings) -> Option<Baseline> {
        let run = self.run;
        let as_of = instant(&run.as_of)?;
        if !is_run_id(&run.run_id) {
            return None;
        }
        let mut history: Vec<RunCounts> = self
            .history
            .iter()
            .map(HistoryRecord::read)
            .collect::<Option<_>>()?;
        // What a run knows is not later than the run. Others may write to the bucket, so entries with such dates are dropped.
        history.retain(|counts| counts.as_of <= as_of);
        if history.is_empty() {
            history.push(RunCounts {
                run_id: bounded_text(&run.run_id),
                as_of,
                complete: run.verdict == Verdict::Complete,
                overdue: run.overdue,
                due: run.due,
                to_rotate: run.actions.of_work(Work::Rotate),
                to_remove: run.actions.of_work(Work::Remove),
                to_review: run.actions.of_work(Work::Review),
            });
        }
        let mut gone_domains: Vec<_> = self
            .gone_domains
            .iter()
            .map(GoneDomainRecord::read)
            .collect::<Option<_>>()?;
        gone_domains.retain(|gone| gone.last_found <= as_of);
        let mut not_read: Vec<_> = self
            .not_read
            .iter()
            .map(FindingsNotReadRecord::read)
            .collect::<Option<_>>()?;
        not_read.retain(|not_read| not_read.last_seen <= as_of);
        Some(Baseline {
            as_of,
            domains: run.domains.iter().map(past_domain).collect(),
            search_failed: self.search_failed,
            gone_domains,
            findings,
            not_read,
            history,
            exceptions: self
                .exceptions
                .map(|exceptions| exceptions.file())
                .unwrap_or_default(),
            last_digest: delivered
                .last_digest
                .as_deref()
                .and_then(instant)
                // No digest is later than its run, so such a date is ignored.
                .filter(|last_digest| *last_digest <= as_of),
            hub_failed: false,
            run_id: bounded_text(&run.run_id),
        })
    }
}

/// Whether a text may be the id of a run, which answers and logs repeat: `20261122T060000Z-7f3a91`.
fn is_run_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(is_allowed)
}

fn past_domain(domain: &DomainSummary) -> PastDomain {
    let is_complete = |credential_type: &CredentialType| {
        let coverage = domain.coverage.get(credential_type.name());
        coverage.is_some_and(|coverage| coverage.shows_absence())
    };
    PastDomain {
        name: bounded_text(&domain.name),
        url: bounded_text(&domain.url),
        users_complete: domain.users_coverage.is_complete(),
        complete: CredentialType::all()
            .filter(is_complete)
            .collect::<CredentialTypes>(),
    }
}

/// Limits by the name of the type.
pub fn thresholds(thresholds: &Thresholds) -> BTreeMap<String, Limits> {
    CredentialType::all()
        .map(|credential_type| {
            let limits = thresholds.of(credential_type);
            let limits = Limits {
                rotation_days: limits.rotation_days,
                warning_days: limits.warning_days,
            };
            (credential_type.name().to_owned(), limits)
        })
        .collect()
}

/// Result of the digest of a run whose manifest is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// Of the run.
    pub run_id: String,
    /// Of the run.
    pub as_of: String,
    /// The message that was published; `None` if none was due.
    pub notification: Option<PublishedMessage>,
    /// Why none was due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `as_of` of the newest run, up to this one, whose digest was delivered; null if unknown.
    #[serde(default)]
    pub last_digest: Option<String>,
}

/// A message that the topic accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedMessage {
    /// The id that the topic gave it.
    pub message_id: String,
}

impl Delivered {
    /// Describes the result of the digest.
    pub fn new(audit: &Audit, notification: &Notification) -> Self {
        let (notification, reason) = match notification {
            Notification::MessageId(id) => (
                Some(PublishedMessage {
                    message_id: id.clone(),
                }),
                None,
            ),
            Notification::Skipped(why) => (None, Some(why.to_string())),
        };
        Self {
            run_id: audit.run.id.clone(),
            as_of: audit.run.as_of().rfc3339(),
            last_digest: match &notification {
                Some(_) => Some(audit.run.as_of()),
                None => {
                    let changes = audit.comparison.changes();
                    changes.and_then(|changes| changes.last_digest)
                }
            }
            .map(crate::timestamp::Timestamp::rfc3339),
            notification,
            reason,
        }
    }

    /// The content of `delivered.json`.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

pub(super) fn to_json(value: &impl Serialize) -> String {
    // Strings, numbers, and maps with strings as keys always become JSON.
    let mut json = serde_json::to_string_pretty(value).unwrap_or_default();
    json.push('\n');
    json
}
