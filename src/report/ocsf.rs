//! `findings.ocsf.json`: findings for a SIEM, one OCSF Compliance Finding (class 2003) per line, as JSON.
//!
//! A credential has a line if it has a finding, or if it breaks a control of the CIS benchmark by the benchmark's own
//! thresholds: the settings may allow more than the benchmark. Lines are in the order of urgency.
//!
//! `finding_info.uid` is the address of the credential in its domain, the same in every run, so that a SIEM can match findings
//! of different runs. Source: the OCSF schema, 1.5, and the models of `py-ocsf-models`, by which
//! `tests/third_party_readers/check_ocsf.py` validates what is written.

use std::sync::Arc;

use serde::Serialize;

use crate::credential_type::{ControlNumber, CredentialType};
use crate::judge::action::Reason;
use crate::judge::age::{ExpiryState, State};
use crate::judge::controls::{ADMINISTRATOR_KEYS, broken_by};
use crate::judge::{Audit, Marks};
use crate::model::ScimIdText;
use crate::timestamp::Timestamp;

use super::findings::{hints, marks};
use super::remediation::remediation;
use super::view::CredentialView;
use crate::chunks::{ChunkSource, gather};

const SCHEMA_VERSION: &str = "1.5.0";
const BENCHMARK: &str = "CIS OCI Foundations Benchmark 3";
const OWN_RULE: &str = "Credential rotation";

/// Captions and numbers as the schema pairs them.
#[derive(Clone, Copy)]
struct Caption(u8, &'static str);

const UNKNOWN: Caption = Caption(0, "Unknown");
const WARNING: Caption = Caption(2, "Warning");
const FAIL: Caption = Caption(3, "Fail");
const MEDIUM: Caption = Caption(3, "Medium");
const HIGH: Caption = Caption(4, "High");
const CRITICAL: Caption = Caption(5, "Critical");

/// Every line, the most urgent first; empty for a run without findings.
pub(super) fn findings(audit: Arc<Audit>) -> ChunkSource {
    let rows = audit.findings.len();
    gather(
        |_| {},
        rows,
        move |index, out| {
            let Some(view) = CredentialView::of(&audit, &audit.findings[index]) else {
                return;
            };
            let broken: Vec<_> = broken_by(&audit, view.finding, view.credential).collect();
            if view.finding.is_finding() || !broken.is_empty() {
                // Strings, numbers and lists of them always become JSON, and writing into memory does not fail.
                let _ = serde_json::to_writer(&mut *out, &line(&audit, &view, &broken));
                out.push(b'\n');
            }
        },
    )
}

/// One line. Fields of the objects in it are in alphabetical order.
#[derive(Serialize)]
struct Line<'a> {
    activity_id: u8,
    activity_name: &'static str,
    category_name: &'static str,
    category_uid: u8,
    class_name: &'static str,
    class_uid: u16,
    type_name: &'static str,
    type_uid: u32,
    severity: &'static str,
    severity_id: u8,
    status: &'static str,
    status_id: u8,
    /// Milliseconds since the epoch: the start of the run.
    time: i64,
    time_dt: String,
    message: String,
    metadata: Metadata<'a>,
    finding_info: FindingInfo,
    compliance: Compliance,
    resources: [Resource<'a>; 1],
    remediation: Remediation,
    unmapped: Unmapped<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    correlation_uid: &'a str,
    event_code: &'static str,
    product: Product,
    version: &'static str,
}

#[derive(Serialize)]
struct Product {
    name: &'static str,
    vendor_name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct FindingInfo {
    /// Milliseconds since the epoch: the start of the run.
    created_time: i64,
    title: String,
    types: Vec<&'static str>,
    uid: String,
}

#[derive(Serialize)]
struct Compliance {
    control: String,
    requirements: Vec<String>,
    standards: Vec<&'static str>,
    status: &'static str,
    status_id: u8,
}

/// The credential.
#[derive(Serialize)]
struct Resource<'a> {
    name: &'a str,
    namespace: &'a str,
    /// The holder, unless the credential names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Owner<'a>>,
    #[serde(rename = "type")]
    caption: &'static str,
    uid: ScimIdText<'a>,
}

#[derive(Serialize)]
struct Owner<'a> {
    account: Account<'a>,
    credential_uid: ScimIdText<'a>,
    domain: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    caption: &'static str,
    type_id: u8,
    uid: &'a str,
}

