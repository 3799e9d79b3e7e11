//! The coverage of each domain, and what the operator can do about a list that was not read. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::credential_type::CredentialType;
use crate::judge::coverage_gap::List;
use crate::judge::{Audit, DomainAudit};
use crate::model::{CrossCheck, ListCoverage, Verdict};
use crate::place::Place;

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

/// The domains of an audit.
pub(super) fn of_domains(audit: &Audit) -> Vec<DomainSummary> {
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
