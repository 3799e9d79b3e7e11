//! The mail to the holder of credentials: what to do about each, by when and how, whom to ask, and why they get it.
//!
//! It speaks of the person's own credentials alone, has no command that a mail could teach people to paste, and asks for nothing.

mod letter;
pub mod record;
mod steps;

use std::sync::Arc;

use bytes::Bytes;

use crate::display::{self, counted};
use crate::judge::action::{Action, Urgency, Work};
use crate::judge::holder_mail::{PlannedMail, people};
use crate::judge::{Audit, Finding};
use crate::message::Email;
use crate::report::instruction::{Instruction, credential_name, newer};
use crate::report::names::Names;
use crate::report::view::CredentialView;
use crate::report::{ChunkSource as Source, Report};

use letter::Block;
use steps::steps;

pub use crate::judge::holder_mail::MailRule;
pub use letter::Contact;

/// Max credentials that a mail describes; the rest is counted.
const MAX_TASKS: usize = 50;
/// Max characters of a subject.
const SUBJECT_CHARS: usize = 100;
const NAME_CHARS: usize = 40;

/// Writes the mail to a person.
pub fn compose(audit: &Audit, mail: &PlannedMail, contact: Option<&Contact>) -> Email {
    let findings: Vec<&Finding> = mail
        .findings
        .iter()
        .filter_map(|index| audit.findings.get(*index as usize))
        .collect();
    let title = title(audit, &findings);
    let tenancy = display::line(&audit.run.tenancy.display_name(), NAME_CHARS);
    let blocks = blocks(audit, &tenancy, &findings, contact);
    Email {
        to: mail.address.clone(),
        subject: display::cut(&format!("[{tenancy}] {title}"), SUBJECT_CHARS),
        text: letter::text(&blocks),
        html: letter::html(&title, &blocks),
    }
}

/// `Rotate 2 credentials by 2026-12-06`.
fn title(audit: &Audit, findings: &[&Finding]) -> String {
    let mut works = findings.iter().filter_map(|finding| finding.action.work());
    let first = works.next();
    let verb = match first.filter(|first| works.all(|work| work == *first)) {
        Some(Work::Rotate) => "Rotate",
        Some(Work::Remove) => "Remove",
        Some(Work::Review) => "Review",
        None => "Act on",
    };
    let credentials = counted(findings.len() as u64, "credential", "credentials");
    let is_now = |finding: &&Finding| finding.urgency == Urgency::Now;
    let dates = findings.iter().filter_map(|finding| audit.act_by(finding));
    match dates.min() {
        Some(date) if !findings.iter().any(is_now) => {
            format!("{verb} {credentials} by {}", date.date())
        }
        _ => format!("{verb} {credentials} now"),
    }
}

fn blocks(
    audit: &Audit,
    tenancy: &str,
    findings: &[&Finding],
    contact: Option<&Contact>,
) -> Vec<Block> {
    let count = findings.len() as u64;
    let them = if count == 1 { "it" } else { "them" };
    let mut blocks = vec![Block::Paragraph(format!(
        "You hold {} of the Oracle Cloud tenancy {tenancy} that you must act on. Only you can replace {them} without stopping what uses {them}.",
        counted(count, "credential", "credentials"),
    ))];
    let tasks = findings.iter().take(MAX_TASKS);
    blocks.extend(tasks.filter_map(|finding| {
        let view = CredentialView::of(audit, finding)?;
        Some(task(audit, &view))
    }));
    if let Some(more) = findings
        .len()
        .checked_sub(MAX_TASKS)
        .filter(|more| *more > 0)
    {
        blocks.push(Block::Paragraph(format!(
            "And {more} more. The next mail lists them once these are done."
        )));
    }
    match contact {
        Some(contact) => blocks.push(Block::Contact {
            words: "If you have a question, or if you do not know one of them, ask".to_owned(),
            contact: contact.clone(),
        }),
        None => blocks.push(Block::Paragraph(
            "If you have a question, or if you do not know one of them, ask your security team."
                .to_owned(),
        )),
    }
    blocks.push(Block::Paragraph(format!(
        "You get this mail because your user in {tenancy} has this verified address. It comes again every week until they are done. It asks for no password and no key: never send one to anybody. All dates are UTC."
    )));
    blocks.push(Block::Paragraph(format!(
        "Sent by credential-audit, run {}.",
        display::line(&audit.run.id, NAME_CHARS)
    )));
    blocks
}

fn task(audit: &Audit, view: &CredentialView<'_>) -> Block {
    let finding = view.finding;
    let by = match (finding.urgency, audit.act_by(finding)) {
        (Urgency::Now, _) | (_, None) => "now".to_owned(),
        (_, Some(date)) => format!("by {}", date.date()),
    };
    let verb = match finding.action {
        Action::Rotate => "Rotate",
        Action::Replace => "Replace",
        Action::Retire | Action::Delete | Action::RemoveAdminKey => "Remove",
        Action::Review | Action::FindHolder | Action::None => "Review",
    };
    let instruction = Instruction::of(audit, view, Names::Full);
    let user = display::line(view.user_name_or_id(), 60);
    let domain = display::line(&view.domain().name, NAME_CHARS);
    let mut about = vec![format!("Held by user {user} of identity domain {domain}.")];
    if !instruction.why.is_empty() {
        about.push(format!("{}.", display::capitalized(&instruction.why)));
    }
    let how = match finding.action {
        // The steps say the rest.
        Action::Retire => newer(view, Names::Full),
        _ => instruction.how,
    };
    if !how.is_empty() {
        about.push(how.trim_end().to_owned());
    }
    Block::Task {
        title: format!("{verb} {by}: {}", credential_name(view, Names::Full)),
        about,
        steps: steps(view),
    }
}

/// `holder-mails.jsonl`: every mail that a run on the weekday would send, one JSON object per line. Nothing is sent.
pub fn preview(audit: &Arc<Audit>, rule: &MailRule, contact: Option<&Contact>) -> Report {
    let (mails, _) = people(audit, rule);
    let (mails, audit): (Arc<[PlannedMail]>, _) = (mails.into(), Arc::clone(audit));
    let contact = contact.cloned();
    let chunks: Source = Arc::new(move || {
        let (mails, audit, contact) = (Arc::clone(&mails), Arc::clone(&audit), contact.clone());
        Box::new((0..mails.len()).map(move |index| {
            let email = compose(&audit, &mails[index], contact.as_ref());
            // Texts always become JSON.
            let mut line = serde_json::to_vec(&email).unwrap_or_default();
            line.push(b'\n');
            Bytes::from(line)
        }))
    });
    Report {
        object_name: "holder-mails.jsonl".to_owned(),
        content_type: "application/x-ndjson",
        chunks,
    }
}

/// The mail that a check sends: nobody is its holder.
pub fn compose_test(tenancy: &str, to: &str) -> Email {
    let title = "TEST mail of credential-audit".to_owned();
    let blocks = [Block::Paragraph(
        "This is a TEST: a check of credential-audit sent it. Mails to holders of credentials can be delivered. There is nothing to do."
            .to_owned(),
    )];
    Email {
        to: to.to_owned(),
        subject: display::cut(
            &format!("[{}] {title}", display::line(tenancy, NAME_CHARS)),
            SUBJECT_CHARS,
        ),
        text: letter::text(&blocks),
        html: letter::html(&title, &blocks),
    }
}
