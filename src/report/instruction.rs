//! What to do about one credential, in words: `rotate API key …9c:62:97`, why, and how. Digest, page, files and calendar
//! share them.
//!
//! Oracle does not report whether a credential is in use, or whether a newer one replaces it. So a text says that a newer one
//! exists, and a deletion always follows a check.

use crate::credential_type::CredentialType;
use crate::display::{self, counted};
use crate::judge::Audit;
use crate::judge::action::{Action, Reason};
use crate::judge::age::{AgeNote, ExpiryState, State};
use crate::model::Credential;
use crate::timestamp::Timestamp;

use super::last_use;
use super::names::{Names, masked_label};
use super::view::CredentialView;

/// Characters of a description.
const LABEL_CHARS: usize = 40;
/// Characters of an id or a fingerprint. They differ at their ends.
const ID_CHARS: usize = 9;

/// What to do about one credential. Each part is untrusted text made safe, on one line.
pub(super) struct Instruction {
    /// `rotate API key …9c:62:97`; without a verb if the steps are in [`Instruction::how`].
    pub(super) what: String,
    /// `94 days, overdue since 2026-11-25`.
    pub(super) why: String,
    /// Whole sentences; may be empty.
    pub(super) how: String,
}

impl Instruction {
    /// The words for the action of a credential.
    pub(super) fn of(audit: &Audit, view: &CredentialView<'_>, names: Names) -> Self {
        let name = credential_name(view, names);
        let finding = view.finding;
        let (verb, how) = match (finding.action, finding.reason) {
            (Action::None, _) => ("", String::new()),
            (Action::Rotate, _) => ("rotate ", at_limit(view, names)),
            (Action::Replace, _) => (
                "replace ",
                "No newer one exists. Create one if anything needs it, then delete this one."
                    .to_owned(),
            ),
            (Action::Retire, _) => (
                "",
                format!(
                    "{} Move what still uses this one, verify, then delete it.",
                    newer(view, names)
                ),
            ),
            (Action::Delete, Reason::Expired) => ("delete ", newer(view, names)),
            (Action::Delete, _) => ("delete ", String::new()),
            (Action::Review, Reason::CapabilityOff) => (
                "review ",
                "Turn the capability on, or delete the credential.".to_owned(),
            ),
            (Action::Review, Reason::MassChange) => (
                "review ",
                "Many users of its domain changed at once. Check that change first.".to_owned(),
            ),
            (Action::Review, Reason::RecentlyUsed) => (
                "review ",
                "Find out what uses it, move that, then delete it.".to_owned(),
            ),
            (Action::Review, _) => (
                "review ",
                "Ask whether the user returns. If not, delete the credential.".to_owned(),
            ),
            (Action::FindHolder, _) => ("find the holder of ", String::new()),
            (Action::RemoveAdminKey, _) => (
                "remove ",
                "Give another user the API calls, verify, then delete it (CIS 1.12).".to_owned(),
            ),
        };
        Self {
            what: format!("{verb}{name}"),
            why: why(audit, view),
            how,
        }
    }

    /// `rotate API key …9c:62:97, 94 days, overdue since 2026-11-25. <how>`.
    pub(super) fn sentence(&self) -> String {
        let Self { what, why, how } = self;
        let separator = if why.is_empty() { "" } else { ", " };
        let space = if how.is_empty() { "" } else { " " };
        format!("{what}{separator}{why}.{space}{how}")
    }
}

/// `API key …9c:62:97`, `auth token "ocir-ci"`.
pub(super) fn credential_name(view: &CredentialView<'_>, names: Names) -> String {
    let title = view.credential_type().row().title_in_sentence();
    format!("{title} {}", short_label(view, view.credential, names))
}

/// A fingerprint by its end, or a description in quotes, or else the end of the id.
fn short_label(view: &CredentialView<'_>, credential: &Credential, names: Names) -> String {
    let label = view.inventory.label(view.credential_type(), credential);
    let masked;
    let label = match names {
        Names::Full => label,
        Names::Masked | Names::None => {
            masked = masked_label(label, view.user_name());
            &masked
        }
    };
    let label = display::line(label.trim(), 300);
    let is_fingerprint = view.credential_type() == CredentialType::ApiKeys && !label.contains(' ');
    if label.is_empty() {
        let id = view
            .inventory
            .credential_id(view.credential_type(), credential);
        format!(
            "with id {}",
            display::cut_front(&display::line(&id, 300), ID_CHARS)
        )
    } else if is_fingerprint {
        display::cut_front(&label, ID_CHARS)
    } else {
        format!("\"{}\"", display::cut(&label, LABEL_CHARS))
    }
}

