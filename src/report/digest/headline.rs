//! The first lines: what to do, by when.
//!
//! Only a complete run reports that all is clear. A partial run writes `at least`; without a finding, it reports that it may
//! miss some. If reports are not stored, somebody has to act, so that message never reads as an all-clear.

use crate::credential_type::CREDENTIAL_TYPES;
use crate::display::{self, counted};
use crate::judge::age::State;
use crate::judge::{Audit, Counts, Finding};
use crate::model::Verdict;
use crate::timestamp::Timestamp;

use super::body::Body;
use super::changes;
use super::coverage::{NAME_CHARS, plurals};
use super::form::WIDTH;
use super::options::DigestKind;
use super::phrase::{Phrase, by_holder};
use super::wording::relative_day;

/// The first lines of the body.
pub(super) fn write(audit: &Audit, kind: &DigestKind, body: &mut Body) {
    let run = &audit.run;
    let mut say = |sentence: &str| body.lines(&display::wrap(sentence, "", WIDTH));
    match kind {
        DigestKind::Failed => match audit.counts.credentials {
            0 => say(
                "FAILED: no identity domain could be read. Nothing is known about any credential. Nothing was stored.",
            ),
            read => {
                let overdue = match audit.counts.overdue {
                    0 => String::new(),
                    overdue => format!(", {overdue} of them overdue"),
                };
                say(&format!(
                    "FAILED: no identity domain could be read. {} read{overdue}, but the users could not be \
                     read. Nothing was stored.",
                    counted(read, "credential was", "credentials were")
                ));
            }
        },
        DigestKind::ReportsNotStored {
            reason,
            manifest_may_exist,
        } => {
            let have = if *manifest_may_exist {
                "they may have no manifest"
            } else {
                "they have no manifest"
            };
            say(&format!(
                "REPORTS NOT STORED: {}. Use only this message. Ignore any objects of this run: {have}.",
                display::line(reason, 600)
            ));
        }
        DigestKind::Regular => {}
    }
    if run.is_what_if() {
        say(&format!(
            "WHAT-IF {}: ages are calculated as of {}, for the credentials that existed on {}.",
            run.as_of().date(),
            run.as_of(),
            run.times.started.date()
        ));
    }
    if run.scope.is_narrowed() {
        let named = match (run.scope.domains, run.scope.credential_types) {
            (true, false) => "domains",
            (false, true) => "credential types",
            _ => "domains and credential types",
        };
        say(&format!(
            "SCOPED: this run covers some {named} only. It reports nothing about the others."
        ));
    }
    if !matches!(kind, DigestKind::Failed) {
        for sentence in Headline::new(audit, kind, &Numbers::PLAIN)
            .sentences()
            .iter()
            .chain(&changes::first_lines(audit))
        {
            say(sentence);
        }
    }
}

/// Max domains to name whose lists are empty without a confirmation.
const MAX_UNCONFIRMED_DOMAINS: usize = 5;

/// How counts are written.
pub(in crate::report) struct Numbers {
    /// `2000`, `2,000`.
    pub(in crate::report) number: fn(u64) -> String,
}

impl Numbers {
    /// Digits alone.
    pub(super) const PLAIN: Self = Self {
        number: |count| count.to_string(),
    };

    fn counted(&self, count: u64, one: &str, many: &str) -> String {
        let noun = if count == 1 { one } else { many };
        format!("{} {noun}", (self.number)(count))
    }
}

/// What to do, and what else was found.
pub(in crate::report) struct Headline {
    /// `ACTION NEEDED NOW`.
    pub(in crate::report) word: String,
    /// What it is about, without a full stop: `at least 3 credentials are overdue`.
    pub(in crate::report) subject: String,
    /// Whole sentences that belong to it.
    pub(in crate::report) detail: Option<String>,
    /// Further sentences, a line each.
    pub(in crate::report) more: Vec<String>,
}

impl Headline {
    /// Selects the first words of a run.
    pub(in crate::report) fn new(audit: &Audit, kind: &DigestKind, numbers: &Numbers) -> Self {
        let mut headline = Self::of_findings(audit, kind, numbers);
        headline.more.extend(unconfirmed(audit));
        headline
    }

