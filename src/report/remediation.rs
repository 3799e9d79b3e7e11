//! What to do about a credential, as the remediation of a finding in another program: by when and how in one paragraph.

use crate::credential_type::ControlNumber;
use crate::display;
use crate::judge::Audit;
use crate::judge::action::{Action, Reason, Urgency};

use super::instruction::Instruction;
use super::names::Names;
use super::view::CredentialView;

/// What to do, by when, and how: `Rotate API key …9c:62:97, 94 days, overdue since 2026-11-25. Act now. Create a new one, ...`.
pub(super) fn remediation(
    audit: &Audit,
    view: &CredentialView<'_>,
    broken: &[ControlNumber],
) -> String {
    let finding = view.finding;
    if finding.action == Action::None {
        return nothing_to_do(audit, view, broken);
    }
    let instruction = Instruction::of(audit, view, Names::Full);
    let what = display::capitalized(instruction.sentence().trim_end());
    let by = match (finding.urgency, audit.act_by(finding)) {
        (Urgency::Now, _) | (_, None) => "now".to_owned(),
        (_, Some(act_by)) => format!("by {}", act_by.date()),
    };
    let steps = match finding.action {
        Action::Rotate => {
            " Create a new one, switch the workload to it, verify that nothing uses the old one, then delete the old one."
        }
        _ => "",
    };
    format!("{what} Act {by}.{steps}")
}

fn nothing_to_do(audit: &Audit, view: &CredentialView<'_>, broken: &[ControlNumber]) -> String {
    let accepted = audit.exception(view.finding);
    let accepted = accepted.filter(|_| view.finding.reason == Reason::Accepted);
    match (accepted, broken.first()) {
        (Some(exception), _) => format!(
            "An exception accepts it until {}; nothing to do before.",
            exception.until
        ),
        (None, Some(control)) => format!(
            "The settings of this audit allow it, CIS {control} does not: rotate it within the benchmark's limit."
        ),
        (None, None) => "Nothing to do yet: whether its user exists is unknown.".to_owned(),
    }
}
