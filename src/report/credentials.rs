//! `credentials.csv`: one row per credential, all domains, in the order of [`Audit::findings`].
//!
//! What to do comes first, then who holds the credential, then the facts. `act_by` and `rotate_by` are UTC dates; other times
//! (`last_login`, `expires_on`, `created`, `last_modified`, `as_of`) are RFC 3339 in UTC. An unknown value is an empty cell. A
//! control has its benchmark's name (`CIS 1.10`), since a spreadsheet reads 1.10 as the number 1.1. `note` has facts without a
//! column, and never says what to do.
//!
//! `owner` is empty without the setting `AUDIT_OWNER_FROM`, or if the service did not return the attribute. `last_use` and
//! `last_use_known_since` are filled for API keys if last use is searched for; a use that is known by its day has the begin of that day.

use std::sync::Arc;

use crate::credential_type::CREDENTIAL_TYPES;
use crate::judge::Audit;
use crate::judge::action::Action;
use crate::judge::age::{AgeBasis, AgeNote};
use crate::judge::hints::DORMANT_DAYS;
use crate::timestamp::DateReading;

use super::cells::Cells;
use super::console_links::ConsoleLinks;
use super::delete_command::delete_command;
use super::last_use;
use super::names::{Names, shown, shown_label};
use super::read_ahead::read_ahead;
use super::view::CredentialView;
use crate::chunks::{ChunkSource, gather_into};

const COLUMNS: [&str; 41] = [
    "action",
    "reason",
    "actor",
    "act_by",
    "urgency",
    "state",
    "expiry_state",
    "user_name",
    "user_email",
    "owner",
    "credential_type",
    "label",
    "age_days",
    "rotate_by",
    "days_left",
    "expires_on",
    "domain",
    "user_active",
    "user_admin",
    "service_user",
    "newer_credential_id",
    "unlisted",
    "orphaned",
    "capability_enabled",
    "user_federated",
    "last_login",
    "last_use",
    "last_use_known_since",
    "exception",
    "cis_control",
    "note",
    "created",
    "created_by",
    "last_modified",
    "age_basis",
    "user_ocid",
    "credential_id",
    "delete_command",
    "console_url",
    "run_id",
    "as_of",
];

/// Every credential that was read.
pub(super) fn credentials(audit: Arc<Audit>) -> ChunkSource {
    credentials_as(audit, Names::Full)
}

/// The same for a file that another tenancy keeps: unless names are shown in full, cells that may name a person are masked or
/// empty, and no row has a command.
pub(super) fn credentials_as(audit: Arc<Audit>, names: Names) -> ChunkSource {
    let rows = audit.findings.len();
    let constant = Constant::of(&audit, names);
    gather_into(header, rows, move |index, cells| {
        read_ahead(&audit, index, rows, |index| &audit.findings[index]);
        if let Some(view) = CredentialView::of(&audit, &audit.findings[index]) {
            row(&audit, &constant, &view, cells);
        }
    })
}

/// Cells that are the same in many rows.
struct Constant {
    names: Names,
    run_id: String,
    as_of: String,
    cis_controls: [String; CREDENTIAL_TYPES.len()],
}

impl Constant {
    fn of(audit: &Audit, names: Names) -> Self {
        Self {
            names,
            run_id: audit.run.id.clone(),
            as_of: audit.run.as_of().rfc3339(),
            cis_controls: std::array::from_fn(|credential_type| {
                match CREDENTIAL_TYPES[credential_type].cis_control {
                    Some(control) => format!("CIS {}", control.number),
                    None => String::new(),
                }
            }),
        }
    }
}

fn header(cells: &mut Cells) {
    for column in COLUMNS {
        cells.word(column);
    }
    cells.end_row();
}

fn row(audit: &Audit, constant: &Constant, view: &CredentialView<'_>, cells: &mut Cells) {
    what_to_do(audit, view, cells);
    holder_and_age(view, constant.names, cells);
    facts(audit, constant, view, cells);
    let command = match constant.names {
        Names::Full => delete_command(view),
        Names::Masked | Names::None => None,
    };
    cells.word(&command.unwrap_or_default());
    cells.word(&console_url(audit, view).unwrap_or_default());
    cells.word(&constant.run_id);
    cells.word(&constant.as_of);
    cells.end_row();
}

/// The user's page in the console, or else the domain's.
fn console_url(audit: &Audit, view: &CredentialView<'_>) -> Option<String> {
    let links = ConsoleLinks::of(&audit.run);
    let user = links.user(view.domain(), view.user_ocid());
    user.or_else(|| links.domain(view.domain()))
}

