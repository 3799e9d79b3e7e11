//! The part of one owner: the short form of the digest, about the owner's own credentials alone.

use chrono::{Datelike, Weekday};

use crate::display::{self, counted};
use crate::judge::action::{Urgency, Work};
use crate::judge::changes::{Change, Comparison};
use crate::judge::exceptions::OwnerTopic;
use crate::judge::{Audit, Finding};
use crate::message::Message;
use crate::model::Verdict;
use crate::report::names::{Names, masked};
use crate::report::person::WorkCounts;
use crate::report::view::CredentialView;

use super::body::Body;
use super::form::{self, SHORT_BYTES, marker};
use super::options::DigestOptions;
use super::people::item;
use super::section::{self, Section};

const NAME_CHARS: usize = 40;

/// The credentials of an owner that are to be acted on within seven days.
fn findings<'a>(audit: &'a Audit, owner: &'a OwnerTopic) -> impl Iterator<Item = &'a Finding> {
    let urgent = audit.findings.iter();
    // Sorted by urgency.
    let urgent = urgent.take_while(|finding| finding.urgency <= Urgency::Week);
    urgent.filter(move |finding| {
        let name = audit.owner(finding).name();
        finding.needs_action() && name.is_some_and(|name| owner.is_of(name))
    })
}

/// Whether an owner gets its part: if it has something to do within seven days, and something of it is new or worse, or it is the
/// weekday, or nothing is known of earlier runs.
pub fn owner_part_is_due(audit: &Audit, owner: &OwnerTopic, weekday: Weekday) -> bool {
    let is_weekday = audit.run.as_of().to_chrono().weekday() == weekday;
    let is_compared = matches!(audit.comparison, Comparison::Made(_));
    let is_new = |finding: &Finding| matches!(finding.change, Change::New | Change::Escalated);
    findings(audit, owner).any(|finding| is_weekday || !is_compared || is_new(finding))
}

/// Writes the part of an owner.
pub fn compose_owner_part(audit: &Audit, owner: &OwnerTopic, options: &DigestOptions) -> Message {
    let own: Vec<_> = findings(audit, owner).collect();
    let now = own.iter().copied();
    let now: Vec<_> = now
        .filter(|finding| finding.urgency == Urgency::Now)
        .collect();
    let work = WorkCounts::of(now.iter().copied());
    let counts: Vec<_> = Work::ALL
        .into_iter()
        .filter(|kind| work.get(*kind) > 0)
        .map(|kind| format!("{} to {}", work.get(kind), kind.verb()))
        .collect();
    let counts = match counts.is_empty() {
        true => "nothing to do now".to_owned(),
        false => format!("{} now", counts.join(", ")),
    };
    let week = own.len() - now.len();
    let tenancy = display::line(&audit.run.tenancy.display_name(), NAME_CHARS);
    let name = match options.names {
        Names::Full => display::line(&owner.owner, NAME_CHARS),
        // The owner may be a person, such as a manager.
        Names::Masked | Names::None => masked(&owner.owner),
    };
    let incomplete = match audit.verdict {
        Verdict::Complete => "",
        Verdict::Partial | Verdict::Failed => "INCOMPLETE, ",
    };
    let mut body = Body::new(SHORT_BYTES);
    let end = [String::new(), marker(audit)];
    body.reserve(&end);
    body.cut_line(&format!(
        "{incomplete}{} of owner {name} need action now, {week} more within 7 days. This message is about these alone.",
        counted(now.len() as u64, "credential", "credentials"),
    ));
    if options.names != Names::None {
        let items = own.iter().filter_map(|finding| {
            let view = CredentialView::of(audit, finding)?;
            Some(item(audit, &view, options.names))
        });
        let first = Section::new(
            "FIRST",
            items,
            options.rows,
            "in the report of the security team",
        );
        section::write_if_it_fits(&first, &mut body);
    }
    body.release(&end);
    body.lines(&end);
    let subject = format!("{tenancy}, {name}: {incomplete}{counts}");
    form::message(&subject, body.into_text())
}
