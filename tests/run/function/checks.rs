//! Checks by invocation: `{"audit": {"check": ...}}`.

use crate::common::function::Function;
use crate::common::generated;
use serde_json::{Value, json};
use tenancy_sim::ResourceType;

#[tokio::test]
async fn check_answers_with_results_and_logs_no_user_names() {
    let function = Function::start(generated(60), &[]).await;
    function.sim.misbehave(
        "Default",
        ResourceType::SmtpCredentials,
        tenancy_sim::Misbehavior::Deny(403),
    );
    let answer = function.invoke(r#"{"audit":{"check":true}}"#).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", function.agent.stderr());
    assert_eq!(answer.headers["content-type"], "application/json");
    let begin = r#"{"check_id":""#;
    assert!(answer.text().starts_with(begin), "{}", answer.text());
    let report: Value = serde_json::from_str(&answer.text()).expect("JSON");
    assert_eq!(report["verdict"], "PARTIAL");
    assert_eq!(report["sent"], false);
    let statement = "Allow dynamic-group <the function's group> to inspect credentials in tenancy";
    assert_eq!(report["statements"], json!([statement]));
    let checks = report["checks"].as_array().expect("checks");
    let refused = checks
        .iter()
        .find(|step| step["what"] == "smtp_credentials");
    let refused = refused.expect("a type");
    assert_eq!(refused["service"], "identity domain");
    assert_eq!(refused["domain"]["name"], "Default");
    assert_eq!(refused["result"], "refused");
    assert_eq!(refused["statement"], statement);
    assert!(function.effects().is_empty());
    assert_eq!(function.scim_requests(), 7);

    let log = function.agent.stderr();
    assert!(log.contains("\"what\":\"smtp_credentials\""), "{log}");
    assert!(log.contains(statement), "{log}");
    for user in function.sim.directory("Default").users() {
        assert!(!log.contains(user.user_name()), "{}", user.user_name());
    }
}

#[tokio::test]
async fn check_with_send_stores_an_object_and_publishes_a_test() {
    let function = Function::start(generated(3), &[("AUDIT_NOTIFY", "never")]).await;
    let report = function.summary(r#"{"audit":{"check":"send"}}"#).await;
    assert_eq!(report["verdict"], "COMPLETE");
    assert_eq!(report["sent"], true);
    let id = report["check_id"].as_str().expect("an id");
    let mut effects = function.effects();
    effects.sort();
    assert_eq!(effects, [format!("{id}.json"), "publish".to_owned()]);
    let message = &function.sim.messages()[0];
    let title = message.title.as_deref().unwrap_or_default();
    assert!(title.contains("TEST"), "{title}");
    let answer = function.invoke(&message.body).await;
    assert_eq!(answer.text(), r#"{"skipped":"own digest"}"#);
}

#[tokio::test]
async fn failed_check_is_answered_with_200() {
    let function = Function::start(generated(3), &[]).await;
    function
        .sim
        .misbehave_everywhere("Default", tenancy_sim::Misbehavior::Deny(403));
    let report = function.summary(r#"{"audit":{"check":"send"}}"#).await;
    assert_eq!(report["verdict"], "FAILED");
    let stored = report["checks"].as_array().expect("checks").iter();
    let mut stored = stored.filter(|step| step["what"] == "store");
    assert_eq!(stored.next().expect("a step")["result"], "works");
}

#[tokio::test]
async fn invalid_check_fails_the_call_and_is_explained() {
    let without_topic = Function::start(generated(3), &[("AUDIT_TOPIC_ID", "")]).await;
    let answer = without_topic.invoke(r#"{"audit":{"check":true}}"#).await;
    assert_eq!(answer.status.as_u16(), 502);
    assert!(
        without_topic
            .agent
            .stderr()
            .contains("AUDIT_TOPIC_ID is not set")
    );
    let function = Function::start(generated(3), &[]).await;
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
        (
            "{audit:{check:true}}",
            "it starts with: {audit:{check:true}} ;",
        ),
        ("'{audit:{dry_run:true}}'", "Windows PowerShell 5: --body"),
        (
            r#"{"Audit":{"check":true}}"#,
            "the body has the key \"Audit\"",
        ),
        (
            "eyJhdWRpdCI6eyJkcnlfcnVuIjp0cnVlfX0=",
            "it starts with: eyJhdWRp",
        ),
    ] {
        assert_eq!(function.invoke(body).await.status.as_u16(), 502, "{body}");
        let log = function.agent.stderr().replace("\\\"", "\"");
        assert!(log.contains(expected), "{body}: {log}");
    }
    assert_eq!(function.sim.totals().requests, 0);
    let plain = function.summary(r#"{"audit":{"check":false}}"#).await;
    assert!(plain["run_id"].is_string());
}
