//! Reading the lists of an identity domain: a complete list is COMPLETE with all rows, an incomplete one is PARTIAL with the
//! number of missing rows, and no server makes a run read forever.

mod bounds;
mod cross_check;
mod fallback;
mod false_all_clear;
mod other_forms;
mod pagination;
mod unknown_attributes;

use crate::common::in_process::InProcess;
use credential_audit::summary::{Coverage, Summary};
use tenancy_sim::{Misbehavior, ResourceType};

use ResourceType::Users;

const DEFAULT: &str = "Default";

fn coverage<'a>(summary: &'a Summary, credential_type: &str) -> &'a Coverage {
    &summary.run.domains[0].coverage[credential_type]
}

/// Numbers of requests: for users, then for each type.
fn requests_by_list(tenancy: &InProcess) -> Vec<usize> {
    std::iter::once(Users)
        .chain(ResourceType::CREDENTIALS)
        .map(|credential_type| tenancy.requests_for(credential_type).len())
        .collect()
}

fn refuse_lists_of(tenancy: &InProcess, credential_type: ResourceType, status: u16) {
    let everything = Misbehavior::RefuseUnfiltered(status);
    tenancy.sim.misbehave(DEFAULT, credential_type, everything);
    let by_date = Misbehavior::RefuseFilter("meta.created".to_owned());
    tenancy.sim.misbehave(DEFAULT, credential_type, by_date);
}
