//! `rotate-by.ics`: all-day events for credentials to act on, on the day to act by.
//!
//! Everything to do now is one event on the day of the run. What is to do later is one event per person and day. A credential
//! without anything to do has no event.
//!
//! A calendar that imports the file of a later run replaces the events that it has. So the identifier of an event depends on what
//! stays: that of what is to do now on the tenancy alone, and that of a person's event on the person and the day. A day that is
//! counted from the run moves with it, so the identifier has the number of days in its place.
//!
//! Source: RFC 5545 (lines of 75 octets, CRLF, escaped text; `DTEND` of an all-day event is the day after its last). A
//! calendar needs a component, so one without events has its time zone. Written by hand: crates for iCalendar build the
//! whole file in memory, and this report is a stream.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate};
use sha2::{Digest, Sha256};

use crate::display::counted;
use crate::hex::hex;
use crate::judge::action::{Action, Reason, Urgency};
use crate::judge::{Audit, Finding};
use crate::timestamp::Timestamp;

use super::groups::Groups;
use super::heading::heading;
use super::instruction::Instruction;
use super::names::Names;
use super::person::{WorkCounts, person};
use super::view::CredentialView;
use crate::chunks::{ChunkSource, gather};

/// Octets of a line before its CRLF.
const LINE_OCTETS: usize = 75;
/// Credentials or people that one event names. There can be thousands per day.
const MAX_NAMED: usize = 30;
const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// Events of every credential with anything to do.
pub(super) fn rotate_by(audit: Arc<Audit>) -> ChunkSource {
    let dated = dated(&audit);
    let (version, stamp) = (audit.run.version, audit.run.times.started.to_chrono());
    let stamp = stamp.format("%Y%m%dT%H%M%SZ").to_string();
    let now = event_of_now(&audit);
    gather(
        {
            let stamp = stamp.clone();
            move |out| {
                head(version, out);
                if let Some(now) = &now {
                    now.write(&stamp, out);
                }
            }
        },
        dated.len() + 1,
        move |index, out| {
            let Some(first) = dated.get(index) else {
                fold("END:VCALENDAR", out);
                return;
            };
            if index > 0 && dated[index - 1].key == first.key {
                return;
            }
            let rest = &dated[index..];
            let count = rest.partition_point(|credential| credential.key == first.key);
            if let Some(event) = event_of_person(&audit, &rest[..count]) {
                event.write(&stamp, out);
            }
        },
    )
}

/// Key of an event of a person, in the order of the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// Days since 1970-01-01.
    day: i32,
    domain: u16,
    /// Whether the day moves with the run.
    moves: bool,
    /// [`Finding::holder_rank`].
    holder: u32,
}

/// One credential of an event, in sixteen bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct DatedCredential {
    key: Key,
    /// Index into [`Audit::findings`].
    finding: u32,
}

/// What is to do later, by day, domain and person, and within an event by urgency.
fn dated(audit: &Audit) -> Vec<DatedCredential> {
    let credential = |(index, finding): (u32, &Finding)| {
        let view = CredentialView::of(audit, finding)?;
        let key = Key {
            day: day_number(audit.act_by(finding)?)?,
            domain: finding.domain,
            moves: moves_with_the_run(&view),
            holder: finding.holder_rank,
        };
        Some(DatedCredential {
            key,
            finding: index,
        })
    };
    let mut dated: Vec<_> = (0_u32..)
        .zip(&audit.findings)
        .filter(|(_, finding)| matches!(finding.urgency, Urgency::Week | Urgency::Later))
        .filter_map(credential)
        .collect();
    dated.sort_unstable();
    dated
}

/// Whether the date to act by is counted from the run, because no date of the credential or of its holder decides it.
fn moves_with_the_run(view: &CredentialView<'_>) -> bool {
    match (view.finding.action, view.finding.reason) {
        (Action::FindHolder | Action::RemoveAdminKey, _) => true,
        (Action::Review, Reason::InactiveUser) => {
            let changed = view.user.and_then(|user| user.last_modified.instant());
            changed.is_none()
        }
        (Action::Review, _) => true,
        (Action::None | Action::Rotate | Action::Replace | Action::Retire | Action::Delete, _) => {
            false
        }
    }
}

