//! The command line, as a person at a desk uses it: started as a process, against a simulated tenancy.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up has to fail"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the tests look at the files that are written"
)]

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tenancy_sim::{Misbehaviour, ResourceType, Tenancy, TenancySim};

const AS_OF: &str = "2026-01-15T06:00:00Z";

/// A desk: a folder to work in, a configuration file, and a tenancy to ask.
struct Desk {
    sim: TenancySim,
    folder: TempDir,
    config: PathBuf,
}

impl Desk {
    fn new(tenancy: Tenancy) -> Self {
        let sim = tenancy.start().expect("free ports");
        let folder = tempfile::tempdir().expect("a folder");
        let oci = folder.path().join("oci");
        std::fs::create_dir(&oci).expect("a folder");
        let config = sim.write_oci_config(&oci).expect("files");
        Self {
            sim,
            folder,
            config,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_credential-audit"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("AUDIT_IDENTITY_ENDPOINT", self.sim.identity_endpoint())
            .env("AUDIT_RATE_LIMIT", "off");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .expect("the program starts")
    }

    /// `audit` with the configuration file of this desk.
    fn audit(&self, arguments: &[&str]) -> Output {
        let config = self.config.display().to_string();
        let mut all = vec!["audit", "--config-file", &config, "--as-of", AS_OF];
        all.extend_from_slice(arguments);
        self.run(&all)
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).expect(name)
    }

    fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name != "oci")
        .collect();
    names.sort();
    names
}

