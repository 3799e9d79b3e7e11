//! Exceptions and known gaps that need attention, in words: those that ended or end soon, match nothing, or are invalid.

use chrono::{Days, NaiveDate};

use crate::display;
use crate::judge::Audit;
use crate::judge::exceptions::{Exception, KnownGap};

use super::names::{Names, masked};

const NAME_CHARS: usize = 60;
const SENTENCE_CHARS: usize = 300;
/// Entries that end within this many days are listed.
const DAYS_AHEAD: u64 = 14;

/// One line per entry that needs attention, and the number of invalid entries that were not kept.
pub(super) fn to_look_at(audit: &Audit, names: Names) -> (Vec<String>, u64) {
    let today = audit.run.as_of().to_chrono().date_naive();
    let soon = today
        .checked_add_days(Days::new(DAYS_AHEAD))
        .unwrap_or(NaiveDate::MAX);
    let entries = || {
        let exceptions = audit.exceptions.entries.iter().map(Entry::Exception);
        exceptions.chain(audit.exceptions.gaps.iter().map(Entry::Gap))
    };
    let ended = entries()
        .filter(|entry| entry.until() < today)
        .map(|entry| entry.ended(audit, names));
    let ending = entries()
        .filter(|entry| (today..=soon).contains(&entry.until()) && entry.matches() > 0)
        .map(|entry| format!("{}: ends soon", entry.describe(names)));
    let bad = &audit.exceptions.bad;
    let invalid = bad.first.iter().map(|bad| {
        // Any text of the file may be a name.
        let line = match names {
            Names::Full => bad.to_string(),
            Names::Masked | Names::None => bad.without_quotes(),
        };
        display::line(&line, SENTENCE_CHARS)
    });
    let unused = audit.unused_exceptions().map(Entry::Exception);
    let unused = unused
        .chain(audit.unused_gaps().map(Entry::Gap))
        .map(|entry| format!("{}: matches nothing", entry.describe(names)));
    let lines = ended.chain(ending).chain(invalid).chain(unused).collect();
    (lines, bad.others)
}

/// An entry of the exceptions file.
#[derive(Clone, Copy)]
enum Entry<'a> {
    Exception(&'a Exception),
    Gap(&'a KnownGap),
}

impl Entry<'_> {
    const fn until(self) -> NaiveDate {
        match self {
            Self::Exception(exception) => exception.until,
            Self::Gap(gap) => gap.until,
        }
    }

    const fn matches(self) -> u64 {
        match self {
            Self::Exception(exception) => exception.matches,
            Self::Gap(gap) => gap.matches,
        }
    }

    fn describe(self, names: Names) -> String {
        match self {
            Self::Exception(exception) => describe_exception(exception, names),
            Self::Gap(gap) => describe_gap(gap, names),
        }
    }

    /// The line of an entry that ended.
    fn ended(self, audit: &Audit, names: Names) -> String {
        let again = match self {
            Self::Exception(exception) => match (exception.alerting, exception.matches) {
                (_, 0) => "no longer matches anything".to_owned(),
                (0, _) => "nothing that it accepted needs action".to_owned(),
                (1, _) => "1 credential needs action again".to_owned(),
                (count, _) => format!("{count} credentials need action again"),
            },
            Self::Gap(gap) if gap.matches == 0 => "no longer matches anything".to_owned(),
            Self::Gap(_) => "no longer accepted".to_owned(),
        };
        let since = audit
            .comparison
            .changes()
            .is_some_and(|changes| self.until() >= changes.since.to_chrono().date_naive());
        let new = if since { "NEW " } else { "" };
        format!("{new}{}: ended, {again}", self.describe(names))
    }
}

/// `exceptions[0] svc-*@example.com, API keys, INC-1, until 2026-12-01`. Reasons may name people, so they are shown only if
/// people are.
fn describe_exception(exception: &Exception, names: Names) -> String {
    let mut line = format!("exceptions[{}]", exception.index);
    if names != Names::None {
        let user = exception.user.text();
        let user = match names {
            Names::Masked => masked(user),
            _ => user.to_owned(),
        };
        line.push_str(&format!(" {}", display::line(&user, NAME_CHARS)));
    }
    if let Some(credential_type) = exception.credential_type {
        line.push_str(&format!(", {}", credential_type.row().plural));
    }
    if names == Names::Full
        && let Some(ticket) = &exception.ticket
    {
        line.push_str(&format!(", {}", display::line(ticket, NAME_CHARS)));
    }
    line.push_str(&format!(", until {}", exception.until));
    line
}

/// `gaps[0] domain Dev: SMTP credentials, until 2026-12-01, no permission yet`.
fn describe_gap(gap: &KnownGap, names: Names) -> String {
    let credential_types = gap
        .credential_type
        .map_or("all types", |credential_type| credential_type.row().plural);
    let domain = display::line(gap.domain.text(), NAME_CHARS);
    let mut line = format!(
        "gaps[{}] domain {domain}: {credential_types}, until {}",
        gap.index, gap.until
    );
    if names == Names::Full {
        line.push_str(&format!(", {}", display::line(&gap.reason, NAME_CHARS)));
    }
    line
}
