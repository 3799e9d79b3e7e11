//! What the command says about a refusal: by who refused and why, never by the status alone, and never in words of the function.

use std::os::unix::fs::PermissionsExt;

use tenancy_sim::{Fault, Service};

use crate::common::command_line::{CommandLine, output, text};
use crate::common::generated;

/// Words of the function, which help nobody on the command line.
const OF_THE_FUNCTION: [&str; 6] = [
    "subnet",
    "NAT gateway",
    "dynamic",
    "container",
    "the function",
    "FN_",
];
const STATEMENT: &str = "Allow group <your group> to ";
const BETWEEN: &str = "something between here and 127.0.0.1:";

/// What all lists of a domain answer, what the command then says, and what it does not.
struct Case {
    name: &'static str,
    fault: Fault,
    says: &'static [&'static str],
    never_says: &'static [&'static str],
}

fn json(status: u16, body: &str) -> Fault {
    Fault::status(status).body("application/json", body)
}

fn cases() -> Vec<Case> {
    let between = |name, fault| Case {
        name,
        fault,
        says: &[BETWEEN, "proxies (HTTPS_PROXY"],
        never_says: &[STATEMENT, "API key"],
    };
    let permission = |name, fault| Case {
        name,
        fault,
        says: &[STATEMENT],
        never_says: &[BETWEEN],
    };
    let page = "<html><body>Sign in</body></html>";
    vec![
        between("page on 401", Fault::html(401)),
        between("page on 403", Fault::html(403)),
        between("page on 404", Fault::html(404)),
        between("page on 407", Fault::html(407)),
        between("page on 400", Fault::html(400)),
        between(
            "network sign-in",
            Fault::redirect(302, "https://portal.example.com/?x=1"),
        ),
        between("page on 200", Fault::status(200).body("text/html", page)),
        between(
            "text on 403",
            Fault::status(403).body("text/plain", "Access denied"),
        ),
        between(
            "JSON of a gateway",
            json(404, r#"{"message":"no Route matched"}"#),
        ),
        between(
            "JSON with a number",
            json(403, r#"{"code":403,"message":"Forbidden"}"#),
        ),
        between(
            "JSON of a filter",
            json(403, r#"{"code":"BLOCKED_BY_POLICY","message":"x"}"#),
        ),
        permission("OCI 403", Fault::status(403)),
        permission("OCI 404", Fault::status(404)),
        permission(
            "SCIM 401",
            Fault::scim_error(401, "You are not authorized."),
        ),
        permission(
            "SCIM 403",
            Fault::scim_error(403, "You are not authorized."),
        ),
        permission("SCIM 404", Fault::scim_error(404, "Not found.")),
        Case {
            name: "another region",
            fault: json(
                403,
                r#"{"code":"NotAllowed","message":"Use the home region."}"#,
            ),
            says: &["NotAllowed"],
            never_says: &[STATEMENT, BETWEEN],
        },
        Case {
            name: "key",
            fault: Fault::status(401),
            says: &[
                "signed with the API key ",
                " of user ocid1.user.",
                " in tenancy ocid1.tenancy.",
                "a new key takes some minutes",
            ],
            never_says: &[STATEMENT, BETWEEN],
        },
        Case {
            name: "clock",
            fault: Fault::status(401).header("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
            says: &["s ahead of the service's", "set this computer's clock"],
            never_says: &[STATEMENT, BETWEEN, "API key"],
        },
    ]
}

#[test]
fn cause_decides_what_audit_and_check_say() {
    for case in cases() {
        let name = case.name;
        let cli = CommandLine::new(generated(3));
        cli.fault(case.fault.service(Service::IdentityDomain));
        let audit = cli.audit(&[]);
        let printed = text(&audit.stderr);
        assert_eq!(audit.status.code(), Some(1), "{name}: {printed}");
        let check = cli.check(&[]);
        let checked = text(&check.stdout);
        assert_eq!(check.status.code(), Some(1), "{name}: {checked}");
        // `check` wraps its lines.
        let checked = checked.split_whitespace().collect::<Vec<_>>().join(" ");
        for text in [&printed, &checked] {
            for said in case.says {
                assert!(text.contains(said), "{name}: `{said}` in {text}");
            }
            for never in case.never_says.iter().chain(&OF_THE_FUNCTION) {
                assert!(!text.contains(never), "{name}: `{never}` in {text}");
            }
        }
        let lists = printed.matches("domain Default").count();
        assert_eq!(lists, 1, "seven refusals are one line: {name}: {printed}");
        assert!(printed.contains("users, and all 6 types"), "{printed}");
        assert_eq!(
            checked.matches("Users, and all 6 types").count(),
            1,
            "{checked}"
        );
    }
}

#[test]
fn refusal_by_a_proxy_is_asked_once_per_list() {
    for fault in [Fault::html(401), Fault::html(403), Fault::html(407)] {
        let cli = CommandLine::new(generated(3));
        cli.fault(fault.service(Service::IdentityDomain));
        cli.audit(&[]);
        assert_eq!(cli.requests_to(Service::IdentityDomain), 7);
    }
}

#[test]
fn page_in_the_search_for_domains_needs_no_statement() {
    for status in [401, 403, 404, 407] {
        let cli = CommandLine::new(generated(3));
        cli.fault(Fault::html(status).service(Service::Identity));
        let audit = cli.audit(&[]);
        let printed = text(&audit.stderr);
        assert_eq!(audit.status.code(), Some(1), "{printed}");
        assert!(printed.contains(BETWEEN), "{printed}");
        assert!(!printed.contains("Allow "), "{printed}");
        assert_eq!(cli.requests_to(Service::IdentityDomain), 0);
    }
}

#[test]
fn expired_session_is_reported_before_any_request() {
    let cli = CommandLine::new(generated(3));
    // {"exp":1700000000}
    let token = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDAwMDB9.c2ln";
    let token = cli.write("expired", token).display().to_string();
    let config = std::fs::read_to_string(&cli.config_file).expect("a file");
    let edited: Vec<_> = config
        .lines()
        .map(|line| match line.split_once('=') {
            Some((key, _)) if key.trim() == "security_token_file" => format!("{key}={token}"),
            _ => line.to_owned(),
        })
        .collect();
    let path = cli.write("config", &edited.join("\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("own file");
    let path = path.display().to_string();
    for command in ["audit", "check"] {
        let arguments = [command, "--config-file", &path, "--profile", "SESSION"];
        let result = output(&mut cli.command(&arguments));
        let printed = text(&result.stderr);
        assert_eq!(result.status.code(), Some(1), "{printed}");
        let refresh = "oci session refresh --profile SESSION";
        assert!(printed.contains(refresh), "{printed}");
        assert!(
            printed.contains("expired at 2023-11-14T22:13:20Z"),
            "{printed}"
        );
        assert!(!printed.contains("eyJ"), "{printed}");
        assert_eq!(cli.sim.requests().len(), 0, "{command}");
    }
}

#[test]
fn pasted_path_of_console_or_api_is_dropped_with_a_notice() {
    let cli = CommandLine::new(generated(3));
    let url = cli.sim.domain_url("Default");
    for path in [
        "/ui/v1/adminconsole",
        "/ui/v1/myconsole?root=my-info#home",
        "/admin/v1",
        "/admin/v1/",
        "/admin/v1/Users?count=1",
    ] {
        let pasted = format!("{url}{path}");
        let flag = cli.audit(&["--domain-url", &pasted]);
        let setting = output(
            cli.audit_command(&["--as-of", crate::common::AS_OF])
                .env("AUDIT_DOMAIN_URLS", &pasted),
        );
        for audit in [flag, setting] {
            let printed = text(&audit.stderr);
            assert_eq!(audit.status.code(), Some(0), "{path}: {printed}");
            let notice = format!("its base URL is {url}");
            assert_eq!(printed.matches(&notice).count(), 1, "{path}: {printed}");
        }
    }
    let plain = cli.audit(&["--domain-url", &url]);
    assert!(!text(&plain.stderr).contains("dropped"));
}

#[test]
fn key_of_the_bucket_is_granted_to_object_storage() {
    let cli = CommandLine::new(generated(3));
    let body = r#"{"code":"NotAuthorizedOrFoundKmsKey","message":"x"}"#;
    cli.fault(
        json(404, body)
            .service(Service::ObjectStorage)
            .method("PUT"),
    );
    let check = cli.check_with_bucket_and_topic(&["--send"]);
    let printed = text(&check.stdout);
    assert_eq!(check.status.code(), Some(3), "{printed}");
    assert!(
        printed.contains("\nAllow service objectstorage-<the bucket's region> to use keys in "),
        "{printed}"
    );
    assert!(!printed.contains("manage objects"), "{printed}");
}

#[test]
fn proxy_before_the_bucket_needs_no_statement() {
    for status in [401, 403, 404, 407] {
        let cli = CommandLine::new(generated(3));
        cli.fault(Fault::html(status).service(Service::ObjectStorage));
        let printed = text(&cli.check_with_bucket_and_topic(&["--send"]).stdout);
        let joined = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(BETWEEN), "{printed}");
        assert!(!joined.contains("Allow "), "{printed}");
        for word in OF_THE_FUNCTION {
            assert!(!joined.contains(word), "{word}: {printed}");
        }
    }
}