    fn of_findings(audit: &Audit, kind: &DigestKind, numbers: &Numbers) -> Self {
        let counts = &audit.counts;
        let partial = audit.verdict != Verdict::Complete;
        // A what-if run requires no action today.
        let supposed = audit.run.is_what_if();
        let at_least = if partial { "at least " } else { "" };
        let is_are = |count| if count == 1 { "is" } else { "are" };
        let credentials = |count| numbers.counted(count, "credential", "credentials");
        let next = next_deadline(audit).map(|date| when(audit, date));
        let next = next.unwrap_or_default();
        let others = other_findings(counts, numbers).join(", ");
        let excepted = but_for_excepted(counts, numbers);
        let mut headline = match (counts.overdue, counts.due) {
            (0, 0) if !others.is_empty() => {
                let none_is_due =
                    format!("No credential that was read is overdue or due{excepted}.");
                return Self {
                    detail: Some(none_is_due),
                    ..Self::of("TO CHECK", format!("{at_least}{others}"))
                };
            }
            (0, 0) if partial => {
                let subject = "not everything could be read, so this report may miss credentials that need rotation";
                return Self {
                    detail: Some(format!("What was read has no findings{excepted}.")),
                    ..Self::of("INCOMPLETE", subject)
                };
            }
            (0, 0) => return Self::without_finding(audit, kind, numbers),
            (0, due) => {
                let word = if supposed {
                    "ON THAT DAY".to_owned()
                } else {
                    format!("ACTION NEEDED by {next}")
                };
                let (credentials, are) = (credentials(due), is_are(due));
                Self::of(
                    word,
                    format!("{at_least}{credentials} {are} due for rotation"),
                )
            }
            (overdue, due) => {
                let word = if supposed {
                    "ON THAT DAY"
                } else {
                    "ACTION NEEDED NOW"
                };
                let (credentials, are) = (credentials(overdue), is_are(overdue));
                let mut headline = Self::of(word, format!("{at_least}{credentials} {are} overdue"));
                if due > 0 {
                    headline.more.push(format!(
                        "{} more {} due, the first by {next}.",
                        (numbers.number)(due),
                        is_are(due)
                    ));
                }
                headline
            }
        };
        if !others.is_empty() {
            headline.more.push(format!("Also: {others}."));
        }
        headline
    }

    fn of(word: impl Into<String>, subject: impl Into<String>) -> Self {
        Self {
            word: word.into(),
            subject: subject.into(),
            detail: None,
            more: Vec::new(),
        }
    }

    fn without_finding(audit: &Audit, kind: &DigestKind, numbers: &Numbers) -> Self {
        if found_nothing(audit) {
            return Self::of(
                "TO CHECK",
                "no credential was found, and the user records do not list credentials, so a permission may be missing",
            );
        }
        let excepted = but_for_excepted(&audit.counts, numbers);
        let unconfirmed: u64 = audit
            .unconfirmed_lists()
            .map(|(_, types)| types.len() as u64)
            .sum();
        if unconfirmed > 0 {
            let (lists, are) = if unconfirmed == 1 {
                ("list", "is")
            } else {
                ("lists", "are")
            };
            let subject = format!(
                "{} {lists} of credentials {are} empty, and nothing confirms that",
                (numbers.number)(unconfirmed)
            );
            return Self {
                detail: Some(format!(
                    "No credential that was read is overdue or due{excepted}."
                )),
                ..Self::of("TO CHECK", subject)
            };
        }
        let nothing = match kind {
            DigestKind::ReportsNotStored { .. } => "NO FINDINGS",
            _ => "NOTHING TO ACT ON",
        };
        let clear = if is_unreserved(audit) && *kind == DigestKind::Regular {
            "ALL CLEAR".to_owned()
        } else if audit.run.credential_types.len() < CREDENTIAL_TYPES.len() {
            format!(
                "{nothing} among {} of {} credential types",
                audit.run.credential_types.len(),
                CREDENTIAL_TYPES.len()
            )
        } else {
            nothing.to_owned()
        };
        let subject = match audit.counts.credentials {
            0 => "there is no credential".to_owned(),
            1 if excepted.is_empty() => "the only credential is neither overdue nor due".to_owned(),
            count => format!(
                "none of {} is overdue or due{excepted}",
                numbers.counted(count, "credential", "credentials")
            ),
        };
        let mut headline = Self::of(clear, subject);
        if let Some(date) = next_to_become_due(audit) {
            let next = format!("The next one is due on {}.", when(audit, date));
            headline.more.push(next);
        }
        headline
    }

