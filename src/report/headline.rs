//! The first sentences of a run: whether everything was read, and what to do. Digest, page and command line share them.
//!
//! Only a complete run without anything unconfirmed reports that there are no findings. A partial run begins with INCOMPLETE and
//! what is missing, and writes `at least`.

use std::fmt;

use crate::credential_type::CREDENTIAL_TYPES;
use crate::display::{self, counted};
use crate::judge::action::{Actor, Urgency, Work};
use crate::judge::{Audit, Finding, ShardScope};
use crate::model::Verdict;
use crate::timestamp::Timestamp;

use super::coming_up::{ComingUp, next_act_by};
use super::coverage::{NAME_CHARS, missing_lists, plurals};

/// Max domains to name whose lists are empty without a confirmation.
const MAX_UNCONFIRMED_DOMAINS: usize = 5;

/// The work of a run, in whole sentences.
pub(crate) struct WorkSentences {
    /// Opens the sentences of a run that requires nothing now: `Nothing to do now:`. Empty otherwise.
    all_clear: &'static str,
    /// What follows the opening, if there is one.
    rest: String,
}

impl WorkSentences {
    fn without_all_clear(rest: String) -> Self {
        let all_clear = "";
        Self { all_clear, rest }
    }

    /// The sentences for a message that reports a failure of the run: the credentials may require nothing, but somebody has
    /// to act.
    pub(crate) fn of_failed_delivery(&self) -> String {
        display::capitalized(&self.rest)
    }
}

impl fmt::Display for WorkSentences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { all_clear, rest } = self;
        let space = if all_clear.is_empty() { "" } else { " " };
        write!(f, "{all_clear}{space}{rest}")
    }
}

/// What a run requires, in sentences.
pub(crate) struct Headline {
    /// `INCOMPLETE`, `MASS CHANGE`, `TO CHECK`; none if nothing is in doubt.
    pub(crate) word: Option<&'static str>,
    /// What is missing or in doubt, as a sentence; empty if nothing is.
    pub(crate) doubt: String,
    /// The work, in whole sentences.
    pub(crate) work: WorkSentences,
    /// Further sentences, a line each.
    pub(crate) more: Vec<String>,
}

impl Headline {
    /// The headline of a run. `number` writes a count.
    pub(crate) fn new(audit: &Audit, number: fn(u64) -> String) -> Self {
        let mut headline = Self {
            word: None,
            doubt: String::new(),
            work: work(audit, number),
            more: unconfirmed(audit).into_iter().collect(),
        };
        let mass_changes = audit.mass_changes();
        if audit.verdict != Verdict::Complete {
            headline.word = Some("INCOMPLETE");
            headline.doubt = format!("not everything was read: {}.", missing_lists(audit));
        } else if !mass_changes.is_empty() {
            headline.word = Some("MASS CHANGE");
        } else if let Some(doubt) = doubt(audit, number) {
            headline.word = Some("TO CHECK");
            headline.doubt = doubt;
        }
        if !mass_changes.is_empty() {
            let domains: Vec<_> = mass_changes
                .iter()
                .map(|(domain, users)| {
                    let name = display::line(&domain.inventory.reading().domain.name, NAME_CHARS);
                    format!("{} of domain {name}", counted(*users, "user", "users"))
                })
                .collect();
            let sentence = format!(
                "{} became inactive, disappeared from the list, or lost a capability in the last seven days. Check that change before you delete anything.",
                domains.join(", ")
            );
            if headline.doubt.is_empty() {
                headline.doubt = sentence;
            } else {
                headline.more.insert(0, format!("MASS CHANGE: {sentence}"));
            }
        }
        headline
    }

    /// `INCOMPLETE: not everything was read: ... At least 19 credentials need action now: ...`.
    pub(crate) fn first_line(&self) -> String {
        self.with_work(&self.work.to_string())
    }

    /// The first line of a message that reports a failure of the run.
    pub(crate) fn first_line_of_failed_delivery(&self) -> String {
        self.with_work(&self.work.of_failed_delivery())
    }

    fn with_work(&self, work: &str) -> String {
        match self.word {
            None => work.to_owned(),
            Some(word) => format!("{word}: {} {work}", self.doubt)
                .trim_end()
                .to_owned(),
        }
    }
}

/// Credentials that somebody has to act upon now, or else the next date.
fn work(audit: &Audit, number: fn(u64) -> String) -> WorkSentences {
    let actions = &audit.counts.actions;
    let now = |work| actions.of_work(work, Some(Urgency::Now));
    let partial = audit.verdict != Verdict::Complete;
    let total = now(None);
    if total == 0 {
        return without_work_now(audit, number);
    }
    let parts: Vec<_> = Work::ALL
        .into_iter()
        .map(|work| (now(Some(work)), work))
        .filter(|(count, _)| *count > 0)
        .map(|(count, work)| {
            let check = if work == Work::Remove {
                " after a check"
            } else {
                ""
            };
            format!("{} to {}{check}", number(count), work.verb())
        })
        .collect();
    let (noun, need) = if total == 1 {
        ("credential", "needs")
    } else {
        ("credentials", "need")
    };
    let when = if audit.run.is_what_if() {
        format!("on {}", audit.run.as_of().date())
    } else {
        "now".to_owned()
    };
    let at_least = if partial { "At least " } else { "" };
    WorkSentences::without_all_clear(format!(
        "{at_least}{} {noun} {need} action {when}: {}. {}",
        number(total),
        parts.join(", "),
        who(audit, number)
    ))
}

