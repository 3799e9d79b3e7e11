//! `rotate-by.ics`: one all-day event per user and day, for credentials to rotate by that day.
//!
//! Every credential with a known date has an event, even if the day is past. The identifier of an event depends on domain,
//! user and day alone, so a calendar that imports the file daily keeps one event and updates its text.
//!
//! Source: RFC 5545 (lines of 75 octets, CRLF, escaped text; `DTEND` of an all-day event is the day after its last). A
//! calendar needs a component, so one without events has its time zone. Written by hand: crates for iCalendar build the
//! whole file in memory, and this report is a stream.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate};
use sha2::{Digest, Sha256};

use crate::display;
use crate::hex::hex;
use crate::judge::Audit;
use crate::judge::age::State;

use super::view::CredentialView;
use crate::chunks::{ChunkSource, gather};

/// Octets of a line before its CRLF.
const LINE_OCTETS: usize = 75;
/// Credentials that one event names. Those without a user can be thousands per day.
const MAX_NAMED: usize = 30;
const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// Events of every credential whose age is known.
pub(super) fn rotate_by(audit: Arc<Audit>) -> ChunkSource {
    let dated = dated(&audit);
    let (version, stamp) = (audit.run.version, audit.run.times.started.to_chrono());
    let stamp = stamp.format("%Y%m%dT%H%M%SZ").to_string();
    gather(
        move |out| head(version, out),
        dated.len() + 1,
        move |index, out| {
            let Some(first) = dated.get(index) else {
                fold("END:VCALENDAR", out);
                return;
            };
            if index > 0 && dated[index - 1].event == first.event {
                return;
            }
            let rest = &dated[index..];
            let count = rest.partition_point(|credential| credential.event == first.event);
            event(&audit, &rest[..count], &stamp, out);
        },
    )
}

/// Key of an event, in the order of the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    /// Days since 1970-01-01.
    day: i32,
    domain: u16,
    /// Position of the holder; out of range if the credential names none.
    holder: u32,
}

/// One credential of an event, in sixteen bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct DatedCredential {
    event: Event,
    /// Index into [`Audit::findings`].
    finding: u32,
}

/// Credentials with a date, by day, domain and user, and within an event by urgency.
fn dated(audit: &Audit) -> Vec<DatedCredential> {
    let credential = |(index, finding): (u32, _)| {
        let view = CredentialView::of(audit, finding)?;
        let day = view
            .rotate_by()?
            .microseconds()
            .div_euclid(MICROSECONDS_PER_DAY);
        let event = Event {
            day: i32::try_from(day).ok()?,
            domain: finding.domain,
            holder: u32::try_from(view.credential.holder.position()).unwrap_or(u32::MAX),
        };
        Some(DatedCredential {
            event,
            finding: index,
        })
    };
    // An accepted credential needs no reminder.
    let mut dated: Vec<_> = (0_u32..)
        .zip(&audit.findings)
        .filter(|(_, finding)| !finding.is_excepted)
        .filter_map(credential)
        .collect();
    dated.sort_unstable();
    dated
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

fn event(audit: &Audit, dated: &[DatedCredential], stamp: &str, out: &mut Vec<u8>) {
    let views: Vec<_> = dated
        .iter()
        .take(MAX_NAMED)
        .filter_map(|credential| {
            CredentialView::of(audit, &audit.findings[credential.finding as usize])
        })
        .collect();
    let (Some(view), Some(credential)) = (views.first(), dated.first()) else {
        return;
    };
    let Some((day, next)) = days(credential.event.day) else {
        return;
    };
    let domain = display::line(&view.domain().name, 100);
    let user = match (view.user_name(), view.user_ocid(), view.user_id()) {
        ("", "", "") => "an unknown user".to_owned(),
        ("", "", id) | ("", id, _) => format!("user {}", display::line(id, 200)),
        (name, ..) => display::line(name, 200),
    };
    let overdue = if view.finding.state == State::Overdue {
        "OVERDUE: "
    } else {
        ""
    };
    let what = match dated.len() {
        1 => view.credential_type().row().title.to_owned(),
        count => format!("{count} credentials"),
    };
    let mut description = format!("Domain {domain}. Overdue from this day unless rotated before:");
    for view in &views {
        let label = display::line(view.label(), 200);
        let _ = write!(
            description,
            "\n- {}{}{label}, created or set {}",
            view.credential_type().row().title,
            if label.is_empty() { "" } else { " " },
            view.age
                .start
                .map_or_else(String::new, |start| start.date()),
        );
        if view.finding.newer.is_some() {
            description.push_str("; a newer one exists: delete this one");
        }
    }
    if dated.len() > views.len() {
        let _ = write!(description, "\n- and {} more", dated.len() - views.len());
    }
    for line in [
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@credential-audit", uid(view, &day)),
        format!("DTSTAMP:{stamp}"),
        format!("DTSTART;VALUE=DATE:{day}"),
        format!("DTEND;VALUE=DATE:{next}"),
        format!(
            "SUMMARY:{}",
            escape(&format!("{overdue}Rotate {what} of {user}"))
        ),
        format!("DESCRIPTION:{}", escape(&description)),
        "TRANSP:TRANSPARENT".to_owned(),
        "END:VEVENT".to_owned(),
    ] {
        fold(&line, out);
    }
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

/// Hash of domain, user and day, as 32 hexadecimal digits: calendars share identifiers, so they hold no name.
fn uid(view: &CredentialView<'_>, day: &str) -> String {
    let mut hash = Sha256::new();
    for part in [view.domain().url.as_str(), view.user_id(), day] {
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
