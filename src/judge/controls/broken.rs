//! The controls that a credential breaks, itself or by its holder. Pure.
//!
//! Only what breaks none of them, and has no finding, is shown as a credential without findings.

use std::collections::HashMap;

use crate::credential_type::{CREDENTIAL_TYPES, ControlNumber, CredentialType};
use crate::judge::{Audit, Finding};
use crate::model::{Credential, HolderIndex};

use super::evidence::{
    ADMINISTRATOR_KEYS, SIGN_INS, SINGLE_KEY, broken_by, sign_in_compliance,
    sign_ins_are_assessable,
};
use super::record::Compliance;

/// Finds the controls that a credential does not provably comply with.
#[derive(Debug)]
pub struct BrokenControls {
    /// Numbers of API keys by domain and holder.
    keys: HashMap<(u16, HolderIndex), u32>,
    sign_ins_are_assessable: bool,
}

impl BrokenControls {
    /// Every control that is about a credential, in the order of the benchmark.
    pub fn all() -> Vec<ControlNumber> {
        let ages = CREDENTIAL_TYPES.iter().filter_map(|row| row.cis_control);
        let ages = ages.map(|control| control.number);
        let others = [ADMINISTRATOR_KEYS, SIGN_INS, SINGLE_KEY];
        let mut controls: Vec<_> = ages.chain(others).collect();
        controls.sort_unstable();
        controls
    }

    /// Counts what a single credential does not show.
    pub fn of(audit: &Audit) -> Self {
        let mut keys = HashMap::new();
        for finding in &audit.findings {
            if finding.credential_type == CredentialType::ApiKeys
                && let Some((_, credential)) = audit.credential(finding)
            {
                *keys.entry((finding.domain, credential.holder)).or_insert(0) += 1;
            }
        }
        Self {
            keys,
            sign_ins_are_assessable: sign_ins_are_assessable(audit),
        }
    }

    /// The numbers of the controls, in the order of the benchmark.
    pub fn of_credential(
        &self,
        audit: &Audit,
        finding: &Finding,
        credential: &Credential,
    ) -> Vec<ControlNumber> {
        let mut controls: Vec<_> = broken_by(audit, finding, credential).collect();
        if may_be_of_an_administrator(audit, finding, credential) {
            controls.push(ADMINISTRATOR_KEYS);
        }
        if self.breaks_sign_ins(audit, finding, credential) {
            controls.push(SIGN_INS);
        }
        if finding.credential_type == CredentialType::ApiKeys
            && (credential.holder == HolderIndex::NONE
                || self.keys.get(&(finding.domain, credential.holder)) != Some(&1))
        {
            controls.push(SINGLE_KEY);
        }
        controls.sort_unstable();
        controls
    }

    fn breaks_sign_ins(&self, audit: &Audit, finding: &Finding, credential: &Credential) -> bool {
        let compliance = || {
            let domain = audit.domains.get(usize::from(finding.domain))?;
            let user = domain.inventory.user(credential.holder)?;
            sign_in_compliance(audit, domain, user)
        };
        self.sign_ins_are_assessable
            && compliance().is_some_and(|compliance| compliance != Compliance::Compliant)
    }
}

/// Whether it is an API key of a user who is not known to be an administrator, nor known not to be, where others are known.
fn may_be_of_an_administrator(audit: &Audit, finding: &Finding, credential: &Credential) -> bool {
    let is_unknown = || {
        let domain = audit.domains.get(usize::from(finding.domain))?;
        let user = domain.inventory.user(credential.holder)?;
        let facts = domain.facts;
        Some(facts.administrators_known && facts.administers(user).is_none())
    };
    finding.credential_type == CredentialType::ApiKeys && is_unknown() == Some(true)
}
