//! What an invocation reads, stores, publishes and answers.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::common::function::Function;
use crate::common::served_tenancy::ServedTenancy;
use crate::common::{AS_OF, generated};
use credential_audit::credential_type::CREDENTIAL_TYPES;
use serde_json::{Value, json};
use tenancy_sim::{Previous, Service, Tenancy};

use super::judged_at;

#[tokio::test]
async fn scheduled_run_reads_stores_publishes_and_answers() {
    let function = Function::start(generated(60), &[]).await;
    let summary = function.summary(&judged_at(AS_OF)).await;

    assert_eq!(
        function.scim_requests(),
        8,
        "one per list, and one for a holder who is not listed; the scripts need 1 + 6 per user"
    );
    assert!(
        function.sim.totals().rejections.is_empty(),
        "{:?}",
        function.sim.totals().rejections
    );
    assert_eq!(function.sim.totals().secrets_served, 0);

    let mut effects = function.effects();
    effects[..6].sort_unstable();
    assert_eq!(
        effects,
        [
            "by-person.csv",
            "credentials.csv",
            "expiry-Default.csv",
            "findings.jsonl",
            "report.html",
            "usage-Default.csv",
            "manifest.json",
            "publish",
            "delivered.json"
        ]
    );
    let run_id = summary["run_id"].as_str().expect("a run id");
    let folder = format!("credential-audit/2026/01/15/{run_id}/");
    let objects = function.sim.bucket(function.sim.bucket_name()).objects();
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
    let directory = function.sim.directory("Default");
    assert_eq!(summary["credentials"], directory.credential_count());
    for row in &CREDENTIAL_TYPES {
        let coverage = &summary["domains"][0]["coverage"][row.name];
        assert_eq!(coverage["read"], coverage["expected"], "{}", row.name);
        assert_eq!(
            (&coverage["mode"], &coverage["cross_check"]),
            (&json!("bulk"), &json!("ok"))
        );
    }
    let manifest: Value = serde_json::from_str(&function.stored("manifest.json")).expect("JSON");
    let named: Vec<_> = manifest["objects"]
        .as_array()
        .expect("objects")
        .iter()
        .map(|object| &object["name"])
        .collect();
    assert_eq!(named.len(), 6);
    for object in manifest["objects"].as_array().expect("objects") {
        let stored = &objects[object["name"].as_str().expect("a name")];
        assert_eq!(object["bytes"], stored.body.len());
    }
    let message = &function.sim.messages()[0];
    assert_eq!(summary["notification"]["message_id"], message.id.as_str());
    let now = |action: &str| summary["actions"][action]["now"].as_u64().expect("a count");
    let to_rotate = now("rotate") + now("replace");
    let title = message.title.as_deref().unwrap_or_default();
    assert!(title.contains(&format!("{to_rotate} to rotate")), "{title}");
}

#[tokio::test]
async fn domain_is_read_with_one_request_per_thousand_rows() {
    let function = Function::start(generated(2_100), &[]).await;
    function.summary("").await;
    let directory = function.sim.directory("Default");
    let lists = [directory.users().len()].into_iter().chain(
        tenancy_sim::ResourceType::CREDENTIALS
            .map(|credential_type| directory.credentials(credential_type).len()),
    );
    let expected: usize = lists.map(|rows| rows.div_ceil(1000).max(1)).sum();
    assert!(expected > 20);
    // Holders who are not listed are requested by id, 50 per request.
    let listed: BTreeSet<_> = directory.users().iter().map(|user| user.id()).collect();
    let not_listed: BTreeSet<_> = tenancy_sim::ResourceType::CREDENTIALS
        .into_iter()
        .flat_map(|credential_type| directory.credentials(credential_type))
        .map(|credential| credential.holder.id.as_str())
        .filter(|id| !listed.contains(id))
        .collect();
    assert!(!not_listed.is_empty());
    let by_id = not_listed.len().div_ceil(50);
    assert_eq!(function.scim_requests(), expected + by_id);
}

