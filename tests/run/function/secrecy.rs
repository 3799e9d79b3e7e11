//! What must not get into logs, manifests and digests: tokens, keys, and names of users.

use crate::common::function::Function;
use crate::common::generated;
use serde_json::Value;
use tenancy_sim::{Fault, ResourceType};

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
