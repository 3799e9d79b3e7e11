//! One line a credential, in sections by urgency.
//!
//! The columns whose width is nearly the same in every line come first, date and age, then user, type and domain; the
//! label, which is as long as it likes, comes last. So the columns stand under one another also in a mail program that
//! shows text in a proportional font, and a label is cut only where the line is full.

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::display;
use crate::judge::age::{ExpiryState, State};
use crate::judge::changes::Change;
use crate::judge::{Audit, Finding};
use crate::report::view::CredentialView;

use super::body::Body;
use super::rotation;
use super::wording::{masked, masked_label};
use super::{DigestOptions, Names, WIDTH};

const INDENT: &str = "  ";
const GAP: usize = 2;
const DOMAIN_CHARS: usize = 16;
/// More lines than this fit into no digest.
const MAX_LINES: usize = 1_500;
const ADMIN: &str = "ADMIN ";
/// `DUE WITHIN 7 DAYS`.
const SOON_DAYS: i32 = 7;

/// A section of the digest, and its order in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Overdue,
    DueSoon,
    DueLater,
    Superseded,
    Expiring,
    Unknown,
    Orphaned,
    UserInactive,
    NotListed,
    Excepted,
}

const GROUPS: [Group; 10] = [
    Group::Overdue,
    Group::DueSoon,
    Group::DueLater,
    Group::Superseded,
    Group::Expiring,
    Group::Unknown,
    Group::Orphaned,
    Group::UserInactive,
    Group::NotListed,
    Group::Excepted,
];

impl Group {
    const fn title(self) -> &'static str {
        match self {
            Self::Overdue => "OVERDUE",
            Self::DueSoon => "DUE WITHIN 7 DAYS",
            Self::DueLater => "DUE LATER",
            Self::Superseded => "ROTATIONS IN PROGRESS",
            Self::Expiring => "EXPIRING OR EXPIRED",
            Self::Unknown => "UNKNOWN AGE",
            Self::Orphaned => "ORPHANED",
            Self::UserInactive => "INACTIVE USERS",
            Self::NotListed => "UNLISTED USERS",
            Self::Excepted => "EXCEPTIONS",
        }
    }

    const fn advice(self, supposed_day: bool) -> &'static str {
        match self {
            Self::Overdue if supposed_day => "rotate by the date shown, at once where it is past",
            Self::Overdue => "rotate now",
            Self::DueSoon | Self::DueLater => "rotate by the date shown",
            Self::Superseded => {
                "a newer one is in order: verify that it is in use, delete the old one"
            }
            Self::Expiring => "replace before the date shown; delete what has expired",
            Self::Unknown => "no date to judge by: look at each, rotate when in doubt",
            Self::Orphaned => "the user may not use this kind: delete, or grant the capability",
            Self::UserInactive => "held by users who are not active: delete",
            Self::NotListed => "held by nobody in the list of users: find out whose, delete",
            Self::Excepted => "accepted up to the date shown, and in no count above",
        }
    }

    /// Heading of the columns before the user.
    const fn lead_heading(self, supposed_day: bool) -> &'static str {
        match self {
            Self::Overdue if !supposed_day => "was due          age",
            Self::Superseded => "delete by        age",
            Self::Expiring => "date         state",
            Self::Unknown => "why",
            Self::Excepted => "until         state",
            _ => "rotate by        age",
        }
    }

    fn holds(self, finding: &Finding) -> bool {
        let soon = finding.days_left.is_some_and(|days| days <= SOON_DAYS);
        match self {
            Self::Overdue => finding.alerting_state() == State::Overdue,
            Self::DueSoon => finding.alerting_state() == State::Due && soon,
            Self::DueLater => finding.alerting_state() == State::Due && !soon,
            Self::Superseded => finding.hints.superseded(),
            Self::Expiring => finding.expiry != ExpiryState::None,
            Self::Unknown => finding.alerting_state() == State::Unknown,
            Self::Orphaned => finding.marks.orphaned,
            Self::UserInactive => finding.marks.user_inactive,
            Self::NotListed => finding.marks.not_listed,
            Self::Excepted => finding.is_excepted(),
        }
    }

    /// The columns before the user.
    fn lead(self, audit: &Audit, view: &CredentialView<'_>) -> String {
        let day = |date: Option<crate::timestamp::Timestamp>| {
            date.map_or_else(|| "unknown".to_owned(), crate::timestamp::Timestamp::date)
        };
        match self {
            Self::Unknown => view.age.note.text().to_owned(),
            Self::Excepted => {
                let until = audit.exception(view.finding).map(|it| it.until.to_string());
                format!(
                    "{:<10}  {:>7}",
                    until.unwrap_or_default(),
                    view.finding.state.word()
                )
            }
            Self::Expiring => format!(
                "{:<10}  {:>8}",
                day(view.credential.expires_on.instant()),
                view.finding.expiry.word()
            ),
            _ => {
                let age = view.age.age_days.map_or_else(
                    || "-".to_owned(),
                    |days| display::counted(u64::try_from(days).unwrap_or(0), "day", "days"),
                );
                format!("{:<10}  {age:>9}", day(view.rotate_by()))
            }
        }
    }
}

