//! What a terminal receives: the progress while a tenancy is read, which goes nowhere else, and reports.

use std::collections::HashSet;
use std::process::Stdio;
use std::time::Duration;

use crate::common::AS_OF;
use crate::common::command_line::{CommandLine, text};
use crate::terminal::received;
use tenancy_sim::{Credential, Domain, Fault, Misbehavior, ResourceType, Tenancy, User};

/// As long as the second page of users keeps everybody waiting: some frames of progress.
const SLOW: Duration = Duration::from_secs(2);

/// The command line of a tenancy in which each list with several pages pauses before its second one.
fn slow_tenancy(names: &[&str]) -> CommandLine {
    let as_of = AS_OF.parse().expect("an instant");
    let tenancy = names.iter().fold(Tenancy::empty(), |tenancy, name| {
        tenancy.domain(Domain::generated(name, 1200, 1, as_of))
    });
    let cli = CommandLine::new(tenancy);
    for name in names {
        for resource_type in [ResourceType::Users, ResourceType::OAuth2ClientCredentials] {
            let slow = Fault::delay(SLOW).resource_type(resource_type).domain(name);
            cli.fault(slow.nth(2));
        }
    }
    cli
}

/// Audits with a terminal as standard error and without standard output; what the terminal receives.
fn on_a_terminal(cli: &CommandLine, columns: u16, environment: &[(&str, &str)]) -> String {
    let arguments = cli.with_config("audit", &["--as-of", AS_OF]);
    let mut command = cli.command_in_session(&arguments);
    command.envs(environment.iter().copied());
    received(command, columns, |command, terminal| {
        command.stdout(Stdio::null()).stderr(terminal);
    })
}

/// A terminal, as far as progress needs one.
#[derive(Default)]
struct Screen {
    lines: Vec<Vec<char>>,
    line: usize,
    column: usize,
    /// What stood there each time before something was wiped out.
    frames: Vec<String>,
}

impl Screen {
    fn showing(written: &str) -> Self {
        let mut screen = Self::default();
        let mut rest = written.chars();
        while let Some(character) = rest.next() {
            match character {
                '\r' => screen.column = 0,
                '\n' => screen.line += 1,
                '\x1b' => {
                    let mut sequence = String::new();
                    while !sequence.ends_with(|character: char| character.is_ascii_alphabetic())
                        && let Some(next) = rest.next()
                    {
                        sequence.push(next);
                    }
                    screen.obey(&sequence);
                }
                character => screen.put(character),
            }
        }
        screen
    }

    /// What it does not know stays to be seen.
    fn obey(&mut self, sequence: &str) {
        let up = sequence
            .strip_prefix('[')
            .and_then(|sequence| sequence.strip_suffix('A')?.parse::<usize>().ok());
        match (sequence, up) {
            ("[J", _) => self.erase(),
            (_, Some(lines)) => self.line -= lines,
            (unknown, None) => unknown.chars().for_each(|character| self.put(character)),
        }
    }

    fn put(&mut self, character: char) {
        self.lines
            .resize(self.lines.len().max(self.line + 1), Vec::new());
        let line = &mut self.lines[self.line];
        line.resize(line.len().max(self.column + 1), ' ');
        line[self.column] = character;
        self.column += 1;
    }

    fn erase(&mut self) {
        self.frames.push(self.text());
        self.lines.truncate(self.line + 1);
        if let Some(line) = self.lines.get_mut(self.line) {
            line.truncate(self.column);
        }
    }

    fn text(&self) -> String {
        let lines: Vec<String> = self
            .lines
            .iter()
            .map(|line| line.iter().collect())
            .collect();
        lines.join("\n")
    }
}

/// `name: 1000 of 1200 users, 5000 of 9000 credentials`, of a line of progress.
fn counts(line: &str) -> Option<(&str, [u64; 4])> {
    let (name, counts) = line.split_once(": ")?;
    let numbers: Vec<_> = counts
        .split([' ', ',', ';'])
        .filter_map(|word| word.parse().ok())
        .collect();
    Some((name, numbers.get(..4)?.try_into().ok()?))
}

#[test]
fn terminal_shows_counts_and_is_cleared_at_the_end() {
    let cli = slow_tenancy(&["Default"]);
    let all = cli.sim.directory("Default").credential_count() as u64;
    let written = on_a_terminal(&cli, 80, &[]);
    let screen = Screen::showing(&written);
    let seen: Vec<_> = screen
        .frames
        .iter()
        .filter_map(|frame| counts(frame))
        .collect();
    assert!(
        seen.iter()
            .any(|(name, [users, of_users, credentials, of])| {
                let in_between = *credentials > 0 && *credentials < all;
                *name == "Default"
                    && (*users, *of_users) == (1000, 1200)
                    && in_between
                    && *of == all
            }),
        "{seen:?}"
    );
    assert_eq!(
        screen.text(),
        "credential-audit: wrote user_capabilities_expiry_audit.csv"
    );
}

