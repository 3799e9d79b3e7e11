//! The previous run, as far as a comparison needs it. Pure.
//!
//! The previous run may have hundreds of thousands of findings, in memory together with the new ones, so each takes 16
//! bytes. The key is a 64-bit hash. The probability of a collision among a million findings is 3 × 10⁻⁸.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::credential_type::{CredentialType, CredentialTypes};
use crate::judge::action::Urgency;
use crate::judge::age::{ExpiryState, State};
use crate::judge::comparison::{FindingsNotRead, RunCounts};
use crate::judge::discovery::GoneDomain;
use crate::judge::exceptions::ExceptionsFile;
use crate::judge::finding::{Finding, Marks};
use crate::model::SearchPart;
use crate::timestamp::Timestamp;

/// Severity of a finding: by age, by expiry date, its marks and its urgency. What an exception accepts is not severe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Severity {
    /// 0 none, 1 due, 2 unknown, 3 overdue.
    pub(super) age: u8,
    /// 0 none, 1 expiring, 2 expired.
    expiry: u8,
    /// One bit per mark.
    marks: u8,
    /// 0 none, 1 later, 2 within seven days, 3 now.
    pub(super) urgency: u8,
}

pub(super) const DUE: u8 = 1;
pub(super) const OVERDUE: u8 = 3;
/// To act within a week.
const WEEK: u8 = 2;

impl Severity {
    /// Computes the severity. `excepted`: an exception accepts a reason. Nothing that needs no action is severe.
    pub fn new(
        urgency: Urgency,
        state: State,
        expiry: ExpiryState,
        marks: Marks,
        excepted: bool,
    ) -> Self {
        let urgency = match urgency {
            Urgency::None => return Self::default(),
            Urgency::Later => 1,
            Urgency::Week => WEEK,
            Urgency::Now => 3,
        };
        let age = match state {
            _ if excepted => 0,
            State::Ok => 0,
            State::Due => DUE,
            State::Unknown => 2,
            State::Overdue => OVERDUE,
        };
        Self {
            age,
            expiry: match expiry {
                ExpiryState::None => 0,
                ExpiryState::Expiring => 1,
                ExpiryState::Unreadable => 2,
                ExpiryState::Expired => 3,
            },
            marks: u8::from(marks.orphaned)
                | u8::from(marks.user_inactive) << 1
                | u8::from(marks.not_listed) << 2,
            urgency,
        }
    }

    pub(super) fn of(finding: &Finding) -> Self {
        Self::new(
            finding.urgency,
            finding.state,
            finding.expiry,
            finding.marks,
            finding.is_excepted,
        )
    }

    /// Removes what follows from users, unless they were read completely in both runs.
    pub(super) const fn without_marks_unless(self, users_complete: bool) -> Self {
        if users_complete {
            self
        } else {
            Self {
                marks: 0,
                urgency: 0,
                ..self
            }
        }
    }

    /// Removes what an exception may accept, unless that is known.
    pub(super) const fn without_age_unless(self, exception_known: bool) -> Self {
        if exception_known {
            self
        } else {
            Self {
                age: 0,
                urgency: 0,
                ..self
            }
        }
    }

    /// Whether it must be acted upon within a week, sooner than before.
    pub(super) const fn became_urgent(self, before: Self) -> bool {
        self.urgency >= WEEK && self.urgency > before.urgency
    }

    const fn marks(self) -> Marks {
        Marks {
            orphaned: self.marks & 1 != 0,
            user_inactive: self.marks & 1 << 1 != 0,
            not_listed: self.marks & 1 << 2 != 0,
        }
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }

    pub(super) const fn is_worse_than(self, before: Self) -> bool {
        self.age > before.age || self.expiry > before.expiry || self.urgency > before.urgency
    }
}

/// A finding of the previous run.
#[derive(Clone, Copy, Debug)]
pub(super) struct PastFinding {
    key: u64,
    /// Index into [`Baseline::domains`].
    pub(super) domain: u16,
    pub(super) credential_type: CredentialType,
    pub(super) severity: Severity,
}

/// The findings of the previous run.
#[derive(Debug, Default)]
pub struct PastFindings {
    /// Index into [`Baseline::domains`] by base URL.
    domains: HashMap<String, u16>,
    /// Sorted by key after [`PastFindings::finish`].
    pub(super) rows: Vec<PastFinding>,
}

/// The finding is of a domain that its run did not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its domain was not read in that run")]
pub struct OfUnknownDomain;

