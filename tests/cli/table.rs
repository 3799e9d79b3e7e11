//! The table at the end of `audit`: numbers by type, the most urgent credentials, and the verdict.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::check_output::assert_golden;
use crate::common::command_line::{CommandLine, output, text};
use crate::common::{AS_OF, generated};
use crate::terminal::received;
use serde_json::{Value, json};
use tenancy_sim::{Capabilities, Credential, Domain, Misbehavior, ResourceType, Tenancy, User};

/// Two domains with every action, and names that fit no terminal.
fn tenancy() -> CommandLine {
    let dana = User::named("dana.diaz@example.com").administrator();
    let long = User::named("maximiliane.wintergruen-oberhausen@subsidiary.example.com");
    let jane = User::named("jane.roe@example.com");
    let left = User::named("lee.left@example.com")
        .inactive()
        .last_modified("2025-11-01T00:00:00Z");
    let leave = User::named("pat.parent@example.com")
        .inactive()
        .last_modified("2026-01-10T00:00:00Z");
    let ghost = User::named("ghost@example.com");
    let backup = User::named("svc-backup");
    let off = User::named("ole.off@example.com")
        .capabilities(Capabilities::ALL.without(ResourceType::SmtpCredentials));
    let of = |user: &User, resource_type, created: &str| {
        Credential::of(user, resource_type, 0, &format!("{created}T00:00:00Z"))
    };
    let second_key = Credential::of(&dana, ResourceType::ApiKeys, 1, "2025-12-01T00:00:00Z");
    let credentials = [
        of(&dana, ResourceType::ApiKeys, "2025-06-29"),
        second_key,
        of(&long, ResourceType::AuthTokens, "2025-08-01")
            .description("container registry of the build farm in Frankfurt"),
        of(&jane, ResourceType::AuthTokens, "2025-10-22").description("ocir-ci"),
        of(&jane, ResourceType::CustomerSecretKeys, "2025-12-20")
            .expires_on("2026-01-01T00:00:00Z")
            .label("s3 backup"),
        of(&left, ResourceType::UserDbCredentials, "2026-01-02"),
        of(&leave, ResourceType::OAuth2ClientCredentials, "2026-01-02"),
        of(&ghost, ResourceType::ApiKeys, "2026-01-02"),
        of(&off, ResourceType::SmtpCredentials, "2026-01-02").label("mail"),
        of(&backup, ResourceType::ApiKeys, "2025-02-01"),
        of(&jane, ResourceType::SmtpCredentials, "2026-01-03").label("relay"),
    ];
    let users = [dana, long, jane, left, leave, backup, off];
    let domain = credentials
        .into_iter()
        .fold(Domain::named("Default"), Domain::credential);
    let domain = users.into_iter().fold(domain, Domain::user);
    let rita = User::named("rita.researcher@example.com");
    let research = Domain::named("Research and development")
        .credential(of(&rita, ResourceType::AuthTokens, "2025-11-01").description("git"))
        .user(rita);
    CommandLine::new(Tenancy::empty().domain(domain).domain(research))
}

/// The path of a file that accepts the age of the backup's key.
fn exceptions(cli: &CommandLine) {
    let until = chrono::Utc::now().date_naive() + chrono::Days::new(30);
    let file = json!({"exceptions": [
        {"user": "svc-backup", "reason": "replaced next month", "until": until.to_string()}
    ]});
    cli.write("exceptions.json", &file.to_string());
}

/// Without the date on which the test runs.
fn without_today(printed: &str) -> String {
    let today = chrono::Utc::now().date_naive();
    let yesterday = today - chrono::Days::new(1);
    [today, yesterday]
        .iter()
        .fold(printed.to_owned(), |text, day| {
            text.replace(&day.to_string(), "<today>   ")
        })
}

fn at_a_terminal(cli: &CommandLine, columns: u16, further: &[&str]) -> String {
    let arguments = [&["--as-of", AS_OF], further].concat();
    let mut command = cli.command_in_session(&cli.with_config("audit", &arguments));
    command.env("NO_COLOR", "1");
    let shown = received(command, columns, |command, terminal| {
        command.stdout(terminal).stderr(Stdio::null());
    });
    shown.replace("\r\n", "\n")
}

