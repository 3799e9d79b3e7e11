//! The credentials of a compute instance, and those of a Cloud Shell on it.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tenancy_sim::{Fault, ResourceType, Service, Tenancy};

use crate::common::command_line::{CommandLine, output, text};
use crate::common::generated;

/// The command on an instance, without a configuration file.
fn on_instance(cli: &CommandLine, arguments: &[&str]) -> Command {
    let mut command = cli.command(arguments);
    command.envs(cli.sim.instance_environment());
    command
}

fn requests_of_instance(cli: &CommandLine) -> Vec<String> {
    let requests = cli.sim.requests().into_iter();
    let of_instance = requests.filter(|request| request.service == Service::Instance);
    of_instance.map(|request| request.target).collect()
}

fn status(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn instance_signs_for_itself_if_named_or_without_a_file() {
    for (arguments, variables) in [
        (&["audit", "--auth", "instance-principal"][..], &[][..]),
        (&["audit"], &[("OCI_CLI_AUTH", "instance_principal")]),
        (&["audit"], &[]),
        (&["check"], &[]),
    ] {
        let cli = CommandLine::new(generated(3));
        let audit = output(on_instance(&cli, arguments).envs(variables.to_vec()));
        let printed = text(&audit.stderr);
        assert_eq!(
            status(&audit),
            Some(0),
            "{arguments:?} {variables:?}: {printed}"
        );
        assert!(cli.sim.totals().rejections.is_empty());
        assert_eq!(
            requests_of_instance(&cli),
            [
                "/opc/v2/instance/region",
                "/opc/v2/identity/cert.pem",
                "/opc/v2/identity/key.pem",
                "/opc/v2/identity/intermediate.pem",
                "/v1/x509"
            ],
            "one token for the whole run"
        );
    }
}

#[test]
fn delegation_token_signs_for_the_user_of_a_cloud_shell() {
    for (arguments, variables) in [
        (&["--profile", "CLOUDSHELL"][..], &[][..]),
        (
            &["--profile", "CLOUDSHELL", "--auth", "delegation-token"],
            &[],
        ),
        (
            &[],
            &[
                ("OCI_CLI_PROFILE", "CLOUDSHELL"),
                ("OCI_CLI_AUTH", "instance_obo_user"),
                ("OCI_CLI_CLOUD_SHELL", "True"),
            ],
        ),
    ] {
        let cli = CommandLine::new(generated(3));
        let mut command = on_instance(&cli, &[&["audit"], arguments].concat());
        let tenancy = cli.sim.tenancy().to_owned();
        command
            .env("OCI_CLI_CONFIG_FILE", &cli.config_file)
            .env("OCI_TENANCY", tenancy)
            .env("AUDIT_LOG_LEVEL", "trace")
            .envs(variables.to_vec());
        let audit = output(&mut command);
        let printed = text(&audit.stderr);
        assert_eq!(status(&audit), Some(0), "{arguments:?}: {printed}");
        assert!(
            text(&audit.stdout).contains("profile CLOUDSHELL"),
            "{}",
            text(&audit.stdout)
        );
        assert!(cli.sim.totals().rejections.is_empty());
        assert!(
            printed.contains("\"level\":\"TRACE\"") || printed.contains("\"level\":\"DEBUG\""),
            "{printed}"
        );
        let token_file = cli.config_file.with_file_name("delegation-token");
        let token = std::fs::read_to_string(token_file).expect("a token");
        for secret in [token.trim(), &token[40..80], "ST$", "eyJ", "PRIVATE KEY"] {
            assert!(!printed.contains(secret), "{secret} in the log");
        }
    }
}

#[test]
fn missing_metadata_service_is_reported_within_two_seconds() {
    // Nothing listens on the first; the second is a service that is not OCI's; the third accepts and never answers.
    let other = CommandLine::new(generated(1));
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_url = format!("http://{}/opc/v2", silent.local_addr().expect("an address"));
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        format!(
            "http://{}/opc/v2",
            listener.local_addr().expect("an address")
        )
    };
    let foreign = format!("{}/latest", other.sim.object_storage_endpoint());
    let cli = CommandLine::new(generated(1));
    for (url, expected) in [
        (
            &closed,
            "no instance metadata service answers at 127.0.0.1:",
        ),
        (&foreign, "but not as the instance metadata service of OCI"),
        (
            &silent_url,
            "no instance metadata service answers at 127.0.0.1:",
        ),
    ] {
        for arguments in [&["audit", "--auth", "instance-principal"][..], &["audit"]] {
            let started = Instant::now();
            let audit = output(cli.command(arguments).env("OCI_METADATA_BASE_URL", url));
            let printed = text(&audit.stderr);
            assert_eq!(status(&audit), Some(1), "{printed}");
            assert!(printed.contains(expected), "{url}: {printed}");
            assert_eq!(printed.trim_end().lines().count(), 1, "{printed}");
            assert_eq!(
                printed.contains("oci setup config"),
                arguments.len() == 1,
                "the file is named if it was looked for: {printed}"
            );
            // Generous for a busy machine; two seconds are the program's limit.
            assert!(started.elapsed() < Duration::from_secs(20), "{url}");
        }
    }
    assert_eq!(cli.sim.totals().requests, 0);
}

