//! Invocations that fail: what they answer, log, store and publish.

use std::time::Duration;

use crate::common::function::Function;
use crate::common::served_tenancy::ServedTenancy;
use crate::common::{even_domain, generated};
use serde_json::json;
use tenancy_sim::agent::{Call, Options};
use tenancy_sim::{Fault, Previous, Service, Tenancy};

#[tokio::test]
async fn invalid_setting_fails_the_call_and_is_named() {
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
            "must start with https://",
        ),
        ("AUDIT_DOMAIN_URLS", "Default", "is not a URL"),
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
            "AUDIT_WARNING_DAYS_API_KEYS",
            "90",
            "AUDIT_WARNING_DAYS_API_KEYS is `90`; expected fewer days than AUDIT_ROTATION_DAYS_API_KEYS, which is 90",
        ),
        (
            "AUDIT_CREDENTIAL_TYPES",
            "api_keys,passwords",
            "AUDIT_CREDENTIAL_TYPES is `passwords`; expected a comma-separated list of: api_keys",
        ),
        ("AUDIT_REPORTS", "pdf", "AUDIT_REPORTS is `pdf`"),
        (
            "AUDIT_CSV_BOM",
            "yes",
            "AUDIT_CSV_BOM is `yes`; expected true or false",
        ),
        ("AUDIT_NOTIFY", "sometimes", "AUDIT_NOTIFY is `sometimes`"),
        (
            "AUDIT_ADMIN_GROUPS",
            "Default/Cloud Admins,Operators",
            "AUDIT_ADMIN_GROUPS is `Operators`; expected a comma-separated list of groups, each written <domain>/<group>",
        ),
        (
            "AUDIT_ACTIVITY",
            "never",
            "AUDIT_ACTIVITY is `never`; expected on or off",
        ),
        (
            "AUDIT_DIGEST_NAMES",
            "some",
            "AUDIT_DIGEST_NAMES is `some`; expected full, masked or none",
        ),
        (
            "AUDIT_TENANCY_NAME",
            "acme\tprod",
            "expected a name of at most 60 characters without control characters",
        ),
        (
            "AUDIT_CONSOLE_URL",
            "cloud.oracle.com",
            "AUDIT_CONSOLE_URL is `cloud.oracle.com`; expected the URL of the console",
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
        (
            "AUDIT_DIGEST_WEEKDAY",
            "mon",
            "AUDIT_DIGEST_WEEKDAY is `mon`; expected one of: monday, tuesday",
        ),
        // terraform/tests has the same values.
        (
            "AUDIT_BUCKET",
            "..",
            "AUDIT_BUCKET is `..`; expected the name of the bucket",
        ),
        (
            "AUDIT_BUCKET",
            "https://objectstorage.eu-frankfurt-1.oraclecloud.com/n/axaxnpcrorw5/b/reports",
            "AUDIT_BUCKET is `https://objectstorage",
        ),
        ("AUDIT_BUCKET", "\"audit\"", "AUDIT_BUCKET is"),
        ("AUDIT_BUCKET", "audit/2026", "AUDIT_BUCKET is `audit/2026`"),
        (
            "AUDIT_BUCKET_NAMESPACE",
            "a/b",
            "AUDIT_BUCKET_NAMESPACE is `a/b`",
        ),
        (
            "AUDIT_EXCEPTIONS_OBJECT",
            "config/../exceptions.json",
            "AUDIT_EXCEPTIONS_OBJECT is `config/../exceptions.json`",
        ),
        (
            "AUDIT_RATE_LIMIT",
            "20/4294967296",
            "AUDIT_RATE_LIMIT is `20/4294967296`",
        ),
        (
            "AUDIT_DOMAIN_URLS",
            "https://idcs-0a1b.identity.oraclecloud.com:65536",
            "is not a URL",
        ),
        (
            "AUDIT_DOMAIN_URLS",
            "https://idcs-0a1b.identity.oraclegovcloud.com",
            "expected a host of the form",
        ),
        (
            "AUDIT_NOTIFICATIONS_ENDPOINT",
            "https://10.0.0.256",
            "AUDIT_NOTIFICATIONS_ENDPOINT is",
        ),
        (
            "AUDIT_IDENTITY_ENDPOINT",
            "https://identity.{Region}.example.com",
            "AUDIT_IDENTITY_ENDPOINT is",
        ),
        (
            "AUDIT_OBJECT_STORAGE_ENDPOINT",
            "https://objects.example.123",
            "AUDIT_OBJECT_STORAGE_ENDPOINT is",
        ),
        (
            "AUDIT_ALLOWED_DOMAIN_HOSTS",
            &format!("{}.example.com", "x".repeat(64)),
            "AUDIT_ALLOWED_DOMAIN_HOSTS is `xxx",
        ),
        (
            "AUDIT_DOMAIN_URLS",
            &format!("https://idcs-{}.identity.oraclecloud.com", "7".repeat(59)),
            "expected a host of the form",
        ),
        (
            "OCI_RESOURCE_PRINCIPAL_REGION",
            &format!("{}-new-1", "x".repeat(58)),
            "OCI_RESOURCE_PRINCIPAL_REGION is",
        ),
    ];
    for (setting, value, expected) in cases {
        let function = Function::start(generated(3), &[(setting, value)]).await;
        let answer = function.invoke("").await;
        let log = function.agent.stderr().replace("\\\"", "\"");
        assert_eq!(
            answer.function_status.map(|status| status.as_u16()),
            Some(502),
            "{setting}={value}: {log}"
        );
        assert!(log.contains(expected), "{setting}={value}: {log}");
        assert!(function.effects().is_empty(), "{setting}={value}");
        assert_eq!(function.scim_requests(), 0, "{setting}={value}");
    }
}

