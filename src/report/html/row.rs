//! One credential as the table shows it.
//!
//! Both forms of a row, HTML and JSON, come from the one [`Row`], and a browser test compares what they look like.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeSeq as _, Serializer};

use crate::credential_type::{ControlNumber, CredentialType};
use crate::judge::action::{Action, Actor, Reason, Urgency};
use crate::judge::age::{AgeBasis, AgeNote, ExpiryState, State};
use crate::judge::changes::Change;
use crate::judge::{Audit, Finding};
use crate::report::delete_command::delete_command;
use crate::report::instruction::Instruction;
use crate::report::last_use;
use crate::report::names::Names;
use crate::report::view::CredentialView;
use crate::timestamp::Timestamp;

use super::dates::days_after;
use super::escape::shown;
use super::page::Page;

/// Marks of a row, as bits; the script has the same.
pub(super) const ORPHANED: u16 = 1;
pub(super) const INACTIVE: u16 = 1 << 1;
pub(super) const NOT_LISTED: u16 = 1 << 2;
/// Without findings: the only credentials that are green.
pub(super) const CLEAN: u16 = 1 << 3;
pub(super) const ADMINISTRATOR: u16 = 1 << 4;
pub(super) const DORMANT: u16 = 1 << 5;
/// An exception accepts what it would need.
pub(super) const ACCEPTED: u16 = 1 << 6;
pub(super) const NEW: u16 = 1 << 7;
pub(super) const ESCALATED: u16 = 1 << 8;
/// An exception matches it.
pub(super) const EXCEPTION: u16 = 1 << 9;
const BY_SECURITY: u16 = 1 << 10;
/// Its age starts when its password was last set.
pub(super) const LAST_SET: u16 = 1 << 11;
/// A command deletes it. The script composes the command, since it has every part.
const HAS_COMMAND: u16 = 1 << 12;
/// Created by who created the first credential of its holder.
const SAME_CREATOR: u16 = 1 << 13;

/// Texts that most rows lack, in the order of `page.js`.
#[derive(Default)]
pub(super) struct Texts<'a> {
    /// What to do, why and how.
    pub(super) instruction: String,
    pub(super) created_by: Cow<'a, str>,
    /// Remarks on its dates and its holder.
    pub(super) note: String,
    pub(super) exception: String,
}

/// One credential as the table shows it; its text is safe to show.
pub(super) struct Row<'a> {
    pub(super) action: Action,
    reason: Reason,
    pub(super) urgency: Urgency,
    pub(super) state: State,
    pub(super) expiry: ExpiryState,
    pub(super) marks: u16,
    /// Index into the domains.
    pub(super) domain: u16,
    pub(super) credential_type: CredentialType,
    /// Index into the people.
    person: u32,
    /// The controls that it breaks.
    pub(super) controls: Vec<ControlNumber>,
    /// One bit per control.
    control_bits: u32,
    /// Deletes it.
    pub(super) command: Option<String>,
    pub(super) label: Cow<'a, str>,
    pub(super) id: Cow<'a, str>,
    /// In days.
    pub(super) age: Option<i32>,
    pub(super) act_by: Option<Timestamp>,
    pub(super) rotate_by: Option<Timestamp>,
    pub(super) expires_on: Option<Timestamp>,
    /// The start of its age.
    pub(super) start: Option<Timestamp>,
    pub(super) texts: Texts<'a>,
    pub(super) as_of: Timestamp,
}

impl<'a> Row<'a> {
    /// The row at `index` of the page, and what it is about.
    pub(super) fn of(page: &'a Page, index: usize) -> Option<(Self, CredentialView<'a>)> {
        let audit = &*page.audit;
        let finding = audit.findings.get(*page.rows.get(index)? as usize)?;
        let view = CredentialView::of(audit, finding)?;
        let broken = page.broken.of_credential(audit, finding, view.credential);
        let bits = page.controls.iter().enumerate();
        let bits = bits.filter(|(_, control)| broken.contains(control));
        let exception = audit.exception(finding);
        let command = delete_command(&view);
        let is_same_creator = page.people.is_created_as_first(audit, index, &view);
        let further = [
            (command.is_some(), HAS_COMMAND),
            (is_same_creator, SAME_CREATOR),
        ];
        let row = Self {
            action: finding.action,
            reason: finding.reason,
            urgency: finding.urgency,
            state: finding.state,
            expiry: finding.expiry,
            marks: marks(finding, view.age.basis, broken.is_empty()) | sum(further),
            domain: finding.domain,
            credential_type: finding.credential_type,
            person: page.people.of_row(index),
            control_bits: bits.map(|(place, _)| 1 << place).sum(),
            controls: broken,
            command,
            label: shown(view.label()),
            id: Cow::Owned(shown(&view.id()).into_owned()),
            age: view.age.age_days,
            act_by: audit.act_by(finding),
            rotate_by: view.rotate_by(),
            expires_on: view.credential.expires_on.instant(),
            start: view.age.start,
            texts: Texts {
                instruction: if finding.needs_action() {
                    Instruction::of(audit, &view, Names::Full).sentence()
                } else {
                    String::new()
                },
                created_by: shown(view.created_by()),
                note: note(audit, &view),
                exception: exception.map_or_else(String::new, |exception| {
                    shown(&exception.cell()).into_owned()
                }),
            },
            as_of: view.as_of,
        };
        Some((row, view))
    }