#[test]
fn refusal_of_the_auth_service_is_an_error_of_the_credentials() {
    for status_of_service in [401, 403, 500] {
        let cli = CommandLine::new(generated(3));
        cli.sim.faults().add(
            Fault::status(status_of_service)
                .service(Service::Instance)
                .method("POST"),
        );
        let audit = output(&mut on_instance(
            &cli,
            &["audit", "--auth", "instance-principal"],
        ));
        let printed = text(&audit.stderr);
        assert_eq!(status(&audit), Some(1), "{printed}");
        assert!(
            printed.contains("issued no token")
                && printed.contains(&format!("status {status_of_service}")),
            "{printed}"
        );
        let others = cli
            .sim
            .requests()
            .into_iter()
            .filter(|request| request.service != Service::Instance);
        assert_eq!(others.count(), 0);
    }
}

#[test]
fn tenancy_of_another_name_is_not_mixed_up() {
    // Without OCI_TENANCY and without a tenancy in the profile, the tenancy of the instance is not taken for the user's.
    let cli = CommandLine::new(Tenancy::empty());
    let audit = output(
        on_instance(&cli, &["audit", "--profile", "CLOUDSHELL"])
            .env("OCI_CLI_CONFIG_FILE", &cli.config_file),
    );
    let printed = text(&audit.stderr);
    assert_eq!(status(&audit), Some(1), "{printed}");
    assert!(printed.contains("tenancy"), "{printed}");
}

#[test]
fn lasting_refusal_ends_the_list_and_requests_no_further_token() {
    let cli = CommandLine::new(generated(3));
    let refusal = Fault::status(401).resource_type(ResourceType::SmtpCredentials);
    cli.sim.faults().add(refusal);
    let audit = output(&mut on_instance(
        &cli,
        &["audit", "--auth", "instance-principal"],
    ));
    let printed = text(&audit.stdout);
    assert_eq!(status(&audit), Some(3), "{printed}");
    let tokens = requests_of_instance(&cli).into_iter();
    assert_eq!(tokens.filter(|target| target == "/v1/x509").count(), 1);
}

#[test]
fn profile_that_is_named_is_never_replaced_by_the_instance() {
    type Case<'a> = (
        &'a [&'a str],
        &'a [(&'a str, &'a str)],
        &'a [(&'a str, &'a str)],
        i32,
    );
    let config = "[DEFAULT]\nregion=us-phoenix-1\n";
    let rc = "[OCI_CLI_SETTINGS]\ndefault_profile=prod\n";
    // Arguments, variables, files in the home directory, exit status.
    let cases: [Case<'_>; 8] = [
        (
            &["audit"],
            &[("OCI_CONFIG_FILE", "/nowhere/config")],
            &[],
            1,
        ),
        (&["audit"], &[("OCI_CLI_USER", "ocid1.user.oc1..a")], &[], 1),
        (&["audit"], &[], &[(".oci/oci_cli_rc", rc)], 1),
        (
            &[
                "audit",
                "--auth",
                "instance-principal",
                "--profile",
                "nosuch",
            ],
            &[],
            &[(".oci/config", config)],
            2,
        ),
        (
            &["audit", "--auth", "instance-principal"],
            &[("OCI_CLI_PROFILE", "nosuch")],
            &[(".oci/config", config)],
            2,
        ),
        (
            &[
                "audit",
                "--auth",
                "instance-principal",
                "--config-file",
                "/nowhere",
            ],
            &[],
            &[],
            1,
        ),
        (
            &["audit", "--auth", "instance-principal"],
            &[],
            &[(".oci/config", "no section\n")],
            1,
        ),
        // Nobody named DEFAULT.
        (
            &["audit", "--auth", "instance-principal"],
            &[],
            &[(".oci/config", "[other]\nregion=x\n")],
            0,
        ),
    ];
    for (arguments, variables, files, expected) in cases {
        let cli = CommandLine::new(generated(3));
        let home = tempfile::tempdir().expect("a folder");
        for (name, content) in files {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        let mut command = on_instance(&cli, arguments);
        let audit = output(command.env("HOME", home.path()).envs(variables.to_vec()));
        let printed = text(&audit.stderr);
        assert_eq!(
            status(&audit),
            Some(expected),
            "{arguments:?} {variables:?}: {printed}"
        );
        assert_eq!(cli.sim.totals().requests > 0, expected == 0, "{printed}");
    }
}

#[test]
fn region_of_the_environment_wins_over_that_of_the_instance() {
    for arguments in [&["audit"][..], &["audit", "--auth", "instance-principal"]] {
        let cli = CommandLine::new(generated(3));
        let mut command = on_instance(&cli, arguments);
        let audit = output(command.env("OCI_CLI_REGION", "not a region"));
        let printed = text(&audit.stderr);
        assert_eq!(status(&audit), Some(2), "{printed}");
        assert!(
            printed.contains("OCI_CLI_REGION is `not a region`"),
            "{printed}"
        );
    }
}

#[test]
fn password_in_the_endpoint_of_the_auth_service_is_not_printed() {
    let cli = CommandLine::new(generated(1));
    let mut command = on_instance(&cli, &["audit", "--auth", "instance-principal"]);
    let url = "https://jane:hunter2@auth.example.com/v1/x509";
    let audit = output(command.env("OCI_CLI_FEDERATION_ENDPOINT", url));
    let printed = text(&audit.stderr);
    assert_eq!(status(&audit), Some(2), "{printed}");
    assert!(
        printed.contains("auth.example.com") && !printed.contains("hunter2"),
        "{printed}"
    );
}