/// Whether a credential stands in any section.
pub(super) fn is_shown(finding: &Finding) -> bool {
    GROUPS.iter().any(|group| group.holds(finding))
}

/// Whether a credential stands in a section that asks for something to be done.
pub(super) fn asks_for_action(finding: &Finding) -> bool {
    GROUPS
        .iter()
        .any(|group| *group != Group::Excepted && group.holds(finding))
}

/// An administrator's API key opens the whole tenancy: it stands before what is more urgent by its date.
fn comes_first(finding: &Finding) -> bool {
    finding.credential_type == CredentialType::ApiKeys && finding.hints.administrator()
}

/// What a section says.
struct Section {
    group: Group,
    /// Whether the day is only supposed, so that nothing is to be done at once.
    supposed_day: bool,
    count: u64,
    by_type: [u64; CREDENTIAL_TYPES.len()],
    /// While sections are collected: what [`comes_first`].
    first_rows: Vec<usize>,
    /// Indices into [`Audit::findings`]: as many as could ever be shown, in the order of showing.
    rows: Vec<usize>,
}

/// Writes every section that is not empty: its heading always, its lines while they fit. Room for the headings of all
/// sections is kept first, so that a flood of overdue credentials hides no other count.
pub(super) fn write(
    audit: &Audit,
    options: &DigestOptions,
    more_in: Option<&str>,
    body: &mut Body,
) {
    let sections = collect(audit);
    let frames: Vec<_> = sections
        .iter()
        .map(|section| section.frame(options.names, more_in))
        .collect();
    for frame in &frames {
        body.reserve(frame);
    }
    for (section, frame) in sections.iter().zip(&frames) {
        body.release(frame);
        body.line("");
        body.line(&section.heading());
        if options.names == Names::None {
            body.line(&section.credential_types());
        } else {
            section.write_rows(audit, options.names, more_in, body);
        }
    }
    let listed: u64 = sections.iter().map(|section| section.count).sum();
    let findings = audit
        .findings
        .iter()
        .filter(|finding| is_shown(finding))
        .count();
    if listed > findings as u64 {
        body.line("");
        body.line("A credential stands in every section that applies to it.");
    }
}