#[tokio::test]
async fn facts_beyond_the_scripts_cost_no_domain_request() {
    let every = ("AUDIT_REPORTS", "expiry,usage,credentials,ocsf,calendar");
    let function = Function::start(generated(60), &[every]).await;
    let summary = function.summary(&judged_at(AS_OF)).await;
    // One per list, and one for a holder who is not listed.
    assert_eq!(function.scim_requests(), 8);
    assert_eq!(function.sim.totals().secrets_served, 0);

    let directory = function.sim.directory("Default");
    let manifest: Value = serde_json::from_str(&function.stored("manifest.json")).expect("JSON");
    let control = |number: &str| {
        let controls = manifest["controls"].as_array().expect("controls").iter();
        let mut found = controls.filter(|control| control["control"] == number);
        found.next().cloned().expect(number)
    };
    let administrators = directory.users().iter().filter(|user| user.administrator);
    assert!(administrators.clone().count() > 0);
    let keys = directory.credentials(tenancy_sim::ResourceType::ApiKeys);
    let is_listed = |id: &str| directory.users().iter().any(|user| user.holder.id == id);
    let not_listed = keys.iter().filter(|key| !is_listed(&key.holder.id)).count();
    assert!(not_listed > 0);
    // A key of nobody who is listed may be an administrator's.
    assert_eq!(control("1.12")["undetermined"]["count"], not_listed);
    assert_eq!(
        control("1.12")["total"],
        administrators.count() + not_listed
    );
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

    let rows = function.stored("credentials.csv");
    assert!(rows.contains("user has not signed in for 90 days"));
    let rows: Vec<std::collections::HashMap<String, String>> =
        csv::Reader::from_reader(rows.as_bytes())
            .deserialize()
            .map(|row| row.expect("a row"))
            .collect();
    for column in [
        "user_admin",
        "service_user",
        "created_by",
        "last_modified",
        "user_email",
    ] {
        assert!(rows.iter().any(|row| !row[column].is_empty()), "{column}");
    }
    assert!(rows.iter().any(|row| row["user_admin"] == "true"));
    let findings = function.stored("findings.ocsf.json");
    for line in findings.lines() {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(line["class_uid"], 2003);
    }
    assert!(findings.lines().count() >= function.stored("findings.jsonl").lines().count());
    assert!(function.stored("rotate-by.ics").contains("BEGIN:VEVENT"));
    assert_eq!(manifest["objects"].as_array().map(Vec::len), Some(7));
    let digest = &function.sim.messages()[0].body;
    assert!(
        digest.contains(" may create credentials that they do not have (")
            && digest.contains("\n- ADMIN ")
    );
}

#[tokio::test]
async fn function_discovers_and_reads_every_domain() {
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
    let function =
        Function::start_for(ServedTenancy::start(tenancy).unset("AUDIT_DOMAIN_URLS")).await;
    let summary = function.summary("").await;
    assert_eq!(summary["verdict"], "COMPLETE");
    let names: Vec<_> = summary["domains"]
        .as_array()
        .expect("domains")
        .iter()
        .map(|domain| domain["name"].clone())
        .collect();
    assert_eq!(names, ["Default", "Dev"]);
    assert!(function.stored("expiry-Dev.csv").starts_with("user_name,"));
}

#[tokio::test]
async fn formula_text_is_neutralized_in_every_csv() {
    let function = Function::start(generated(60), &[]).await;
    function.summary("").await;
    for name in [
        "expiry-Default.csv",
        "usage-Default.csv",
        "credentials.csv",
        "by-person.csv",
    ] {
        let content = function.stored(name);
        let mut reader = csv::ReaderBuilder::new().from_reader(content.as_bytes());
        let texts: Vec<_> = reader
            .headers()
            .expect("a header")
            .iter()
            .map(|column| {
                [
                    "user_name",
                    "person",
                    "text",
                    "domain",
                    "created_by",
                    "delete_command",
                    "user_email",
                    "label",
                    "credential_id",
                    "user_ocid",
                    "note",
                ]
                .contains(&column)
            })
            .collect();
        let mut neutralized = 0;
        for row in reader.records() {
            let row = row.expect("a row");
            for (cell, _) in row.iter().zip(&texts).filter(|(_, is_text)| **is_text) {
                assert!(
                    !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                    "{name}: {cell}"
                );
                neutralized += usize::from(cell.starts_with("'="));
            }
        }
        assert!(neutralized > 0, "{name} has no formula text");
    }
}

