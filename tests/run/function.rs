//! The function from the outside: started as the platform starts it, invoked through its socket, against a simulated tenancy.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up has to fail"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the tests replace the files of the resource principal"
)]

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use credential_audit::credential_type::CREDENTIAL_TYPES;
use serde_json::{Value, json};
use tempfile::TempDir;
use tenancy_sim::agent::{Agent, Answer, Call, Options};
use tenancy_sim::{Effect, Fault, Previous, ResourceType, Service, Tenancy, TenancySim};

const AS_OF: &str = "2026-01-15T06:00:00Z";

/// A tenancy, and the function in front of it.
struct Deployed {
    sim: TenancySim,
    agent: Agent,
    principal: TempDir,
}

impl Deployed {
    async fn new(tenancy: Tenancy, further: &[(&str, &str)]) -> Self {
        Self::with(tenancy, |settings| {
            for (name, value) in further {
                settings.insert((*name).to_owned(), (*value).to_owned());
            }
        })
        .await
    }

    async fn with(tenancy: Tenancy, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Self {
        let sim = tenancy.start().expect("free ports");
        let readable = Permissions::from_mode(0o755);
        let principal = tempfile::Builder::new()
            .permissions(readable)
            .tempdir()
            .expect("a directory");
        let mut settings: BTreeMap<_, _> = sim
            .environment(principal.path())
            .expect("files")
            .into_iter()
            .collect();
        settings.insert("AUDIT_RATE_LIMIT".to_owned(), "off".to_owned());
        change(&mut settings);
        let options = Options {
            timeout: Duration::from_secs(60),
            ..Options::default()
        };
        let agent = Agent::start([env!("CARGO_BIN_EXE_credential-audit")], settings, options)
            .await
            .expect("the socket opens whatever the settings are");
        Self {
            sim,
            agent,
            principal,
        }
    }

    async fn invoke(&self, body: &str) -> Answer {
        self.agent.invoke(Call::new(body.to_owned())).await
    }

    async fn summary(&self, body: &str) -> Value {
        let answer = self.invoke(body).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", self.agent.stderr());
        serde_json::from_str(&answer.text()).expect("the answer is JSON")
    }

    fn scim_requests(&self) -> usize {
        self.sim
            .requests()
            .iter()
            .filter(|request| request.service == Service::IdentityDomain)
            .count()
    }

    /// What was stored below the run's folder, and what was published, in order.
    fn effects(&self) -> Vec<String> {
        let name = |effect: &Effect| match effect {
            Effect::Stored { object, .. } => {
                object.rsplit('/').next().unwrap_or_default().to_owned()
            }
            Effect::Published { .. } => "publish".to_owned(),
        };
        self.sim.effects().iter().map(name).collect()
    }

    fn stored(&self, name: &str) -> String {
        let objects = self.sim.bucket(self.sim.bucket_name()).objects();
        let (_, object) = objects
            .iter()
            .find(|(object, _)| object.ends_with(name))
            .expect(name);
        String::from_utf8(object.body.to_vec()).expect("reports are UTF-8")
    }
}

#[tokio::test]
async fn a_proxy_that_echoes_our_authorization_gets_no_token_into_log_manifest_or_digest() {
    let function = Deployed::new(generated(5), &[("AUDIT_NOTIFY", "always")]).await;
    let token = std::fs::read_dir(function.principal.path())
        .expect("a directory")
        .filter_map(|file| std::fs::read_to_string(file.expect("a file").path()).ok())
        .find(|text| text.trim().starts_with("eyJ"))
        .expect("a token");
    let page = format!(
        "<html>Forbidden. You sent: authorization: Signature algorithm=\"rsa-sha256\",keyId=\"ST${}\"</html>",
        token.trim()
    );
    let echo = Fault::status(403).body("text/html", &page);
    function
        .sim
        .faults()
        .add(echo.resource_type(ResourceType::ApiKeys));
    let summary = function.summary("").await;
    assert_eq!(summary["verdict"], "PARTIAL");
    let mut texts = vec![
        function.agent.stderr(),
        summary.to_string(),
        function.stored("/manifest.json"),
    ];
    texts.extend(function.sim.messages().into_iter().map(|it| it.body));
    assert_eq!(texts.len(), 4);
    for text in texts {
        assert!(text.contains("[redacted]"), "{text}");
        assert!(!text.contains("ST$") && !text.contains("eyJ"), "{text}");
    }
}

fn generated(users: usize) -> Tenancy {
    Tenancy::generated(users, 1, AS_OF.parse().expect("an instant"))
}

fn judged_at(as_of: &str) -> String {
    json!({"audit": {"as_of": as_of}}).to_string()
}

#[tokio::test]
async fn a_scheduled_run_reads_stores_publishes_and_answers() {
    let deployed = Deployed::new(generated(60), &[]).await;
    let summary = deployed.summary(&judged_at(AS_OF)).await;

    assert_eq!(
        deployed.scim_requests(),
        7,
        "the scripts need 1 + 6 requests a user"
    );
    assert!(
        deployed.sim.totals().rejections.is_empty(),
        "{:?}",
        deployed.sim.totals().rejections
    );
    assert_eq!(deployed.sim.totals().secrets_served, 0);

    let mut effects = deployed.effects();
    effects[..2].sort_unstable();
    effects[2..5].sort_unstable();
    assert_eq!(
        effects,
        [
            "expiry-Default.csv",
            "usage-Default.csv",
            "credentials.csv",
            "findings.jsonl",
            "report.html",
            "manifest.json",
            "publish",
            "delivered.json"
        ]
    );
    let run_id = summary["run_id"].as_str().expect("a run id");
    let folder = format!("credential-audit/2026/01/15/{run_id}/");
    let objects = deployed.sim.bucket(deployed.sim.bucket_name()).objects();
    assert!(
        objects.keys().all(|name| name.starts_with(&folder)),
        "{:?}",
        objects.keys()
    );
    assert!(
        objects.values().all(|object| object.if_none_match_sent),
        "nothing may be overwritten"
    );

    assert_eq!(summary["verdict"], "COMPLETE");
    assert_eq!(summary["domains"][0]["users"], 60);
    let directory = deployed.sim.directory("Default");
    assert_eq!(summary["credentials"], directory.credential_count());
    for row in &CREDENTIAL_TYPES {
        let coverage = &summary["domains"][0]["coverage"][row.name];
        assert_eq!(coverage["read"], coverage["expected"], "{}", row.name);
        assert_eq!(
            (&coverage["mode"], &coverage["cross_check"]),
            (&json!("bulk"), &json!("ok"))
        );
    }
    let manifest: Value = serde_json::from_str(&deployed.stored("manifest.json")).expect("JSON");
    let named: Vec<_> = manifest["objects"]
        .as_array()
        .expect("objects")
        .iter()
        .map(|object| &object["name"])
        .collect();
    assert_eq!(named.len(), 5);
    for object in manifest["objects"].as_array().expect("objects") {
        let stored = &objects[object["name"].as_str().expect("a name")];
        assert_eq!(object["bytes"], stored.body.len());
    }
    let message = &deployed.sim.messages()[0];
    assert_eq!(summary["notification"]["message_id"], message.id.as_str());
    let overdue = summary["overdue"].as_u64().expect("a count");
    assert!(
        message
            .title
            .as_deref()
            .unwrap_or_default()
            .contains(&format!("{overdue} OVERDUE"))
    );
}

#[tokio::test]
async fn a_domain_takes_one_request_for_each_thousand_rows_and_no_other() {
    let deployed = Deployed::new(generated(2_100), &[]).await;
    deployed.summary("").await;
    let directory = deployed.sim.directory("Default");
    let lists = [directory.users().len()].into_iter().chain(
        tenancy_sim::ResourceType::CREDENTIALS
            .map(|credential_type| directory.credentials(credential_type).len()),
    );
    let expected: usize = lists.map(|rows| rows.div_ceil(1000).max(1)).sum();
    assert!(expected > 20);
    assert_eq!(deployed.scim_requests(), expected);
}

#[tokio::test]
async fn what_the_scripts_never_see_costs_no_request_to_a_domain() {
    let every = ("AUDIT_REPORTS", "expiry,usage,credentials,ocsf,calendar");
    let deployed = Deployed::new(generated(60), &[every]).await;
    let summary = deployed.summary(&judged_at(AS_OF)).await;
    assert_eq!(deployed.scim_requests(), 7);
    assert_eq!(deployed.sim.totals().secrets_served, 0);

    let directory = deployed.sim.directory("Default");
    let manifest: Value = serde_json::from_str(&deployed.stored("manifest.json")).expect("JSON");
    let control = |number: &str| {
        let controls = manifest["controls"].as_array().expect("controls").iter();
        let mut found = controls.filter(|control| control["control"] == number);
        found.next().cloned().expect(number)
    };
    let administrators = directory.users().iter().filter(|user| user.administrator);
    assert!(administrators.clone().count() > 0);
    assert_eq!(control("1.12")["total"], administrators.count());
    for (number, credential_type) in [
        ("1.8", "api_keys"),
        ("1.9", "customer_secret_keys"),
        ("1.10", "auth_tokens"),
        ("1.11", "db_credentials"),
    ] {
        let read = &summary["domains"][0]["coverage"][credential_type]["read"];
        assert_eq!(&control(number)["total"], read, "{number}");
    }
    assert_ne!(control("1.16")["status"], "not_assessable");

    let rows = deployed.stored("credentials.csv");
    assert!(rows.contains("user administers the tenancy"));
    assert!(rows.contains("user has not signed in for 90 days"));
    let findings = deployed.stored("findings.ocsf.json");
    for line in findings.lines() {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(line["class_uid"], 2003);
    }
    assert!(findings.lines().count() >= deployed.stored("findings.jsonl").lines().count());
    assert!(deployed.stored("rotate-by.ics").contains("BEGIN:VEVENT"));
    assert_eq!(manifest["objects"].as_array().map(Vec::len), Some(6));
    let digest = &deployed.sim.messages()[0].body;
    assert!(digest.contains("CAPABILITIES NEVER USED: ") && digest.contains("  ADMIN"));
}

#[tokio::test]
async fn every_domain_of_the_tenancy_is_found_and_read() {
    let as_of = AS_OF.parse().expect("an instant");
    let compartment = tenancy_sim::Compartment::named("dev");
    let tenancy = generated(5)
        .subscribed_to("eu-frankfurt-1")
        .domain(
            tenancy_sim::Domain::generated("Dev", 3, 2, as_of)
                .in_compartment(&compartment)
                .listed_in(&["eu-frankfurt-1"]),
        )
        .compartment(compartment);
    let deployed = Deployed::with(tenancy, |settings| {
        settings.remove("AUDIT_DOMAIN_URLS");
    })
    .await;
    let summary = deployed.summary("").await;
    assert_eq!(summary["verdict"], "COMPLETE");
    let names: Vec<_> = summary["domains"]
        .as_array()
        .expect("domains")
        .iter()
        .map(|domain| domain["name"].clone())
        .collect();
    assert_eq!(names, ["Default", "Dev"]);
    assert!(deployed.stored("expiry-Dev.csv").starts_with("user_name,"));
}

#[tokio::test]
async fn text_that_would_be_a_formula_is_neutralised_in_every_csv() {
    let deployed = Deployed::new(generated(60), &[]).await;
    deployed.summary("").await;
    for name in ["expiry-Default.csv", "usage-Default.csv", "credentials.csv"] {
        let content = deployed.stored(name);
        let mut reader = csv::ReaderBuilder::new().from_reader(content.as_bytes());
        let texts: Vec<_> = reader
            .headers()
            .expect("a header")
            .iter()
            .map(|column| {
                [
                    "user_name",
                    "domain",
                    "user_email",
                    "label",
                    "credential_id",
                    "user_ocid",
                    "note",
                ]
                .contains(&column)
            })
            .collect();
        let mut neutralised = 0;
        for row in reader.records() {
            let row = row.expect("a row");
            for (cell, _) in row.iter().zip(&texts).filter(|(_, is_text)| **is_text) {
                assert!(
                    !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                    "{name}: {cell}"
                );
                neutralised += usize::from(cell.starts_with("'="));
            }
        }
        assert!(neutralised > 0, "{name} has no name that needs it");
    }
}

#[tokio::test]
async fn no_secret_appears_in_any_log_whatever_happens() {
    let deployed = Deployed::new(generated(60), &[("AUDIT_LOG_LEVEL", "trace")]).await;
    deployed.summary("").await;
    let key =
        std::fs::read_to_string(deployed.principal.path().join("private.pem")).expect("the key");
    let token = std::fs::read_to_string(deployed.principal.path().join("rpst")).expect("the token");
    deployed.sim.revoke_resource_principal();
    assert_eq!(deployed.invoke("").await.status.as_u16(), 502);
    std::fs::write(deployed.principal.path().join("private.pem"), "no key\n").expect("written");
    assert_eq!(deployed.invoke("").await.status.as_u16(), 502);

    let log = format!("{}{}", deployed.agent.stdout(), deployed.agent.stderr());
    assert!(log.contains("\"level\":\"DEBUG\""), "trace is on");
    let token_parts = token.trim().split('.').filter(|part| part.len() > 20);
    let key_lines = key.lines().filter(|line| !line.starts_with("-----"));
    for secret in token_parts
        .chain(key_lines)
        .chain(["SECRET-", "ST$", "Signature algorithm"])
    {
        assert!(!log.contains(secret), "the log holds {secret:.20}…");
    }
    assert!(
        log.lines()
            .filter(|line| line.starts_with('{'))
            .all(|line| serde_json::from_str::<Value>(line).is_ok())
    );
}

#[tokio::test]
async fn user_names_are_not_logged_at_info() {
    let deployed = Deployed::new(generated(60), &[]).await;
    deployed.summary("").await;
    let log = deployed.agent.stderr();
    assert!(log.contains("read and judged"));
    for user in deployed.sim.directory("Default").users() {
        assert!(!log.contains(user.user_name()), "{}", user.user_name());
    }
}

#[tokio::test]
async fn each_wrong_setting_fails_the_call_and_is_named_and_nothing_is_done() {
    let cases = [
        ("AUDIT_BUCKET", "", "AUDIT_BUCKET is not set"),
        ("AUDIT_TOPIC_ID", "", "AUDIT_TOPIC_ID is not set"),
        (
            "AUDIT_TOPIC_ID",
            "my-topic",
            "AUDIT_TOPIC_ID is `my-topic`; expected the OCID of a Notifications topic",
        ),
        (
            "AUDIT_DOMAIN_URLS",
            "https://idcs-1.example.com",
            "AUDIT_DOMAIN_URLS is `https://idcs-1.example.com`; expected a host of the form idcs-<id>.identity.oraclecloud.com",
        ),
        (
            "AUDIT_DOMAIN_URLS",
            "http://idcs-1.identity.oraclecloud.com",
            "must begin with https://",
        ),
        ("AUDIT_DOMAIN_URLS", "Default", "is no URL"),
        (
            "AUDIT_ROTATION_DAYS",
            "soon",
            "AUDIT_ROTATION_DAYS is `soon`; expected a whole number of days",
        ),
        ("AUDIT_ROTATION_DAYS", "0", "AUDIT_ROTATION_DAYS is `0`"),
        (
            "AUDIT_WARNING_DAYS",
            "90",
            "AUDIT_WARNING_DAYS is `90`; expected fewer days than AUDIT_ROTATION_DAYS, which is 90",
        ),
        (
            "AUDIT_ROTATION_DAYS_API_KEYS",
            "30",
            "AUDIT_WARNING_DAYS_API_KEYS is `75`; expected fewer days than AUDIT_ROTATION_DAYS_API_KEYS, which is 30",
        ),
        (
            "AUDIT_CREDENTIAL_TYPES",
            "api_keys,passwords",
            "AUDIT_CREDENTIAL_TYPES is `passwords`; expected a comma list of some of api_keys",
        ),
        ("AUDIT_REPORTS", "pdf", "AUDIT_REPORTS is `pdf`"),
        ("AUDIT_NOTIFY", "sometimes", "AUDIT_NOTIFY is `sometimes`"),
        (
            "AUDIT_DIGEST_NAMES",
            "some",
            "AUDIT_DIGEST_NAMES is `some`; expected full, masked or none",
        ),
        ("AUDIT_RATE_LIMIT", "fast", "AUDIT_RATE_LIMIT is `fast`"),
        (
            "AUDIT_ALLOWED_DOMAIN_HOSTS",
            "com",
            "AUDIT_ALLOWED_DOMAIN_HOSTS is `com`",
        ),
        (
            "AUDIT_OBJECT_PREFIX",
            "../x",
            "AUDIT_OBJECT_PREFIX is `../x`",
        ),
        (
            "AUDIT_IDENTITY_ENDPOINT",
            "identity",
            "AUDIT_IDENTITY_ENDPOINT is `identity`",
        ),
        (
            "AUDIT_OBJECT_STORAGE_ENDPOINT",
            "http://example.com",
            "AUDIT_OBJECT_STORAGE_ENDPOINT is `http://example.com`",
        ),
        (
            "AUDIT_NOTIFICATIONS_ENDPOINT",
            "https://u:p@example.com",
            "AUDIT_NOTIFICATIONS_ENDPOINT is",
        ),
        (
            "AUDIT_EXTRA_CA_FILE",
            "/does/not/exist.pem",
            "AUDIT_EXTRA_CA_FILE: `/does/not/exist.pem` cannot be read",
        ),
        (
            "AUDIT_LOG_LEVEL",
            "loud",
            "AUDIT_LOG_LEVEL is `loud`; expected error, warn, info, debug or trace",
        ),
        (
            "OCI_RESOURCE_PRINCIPAL_VERSION",
            "3.0",
            "OCI_RESOURCE_PRINCIPAL_VERSION",
        ),
        (
            "OCI_RESOURCE_PRINCIPAL_RPST",
            "",
            "OCI_RESOURCE_PRINCIPAL_RPST",
        ),
        (
            "OCI_RESOURCE_PRINCIPAL_REGION",
            "",
            "OCI_RESOURCE_PRINCIPAL_REGION",
        ),
        (
            "AUDIT_EXCEPTIONS_OBJECT",
            "credential-audit/exceptions.json",
            "AUDIT_EXCEPTIONS_OBJECT is `credential-audit/exceptions.json`; expected an object outside of the prefix",
        ),
        (
            "AUDIT_EXCEPTIONS_BUCKET",
            "elsewhere",
            "AUDIT_EXCEPTIONS_OBJECT is not set",
        ),
    ];
    for (setting, value, expected) in cases {
        let deployed = Deployed::new(generated(3), &[(setting, value)]).await;
        let answer = deployed.invoke("").await;
        let log = deployed.agent.stderr().replace("\\\"", "\"");
        assert_eq!(
            answer.function_status.map(|status| status.as_u16()),
            Some(502),
            "{setting}={value}: {log}"
        );
        assert!(log.contains(expected), "{setting}={value}: {log}");
        assert!(deployed.effects().is_empty(), "{setting}={value}");
        assert_eq!(deployed.scim_requests(), 0, "{setting}={value}");
    }
}

#[tokio::test]
async fn all_wrong_settings_are_reported_at_once() {
    let wrong = [
        ("AUDIT_BUCKET", ""),
        ("AUDIT_ROTATION_DAYS", "x"),
        ("AUDIT_NOTIFY", "y"),
        ("OCI_RESOURCE_PRINCIPAL_RPST", ""),
    ];
    let deployed = Deployed::new(generated(3), &wrong).await;
    assert_eq!(deployed.invoke("").await.status.as_u16(), 502);
    let log = deployed.agent.stderr();
    for (setting, _) in wrong {
        assert!(log.contains(setting), "{setting}: {log}");
    }
}

#[tokio::test]
async fn each_wrong_word_of_an_invocation_fails_the_call_and_is_named() {
    let deployed = Deployed::new(generated(3), &[]).await;
    let cases = [
        (r#"{"audit":{"dryrun":true}}"#, "`audit.dryrun` is no field"),
        (r#"{"audit":{"dry_run":"true"}}"#, "`audit.dry_run`"),
        (r#"{"audit":{"as_of":"tomorrow"}}"#, "`audit.as_of`"),
        (
            r#"{"audit":{"credential_types":["keys"]}}"#,
            "`audit.credential_types`",
        ),
        (
            r#"{"audit":{"domain_urls":["https://example.com"]}}"#,
            "audit.domain_urls is `https://example.com`; expected a host of the form",
        ),
        (r#"{"audit":[]}"#, "`audit` is a list"),
        (r#"{"dry_run":true}"#, "outside of `audit`"),
    ];
    for (body, expected) in cases {
        assert_eq!(deployed.invoke(body).await.status.as_u16(), 502, "{body}");
        let log = deployed.agent.stderr().replace("\\\"", "\"");
        assert!(log.contains(expected), "{body}: {log}");
    }
    assert!(deployed.effects().is_empty());
    assert_eq!(deployed.scim_requests(), 0);
    assert_eq!(
        deployed.invoke("").await.status.as_u16(),
        200,
        "the next call works"
    );
}

#[tokio::test]
async fn bodies_that_are_not_for_us_are_a_plain_run() {
    let deployed = Deployed::new(generated(3), &[]).await;
    for body in [
        "",
        "{}",
        "[1,2]",
        "not json",
        "\u{0}\u{1}",
        r#"{"eventType":"com.oraclecloud.x","data":{}}"#,
    ] {
        assert_eq!(
            deployed.summary(body).await["verdict"],
            "COMPLETE",
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_digest_of_ours_as_invocation_does_nothing() {
    let deployed = Deployed::new(generated(3), &[("AUDIT_NOTIFY", "always")]).await;
    deployed.summary("").await;
    let digest = deployed.sim.messages()[0].body.clone();
    deployed.sim.reset_journal();
    let answer = deployed.invoke(&digest).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (200, r#"{"skipped":"own digest"}"#)
    );
    assert_eq!(deployed.sim.totals().requests, 0);
}

#[tokio::test]
async fn a_dry_run_answers_and_changes_nothing() {
    let deployed = Deployed::new(generated(60), &[]).await;
    let summary = deployed.summary(r#"{"audit":{"dry_run":true}}"#).await;
    assert!(summary["overdue"].as_u64() > Some(0));
    assert_eq!(summary["objects"], json!([]));
    assert!(deployed.effects().is_empty());
    let other = deployed
        .sim
        .requests()
        .iter()
        .filter(|request| request.service == Service::ObjectStorage)
        .count();
    assert_eq!(other, 0, "not even the namespace is asked for");
}

#[tokio::test]
async fn a_narrowed_and_a_what_if_run_say_so() {
    let deployed = Deployed::new(generated(60), &[]).await;
    let body = r#"{"audit":{"credential_types":["api_keys"],"as_of":"2030-12-31T00:00:00Z"}}"#;
    let summary = deployed.summary(body).await;
    assert_eq!(deployed.scim_requests(), 2);
    assert_eq!(
        summary["domains"][0]["coverage"]["smtp_credentials"]["left_out"],
        true
    );
    let message = &deployed.sim.messages()[0];
    let title = message.title.clone().unwrap_or_default();
    assert!(
        message.body.contains("WHAT-IF 2030-12-31") || title.contains("WHAT-IF 2030-12-31"),
        "{title}\n{}",
        message.body
    );
    assert!(message.body.contains("SCOPED") || title.contains("SCOPED"));
    assert!(deployed.stored("usage-Default.csv").contains("NOT READ"));
    let folders = deployed.sim.bucket(deployed.sim.bucket_name()).names();
    assert!(folders[0].starts_with("credential-audit/2030/12/31/"));
}

#[tokio::test]
async fn an_expired_token_fails_the_run_and_is_named() {
    let deployed = Deployed::new(generated(3), &[]).await;
    deployed
        .sim
        .renew_resource_principal(Duration::ZERO, Previous::Revoked)
        .expect("renewed");
    assert_eq!(deployed.invoke("").await.status.as_u16(), 502);
    let log = deployed.agent.stderr();
    assert!(log.contains("the session token expired at"), "{log}");
    assert!(deployed.effects().is_empty());
}

#[tokio::test]
async fn an_unreadable_key_fails_the_run_and_is_named() {
    let deployed = Deployed::new(generated(3), &[]).await;
    std::fs::write(
        deployed.principal.path().join("private.pem"),
        "-----BEGIN NOTHING-----\n",
    )
    .expect("written");
    assert_eq!(deployed.invoke("").await.status.as_u16(), 502);
    let log = deployed.agent.stderr();
    assert!(log.contains("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"), "{log}");
    assert!(deployed.effects().is_empty());
    assert_eq!(deployed.sim.totals().requests, 0);
}

#[tokio::test]
async fn a_token_renewed_while_the_function_was_frozen_signs_the_next_run() {
    let deployed = Deployed::new(generated(3), &[]).await;
    deployed.summary("").await;
    for _ in 0..100 {
        if deployed.agent.is_frozen().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(deployed.agent.is_frozen().await);
    deployed
        .sim
        .renew_resource_principal(Duration::from_secs(900), Previous::Revoked)
        .expect("renewed");
    assert_eq!(deployed.summary("").await["verdict"], "COMPLETE");
    assert_eq!(
        deployed.agent.starts().await,
        1,
        "the same process served both"
    );
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_told_by_the_digest_and_the_run_fails() {
    let deployed = Deployed::new(generated(60), &[("AUDIT_BUCKET", "no-such-bucket")]).await;
    assert_eq!(deployed.invoke("").await.status.as_u16(), 502);
    assert_eq!(deployed.effects(), ["publish"]);
    let message = &deployed.sim.messages()[0];
    let title = message.title.clone().unwrap_or_default();
    assert!(title.contains("REPORTS NOT STORED"), "{title}");
    assert!(
        message.body.contains("OVERDUE"),
        "the digest is all there is, so it is whole"
    );
    let log = deployed.agent.stderr();
    assert!(
        log.contains("AUDIT_BUCKET `no-such-bucket`") && log.contains("OBJECT_CREATE"),
        "{log}"
    );
}

#[tokio::test]
async fn a_topic_that_does_not_exist_fails_the_run_and_reports_stay() {
    let topic = "ocid1.onstopic.oc1.iad.nosuchtopic";
    let deployed = Deployed::new(generated(60), &[("AUDIT_TOPIC_ID", topic)]).await;
    assert_eq!(deployed.invoke("").await.status.as_u16(), 502);
    let effects = deployed.effects();
    assert_eq!(effects.last().map(String::as_str), Some("manifest.json"));
    assert!(
        !effects.contains(&"delivered.json".to_owned()),
        "people were not told, and no object says so"
    );
    let log = deployed.agent.stderr();
    assert!(
        log.contains("AUDIT_TOPIC_ID") && log.contains("ONS_TOPIC_PUBLISH"),
        "{log}"
    );
}

#[tokio::test]
async fn without_any_readable_domain_nothing_is_stored_and_people_are_told() {
    let deployed = Deployed::new(generated(60), &[]).await;
    deployed
        .sim
        .misbehave_everywhere("Default", tenancy_sim::Misbehaviour::Deny(403));
    assert_eq!(deployed.invoke("").await.status.as_u16(), 502);
    assert_eq!(deployed.effects(), ["publish"]);
    let message = &deployed.sim.messages()[0];
    assert!(message.title.clone().unwrap_or_default().contains("FAILED"));
    assert!(
        deployed.agent.stderr().contains("Allow dynamic-group"),
        "the missing statement is named"
    );
}

#[tokio::test]
async fn a_forbidden_kind_makes_the_run_partial_and_no_text_an_all_clear() {
    let deployed = Deployed::new(generated(60), &[]).await;
    deployed.sim.misbehave(
        "Default",
        tenancy_sim::ResourceType::SmtpCredentials,
        tenancy_sim::Misbehaviour::Deny(403),
    );
    let summary = deployed.summary("").await;
    assert_eq!(summary["verdict"], "PARTIAL");
    let coverage = &summary["domains"][0]["coverage"];
    assert_eq!(coverage["smtp_credentials"]["error"], "UNAUTHORIZED");
    assert_eq!(coverage["api_keys"]["cross_check"], "ok");
    assert!(
        deployed
            .stored("expiry-Default.csv")
            .contains("UNAUTHORIZED")
    );
    let message = &deployed.sim.messages()[0];
    assert!(
        message.body.contains("PARTIAL") && message.body.contains("inspect credentials"),
        "{}",
        message.body
    );
}

#[tokio::test]
async fn quiet_days_are_quiet_only_when_asked_for_and_deserved() {
    let mut user = tenancy_sim::User::named("a@example.com");
    user = user.capabilities(tenancy_sim::Capabilities::ALL);
    let fresh = tenancy_sim::Credential::of(
        &user,
        tenancy_sim::ResourceType::ApiKeys,
        1,
        "2026-01-10T00:00:00Z",
    );
    let tenancy = || {
        Tenancy::empty().domain(
            tenancy_sim::Domain::named("Default")
                .user(user.clone())
                .credential(fresh.clone()),
        )
    };
    for (notify, sent) in [("findings", 0), ("always", 1), ("never", 0)] {
        let deployed = Deployed::new(tenancy(), &[("AUDIT_NOTIFY", notify)]).await;
        let summary = deployed.summary(&judged_at(AS_OF)).await;
        assert_eq!(deployed.sim.messages().len(), sent, "{notify}");
        assert_eq!(summary["notification"]["skipped"].is_string(), sent == 0);
        assert!(deployed.stored("delivered.json").contains("notification"));
    }
    let deployed = Deployed::new(tenancy(), &[]).await;
    deployed.sim.misbehave(
        "Default",
        tenancy_sim::ResourceType::AuthTokens,
        tenancy_sim::Misbehaviour::Deny(403),
    );
    deployed.summary(&judged_at(AS_OF)).await;
    assert_eq!(
        deployed.sim.messages().len(),
        1,
        "what could not be seen is told"
    );
}

#[tokio::test]
async fn a_check_is_answered_by_what_works_and_what_does_not_and_logged_without_names() {
    let deployed = Deployed::new(generated(60), &[]).await;
    deployed.sim.misbehave(
        "Default",
        ResourceType::SmtpCredentials,
        tenancy_sim::Misbehaviour::Deny(403),
    );
    let answer = deployed.invoke(r#"{"audit":{"check":true}}"#).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", deployed.agent.stderr());
    assert_eq!(answer.headers["content-type"], "application/json");
    let begin = r#"{"check_id":""#;
    assert!(answer.text().starts_with(begin), "{}", answer.text());
    let report: Value = serde_json::from_str(&answer.text()).expect("JSON");
    assert_eq!(report["verdict"], "PARTIAL");
    assert_eq!(report["sent"], false);
    let statement = "Allow dynamic-group <the function's group> to inspect credentials in tenancy";
    assert_eq!(report["statements"], json!([statement]));
    let checks = report["checks"].as_array().expect("checks");
    let refused = checks.iter().find(|it| it["what"] == "smtp_credentials");
    let refused = refused.expect("a kind");
    assert_eq!(refused["service"], "identity domain");
    assert_eq!(refused["domain"]["name"], "Default");
    assert_eq!(refused["result"], "refused");
    assert_eq!(refused["statement"], statement);
    assert!(deployed.effects().is_empty());
    assert_eq!(deployed.scim_requests(), 7);

    let log = deployed.agent.stderr();
    assert!(log.contains("\"what\":\"smtp_credentials\""), "{log}");
    assert!(log.contains(statement), "{log}");
    for user in deployed.sim.directory("Default").users() {
        assert!(!log.contains(user.user_name()), "{}", user.user_name());
    }
}

#[tokio::test]
async fn a_check_with_send_leaves_an_object_and_a_message_that_calls_nobody() {
    let deployed = Deployed::new(generated(3), &[("AUDIT_NOTIFY", "never")]).await;
    let report = deployed.summary(r#"{"audit":{"check":"send"}}"#).await;
    assert_eq!(report["verdict"], "COMPLETE");
    assert_eq!(report["sent"], true);
    let id = report["check_id"].as_str().expect("an id");
    let mut effects = deployed.effects();
    effects.sort();
    assert_eq!(effects, [format!("{id}.json"), "publish".to_owned()]);
    let message = &deployed.sim.messages()[0];
    let title = message.title.as_deref().unwrap_or_default();
    assert!(title.contains("TEST"), "{title}");
    let answer = deployed.invoke(&message.body).await;
    assert_eq!(answer.text(), r#"{"skipped":"own digest"}"#);
}

#[tokio::test]
async fn a_check_that_finds_nothing_to_read_is_answered_all_the_same() {
    let deployed = Deployed::new(generated(3), &[]).await;
    deployed
        .sim
        .misbehave_everywhere("Default", tenancy_sim::Misbehaviour::Deny(403));
    let report = deployed.summary(r#"{"audit":{"check":"send"}}"#).await;
    assert_eq!(report["verdict"], "FAILED");
    let stored = report["checks"].as_array().expect("checks").iter();
    let mut stored = stored.filter(|it| it["what"] == "store");
    assert_eq!(stored.next().expect("a step")["result"], "works");
}

#[tokio::test]
async fn a_check_that_cannot_begin_fails_the_call_and_says_why() {
    let wrong = Deployed::new(generated(3), &[("AUDIT_TOPIC_ID", "")]).await;
    let answer = wrong.invoke(r#"{"audit":{"check":true}}"#).await;
    assert_eq!(answer.status.as_u16(), 502);
    assert!(wrong.agent.stderr().contains("AUDIT_TOPIC_ID is not set"));
    let deployed = Deployed::new(generated(3), &[]).await;
    for (body, expected) in [
        (r#"{"audit":{"check":"mail"}}"#, "`audit.check`"),
        (
            r#"{"audit":{"check":true,"as_of":"2030-01-01T00:00:00Z"}}"#,
            "`audit.as_of` cannot be combined with `audit.check`",
        ),
        (
            r#"{"audit":{"check":true,"domain_urls":["https://example.com"]}}"#,
            "audit.domain_urls is `https://example.com`",
        ),
    ] {
        assert_eq!(deployed.invoke(body).await.status.as_u16(), 502, "{body}");
        let log = deployed.agent.stderr().replace("\\\"", "\"");
        assert!(log.contains(expected), "{body}: {log}");
    }
    assert_eq!(deployed.sim.totals().requests, 0);
    let plain = deployed.summary(r#"{"audit":{"check":false}}"#).await;
    assert!(plain["run_id"].is_string());
}
