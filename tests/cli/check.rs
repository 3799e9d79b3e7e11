//! `check`: its exit status and its output.

use crate::common::command_line::{CommandLine, output, text};
use crate::common::{AS_OF, generated};
use serde_json::Value;
use tenancy_sim::{Misbehavior, ResourceType};

#[test]
fn check_without_bucket_and_topic_says_what_is_not_checked() {
    let cli = CommandLine::new(generated(20));
    let output = cli.check(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(printed.contains("  Find the domains"), "{printed}");
    assert!(printed.contains("  AUDIT_BUCKET is not set"), "{printed}");
    assert!(printed.contains("  AUDIT_TOPIC_ID is not set"), "{printed}");
    assert!(printed.contains("COMPLETE: every check works"), "{printed}");
    assert!(!printed.contains("POLICY STATEMENTS"), "{printed}");
    assert_eq!(text(&output.stderr), "");
    assert!(cli.file_names().is_empty());
}

#[test]
fn metrics_are_not_checked_without_the_token_of_the_function() {
    let cli = CommandLine::new(generated(20));
    let mut command = cli.check_command(&[]);
    command.env("AUDIT_METRICS_NAMESPACE", "credential_audit");
    let output = output(&mut command);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(
        printed.contains("\nMonitoring\n  Post a metric"),
        "{printed}"
    );
    assert!(printed.contains("only the function's do"), "{printed}");
    assert!(cli.sim.metrics().is_empty());
}

#[test]
fn exit_status_of_check_says_how_it_ended() {
    let cli = CommandLine::new(generated(20));
    let complete = cli.check_with_bucket_and_topic(&["--send"]);
    assert_eq!(
        complete.status.code(),
        Some(0),
        "{}",
        text(&complete.stdout)
    );
    assert_eq!(cli.sim.effects().len(), 2);
    cli.sim.misbehave(
        "Default",
        ResourceType::SmtpCredentials,
        Misbehavior::Deny(403),
    );
    let partial = cli.check_with_bucket_and_topic(&[]);
    assert_eq!(partial.status.code(), Some(3));
    let printed = text(&partial.stdout);
    let statement = "\nAllow group <your group> to inspect credentials in tenancy\n";
    assert!(printed.contains(statement), "{printed}");
    let narrowed = cli.check_with_bucket_and_topic(&["--type", "api_keys"]);
    assert_eq!(narrowed.status.code(), Some(0));
    cli.sim
        .misbehave_everywhere("Default", Misbehavior::Deny(403));
    let failed = cli.check_with_bucket_and_topic(&[]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stdout).contains("FAILED: no domain can be read"));
    assert_eq!(
        cli.sim.effects().len(),
        2,
        "only --send stores and publishes"
    );
    for wrong in [
        &["--send"][..],
        &["--as-of", AS_OF],
        &["--auth", "resource-principal"],
        &["--domain-url", "https://idcs-1.example.com"],
    ] {
        let output = cli.check(wrong);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    }
    let nothing_to_send = text(&cli.check(&["--send"]).stderr);
    assert!(
        nothing_to_send.contains("neither AUDIT_BUCKET nor AUDIT_TOPIC_ID is set"),
        "{nothing_to_send}"
    );
}

#[test]
fn check_as_json_leaves_standard_output_to_it() {
    let cli = CommandLine::new(generated(5));
    let url = cli.sim.domain_url("Default");
    let output = cli.check(&["--json", "-", "--domain-url", &url]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(json["verdict"], "COMPLETE");
    assert!(text(&output.stderr).contains("COMPLETE: every check works"));
    let output = cli.check(&["--json", "check.json"]);
    assert!(text(&output.stdout).contains("COMPLETE: every check works"));
    let json: Value = serde_json::from_str(&cli.file("check.json")).expect("JSON");
    assert_eq!(json["checks"][0]["service"], "IAM");
}