#[test]
fn table_equals_the_golden_files() {
    let cli = tenancy();
    exceptions(&cli);
    let arguments = ["--exceptions", "exceptions.json"];
    let piped = text(&cli.audit(&arguments).stdout);
    assert_golden(
        without_today(&piped),
        snapbox::file!["../golden/table/pipe.txt": Binary],
    );
    let narrow = at_a_terminal(&cli, 80, &arguments);
    assert_golden(
        without_today(&narrow),
        snapbox::file!["../golden/table/80-columns.txt": Binary],
    );
    let wide = at_a_terminal(&cli, 120, &arguments);
    assert_golden(
        without_today(&wide),
        snapbox::file!["../golden/table/120-columns.txt": Binary],
    );
}

#[test]
fn each_credential_is_one_line_at_any_terminal() {
    let cli = tenancy();
    for columns in [80, 100, 132] {
        let shown = at_a_terminal(&cli, columns, &[]);
        let rows = shown.lines().skip_while(|line| !line.starts_with("ACTION"));
        let rows: Vec<_> = rows
            .skip(1)
            .take_while(|line| !line.starts_with("Dates"))
            .collect();
        assert_eq!(rows.len(), 11, "{shown}");
        for line in shown.lines() {
            assert!(line.chars().count() <= usize::from(columns), "{line}");
        }
    }
}

#[test]
fn filters_choose_rows_and_say_how_many_match() {
    let cli = tenancy();
    let rows = |arguments: &[&str]| {
        let printed = text(&cli.audit(arguments).stdout);
        let rows = printed
            .lines()
            .skip_while(|line| !line.starts_with("ACTION"));
        let rows = rows.skip(1).take_while(|line| !line.starts_with("Dates"));
        (rows.map(str::to_owned).collect::<Vec<_>>(), printed)
    };
    for (arguments, count, expected) in [
        (
            &["--user", "JANE.*"][..],
            3,
            "Shown: 3 of 12 credentials, all that match.",
        ),
        (
            &["--user", "svc-*", "--state", "due"],
            0,
            "None of 12 credentials matches.",
        ),
        (
            &["--state", "overdue"],
            3,
            "Shown: 3 of 12 credentials, all that match.",
        ),
        (
            &["--state", "EXPIRED", "--state", "due"],
            3,
            "Shown: 3 of 12 ",
        ),
        (
            &["--action", "none"],
            1,
            "Shown: 1 of 12 credentials, all that match.",
        ),
        (
            &["--action", "REVIEW", "--action", "delete"],
            3,
            "Shown: 3 of 12 ",
        ),
        (
            &["--action", "review", "--limit", "1"],
            1,
            "Shown: 1 of 2 that match, of 12 credentials. --limit N shows more",
        ),
        (&["--limit", "0"], 0, "COMPLETE: "),
        (
            &["--limit", "2", "--html", "report.html"],
            2,
            "Shown: 2 of 11 that need action. All are in report.html.",
        ),
        (
            &["--limit", "2", "--report", "credentials"],
            2,
            "All are in user_credentials_audit.csv.",
        ),
    ] {
        let (rows, printed) = rows(arguments);
        assert_eq!(rows.len(), count, "{arguments:?}: {printed}");
        assert!(printed.contains(expected), "{arguments:?}: {printed}");
    }
    let (rows, _) = rows(&["--user", "jane.*"]);
    assert!(
        rows.iter().all(|row| row.contains("jane.roe@example.com")),
        "{rows:?}"
    );
}

#[test]
fn filters_change_no_file() {
    let cli = tenancy();
    let csv = |further: &[&str]| {
        let arguments = [&["--json", "-"], further].concat();
        let json: Value = serde_json::from_slice(&cli.audit(&arguments).stdout).expect("JSON");
        json["findings"].as_array().map(Vec::len)
    };
    assert_eq!(csv(&[]), csv(&["--user", "nobody", "--limit", "0"]));
}

