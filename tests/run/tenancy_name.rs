//! The name of the tenancy: read with one request, or given, and never a reason for a run to be incomplete.

use std::time::Duration;

use crate::common::even_domain;
use crate::common::function::Function;
use crate::common::in_process::InProcess;
use credential_audit::model::Verdict;
use credential_audit::summary::Summary;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tenancy_sim::{Fault, Service, Tenancy};

/// The end of the path of the request.
const BY_ID: &str = "/tenancies/ocid1.tenancy.oc1..aaaaaaaatenancysimulator";

fn acme() -> Tenancy {
    Tenancy::empty()
        .name("acme-prod")
        .domain(even_domain("Default", 2, 1))
}

fn discovering() -> InProcess {
    InProcess::serve(acme()).unset("AUDIT_DOMAIN_URLS")
}

fn fault_of_the_name(tenancy: &InProcess, fault: Fault) {
    tenancy.fault(fault.service(Service::Identity).target_ends_with(BY_ID));
}

/// Number of requests for the name.
fn requests(tenancy: &InProcess) -> usize {
    let requests = tenancy.sim.requests();
    let by_id = requests
        .iter()
        .filter(|request| request.path().ends_with(BY_ID));
    by_id.count()
}

fn assert_complete(summary: &Summary) {
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(summary.run.discovery_gaps, [""; 0]);
    assert_eq!(summary.run.credentials, 12);
}

#[tokio::test]
async fn name_is_read_with_one_request_and_is_in_answer_and_manifest() {
    for tenancy in [discovering(), InProcess::serve(acme())] {
        let summary = tenancy.audit().await;
        assert_complete(&summary);
        assert_eq!(summary.run.tenancy.name, "acme-prod");
        let id = summary.run.tenancy.id.as_deref();
        assert_eq!(id, Some(tenancy.sim.tenancy()));
        assert_eq!(requests(&tenancy), 1);
        let manifest: Value = serde_json::from_str(&tenancy.stored("manifest.json")).expect("JSON");
        assert_eq!(
            manifest["tenancy"],
            json!({"name": "acme-prod", "id": tenancy.sim.tenancy()})
        );
    }
}

#[tokio::test]
async fn given_name_needs_no_request() {
    let tenancy = discovering().set("AUDIT_TENANCY_NAME", "Acme (prod)");
    let summary = tenancy.audit().await;
    assert_complete(&summary);
    assert_eq!(summary.run.tenancy.name, "Acme (prod)");
    assert_eq!(requests(&tenancy), 0);
}

#[tokio::test]
async fn failed_request_costs_only_the_name() {
    let json = |body: &str| Fault::status(200).body("application/json", body);
    let faults = [
        ("401", Fault::status(401)),
        ("403", Fault::status(403)),
        ("404", Fault::status(404)),
        ("500", Fault::status(500)),
        ("a page of HTML", Fault::html(200)),
        ("no response", Fault::hang()),
        ("a reset", Fault::reset_before_answer()),
        ("no name", json("{}")),
        ("an empty name", json(r#"{"name":" "}"#)),
        ("a number", json(r#"{"name":7}"#)),
        ("a list", json(r#"["acme-prod"]"#)),
        ("a text", json(r#""acme-prod""#)),
        ("null", json("null")),
        ("no body", json("")),
    ];
    // Concurrently, because some wait for seconds.
    join_all(faults.map(|(what, fault)| {
        async move {
            let tenancy = discovering().within(Duration::from_secs(30));
            fault_of_the_name(&tenancy, fault);
            let summary = tenancy.audit().await;
            assert!(tenancy.sim.faults().struck() > 0, "{what}");
            assert_complete(&summary);
            assert_eq!(summary.run.tenancy.name, "tenancy \u{2026}ulator", "{what}");
        }
        .boxed()
    }))
    .await;
}

#[tokio::test]
async fn hostile_name_is_one_short_line() {
    let long = "\u{fc}".repeat(5000);
    for (name, shown) in [
        ("acme\u{202e}prod\u{200b}", "acme?prod?".to_owned()),
        (" acme\r\nBcc: x ", "acme??Bcc: x".to_owned()),
        ("\u{1b}[2J", "?[2J".to_owned()),
        (&long, format!("{}\u{2026}", "\u{fc}".repeat(99))),
    ] {
        let tenancy = discovering();
        let body = json!({"id": tenancy.sim.tenancy(), "name": name}).to_string();
        let fault = Fault::status(200).body("application/json", &body);
        fault_of_the_name(&tenancy, fault);
        let summary = tenancy.audit().await;
        assert_complete(&summary);
        assert_eq!(summary.run.tenancy.name, shown);
    }
}

#[tokio::test]
async fn domains_are_read_while_the_name_is_awaited() {
    let slow = Duration::from_secs(2);
    for tenancy in [discovering(), InProcess::serve(acme())] {
        fault_of_the_name(&tenancy, Fault::delay(slow));
        let summary = tenancy.audit().await;
        assert_complete(&summary);
        assert_eq!(summary.run.tenancy.name, "acme-prod");
        let requests = tenancy.sim.requests();
        let at = |service| {
            let of_service = requests
                .iter()
                .filter(move |request| request.service == service);
            of_service.map(|request| request.at)
        };
        let first = at(Service::Identity).min().expect("a request to IAM");
        let last_page = at(Service::IdentityDomain).max().expect("a page");
        assert!(last_page < first + slow);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_has_one_warning_with_step_status_and_statement() {
    let function = Function::start(acme(), &[]).await;
    let refused = Fault::status(404).target_ends_with(BY_ID);
    function.fault(refused.service(Service::Identity));
    let summary = function.summary("").await;
    assert_eq!(summary["verdict"], "COMPLETE");
    assert_eq!(summary["tenancy"]["name"], "tenancy \u{2026}ulator");
    let log = function.agent.stderr();
    let warnings: Vec<_> = log
        .lines()
        .filter(|line| line.contains("name of the tenancy"))
        .collect();
    assert_eq!(warnings.len(), 1, "{log}");
    let warning: Value = serde_json::from_str(warnings[0]).expect("a JSON object per line");
    assert_eq!(warning["level"], "WARN", "{warning}");
    let text = warning.to_string();
    for part in [
        "status 404",
        "Allow dynamic-group <the function's group> to inspect tenancies in tenancy",
        "AUDIT_TENANCY_NAME",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
