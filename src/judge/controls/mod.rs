//! Evidence for the controls of the CIS OCI Foundations Benchmark, version 3, that are about credentials. Pure.
//!
//! The thresholds are the benchmark's, whatever the settings say: a tenancy that rotates once a year by decision is not
//! compliant. Missing data never passes: if a list that a control needs was not completely read, the control is not
//! assessable, and what cannot be decided is not counted as compliant.
//!
//! A part of the tenancy can refute a control, but not prove it. If the settings or the invocation name the domains, or a
//! domain is not active, a control may be not compliant, but is never compliant. The counts are still reported, with the part
//! that they cover. A control with nothing to count has nothing to assess: `0 of 0` would read as evidence of rotation.
//!
//! Sources: titles and thresholds as in Oracle's CIS compliance script and in the benchmark's text (3.0, 3.1). Control 1.11
//! is manual in 3.1.

mod broken;
mod evidence;
mod not_counted;
mod record;

use crate::credential_type::{CREDENTIAL_TYPES, ControlNumber};

use super::audit::Audit;
use super::run_description::DomainSetting;

pub use broken::BrokenControls;
pub use evidence::{ADMINISTRATOR_KEYS, broken_by, user_id};
use evidence::{
    MAX_AGE_DAYS, SIGN_INS, SINGLE_KEY, UNUSED_DAYS, administrator_evidence, age_evidence,
    sign_in_evidence, single_key_evidence,
};
use not_counted::{NotCounted, in_domains};
pub use record::{Assessment, Control, ControlStatus, DomainIds, Evidence, IdList};

/// Assesses every control, in the order of the benchmark.
pub fn assess(audit: &Audit) -> Vec<Assessment> {
    let (part, shard) = (Part::of(audit), Part::of_shard(audit));
    let ages = CREDENTIAL_TYPES.iter().filter_map(|row| {
        let control = row.cis_control?;
        Some(Counted {
            control: control.number,
            title: control.title,
            rule: format!(
                "{}: created no more than {MAX_AGE_DAYS} x 24 hours ago, by meta.created",
                row.plural
            ),
            none: "there is no credential of this type",
            part: part.as_ref(),
            evidence: age_evidence(audit, row.credential_type),
        })
    });
    let others = [
        Counted {
            control: ADMINISTRATOR_KEYS,
            title: "Ensure API keys are not created for tenancy administrator users",
            rule: administrator_rule(audit).to_owned(),
            none: "there is no administrator",
            // The control is about the Default domain, and about those whose groups the settings name, which other shards may have.
            part: shard.as_ref(),
            evidence: administrator_evidence(audit),
        },
        Counted {
            control: SIGN_INS,
            title: "Ensure OCI IAM credentials unused for 45 days or more are disabled",
            rule: format!(
                "Active users who may sign in to the console with a password of their own: a successful sign-in, or \
                 the account's creation, less than {UNUSED_DAYS} x 24 hours ago. Console sign-ins only: an \
                 identity domain does not record when an API key or another credential was last used"
            ),
            none: "no active user may sign in to the console with a password of their own",
            part: part.as_ref(),
            evidence: sign_in_evidence(audit),
        },
        Counted {
            control: SINGLE_KEY,
            title: "Ensure there is only one active API Key for any single OCI IAM user",
            rule: "Users who hold an API key: exactly one".to_owned(),
            none: "no user holds an API key",
            part: part.as_ref(),
            evidence: single_key_evidence(audit),
        },
    ];
    let mut controls: Vec<_> = ages.chain(others).collect();
    controls.sort_by_key(|counted| counted.control);
    controls.into_iter().map(Counted::assess).collect()
}

fn administrator_rule(audit: &Audit) -> &'static str {
    let mut readings = audit
        .domains
        .iter()
        .map(|domain| domain.inventory.reading());
    if readings.any(|reading| reading.users.has_further_admin_groups) {
        "Members of the Default domain's group Administrators, and of the groups in AUDIT_ADMIN_GROUPS: no API key"
    } else {
        "Members of the Default domain's group Administrators: no API key"
    }
}

/// A part of the tenancy.
struct Part {
    /// `the domains that were named`.
    name: String,
    /// `others were not looked for`.
    rest: String,
}

impl Part {
    /// The shard that was read, if the run is one.
    fn of_shard(audit: &Audit) -> Option<Self> {
        let shard = audit.run.shard?.shard;
        Some(Self {
            name: format!("the domains of shard {shard}"),
            rest: "others are in other shards".to_owned(),
        })
    }

    /// The part that was read; `None` for the whole tenancy.
    fn of(audit: &Audit) -> Option<Self> {
        if audit.run.domain_setting != DomainSetting::Discovered {
            return Some(Self {
                name: "the domains that were named".to_owned(),
                rest: "others were not looked for".to_owned(),
            });
        }
        if let Some(part) = Self::of_shard(audit) {
            return Some(part);
        }
        let skipped: Vec<_> = audit
            .skipped_for_state()
            .map(|(domain, state)| format!("{domain} ({state})"))
            .collect();
        (!skipped.is_empty()).then(|| Self {
            name: "the domains that were read".to_owned(),
            rest: format!("what is {} is not known", in_domains(&skipped)),
        })
    }
}

/// A control, and what was counted for it.
struct Counted<'a> {
    control: ControlNumber,
    title: &'static str,
    rule: String,
    /// The reason if nothing was counted.
    none: &'static str,
    part: Option<&'a Part>,
    evidence: Result<Evidence, NotCounted>,
}

impl Counted<'_> {
    fn assess(self) -> Assessment {
        let location = self
            .part
            .map_or_else(String::new, |part| format!(" in {}", part.name));
        let (status, reason) = match (&self.evidence, self.part) {
            (Err(reason), _) => (ControlStatus::NotAssessable, Some(reason.to_string())),
            (Ok(evidence), None) if evidence.total == 0 => {
                (ControlStatus::NothingToAssess, Some(self.none.to_owned()))
            }
            (Ok(evidence), None) if evidence.all_comply() => (ControlStatus::Compliant, None),
            (Ok(evidence), Some(part)) if evidence.all_comply() => {
                let counted = match evidence.total {
                    0 => self.none.to_owned(),
                    _ => evidence.counts(),
                };
                let rest = &part.rest;
                let reason = format!("{counted}{location}, and {rest}");
                (ControlStatus::NotAssessable, Some(reason))
            }
            (Ok(_), _) => (ControlStatus::NotCompliant, None),
        };
        let counts = self.evidence.as_ref().map(Evidence::counts);
        let counts = counts.unwrap_or_default();
        let result = match (status, &reason) {
            (ControlStatus::NothingToAssess, Some(reason)) => {
                format!("nothing to assess: {reason}")
            }
            (ControlStatus::NotAssessable, Some(reason)) => format!("not assessable: {reason}"),
            (ControlStatus::NotCompliant, _) => format!("{counts}{location}"),
            _ => counts,
        };
        let control = Control {
            control: self.control.to_string(),
            title: self.title.to_owned(),
            rule: self.rule,
            status,
            result,
            scope: self.part.map(|part| part.name.clone()),
            evidence: self.evidence.ok(),
        };
        Assessment { control, reason }
    }
}
