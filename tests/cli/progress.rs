//! Progress at a desk: what a terminal shows while a tenancy is read, and that nothing of it goes anywhere else.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up has to fail"
)]

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::pty::{Winsize, openpty};
use tempfile::TempDir;
use tenancy_sim::{Domain, Fault, Misbehaviour, ResourceType, Tenancy, TenancySim, User};

const AS_OF: &str = "2026-01-15T06:00:00Z";
/// As long as the second page of users keeps everybody waiting: some frames of progress.
const SLOW: Duration = Duration::from_secs(2);

/// A tenancy that takes its time, and what is needed to ask it.
struct SlowTenancy {
    sim: TenancySim,
    folder: TempDir,
    config: PathBuf,
}

impl SlowTenancy {
    fn new(names: &[&str]) -> Self {
        let as_of = AS_OF.parse().expect("an instant");
        let tenancy = names.iter().fold(Tenancy::empty(), |tenancy, name| {
            tenancy.domain(Domain::generated(name, 1200, 1, as_of))
        });
        let sim = tenancy.start().expect("free ports");
        for name in names {
            for credential_type in [ResourceType::Users, ResourceType::OAuth2ClientCredentials] {
                let slow = Fault::delay(SLOW)
                    .resource_type(credential_type)
                    .domain(name);
                sim.faults().add(slow.nth(2));
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        let config = sim.write_oci_config(folder.path()).expect("files");
        Self {
            sim,
            folder,
            config,
        }
    }

    /// `audit`, in a session of its own, whose terminal is standard input where that is one.
    fn command(&self) -> Command {
        let mut command = Command::new("setsid");
        command
            .arg("--ctty")
            .arg(env!("CARGO_BIN_EXE_credential-audit"))
            .args(["audit", "--as-of", AS_OF, "--config-file"])
            .arg(&self.config)
            .current_dir(self.folder.path())
            .env_clear()
            .env("AUDIT_IDENTITY_ENDPOINT", self.sim.identity_endpoint())
            .env("AUDIT_RATE_LIMIT", "off");
        command
    }

    /// What is written to a terminal on standard error, while standard output is piped.
    fn on_a_terminal(&self, columns: u16, environment: &[(&str, &str)]) -> String {
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let terminal = openpty(&size, None).expect("a pseudo-terminal");
        let slave = || Stdio::from(terminal.slave.try_clone().expect("a descriptor"));
        let mut command = self.command();
        command
            .envs(environment.iter().copied())
            .stdin(slave())
            .stdout(Stdio::null())
            .stderr(slave());
        let mut child = command.spawn().expect("the program starts");
        // Only the program holds the terminal now, so that reading ends when it does.
        drop((command, terminal.slave));
        let mut written = Vec::new();
        let mut buffer = [0; 4096];
        let mut master = File::from(terminal.master);
        // The end of a terminal is an error.
        while let Ok(read @ 1..) = master.read(&mut buffer) {
            written.extend_from_slice(&buffer[..read]);
        }
        assert!(child.wait().expect("it ends").success());
        String::from_utf8(written).expect("text")
    }
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
                    while !sequence.ends_with(|it: char| it.is_ascii_alphabetic())
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
            (unknown, None) => unknown.chars().for_each(|it| self.put(it)),
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
fn a_terminal_shows_users_and_credentials_of_how_many_and_nothing_is_left_of_it() {
    let tenancy = SlowTenancy::new(&["Default"]);
    let all = tenancy.sim.directory("Default").credential_count() as u64;
    let written = tenancy.on_a_terminal(80, &[]);
    let screen = Screen::showing(&written);
    let seen: Vec<_> = screen.frames.iter().filter_map(|it| counts(it)).collect();
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
fn each_domain_has_a_line_that_fits_and_a_name_that_is_only_text() {
    let tenancy = SlowTenancy::new(&["Default", "Research and development \x1b[2J in Europe"]);
    let written = tenancy.on_a_terminal(70, &[]);
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
fn where_users_have_to_be_named_their_claims_tell_how_many_credentials_there_are() {
    let tenancy = SlowTenancy::new(&["Default"]);
    for credential_type in ResourceType::CREDENTIALS {
        let refused = [
            Misbehaviour::RefuseUnfiltered(405),
            Misbehaviour::RefuseFilter("meta.created".to_owned()),
        ];
        for misbehaviour in refused {
            tenancy
                .sim
                .misbehave("Default", credential_type, misbehaviour);
        }
        let slow = Fault::delay(SLOW)
            .resource_type(credential_type)
            .method("POST");
        tenancy.sim.faults().add(slow.nth(2));
    }
    let directory = tenancy.sim.directory("Default");
    let ids: HashSet<_> = directory.users().iter().map(User::id).collect();
    let claimed = |credential_type| {
        let all = directory.credentials(credential_type).iter();
        all.filter(|it| ids.contains(it.holder.id.as_str())).count() as u64
    };
    let held: u64 = ResourceType::CREDENTIALS.into_iter().map(claimed).sum();
    let screen = Screen::showing(&tenancy.on_a_terminal(80, &[]));
    let seen: Vec<_> = screen.frames.iter().filter_map(|it| counts(it)).collect();
    assert!(
        seen.iter().any(|(_, [users, _, credentials, of])| {
            *users == 1200 && *credentials > 0 && *credentials < held && *of == held
        }),
        "{held} {:?}",
        screen.frames
    );
}

#[test]
fn nothing_is_drawn_where_there_is_no_terminal_for_it() {
    let tenancy = SlowTenancy::new(&["Default"]);
    let output = Command::new(env!("CARGO_BIN_EXE_credential-audit"))
        .args(["audit", "--as-of", AS_OF, "--config-file"])
        .arg(&tenancy.config)
        .current_dir(tenancy.folder.path())
        .env_clear()
        .env("AUDIT_IDENTITY_ENDPOINT", tenancy.sim.identity_endpoint())
        .env("AUDIT_RATE_LIMIT", "off")
        .output()
        .expect("the program starts");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "credential-audit: wrote user_capabilities_expiry_audit.csv\n"
    );
}

#[test]
fn nothing_is_drawn_on_a_terminal_that_cannot_or_between_log_lines() {
    for environment in [("TERM", "dumb"), ("AUDIT_LOG_LEVEL", "warn")] {
        let tenancy = SlowTenancy::new(&["Default"]);
        assert_eq!(
            tenancy.on_a_terminal(80, &[environment]),
            "credential-audit: wrote user_capabilities_expiry_audit.csv\r\n"
        );
    }
}
