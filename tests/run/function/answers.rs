//! The size of an answer: the platform drops one over 6 MB.

use crate::common::even_domain;
use crate::common::function::Function;
use crate::common::served_tenancy::ServedTenancy;
use serde_json::{Value, json};
use tenancy_sim::{Fault, Service, Tenancy};

/// Domains that fail alike.
const FAILING: usize = 1050;

/// Starts a function for a readable domain and many that refuse every request.
async fn function() -> Function {
    let tenancy = Tenancy::empty().domain(even_domain("Default", 3, 1));
    let tenancy = ServedTenancy::start(tenancy).unset("AUDIT_DOMAIN_URLS");
    let served = tenancy.sim.domain_url("Default");
    let mut domains = vec![domain("Default", &served)];
    for number in 0..FAILING {
        let name = format!("failing-{number:04}");
        domains.push(domain(&name, &format!("{served}/{name}")));
    }
    let list = Fault::status(200).body("application/json", &Value::from(domains).to_string());
    tenancy.fault(list.service(Service::Identity).target_contains("/domains"));
    let detail = "The service refuses what it is asked for. ".repeat(9);
    let refused = Fault::scim_error(404, &detail).service(Service::IdentityDomain);
    tenancy.fault(refused.target_contains("/failing-"));
    let settings = [
        ("AUDIT_CREDENTIAL_TYPES", "api_keys"),
        ("AUDIT_REPORTS", "credentials"),
        ("AUDIT_LOG_LEVEL", "error"),
    ];
    Function::start_for(tenancy.set_all(&settings)).await
}

fn domain(name: &str, url: &str) -> Value {
    json!({
        "id": format!("ocid1.domain.oc1..{name}"),
        "displayName": name,
        "url": url,
        "homeRegionUrl": url,
        "type": "SECONDARY",
        "licenseType": "free",
        "lifecycleState": "ACTIVE",
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answer_about_many_failing_domains_has_the_first_and_a_count() {
    let function = function().await;
    let answer = function.invoke("").await;
    let log = function.agent.stderr();
    assert_eq!(
        answer.status.as_u16(),
        200,
        "{}",
        &log[..log.len().min(9000)]
    );
    let summary: Value = serde_json::from_str(&answer.text()).expect("JSON");
    let domains = summary["domains"].as_array().expect("domains");
    assert_eq!(domains.len(), 1000);
    assert!(domains.iter().all(|domain| domain["verdict"] != "COMPLETE"));
    assert_eq!(summary["further_domains"], FAILING + 1 - 1000);
    assert_eq!(
        summary["further_messages"],
        FAILING * 2 - 100,
        "users and one type"
    );
    assert_eq!(function.titles().len(), 1);
    let manifest: Value = serde_json::from_str(&function.stored("manifest.json")).expect("JSON");
    let domains = manifest["domains"].as_array().expect("domains");
    assert_eq!(domains.len(), FAILING + 1, "the manifest has all");
}
