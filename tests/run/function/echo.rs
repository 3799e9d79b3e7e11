//! Services that send our own `authorization` header back, wherever a text of theirs is kept or shown.

use serde_json::json;
use tenancy_sim::{Fault, Place, Quote, ResourceType, Service, Tenancy};

use crate::common::even_domain;
use crate::common::function::Function;
use crate::common::secrets::SentSecrets;
use crate::common::served_tenancy::ServedTenancy;

/// The requests of a run, by what returns a text.
const TARGETS: [&str; 15] = [
    "tenancy",
    "regions",
    "compartments",
    "domains",
    "users",
    "API keys",
    "namespace",
    "list",
    "manifest",
    "delivered",
    "findings",
    "exceptions",
    "put",
    "publish",
    "metrics",
];

/// Limits a fault to the requests of a target.
fn to_target(fault: Fault, target: &str) -> Fault {
    let storage = |fault: Fault| fault.service(Service::ObjectStorage);
    let get = |fault: Fault, name| storage(fault).method("GET").target_contains(name);
    match target {
        "tenancy" => {
            fault.target_ends_with("/tenancies/ocid1.tenancy.oc1..aaaaaaaatenancysimulator")
        }
        "regions" => fault.target_contains("/regionSubscriptions"),
        "compartments" => fault.target_contains("/compartments?"),
        "domains" => fault.target_contains("/domains?"),
        "users" => fault.resource_type(ResourceType::Users),
        "API keys" => fault.resource_type(ResourceType::ApiKeys),
        "namespace" => storage(fault).method("GET").first(1),
        "list" => get(fault, "delimiter"),
        "manifest" => get(fault, "manifest.json"),
        "delivered" => get(fault, "delivered.json"),
        "findings" => get(fault, "findings.jsonl"),
        "exceptions" => get(fault, "accepted.json"),
        "put" => storage(fault).method("PUT"),
        "metrics" => fault.service(Service::Monitoring),
        _ => fault.service(Service::Notifications),
    }
}

/// A function that discovers its domains, has an earlier run, and logs everything.
async fn function() -> Function {
    let tenancy = Tenancy::empty().domain(even_domain("Default", 3, 1));
    let tenancy = ServedTenancy::start(tenancy)
        .set("AUDIT_NOTIFY", "always")
        .set("AUDIT_LOG_LEVEL", "trace")
        .set("AUDIT_METRICS_NAMESPACE", "credential_audit")
        .set("AUDIT_EXCEPTIONS_OBJECT", "accepted.json")
        .set("AUDIT_EXCEPTIONS_BUCKET", "exceptions")
        .unset("AUDIT_DOMAIN_URLS")
        .unset("AUDIT_BUCKET_NAMESPACE");
    let exceptions = json!({"exceptions": [
        {"user": "user-00001*", "reason": "vendor", "until": "2099-01-31"},
    ]});
    tenancy.sim.bucket("exceptions").place(
        "accepted.json",
        "application/json",
        exceptions.to_string(),
        chrono::DateTime::UNIX_EPOCH,
    );
    Function::start_for(tenancy).await
}

fn assert_no_secret(function: &Function, answers: &[String]) {
    let secrets = SentSecrets::of(&function.sim);
    assert!(secrets.len() > 1000, "the requests had secrets");
    secrets.assert_none_in("the log", function.agent.stderr().as_bytes());
    secrets.assert_none_in("standard output", function.agent.stdout().as_bytes());
    for answer in answers {
        secrets.assert_none_in("an answer", answer.as_bytes());
    }
    for (name, object) in function.sim.bucket(function.sim.bucket_name()).objects() {
        secrets.assert_none_in(&name, &object.body);
        secrets.assert_none_in("the name of an object", name.as_bytes());
    }
    for message in function.sim.messages() {
        secrets.assert_none_in("a title", message.title.unwrap_or_default().as_bytes());
        secrets.assert_none_in("a digest", message.body.as_bytes());
    }
}

