//! What a holder does about a credential, step by step.
//!
//! Holders act for themselves, and seldom may read the audit log, so that two steps of a rotation have other words than for the
//! security team.

use crate::credential_type::CredentialType;
use crate::display;
use crate::judge::action::{Action, Reason};
use crate::report::view::CredentialView;

/// At most three steps, in the words of the console.
pub(super) fn steps(view: &CredentialView<'_>) -> Vec<String> {
    let row = view.credential_type().row();
    let rotation = &row.how_to_rotate;
    let (create, verify) = as_holder(view.credential_type());
    let page = format!("In the console, open My profile, then {}", row.plural);
    let delete = "then delete the old one there";
    match (view.finding.action, view.finding.reason) {
        (Action::Rotate, _) | (Action::Replace, _) => vec![
            format!("{page}, and {}.", create),
            format!("{}.", display::capitalized(rotation.switch)),
            format!("Verify that {}, {delete}.", verify),
        ],
        (Action::Delete, Reason::Expired) => vec![
            "Verify that nothing uses it.".to_owned(),
            format!("{page}, and delete it."),
        ],
        (Action::Retire, _) => vec![
            "Move what still uses the old one to the newer one.".to_owned(),
            format!("Verify that {}.", verify),
            format!("{page}, and delete the old one."),
        ],
        _ => vec![
            "Move what uses it to a user that is not an administrator.".to_owned(),
            format!("Verify that {}.", verify),
            format!("{page}, and delete it."),
        ],
    }
}

/// How a holder creates another credential of a type, and how to verify that nothing uses the old one.
const fn as_holder(credential_type: CredentialType) -> (&'static str, &'static str) {
    match credential_type {
        CredentialType::ApiKeys => (
            "add a second API key (you may have three)",
            "everything that used the old key works with the new one",
        ),
        CredentialType::AuthTokens => (
            "generate a second token (you may have two)",
            "pulls, pushes and logins succeed with the new token",
        ),
        CredentialType::CustomerSecretKeys => (
            "generate a second key (you may have two)",
            "the client reads and writes with the new access key",
        ),
        CredentialType::DbCredentials => (
            "set a new database password",
            "sign-ins succeed, and no sign-in uses the old password",
        ),
        CredentialType::OAuth2ClientCredentials => (
            "generate a second credential with the same scopes (you may have ten)",
            "the workload gets tokens with the new client id",
        ),
        CredentialType::SmtpCredentials => (
            "generate a second credential (you may have two)",
            "mail is accepted with the new user name",
        ),
    }
}