    /// As the digest writes it, a line each.
    fn sentences(self) -> Vec<String> {
        let detail = self.detail.map(|detail| format!(" {detail}"));
        let first = format!(
            "{}: {}.{}",
            self.word,
            self.subject,
            detail.unwrap_or_default()
        );
        std::iter::once(first).chain(self.more).collect()
    }
}

/// An accepted credential is still overdue or due, so no sentence says that none is.
fn but_for_excepted(counts: &Counts, numbers: &Numbers) -> String {
    match counts.excepted {
        0 => String::new(),
        1 => ", besides 1 with an exception".to_owned(),
        count => format!(", besides {} with an exception", (numbers.number)(count)),
    }
}

/// Whether a run without a finding clears everything there is: nothing left out, nothing assumed.
pub(super) fn is_unreserved(audit: &Audit) -> bool {
    audit.verdict == Verdict::Complete
        && !audit.run.is_what_if()
        && !audit.run.scope.is_narrowed()
        && audit.run.credential_types.len() == CREDENTIAL_TYPES.len()
        && audit.counts.excepted == 0
        && audit.counts.holder_unknown == 0
        && audit.skipped_for_state().next().is_none()
        && audit.unconfirmed_lists().next().is_none()
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

/// Findings other than overdue and due ones, each with its count. The first one has the noun:
/// `3 credentials of unknown age`, `1 orphaned`.
pub(super) fn other_findings(counts: &Counts, numbers: &Numbers) -> Vec<String> {
    let [inactive, not_listed] = by_holder(counts);
    let findings = [
        (counts.unknown, Phrase::after_noun("of unknown age")),
        (counts.expiring, Phrase::after_noun("expiring or expired")),
        (
            counts.expiry_unreadable,
            Phrase::after_noun("with an unreadable expiry date"),
        ),
        (counts.orphaned, Phrase::BeforeNoun("orphaned")),
        inactive,
        not_listed,
    ];
    let found = findings.into_iter().filter(|(count, _)| *count > 0);
    let phrases = found.enumerate().map(|(index, (count, phrase))| {
        let with_noun = index == 0;
        let noun = if count == 1 {
            "credential"
        } else {
            "credentials"
        };
        let number = (numbers.number)(count);
        match phrase {
            Phrase::BeforeNoun(word) if with_noun => format!("{number} {word} {noun}"),
            _ if with_noun => format!("{number} {noun} {}", phrase.words(count)),
            _ => format!("{number} {}", phrase.words(count)),
        }
    });
    phrases.collect()
}

fn when(audit: &Audit, date: Timestamp) -> String {
    // Next to a supposed day, `tomorrow` would be misread.
    if audit.run.is_what_if() {
        return date.date();
    }
    let day = relative_day(audit.run.as_of(), date);
    format!("{} ({day})", date.date())
}

/// When the next credential that is due becomes overdue. Findings are sorted by days left within their state.
pub(super) fn next_deadline(audit: &Audit) -> Option<Timestamp> {
    let first = audit
        .findings
        .partition_point(|finding| finding.state < State::Due);
    let mut due = audit.findings.iter().skip(first);
    let finding = due.find(|finding| !finding.is_excepted())?;
    (finding.state == State::Due).then_some(())?;
    let (_, credential) = audit.credential(finding)?;
    audit
        .age(finding.credential_type, credential)
        .rotate_by(audit.limits(finding.credential_type))
}

/// When the next credential becomes due.
pub(super) fn next_to_become_due(audit: &Audit) -> Option<Timestamp> {
    let becomes_due = |finding: &Finding| {
        let (_, credential) = audit.credential(finding)?;
        let start = audit.age(finding.credential_type, credential).start?;
        let warning_days = audit.limits(finding.credential_type).warning_days;
        Some(start.plus_days(i64::from(warning_days)))
    };
    audit
        .findings
        .iter()
        .filter(|finding| finding.state == State::Ok)
        .filter_map(becomes_due)
        .min()
}