/// Runs and checks the tenancy once per quote, each at one place of one service's responses.
async fn echo_everywhere(place: Place) {
    let function = function().await;
    function.summary("").await;
    let mut answers = Vec::new();
    let mut quotes = Quote::ALL.into_iter().cycle();
    for (index, target) in TARGETS.into_iter().enumerate() {
        // Quotes by turns: all pairs of target and quote would take minutes.
        let quote = quotes.next().expect("a quote");
        function.sim.faults().clear();
        function.fault(to_target(Fault::echo(quote, place), target));
        answers.push(function.invoke("").await.text());
        let struck = function.sim.faults().struck();
        assert!(
            struck > 0,
            "{target}, {quote:?}, {place:?}: no such request"
        );
        if index % 3 == 0 {
            let body = json!({"audit": {"check": "send"}}).to_string();
            answers.push(function.invoke(&body).await.text());
        }
    }
    assert_no_secret(&function, &answers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_as_the_whole_body_is_kept_nowhere() {
    echo_everywhere(Place::Body).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_on_the_page_of_a_proxy_is_kept_nowhere() {
    echo_everywhere(Place::Page).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_as_a_key_is_kept_nowhere() {
    echo_everywhere(Place::Key).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_as_the_rows_is_kept_nowhere() {
    echo_everywhere(Place::Resources).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_in_every_value_is_kept_nowhere() {
    echo_everywhere(Place::Values).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_as_a_further_key_is_kept_nowhere() {
    echo_everywhere(Place::Keys).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_in_an_error_is_kept_nowhere() {
    echo_everywhere(Place::Error(403)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_in_a_scim_error_is_kept_nowhere() {
    echo_everywhere(Place::ScimError(400)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_in_headers_is_kept_nowhere() {
    echo_everywhere(Place::Headers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_in_a_redirect_is_kept_nowhere() {
    echo_everywhere(Place::Redirect).await;
}

/// Makes the service send a text as the name of each user.
fn name_users(function: &Function, secret: &str) {
    let secret = secret.to_owned();
    let edit = move |row: &mut serde_json::Value| row["userName"] = json!(secret);
    let fault = Fault::edit_rows(edit).resource_type(ResourceType::Users);
    function.fault(fault);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signature_of_another_request_of_the_run_is_found() {
    let function = std::sync::Arc::new(function().await);
    let sim = std::sync::Arc::downgrade(&function);
    let signature = move || {
        let requests = sim.upgrade().map(|function| function.sim.requests());
        let requests = requests.unwrap_or_default();
        let domains = requests
            .iter()
            .find(|request| request.target.contains("/domains?"));
        let header = domains.and_then(|request| request.authorization.clone());
        let header = header.unwrap_or_default();
        let value = header.split("signature=\"").nth(1).unwrap_or_default();
        value.split('"').next().unwrap_or_default().to_owned()
    };
    let edit = move |row: &mut serde_json::Value| {
        let signature = std::thread::scope(|scope| scope.spawn(&signature).join());
        row["userName"] = json!(signature.unwrap_or_default());
    };
    let fault = Fault::edit_rows(edit).resource_type(ResourceType::Users);
    function.fault(fault);
    let answer = function.invoke("").await.text();
    assert!(function.sim.faults().struck() > 0, "users were listed");
    assert_no_secret(&function, &[answer]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_of_an_earlier_run_are_found() {
    let function = function().await;
    function.summary("").await;
    let requests = function.sim.requests();
    let headers = requests
        .iter()
        .filter_map(|request| request.authorization.as_deref());
    let values = ["keyId=\"ST$", "signature=\""].map(|name| {
        let header = headers.clone().next_back().expect("a signed request");
        let value = header.split(name).nth(1).expect("a value");
        value.split('"').next().expect("an end").to_owned()
    });
    let soon = std::time::Duration::from_secs(3600);
    let previous = tenancy_sim::Previous::StaysValid;
    let renewed = function.sim.renew_resource_principal(soon, previous);
    renewed.expect("files");
    for secret in values {
        function.sim.faults().clear();
        name_users(&function, &secret[secret.len() - 120..]);
        let answer = function.invoke("").await.text();
        assert!(function.sim.faults().struck() > 0, "users were listed");
        assert_no_secret(&function, &[answer]);
    }
}