/// The sections that are not empty, in their order.
fn collect(audit: &Audit) -> Vec<Section> {
    let mut sections: Vec<_> = GROUPS
        .iter()
        .map(|group| Section {
            group: *group,
            supposed_day: audit.run.is_what_if(),
            count: 0,
            by_type: [0; CREDENTIAL_TYPES.len()],
            first_rows: Vec::new(),
            rows: Vec::new(),
        })
        .collect();
    for (index, finding) in audit.findings.iter().enumerate() {
        for section in &mut sections {
            if section.group.holds(finding) {
                section.count += 1;
                section.by_type[finding.credential_type.index()] += 1;
                // Findings are sorted by urgency of age; those that expire are sorted below.
                let rows = if comes_first(finding) {
                    &mut section.first_rows
                } else {
                    &mut section.rows
                };
                if rows.len() < MAX_LINES || section.group == Group::Expiring {
                    rows.push(index);
                }
            }
        }
    }
    for section in &mut sections {
        let rest = std::mem::take(&mut section.rows);
        section.rows = std::mem::take(&mut section.first_rows);
        section.rows.extend(rest);
    }
    for section in &mut sections {
        if section.group == Group::Expiring {
            section.rows.sort_by_cached_key(|index| {
                let (_, credential) = audit.credential(&audit.findings[*index])?;
                credential.expires_on.instant()
            });
            section.rows.truncate(MAX_LINES);
        }
    }
    sections.retain(|section| section.count > 0);
    sections
}

impl Section {
    fn heading(&self) -> String {
        let advice = self.group.advice(self.supposed_day);
        format!("{}: {} - {advice}", self.group.title(), self.count)
    }

    /// `API keys 3, Auth tokens 1`.
    fn credential_types(&self) -> String {
        let credential_types: Vec<_> = CredentialType::all()
            .filter(|credential_type| self.by_type[credential_type.index()] > 0)
            .map(|credential_type| {
                format!(
                    "{} {}",
                    credential_type.row().plural,
                    self.by_type[credential_type.index()]
                )
            })
            .collect();
        format!("{INDENT}{}", credential_types.join(", "))
    }

    fn more(&self, count: u64, more_in: Option<&str>) -> String {
        match more_in {
            Some(object) => format!("{INDENT}\u{2026} and {count} more in {object}"),
            None => format!("{INDENT}\u{2026} and {count} more"),
        }
    }

    /// The lines that a section has whatever else there is, at their longest.
    fn frame(&self, names: Names, more_in: Option<&str>) -> Vec<String> {
        let mut lines = vec![String::new(), self.heading()];
        if names == Names::None {
            lines.push(self.credential_types());
        } else {
            lines.push("x".repeat(WIDTH));
            lines.push(self.more(self.count, more_in));
        }
        lines
    }

    fn write_rows(&self, audit: &Audit, names: Names, more_in: Option<&str>, body: &mut Body) {
        let rows: Vec<_> = self
            .rows
            .iter()
            .filter_map(|index| CredentialView::of(audit, &audit.findings[*index]))
            .map(|view| Row::of(audit, self.group, &view, names))
            .collect();
        let lead = self.group.lead_heading(self.supposed_day);
        let columns = Columns::of(lead, &rows, audit.domains.len() > 1);
        body.line(&columns.heading(lead));
        let more = [self.more(self.count, more_in)];
        body.reserve(&more);
        let lines = |row: &Row| {
            let mut lines = vec![columns.line(row)];
            lines.extend_from_slice(&row.below);
            lines
        };
        let shown = rows
            .iter()
            .take_while(|row| body.lines_if_they_fit(&lines(row)))
            .count();
        body.release(&more);
        let missing = self.count - shown as u64;
        if missing > 0 {
            body.line(&self.more(missing, more_in));
        }
    }
}

/// The cells of a line.
struct Row {
    lead: String,
    user: String,
    credential_type: &'static str,
    domain: String,
    label: String,
    /// Fingerprints are told apart by their ends.
    cut_label_in_front: bool,
    /// Before the label: [`ADMIN`] where the holder administers the tenancy.
    mark: &'static str,
    /// After the label: what became of it since the run before; empty where there is nothing to say.
    news: &'static str,
    /// Lines that belong to this one.
    below: Vec<String>,
}

