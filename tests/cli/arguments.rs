//! Arguments, the settings they are combined with, help and completions.

use crate::common::command_line::{CommandLine, output, text};
use crate::common::generated;

#[test]
fn invalid_arguments_end_with_status_2_and_name_what_is_expected() {
    let cli = CommandLine::new(generated(3));
    let cases: [(&[&str], &str); 17] = [
        (
            &["--report", "pdf"],
            "expected expiry, usage or credentials",
        ),
        (&["--type", "passwords"], "expected one of api_keys"),
        (
            &["--type", "apikey"],
            "unknown credential type `apikey`; did you mean `api_keys`?",
        ),
        (&["--action", "rotates"], "a similar value exists: 'rotate'"),
        (&["--state", "old"], "OVERDUE, DUE, UNKNOWN, OK, EXPIRING"),
        (&["--user", ""], "expected a user name"),
        (
            &["--limit", "many"],
            "invalid value 'many' for '--limit <N>'",
        ),
        (&["--as-of", "+30w"], "or days from now such as +30d"),
        (&["--rotation-days", "0"], "0 is not in 1..=36500"),
        (
            &["--warning-days", "90"],
            "--warning-days is 90; expected fewer than the rotation age, which is 90",
        ),
        (
            &["--as-of", "tomorrow"],
            "expected a date such as 2026-12-31 for its end in UTC",
        ),
        (&["--domain-url", "example.com"], "is not a URL"),
        (
            &["--csv", "-", "--json", "-"],
            "both write to standard output",
        ),
        (
            &["--csv", "report", "--html", "report"],
            "--csv and --html both write to report",
        ),
        (&["--html", "-"], "--html - is not supported; name a file"),
        (
            &["--auth", "resource-principal"],
            "uses no configuration file",
        ),
        (
            &["--fail-on", "never"],
            "possible values: now, due, overdue",
        ),
    ];
    for (arguments, expected) in cases {
        let output = cli.audit_now(arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        assert!(
            text(&output.stderr).contains(expected),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
    let refused = cli.audit(&["--domain-url", "https://idcs-1.example.com"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("AUDIT_ALLOWED_DOMAIN_HOSTS"));
    assert_eq!(cli.sim.totals().requests, 0);
}

#[test]
fn files_of_the_credentials_are_never_overwritten() {
    let cli = CommandLine::new(generated(3));
    let config_file = cli.with_config("audit", &[])[2].to_owned();
    let config = std::fs::read_to_string(&config_file).expect("a file");
    let named_by = |profile: &str, key: &str| {
        let mut lines = config.lines();
        let header = format!("[{profile}]");
        lines.find(|line| *line == header).expect("a profile");
        let line = lines.find(|line| line.starts_with(key));
        let value = line.and_then(|line| line.split('=').nth(1));
        value.expect("a value").trim().to_owned()
    };
    let [key, token] = ["other.pem", "delegation"].map(|name| {
        let path = cli.write(name, "secret");
        path.to_str().expect("UTF-8").to_owned()
    });
    let other = format!("[OTHER]\nkey_file = {key}\ndelegation_token_file = {token}\n");
    std::fs::write(&config_file, format!("{config}\n{other}")).expect("written");
    for (name, profile, path) in [
        ("key_file of profile [OTHER]", "DEFAULT", key.clone()),
        ("key_file of profile [OTHER]", "SESSION", key),
        ("delegation_token_file of profile [OTHER]", "SESSION", token),
        (
            "key_file of profile [DEFAULT]",
            "SESSION",
            named_by("DEFAULT", "key_file"),
        ),
        (
            "security_token_file of profile [SESSION]",
            "DEFAULT",
            named_by("SESSION", "security_token_file"),
        ),
        ("key_file", "DEFAULT", named_by("DEFAULT", "key_file")),
        ("key_file", "SESSION", named_by("SESSION", "key_file")),
        (
            "security_token_file",
            "SESSION",
            named_by("SESSION", "security_token_file"),
        ),
        ("configuration file", "DEFAULT", config_file.clone()),
    ] {
        let before = std::fs::read(&path).expect("a file");
        std::os::unix::fs::symlink(&path, cli.path("link.csv")).expect("a link");
        std::fs::hard_link(&path, cli.path("hard.csv")).expect("a link");
        let outputs: [&[&str]; 4] = [
            &["--json", &path],
            &["--csv", "link.csv", "--report", "credentials"],
            &["--html", "hard.csv"],
            &["--csv", "-", "--json", "link.csv"],
        ];
        let commands = outputs.map(|output| ("audit", output));
        for (command, output) in commands.into_iter().chain([("check", outputs[0])]) {
            let arguments = [&[command, "--profile", profile], output].concat();
            let mut command = cli.command(&arguments);
            let ended = command.env("OCI_CONFIG_FILE", &config_file).output();
            let ended = ended.expect("a program");
            let printed = text(&ended.stderr);
            assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {printed}");
            for expected in [name, path.as_str(), output[output.len() - 1]] {
                let is_report = expected == "credentials";
                assert!(
                    is_report || printed.contains(expected),
                    "{arguments:?}: {printed}"
                );
            }
            assert_eq!(std::fs::read(&path).expect("a file"), before);
        }
        std::fs::remove_file(cli.path("link.csv")).expect("a link");
        std::fs::remove_file(cli.path("hard.csv")).expect("a link");
    }
    assert_eq!(cli.sim.totals().requests, 0);
}

#[test]
fn two_outputs_never_go_to_one_file_under_any_name() {
    use std::os::unix::fs::symlink;
    let cli = CommandLine::new(generated(3));
    std::fs::create_dir(cli.path("sub")).expect("a folder");
    let old = cli.write("old", "old");
    symlink("new", cli.path("dangling")).expect("a link");
    symlink(&old, cli.path("link")).expect("a link");
    std::fs::hard_link(&old, cli.path("hard")).expect("a link");
    let absolute = cli.path("sub/../new");
    let absolute = absolute.to_str().expect("UTF-8");
    let twice = "both write to";
    let cases: [(&[&str], &str); 16] = [
        (&["--csv", "./new", "--html", "new"], twice),
        (&["--csv", "sub/../new", "--json", "new"], twice),
        (&["--json", absolute, "--html", ".//new"], twice),
        (&["--json", "new", "--html", "NEW"], twice),
        (&["--csv", "new", "--json", "dangling"], twice),
        (&["--csv", "link", "--json", "old"], twice),
        (&["--html", "hard", "--json", "old"], twice),
        (&["--json", "/dev/stdout", "--csv", "-"], twice_to_output()),
        (
            &["--csv", "/proc/self/fd/1", "--json", "/dev/fd/1"],
            twice_to_output(),
        ),
        (
            &["--html", "/dev/stdout"],
            "the table and --html both write to /dev/stdout",
        ),
        (
            &["--csv", "-", "--html", "/dev/stdout"],
            "--csv and --html both write to /dev/stdout",
        ),
        // Each domain has a file of its own, under a name that is not known yet.
        (
            &["--csv", "a.csv", "--json", "./a-Default.csv"],
            "may be one of them",
        ),
        (
            &["--csv", "a", "--report", "usage", "--html", "A-x.html"],
            "may be one of them",
        ),
        (
            &["--csv", "old", "--exceptions", "sub/../old"],
            "--csv old would overwrite sub/../old, which --exceptions reads",
        ),
        (
            &["--json", "link", "--exceptions", "old"],
            "--json link would overwrite old, which --exceptions reads",
        ),
        (&["--html", "oci-config"], "which --config-file reads"),
    ];
    let config = cli.with_config("audit", &[])[2].to_owned();
    symlink(&config, cli.path("oci-config")).expect("a link");
    for (arguments, expected) in cases {
        let output = cli.audit_now(arguments);
        let printed = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {printed}");
        assert!(printed.contains(expected), "{arguments:?}: {printed}");
    }
    let check = cli.check(&["--json", &config]);
    assert_eq!(check.status.code(), Some(2), "{}", text(&check.stderr));
    assert_eq!(cli.sim.totals().requests, 0);
    assert_eq!(cli.file("old"), "old");

    // Different files, and the null device.
    for arguments in [
        &["--csv", "a.csv", "--json", "b-Default.csv"][..],
        &["--csv", "a.csv", "--json", "a-Default.json"],
        &[
            "--csv",
            "c.csv",
            "--json",
            "c-d.csv",
            "--report",
            "credentials",
        ],
        &[
            "--csv",
            "/dev/null",
            "--json",
            "/dev/null",
            "--html",
            "/dev/null",
        ],
    ] {
        let output = cli.audit_now(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
    // Standard output under another name is standard output: the table makes room.
    let output = cli.audit_now(&["--report", "credentials", "--csv", "/dev/stdout"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        text(&output.stdout).starts_with("action,"),
        "{}",
        text(&output.stdout)
    );
    assert!(!text(&output.stdout).contains("COMPLETE: "));
    assert!(text(&output.stderr).contains("COMPLETE: "));
}

const fn twice_to_output() -> &'static str {
    "--csv - and --json - both write to standard output"
}

#[test]
fn flag_is_compared_with_the_environment_and_not_with_a_default() {
    let cli = CommandLine::new(generated(3));
    let audit = |flag: [&str; 2], (name, value): (&str, &str)| {
        output(cli.audit_command(&flag).env(name, value))
    };
    for (flag, setting) in [
        (["--warning-days", "100"], ("AUDIT_ROTATION_DAYS", "365")),
        (["--rotation-days", "30"], ("AUDIT_WARNING_DAYS", " 20 ")),
        // The default of the warning age fits the rotation age.
        (["--rotation-days", "10"], ("AUDIT_WARNING_DAYS", "")),
        (["--rotation-days", "1"], ("AUDIT_ROTATION_DAYS", "365")),
    ] {
        let output = audit(flag, setting);
        let printed = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{flag:?}: {printed}");
    }
    for (flag, setting, expected) in [
        (
            ["--warning-days", "60"],
            ("AUDIT_ROTATION_DAYS", "60"),
            "--warning-days is 60; expected fewer than AUDIT_ROTATION_DAYS, which is 60",
        ),
        (
            ["--rotation-days", "80"],
            ("AUDIT_WARNING_DAYS", "85"),
            "AUDIT_WARNING_DAYS is 85; expected fewer than --rotation-days, which is 80",
        ),
        (
            ["--rotation-days", "80"],
            ("AUDIT_WARNING_DAYS", "soon"),
            "AUDIT_WARNING_DAYS is `soon`; expected a whole number of days",
        ),
    ] {
        let output = audit(flag, setting);
        let printed = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{flag:?}: {printed}");
        assert!(printed.contains(expected), "{flag:?}: {printed}");
    }
}

#[test]
fn ages_are_judged_at_the_end_of_a_day_or_some_days_from_now() {
    let cli = CommandLine::new(generated(3));
    let judged_at = |as_of: &str| {
        let output = cli.audit_now(&["--as-of", as_of, "--json", "-"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        json["as_of"].as_str().expect("an instant").to_owned()
    };
    assert_eq!(judged_at("2030-12-31"), "2030-12-31T23:59:59Z");
    let today = chrono::Utc::now();
    for (text, days) in [("+30d", 30), ("-7d", -7)] {
        let judged_at: chrono::DateTime<chrono::Utc> = judged_at(text).parse().expect("an instant");
        let passed = judged_at - today - chrono::TimeDelta::days(days);
        assert!((0..600).contains(&passed.num_seconds()), "{text}: {passed}");
    }
}

#[test]
fn completions_and_help_list_actions_and_states() {
    let cli = CommandLine::new(generated(1));
    let help = text(&cli.run(&["audit", "--help"]).stdout);
    let completions = text(&cli.run(&["completions", "bash"]).stdout);
    for word in ["remove_admin_key", "EXPIRING", "--limit", "--open"] {
        assert!(help.contains(word), "{word}: {help}");
        assert!(completions.contains(word), "{word}");
    }
}

#[test]
fn setting_that_is_not_utf_8_is_an_error() {
    use std::os::unix::ffi::OsStrExt;
    let cli = CommandLine::new(generated(1));
    let not_utf_8 = std::ffi::OsStr::from_bytes(b"off\xff");
    let output = output(cli.audit_command(&[]).env("AUDIT_RATE_LIMIT", not_utf_8));
    assert!(!output.status.success());
    let printed = text(&output.stderr);
    assert!(printed.contains("AUDIT_RATE_LIMIT is `off"), "{printed}");
}

#[test]
fn empty_platform_variables_count_as_unset() {
    let cli = CommandLine::new(generated(3));
    let mut command = cli.audit_command(&[]);
    for name in ["FN_LISTENER", "OCI_RESOURCE_PRINCIPAL_VERSION"] {
        command.env(name, "");
    }
    let audit = output(&mut command);
    assert_eq!(audit.status.code(), Some(0), "{}", text(&audit.stderr));
    // Without --config-file the program looks in the home folder.
    let mut command = cli.command(&["audit"]);
    let audit = output(command.env("OCI_RESOURCE_PRINCIPAL_VERSION", " "));
    let printed = text(&audit.stderr);
    assert!(printed.contains(".oci/config"), "{printed}");
}

#[test]
fn completions_are_written_for_each_shell() {
    let cli = CommandLine::new(generated(1));
    for (shell, expected) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef credential-audit"),
        ("fish", "complete -c credential-audit"),
    ] {
        let output = cli.run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains(expected), "{shell}");
    }
    assert_eq!(cli.run(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn help_of_a_command_lists_option_values_and_exit_statuses() {
    let cli = CommandLine::new(generated(1));
    for (command, reports) in [("audit", true), ("check", false)] {
        let help = text(&cli.run(&[command, "--help"]).stdout);
        for credential_type in credential_audit::credential_type::CredentialType::all() {
            assert!(help.contains(credential_type.name()), "{help}");
        }
        for report in ["expiry (", "usage (", "credentials ("] {
            assert_eq!(help.contains(report), reports, "{help}");
        }
        assert!(help.contains("\nExit status: 0 "), "{help}");
    }
}

#[test]
fn help_without_arguments_has_examples() {
    let cli = CommandLine::new(generated(1));
    for arguments in [&[][..], &["--help"], &["help"]] {
        let output = cli.run(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(
            text(&output.stdout).contains("credential-audit audit --domain-url"),
            "{}",
            text(&output.stdout)
        );
    }
}

#[test]
fn version_names_the_commit_and_the_target() {
    let cli = CommandLine::new(generated(1));
    let printed = text(&output(&mut cli.command(&["--version"])).stdout);
    let version = env!("CARGO_PKG_VERSION");
    let named = printed
        .strip_prefix(&format!("credential-audit {version} ("))
        .and_then(|rest| rest.strip_suffix(")\n"));
    let (commit, target) = named
        .and_then(|named| named.split_once(", "))
        .unwrap_or_else(|| panic!("{printed}"));
    assert!(target.starts_with(std::env::consts::ARCH), "{printed}");
    // A debug build does not ask git; see build.rs.
    if cfg!(debug_assertions) {
        assert_eq!(commit, "debug build");
    } else {
        assert!(
            commit == "unknown commit" || commit.len() == "e52ac4b 2026-11-30".len(),
            "{printed}"
        );
    }
}