#[test]
fn each_domain_has_one_line_that_fits_with_a_plain_name() {
    let cli = slow_tenancy(&["Default", "Research and development \x1b[2J in Europe"]);
    let written = on_a_terminal(&cli, 70, &[]);
    assert!(!written.contains("\x1b[2J"));
    let screen = Screen::showing(&written);
    let last = screen.frames.last().expect("progress").clone();
    let [first, second] = &last.lines().collect::<Vec<_>>()[..] else {
        panic!("two lines: {last}");
    };
    assert!(first.starts_with("Default: 1"), "{first}");
    assert!(second.starts_with("Rese"), "{second}");
    assert!(second.contains("…: 1"), "{second}");
    for line in screen.frames.iter().flat_map(|frame| frame.lines()) {
        assert!(line.chars().count() < 70, "{line}");
    }
    assert!(!screen.text().contains(" users"), "{}", screen.text());
}

#[test]
fn totals_come_from_claims_if_lists_are_refused() {
    let cli = slow_tenancy(&["Default"]);
    for credential_type in ResourceType::CREDENTIALS {
        let refused = [
            Misbehavior::RefuseUnfiltered(405),
            Misbehavior::RefuseFilter("meta.created".to_owned()),
        ];
        for misbehavior in refused {
            cli.sim.misbehave("Default", credential_type, misbehavior);
        }
        let slow = Fault::delay(SLOW)
            .resource_type(credential_type)
            .method("POST");
        cli.fault(slow.nth(2));
    }
    let directory = cli.sim.directory("Default");
    let ids: HashSet<_> = directory.users().iter().map(User::id).collect();
    let claimed = |credential_type| {
        let all = directory.credentials(credential_type).iter();
        all.filter(|credential| ids.contains(credential.holder.id.as_str()))
            .count() as u64
    };
    let held: u64 = ResourceType::CREDENTIALS.into_iter().map(claimed).sum();
    let screen = Screen::showing(&on_a_terminal(&cli, 80, &[]));
    let seen: Vec<_> = screen
        .frames
        .iter()
        .filter_map(|frame| counts(frame))
        .collect();
    assert!(
        seen.iter().any(|(_, [users, _, credentials, of])| {
            *users == 1200 && *credentials > 0 && *credentials < held && *of == held
        }),
        "{held} {:?}",
        screen.frames
    );
}

#[test]
fn nothing_is_drawn_without_a_terminal() {
    let cli = slow_tenancy(&["Default"]);
    let output = cli.audit(&[]);
    assert_eq!(
        text(&output.stderr),
        "credential-audit: wrote user_capabilities_expiry_audit.csv\n"
    );
}

#[test]
fn nothing_is_drawn_on_a_dumb_terminal_or_between_log_lines() {
    for environment in [("TERM", "dumb"), ("AUDIT_LOG_LEVEL", "warn")] {
        let cli = slow_tenancy(&["Default"]);
        assert_eq!(
            on_a_terminal(&cli, 80, &[environment]),
            "credential-audit: wrote user_capabilities_expiry_audit.csv\r\n"
        );
    }
}

/// A user and a domain whose names move the cursor and reorder what follows.
fn tenancy_with_unfit_names() -> CommandLine {
    let user = User::named("roe\u{1b}[2J\u{202e}\u{9b}1A@example.com");
    let long_ago = "2020-01-01T00:00:00.000Z";
    let key = Credential::of(&user, ResourceType::ApiKeys, 0, long_ago);
    CommandLine::new(
        Tenancy::empty().domain(
            Domain::named("Default \u{202e}\u{9b}1A")
                .credential(key)
                .user(user),
        ),
    )
}

#[test]
fn report_on_a_terminal_shows_the_numbers_of_characters_that_control_it() {
    let cli = tenancy_with_unfit_names();
    for flag in ["--csv", "--json"] {
        let arguments = cli.with_config("audit", &["--as-of", AS_OF, flag, "-"]);
        let command = cli.command_in_session(&arguments);
        let shown = received(command, 200, |command, terminal| {
            command.stdout(terminal).stderr(Stdio::null());
        });
        assert!(
            !shown.contains(['\u{1b}', '\u{202e}', '\u{9b}']),
            "{shown:?}"
        );
        assert!(shown.contains("[U+202E][U+009B]1A"), "{shown}");
    }
}

#[test]
fn report_in_a_file_or_a_pipe_has_the_exact_characters() {
    let cli = tenancy_with_unfit_names();
    let piped = text(&cli.audit(&["--csv", "-"]).stdout);
    assert!(
        piped.contains("roe\u{1b}[2J\u{202e}\u{9b}1A@example.com"),
        "{piped:?}"
    );
    cli.audit(&["--csv", "report.csv"]);
    assert_eq!(cli.file("report.csv"), piped);
}