/// `action` to `expiry_state`.
fn what_to_do(audit: &Audit, view: &CredentialView<'_>, cells: &mut Cells) {
    let finding = view.finding;
    cells.word(finding.action.name());
    cells.word(finding.reason.name());
    if finding.needs_action() {
        cells.word(finding.actor.name());
        cells.date(audit.act_by(finding));
    } else {
        cells.word("");
        cells.word("");
    }
    cells.word(finding.urgency.name());
    cells.word(finding.state.word());
    cells.word(finding.expiry.word());
}

/// `user_name` to `domain`.
fn holder_and_age(view: &CredentialView<'_>, names: Names, cells: &mut Cells) {
    cells.untrusted(&shown(view.user_name_or_id(), names));
    cells.untrusted(&shown(view.user_email(), names));
    cells.untrusted(&shown(view.owner().cell(), names));
    cells.word(view.credential_type().name());
    cells.untrusted(&shown_label(view.label(), view.user_name(), names));
    cells.number(view.age.age_days.map(i64::from));
    cells.date(view.rotate_by());
    cells.number(view.days_left().map(i64::from));
    cells.timestamp(view.credential.expires_on.instant());
    cells.untrusted(&view.domain().name);
}

/// `user_active` to `credential_id`.
fn facts(audit: &Audit, constant: &Constant, view: &CredentialView<'_>, cells: &mut Cells) {
    let (user, finding, credential) = (view.user, view.finding, view.credential);
    let capability = user.and_then(|user| user.may_use(view.credential_type()));
    cells.flag(user.and_then(|user| user.active));
    cells.flag(view.user_admin());
    cells.flag(user.and_then(|user| user.service_user));
    let newer = match finding.action {
        Action::Retire | Action::Delete => view.newer_id(),
        _ => None,
    };
    cells.untrusted(&newer.unwrap_or_default());
    cells.flag(view.holder_is_not_listed());
    // As unknown as the capability.
    cells.flag(capability.map(|_| finding.marks.orphaned));
    cells.flag(capability);
    cells.flag(user.and_then(|user| user.federated));
    cells.timestamp(user.and_then(|user| user.last_login.instant()));
    let known = audit.use_of(finding);
    let newest = known.and_then(|known| known.newest);
    cells.timestamp(newest.map(|(used, _)| used.at));
    cells.timestamp(known.and_then(|known| known.known_since));
    // The text of an exception is as untrusted as that of the tenancy.
    match audit.exception(finding) {
        Some(exception) if constant.names == Names::Full => cells.untrusted(&exception.cell()),
        Some(exception) => cells.word(&format!("until {}", exception.until)),
        None => cells.word(""),
    }
    cells.word(&constant.cis_controls[view.credential_type().index()]);
    cells.untrusted(&note(view));
    cells.timestamp(credential.created.instant());
    cells.untrusted(&shown(view.created_by(), constant.names));
    cells.timestamp(credential.last_modified.instant());
    cells.word(view.age.basis.word());
    cells.untrusted(view.user_ocid());
    cells.untrusted(&view.id());
}

/// Facts about a credential that have no column, joined by `; `.
fn note(view: &CredentialView<'_>) -> String {
    let mut note = String::new();
    let mut add = |text: &str| {
        if !note.is_empty() {
            note.push_str("; ");
        }
        note.push_str(text);
    };
    if view.age.note != AgeNote::None {
        add(view.age.note.text());
    }
    if let (AgeBasis::LastSetDate, Some(start)) = (view.age.basis, view.age.start) {
        add(&format!("last set {}", start.rfc3339()));
    }
    if view.credential.expires_on == DateReading::UNREADABLE {
        add("its expiry date cannot be read");
    }
    if let Some(repeated) = last_use::repeated(view) {
        add(repeated);
    }
    let hints = view.finding.hints;
    if view.finding.newer.is_some() {
        add("a newer one exists");
    }
    match view.user {
        Some(user) => {
            if hints.dormant() {
                add(&format!("user has not signed in for {DORMANT_DAYS} days"));
            }
            if user.active.is_none() {
                add("whether the user is active is unknown");
            }
            if user.may_use(view.credential_type()).is_none() {
                add("whether the capability is on is unknown");
            }
            if user.last_login == DateReading::UNREADABLE {
                add("last login of the user cannot be read");
            }
        }
        None => {
            if view.holder_is_not_listed().is_none() {
                add("not all users could be read");
            }
            match (view.user_id(), view.user_ocid()) {
                ("", _) => add("no user id"),
                (id, "") => add(&format!("user id {id}")),
                _ => {}
            }
        }
    }
    note
}
