//! `credentials.csv`: one row per credential, all domains, sorted by urgency as [`Audit::findings`] is.
//!
//! Timestamps (`as_of`, `last_login`, `created`, `expires_on`) are RFC 3339 in UTC. `rotate_by` is the UTC date on which
//! the credential becomes overdue. An unknown value is an empty cell. A control has its benchmark's name (`CIS 1.10`),
//! since a spreadsheet reads 1.10 as the number 1.1.

use std::sync::Arc;

use crate::credential_type::CREDENTIAL_TYPES;
use crate::judge::Audit;
use crate::judge::age::{AgeBasis, AgeNote};
use crate::judge::hints::DORMANT_DAYS;
use crate::timestamp::DateReading;

use super::cells::Cells;
use super::view::CredentialView;
use crate::chunks::{ChunkSource, gather_into};

const COLUMNS: [&str; 25] = [
    "run_id",
    "as_of",
    "domain",
    "user_name",
    "user_ocid",
    "user_active",
    "user_email",
    "user_federated",
    "last_login",
    "credential_type",
    "credential_id",
    "label",
    "created",
    "age_basis",
    "age_days",
    "rotate_by",
    "days_left",
    "expires_on",
    "state",
    "expiry_state",
    "capability_enabled",
    "orphaned",
    "exception",
    "cis_control",
    "note",
];

/// Every credential that was read.
pub(super) fn credentials(audit: Arc<Audit>) -> ChunkSource {
    let rows = audit.findings.len();
    let constant = Constant::of(&audit);
    gather_into(header, rows, move |index, cells| {
        if let Some(view) = CredentialView::of(&audit, &audit.findings[index]) {
            row(&audit, &constant, &view, cells);
        }
    })
}

/// Cells that are the same in many rows.
struct Constant {
    run_id: String,
    as_of: String,
    cis_controls: [String; CREDENTIAL_TYPES.len()],
}

impl Constant {
    fn of(audit: &Audit) -> Self {
        Self {
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
    let (user, finding, credential) = (view.user, view.finding, view.credential);
    let text = &view.inventory.reading().users.text;
    cells.word(&constant.run_id);
    cells.word(&constant.as_of);
    cells.untrusted(&view.domain().name);
    cells.untrusted(view.user_name());
    cells.untrusted(view.user_ocid());
    cells.flag(user.and_then(|user| user.active));
    cells.untrusted(user.map_or("", |user| text.get(user.email)));
    cells.flag(user.and_then(|user| user.federated));
    cells.timestamp(user.and_then(|user| user.last_login.instant()));
    cells.word(view.credential_type().name());
    cells.untrusted(view.id());
    cells.untrusted(view.label());
    cells.timestamp(credential.created.instant());
    cells.word(view.age.basis.word());
    cells.number(view.age.age_days.map(i64::from));
    cells.date(view.rotate_by());
    cells.number(view.days_left().map(i64::from));
    cells.timestamp(credential.expires_on.instant());
    cells.word(finding.state.word());
    cells.word(finding.expiry.word());
    cells.flag(user.and_then(|user| user.may_use(view.credential_type())));
    // As unknown as the capability.
    cells.flag(
        user.and_then(|user| user.may_use(view.credential_type()))
            .map(|_| finding.marks.orphaned),
    );
    // The text of an exception is as untrusted as that of the tenancy.
    match audit.exception(finding) {
        Some(exception) => cells.untrusted(&exception.cell()),
        None => cells.word(""),
    }
    cells.word(&constant.cis_controls[view.credential_type().index()]);
    cells.untrusted(&note(view));
    cells.end_row();
}

/// Remarks on a credential, joined by `; `.
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
    let hints = view.finding.hints;
    if view.finding.newer.is_some() {
        add("a newer one exists");
    }
    match view.user {
        Some(user) => {
            if hints.administrator() {
                add("user administers the tenancy");
            }
            if hints.dormant() {
                add(&format!("user has not signed in for {DORMANT_DAYS} days"));
            }
            match user.active {
                Some(true) => {}
                Some(false) => add("user inactive"),
                None => add("whether the user is active is unknown"),
            }
            match user.may_use(view.credential_type()) {
                Some(true) => {}
                Some(false) => add("capability is off"),
                None => add("whether the capability is on is unknown"),
            }
            if user.last_login == DateReading::UNREADABLE {
                add("last login of the user cannot be read");
            }
        }
        None => {
            add(if view.finding.marks.not_listed {
                "user not listed"
            } else {
                "users could not be read"
            });
            match (view.user_id(), view.user_ocid()) {
                ("", _) => add("no user id"),
                (id, "") => add(&format!("user id {id}")),
                _ => {}
            }
        }
    }
    note
}