    /// The controls that it breaks: `1.8, 1.17`.
    pub(super) fn control_names(&self) -> String {
        let names: Vec<_> = self.controls.iter().map(ToString::to_string).collect();
        names.join(", ")
    }

    pub(super) const fn has(&self, mark: u16) -> bool {
        self.marks & mark != 0
    }

    /// Calendar days from the run to `date`.
    pub(super) fn days(&self, date: Option<Timestamp>) -> Option<i32> {
        date.map(|date| days_after(date, self.as_of))
    }
}

fn marks(finding: &Finding, basis: AgeBasis, breaks_nothing: bool) -> u16 {
    let marks = [
        (finding.marks.orphaned, ORPHANED),
        (finding.marks.user_inactive, INACTIVE),
        (finding.marks.not_listed, NOT_LISTED),
        (breaks_nothing && !finding.is_finding(), CLEAN),
        (finding.hints.administrator(), ADMINISTRATOR),
        (finding.hints.dormant(), DORMANT),
        (finding.is_excepted, ACCEPTED),
        (finding.change == Change::New, NEW),
        (finding.change == Change::Escalated, ESCALATED),
        (finding.exception.is_some(), EXCEPTION),
        (
            finding.needs_action() && finding.actor == Actor::Security,
            BY_SECURITY,
        ),
        (basis == AgeBasis::LastSetDate, LAST_SET),
    ];
    sum(marks)
}

fn sum<const N: usize>(marks: [(bool, u16); N]) -> u16 {
    let marks = marks.into_iter().filter(|(is_so, _)| *is_so);
    marks.map(|(_, bit)| bit).sum()
}

fn note(audit: &Audit, view: &CredentialView<'_>) -> String {
    let notes = [
        (view.age.note != AgeNote::None, view.age.note.text()),
        (
            view.finding.hints.holder_unknown(),
            "whether the user is active and has the capability is unknown",
        ),
    ];
    let said = notes.iter().filter(|(is_so, _)| *is_so);
    let mut said: Vec<_> = said.map(|(_, text)| (*text).to_owned()).collect();
    said.extend(last_use::repeated(view).map(str::to_owned));
    said.extend(last_use::note(audit, view));
    said.join("; ")
}

/// An array without its last empty texts, in the order of `page.js`. Dates are days from that of the run.
impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let created_by = match self.has(SAME_CREATOR) {
            true => "",
            false => &self.texts.created_by,
        };
        let texts: [&str; 4] = [
            &self.texts.instruction,
            created_by,
            &self.texts.note,
            &self.texts.exception,
        ];
        let written = texts
            .iter()
            .rposition(|text| !text.is_empty())
            .map_or(0, |at| at + 1);
        let codes: [u32; 10] = [
            self.action as u32,
            self.reason as u32,
            self.urgency as u32,
            self.state as u32,
            self.expiry as u32,
            self.marks.into(),
            self.domain.into(),
            self.credential_type as u32,
            self.person,
            self.control_bits,
        ];
        // The start of its age follows from the date to rotate by.
        let dates = [self.act_by, self.rotate_by, self.expires_on];
        let mut row = serializer.serialize_seq(None)?;
        for code in codes {
            row.serialize_element(&code)?;
        }
        row.serialize_element(&self.label)?;
        row.serialize_element(&self.id)?;
        row.serialize_element(&self.age)?;
        for date in dates {
            row.serialize_element(&self.days(date))?;
        }
        for text in texts.iter().take(written) {
            row.serialize_element(text)?;
        }
        row.end()
    }
}