#[derive(Serialize)]
struct Account<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    caption: &'static str,
    type_id: u8,
    uid: &'a str,
}

#[derive(Serialize)]
struct Remediation {
    desc: String,
}

/// Facts without a field in the schema, by the names of the columns of `credentials.csv`.
#[derive(Serialize)]
struct Unmapped<'a> {
    act_by: Option<String>,
    action: &'static str,
    actor: Option<&'static str>,
    age_days: Option<i32>,
    as_of: String,
    credential_type: &'static str,
    days_left: Option<i32>,
    domain: &'a str,
    domain_url: &'a str,
    expiry_state: &'static str,
    hints: Vec<&'static str>,
    marks: Vec<&'static str>,
    reason: &'static str,
    rotate_by: Option<String>,
    state: &'static str,
    urgency: &'static str,
}

fn line<'a>(audit: &'a Audit, view: &CredentialView<'a>, broken: &[ControlNumber]) -> Line<'a> {
    let (run, finding) = (&audit.run, view.finding);
    let time = run.times.started.microseconds().div_euclid(1_000);
    let time_dt = Timestamp::from_microseconds(time * 1_000).rfc3339();
    let Caption(severity_id, severity) = severity(view);
    // What an exception does not accept is not suppressed.
    let is_accepted = finding.reason == Reason::Accepted && !broken.contains(&ADMINISTRATOR_KEYS);
    let Caption(status_id, status) = if is_accepted {
        Caption(3, "Suppressed")
    } else {
        Caption(1, "New")
    };
    let title = title(view);
    Line {
        activity_id: 1,
        activity_name: "Create",
        category_name: "Findings",
        category_uid: 2,
        class_name: "Compliance Finding",
        class_uid: 2003,
        type_name: "Compliance Finding: Create",
        type_uid: 200_301,
        severity,
        severity_id,
        status,
        status_id,
        time,
        time_dt,
        message: title.clone(),
        metadata: Metadata {
            correlation_uid: &run.id,
            event_code: finding.state.word(),
            product: Product {
                name: "credential-audit",
                vendor_name: "credential-audit",
                version: run.version,
            },
            version: SCHEMA_VERSION,
        },
        finding_info: FindingInfo {
            created_time: time,
            title,
            types: types(view),
            uid: uid(view),
        },
        compliance: compliance(audit, view, broken),
        resources: [resource(view)],
        remediation: Remediation {
            desc: remediation(audit, view, broken),
        },
        unmapped: Unmapped {
            act_by: audit.act_by(finding).map(Timestamp::date),
            action: finding.action.name(),
            actor: finding.needs_action().then(|| finding.actor.name()),
            age_days: view.age.age_days,
            as_of: run.as_of().rfc3339(),
            credential_type: view.credential_type().name(),
            days_left: view.days_left(),
            domain: &view.domain().name,
            domain_url: &view.domain().url,
            expiry_state: finding.expiry.word(),
            hints: hints(finding),
            marks: marks(finding),
            reason: finding.reason.name(),
            rotate_by: view.rotate_by().map(Timestamp::date),
            state: finding.state.word(),
            urgency: finding.urgency.name(),
        },
    }
}

fn uid(view: &CredentialView<'_>) -> String {
    let segment = view.credential_type().row().segment;
    format!("{}/admin/v1/{segment}/{}", view.domain().url, view.id())
}