#[tokio::test]
async fn all_invalid_settings_are_reported_at_once() {
    let invalid = [
        ("AUDIT_BUCKET", ""),
        ("AUDIT_ROTATION_DAYS", "x"),
        ("AUDIT_NOTIFY", "y"),
        ("OCI_RESOURCE_PRINCIPAL_RPST", ""),
    ];
    let function = Function::start(generated(3), &invalid).await;
    assert_eq!(function.invoke("").await.status.as_u16(), 502);
    let log = function.agent.stderr();
    for (setting, _) in invalid {
        assert!(log.contains(setting), "{setting}: {log}");
    }
}

#[tokio::test]
async fn invalid_invocation_fails_the_call_and_is_named() {
    let function = Function::start(generated(3), &[]).await;
    let urls = vec!["https://idcs-0a1b.identity.oraclecloud.com"; 1001];
    let cases = [
        (r#"{"audit":{"dryrun":true}}"#, "`audit.dryrun` is unknown"),
        (r#"{"audit":{"dry_run":"true"}}"#, "`audit.dry_run`"),
        (r#"{"audit":{"as_of":"tomorrow"}}"#, "`audit.as_of`"),
        // terraform/tests has the same values.
        (
            r#"{"audit":{"as_of":"1970-01-01T00:30:00+01:00"}}"#,
            "`audit.as_of` is \"1970",
        ),
        (
            r#"{"audit":{"as_of":"9999-12-31T23:30:00-02:00"}}"#,
            "`audit.as_of` is \"9999",
        ),
        (
            r#"{"audit":{"as_of":"2026-06-30T00:00:00+24:00"}}"#,
            "`audit.as_of` is \"2026",
        ),
        (
            &json!({ "audit": { "domain_urls": urls } }).to_string(),
            "expected at most 1000 identity domain URLs",
        ),
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
        assert_eq!(function.invoke(body).await.status.as_u16(), 502, "{body}");
        let log = function.agent.stderr().replace("\\\"", "\"");
        assert!(log.contains(expected), "{body}: {log}");
    }
    assert!(function.effects().is_empty());
    assert_eq!(function.scim_requests(), 0);
    assert_eq!(
        function.invoke("").await.status.as_u16(),
        200,
        "the next call works"
    );
}

#[tokio::test]
async fn expired_token_fails_the_run_and_is_named() {
    let function = Function::start(generated(3), &[]).await;
    function
        .sim
        .renew_resource_principal(Duration::ZERO, Previous::Revoked)
        .expect("renewed");
    assert_eq!(function.invoke_for(11).await.status.as_u16(), 502);
    let log = function.agent.stderr();
    assert!(log.contains("the session token expired at"), "{log}");
    assert!(function.effects().is_empty());
}

#[tokio::test]
async fn unreadable_key_fails_the_run_and_is_named() {
    let function = Function::start(generated(3), &[]).await;
    std::fs::write(
        function.principal_file("private.pem"),
        "-----BEGIN NOTHING-----\n",
    )
    .expect("written");
    assert_eq!(function.invoke("").await.status.as_u16(), 502);
    let log = function.agent.stderr();
    assert!(log.contains("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"), "{log}");
    assert!(function.effects().is_empty());
    assert_eq!(function.sim.totals().requests, 0);
}

#[tokio::test]
async fn missing_bucket_fails_the_run_and_the_digest_is_published() {
    let function = Function::start(generated(60), &[("AUDIT_BUCKET", "no-such-bucket")]).await;
    assert_eq!(function.invoke("").await.status.as_u16(), 502);
    assert_eq!(function.effects(), ["publish"]);
    let message = &function.sim.messages()[0];
    let title = message.title.clone().unwrap_or_default();
    assert!(title.contains("REPORTS NOT STORED"), "{title}");
    assert!(
        message.body.contains("\nFIRST\n- "),
        "the digest has all findings, as the only report"
    );
    let log = function.agent.stderr();
    assert!(
        log.contains("AUDIT_BUCKET `no-such-bucket`") && log.contains("OBJECT_CREATE"),
        "{log}"
    );
}

#[tokio::test]
async fn missing_topic_fails_the_run_and_keeps_the_reports() {
    let topic = "ocid1.onstopic.oc1.iad.nosuchtopic";
    let function = Function::start(generated(60), &[("AUDIT_TOPIC_ID", topic)]).await;
    assert_eq!(function.invoke("").await.status.as_u16(), 502);
    let effects = function.effects();
    assert_eq!(effects.last().map(String::as_str), Some("manifest.json"));
    assert!(
        !effects.contains(&"delivered.json".to_owned()),
        "nothing was published"
    );
    let log = function.agent.stderr();
    assert!(
        log.contains("AUDIT_TOPIC_ID") && log.contains("ONS_TOPIC_PUBLISH"),
        "{log}"
    );
}

#[tokio::test]
async fn run_without_a_readable_domain_publishes_its_failure() {
    let function = Function::start(generated(60), &[]).await;
    function
        .sim
        .misbehave_everywhere("Default", tenancy_sim::Misbehavior::Deny(403));
    assert_eq!(function.invoke("").await.status.as_u16(), 502);
    assert_eq!(function.effects(), ["publish"]);
    let message = &function.sim.messages()[0];
    assert!(message.title.clone().unwrap_or_default().contains("FAILED"));
    assert!(
        function.agent.stderr().contains("Allow dynamic-group"),
        "the missing statement is named"
    );
}

#[tokio::test]
async fn refused_type_makes_run_partial_and_no_text_an_all_clear() {
    let function = Function::start(generated(60), &[]).await;
    function.sim.misbehave(
        "Default",
        tenancy_sim::ResourceType::SmtpCredentials,
        tenancy_sim::Misbehavior::Deny(403),
    );
    let summary = function.summary("").await;
    assert_eq!(summary["verdict"], "PARTIAL");
    let coverage = &summary["domains"][0]["coverage"];
    assert_eq!(coverage["smtp_credentials"]["error"], "UNAUTHORIZED");
    assert_eq!(coverage["api_keys"]["cross_check"], "ok");
    assert!(
        function
            .stored("expiry-Default.csv")
            .contains("UNAUTHORIZED")
    );
    let message = &function.sim.messages()[0];
    assert!(
        message.body.contains("PARTIAL") && message.body.contains("inspect credentials"),
        "{}",
        message.body
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hanging_bucket_and_topic_end_in_504_in_time() {
    let tenancy = ServedTenancy::start(Tenancy::empty().domain(even_domain("Default", 5, 1)));
    tenancy.fault(Fault::hang().service(Service::ObjectStorage));
    tenancy.fault(Fault::hang().service(Service::Notifications));
    let agent = tenancy.start_function(Options::default()).await;
    let answer = agent
        .invoke(Call::new("").timeout(Duration::from_secs(6)))
        .await;
    assert_eq!(
        answer.function_status.map(|status| status.as_u16()),
        Some(504),
        "{}",
        agent.stderr()
    );
    assert!(
        answer.elapsed < Duration::from_secs(6),
        "{:?}",
        answer.elapsed
    );
    assert!(tenancy.sim.messages().is_empty());
}