/// `9 people, and the security team for 4.`
fn who(audit: &Audit, number: fn(u64) -> String) -> String {
    let by_security = |finding: &&Finding| finding.actor == Actor::Security;
    let security = audit.now().filter(by_security).count() as u64;
    let people = match audit.counts.people {
        1 => "1 person".to_owned(),
        people => format!("{} people", number(people)),
    };
    match (audit.counts.people, security) {
        (_, 0) => format!("{people}."),
        (0, security) => format!("The security team for {}.", number(security)),
        (_, security) => format!("{people}, and the security team for {}.", number(security)),
    }
}

fn without_work_now(audit: &Audit, number: fn(u64) -> String) -> WorkSentences {
    let next = next_act_by(audit).map(Timestamp::date);
    let later = audit.counts.actions.of_work(None, None);
    let credentials = |count: u64| {
        let noun = if count == 1 {
            "credential"
        } else {
            "credentials"
        };
        format!("{} {noun}", number(count))
    };
    if audit.verdict != Verdict::Complete || audit.unconfirmed_lists().next().is_some() {
        return WorkSentences::without_all_clear(match later {
            0 if audit.counts.credentials == 0 => String::new(),
            0 => "What was read needs no action, but what was not read may.".to_owned(),
            later => format!(
                "Of what was read, {} will need action, the first by {}.",
                credentials(later),
                next.unwrap_or_default()
            ),
        });
    }
    if later > 0 {
        return WorkSentences {
            all_clear: "Nothing to do now.",
            rest: format!(
                "{} will need action, the first by {}.",
                credentials(later),
                next.unwrap_or_default()
            ),
        };
    }
    let next = match ComingUp::next_date(audit) {
        Some(date) => format!(" The next one is overdue from {}.", date.date()),
        None => String::new(),
    };
    let all_clear = if audit.counts.credentials == 0 {
        "Nothing to do:"
    } else if is_unreserved(audit) {
        "No findings:"
    } else {
        "Nothing to do now:"
    };
    let rest = match (audit.counts.credentials, audit.counts.excepted) {
        (0, _) if audit.run.is_of_an_empty_shard(audit.domains.len()) => {
            "this shard has no domain.".to_owned()
        }
        (0, _) => "there is no credential.".to_owned(),
        (1, 1) => format!("the only credential that was read has an exception.{next}"),
        (1, _) if is_unreserved(audit) => format!("the only credential needs no action.{next}"),
        (1, _) => format!("the only credential that was read needs no action.{next}"),
        (count, _) if is_unreserved(audit) => {
            format!("none of {} credentials needs action.{next}", number(count))
        }
        (count, excepted) => {
            let excepted = match excepted {
                0 => String::new(),
                count => format!(", besides {} with an exception", number(count)),
            };
            format!(
                "none of {} credentials that were read needs action{excepted}.{next}",
                number(count)
            )
        }
    };
    WorkSentences { all_clear, rest }
}

/// What a shard covers, as a sentence.
pub(crate) fn shard_sentence(shard: &ShardScope) -> String {
    match shard.domains_elsewhere {
        0 => "this run covers one part of the domains.".to_owned(),
        others => format!(
            "this run covers one part of the domains. It reports nothing about {} in other shards.",
            counted(others, "domain", "domains")
        ),
    }
}

/// Whether a run without a finding clears everything there is: nothing left out, nothing assumed.
pub(super) fn is_unreserved(audit: &Audit) -> bool {
    audit.verdict == Verdict::Complete
        && !audit.run.is_what_if()
        && !audit.run.is_of_a_part()
        && audit.run.credential_types.len() == CREDENTIAL_TYPES.len()
        && audit.counts.excepted == 0
        && audit.counts.holder_unknown == 0
        && audit.skipped_for_state().next().is_none()
        && audit.unconfirmed_lists().next().is_none()
}

/// What nobody confirms, of a run that read everything and found nothing to do.
fn doubt(audit: &Audit, number: fn(u64) -> String) -> Option<String> {
    if found_nothing(audit) {
        return Some(
            "no credential was found, and the user records do not list credentials, so a permission may be missing."
                .to_owned(),
        );
    }
    let lists: u64 = audit
        .unconfirmed_lists()
        .map(|(_, types)| types.len() as u64)
        .sum();
    match lists {
        0 => None,
        1 => Some("1 list of credentials is empty, and nothing confirms that.".to_owned()),
        lists => Some(format!(
            "{} lists of credentials are empty, and nothing confirms that.",
            number(lists)
        )),
    }
}

/// The lists that are empty without a confirmation.
fn unconfirmed(audit: &Audit) -> Option<String> {
    let mut lists: Vec<_> = audit
        .unconfirmed_lists()
        .map(|(domain, types)| {
            let name = display::line(&domain.inventory.reading().domain.name, NAME_CHARS);
            format!("domain {name}: {}", plurals(types.iter()))
        })
        .collect();
    let more = lists.len().saturating_sub(MAX_UNCONFIRMED_DOMAINS);
    if more > 0 {
        lists.truncate(MAX_UNCONFIRMED_DOMAINS);
        lists.push(format!("{more} more domains"));
    }
    (!lists.is_empty()).then(|| {
        format!(
            "Not confirmed: {}. The list is empty, and the user records do not list credentials, so a permission may be \
             missing.",
            lists.join("; ")
        )
    })
}

/// Whether no credential was found at all, and the user records do not list credentials. A missing permission has the same
/// effect.
pub(super) fn found_nothing(audit: &Audit) -> bool {
    audit.counts.credentials == 0 && audit.unconfirmed_lists().next().is_some()
}
