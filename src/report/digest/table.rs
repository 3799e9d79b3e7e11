//! Lines of one section, one per credential, in columns.
//!
//! The columns whose width hardly varies come first: date and age, then user, type and domain. The label comes last,
//! since it may have any length. So columns also align in a mail program that shows text in a proportional font, and a
//! label is cut only at the end of a full line.

use crate::credential_type::CredentialType;
use crate::display;
use crate::judge::Audit;
use crate::judge::changes::Change;
use crate::report::view::CredentialView;

use super::form::{INDENT, WIDTH};
use super::group::Group;
use super::options::Names;
use super::rotation::delete_older;
use super::wording::{masked, masked_label};

const GAP: usize = 2;
const DOMAIN_CHARS: usize = 16;
const ADMIN: &str = "ADMIN ";

/// The cells of one credential.
pub(super) struct Row {
    lead: String,
    user: String,
    credential_type: &'static str,
    domain: String,
    label: String,
    /// Fingerprints differ at their ends.
    cut_label_in_front: bool,
    /// Before the label: [`ADMIN`] if the holder administers the tenancy.
    mark: &'static str,
    /// After the label: how it changed since the run before; empty if it did not.
    news: &'static str,
    /// Lines below this one that belong to it.
    pub(super) below: Vec<String>,
}

/// Marks what the run before did not report.
const fn news(change: Change) -> &'static str {
    match change {
        Change::New => "  NEW",
        Change::Escalated => "  ESCALATED",
        Change::Still | Change::NotCompared => "",
    }
}

impl Row {
    pub(super) fn of(audit: &Audit, group: Group, view: &CredentialView<'_>, names: Names) -> Self {
        let (name, label) = (view.user_name(), view.label());
        let (user, label) = match names {
            Names::Masked => (masked(name), masked_label(label, name)),
            _ => (name.to_owned(), label.to_owned()),
        };
        Self {
            lead: group.lead(audit, view),
            user: match view.user {
                Some(_) if name.is_empty() => "(no name)".to_owned(),
                Some(_) => display::line(&user, WIDTH),
                None => not_listed(view),
            },
            credential_type: view.credential_type().row().short_title,
            domain: display::line(&view.domain().name, DOMAIN_CHARS),
            label: display::line(&label, WIDTH),
            cut_label_in_front: view.credential_type() == CredentialType::ApiKeys,
            mark: if view.finding.hints.administrator() {
                ADMIN
            } else {
                ""
            },
            news: news(view.finding.change),
            below: match group {
                Group::NewerExists => delete_older(view),
                _ => Vec::new(),
            },
        }
    }
}

/// A holder who is not listed, by the end of its OCID or id.
fn not_listed(view: &CredentialView<'_>) -> String {
    let id = match (view.user_ocid(), view.user_id()) {
        ("", "") => return "(no user)".to_owned(),
        ("", id) => id,
        (ocid, _) => ocid,
    };
    let id = display::cut_front(&display::line(id, 300), 10);
    // If no list of users could be read, no user can be missing from it.
    let what = if view.finding.marks.not_listed {
        "not listed"
    } else {
        "user"
    };
    format!("({what} {id})")
}

/// Widths of the columns of one section, in characters.
pub(super) struct Columns {
    lead: usize,
    user: usize,
    credential_type: usize,
    domain: Option<usize>,
    label: usize,
}

impl Columns {
    pub(super) fn of(lead: &str, rows: &[Row], domains: bool) -> Self {
        let widest = |cell: fn(&Row) -> &str, heading: &str| {
            let cells = rows.iter().map(|row| cell(row).chars().count());
            cells.max().unwrap_or(0).max(heading.chars().count())
        };
        let lead = widest(|row| &row.lead, lead);
        let credential_type = widest(|row| row.credential_type, "type");
        let domain = domains.then(|| widest(|row| &row.domain, "domain"));
        let others = INDENT.len()
            + lead
            + GAP
            + GAP
            + credential_type
            + GAP
            + domain.map_or(0, |width| width + GAP);
        let room = WIDTH.saturating_sub(others);
        let widest_user = widest(|row| &row.user, "user");
        let labels = rows
            .iter()
            .map(|row| row.mark.len() + row.label.chars().count() + row.news.len());
        let widest_label = labels.max().unwrap_or(0).max("label".len());
        // Long user names are cut for labels, down to 11/20 of the room; then labels are cut. A name that is cut too
        // short identifies no user, but the end of a fingerprint still identifies a key of one user.
        let fair = room * 11 / 20;
        let user = widest_user.min(room.saturating_sub(widest_label).max(fair));
        Self {
            lead,
            user,
            credential_type,
            domain,
            label: room.saturating_sub(user),
        }
    }

    pub(super) fn heading(&self, lead: &str) -> String {
        self.join(lead, "user", "type", "domain", "label")
    }

    pub(super) fn line(&self, row: &Row) -> String {
        let user = display::cut(&row.user, self.user);
        let room = self.label.saturating_sub(row.mark.len() + row.news.len());
        let label = if row.cut_label_in_front {
            display::cut_front(&row.label, room)
        } else {
            display::cut(&row.label, room)
        };
        let label = format!("{}{label}{}", row.mark, row.news);
        self.join(&row.lead, &user, row.credential_type, &row.domain, &label)
    }

    fn join(
        &self,
        lead: &str,
        user: &str,
        credential_type: &str,
        domain: &str,
        label: &str,
    ) -> String {
        let Self {
            lead: lead_width,
            user: user_width,
            credential_type: type_width,
            ..
        } = self;
        let mut line = format!(
            "{INDENT}{lead:<lead_width$}  {user:<user_width$}  {credential_type:<type_width$}  "
        );
        if let Some(width) = self.domain {
            line.push_str(&format!("{domain:<width$}  "));
        }
        line.push_str(label);
        line.truncate(line.trim_end().len());
        line
    }
}