#[test]
fn type_that_was_not_read_has_no_numbers() {
    let cli = tenancy();
    for name in ["Default", "Research and development"] {
        let smtp = ResourceType::SmtpCredentials;
        cli.sim.misbehave(name, smtp, Misbehavior::Deny(403));
    }
    cli.sim
        .misbehave("Default", ResourceType::AuthTokens, Misbehavior::Deny(403));
    let printed = text(&cli.audit(&[]).stdout);
    let row = |title: &str| {
        let row = printed.lines().find(|line| line.starts_with(title));
        row.unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
    };
    assert_eq!(row("SMTP"), ["SMTP", "*", "-", "-", "-", "-", "-", "-"]);
    assert_eq!(
        row("Auth token"),
        ["Auth", "token", "*", "0", "0", "0", "1", "0", "1"]
    );
    assert_eq!(row("API key"), ["API", "key", "1", "1", "0", "2", "0", "4"]);
    assert!(printed.contains("\nAll *"), "{printed}");
    assert!(
        printed.contains("\n* Not everything was read: at least this many.\n"),
        "{printed}"
    );
    assert!(
        printed.contains("\nINCOMPLETE: not everything was read: "),
        "{printed}"
    );
    let causes = printed
        .lines()
        .filter(|line| line.starts_with("  not read: "));
    assert_eq!(causes.count(), 3, "{printed}");
}

#[test]
fn numbers_by_type_add_up_to_the_total() {
    let cli = CommandLine::new(generated(60));
    let printed = text(&cli.audit(&[]).stdout);
    let numbers = |line: &str| {
        let words: Vec<_> = line.split_whitespace().rev().take(6).collect();
        let numbers = words
            .iter()
            .map(|word| word.parse::<u64>().expect("a number"));
        numbers.collect::<Vec<_>>()
    };
    let rows: Vec<_> = printed.lines().skip(1).take(7).map(numbers).collect();
    let (all, types) = rows.split_last().expect("rows");
    for (column, sum) in all.iter().enumerate() {
        let of_types: u64 = types.iter().map(|row| row[column]).sum();
        assert_eq!(of_types, *sum, "{printed}");
    }
    assert_eq!(all[0], 498, "{printed}");
    let elsewhere = printed
        .lines()
        .find(|line| line.starts_with("Only in the total: "));
    let elsewhere: u64 = elsewhere
        .unwrap_or_default()
        .split(|character: char| !character.is_ascii_digit())
        .filter_map(|number| number.parse::<u64>().ok())
        .sum();
    assert_eq!(all[1..].iter().sum::<u64>() + elsewhere, 498, "{printed}");
}

/// A folder with a program in place of the system's opener.
fn opener(cli: &CommandLine, script: &str) -> String {
    let folder = cli.path("bin");
    std::fs::create_dir_all(&folder).expect("a folder");
    let program = cli.write("bin/xdg-open", script);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(program, executable).expect("a mode");
    folder.to_str().expect("UTF-8").to_owned()
}

#[test]
#[cfg(target_os = "linux")]
fn page_is_opened_with_the_program_of_the_system() {
    let cli = CommandLine::new(generated(3));
    let folder = opener(&cli, "#!/bin/sh\nprintf '%s\\n' \"$1\" >>opened\n");
    for arguments in [&["--open"][..], &["--open", "--html=-page.html"]] {
        let output = output(cli.audit_command(arguments).env("PATH", &folder));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    assert_eq!(
        cli.file("opened"),
        "./user_credentials_audit.html\n./-page.html\n"
    );
    for page in ["user_credentials_audit.html", "-page.html"] {
        assert!(cli.file(page).starts_with("<!DOCTYPE html>"), "{page}");
    }
    assert!(
        !cli.path("user_capabilities_expiry_audit.csv").exists(),
        "a page replaces the CSV"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn page_that_cannot_be_opened_is_named_and_kept() {
    let cli = CommandLine::new(generated(3));
    let failing = opener(&cli, "#!/bin/sh\nexit 3\n");
    let missing = cli.path("nowhere");
    let missing = missing.to_str().expect("UTF-8");
    for (folder, reason) in [
        (failing.as_str(), "exit status: 3"),
        (missing, "No such file"),
    ] {
        let output = output(cli.audit_command(&["--open"]).env("PATH", folder));
        let printed = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{printed}");
        assert!(
            printed.contains("cannot open user_credentials_audit.html with xdg-open: ")
                && printed.contains(reason),
            "{printed}"
        );
    }
    assert!(
        cli.file("user_credentials_audit.html")
            .starts_with("<!DOCTYPE html>")
    );
}
