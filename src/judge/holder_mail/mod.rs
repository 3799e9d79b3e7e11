//! Who gets a mail about which of their own credentials. Pure.
//!
//! A mail to many people is data about employees, and a pattern that phishing imitates. So it goes only to a person that is
//! known well: an active, listed user with a primary address that the service has verified, who has something to do.
//! Nothing is mailed by a run that does not know every user, or that does not know what is accepted.
//!
//! Several users are one person only if their verified address is the same, whatever its case.

pub mod address;
mod past;

use std::collections::{BTreeSet, HashMap};

use chrono::{Datelike, Days, Weekday};

use super::action::{Actor, Urgency};
use super::audit::Audit;
use crate::model::Verdict;
use crate::timestamp::Timestamp;

pub use past::{LastMail, PastMails};

/// Max mails of a run. The rest is left to the next one.
pub const MAX_MAILS: usize = 500;

/// Whom to mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRule {
    /// The least urgent credentials that a mail is about.
    pub urgency: Urgency,
    /// The domains of addresses, in lower case; none for any.
    pub domains: Vec<String>,
    /// The day, in UTC, on which everybody with something to do is mailed.
    pub weekday: Weekday,
}

/// A mail to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMail {
    /// The address, in lower case.
    pub address: String,
    /// The users that are this person: OCIDs, or ids of users without one.
    pub users: Vec<String>,
    /// What it is about: indices into [`Audit::findings`], in their order.
    pub findings: Vec<u32>,
}

/// The mails of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailPlan {
    /// The mails, the most urgent first.
    pub mails: Vec<PlannedMail>,
    /// Mails that are due and beyond [`MAX_MAILS`].
    pub beyond: u64,
    /// Users with something to do who have no verified address that a mail may be sent to.
    pub without_address: u64,
}

/// Why a run mails nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMail {
    /// The invocation sets `as_of`: what is due then is not due now.
    AsOf,
    /// The invocation narrows the run, which then may not know a newer credential.
    Scoped,
    /// The run is a shard, which does not know all credentials of a person.
    Shard,
    /// Nothing was read.
    Failed,
    /// Not all users were read, so a holder may be inactive, or another person.
    UsersNotRead,
    /// The exceptions cannot be read, so what a mail asks for may be accepted.
    ExceptionsNotRead,
}

/// Why a run mails nobody; `None` if it may.
pub fn no_mail(audit: &Audit) -> Option<NoMail> {
    let mut domains = audit.domains.iter();
    let users_are_read = domains.all(|domain| domain.inventory.reading().users_are_complete());
    if audit.run.as_of_given {
        Some(NoMail::AsOf)
    } else if audit.run.scope.is_narrowed() {
        Some(NoMail::Scoped)
    } else if audit.run.shard.is_some() {
        Some(NoMail::Shard)
    } else if audit.verdict == Verdict::Failed {
        Some(NoMail::Failed)
    } else if !users_are_read {
        Some(NoMail::UsersNotRead)
    } else if audit.exceptions.unreadable.is_some() {
        Some(NoMail::ExceptionsNotRead)
    } else {
        None
    }
}

/// The mails that are due at `now`, the time of the clock.
pub fn plan(audit: &Audit, rule: &MailRule, past: &PastMails, now: Timestamp) -> MailPlan {
    let (mut mails, without_address) = people(audit, rule);
    mails.retain(|mail| is_due(audit, mail, rule, past, now));
    let beyond = mails.len().saturating_sub(MAX_MAILS) as u64;
    mails.truncate(MAX_MAILS);
    MailPlan {
        mails,
        beyond,
        without_address,
    }
}

/// Everybody with something to do, whether or not a mail is due; and the number of users without an address.
pub fn people(audit: &Audit, rule: &MailRule) -> (Vec<PlannedMail>, u64) {
    let mut mails: Vec<PlannedMail> = Vec::new();
    let mut by_address: HashMap<String, usize> = HashMap::new();
    let mut without_address = BTreeSet::new();
    // Sorted by urgency, so the person with the most urgent credential is first.
    let findings = (0..).zip(&audit.findings);
    let findings = findings.take_while(|(_, finding)| finding.urgency <= rule.urgency);
    for (index, finding) in findings {
        if !finding.needs_action() || finding.actor != Actor::Holder {
            continue;
        }
        let Some((inventory, credential)) = audit.credential(finding) else {
            continue;
        };
        let Some(user) = inventory.user(credential.holder) else {
            continue;
        };
        if user.active != Some(true) || user.service_user == Some(true) {
            continue;
        }
        let text = inventory.reading().users.text.get(user.email);
        let folded = address::folded(text).filter(|_| user.email_verified);
        let Some(folded) = folded else {
            without_address.insert((finding.domain, finding.holder_rank));
            continue;
        };
        if !address::is_of(&folded, &rule.domains) {
            continue;
        }
        let holders = &inventory.reading().holders;
        let id = match holders.ocid(user.holder) {
            "" => holders.id(user.holder),
            ocid => ocid,
        };
        let place = *by_address.entry(folded).or_insert_with_key(|folded| {
            mails.push(PlannedMail {
                address: folded.clone(),
                users: Vec::new(),
                findings: Vec::new(),
            });
            mails.len() - 1
        });
        let mail = &mut mails[place];
        mail.findings.push(index);
        if !mail.users.iter().any(|known| known == id) {
            mail.users.push(id.to_owned());
        }
    }
    (mails, without_address.len() as u64)
}

/// Whether a person is mailed: without an earlier mail, without one since the last weekday, or about something that is new or more
/// urgent since. At most once a day. Those who are beyond the max on the weekday are due on the next day.
fn is_due(
    audit: &Audit,
    mail: &PlannedMail,
    rule: &MailRule,
    past: &PastMails,
    now: Timestamp,
) -> bool {
    let Some(last) = past.last(&mail.users) else {
        return true;
    };
    let day = |instant: Timestamp| instant.to_chrono().date_naive();
    if day(last.at) >= day(now) {
        return false;
    }
    let since_weekday = day(now).weekday().days_since(rule.weekday);
    let last_weekday = day(now) - Days::new(u64::from(since_weekday));
    day(last.at) < last_weekday
        || credentials(audit, mail).any(|(id, urgency)| {
            let before = last.credentials.get(&id);
            before.is_none_or(|before| urgency < *before)
        })
}

/// The ids of the credentials that a mail is about, each with its urgency.
pub fn credentials<'a>(
    audit: &'a Audit,
    mail: &'a PlannedMail,
) -> impl Iterator<Item = (String, Urgency)> + 'a {
    let findings = mail.findings.iter();
    let findings = findings.filter_map(|index| audit.findings.get(*index as usize));
    findings.filter_map(|finding| {
        let (inventory, credential) = audit.credential(finding)?;
        let id = inventory.credential_id(finding.credential_type, credential);
        Some((id.to_string(), finding.urgency))
    })
}