fn day_number(instant: Timestamp) -> Option<i32> {
    let day = instant.microseconds().div_euclid(MICROSECONDS_PER_DAY);
    i32::try_from(day).ok()
}

fn head(version: &str, out: &mut Vec<u8>) {
    let product = format!("PRODID:-//credential-audit//credential-audit {version}//EN");
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        &product,
        "CALSCALE:GREGORIAN",
        "X-WR-CALNAME:Rotation of OCI credentials",
        "BEGIN:VTIMEZONE",
        "TZID:UTC",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0000",
        "TZOFFSETTO:+0000",
        "END:STANDARD",
        "END:VTIMEZONE",
    ] {
        fold(line, out);
    }
}

/// An all-day event.
struct Event {
    /// What its identifier depends on.
    identity: Vec<String>,
    day: i32,
    summary: String,
    description: String,
}

impl Event {
    /// Writes nothing outside of the years that a calendar can write.
    fn write(&self, stamp: &str, out: &mut Vec<u8>) {
        let Some((day, next)) = days(self.day) else {
            return;
        };
        for line in [
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}@credential-audit", uid(&self.identity)),
            format!("DTSTAMP:{stamp}"),
            format!("DTSTART;VALUE=DATE:{day}"),
            format!("DTEND;VALUE=DATE:{next}"),
            format!("SUMMARY:{}", escape(&self.summary)),
            format!("DESCRIPTION:{}", escape(&self.description)),
            "TRANSP:TRANSPARENT".to_owned(),
            "END:VEVENT".to_owned(),
        ] {
            fold(&line, out);
        }
    }
}

/// `acme-prod: OCI credentials to act on now: rotate 6, remove 11, review 2`, with the first people. `None` if there is nothing to do now.
fn event_of_now(audit: &Audit) -> Option<Event> {
    let work = WorkCounts::of(audit.now());
    let count = audit.now().count() as u64;
    if count == 0 {
        return None;
    }
    let people = Groups::of(audit, |finding| {
        (finding.urgency == Urgency::Now).then_some((finding.domain, finding.holder_rank))
    });
    let mut description = format!(
        "{} to act on now, by person:",
        counted(count, "credential", "credentials")
    );
    for index in 0..people.len().min(MAX_NAMED) {
        let findings = people.get(audit, index);
        let first = findings.clone().next();
        if let Some(view) = first.and_then(|first| CredentialView::of(audit, first)) {
            let work = WorkCounts::of(findings).words();
            // Writing into memory does not fail.
            let _ = write!(description, "\n- {}: {work}", person(&view, Names::Full));
        }
    }
    if people.len() > MAX_NAMED {
        let _ = write!(description, "\n- and {} more", people.len() - MAX_NAMED);
    }
    Some(Event {
        identity: vec!["now".to_owned(), tenancy(audit).to_owned()],
        day: day_number(audit.run.as_of())?,
        summary: format!(
            "{}OCI credentials to act on now: {}",
            heading(audit),
            work.words()
        ),
        description,
    })
}

/// What identifies a tenancy: the URL of its Default domain, or else of the first domain.
fn tenancy(audit: &Audit) -> &str {
    let domains = audit.domains.iter();
    let domains = domains.map(|domain| &domain.inventory.reading().domain);
    let first = domains.min_by_key(|domain| (domain.is_default != Some(true), &domain.url));
    first.map_or("", |domain| &domain.url)
}