fn title(view: &CredentialView<'_>) -> String {
    let what = match (view.finding.state, view.finding.expiry) {
        (State::Overdue, _) => "is overdue for rotation",
        (State::Due, _) => "is due for rotation",
        (State::Unknown, _) => "has no valid date",
        (State::Ok, ExpiryState::Expired) => "has expired",
        (State::Ok, ExpiryState::Expiring) => "expires soon",
        (State::Ok, ExpiryState::Unreadable) => "has an expiry date that cannot be read",
        (State::Ok, ExpiryState::None) => match view.finding.marks {
            Marks { orphaned: true, .. } => "is held by a user without the capability",
            Marks {
                user_inactive: true,
                ..
            } => "is held by an inactive user",
            Marks {
                not_listed: true, ..
            } => "is held by no listed user",
            _ => "does not comply with the CIS benchmark",
        },
    };
    let title = view.credential_type().row().title;
    match view.user_name() {
        "" => format!("{title} {} {what}", view.id()),
        name => format!("{title} of {name} {what}"),
    }
}

/// Everything that applies, in the words of the other files.
fn types(view: &CredentialView<'_>) -> Vec<&'static str> {
    let state = match view.finding.state {
        State::Ok => None,
        state => Some(state.word()),
    };
    let expiry = Some(view.finding.expiry.word()).filter(|word| !word.is_empty());
    state
        .into_iter()
        .chain(expiry)
        .chain(marks(view.finding))
        .collect()
}

/// An overdue key to the whole tenancy is critical.
fn severity(view: &CredentialView<'_>) -> Caption {
    let finding = view.finding;
    let opens_the_tenancy =
        finding.credential_type == CredentialType::ApiKeys && finding.hints.administrator();
    match (finding.state, finding.expiry) {
        (State::Overdue, _) if opens_the_tenancy => CRITICAL,
        (State::Overdue, _) | (_, ExpiryState::Expired) => HIGH,
        _ => MEDIUM,
    }
}

fn compliance(audit: &Audit, view: &CredentialView<'_>, broken: &[ControlNumber]) -> Compliance {
    let finding = view.finding;
    let limits = audit.limits(view.credential_type());
    let fails = finding.state == State::Overdue
        || finding.expiry == ExpiryState::Expired
        || finding.marks != Marks::default();
    let Caption(status_id, status) = match finding.state {
        _ if fails => FAIL,
        State::Unknown => UNKNOWN,
        _ if !broken.is_empty() => FAIL,
        _ if finding.expiry == ExpiryState::Unreadable => UNKNOWN,
        _ => WARNING,
    };
    Compliance {
        control: format!(
            "{} are rotated before an age of {} days",
            view.credential_type().row().plural,
            limits.rotation_days
        ),
        requirements: broken
            .iter()
            .map(|control| format!("CIS {control}"))
            .collect(),
        standards: std::iter::once(OWN_RULE)
            .chain((!broken.is_empty()).then_some(BENCHMARK))
            .collect(),
        status,
        status_id,
    }
}

fn resource<'a>(view: &CredentialView<'a>) -> Resource<'a> {
    Resource {
        name: view.label(),
        namespace: &view.domain().name,
        owner: owner(view),
        caption: view.credential_type().row().title,
        uid: view.id(),
    }
}

fn owner<'a>(view: &CredentialView<'a>) -> Option<Owner<'a>> {
    let domain = view.domain();
    let id = match view.user_ocid() {
        "" => view.user_id(),
        ocid => ocid,
    };
    if id.is_empty() {
        return None;
    }
    let (type_id, caption) = if view.finding.hints.administrator() {
        (2, "Admin")
    } else {
        (1, "User")
    };
    Some(Owner {
        account: Account {
            name: &domain.name,
            caption: "OCI identity domain",
            type_id: 99,
            uid: domain.ocid.as_deref().unwrap_or(&domain.url),
        },
        credential_uid: view.id(),
        domain: &domain.name,
        name: match view.user_name() {
            "" => id,
            name => name,
        },
        caption,
        type_id,
        uid: id,
    })
}
