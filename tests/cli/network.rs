//! How requests leave the machine: proxies, connections that fail, and regions that are not in the list.
//!
//! `.ci/run network` does the same through a real proxy and over TLS.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::command_line::{CommandLine, output, text};
use crate::common::generated;

/// A server that reads the beginning of each connection, gives one answer and closes it.
struct ScriptedServer {
    port: u16,
    received: Arc<Mutex<Vec<String>>>,
}

impl ScriptedServer {
    fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let received: Arc<Mutex<Vec<String>>> = Arc::default();
        let heads = Arc::clone(&received);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let head = answer_to(connection, answer);
                heads.lock().expect("no panic").push(head);
            }
        });
        Self { port, received }
    }

    fn received(&self) -> Vec<String> {
        self.received.lock().expect("no panic").clone()
    }
}

fn answer_to(mut connection: TcpStream, answer: &str) -> String {
    let timeout = Some(Duration::from_secs(5));
    connection.set_read_timeout(timeout).expect("a socket");
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    // A request for a tunnel ends with an empty line. The beginning of TLS is binary.
    while let Ok(length @ 1..) = connection.read(&mut buffer) {
        head.extend_from_slice(&buffer[..length]);
        if !head.starts_with(b"CONNECT") || head.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let _ = connection.write_all(answer.as_bytes());
    String::from_utf8_lossy(&head).into_owned()
}

/// An audit of one type in a domain that is on another machine, which has no address.
fn audit_of_another_machine(cli: &CommandLine, variables: &[(&str, String)]) -> Output {
    let mut command = cli.audit_command(&["--type", "api_keys"]);
    command
        .env("AUDIT_DOMAIN_URLS", "https://d.example.invalid")
        .env("AUDIT_ALLOWED_DOMAIN_HOSTS", "example.invalid");
    run_with(command, variables)
}

fn run_with(mut command: Command, variables: &[(&str, String)]) -> Output {
    for (name, value) in variables {
        command.env(name, value);
    }
    output(&mut command)
}

const TUNNEL: &str = "CONNECT d.example.invalid:443 HTTP/1.1\r\nHost: d.example.invalid:443\r\n";

#[test]
fn proxy_that_wants_a_password_is_named_without_it() {
    let cli = CommandLine::new(generated(3));
    for (variable, user, authorization) in [
        ("HTTPS_PROXY", "", ""),
        // jane:secret
        ("https_proxy", "jane:secret@", "amFuZTpzZWNyZXQ="),
        // jane:s/e@t
        ("ALL_PROXY", "jane:s%2Fe%40t@", "amFuZTpzL2VAdA=="),
        ("all_proxy", "jane@", "amFuZTo="),
    ] {
        let proxy = ScriptedServer::start("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        let address = format!("127.0.0.1:{}", proxy.port);
        let audit = audit_of_another_machine(
            &cli,
            &[
                (variable, format!("http://{user}{address}")),
                ("AUDIT_LOG_LEVEL", "trace".to_owned()),
            ],
        );
        let printed = text(&audit.stderr);
        assert_eq!(audit.status.code(), Some(1), "{printed}");
        for expected in ["407", variable, &address] {
            assert!(printed.contains(expected), "{expected}: {printed}");
        }
        for secret in ["secret", "s%2Fe", "s/e@t", "jane", "amFuZT", "NAT gateway"] {
            assert!(!printed.contains(secret), "{secret}: {printed}");
        }
        let head = match authorization {
            "" => format!("{TUNNEL}\r\n"),
            pair => format!("{TUNNEL}Proxy-Authorization: Basic {pair}\r\n\r\n"),
        };
        // Users and one type, none of them again.
        assert_eq!(proxy.received(), [head.clone(), head]);
    }
}

#[test]
fn loopback_never_goes_through_a_proxy() {
    let cli = CommandLine::new(generated(3));
    let proxy = ScriptedServer::start("HTTP/1.1 403 Forbidden\r\n\r\n");
    let names = [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ];
    let variables = names.map(|name| (name, format!("http://127.0.0.1:{}", proxy.port)));
    let audit = run_with(cli.audit_command(&[]), &variables);
    assert_eq!(audit.status.code(), Some(0), "{}", text(&audit.stderr));
    assert_eq!(proxy.received(), [""; 0]);
}

#[test]
fn exempt_host_is_connected_to_directly() {
    let cli = CommandLine::new(generated(3));
    for (no_proxy, is_exempt) in [
        ("d.example.invalid:8443,example.com", false),
        (".example.invalid", true),
    ] {
        let proxy = ScriptedServer::start("HTTP/1.1 407 No\r\n\r\n");
        let audit = audit_of_another_machine(
            &cli,
            &[
                ("HTTPS_PROXY", format!("127.0.0.1:{}", proxy.port)),
                ("NO_PROXY", no_proxy.to_owned()),
            ],
        );
        let printed = text(&audit.stderr);
        assert_eq!(audit.status.code(), Some(1), "{printed}");
        assert_eq!(proxy.received().is_empty(), is_exempt, "{no_proxy}");
        let in_dns = printed.contains("host name of d.example.invalid:443 has no address in DNS");
        assert_eq!(in_dns, is_exempt, "{printed}");
        assert!(!printed.contains("dns error"), "{printed}");
    }
}

#[test]
fn invalid_network_setting_is_named_before_any_request() {
    let cli = CommandLine::new(generated(3));
    let no_roots = cli.write("empty.pem", "").display().to_string();
    for (variable, value, status, expected) in [
        (
            "HTTPS_PROXY",
            "socks5://jane:secret@p:1080",
            2,
            "must start with http://",
        ),
        (
            "all_proxy",
            "http://jane:secret@p:1/path",
            2,
            "must end with its host and port",
        ),
        (
            "https_proxy",
            "http://jane:secret@p:99999",
            2,
            "is not a URL",
        ),
        ("SSL_CERT_FILE", "/does/not/exist.pem", 1, "cannot be read"),
        ("SSL_CERT_FILE", &no_roots, 1, "contains no certificate"),
        (
            "AUDIT_EXTRA_CA_FILE",
            &no_roots,
            1,
            "contains no certificate",
        ),
    ] {
        let audit = run_with(cli.audit_command(&[]), &[(variable, value.to_owned())]);
        let printed = text(&audit.stderr);
        assert_eq!(audit.status.code(), Some(status), "{printed}");
        assert!(
            printed.contains(variable) && printed.contains(expected),
            "{printed}"
        );
        assert!(
            !printed.contains("jane") && !printed.contains("secret"),
            "{printed}"
        );
    }
    assert_eq!(cli.sim.requests().len(), 0);
}

#[test]
fn connection_that_fails_names_host_and_port_in_words_of_its_own() {
    let cli = CommandLine::new(generated(3));
    let plain = ScriptedServer::start("HTTP/1.1 400 Bad Request\r\n\r\n");
    let closing = ScriptedServer::start("");
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let unused = free.local_addr().expect("an address").port();
    drop(free);
    for (port, expected) in [
        (unused, "127.0.0.1:{port} refused it"),
        (plain.port, "TLS with 127.0.0.1:{port} failed"),
        (
            closing.port,
            "127.0.0.1:{port} closed it before a request was sent",
        ),
    ] {
        let mut command = cli.audit_command(&["--type", "api_keys"]);
        command.env("AUDIT_DOMAIN_URLS", format!("https://127.0.0.1:{port}"));
        let audit = output(&mut command);
        let printed = text(&audit.stderr);
        assert_eq!(audit.status.code(), Some(1), "{printed}");
        let expected = expected.replace("{port}", &port.to_string());
        assert!(printed.contains(&expected), "{expected}: {printed}");
        for raw in ["error trying to connect", "tcp connect error", "os error"] {
            assert!(!printed.contains(raw), "{printed}");
        }
    }
}

#[test]
fn region_that_is_not_in_the_list_is_named_or_described() {
    let cli = CommandLine::new(generated(3));
    let described = r#"{"realmKey":"oc99","realmDomainComponent":"example-cloud.com","regionKey":"XNW","regionIdentifier":"xx-filed-1"}"#;
    std::fs::create_dir(cli.path(".oci")).expect("a folder");
    cli.write(".oci/regions-config.json", &format!("[{described}]"));
    let in_variable = described.replace("xx-filed-1", "xx-given-1");
    let unknown = "is not known";
    let domains = cli.setting("AUDIT_DOMAIN_URLS").expect("domains");
    for (region, variable, value, status, expected) in [
        (
            "us-ashbrun-1",
            "",
            "",
            0,
            "region `us-ashbrun-1` is not known; did you mean us-ashburn-1?",
        ),
        ("eu-frankfort-1", "", "", 0, "did you mean eu-frankfurt-1?"),
        (
            "xx-given-1",
            "OCI_REGION_METADATA",
            "{not JSON",
            0,
            "OCI_REGION_METADATA was ignored",
        ),
        ("xx-given-1", "OCI_REGION_METADATA", &*in_variable, 0, ""),
        (
            "XX-Given-1",
            "OCI_DEFAULT_REALM",
            "example-cloud.com",
            0,
            "",
        ),
        ("xx-filed-1", "", "", 0, ""),
        ("xnw", "", "", 0, ""),
        ("xx-full-1.example-cloud.com", "", "", 0, ""),
        ("ashburn", "", "", 2, "is `ashburn`; expected a region"),
        ("us-ashburn", "", "", 2, "did you mean us-ashburn-1?"),
        ("us_ashburn_1", "", "", 2, "expected a region"),
        (
            "xx-given-1",
            "OCI_DEFAULT_REALM",
            "oc19",
            2,
            "OCI_DEFAULT_REALM is `oc19`; expected the domain of a realm",
        ),
    ] {
        let before = cli.sim.requests().len();
        let mut command = cli.audit_command(&["--type", "api_keys"]);
        // The simulator's IAM answers in its own region alone.
        command
            .env("OCI_CLI_REGION", region)
            .env("AUDIT_DOMAIN_URLS", &domains);
        if !variable.is_empty() {
            command.env(variable, value);
        }
        let audit = output(&mut command);
        let printed = text(&audit.stderr);
        assert_eq!(audit.status.code(), Some(status), "{region}: {printed}");
        assert!(printed.contains(expected), "{region}: {printed}");
        let has_notice = printed.contains(unknown);
        assert_eq!(has_notice, status == 0 && !expected.is_empty(), "{printed}");
        assert_eq!(cli.sim.requests().len() == before, status == 2, "{region}");
    }
}
