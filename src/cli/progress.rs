//! Progress of reading, on standard error if that is a terminal.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use unicode_width::UnicodeWidthChar as _;

use crate::env;
use crate::http::client::SignedClient;
use crate::oci::scim::progress::{Count, DomainCounts, ReadingProgress};

use super::terminal::{one_line, terminal_width};

const INTERVAL: Duration = Duration::from_millis(200);
/// Max domains with a line of their own; a terminal may have 24 lines.
const MAX_LINES: usize = 5;
/// Min columns of the name of a domain.
const MIN_NAME_WIDTH: usize = 8;
/// Columns of a terminal that does not report its width.
const FALLBACK_WIDTH: u16 = 80;

/// Progress of a run on the command line, watched if there is a terminal to draw on. Log lines go to the same stream and
/// would be erased with these lines, so progress is not drawn while logging.
pub(super) fn begin() -> ReadingProgress {
    let terminal = std::io::stderr().is_terminal();
    let dumb = env::lookup(env::TERM).is_some_and(|name| name == "dumb");
    if terminal && !dumb && !tracing::enabled!(tracing::Level::ERROR) {
        ReadingProgress::watched()
    } else {
        ReadingProgress::unwatched()
    }
}

/// Waits for `reading`, and meanwhile shows how many users and credentials were read, of how many.
pub(super) async fn show<T>(
    progress: &ReadingProgress,
    client: &SignedClient,
    reading: impl Future<Output = T>,
) -> T {
    if !progress.is_watched() {
        return reading.await;
    }
    let mut reading = std::pin::pin!(reading);
    let mut drawing = Drawing { lines: 0 };
    loop {
        let pause = tokio::time::sleep(INTERVAL);
        tokio::select! {
            result = &mut reading => return result,
            () = pause => {
                let width = terminal_width().unwrap_or(FALLBACK_WIDTH);
                drawing.draw(&lines(&progress.domains(), client.requests(), width.into()));
            }
        }
    }
}

/// Lines on the terminal; erased when dropped, also if the reading is interrupted.
struct Drawing {
    lines: usize,
}

impl Drawing {
    fn draw(&mut self, lines: &[String]) {
        let mut stream = std::io::stderr().lock();
        let text = redrawn(self.lines, lines);
        let _ = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush());
        self.lines = lines.len();
    }
}

impl Drop for Drawing {
    fn drop(&mut self) {
        self.draw(&[]);
    }
}

/// Replaces `drawn` lines. The cursor stays after the last one.
fn redrawn(drawn: usize, lines: &[String]) -> String {
    let up = match drawn {
        0 | 1 => String::new(),
        more => format!("\x1b[{}A", more - 1),
    };
    // Goes to the first column of the first line, and erases from there on.
    format!("\r{up}\x1b[J{}", lines.join("\n"))
}

/// One line per domain. If there are many, one per domain that is being read, and one for all. Each is narrower than the
/// terminal, which would otherwise wrap it.
fn lines(domains: &[DomainCounts], requests: u64, width: usize) -> Vec<String> {
    let room = width.saturating_sub(1);
    let requests = format!("; {requests} requests");
    if domains.is_empty() {
        let text = format!("looking for identity domains{requests}");
        return vec![shortened(&text, room)];
    }
    let own_line = |domain: &DomainCounts, last: &str| {
        let counts = counts(domain.users, domain.credentials);
        let rest = format!(": {counts}{last}");
        let name = one_line(&domain.name);
        // On a narrow terminal the name is cut before the counts.
        let left = room.saturating_sub(columns(&rest)).max(MIN_NAME_WIDTH);
        let name = shortened(&name, left);
        shortened(&format!("{name}{rest}"), room)
    };
    if let (true, Some((last, others))) = (domains.len() <= MAX_LINES, domains.split_last()) {
        let mut lines: Vec<_> = others.iter().map(|domain| own_line(domain, "")).collect();
        lines.push(own_line(last, &requests));
        return lines;
    }
    let being_read = domains.iter().filter(|domain| !domain.ended);
    let mut lines: Vec<_> = being_read
        .take(MAX_LINES)
        .map(|domain| own_line(domain, ""))
        .collect();
    let ended = domains.iter().filter(|domain| domain.ended).count();
    let sum = |of: fn(&DomainCounts) -> Count| {
        let all = domains.iter().map(of);
        all.reduce(Count::plus).unwrap_or_default()
    };
    let (users, credentials) = (sum(|domain| domain.users), sum(|domain| domain.credentials));
    let text = format!(
        "{ended} of {} domains: {}{requests}",
        domains.len(),
        counts(users, credentials)
    );
    lines.push(shortened(&text, room));
    lines
}

