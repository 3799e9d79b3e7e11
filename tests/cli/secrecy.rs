//! What must not reach a terminal or a file: tokens that a service sends back, and names that control the terminal.

use tenancy_sim::{Fault, Place, Quote, ResourceType, Service, Tenancy};

use crate::common::command_line::{CommandLine, output, text};
use crate::common::even_domain;
use crate::common::secrets::SentSecrets;

#[test]
fn token_of_a_session_that_is_sent_back_is_printed_and_written_nowhere() {
    for (place, quote) in Place::ALL.into_iter().zip(Quote::ALL) {
        let command_line = CommandLine::new(Tenancy::empty().domain(even_domain("Default", 2, 1)));
        command_line.fault(Fault::echo(quote, place).resource_type(ResourceType::ApiKeys));
        command_line.fault(Fault::echo(quote, place).target_contains("/compartments?"));
        command_line.fault(
            Fault::echo(quote, place)
                .service(Service::ObjectStorage)
                .nth(1),
        );
        let session = ["--profile", "SESSION", "--json", "audit.json"];
        let html = [
            "--html",
            "page.html",
            "--report",
            "credentials",
            "--csv",
            "all.csv",
        ];
        let audit = [&session[..], &html].concat();
        let audit = output(
            command_line
                .audit_command(&audit)
                .env("AUDIT_LOG_LEVEL", "trace"),
        );
        let check = command_line.check_with_bucket_and_topic(&session[..2]);
        // A service that is asked for all lists may fail them all.
        command_line.fault(Fault::echo(quote, place).service(Service::IdentityDomain));
        let failed = command_line.audit_now(&session[..2]);

        let secrets = SentSecrets::of(&command_line.sim);
        assert!(secrets.len() > 1000);
        for output in [audit, check, failed] {
            secrets.assert_none_in("standard output", &output.stdout);
            secrets.assert_none_in("standard error", &output.stderr);
        }
        for name in command_line.file_names() {
            if let Ok(content) = std::fs::read(command_line.path(&name)) {
                secrets.assert_none_in(&name, &content);
            }
        }
    }
}

#[test]
fn name_of_a_domain_controls_no_terminal() {
    let hostile = "De\u{1b}[2Jfa\r\u{202e}ult\u{9b}1A\u{200b}";
    let command_line = CommandLine::new(Tenancy::empty().domain(even_domain(hostile, 2, 1)));
    command_line.fault(Fault::scim_error(403, hostile).service(Service::IdentityDomain));
    let plain = command_line.audit(&[]);
    let logging = output(
        command_line
            .audit_command(&[])
            .env("AUDIT_LOG_LEVEL", "debug"),
    );
    let check = command_line.check(&[]);
    for output in [&plain, &logging, &check] {
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        let printed = text(&output.stdout) + &text(&output.stderr);
        assert!(
            printed.contains("fa") && printed.contains("403"),
            "{printed}"
        );
        for unfit in ['\u{1b}', '\r', '\u{202e}', '\u{9b}', '\u{200b}'] {
            assert!(!printed.contains(unfit), "{printed:?}");
        }
    }
}
