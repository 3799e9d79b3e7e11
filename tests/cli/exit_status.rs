//! How `audit` ends: its exit status, unread output, files that cannot be written, and interrupts.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::common::command_line::{CommandLine, text};
use crate::common::generated;
use tenancy_sim::{Fault, Misbehavior, ResourceType};

#[test]
fn exit_status_of_audit_is_the_first_that_applies() {
    let cli = CommandLine::new(generated(60));
    for state in ["overdue", "now"] {
        assert_eq!(cli.audit(&["--fail-on", state]).status.code(), Some(4));
    }
    assert_eq!(
        cli.audit(&[
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
    cli.sim.misbehave(
        "Default",
        ResourceType::SmtpCredentials,
        Misbehavior::Deny(403),
    );
    let partial = cli.audit(&[]);
    assert_eq!(partial.status.code(), Some(3));
    assert!(
        text(&partial.stdout).contains("PARTIAL")
            && text(&partial.stdout).contains("inspect credentials")
            && text(&partial.stdout).contains("Allow group <your group> to ")
    );
    assert!(
        cli.file("user_capabilities_expiry_audit.csv")
            .contains("UNAUTHORIZED")
    );
    assert_eq!(
        cli.audit(&["--fail-on", "overdue"]).status.code(),
        Some(4),
        "before PARTIAL"
    );
    cli.sim
        .misbehave_everywhere("Default", Misbehavior::Deny(403));
    let failed = cli.audit(&["--fail-on", "overdue", "--csv", "failed.csv"]);
    assert_eq!(failed.status.code(), Some(1), "before --fail-on");
    assert!(text(&failed.stderr).contains("no domain was read"));
    assert!(text(&failed.stderr).contains("Allow group <your group> to "));
    assert!(
        !cli.file_names().contains(&"failed.csv".to_owned()),
        "a failed run writes no file"
    );
    assert_eq!(cli.audit(&["--report", "pdf"]).status.code(), Some(2));
}

#[test]
fn closed_standard_output_is_not_a_failure() {
    let cli = CommandLine::new(generated(60));
    let mut child = cli
        .audit_command(&["--report", "credentials", "--csv", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("the program ends").code(), Some(0));
}

/// `/dev/full` refuses every byte, as a full disk does.
#[test]
fn full_standard_output_is_a_failure() {
    let cli = CommandLine::new(generated(5));
    let full = || {
        std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .expect("Linux")
    };
    let at_output = |mut command: Command| {
        let output = command.stdout(full()).output().expect("the program starts");
        (output.status.code(), text(&output.stderr))
    };
    let audits: [&[&str]; 6] = [
        // The table.
        &["--csv", "a.csv"],
        &["--html", "a.html", "--fail-on", "overdue"],
        &["--report", "credentials", "--csv", "-"],
        &["--report", "usage", "--csv", "-"],
        &["--json", "-"],
        &["--csv", "/dev/stdout"],
    ];
    for arguments in audits {
        let (status, printed) = at_output(cli.audit_command(arguments));
        assert_eq!(status, Some(1), "{arguments:?}: {printed}");
        assert!(
            printed.contains("cannot write to standard output"),
            "{printed}"
        );
    }
    // Reading is not lost: the files are written.
    assert!(cli.file_names().contains(&"a.csv".to_owned()));
    let (status, printed) = at_output(cli.audit_command(&["--csv", "/dev/full"]));
    assert_eq!(status, Some(1), "{printed}");
    for arguments in [&[][..], &["--json", "-"], &["--json", "check.json"]] {
        let (status, printed) = at_output(cli.check_command(arguments));
        assert_eq!(status, Some(1), "{arguments:?}: {printed}");
        assert!(
            printed.contains("cannot write to standard output"),
            "{printed}"
        );
    }
    assert!(cli.file_names().contains(&"check.json".to_owned()));
    for arguments in [
        &[][..],
        &["--help"],
        &["audit", "--help"],
        &["--version"],
        &["completions", "fish"],
    ] {
        let (status, printed) = at_output(cli.command(arguments));
        assert_eq!(status, Some(1), "{arguments:?}: {printed}");
    }
    let (status, _) = at_output(cli.command(&["audit", "--report", "pdf"]));
    assert_eq!(status, Some(2));
}

#[test]
fn exit_status_is_the_same_without_readers() {
    let cli = CommandLine::new(generated(5));
    let without_file = cli.command(&["audit", "--config-file", "/does/not/exist"]);
    for (mut command, status) in [(cli.audit_command(&[]), 0), (without_file, 1)] {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().expect("the program ends").code(), Some(status));
    }
}

#[test]
fn unwritable_file_fails_and_results_are_still_printed() {
    let cli = CommandLine::new(generated(5));
    let nowhere = "/does/not/exist/report";
    let audit = cli.audit(&["--csv", nowhere]);
    assert_eq!(audit.status.code(), Some(1));
    assert!(text(&audit.stderr).contains(nowhere));
    assert!(text(&audit.stdout).contains("COMPLETE: "));
    let check = cli.check(&["--json", nowhere]);
    assert_eq!(check.status.code(), Some(1));
    assert!(text(&check.stderr).contains(nowhere));
    assert!(text(&check.stdout).contains("COMPLETE: "));
}

#[test]
fn interrupted_audit_leaves_no_file() {
    let cli = CommandLine::new(generated(60));
    cli.fault(Fault::hang());
    let mut child = cli
        .audit_command(&[])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    wait_until(|| cli.sim.totals().requests > 0);
    interrupt(&child);
    assert_eq!(child.wait().expect("the program ends").code(), Some(130));
    assert!(cli.file_names().is_empty());
}

#[test]
fn interrupt_ends_the_write_to_an_unread_pipe() {
    let cli = CommandLine::new(generated(5));
    let pipe = cli.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let mut child = cli
        .audit_command(&["--csv", "first", "--html", "pipe"])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let first = cli.path("first");
    assert!(wait_until(|| first.exists()), "the CSV is written first");
    interrupt(&child);
    let mut status = None;
    let ended = wait_until(|| {
        status = child.try_wait().expect("a child");
        status.is_some()
    });
    if !ended {
        child.kill().expect("a running child");
    }
    assert_eq!(status.and_then(|status| status.code()), Some(130));
    assert_eq!(cli.file_names(), ["first", "pipe"]);
}

/// Waits up to 20 seconds for a condition; whether it came true.
fn wait_until(mut condition: impl FnMut() -> bool) -> bool {
    (0..800).any(|_| {
        condition() || {
            std::thread::sleep(Duration::from_millis(25));
            false
        }
    })
}

/// Sends SIGINT, as Ctrl-C does.
fn interrupt(child: &Child) {
    let mut kill = Command::new("kill");
    kill.args(["-INT", &child.id().to_string()]);
    assert!(kill.status().expect("kill").success());
}