/// `acme-prod: OCI credentials of jane.roe@example.com, Default: rotate 2`. `None` without a credential.
fn event_of_person(audit: &Audit, dated: &[DatedCredential]) -> Option<Event> {
    let findings = || {
        dated
            .iter()
            .filter_map(|credential| audit.findings.get(credential.finding as usize))
    };
    let key = dated.first()?.key;
    let view = CredentialView::of(audit, findings().next()?)?;
    let holder = match view.user_id() {
        "" => view.user_ocid(),
        id => id,
    };
    let day = if key.moves {
        let today = day_number(audit.run.as_of())?;
        format!("in {} days", key.day - today)
    } else {
        key.day.to_string()
    };
    let of = if holder.is_empty() { "with" } else { "of" };
    let who = person(&view, Names::Full);
    let work = WorkCounts::of(findings()).words();
    let date = audit.act_by(view.finding)?.date();
    let mut description = format!("Act by {date}:");
    for finding in findings().take(MAX_NAMED) {
        if let Some(view) = CredentialView::of(audit, finding) {
            let sentence = Instruction::of(audit, &view, Names::Full).sentence();
            // Writing into memory does not fail.
            let _ = write!(description, "\n- {}", sentence.trim_end());
        }
    }
    if dated.len() > MAX_NAMED {
        let _ = write!(description, "\n- and {} more", dated.len() - MAX_NAMED);
    }
    let identity = ["person", &view.domain().url, holder, &day];
    Some(Event {
        identity: identity.map(str::to_owned).into(),
        day: key.day,
        summary: format!("{}OCI credentials {of} {who}: {work}", heading(audit)),
        description,
    })
}

/// The day and the next one, as `20261124`; `None` outside of the years that a calendar can write.
fn days(day: i32) -> Option<(String, String)> {
    let seconds = i64::from(day).checked_mul(86_400)?;
    let day = DateTime::from_timestamp(seconds, 0)?.date_naive();
    let next = day.checked_add_days(Days::new(1))?;
    let latest = NaiveDate::from_ymd_opt(9999, 12, 31)?;
    let write = |date: NaiveDate| date.format("%Y%m%d").to_string();
    (next <= latest).then(|| (write(day), write(next)))
}

/// Hash of what an event is about, as 32 hexadecimal digits: calendars share identifiers, so they hold no name.
fn uid(identity: &[String]) -> String {
    let mut hash = Sha256::new();
    for part in identity {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize()[..16])
}

/// A value of type TEXT (RFC 5545, section 3.3.11).
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Writes a line, folded at [`LINE_OCTETS`]: a line that begins with a blank continues the one before.
fn fold(line: &str, out: &mut Vec<u8>) {
    let mut length = 0;
    for character in line.chars() {
        if length + character.len_utf8() > LINE_OCTETS {
            out.extend_from_slice(b"\r\n ");
            length = 1;
        }
        let mut bytes = [0; 4];
        out.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
        length += character.len_utf8();
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn folded_lines_fit_their_octets_and_unfold_to_the_text(text in "\\PC{0,400}") {
            let line = format!("SUMMARY:{}", escape(&text));
            let mut out = Vec::new();
            fold(&line, &mut out);
            let folded = String::from_utf8(out).expect("characters stay whole");
            prop_assert!(folded.split("\r\n").all(|line| line.len() <= LINE_OCTETS), "{folded:?}");
            let end = folded.strip_suffix("\r\n").expect("an end");
            prop_assert_eq!(end.replace("\r\n ", ""), line);
        }
    }

    #[test]
    fn text_is_escaped_and_a_day_ends_at_the_next() {
        assert_eq!(escape("a,b;c\\d\ne"), "a\\,b\\;c\\\\d\\ne");
        let of = |year, month, day| {
            let date = NaiveDate::from_ymd_opt(year, month, day).expect("a date");
            days(date.to_epoch_days())
        };
        let both = |day: &str, next: &str| Some((day.to_owned(), next.to_owned()));
        assert_eq!(of(1970, 1, 1), both("19700101", "19700102"));
        assert_eq!(of(2028, 2, 29), both("20280229", "20280301"));
        assert_eq!(of(2026, 12, 31), both("20261231", "20270101"));
        assert_eq!(of(9999, 12, 31), None);
        assert_eq!(days(i32::MAX), None);
    }
}