fn counts(users: Count, credentials: Count) -> String {
    let of = |count: Count| match count.total {
        Some(total) => format!("{} of {total}", count.read),
        None => count.read.to_string(),
    };
    format!("{} users, {} credentials", of(users), of(credentials))
}

/// Max columns of text. Terminals differ on some characters, among them `…`; each counts as two.
fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

fn column(character: char) -> usize {
    character.width_cjk().unwrap_or(0)
}

/// Text that takes no more than `room` columns.
fn shortened(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(column('…'));
    let mut short: String = text
        .chars()
        .take_while(|character| {
            let fits = column(*character) <= left;
            left = left.saturating_sub(column(*character));
            fits
        })
        .collect();
    if room >= column('…') {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn domain(name: &str, users: (u64, u64), credentials: (u64, u64), ended: bool) -> DomainCounts {
        let count = |(read, total)| Count {
            read,
            total: Some(total),
        };
        DomainCounts {
            name: name.to_owned(),
            users: count(users),
            credentials: count(credentials),
            ended,
        }
    }

    #[test]
    fn users_and_credentials_are_shown_per_domain() {
        let mut domains = vec![domain("Default", (1000, 2500), (4000, 21_000), false)];
        assert_eq!(
            lines(&domains, 9, 80),
            ["Default: 1000 of 2500 users, 4000 of 21000 credentials; 9 requests"]
        );
        domains.push(DomainCounts {
            users: Count::default(),
            credentials: Count::default(),
            ..domain("Dév (EU)", (0, 0), (0, 0), false)
        });
        assert_eq!(
            lines(&domains, 9, 80),
            [
                "Default: 1000 of 2500 users, 4000 of 21000 credentials",
                "Dév (EU): 0 users, 0 credentials; 9 requests"
            ]
        );
        assert_eq!(
            lines(&[], 3, 80),
            ["looking for identity domains; 3 requests"]
        );
    }

    #[test]
    fn many_domains_are_summed_up_and_those_being_read_are_shown() {
        let domains: Vec<_> = (0..9)
            .map(|number| domain(&format!("D{number}"), (10, 20), (30, 40), number < 2))
            .collect();
        let lines = lines(&domains, 70, 80);
        let names: Vec<_> = lines
            .iter()
            .map(|line| line.split(':').next().unwrap_or_default())
            .collect();
        assert_eq!(names, ["D2", "D3", "D4", "D5", "D6", "2 of 9 domains"]);
        assert_eq!(
            lines[5],
            "2 of 9 domains: 90 of 180 users, 270 of 360 credentials; 70 requests"
        );
    }

    #[test]
    fn narrow_terminal_cuts_the_name_first() {
        let domains = [domain("a domain of a long name", (1, 2), (3, 4), false)];
        assert_eq!(
            lines(&domains, 5, 60),
            ["a domain of…: 1 of 2 users, 3 of 4 credentials; 5 requests"]
        );
        assert_eq!(lines(&domains, 5, 20), ["a doma…: 1 of 2 …"]);
        assert_eq!(lines(&domains, 5, 0), [""]);
    }

    #[test]
    fn columns_are_those_of_the_widest_terminal() {
        for (text, expected) in [
            ("abc", 3),
            ("\u{5b57}", 2),
            ("e\u{301}", 1),
            ("\u{2026}", 2),
        ] {
            assert_eq!(columns(text), expected, "{text:?}");
        }
    }

    #[test]
    fn domain_name_does_not_control_the_terminal() {
        let domains = [domain("a\x1b[2J\r\nb\u{9b}31m", (1, 2), (3, 4), false)];
        assert!(
            lines(&domains, 5, 80)[0].starts_with("a?[2J??b?31m: 1 of 2"),
            "{:?}",
            lines(&domains, 5, 80)
        );
    }

    #[test]
    fn lines_are_drawn_over_the_ones_before() {
        let two = ["one".to_owned(), "two".to_owned()];
        assert_eq!(redrawn(0, &two), "\r\x1b[Jone\ntwo");
        assert_eq!(redrawn(2, &two[..1]), "\r\x1b[1A\x1b[Jone");
        assert_eq!(redrawn(1, &[]), "\r\x1b[J");
    }

    proptest! {
        #[test]
        fn lines_are_narrower_than_the_terminal(name in "\\PC{0,60}", width in 1_usize..120, many in 1_usize..9) {
            let domains = vec![domain(&name, (1000, 2000), (3000, 4000), false); many];
            for line in lines(&domains, 12_345, width) {
                prop_assert!(columns(&line) < width, "{line:?}");
            }
        }
    }
}