#[tokio::test]
async fn unrelated_body_starts_a_plain_run() {
    let function = Function::start(generated(3), &[]).await;
    for body in [
        "",
        "{}",
        "[1,2]",
        "not json",
        "\u{0}\u{1}",
        r#"{"eventType":"com.oraclecloud.x","data":{}}"#,
    ] {
        assert_eq!(
            function.summary(body).await["verdict"],
            "COMPLETE",
            "{body}"
        );
    }
}

#[tokio::test]
async fn own_digest_as_body_is_skipped() {
    let function = Function::start(generated(3), &[("AUDIT_NOTIFY", "always")]).await;
    function.summary("").await;
    let digest = function.sim.messages()[0].body.clone();
    function.sim.reset_journal();
    let answer = function.invoke(&digest).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (200, r#"{"skipped":"own digest"}"#)
    );
    assert_eq!(function.sim.totals().requests, 0);
}

#[tokio::test]
async fn dry_run_answers_and_changes_nothing() {
    let function = Function::start(generated(60), &[]).await;
    let summary = function.summary(r#"{"audit":{"dry_run":true}}"#).await;
    assert!(summary["overdue"].as_u64() > Some(0));
    assert_eq!(summary["objects"], json!([]));
    assert!(function.effects().is_empty());
    let other = function
        .sim
        .requests()
        .iter()
        .filter(|request| request.service == Service::ObjectStorage)
        .count();
    assert_eq!(other, 0, "not even the namespace");
}

#[tokio::test]
async fn scoped_what_if_run_says_so() {
    let function = Function::start(generated(60), &[]).await;
    let body = r#"{"audit":{"credential_types":["api_keys"],"as_of":"2030-12-31T00:00:00Z"}}"#;
    let summary = function.summary(body).await;
    // Users, API keys, and a holder who is not listed.
    assert_eq!(function.scim_requests(), 3);
    assert_eq!(
        summary["domains"][0]["coverage"]["smtp_credentials"]["left_out"],
        true
    );
    let message = &function.sim.messages()[0];
    let title = message.title.clone().unwrap_or_default();
    assert!(
        message.body.contains("WHAT-IF 2030-12-31") || title.contains("WHAT-IF 2030-12-31"),
        "{title}\n{}",
        message.body
    );
    assert!(message.body.contains("SCOPED") || title.contains("SCOPED"));
    assert!(function.stored("usage-Default.csv").contains("NOT READ"));
    let folders = function.sim.bucket(function.sim.bucket_name()).names();
    assert!(folders[0].starts_with("credential-audit/2030/12/31/"));
}

#[tokio::test]
async fn digest_without_findings_depends_on_notify_and_coverage() {
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
        let function = Function::start(tenancy(), &[("AUDIT_NOTIFY", notify)]).await;
        let summary = function.summary(&judged_at(AS_OF)).await;
        assert_eq!(function.sim.messages().len(), sent, "{notify}");
        assert_eq!(summary["notification"]["skipped"].is_string(), sent == 0);
        assert!(function.stored("delivered.json").contains("notification"));
    }
    let function = Function::start(tenancy(), &[]).await;
    function.sim.misbehave(
        "Default",
        tenancy_sim::ResourceType::AuthTokens,
        tenancy_sim::Misbehavior::Deny(403),
    );
    function.summary(&judged_at(AS_OF)).await;
    assert_eq!(
        function.sim.messages().len(),
        1,
        "a type that was not read is reported"
    );
}

#[tokio::test]
async fn token_renewed_while_frozen_signs_the_next_run() {
    let function = Function::start(generated(3), &[]).await;
    function.summary("").await;
    for _ in 0..100 {
        if function.agent.is_frozen().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(function.agent.is_frozen().await);
    function
        .sim
        .renew_resource_principal(Duration::from_secs(900), Previous::Revoked)
        .expect("renewed");
    assert_eq!(function.summary("").await["verdict"], "COMPLETE");
    assert_eq!(
        function.agent.starts().await,
        1,
        "one process for both runs"
    );
}