fn generated(users: usize) -> Tenancy {
    Tenancy::generated(users, 1, AS_OF.parse().expect("an instant"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn without_a_word_more_it_writes_what_the_expiry_script_writes() {
    let desk = Desk::new(generated(60));
    let output = desk.audit(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(desk.names(), ["user_capabilities_expiry_audit.csv"]);
    assert!(
        desk.file("user_capabilities_expiry_audit.csv")
            .starts_with("user_name,can_use_api_keys,api_keys_count,")
    );
    let table = text(&output.stdout);
    assert!(table.starts_with("STATE"), "{table}");
    assert!(
        table.contains("COMPLETE: 498 credentials of 1 domain; "),
        "{table}"
    );
    assert!(
        !table.contains('\u{1b}'),
        "no colour where there is no terminal"
    );
}

#[test]
fn the_table_says_what_to_do_or_what_is_only_supposed_and_what_was_left_out() {
    let desk = Desk::new(generated(5));
    let config = desk.config.display().to_string();
    let now = text(&desk.run(&["audit", "--config-file", &config]).stdout);
    // Generated data lie before this day, so that everything is overdue.
    assert!(now.contains(" days  alba.adler"), "{now}");
    assert!(now.contains("\nRotate what is OVERDUE now, "), "{now}");
    assert!(
        !now.contains("WHAT-IF") && !now.contains("left out"),
        "{now}"
    );

    let supposed = text(&desk.audit(&["--type", "api_keys"]).stdout);
    assert!(
        supposed.contains(&format!(
            "\nWHAT-IF 2026-01-15: ages are judged at {AS_OF}, of the credentials"
        )),
        "{supposed}"
    );
    assert!(
        supposed.contains("\n  not audited, left out: Auth tokens, Customer secret keys, "),
        "{supposed}"
    );
    assert!(!supposed.contains("Rotate what is"), "{supposed}");
}

#[test]
fn each_report_has_the_file_name_of_its_script() {
    let desk = Desk::new(generated(5));
    for (report, name) in [
        ("usage", "user_capabilities_audit.csv"),
        ("credentials", "user_credentials_audit.csv"),
    ] {
        assert_eq!(desk.audit(&["--report", report]).status.code(), Some(0));
        assert!(desk.names().contains(&name.to_owned()));
    }
}

#[test]
fn standard_output_carries_the_report_and_nothing_else() {
    let desk = Desk::new(generated(60));
    let output = desk.audit(&["--report", "credentials", "--csv", "-"]);
    let csv = text(&output.stdout);
    let rows: Result<Vec<_>, _> = csv::ReaderBuilder::new()
        .from_reader(csv.as_bytes())
        .records()
        .collect();
    let rows = rows.expect("every row is one").len();
    assert_eq!(rows, 498);
    assert!(
        text(&output.stderr).contains("STATE"),
        "the table goes to standard error"
    );

    let output = desk.audit(&["--json", "-"]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(json["verdict"], "COMPLETE");
    let findings = json["findings"].as_array().expect("findings");
    assert!(findings.iter().any(|finding| finding["state"] == "OVERDUE"));
    assert!(
        desk.names().is_empty(),
        "with --json and without --csv there is no CSV"
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let desk = Desk::new(generated(60));
    let config = desk.config.display().to_string();
    let mut child = desk
        .command(&[
            "audit",
            "--config-file",
            &config,
            "--report",
            "credentials",
            "--csv",
            "-",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn the_exit_status_is_the_same_where_nobody_reads_what_is_told() {
    let desk = Desk::new(generated(5));
    let config = desk.config.display().to_string();
    for (path, status) in [(config.as_str(), 0), ("/does/not/exist", 1)] {
        let mut child = desk
            .command(&["audit", "--config-file", path])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().expect("it ends").code(), Some(status));
    }
}

#[test]
fn several_domains_get_a_file_each_and_standard_output_refuses_them() {
    let as_of = AS_OF.parse().expect("an instant");
    let tenancy = || generated(5).domain(tenancy_sim::Domain::generated("Dev Ops", 3, 2, as_of));
    let desk = Desk::new(tenancy());
    assert_eq!(desk.audit(&["--csv", "out.csv"]).status.code(), Some(0));
    assert_eq!(desk.names(), ["out-Default.csv", "out-Dev-Ops.csv"]);
    let output = desk.audit(&["--csv", "-"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("--report credentials"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(
        desk.audit(&["--csv", "-", "--report", "credentials"])
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn the_exit_status_says_how_it_ended_and_the_first_that_applies_counts() {
    let desk = Desk::new(generated(60));
    assert_eq!(desk.audit(&["--fail-on", "overdue"]).status.code(), Some(4));
    assert_eq!(
        desk.audit(&[
            "--fail-on",
            "due",
            "--rotation-days",
            "30000",
            "--warning-days",
            "29999"
        ])
        .status
        .code(),
        Some(0)
    );
    desk.sim.misbehave(
        "Default",
        ResourceType::SmtpCredentials,
        Misbehaviour::Deny(403),
    );
    let partial = desk.audit(&[]);
    assert_eq!(partial.status.code(), Some(3));
    assert!(
        text(&partial.stdout).contains("PARTIAL")
            && text(&partial.stdout).contains("inspect credentials")
            && text(&partial.stdout).contains("For a person: `group <the person's group>`")
    );
    assert!(
        desk.file("user_capabilities_expiry_audit.csv")
            .contains("UNAUTHORIZED")
    );
    assert_eq!(
        desk.audit(&["--fail-on", "overdue"]).status.code(),
        Some(4),
        "before partial"
    );
    desk.sim
        .misbehave_everywhere("Default", Misbehaviour::Deny(403));
    let failed = desk.audit(&["--fail-on", "overdue", "--csv", "failed.csv"]);
    assert_eq!(failed.status.code(), Some(1), "before --fail-on");
    assert!(text(&failed.stderr).contains("no domain was read"));
    assert!(text(&failed.stderr).contains("For a person: `group <the person's group>`"));
    assert!(
        !desk.names().contains(&"failed.csv".to_owned()),
        "nothing is written of nothing"
    );
    assert_eq!(desk.audit(&["--report", "pdf"]).status.code(), Some(2));
}

#[test]
fn wrong_words_end_with_status_2_and_say_what_is_expected() {
    let desk = Desk::new(generated(3));
    let cases: [(&[&str], &str); 11] = [
        (
            &["--report", "pdf"],
            "expected expiry, usage or credentials",
        ),
        (&["--type", "passwords"], "expected some of api_keys"),
        (&["--rotation-days", "0"], "0 is not in 1..=36500"),
        (
            &["--warning-days", "90"],
            "--warning-days is 90; expected fewer than --rotation-days, which is 90",
        ),
        (
            &["--as-of", "tomorrow"],
            "expected a date and time with its zone",
        ),
        (&["--domain-url", "example.com"], "is no URL"),
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
        (&["--fail-on", "never"], "possible values: due, overdue"),
    ];
    let config = desk.config.display().to_string();
    for (arguments, expected) in cases {
        let output = desk.run(&[&["audit", "--config-file", &config], arguments].concat());
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
    let refused = desk.audit(&["--domain-url", "https://idcs-1.example.com"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("AUDIT_ALLOWED_DOMAIN_HOSTS"));
    assert_eq!(desk.sim.totals().requests, 0);
}

#[test]
fn a_flag_is_held_against_what_the_environment_says_and_not_against_a_default() {
    let desk = Desk::new(generated(3));
    let config = desk.config.display().to_string();
    let audit = |flag: [&str; 2], setting: (&str, &str)| {
        let words = ["audit", "--config-file", &config, flag[0], flag[1]];
        let mut command = desk.command(&words);
        let output = command.env(setting.0, setting.1).output();
        output.expect("the program starts")
    };
    for (flag, setting) in [
        (["--warning-days", "100"], ("AUDIT_ROTATION_DAYS", "365")),
        (["--rotation-days", "30"], ("AUDIT_WARNING_DAYS", " 20 ")),
    ] {
        let output = audit(flag, setting);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{flag:?}: {told}");
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
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{flag:?}: {told}");
        assert!(told.contains(expected), "{flag:?}: {told}");
    }
}

#[test]
fn a_configuration_file_that_cannot_be_used_is_explained() {
    let desk = Desk::new(generated(3));
    let write = |name: &str, content: String| {
        let path = desk.folder.path().join(name);
        std::fs::write(&path, content).expect("written");
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("own file");
        path.display().to_string()
    };
    let good = std::fs::read_to_string(&desk.config).expect("a file");
    let other_fingerprint = good
        .lines()
        .map(|line| {
            if line.starts_with("fingerprint") {
                "fingerprint=00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"
            } else {
                line
            }
        })
        .collect::<Vec<_>>()
        .join("\n");
    let cases = [
        (
            "/does/not/exist".to_owned(),
            "DEFAULT",
            1,
            "oci setup config",
        ),
        (desk.config.display().to_string(), "NOBODY", 2, "SESSION"),
        (
            write("fingerprint", other_fingerprint),
            "DEFAULT",
            1,
            "fingerprint",
        ),
        (
            write("empty", "[DEFAULT]\n".to_owned()),
            "DEFAULT",
            2,
            "oci setup config",
        ),
        (
            write("incomplete", "[DEFAULT]\nregion=us-phoenix-1\n".to_owned()),
            "DEFAULT",
            1,
            "tenancy",
        ),
        (
            write("nonsense", "no section\n".to_owned()),
            "DEFAULT",
            1,
            "cannot be understood",
        ),
    ];
    for (path, profile, status, expected) in cases {
        let output = desk.run(&["audit", "--config-file", &path, "--profile", profile]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{path}: {told}");
        assert!(told.contains(expected), "{path}: {told}");
    }
    std::fs::set_permissions(&desk.config, Permissions::from_mode(0o644)).expect("own file");
    let open = desk.audit(&[]);
    assert_eq!(
        open.status.code(),
        Some(0),
        "as Oracle's tools, it warns and goes on"
    );
    assert!(text(&open.stderr).contains("chmod 600"));
}

#[test]
fn a_session_and_a_resource_principal_sign_too() {
    let desk = Desk::new(generated(3));
    let session = desk.audit(&["--profile", "SESSION", "--auth", "security-token"]);
    assert_eq!(session.status.code(), Some(0), "{}", text(&session.stderr));
    let principal = tempfile::tempdir().expect("a folder");
    let settings = desk.sim.environment(principal.path()).expect("files");
    let settings = settings
        .into_iter()
        .filter(|(name, _)| name.starts_with("OCI_"));
    let output = desk
        .command(&["audit"])
        .envs(settings)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(desk.sim.totals().rejections.is_empty());
}

#[test]
fn a_setting_that_is_no_utf_8_is_a_problem_and_not_unset() {
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::new(generated(1));
    let config = desk.config.display().to_string();
    let mut command = desk.command(&["audit", "--config-file", &config]);
    let output = command
        .env("AUDIT_RATE_LIMIT", std::ffi::OsStr::from_bytes(b"off\xff"))
        .output()
        .expect("the program starts");
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("AUDIT_RATE_LIMIT is `off"), "{told}");
}

#[test]
fn what_was_found_is_told_also_where_it_cannot_be_written() {
    let desk = Desk::new(generated(5));
    let nowhere = "/does/not/exist/report";
    let audit = desk.audit(&["--csv", nowhere]);
    assert_eq!(audit.status.code(), Some(1));
    assert!(text(&audit.stderr).contains(nowhere));
    assert!(text(&audit.stdout).contains("COMPLETE: "));
    let check = desk.check(&["--json", nowhere]);
    assert_eq!(check.status.code(), Some(1));
    assert!(text(&check.stderr).contains(nowhere));
    assert!(text(&check.stdout).contains("COMPLETE: "));
}

#[test]
fn what_the_platform_would_set_is_unset_where_it_is_empty() {
    let desk = Desk::new(generated(3));
    let config = desk.config.display().to_string();
    let mut command = desk.command(&["audit", "--config-file", &config]);
    for name in ["FN_LISTENER", "OCI_RESOURCE_PRINCIPAL_VERSION"] {
        command.env(name, "");
    }
    let output = command.output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    // Without a file that is named, it is the one in the home directory that is looked for.
    let mut command = desk.command(&["audit"]);
    command.env("OCI_RESOURCE_PRINCIPAL_VERSION", " ");
    let output = command.output().expect("the program starts");
    let told = text(&output.stderr);
    assert!(told.contains(".oci/config"), "{told}");
}

#[test]
fn an_interrupted_run_leaves_no_file() {
    let desk = Desk::new(generated(60));
    desk.sim.faults().add(tenancy_sim::Fault::hang());
    let config = desk.config.display().to_string();
    let mut child = desk
        .command(&["audit", "--config-file", &config])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    for _ in 0..200 {
        if desk.sim.totals().requests > 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .expect("kill")
            .success()
    );
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(desk.names().is_empty());
}

#[test]
fn a_pipe_that_nobody_reads_is_left_at_an_interrupt() {
    let desk = Desk::new(generated(5));
    let pipe = desk.folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let config = desk.config.display().to_string();
    let words = [
        "audit",
        "--config-file",
        &config,
        "--csv",
        "first",
        "--html",
        "pipe",
    ];
    let mut child = desk
        .command(&words)
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let patiently = |is_so: &mut dyn FnMut() -> bool| {
        let pause = std::time::Duration::from_millis(25);
        (0..800).any(|_| {
            is_so() || {
                std::thread::sleep(pause);
                false
            }
        })
    };
    let first = desk.folder.path().join("first");
    assert!(patiently(&mut || first.exists()), "the CSV comes first");
    let kill = |signal: &str| {
        let id = child.id().to_string();
        Command::new("kill")
            .args([signal, &id])
            .status()
            .expect("kill")
    };
    assert!(kill("-INT").success());
    let mut status = None;
    let ended = patiently(&mut || {
        status = child.try_wait().expect("a child");
        status.is_some()
    });
    if !ended {
        child.kill().expect("it runs");
    }
    assert_eq!(status.and_then(|status| status.code()), Some(130));
    assert_eq!(desk.names(), ["first", "pipe"]);
}

#[test]
fn completions_are_written_for_each_shell() {
    let desk = Desk::new(generated(1));
    for (shell, expected) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef credential-audit"),
        ("fish", "complete -c credential-audit"),
    ] {
        let output = desk.run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains(expected), "{shell}");
    }
    assert_eq!(desk.run(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn help_of_a_command_names_every_word_that_its_options_take_and_how_it_ends() {
    let desk = Desk::new(generated(1));
    for (command, reports) in [("audit", true), ("check", false)] {
        let help = text(&desk.run(&[command, "--help"]).stdout);
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
fn help_comes_without_arguments_and_with_examples() {
    let desk = Desk::new(generated(1));
    for arguments in [&[][..], &["--help"], &["help"]] {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(
            text(&output.stdout).contains("credential-audit audit --domain-url"),
            "{}",
            text(&output.stdout)
        );
    }
}

#[test]
fn the_page_is_one_file_and_replaces_the_csv_unless_both_are_asked_for() {
    let desk = Desk::new(generated(20));
    assert_eq!(
        desk.audit(&["--html", "report.html"]).status.code(),
        Some(0)
    );
    assert_eq!(desk.names(), ["report.html"]);
    assert!(desk.file("report.html").starts_with("<!DOCTYPE html>"));
}

#[test]
fn exceptions_leave_the_counts_and_a_file_that_cannot_be_read_is_wrong_use() {
    let desk = Desk::new(generated(60));
    let overdue = |arguments: &[&str]| {
        let output = desk.audit(&[&["--json", "-"], arguments].concat());
        let json: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        (
            json["overdue"].as_u64().expect("a count"),
            json["excepted"].as_u64().expect("a count"),
        )
    };
    let (before, none) = overdue(&[]);
    assert_eq!(none, 0);
    let until = chrono::Utc::now().date_naive() + chrono::Days::new(30);
    let file = serde_json::json!({"exceptions": [
        {"user": "*@example.com", "type": "api_keys", "reason": "replaced next month", "until": until.to_string()}
    ]});
    std::fs::write(desk.folder.path().join("exceptions.json"), file.to_string()).expect("written");
    let (after, excepted) = overdue(&["--exceptions", "exceptions.json"]);
    assert!(
        excepted > 0 && after < before,
        "{before} {after} {excepted}"
    );
    std::fs::write(desk.folder.path().join("bad.json"), "{").expect("written");
    for file in ["bad.json", "missing.json"] {
        let output = desk.audit(&["--exceptions", file]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(file));
    }
}

#[test]
fn the_table_says_what_the_counts_beneath_it_say() {
    let desk = Desk::new(generated(60));
    let overdue = |output: &Output| {
        let table = text(&output.stdout);
        let rows = table.lines().filter(|it| it.starts_with("OVERDUE")).count();
        let counted = format!("{rows} overdue,");
        assert!(table.contains(&counted), "{counted}: {table}");
        rows
    };
    let before = overdue(&desk.audit(&[]));
    let until = chrono::Utc::now().date_naive() + chrono::Days::new(30);
    let file = serde_json::json!({"exceptions": [
        {"user": "*@example.com", "type": "api_keys", "reason": "next month", "until": until.to_string()},
        {"usr": "svc-*@example.com", "reason": "misspelt", "until": until.to_string()},
        {"user": "nobody@example.org", "reason": "left", "until": until.to_string()},
    ]});
    std::fs::write(desk.folder.path().join("exceptions.json"), file.to_string()).expect("written");
    let accepting = desk.audit(&["--exceptions", "exceptions.json"]);
    assert!(overdue(&accepting) < before);
    let told = text(&accepting.stdout);
    assert!(told.contains(" excepted\n"), "{told}");
    for entry in [
        "exceptions[1]: `usr` is no field",
        "exceptions[2] nobody@example.org",
    ] {
        assert!(told.contains(entry), "{told}");
    }
}

#[test]
fn a_name_neither_reorders_the_table_nor_makes_every_line_as_long_as_itself() {
    let long_ago = "2020-01-01T00:00:00.000Z";
    let mut domain = tenancy_sim::Domain::named("Default");
    for name in ["x".repeat(1_000_000), "a\u{202e}b@example.com".to_owned()] {
        let user = tenancy_sim::User::named(&name);
        for key in 0..3 {
            let key = tenancy_sim::Credential::of(&user, ResourceType::ApiKeys, key, long_ago);
            domain = domain.credential(key);
        }
        domain = domain.user(user);
    }
    let desk = Desk::new(Tenancy::empty().domain(domain));
    let output = desk.audit(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.len() < 50_000, "{} bytes", table.len());
    assert!(table.contains("6 overdue") && table.contains("a?b@example.com"));
}

#[test]
fn the_table_says_what_it_does_not_speak_of() {
    let desk = Desk::new(generated(5));
    let config = desk.config.display().to_string();
    let narrowed = desk.run(&["audit", "--config-file", &config, "--type", "api_keys"]);
    let told = text(&narrowed.stdout);
    assert!(
        told.contains("\n  not audited, left out: Auth tokens, Customer secret keys, "),
        "{told}"
    );
    assert!(!told.contains("WHAT-IF"), "{told}");
    let supposed = desk.audit(&[]);
    let told = text(&supposed.stdout);
    assert!(
        told.contains("\nWHAT-IF 2026-01-15: ages are judged at 2026-01-15T06:00:00Z"),
        "{told}"
    );
    assert!(!told.contains("not audited"), "{told}");
}

impl Desk {
    /// `check` with the configuration file of this desk.
    fn check(&self, arguments: &[&str]) -> Output {
        self.checking(arguments)
            .output()
            .expect("the program starts")
    }

    fn checking(&self, arguments: &[&str]) -> Command {
        let config = self.config.display().to_string();
        let mut all = vec!["check", "--config-file", &config];
        all.extend_from_slice(arguments);
        self.command(&all)
    }

    /// The same with bucket and topic.
    fn check_everything(&self, arguments: &[&str]) -> Output {
        let mut command = self.checking(arguments);
        let storage = self.sim.object_storage_endpoint();
        command
            .env("AUDIT_BUCKET", self.sim.bucket_name())
            .env("AUDIT_TOPIC_ID", self.sim.topic())
            .env("AUDIT_OBJECT_STORAGE_ENDPOINT", storage)
            .env(
                "AUDIT_NOTIFICATIONS_ENDPOINT",
                self.sim.notifications_endpoint(),
            );
        command.output().expect("the program starts")
    }
}

#[test]
fn a_check_without_bucket_and_topic_says_what_is_not_checked_and_is_no_failure() {
    let desk = Desk::new(generated(20));
    let output = desk.check(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains("  Find the domains"), "{told}");
    assert!(told.contains("  AUDIT_BUCKET is not set"), "{told}");
    assert!(told.contains("  AUDIT_TOPIC_ID is not set"), "{told}");
    assert!(
        told.contains("COMPLETE: everything that was checked works"),
        "{told}"
    );
    assert!(!told.contains("POLICY STATEMENTS"), "{told}");
    assert_eq!(text(&output.stderr), "");
    assert!(desk.names().is_empty());
}

#[test]
fn the_exit_status_of_a_check_says_how_it_ended() {
    let desk = Desk::new(generated(20));
    let complete = desk.check_everything(&["--send"]);
    assert_eq!(
        complete.status.code(),
        Some(0),
        "{}",
        text(&complete.stdout)
    );
    assert_eq!(desk.sim.effects().len(), 2);
    desk.sim.misbehave(
        "Default",
        ResourceType::SmtpCredentials,
        Misbehaviour::Deny(403),
    );
    let partial = desk.check_everything(&[]);
    assert_eq!(partial.status.code(), Some(3));
    let told = text(&partial.stdout);
    let statement =
        "\nAllow dynamic-group <the function's group> to inspect credentials in tenancy\n";
    assert!(told.contains(statement), "{told}");
    let narrowed = desk.check_everything(&["--type", "api_keys"]);
    assert_eq!(narrowed.status.code(), Some(0));
    desk.sim
        .misbehave_everywhere("Default", Misbehaviour::Deny(403));
    let failed = desk.check_everything(&[]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stdout).contains("FAILED: no domain can be read"));
    assert_eq!(desk.sim.effects().len(), 2, "only --send leaves anything");
    for wrong in [
        &["--send"][..],
        &["--as-of", AS_OF],
        &["--auth", "resource-principal"],
        &["--domain-url", "https://idcs-1.example.com"],
    ] {
        let output = desk.check(wrong);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    }
    let nothing_to_send = text(&desk.check(&["--send"]).stderr);
    assert!(
        nothing_to_send.contains("neither AUDIT_BUCKET nor AUDIT_TOPIC_ID is set"),
        "{nothing_to_send}"
    );
}

#[test]
fn a_check_as_json_leaves_standard_output_to_it() {
    let desk = Desk::new(generated(5));
    let url = desk.sim.domain_url("Default");
    let output = desk.check(&["--json", "-", "--domain-url", &url]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(json["verdict"], "COMPLETE");
    assert!(text(&output.stderr).contains("COMPLETE: everything"));
    let output = desk.check(&["--json", "check.json"]);
    assert!(text(&output.stdout).contains("COMPLETE: everything"));
    let json: Value = serde_json::from_str(&desk.file("check.json")).expect("JSON");
    assert_eq!(json["checks"][0]["service"], "IAM");
}