/// Only what a reader has not been told before is marked.
const fn news(change: Change) -> &'static str {
    match change {
        Change::New => "  NEW",
        Change::Escalated => "  ESCALATED",
        Change::Still | Change::NotCompared => "",
    }
}

impl Row {
    fn of(audit: &Audit, group: Group, view: &CredentialView<'_>, names: Names) -> Self {
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
                None => unlisted(view),
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
                Group::Superseded => rotation::delete_superseded(view),
                _ => Vec::new(),
            },
        }
    }
}

/// A holder who is not among the users, by the end of its OCID or id, which is no name.
fn unlisted(view: &CredentialView<'_>) -> String {
    let id = match (view.user_ocid(), view.user_id()) {
        ("", "") => return "(names no user)".to_owned(),
        ("", id) => id,
        (ocid, _) => ocid,
    };
    let id = display::cut_front(&display::line(id, 300), 10);
    // Where no list of users could be read, nobody is known to be missing from it.
    let what = if view.finding.marks.not_listed {
        "unlisted"
    } else {
        "user"
    };
    format!("({what} {id})")
}

/// The widths of the columns of one section, in characters.
struct Columns {
    lead: usize,
    user: usize,
    credential_type: usize,
    domain: Option<usize>,
    label: usize,
}

impl Columns {
    fn of(lead: &str, rows: &[Row], domains: bool) -> Self {
        let widest = |cell: fn(&Row) -> &str, heading: &str| {
            let cells = rows.iter().map(|row| cell(row).chars().count());
            cells.max().unwrap_or(0).max(heading.chars().count())
        };
        let lead = widest(|row| &row.lead, lead);
        let credential_type = widest(|row| row.credential_type, "kind");
        let domain = domains.then(|| widest(|row| &row.domain, "domain"));
        let others = INDENT.len()
            + lead
            + GAP
            + GAP
            + credential_type
            + GAP
            + domain.map_or(0, |it| it + GAP);
        let room = WIDTH.saturating_sub(others);
        let widest_user = widest(|row| &row.user, "user");
        let labels = rows
            .iter()
            .map(|row| row.mark.len() + row.label.chars().count() + row.news.len());
        let widest_label = labels.max().unwrap_or(0).max("label".len());
        // A long user name yields to labels, down to a bit more than half of the room; then labels yield. A name that is
        // cut too short names nobody, while the end of a fingerprint still tells the keys of one user apart.
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

    fn heading(&self, lead: &str) -> String {
        self.join(lead, "user", "kind", "domain", "label")
    }

    fn line(&self, row: &Row) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_mark_that_is_a_finding_has_a_section() {
        let mut finding = Finding {
            domain: 0,
            credential_type: CredentialType::ApiKeys,
            place: 0,
            holder_rank: 1,
            state: State::Ok,
            expiry: ExpiryState::None,
            marks: crate::judge::Marks::default(),
            hints: crate::judge::hints::Hints::default(),
            days_left: Some(8),
            exception: None,
            change: crate::judge::changes::Change::NotCompared,
        };
        let groups = |finding: &Finding| -> Vec<_> {
            GROUPS
                .into_iter()
                .filter(|group| group.holds(finding))
                .collect()
        };
        assert_eq!(groups(&finding), []);
        finding.state = State::Due;
        assert_eq!(groups(&finding), [Group::DueLater]);
        finding.days_left = Some(7);
        finding.expiry = ExpiryState::Expired;
        assert_eq!(groups(&finding), [Group::DueSoon, Group::Expiring]);
        finding.marks.orphaned = true;
        finding.marks.user_inactive = true;
        finding.state = State::Overdue;
        finding.days_left = Some(-40);
        assert_eq!(
            groups(&finding),
            [
                Group::Overdue,
                Group::Expiring,
                Group::Orphaned,
                Group::UserInactive
            ]
        );
    }
}
