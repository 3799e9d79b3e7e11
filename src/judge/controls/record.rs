//! What an assessment returns, as the manifest keeps it. Pure.

use serde::{Deserialize, Serialize};

use crate::judge::DomainAudit;

/// Evidence lists this many ids at most, so that a manifest stays small; counts are always exact.
const MAX_LISTED: u64 = 1_000;

/// A control, assessed or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// Its number in the benchmark: `1.8`.
    pub control: String,
    /// Its title in the benchmark.
    pub title: String,
    /// What is counted, and by which rule.
    pub rule: String,
    /// Whether the tenancy complies.
    pub status: ControlStatus,
    /// `37 of 40 compliant`, or `nothing to assess` or `not assessable` with the reason.
    pub result: String,
    /// The part of the tenancy that was read: `the domains that were named`; absent if nothing else was to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// What was counted; absent if the control is not assessable for lack of data.
    #[serde(flatten)]
    pub evidence: Option<Evidence>,
}

/// A control, and the reason that its `result` contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The control.
    pub control: Control,
    /// Why it is not assessable, or has nothing to assess.
    pub reason: Option<String>,
}

/// Whether a tenancy complies with a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlStatus {
    /// Everything was counted, and all of it complies.
    Compliant,
    /// Something does not comply.
    NotCompliant,
    /// The tenancy has nothing that the control is about.
    NothingToAssess,
    /// Not everything could be counted, and nothing that was counted fails to comply.
    NotAssessable,
}

/// The credentials or users that were counted for a control.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Those that comply.
    pub compliant: u64,
    /// All of them.
    pub total: u64,
    /// Those that do not comply.
    pub not_compliant: IdList,
    /// Those that cannot be decided, such as credentials without a date. They count as not complying.
    pub undetermined: IdList,
}

/// Ids, at most 1,000 per list of evidence: `credential_id` of credentials, `user_ocid` of users, as in `credentials.csv`. A
/// user without a known OCID is listed by its SCIM id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdList {
    /// Their number, listed or not.
    pub count: u64,
    /// The first ids: credentials by urgency as in `credentials.csv`, users by name.
    pub ids: Vec<DomainIds>,
}

/// Ids of one domain. Credentials of two domains may have the same id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainIds {
    /// Display name of the domain.
    pub domain: String,
    /// Base URL of the domain.
    pub domain_url: String,
    /// Ids within the domain.
    pub ids: Vec<String>,
}

impl IdList {
    /// Counts an id, and lists it unless `limit` ids are listed.
    pub fn add(&mut self, domain: &DomainAudit, id: &str, limit: u64) {
        self.count += 1;
        if self.count > limit {
            return;
        }
        let known = &domain.inventory.reading().domain;
        match self
            .ids
            .iter_mut()
            .find(|listed| listed.domain_url == known.url)
        {
            Some(listed) => listed.ids.push(id.to_owned()),
            None => self.ids.push(DomainIds {
                domain: known.name.clone(),
                domain_url: known.url.clone(),
                ids: vec![id.to_owned()],
            }),
        }
    }
}

/// Whether one credential or user complies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compliance {
    /// It complies.
    Compliant,
    /// It does not comply.
    NotCompliant,
    /// The data is not enough to decide.
    Undetermined,
}

impl Evidence {
    pub(super) const fn all_comply(&self) -> bool {
        self.compliant == self.total
    }

    pub(super) fn counts(&self) -> String {
        format!("{} of {} compliant", self.compliant, self.total)
    }

    pub(super) fn count(&mut self, compliance: Compliance, domain: &DomainAudit, id: &str) {
        self.total += 1;
        match compliance {
            Compliance::Compliant => self.compliant += 1,
            Compliance::NotCompliant => self.not_compliant.add(domain, id, MAX_LISTED),
            Compliance::Undetermined => self.undetermined.add(domain, id, MAX_LISTED),
        }
    }
}
