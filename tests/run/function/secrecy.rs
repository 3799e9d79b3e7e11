//! What must not get into logs, manifests and digests: tokens, keys, and names of users.

use crate::common::function::Function;
use crate::common::generated;
use crate::common::served_tenancy::ServedTenancy;
use serde_json::{Value, json};
use tenancy_sim::{Fault, ResourceType, Service};

#[tokio::test]
async fn token_echoed_by_a_proxy_is_redacted_everywhere() {
    let function = Function::start(generated(5), &[("AUDIT_NOTIFY", "always")]).await;
    let token = std::fs::read_to_string(function.principal_file("rpst")).expect("a token");
    let page = format!(
        "<html>Forbidden. You sent: authorization: Signature algorithm=\"rsa-sha256\",keyId=\"ST${}\"</html>",
        token.trim()
    );
    let echo = Fault::status(403).body("text/html", &page);
    function.fault(echo.resource_type(ResourceType::ApiKeys));
    let summary = function.summary("").await;
    assert_eq!(summary["verdict"], "PARTIAL");
    let mut texts = vec![
        function.agent.stderr(),
        summary.to_string(),
        function.stored("manifest.json"),
    ];
    texts.extend(
        function
            .sim
            .messages()
            .into_iter()
            .map(|message| message.body),
    );
    assert_eq!(texts.len(), 4);
    for text in texts {
        assert!(text.contains("[redacted]"), "{text}");
        assert!(!text.contains("ST$") && !text.contains("eyJ"), "{text}");
    }
}

#[tokio::test]
async fn no_secret_is_logged_at_trace() {
    let function = Function::start(generated(60), &[("AUDIT_LOG_LEVEL", "trace")]).await;
    function.summary("").await;
    let key = std::fs::read_to_string(function.principal_file("private.pem")).expect("the key");
    let token = std::fs::read_to_string(function.principal_file("rpst")).expect("the token");
    function.sim.revoke_resource_principal();
    assert_eq!(function.invoke_for(10).await.status.as_u16(), 502);
    std::fs::write(function.principal_file("private.pem"), "no key\n").expect("written");
    assert_eq!(function.invoke_for(10).await.status.as_u16(), 502);

    let log = format!("{}{}", function.agent.stdout(), function.agent.stderr());
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
    let function = Function::start(generated(60), &[]).await;
    function.summary("").await;
    let log = function.agent.stderr();
    assert!(log.contains("read and judged"));
    for user in function.sim.directory("Default").users() {
        assert!(!log.contains(user.user_name()), "{}", user.user_name());
    }
}

/// A refusal that names a user, as some services do.
fn naming() -> Fault {
    let body = json!({
        "code": "NotAuthorized",
        "message": "User jane.roe@example.com may not do this.",
    });
    Fault::status(403).body("application/json", &body.to_string())
}

#[tokio::test]
async fn words_of_a_service_are_shown_only_with_full_names() {
    for names in ["none", "masked", "full"] {
        let settings = [("AUDIT_NOTIFY", "always"), ("AUDIT_DIGEST_NAMES", names)];
        let tenancy = ServedTenancy::start(generated(5)).set_all(&settings);
        let function = Function::start_for(tenancy.unset("AUDIT_DOMAIN_URLS")).await;
        function.fault(naming().resource_type(ResourceType::ApiKeys));
        function.fault(naming().target_contains("/compartments?"));
        let summary = function.summary("").await;
        assert_eq!(summary["verdict"], "PARTIAL");
        let digest = function.sim.messages().remove(0).body;
        for text in [
            &function.agent.stderr(),
            &summary.to_string(),
            &function.stored("manifest.json"),
        ] {
            assert!(text.contains("status 403 NotAuthorized"), "{text}");
            assert!(!text.contains("jane"), "{text}");
        }
        assert!(digest.contains("status 403 NotAuthorized"), "{digest}");
        assert_eq!(
            digest.contains("jane"),
            names == "full",
            "{names}: {digest}"
        );
        assert!(function.stored("report.html").contains("jane.roe"));
    }
}

#[tokio::test]
async fn failed_run_logs_and_mails_no_words_of_a_service() {
    let settings = [("AUDIT_DIGEST_NAMES", "none")];
    let function = Function::start(generated(5), &settings).await;
    let services = [
        (Service::IdentityDomain, "no domain was read"),
        (Service::ObjectStorage, "the reports are not stored"),
        (Service::Notifications, "the digest was not published"),
    ];
    for (service, expected) in services {
        function.sim.faults().clear();
        function.fault(naming().service(service));
        let answer = function.invoke("").await;
        assert_eq!(answer.status.as_u16(), 502);
        assert!(!answer.text().contains("jane"));
        let log = function.agent.stderr();
        assert!(log.contains(expected), "{log}");
        assert!(!log.contains("jane"), "{log}");
        function.fault(naming());
        let check = function
            .invoke(r#"{"audit":{"check":"send"}}"#)
            .await
            .text();
        assert!(check.contains("jane.roe"), "people read it: {check}");
        assert!(!function.agent.stderr().contains("jane"));
    }
    assert!(!function.sim.messages().is_empty());
    for message in function.sim.messages() {
        assert!(!message.body.contains("jane"), "{}", message.body);
    }
}

#[tokio::test]
async fn large_answer_does_not_make_a_large_log_line() {
    let settings = [("AUDIT_LOG_LEVEL", "debug"), ("AUDIT_NOTIFY", "always")];
    let tenancy = ServedTenancy::start(generated(5)).set_all(&settings);
    let function = Function::start_for(tenancy.unset("AUDIT_DOMAIN_URLS")).await;
    let text = "x".repeat(1 << 20);
    let rows = json!({ "totalResults": 1, "Resources": text });
    let served = |body: Value| Fault::status(200).body("application/json", &body.to_string());
    let target = |fault: Fault, target: &str| fault.target_contains(target);
    let keys = |fault: Fault, key: ResourceType| fault.resource_type(key);
    for fault in [
        keys(served(rows), ResourceType::ApiKeys),
        keys(served(json!(text)), ResourceType::AuthTokens),
        target(
            served(json!([{ "regionName": text }])),
            "/regionSubscriptions",
        ),
        target(served(json!(text)), "/compartments?"),
        target(served(json!({ "objects": text })), "delimiter"),
        served(json!({ "messageId": text })).service(Service::Notifications),
        Fault::status(403)
            .header("opc-request-id", &text[..8000])
            .body("text/plain", &text)
            .resource_type(ResourceType::SmtpCredentials),
    ] {
        function.fault(fault);
    }
    let summary = function.summary("").await;
    assert_eq!(summary["verdict"], "PARTIAL");
    let manifest = function.stored("manifest.json");
    let log = function.agent.stderr();
    assert!(log.contains("xxx"), "{log:.300}");
    for text in [&log, &summary.to_string(), &manifest] {
        assert!(!text.contains(&"x".repeat(301)), "a text is too long");
    }
}