impl PastFindings {
    /// An empty list of a run that read the domains with these base URLs, in the order of [`Baseline::domains`].
    pub fn of_domains<'a>(urls: impl Iterator<Item = &'a str>) -> Self {
        let mut domains = HashMap::new();
        for (index, url) in (0..=u16::MAX).zip(urls) {
            domains.entry(url.to_owned()).or_insert(index);
        }
        Self {
            domains,
            rows: Vec::new(),
        }
    }

    /// Adds a finding. Skips credentials whose only finding is an accepted age.
    ///
    /// # Errors
    ///
    /// If the run did not read the domain.
    pub fn push(
        &mut self,
        domain_url: &str,
        credential_type: CredentialType,
        credential_id: &str,
        severity: Severity,
    ) -> Result<(), OfUnknownDomain> {
        let domain = *self.domains.get(domain_url).ok_or(OfUnknownDomain)?;
        if !severity.is_none() {
            self.rows.push(PastFinding {
                key: key(domain_url, credential_type, credential_id),
                domain,
                credential_type,
                severity,
            });
        }
        Ok(())
    }

    /// Sorts the findings. Call it once, after the last [`PastFindings::push`].
    pub fn finish(&mut self) {
        self.rows.sort_unstable_by_key(|row| row.key);
    }

    /// The marks of a credential; none if it was not a finding.
    pub(in crate::judge) fn marks_of(
        &self,
        domain_url: &str,
        credential_type: CredentialType,
        credential_id: &str,
    ) -> Marks {
        let row = self.find(key(domain_url, credential_type, credential_id));
        row.map_or_else(Marks::default, |row| self.rows[row].severity.marks())
    }

    pub(super) fn find(&self, key: u64) -> Option<usize> {
        self.rows.binary_search_by_key(&key, |row| row.key).ok()
    }
}

pub(super) fn key(domain_url: &str, credential_type: CredentialType, credential_id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (domain_url, credential_type, credential_id).hash(&mut hasher);
    hasher.finish()
}

/// A domain of the previous run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastDomain {
    /// Display name.
    pub name: String,
    /// Base URL.
    pub url: String,
    /// Whether its users were read completely.
    pub users_complete: bool,
    /// The types that were read completely.
    pub complete: CredentialTypes,
}

/// The previous run to compare with.
#[derive(Debug)]
pub struct Baseline {
    /// Id of the run.
    pub run_id: String,
    /// `as_of` of the run.
    pub as_of: Timestamp,
    /// Its domains, read or not.
    pub domains: Vec<PastDomain>,
    /// Parts of its search for domains that failed.
    pub search_failed: Vec<SearchPart>,
    /// Domains that runs before it found and it did not.
    pub gone_domains: Vec<GoneDomain>,
    /// Its findings.
    pub findings: PastFindings,
    /// Findings of lists that it could not read.
    pub not_read: Vec<FindingsNotRead>,
    /// Counts of earlier runs and of itself, the newest last.
    pub history: Vec<RunCounts>,
    /// Its file with exceptions and known gaps.
    pub exceptions: ExceptionsFile,
    /// `as_of` of the newest run, up to this one, whose digest was delivered.
    pub last_digest: Option<Timestamp>,
    /// Whether it is not in the hub, although the settings named one.
    pub hub_failed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_is_none_unless_somebody_has_to_act() {
        for state in [State::Ok, State::Due, State::Unknown, State::Overdue] {
            for expiry in ExpiryState::ALL {
                for orphaned in [false, true] {
                    let marks = Marks {
                        orphaned,
                        ..Marks::default()
                    };
                    let severity =
                        |urgency, excepted| Severity::new(urgency, state, expiry, marks, excepted);
                    for excepted in [false, true] {
                        assert!(severity(Urgency::None, excepted).is_none());
                        for urgency in Urgency::OF_ACTIONS {
                            assert!(!severity(urgency, excepted).is_none());
                        }
                    }
                    assert!(
                        severity(Urgency::Week, false)
                            .became_urgent(severity(Urgency::Later, false))
                    );
                    assert!(!severity(Urgency::Later, false).became_urgent(Severity::default()));
                    assert!(
                        !severity(Urgency::Week, false)
                            .became_urgent(severity(Urgency::Now, false))
                    );
                }
            }
        }
    }

    #[test]
    fn past_finding_takes_sixteen_bytes() {
        assert_eq!(size_of::<PastFinding>(), 16);
    }
}
