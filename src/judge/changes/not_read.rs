//! Findings of earlier runs in lists that were not read. Pure.

use std::collections::BTreeMap;

use crate::judge::age::State;
use crate::judge::comparison::FindingsNotRead;
use crate::judge::finding::Finding;

/// Findings of lists that this run read in part and that the previous run did not see, by domain and type.
///
/// Of findings that were not read only the number is kept. So those that turn up count as returned: otherwise a list whose
/// rows come and go would have more of them on every day. If they are new instead, the run itself counts them, so that a
/// reader never sees fewer findings of a list than were known before.
#[derive(Default)]
pub(super) struct ReturnedFindings(BTreeMap<(u16, usize), (u64, u64)>);

impl ReturnedFindings {
    pub(super) fn add(&mut self, finding: &Finding) {
        let list = (finding.domain, finding.credential_type.index());
        let (findings, overdue) = self.0.entry(list).or_default();
        *findings += 1;
        *overdue += u64::from(finding.alerting_state() == State::Overdue);
    }

    /// What is left of `past`, which is of the domain at this index; `None` if all of it returned.
    pub(super) fn remove_from(
        &self,
        past: &FindingsNotRead,
        domain: Option<usize>,
    ) -> Option<FindingsNotRead> {
        let domain = domain.and_then(|domain| u16::try_from(domain).ok());
        let list = domain.map(|domain| (domain, past.credential_type.index()));
        let (findings, overdue) = list
            .and_then(|list| self.0.get(&list).copied())
            .unwrap_or_default();
        let findings = past.findings.saturating_sub(findings);
        (findings > 0).then(|| FindingsNotRead {
            findings,
            overdue: past.overdue.saturating_sub(overdue).min(findings),
            ..past.clone()
        })
    }
}

/// Findings that were not read, by domain and type.
#[derive(Default)]
pub(super) struct NotReadByList(pub(super) BTreeMap<(String, usize), FindingsNotRead>);

impl NotReadByList {
    pub(super) fn add(&mut self, more: FindingsNotRead) {
        match self
            .0
            .get_mut(&(more.domain_url.clone(), more.credential_type.index()))
        {
            Some(known) => {
                known.findings = known.findings.saturating_add(more.findings);
                known.overdue = known.overdue.saturating_add(more.overdue);
                known.last_seen = known.last_seen.min(more.last_seen);
            }
            None => {
                let list = (more.domain_url.clone(), more.credential_type.index());
                self.0.insert(list, more);
            }
        }
    }
}