fn why(audit: &Audit, view: &CredentialView<'_>) -> String {
    let mut parts = Vec::new();
    match view.finding.reason {
        Reason::NotListed => parts.push("whose user is not listed".to_owned()),
        Reason::NamesNoUser => parts.push("which names no user".to_owned()),
        Reason::InactiveUser => parts.push(format!("whose user is {}", inactive_since(view))),
        Reason::CapabilityOff => parts.push("whose capability is off".to_owned()),
        Reason::Administrator => parts.push("held by an administrator".to_owned()),
        _ => {}
    }
    let last_use = match (view.finding.action, view.finding.reason) {
        (Action::Rotate | Action::Retire | Action::Delete, _)
        | (Action::Review, Reason::RecentlyUsed) => last_use::fact(audit, view),
        _ => None,
    };
    // Days of use and of age must not be mistaken for one another.
    let days = if last_use.is_some() {
        ("day old", "days old")
    } else {
        ("day", "days")
    };
    parts.extend(last_use);
    parts.extend(by_age(audit, view, days));
    parts.extend(by_expiry(view));
    parts.join(", ")
}

/// `inactive since 2026-11-20`, of the holder.
pub(super) fn inactive_since(view: &CredentialView<'_>) -> String {
    let changed = view.user.and_then(|user| user.last_modified.instant());
    match changed {
        Some(changed) => format!("inactive since {}", changed.date()),
        None => "inactive".to_owned(),
    }
}

fn by_age(audit: &Audit, view: &CredentialView<'_>, (day, days): (&str, &str)) -> Option<String> {
    let limits = audit.limits(view.credential_type());
    let since = |days: u32| {
        let start = view.age.start?;
        Some(start.plus_days(i64::from(days)).date())
    };
    let age = view
        .age
        .age_days
        .map(|age| counted(u64::try_from(age).unwrap_or(0), day, days));
    match (view.finding.state, age) {
        (State::Unknown, _) => Some(match view.age.note {
            AgeNote::None => "its age is unknown".to_owned(),
            note => format!("its age is unknown: {}", note.text()),
        }),
        (State::Overdue, Some(age)) => Some(format!(
            "{age}, overdue since {}",
            since(limits.rotation_days)?
        )),
        (State::Due, Some(age)) => Some(format!(
            "{age}, due since {}, overdue from {}",
            since(limits.warning_days)?,
            since(limits.rotation_days)?
        )),
        (_, age) => age,
    }
}

fn by_expiry(view: &CredentialView<'_>) -> Option<String> {
    let date = || view.credential.expires_on.instant().map(Timestamp::date);
    match view.finding.expiry {
        ExpiryState::None => None,
        ExpiryState::Expiring => Some(format!("expires on {}", date()?)),
        ExpiryState::Expired => Some(format!("expired on {}", date()?)),
        ExpiryState::Unreadable => {
            Some("its expiry date cannot be read, so it may have expired".to_owned())
        }
    }
}

/// `A newer one exists: …c1:09:44, since 2026-11-10.`
pub(super) fn newer(view: &CredentialView<'_>, names: Names) -> String {
    let Some(newer) = view.newer() else {
        return "A newer one exists.".to_owned();
    };
    let since = newer.created.instant().map(Timestamp::date);
    format!(
        "A newer one exists: {}, since {}.",
        short_label(view, newer, names),
        since.unwrap_or_default()
    )
}

/// Which one to delete first if the holder has as many as it may have.
fn at_limit(view: &CredentialView<'_>, names: Names) -> String {
    let row = view.credential_type().row();
    let Some(max) = row.max_per_user else {
        return String::new();
    };
    let Some(user) = view.user else {
        return String::new();
    };
    let held: Vec<_> = view
        .inventory
        .held_by(user, view.credential_type())
        .collect();
    if held.len() < usize::from(max) {
        return String::new();
    }
    // One that has expired serves nobody; else the oldest is the likeliest to be forgotten.
    let oldest = held.into_iter().min_by_key(|credential| {
        let expires_on = credential.expires_on.instant();
        let has_expired = expires_on.is_some_and(|date| date <= view.as_of);
        (!has_expired, credential.created.instant())
    });
    let Some(oldest) = oldest else {
        return String::new();
    };
    format!(
        "A user may hold {max}: verify that nothing uses {}, and delete it first.",
        short_label(view, oldest, names)
    )
}

/// The end of the OCID or id of a holder; `None` if it names none.
pub(super) fn holder_id(view: &CredentialView<'_>) -> Option<String> {
    let id = match (view.user_ocid(), view.user_id()) {
        ("", "") => return None,
        ("", id) => id,
        (ocid, _) => ocid,
    };
    Some(display::cut_front(&display::line(id, 300), 10))
}
